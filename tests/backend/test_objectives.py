"""Objectives that are written out learn what the same steps learn that are written by hand."""

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from nndsl.backend.keras import optimize
from nndsl.backend.keras.evaluate import evaluate, predict
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.learner import Learner, surroundings
from nndsl.backend.keras.objective import Computation
from nndsl.catalogue.training.losses import Multinomial, Wasserstein
from nndsl.diagnostics import UserError
from nndsl.program import Training
from nndsl.run import Run
from tests.backend.trainings import COUNT, parts, program, trained

RANDOM = np.random.default_rng(4)
ARRAYS: dict[str, Any] = {
    "image": RANDOM.uniform(size=(COUNT, 6)).astype("float32"), "noise": RANDOM.normal(size=(COUNT, 3)).astype("float32"),
    "label": RANDOM.integers(0, 3, COUNT), "part": parts(),
}
FILE = """
data Table {
  source = npz("data.npz")
  image  = source.image
  noise  = source.noise
  label  = source.label -> category(0, 1, 2)
  split  = column(part, train=0, validation=1, test=2)
}
network Generator {
  input noise: float[3]
  output image = noise -> Dense(5, use_bias=false) -> BatchNorm -> relu -> Dense(6, activation=sigmoid)
}
network Discriminator {
  input image: float[6]
  output real = image -> Dense(5, use_bias=false) -> BatchNorm -> leaky_relu -> Dense(1, activation=sigmoid)
}
network Classifier {
  input image: float[6]
  output label = image -> Dense(4, activation=relu) -> Dense(3, activation=softmax)
}
train Task {
  data = Table
  layer generator = Generator
  layer discriminator = Discriminator
  layer classifier = Classifier
STATEMENTS
  epochs = 1
  batch = 16
}
"""
GAN = """
  fake = noise -> generator
  minimize bce(image -> discriminator, 0.9) + 2 * bce(fake -> discriminator, 0) over discriminator with Adam(0.01)
  minimize bce(fake -> discriminator, 1) over generator with SGD(0.1)
"""


def learner(folder: Path, statements: str) -> tuple[Training, Learner, Feed]:
    training = program(folder, FILE.replace("STATEMENTS", statements), ARRAYS).training()
    fields = training.data.load()["train"].fields
    types = {name: node.type for name, node in training.objectives[0].graph.inputs.items()}
    feed = Feed(fields, types, training.batch, 1)
    keras.utils.set_random_seed(1)  # of some initial weights, those of seed 27 for one, the first turn makes a critic that says 0 of everything
    return training, Learner(training, feed, 1), feed


@pytest.mark.parametrize(("rate", "culprit"), [("1e38", "`discriminator"), ("1e-3", "`log`")])
def test_what_is_not_finite_is_found_in_the_turn_and_the_objective_where_it_comes_from(tmp_path: Path, rate: str, culprit: str) -> None:
    """With noise drawn anew at each turn, and steps before it that have changed the weights."""
    statements = f"""
  fake = normal(3) -> generator
  minimize mse(fake -> discriminator, 0) over discriminator with SGD({rate}) times 3
  minimize mean(log(-1 - (fake -> discriminator)), axis=-1) over generator with SGD(0.1)
"""
    _, learning, _ = learner(tmp_path, statements)
    before = [one.numpy() for one in learning.weights().values()]
    said, span = learning.first_not_finite()
    assert culprit in said and span is not None
    assert any((one.numpy() != value).any() for one, value in zip(learning.weights().values(), before, strict=True))


def numbers(model: keras.Model) -> list[Any]:
    return [one.numpy() for one in model.weights]


def by_hand(generator: keras.Model, discriminator: keras.Model, batches: list[dict[str, Any]]) -> None:
    """The two steps of a GAN, as papers' code has them; moving statistics belong to the step of their own network."""
    bce, adam, sgd = keras.losses.BinaryCrossentropy(), keras.optimizers.Adam(0.01), keras.optimizers.SGD(0.1)
    for batch in batches:
        for network, other, optimizer in ((discriminator, generator, adam), (generator, discriminator, sgd)):
            statistics = [one.numpy() for one in other.non_trainable_weights]
            with tf.GradientTape() as tape:
                image = batch["image"]
                real = discriminator(image, training=True) if network is discriminator else None
                fake = discriminator(generator(batch["noise"], training=True), training=True)
                if real is None:
                    loss = bce(keras.ops.ones_like(fake), fake)
                else:
                    loss = bce(keras.ops.full_like(real, 0.9), real) + 2 * bce(keras.ops.zeros_like(fake), fake)
            gradients = tape.gradient(loss, [one.value for one in network.trainable_variables])
            optimizer.apply(gradients, network.trainable_variables)
            for one, value in zip(other.non_trainable_weights, statistics, strict=True):
                one.assign(value)


def test_the_steps_of_a_gan_are_those_written_by_hand(tmp_path: Path) -> None:
    with surroundings("float32", 1):
        training, ours, feed = learner(tmp_path, GAN)
        theirs = {name: keras.models.clone_model(model) for name, model in ours.models.items()}
        for name, model in theirs.items():
            model.set_weights(ours.models[name].get_weights())
        assert ours.train(2)
        by_hand(theirs["generator"], theirs["discriminator"], [feed.shuffled(tf.constant(step, tf.int64), 16) for step in range(2)])
    for name, model in theirs.items():
        for found, expected in zip(numbers(ours.models[name]), numbers(model), strict=True):
            np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
    assert [one.name for one in training.objectives] == ["discriminator", "generator"]


@pytest.mark.parametrize("loss", [
    "label_smoothing=0.1", "class_weights=balanced", "label_smoothing=0.2, class_weights=[1, 0.5, 3]",
])
def test_what_a_loss_is_told_is_the_same_in_both_forms(tmp_path: Path, loss: str) -> None:
    short = FILE[: FILE.index("train Task")] + f"""
train Task {{
  model = Classifier
  data = Table
  loss = crossentropy({loss})
  optimizer = Adam(0.01)
  epochs = 2
  batch = 16
}}"""
    written_out = f"  minimize crossentropy(image -> classifier, label, {loss}) over classifier with Adam(0.01)"
    written_out = FILE.replace("  layer generator = Generator\n  layer discriminator = Discriminator\n", "").replace("STATEMENTS", written_out)
    plain = trained(tmp_path, short.replace(f"({loss})", ""), ARRAYS, seed=3)
    one, other = trained(tmp_path, short, ARRAYS, seed=3), trained(tmp_path, written_out.replace("epochs = 1", "epochs = 2"), ARRAYS, seed=3)
    assert one.history == other.history
    assert one.history != plain.history


def test_class_weights_count_in_training_only(tmp_path: Path) -> None:
    """Figures of validation are those of the data, as in Keras."""
    training, ours, feed = learner(tmp_path, "  minimize crossentropy(image -> classifier, label, class_weights=[1, 0, 0]) over classifier with SGD(0.1)")
    objective = training.objectives[0]
    computation = Computation(objective.graph, ours.layers, [objective.loss])
    batch = feed.in_order(tf.constant(0, tf.int64))
    learnt, measured = (computation(batch, count=16, training=mode)[0].numpy() for mode in (True, False))
    np.testing.assert_allclose(learnt, measured * (batch["label"].numpy() == 0))
    assert measured.all()


def test_weights_that_no_objective_is_over_stay_as_they_are(tmp_path: Path) -> None:
    """Nor do the statistics of their batch normalization learn."""
    with surroundings("float32", 1):
        _, ours, _ = learner(tmp_path, "  minimize mse(noise -> generator -> discriminator, 1) over generator with SGD(0.1)")
        before = {name: numbers(model) for name, model in ours.models.items()}
        assert ours.train(3)
        after = {name: numbers(model) for name, model in ours.models.items()}
    assert all((one == other).all() for one, other in zip(before["discriminator"], after["discriminator"], strict=True))
    assert all((one != other).any() for one, other in zip(before["generator"], after["generator"], strict=True))


def value_of(folder: Path, expression: str) -> Any:
    """What an expression is worth for each of the first 16 examples, and their fields."""
    with surroundings("float32", 1):
        training, ours, feed = learner(folder, f"  minimize {expression} over generator with SGD(0.1)")
        batch = feed.in_order(tf.constant(0, tf.int64))
        objective = training.objectives[0]
        computation = Computation(objective.graph, ours.layers, [objective.loss])
        found = tf.function(lambda: computation({name: batch[name] for name in computation.fields}, count=16, training=False)[0])()
        fake = ours.models["generator"](batch["noise"]).numpy()
    return found.numpy(), {name: value.numpy() for name, value in batch.items()} | {"fake": fake}, ours


def test_the_divergence_from_the_standard_normal_is_that_of_the_formula(tmp_path: Path) -> None:
    found, fields, _ = value_of(tmp_path, "kl_normal(noise -> generator, image)")
    mean, log_var = fields["fake"], fields["image"]
    np.testing.assert_allclose(found, 0.5 * (np.exp(log_var) + mean**2 - 1 - log_var).sum(-1), rtol=1e-4, atol=1e-5)


def test_the_contrastive_loss_is_that_of_the_formula(tmp_path: Path) -> None:
    found, fields, _ = value_of(tmp_path, "contrastive(noise -> generator, image, 0, margin=2) + contrastive(noise -> generator, image, 1)")
    distance = np.sqrt(((fields["fake"] - fields["image"]) ** 2).sum(-1))
    np.testing.assert_allclose(found, np.maximum(2 - distance, 0) ** 2 + distance**2, rtol=1e-4)


def test_the_multinomial_loss_is_the_likelihood_of_counts() -> None:
    logits = RANDOM.normal(size=(2, 4, 3)).astype("float32")
    target = RANDOM.integers(0, 4, (2, 4, 3)).astype("float32")
    chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    log = np.vectorize(math.lgamma)
    expected = -(log(target.sum(1) + 1) - log(target + 1).sum(1) + (target * np.log(chances)).sum(1)).sum(-1)
    np.testing.assert_allclose(optimize.loss(Multinomial()).call(target, logits), expected, rtol=1e-4)


def test_the_loss_of_a_critic_is_its_score_turned_by_the_target() -> None:
    scores = np.array([[2.0], [3.0]], "float32")
    np.testing.assert_allclose(optimize.loss(Wasserstein()).call(np.array([[1.0], [-1.0]], "float32"), scores), [-2, 3])


def test_the_gradient_penalty_is_that_of_the_critics_gradient(tmp_path: Path) -> None:
    """A linear critic has the same gradient everywhere."""
    linear = "  layer critic = Dense(1)\n  minimize gradient_penalty(critic, image, noise -> generator)"
    with surroundings("float32", 1):
        training, ours, feed = learner(tmp_path, f"{linear} over critic with SGD(0.1)")
        critic = next(ours.layers[owner] for owner, node in training.objectives[0].graph.owners() if owner.name == "critic")
        norm = float(np.sqrt((critic.kernel.numpy() ** 2).sum()))
        objective = training.objectives[0]
        computation = Computation(objective.graph, ours.layers, [objective.loss])
        batch = feed.in_order(tf.constant(0, tf.int64))
        found = tf.function(lambda: computation({name: batch[name] for name in computation.fields}, count=16, training=True)[0])()
        assert ours.train(3)
        learnt = float(np.sqrt((critic.kernel.numpy() ** 2).sum()))
    np.testing.assert_allclose(found.numpy(), (norm - 1) ** 2, rtol=1e-4, atol=1e-6)
    assert abs(learnt - 1) < abs(norm - 1)


def test_noise_is_drawn_anew_for_every_batch_and_resumes_where_it_was(tmp_path: Path) -> None:
    text = FILE.replace("STATEMENTS", GAN.replace("noise -> generator", "normal(3) -> generator"))
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = trained(tmp_path / "whole", text, ARRAYS, epochs=2)
    part = trained(tmp_path / "parts", text, ARRAYS, epochs=1)
    part = trained(tmp_path / "parts", text, ARRAYS, epochs=2, resume=part.folder)
    assert part.history == whole.history
    drawn = {row["discriminator_bce_fake"] for row in whole.history}
    assert len(drawn) == 2


def test_a_run_keeps_each_network_and_says_each_figure(tmp_path: Path) -> None:
    run = trained(tmp_path, FILE.replace("STATEMENTS", f"{GAN}\n  metrics = [binary_accuracy(image -> discriminator, 1)]"), ARRAYS)
    figures = {"discriminator_loss", "discriminator_bce_image", "discriminator_bce_fake", "generator_loss", "binary_accuracy"}
    assert {name for name in run.history[0] if not name.startswith("val_")} == figures | {
        "epoch", "discriminator_learning_rate", "generator_learning_rate",
    }
    files = {path.name for path in run.folder.iterdir()}
    assert {"best-generator.keras", "last-generator.keras", "best-discriminator.keras", "diagram-generator.svg"} <= files
    assert evaluate(Run.open(run.folder)).figures.keys() == figures


def test_a_network_of_a_run_predicts_by_its_name(tmp_path: Path) -> None:
    objective = "  minimize crossentropy(image -> classifier, label) over classifier with Adam(0.01)\n"
    objective += "  minimize mse(noise -> generator, image) over generator with Adam(0.01)"
    run = trained(tmp_path, FILE.replace("STATEMENTS", objective), ARRAYS)
    rows = {"image": ARRAYS["image"][:3], "noise": ARRAYS["noise"][:3]}
    assert len(predict(run, rows, network="classifier")) == 3
    with pytest.raises(UserError, match="NN724: the training has several networks"):
        predict(run, rows)
    with pytest.raises(UserError, match="NN724: the training has no network `judge`"):
        predict(run, rows, network="judge")


def test_what_a_written_out_objective_teaches_is_judged_as_in_the_short_form(tmp_path: Path) -> None:
    objective = "  minimize crossentropy(image -> classifier, label) over classifier with Adam(0.01)\n"
    run = trained(tmp_path / "long", FILE.replace("STATEMENTS", objective), ARRAYS)
    short = "  model = Classifier\n  loss = crossentropy\n  optimizer = Adam(0.01)\n"
    other = trained(tmp_path / "short", FILE.replace("STATEMENTS", short).replace("\n  layer", "\n  # "), ARRAYS)
    assert run.evaluation is not None and other.evaluation is not None
    assert run.evaluation.outputs == other.evaluation.outputs and run.evaluation.outputs["label"].classes
    rows = {"image": ARRAYS["image"][:5]}
    assert predict(run, rows, network="classifier").columns == predict(other, rows).columns


def test_a_network_that_takes_noise_does_not_predict_from_data(tmp_path: Path) -> None:
    statements = GAN.replace("noise -> generator", "normal(3) -> generator")
    text = FILE.replace("STATEMENTS", statements).replace("input noise", "input chance").replace("= noise ->", "= chance ->")
    run = trained(tmp_path, text, ARRAYS)
    with pytest.raises(UserError, match="NN725: `generator` takes `chance`"):
        predict(run, {"image": ARRAYS["image"][:3]}, network="generator")


def test_an_objective_that_is_written_out_learns_what_its_short_form_learns(tmp_path: Path) -> None:
    table, _, _ = FILE.partition("train Task")
    short = f"{table}train Task {{\n  model = Classifier\n  data = Table\n  loss = crossentropy\n  optimizer = Adam(0.01)\n  epochs = 1\n  batch = 16\n}}"
    long = FILE.replace("STATEMENTS", "  minimize crossentropy(image -> classifier, label) over classifier with Adam(0.01)")
    for name in ("short", "long"):
        (tmp_path / name).mkdir()
    one, other = trained(tmp_path / "short", short, ARRAYS), trained(tmp_path / "long", long, ARRAYS)
    assert one.history == other.history




def test_a_probability_that_was_only_moved_is_not_taken_for_logits(tmp_path: Path) -> None:
    text = FILE.replace("STATEMENTS", "  minimize crossentropy(image -> classifier -> squeeze_it, label) over classifier with SGD(0.1)")
    text = text.replace("image -> classifier -> squeeze_it", "(image -> classifier) * 2 / 2")
    with pytest.raises(UserError, match="NN634"):
        program(tmp_path, text, ARRAYS)


def test_a_metric_changes_neither_the_loss_nor_the_weights(tmp_path: Path) -> None:
    """Not even one over a network with penalties and statistics that no objective is over."""
    penalized = FILE.replace("Dense(4, activation=relu)", "Dense(4, kernel_regularizer=L2(9)) -> BatchNorm")
    runs = []
    for name, metrics in (("without", ""), ("with", "\n  metrics = [accuracy(image -> classifier, label), binary_accuracy(image -> discriminator, 1)]")):
        (tmp_path / name).mkdir()
        run = trained(tmp_path / name, penalized.replace("STATEMENTS", GAN + metrics), ARRAYS)
        runs.append([{one: value for one, value in row.items() if "accuracy" not in one} for row in run.history])
    assert runs[0] == runs[1]


def test_a_term_called_loss_does_not_hide_the_objective(tmp_path: Path) -> None:
    statements = "  loss_of = mse(noise -> generator, image)\n  minimize loss_of + 3 * mse(noise -> generator, 0) over generator with SGD(0.1)"
    (row,) = trained(tmp_path, FILE.replace("STATEMENTS", statements), ARRAYS).history
    assert row["loss"] == pytest.approx(row["loss_of"] + 3 * row["mse"], rel=1e-5)
