"""Whole trainings: what they learn, what they leave in their folders, when they stop, and what they refuse."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nndsl import run as runs
from nndsl.backend.keras import checkpoint
from nndsl.backend.keras.balance import balanced
from nndsl.backend.keras.evaluate import evaluate, predict
from nndsl.backend.keras.train import train
from nndsl.catalogue.training import Loss
from nndsl.diagnostics import Diagnostic, UserError, render
from nndsl.figures import read_metrics
from nndsl.files import unwritable
from nndsl.progress import Progress
from nndsl.run import Run
from tests.backend.trainings import COUNT, blob_arrays, blobs, parts, program, trained

FINISHED = blobs(epochs=4)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of four epochs."""
    return trained(tmp_path_factory.mktemp("finished"), FINISHED, seed=7)


def refused(folder: Path, text: str, arrays: dict[str, Any] | None = None, **settings: Any) -> str:
    """What is said of a training that cannot be done."""
    with pytest.raises(UserError) as caught:
        trained(folder, text, arrays, **settings)
    return "\n".join(render(one) for one in caught.value.diagnostics)


class Listening(Progress):
    """Somebody who is told, and remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def say(self, message: str | Diagnostic) -> None:
        self.told.append(message if isinstance(message, str) else render(message))


# What is learnt ----------------------------------------------------------------------------------


def test_training_lowers_the_loss(finished: Run) -> None:
    assert finished.history[-1]["loss"] < 0.8 * finished.history[0]["loss"]
    assert [row["epoch"] for row in finished.history] == [1, 2, 3, 4]
    assert finished.best == min(finished.history, key=lambda row: row["val_loss"])


def test_a_seed_repeats_a_run_to_the_last_bit_and_another_one_does_not(finished: Run, tmp_path: Path) -> None:
    again, other = (trained(tmp_path, FINISHED, seed=seed) for seed in (7, 8))
    assert again.history == finished.history
    assert checkpoint_bytes(again) == checkpoint_bytes(finished)
    assert other.history[0]["loss"] != finished.history[0]["loss"]


def checkpoint_bytes(run: Run) -> bytes:
    return max((run.folder / "checkpoints").glob("step-*")).read_bytes()


def test_durations_in_percent_epochs_and_steps_are_the_same_time(tmp_path: Path) -> None:
    histories = []
    for warmup in ("50%", "1 epochs", "3 steps"):
        text = blobs(f"Adam(learning_rate=cosine(0.1, warmup={warmup}))")
        histories.append(trained(tmp_path, text).history)
    assert histories[0] == histories[1] == histories[2]
    assert [row["learning_rate"] for row in histories[0]] == [pytest.approx(0.1), pytest.approx(0)]


def test_balanced_class_weights_give_each_class_the_same_weight_in_sum(tmp_path: Path) -> None:
    training = program(tmp_path, blobs(more="class_weights = balanced")).training()
    dataset = training.data.load()
    (loss,) = [one.component for one in balanced(training, dataset).objectives[0].graph.nodes if isinstance(one.component, Loss)]
    sums = np.multiply(np.array(loss.class_weights), dataset.counts["label"])
    np.testing.assert_allclose(sums, sums[0])
    assert sums.sum() == pytest.approx(sum(dataset.counts["label"]))


def test_a_plateau_lowers_the_learning_rate_when_the_loss_does_not_fall(tmp_path: Path) -> None:
    text = blobs("SGD(learning_rate=plateau(1e-8, patience=1, factor=0.5, min_delta=1))", epochs=4)
    rates = [row["learning_rate"] for row in trained(tmp_path, text).history]
    assert rates == pytest.approx([1e-8, 1e-8, 5e-9, 2.5e-9])


# When it stops -----------------------------------------------------------------------------------


def test_early_stopping_waits_for_its_patience_and_keeps_the_best_model(tmp_path: Path) -> None:
    text = blobs("SGD(learning_rate=1e-8)", 20, "early_stopping = (monitor=val_loss, patience=2, min_delta=0.5)")
    run = trained(tmp_path, text)
    assert (run.status, len(run.history)) == ("stopped early", 3)
    assert run.best == min(run.history, key=lambda row: row["val_loss"])
    figures = evaluate(run, "validation", Progress()).figures
    assert figures["loss"] == pytest.approx(run.best["val_loss"], rel=1e-6)


def test_a_loss_that_is_no_number_is_told_with_its_step_and_the_best_model_is_kept(tmp_path: Path) -> None:
    said = refused(tmp_path, blobs("SGD(learning_rate=piecewise([0.01, 1e38], at=[1 epochs]))", 5))
    assert said.startswith("error[NN717]: numbers are no longer finite at step ")
    assert "in epoch 2" in said and "the best model is that of epoch 1" in said and "clipnorm=1" in said
    run = Run.open(tmp_path / "runs" / "task" / "latest")
    assert (run.status, run.settings["best_epoch"], len(run.history)) == ("failed", 1, 1)
    assert np.isfinite(evaluate(run, progress=Progress()).figures["loss"])


def test_of_a_first_epoch_that_diverges_the_culprit_is_named(tmp_path: Path) -> None:
    text = blobs().replace("x -> Dense(8", "log(x - 1000) -> Dense(8")
    said = refused(tmp_path, text)
    assert "at step 1, in epoch 1: the first tensor that is not is `log" in said
    assert "no model was kept" in said
    assert "log(x - 1000)" in said


@pytest.mark.parametrize(("optimizer", "more"), [
    ("SGD(piecewise([0.01, 1e38], at=[1 epochs]), use_ema=true, ema_momentum=0.5)", ""),
    ("Adam(piecewise([0.01, 1e38], at=[1 epochs]), gradient_accumulation_steps=2)", ""),
    ("SGD(piecewise([0.01, 1e38], at=[1 epochs]))", "precision = mixed_bfloat16"),
    ("SGD(piecewise([0.01, 1e38], at=[1 epochs]))", "precision = mixed_float16"),
])
def test_what_is_not_finite_stops_every_kind_of_optimizer_and_the_good_weights_stay(optimizer: str, more: str, tmp_path: Path) -> None:
    said = refused(tmp_path, blobs(optimizer, 5, more))
    assert "in epoch 2" in said and "the best model is that of epoch 1" in said and "net.nn:" in said
    folder = (tmp_path / "runs" / "task" / "latest").resolve()
    for path in (folder / "checkpoints").iterdir():
        arrays = checkpoint.read(path).arrays.values()
        assert all(np.isfinite(one).all() for one in arrays if np.issubdtype(one.dtype, np.floating)), path
    assert np.isfinite(evaluate(Run.open(folder), progress=Progress()).figures["loss"])


def test_gradients_that_are_not_finite_are_found_while_they_are_collected(tmp_path: Path) -> None:
    body = "x -> Dense(8, kernel_initializer=zeros, name=\"first\") -> abs -> sqrt"
    text = blobs("SGD(0.01, gradient_accumulation_steps=3)").replace("x -> Dense(8, activation=relu) -> Dropout(0.2)", body)
    said = refused(tmp_path, text)
    assert "at step 1, in epoch 1: the gradients are not, of the weights of `first`" in said


# The folder --------------------------------------------------------------------------------------

FILES = {
    ".lock", "spec.nn", "report.html", "run.yaml", "metrics.csv", "best.keras", "last.keras", "checkpoints", "data.json", "curves.svg",
    "diagram.svg", "evaluation.json",
}


def test_a_folder_holds_everything_about_its_run(finished: Run) -> None:
    assert {path.name for path in finished.folder.iterdir()} == FILES
    assert (finished.folder / "spec.nn").read_text() == FINISHED
    assert read_metrics(finished.folder / "metrics.csv") == finished.history
    names = sorted(path.name for path in (finished.folder / "checkpoints").iterdir())
    assert names[0] == "best.checkpoint" and len(names) == 3
    for drawing in ("curves.svg", "diagram.svg"):
        assert (finished.folder / drawing).read_text().startswith("<svg")


def test_a_run_is_opened_as_it_was(finished: Run) -> None:
    opened = Run.open(finished.folder.parent / "latest")
    assert opened == finished


def test_run_yaml_says_everything_that_was_decided(finished: Run) -> None:
    said = yaml.safe_load((finished.folder / "run.yaml").read_text())
    (loss,), (optimizer,) = said["settings"].pop("loss"), said["settings"].pop("optimizer")
    assert loss == {"SparseCategoricalCrossentropy": {"from_logits": True, "ignore_class": None, "axis": -1, "class_weights": None}}
    assert (optimizer["Adam"]["learning_rate"], optimizer["Adam"]["beta_1"]) == (0.02, 0.9)
    assert said["settings"] == {
        "epochs": 4, "batch": 16, "seed": 7, "precision": "float32", "metrics": ["accuracy"], "early_stopping": None,
    }
    assert set(said["versions"]) == {"nndsl", "python", "keras", "tensorflow", "numpy"}
    assert said["data"]["examples"] == {"train": 36, "validation": 8, "test": 8}
    assert len(said["data"]["sha256"]) == 64 and all(len(one) == 64 for one in said["spec"].values())
    assert (said["status"], said["best_epoch"]) == ("finished", finished.settings["best_epoch"])
    assert said["ended"] >= said["started"] and said["seconds"] > 0


def test_runs_are_numbered_and_the_newest_is_latest(tmp_path: Path) -> None:
    for number in ("001", "002"):
        run = trained(tmp_path, blobs(epochs=1))
        assert run.folder.name == number
        assert runs.resolved(run.folder.parent / "latest") == run.folder
        assert (run.folder / "run.yaml").exists()
    assert (tmp_path / "runs" / "task" / "001" / "best.keras").exists()


def test_the_models_load_without_nndsl_and_say_the_same(finished: Run, tmp_path: Path) -> None:
    x = blob_arrays()["x"]
    for name in ("best", "last"):
        (tmp_path / f"{name}.keras").write_bytes((finished.folder / f"{name}.keras").read_bytes())
        np.savez(tmp_path / f"{name}.inputs.npz", x=x)
    script = Path(__file__).with_name("loading.py")
    subprocess.run([sys.executable, script, tmp_path], check=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": ""}, capture_output=True)
    expected = predict(finished, {"x": x}).columns
    outputs = {name: np.load(tmp_path / f"{name}.outputs.npz")["arr_0"] for name in ("best", "last")}
    for label in range(3):
        np.testing.assert_allclose(outputs["best"][:, label], expected[f"p_{label}"], rtol=1e-5)
    same = finished.settings["best_epoch"] == len(finished.history)
    assert np.array_equal(outputs["best"], outputs["last"]) == same


# Afterwards --------------------------------------------------------------------------------------


def test_an_evaluation_afterwards_is_that_of_the_run(finished: Run) -> None:
    assert evaluate(finished, progress=Progress()) == finished.evaluation


def test_the_figures_of_each_class_are_those_of_counting(finished: Run) -> None:
    arrays, evaluation = blob_arrays(), finished.evaluation
    assert evaluation is not None
    test = arrays["part"] == 2
    truth, said = arrays["label"][test], np.array(predict(finished, {"x": arrays["x"][test]}).columns["label"]).astype(int)
    for place, one in enumerate(evaluation.outputs["label"].classes):
        right = int(((truth == place) & (said == place)).sum())
        assert (one.name, one.support) == (str(place), int((truth == place).sum()))
        assert one.recall == pytest.approx(right / max(1, (truth == place).sum()))
        assert one.precision == pytest.approx(right / max(1, (said == place).sum()))
    assert np.trace(evaluation.outputs["label"].confusion) == round(evaluation.figures["accuracy"] * evaluation.examples)


def test_predictions_have_labels_by_name_and_probabilities_that_add_up_to_1(finished: Run, tmp_path: Path) -> None:
    np.savez(tmp_path / "new.npz", x=blob_arrays()["x"][:5])
    columns = predict(finished, tmp_path / "new.npz").columns
    assert list(columns) == ["label", "p_0", "p_1", "p_2"]
    shares = np.array([columns[f"p_{label}"] for label in range(3)])
    np.testing.assert_allclose(shares.sum(0), 1, rtol=1e-5)
    assert [str(one) for one in shares.argmax(0)] == columns["label"]


LINEAR = (
    blobs("SGD(learning_rate=0.01)", 1).replace("output label = x -> Dense(8, activation=relu) -> Dropout(0.2) -> Dense(3, activation=softmax)", "SETTING")
    .replace("label  = source.label -> category(0, 1, 2)", "LABEL")
)


def test_a_single_logit_is_the_probability_of_the_second_class(tmp_path: Path) -> None:
    text = LINEAR.replace("SETTING", "output label = x -> Dense(1)").replace("LABEL", "label = source.label -> category(no, yes)")
    arrays = blob_arrays() | {"label": np.array(["no", "yes"])[(blob_arrays()["label"] > 0).astype(int)]}
    columns = predict(trained(tmp_path, text, arrays), {"x": np.outer([9.0, -90.0, -9999.0, 9999.0], np.ones(4, "float32"))}).columns
    assert list(columns) == ["label", "p_no", "p_yes"]
    for label, no, yes in zip(*columns.values(), strict=True):
        assert label == ("yes" if yes > 0.5 else "no")
        assert no + yes == pytest.approx(1)


def test_a_regression_is_evaluated_by_its_errors(tmp_path: Path) -> None:
    text = LINEAR.replace("SETTING", "output label = x -> Dense(1)").replace("LABEL", "label = source.label -> float")
    text = text.replace("= crossentropy", "= mse").replace("[accuracy]", "[mae]")
    run = trained(tmp_path, text, blob_arrays() | {"label": blob_arrays()["label"].astype("float32")[:, None]})
    assert run.evaluation is not None
    errors = run.evaluation.outputs["label"].errors
    assert errors["mae"] == pytest.approx(run.evaluation.figures["mae"], rel=1e-5)
    assert errors["rmse"] ** 2 == pytest.approx(run.evaluation.figures["loss"], rel=1e-5)


MASKED = """
network Net {
  input x: int[5] < 9, padding=0
  output label: [5, 1] = x -> Embedding(9, 4) -> GRU(4, return_sequences=true) -> Dense(1)
}
data Numbers {
  source = npz("data.npz")
  x      = source.x -> int(below=9)
  label  = source.label
  split  = column(part, train=0, validation=1, test=2)
}
train Task {
  model = Net
  data = Numbers
  loss = mse
  metrics = [mae]
  optimizer = Adam
  epochs = 1
  batch = 16
}
"""


def test_what_a_mask_leaves_out_is_no_error_of_a_regression(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    ids = random.integers(1, 9, (52, 5)) * (np.arange(5) < random.integers(1, 6, (52, 1)))
    run = trained(tmp_path, MASKED, {"x": ids.astype("int32"), "label": np.where(ids, ids / 9, 1e3).astype("float32"), "part": parts()})
    assert run.evaluation is not None
    errors = run.evaluation.outputs["label"].errors
    assert errors["mae"] == pytest.approx(run.evaluation.figures["mae"], rel=1e-5)
    assert errors["rmse"] ** 2 == pytest.approx(run.evaluation.figures["loss"], rel=1e-5)


def test_of_a_hinge_loss_the_sign_decides_and_scores_are_told_instead_of_probabilities(tmp_path: Path) -> None:
    text = LINEAR.replace("SETTING", "output label = x -> Dense(1)").replace("LABEL", "label = source.label -> category(no, yes)")
    arrays = blob_arrays() | {"label": np.array(["no", "yes"])[(blob_arrays()["label"] > 0).astype(int)]}
    run = trained(tmp_path, text.replace("= crossentropy", "= hinge").replace("[accuracy]", "[]"), arrays)
    columns = predict(run, {"x": arrays["x"]}).columns
    assert list(columns) == ["label", "score"]
    assert any(0 < score < 0.5 for score in columns["score"])
    assert columns["label"] == ["yes" if score > 0 else "no" for score in columns["score"]]
    test = arrays["part"] == 2
    assert run.evaluation is not None
    found = {one.name: one.support * one.recall for one in run.evaluation.outputs["label"].classes}
    assert sum(found.values()) == pytest.approx((np.array(columns["label"])[test] == arrays["label"][test]).sum())


def test_real_numbers_stand_for_whole_ones_where_a_field_is_real_anyway_in_a_file_as_in_memory(tmp_path: Path) -> None:
    text = blobs(epochs=1).replace("source.x", "source.x -> scale(1 / 16)")
    arrays = blob_arrays() | {"x": np.random.default_rng(1).integers(0, 16, (COUNT, 4)).astype("uint8")}
    run = trained(tmp_path, text, arrays)
    for x in (arrays["x"], arrays["x"].astype("float64") + 0.25):
        np.savez(tmp_path / "new.npz", x=x)
        assert predict(run, tmp_path / "new.npz").columns == predict(run, {"x": x}).columns
    with pytest.raises(UserError, match="where the training had"):
        predict(run, {"x": arrays["x"][:, :3]})


def test_numbers_are_predicted_in_the_units_of_the_data(tmp_path: Path) -> None:
    text = LINEAR.replace("SETTING", "output label = x -> Dense(1)").replace("LABEL", "label = source.label -> standardize")
    text = text.replace("= crossentropy", "= mse").replace("[accuracy]", "[mae]")
    arrays = blob_arrays() | {"label": (1000 + 300 * blob_arrays()["label"]).astype("float32")}
    run = trained(tmp_path, text, arrays)
    test = arrays["part"] == 2
    (name, said), = predict(run, {"x": arrays["x"][test]}).columns.items()
    assert name == "label" and run.evaluation is not None
    errors = run.evaluation.outputs["label"].errors
    assert np.abs(np.array(said) - arrays["label"][test]).mean() == pytest.approx(errors["mae_in_units"], rel=1e-5)
    assert errors["mae_in_units"] > 10 * errors["mae"]


@pytest.mark.parametrize(("loss", "value", "said"), [
    ("crossentropy", 3.0, "BinaryCrossentropy takes targets from 0 to 1, and `label` is 3 here"),
    ("poisson", -2.0, "Poisson takes targets of 0 or more, and `label` is -2 here"),
    ("hinge", 5.0, "Hinge takes targets from -1 to 1, and `label` is 5 here"),
])
def test_a_target_that_a_loss_cannot_take_is_named_with_its_row(tmp_path: Path, loss: str, value: float, said: str) -> None:
    text = LINEAR.replace("SETTING", "output label = x -> Dense(1)").replace("LABEL", "label = source.label -> float")
    labels = np.zeros(COUNT, "float32")
    labels[40] = value
    found = refused(tmp_path, text.replace("= crossentropy", f"= {loss}").replace("[accuracy]", "[]"), blob_arrays() | {"label": labels})
    assert found.startswith(f"error[NN729]: data.npz, index 40: {said}")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("loss", "value", "said"), [
    ("crossentropy", 2, "SparseCategoricalCrossentropy takes targets from 0 to 1, and `label` is 2 here: the output has 2 classes"),
    ("crossentropy", -1, "SparseCategoricalCrossentropy takes targets from 0 to 1, and `label` is -1 here: the output has 2 classes"),
    ("SparseCategoricalCrossentropy(ignore_class=-1)", 7, "SparseCategoricalCrossentropy takes targets from 0 to 1, and `label` is 7 here: the output has 2 classes"),
])
def test_a_class_that_the_output_has_not_is_named_with_its_row(tmp_path: Path, loss: str, value: int, said: str) -> None:
    text = LINEAR.replace("SETTING", "output label = x -> Dense(2, activation=softmax)").replace("LABEL", "label = source.label -> int")
    labels = np.zeros(COUNT, "int32")
    labels[39:41] = -1 if "ignore" in loss else 0, value
    found = refused(tmp_path, text.replace("= crossentropy", f"= {loss}").replace("[accuracy]", "[]"), blob_arrays() | {"label": labels})
    assert found.startswith(f"error[NN729]: data.npz, index 40: {said}")


def test_examples_that_were_learnt_from_and_are_tested_too_are_counted(tmp_path: Path) -> None:
    arrays, who = blob_arrays(), Listening()
    trained(tmp_path, blobs(epochs=1), arrays, progress=who)
    assert not who.told
    arrays["x"][46:49] = arrays["x"][[3, 0, 3]]
    trained(tmp_path, blobs(epochs=1), arrays, progress=who)
    (said,) = who.told
    assert said.startswith(
        "warning[NN731]: 3 of 8 test examples have exactly the inputs of training examples (data.npz, index 46 has those of index 3)"
    )


def test_an_output_without_a_loss_is_predicted_and_not_compared(tmp_path: Path) -> None:
    text = blobs(epochs=1).replace("  output label", "  output side = x -> Dense(2)\n  output label")
    text = text.replace("  label  =", "  side   = source.side\n  label  =").replace("= crossentropy", "= (label=crossentropy)")
    text = text.replace("[accuracy]", "(label=[accuracy])")
    run = trained(tmp_path, text, blob_arrays() | {"side": np.zeros((52, 2), "float32")})
    assert run.evaluation is not None
    assert list(run.evaluation.outputs) == ["label"]
    assert list(predict(run, {"x": blob_arrays()["x"]}).columns) == ["side", "label", "label_p_0", "label_p_1", "label_p_2"]


def test_labels_of_positions_have_figures_for_each_class_and_no_class_weights(tmp_path: Path) -> None:
    text = """
network Net {
  input x: int[5] < 5
  output label = x -> Embedding(5, 4) -> Dense(5, activation=softmax)
}
data Tags {
  source = npz("data.npz")
  x      = source.x -> words(length=5, vocabulary=5)
  label  = source.x -> words(length=5, vocabulary=5)
  split  = column(part, train=0, validation=1, test=2)
}
train Task {
  model = Net
  data = Tags
  loss = crossentropy
  optimizer = Adam(0.01)
  epochs = 1
  SETTING
}
"""
    words = np.random.default_rng(2).choice(list("abc"), (52, 5))
    arrays = {"x": np.array([" ".join(row) for row in words]), "part": blob_arrays()["part"]}
    run = trained(tmp_path, text.replace("SETTING", ""), arrays)
    assert run.evaluation is not None
    assert sum(one.support for one in run.evaluation.outputs["label"].classes) == 8 * 5
    said = refused(tmp_path, text.replace("SETTING", "class_weights = [1, 2, 3, 4, 5]"), arrays)
    assert said.startswith("error[NN616]: Crossentropy weighs classes, and needs one class for each example, not several")


# What is refused ---------------------------------------------------------------------------------


def test_a_schedule_longer_than_the_run_is_refused_at_the_optimizer_and_leaves_no_folder(tmp_path: Path) -> None:
    said = refused(tmp_path, blobs("SGD(learning_rate=cosine(0.1, warmup=50 steps))"))
    assert said.startswith("error[NN720]: the learning rate warms up for 50 steps, and the whole run has 6")
    assert "optimizer = SGD(" in said.splitlines()[3] and "^^^" in said.splitlines()[4]
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("rate", "told"), [
    ("cosine(0.1, length=2 steps, warmup=1 steps)", "from step 3 on, in epoch 2"), ("polynomial(0.1, end_learning_rate=0, length=4 steps)", "from step 4 on, in epoch 2"),
    ("cosine(0.1, length=2 steps, alpha=0.1)", None), ("cosine(0.1)", None), ("cosine(0.1, length=6 steps)", None),
])
def test_a_schedule_that_ends_at_nothing_before_the_run_does_is_told(rate: str, told: str | None, tmp_path: Path) -> None:
    watching = Listening()
    trained(tmp_path, blobs(f"SGD({rate})"), progress=watching)
    assert len(watching.told) == bool(told)
    assert all(one.startswith("warning[NN764]") and str(told) in one and "net.nn:" in one for one in watching.told)


def test_a_schedule_that_fits_the_run_but_not_the_test_split_can_be_evaluated(tmp_path: Path) -> None:
    run = trained(tmp_path, blobs("SGD(learning_rate=cosine(0.1, warmup=4 steps))"))
    assert evaluate(run, progress=Progress()) == run.evaluation


def test_an_evaluation_needs_examples_of_its_split(finished: Run, tmp_path: Path) -> None:
    run = trained(tmp_path, blobs(epochs=1).replace(", test=2", ", test=none"), blob_arrays() | {"part": np.repeat([0, 1], [40, 12])})
    assert run.evaluation is None
    with pytest.raises(UserError, match="NN722: the data of .* has no test examples"):
        evaluate(run)


def test_a_run_whose_data_have_changed_is_not_evaluated(tmp_path: Path) -> None:
    run = trained(tmp_path, blobs(epochs=1))
    arrays = blob_arrays()
    np.savez(tmp_path / "data.npz", **{**arrays, "x": arrays["x"] + 1})
    with pytest.raises(UserError, match=r"NN718: the run .* was started with another data \(SHA-256\)"):
        evaluate(run)
    assert len(predict(run, {"x": arrays["x"]})) == len(arrays["x"])


def test_a_run_is_asked_by_the_copies_of_its_files_whatever_became_of_them(tmp_path: Path) -> None:
    (tmp_path / "hidden.nn").write_bytes(b"block Hidden {\r\n  Dense(8, activation=relu)\r\n}\r\n")  # as some editors write it
    text = 'from "std/blocks.nn" import ConvBN\nfrom "hidden.nn" import Hidden\n' + blobs(epochs=1).replace("Dense(8, activation=relu)", "Hidden")
    run = trained(tmp_path, f"{text}\nblock Unused {{ ConvBN(8) }}\n")
    assert sorted(one.name for one in (run.folder / "sources").iterdir()) == ["01_blocks.nn", "02_hidden.nn"]
    assert list(run.settings["spec"])[1:] == ["std/blocks.nn", str(tmp_path / "hidden.nn")]
    (tmp_path / "hidden.nn").write_text("block Hidden { Dense(9, activation=relu) }\n")
    (tmp_path / "net.nn").unlink()
    assert run.evaluation is not None and evaluate(run).figures == pytest.approx(run.evaluation.figures)
    (run.folder / "sources" / "02_hidden.nn").write_text("block Hidden { Dense(9, activation=relu) }\n")
    with pytest.raises(UserError, match="its copy of .*hidden.nn is not what was trained"):
        evaluate(run)


def test_runs_cannot_be_made_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    assert refused(tmp_path, blobs()).startswith(f"error[NN711]: cannot write {tmp_path / 'runs' / 'task'}: ")


def test_training_again_after_a_failure_at_the_start_takes_the_same_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, *_: object) -> None:
        raise unwritable(path, OSError(28, "No space left on device"))

    with monkeypatch.context() as patched:
        patched.setattr("nndsl.backend.keras.checkpoint.write", full)
        assert "the disk is full" in refused(tmp_path, blobs(epochs=1))
    assert list((tmp_path / "runs" / "task").iterdir()) == []
    assert trained(tmp_path, blobs(epochs=1)).folder.name == "001"


def test_data_and_parameters_that_were_asked_for_are_kept_with_the_run(tmp_path: Path) -> None:
    from nndsl.driver import check
    from nndsl.source import Source

    text = "param width = 8\n" + blobs(epochs=1).replace("Dense(8", "Dense(width")
    program(tmp_path, text)
    other = tmp_path / "other.npz"
    np.savez(other, **blob_arrays())
    (tmp_path / "data.npz").unlink()
    checked, _ = check(Source("net.nn", text, tmp_path / "net.nn"), overrides={"width": 5}, data_path=other)
    run = train(checked, checked.training(), folder=tmp_path / "runs", overrides={"width": 5}, data_path=other, progress=Progress())
    assert run.settings["parameters"] == {"width": 5}
    assert evaluate(Run.open(run.folder), progress=Progress()) == run.evaluation
