"""Runs that are interrupted: what is kept, how they go on, and what is refused; and checkpoints that are damaged."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nndsl import interruption
from nndsl import run as runs
from nndsl.backend.keras import checkpoint, train
from nndsl.backend.keras.checkpoint import BEST, Checkpoints, Damaged
from nndsl.backend.keras.evaluate import evaluate
from nndsl.backend.keras.learner import Learner
from nndsl.diagnostics import Diagnostic, UserError
from nndsl.figures import read_metrics
from nndsl.progress import Progress
from nndsl.run import Run
from tests.backend.trainings import blob_arrays, blobs, trained

TEXT = blobs(
    "AdamW(learning_rate=plateau(0.05, patience=1, warmup=2 steps), use_ema=true, ema_momentum=0.8)", 4,
    "early_stopping = (monitor=val_loss, patience=9)",
)


class Interrupting(Progress):
    """Sends a signal to this process when something happens for the n-th time; remembers what is said."""

    def __init__(self, when: str, nth: int, *signals: signal.Signals):
        self._when, self._left, self._signals = when, nth, list(signals)
        self.said: list[str] = []

    def _happened(self, what: str) -> None:
        if what == self._when:
            self._left -= 1
        if self._left <= 0 and self._signals:
            signal.raise_signal(self._signals.pop(0))  # to this very thread, so that it is there on return

    def advance(self, epoch: int, done: int, loss: float) -> None:
        self._happened("advance")

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        self._happened("epoch")

    def busy(self, what: str, done: int, total: int) -> None:
        self._happened(what)

    def say(self, message: str | Diagnostic) -> None:
        self.said.append(message if isinstance(message, str) else f"{message.code}: {message.message}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that nobody interrupted."""
    return trained(tmp_path_factory.mktemp("whole"), TEXT)


def last_arrays(run: Run) -> dict[str, Any]:
    found, _ = Checkpoints(run.folder / "checkpoints").newest()
    return found.arrays


def assert_same_bits(one: Run, other: Run) -> None:
    assert (one.folder / "metrics.csv").read_bytes() == (other.folder / "metrics.csv").read_bytes()
    first, second = last_arrays(one), last_arrays(other)
    assert first.keys() == second.keys()
    for name, array in first.items():
        assert array.tobytes() == second[name].tobytes(), name
    assert one.evaluation == other.evaluation


@pytest.mark.parametrize(
    ("kind", "moment"),
    [
        (signal.SIGINT, ("advance", 1)), (signal.SIGINT, ("advance", 4)), (signal.SIGINT, ("epoch", 2)),
        (signal.SIGINT, ("saving", 1)), (signal.SIGTERM, ("advance", 4)), (signal.SIGTERM, ("validating", 3)),
    ],
    ids=str,
)
def test_an_interrupted_run_goes_on_to_the_same_bits(
    kind: signal.Signals, moment: tuple[str, int], whole: Run, tmp_path: Path
) -> None:
    run = trained(tmp_path, TEXT, progress=Interrupting(*moment, kind))
    assert run.status == ("interrupted" if kind == signal.SIGINT else "terminated")
    assert run.settings["status"] == Run.open(run.folder).status
    assert (run.evaluation is not None) == (kind == signal.SIGINT)
    resumed = trained(tmp_path, TEXT, resume=run.folder.parent / "latest")
    assert resumed.folder == run.folder
    assert resumed.status == "finished"
    assert_same_bits(resumed, whole)


SMALL_BATCHES = TEXT.replace("batch     = 16", "batch     = 4")
"""Measured in several passes."""


@pytest.mark.parametrize(("kind", "measured"), [(signal.SIGTERM, 1), (signal.SIGINT, 2)])
def test_a_run_that_is_left_while_it_is_measured_goes_on_to_the_same_bits(kind: signal.Signals, measured: int, tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole", SMALL_BATCHES)
    run = trained(tmp_path / "left", SMALL_BATCHES, progress=Interrupting("validating", 3, kind))
    assert run.status == ("interrupted" if kind == signal.SIGINT else "terminated")
    assert len(run.history) == measured, "of the second epoch, what is left to measure takes but moments"
    assert_same_bits(trained(tmp_path / "left", SMALL_BATCHES, resume=run.folder), whole)


def test_who_has_asked_for_an_end_does_not_wait_for_long_measurements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruption, "_PATIENCE", -1.0)
    watching = Interrupting("advance", 1, signal.SIGINT)
    run = trained(tmp_path, SMALL_BATCHES, progress=watching)
    assert (run.status, run.history, run.evaluation) == ("interrupted", [], None)
    assert watching.said == [f"the test examples were not measured, which takes long; `nndsl evaluate {run.folder}` does it"]
    assert not (run.folder / "evaluation.json").exists()


def test_compiling_is_left_at_once_and_the_run_goes_on(whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiling(self: Learner, stop: int) -> bool:
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("it should have been left")

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Learner, "train", compiling)
        trained(tmp_path, TEXT)
    left = Run.open(tmp_path / "runs" / "task" / "latest")
    assert left.status == "interrupted"
    assert_same_bits(trained(tmp_path, TEXT, resume=left.folder), whole)


def test_an_epoch_that_ended_early_is_measured_kept_and_can_be_evaluated(tmp_path: Path) -> None:
    run = trained(tmp_path, TEXT, progress=Interrupting("advance", 1, signal.SIGINT))
    assert [row["epoch"] for row in run.history] == [1]
    assert np.isfinite(run.history[0]["val_loss"])
    assert read_metrics(run.folder / "metrics.csv") == run.history
    assert run.settings["best_epoch"] == 1
    assert evaluate(Run.open(run.folder), progress=Progress()) == run.evaluation


def test_a_second_signal_leaves_at_once_and_the_run_goes_on(whole: Run, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path, TEXT, progress=Interrupting("epoch", 2, signal.SIGINT, signal.SIGINT))
    left = Run.open(tmp_path / "runs" / "task" / "latest")
    assert left.status == "interrupted"
    assert_same_bits(trained(tmp_path, TEXT, resume=left.folder), whole)


def test_a_run_that_was_killed_is_as_if_it_ran_and_goes_on(whole: Run, tmp_path: Path) -> None:
    class Killed(Exception):
        """Stands for whatever ends a process without its having a say."""

    class Killing(Progress):
        def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
            if epoch == 3:
                raise Killed

    with pytest.raises(Killed):
        trained(tmp_path, TEXT, progress=Killing())
    left = Run.open(tmp_path / "runs" / "task" / "latest")
    assert left.status == "running"
    assert_same_bits(trained(tmp_path, TEXT, resume=left.folder), whole)


def test_a_finished_run_goes_on_for_more_epochs(tmp_path: Path) -> None:
    long = trained(tmp_path, blobs(epochs=4))
    short = trained(tmp_path, blobs(epochs=4), epochs=2)
    assert len(short.history) == short.settings["settings"]["epochs"] == 2
    resumed = trained(tmp_path, blobs(epochs=4), resume=short.folder, epochs=4)
    assert resumed.settings["settings"]["epochs"] == 4
    assert_same_bits(resumed, long)


# What is refused ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """The folder of a file, and a run of it."""
    folder = tmp_path_factory.mktemp("short")
    return folder, trained(folder, blobs(epochs=1))


def refused_to_resume(folder: Path, run: Run, text: str, arrays: dict[str, Any] | None = None, **settings: Any) -> str:
    with pytest.raises(UserError) as caught:
        trained(folder, text, arrays, resume=run.folder, **settings)
    return str(caught.value)


def test_a_run_does_not_go_on_with_another_file_data_or_seed(short: tuple[Path, Run]) -> None:
    folder, run = short
    text = blobs(epochs=1)
    said = refused_to_resume(folder, run, text, seed=5)
    assert said == f"NN718: the run {run.folder} was started with another `seed`: 0 then, 5 now"
    assert "another `optimizer.Adam.learning_rate`: 0.02 then, 0.03 now" in refused_to_resume(
        folder, run, blobs("Adam(learning_rate=0.03)", 1)
    )
    assert "another text of " in refused_to_resume(folder, run, f"# a comment\n{text}")
    arrays = blob_arrays()
    assert "another data (SHA-256): " in refused_to_resume(folder, run, text, {**arrays, "x": arrays["x"] + 1})
    assert trained(folder, text, resume=run.folder).status == "finished"


def test_a_run_goes_on_with_what_has_changed_if_that_is_asked_for(tmp_path: Path) -> None:
    run = trained(tmp_path, blobs("SGD(learning_rate=0.02)", 2))
    text, arrays, watching = blobs("SGD(learning_rate=0.03)", 2).replace("batch     = 16", "batch     = 8"), blob_arrays(), Interrupting("never", 1)
    arrays["x"] += 1
    resumed = trained(tmp_path, text, arrays, resume=run.folder, despite_changes=True, epochs=4, progress=watching)
    assert [row["epoch"] for row in resumed.history] == [1, 2, 3, 4]
    assert resumed.history[:2] == run.history[:2]
    assert [row["learning_rate"] for row in resumed.history[2:]] == pytest.approx([0.03, 0.03])
    said = "\n".join(watching.said)
    assert said.count("NN762") == 4 and "another `batch`: 16 then, and 8 from now on" in said
    kept = Run.open(run.folder)
    (change,) = kept.settings["changes"]
    assert change["step"] == 10 and {"what": "`batch`", "then": 16, "now": 8} in change["changed"]
    assert kept.settings["settings"]["batch"] == 8
    assert evaluate(kept, progress=Progress()) == resumed.evaluation
    assert trained(tmp_path, text, arrays, resume=run.folder).status == "finished"


def test_changes_do_not_make_weights_fit(short: tuple[Path, Run]) -> None:
    folder, run = short
    said = refused_to_resume(folder, run, blobs(epochs=1).replace("Dense(8", "Dense(9"), despite_changes=True)
    assert "NN714" in said
    assert "changes" not in Run.open(run.folder).settings


def test_a_run_that_another_process_trains_is_refused(short: tuple[Path, Run]) -> None:
    folder, run = short
    with runs.locked(run.folder):
        assert refused_to_resume(folder, run, blobs(epochs=1)) == f"NN716: another process is training in {run.folder}"


def test_other_versions_are_told_and_the_run_goes_on(short: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, run = short
    watching = Interrupting("never", 1)
    monkeypatch.setattr(runs, "versions", lambda backend: {**run.settings["versions"], "keras": "9.9.9"})
    trained(folder, blobs(epochs=1), resume=run.folder, progress=watching)
    assert any(one.startswith("NN721: this run was started with keras 3.") and "9.9.9" in one for one in watching.said)


@pytest.mark.parametrize(("name", "other"), [("threads", [1, 1]), ("onednn", False), ("op_determinism", None), ("processor", "another")])
def test_settings_that_change_the_last_bits_are_kept_and_told(
    name: str, other: object, short: tuple[Path, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, run = short
    kept, watching = Run.open(run.folder).settings["hardware"][name], Interrupting("never", 1)
    monkeypatch.setattr(train, "hardware", lambda: {**run.settings["hardware"], name: other})
    trained(folder, blobs(epochs=1), resume=run.folder, progress=watching)
    assert watching.said == [f"NN721: this run was started with {name} {kept}, and goes on with {other}: its last digits may differ"]


# Damage ------------------------------------------------------------------------------------------


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)


def test_a_damaged_checkpoint_is_told_and_the_one_before_is_taken(whole: Run, tmp_path: Path) -> None:
    run = trained(tmp_path, TEXT, progress=Interrupting("epoch", 3, signal.SIGTERM))
    newest, *others = Checkpoints(run.folder / "checkpoints").paths()
    assert others
    flip(newest, newest.stat().st_size // 2)
    watching = Interrupting("never", 1)
    resumed = trained(tmp_path, TEXT, resume=run.folder, progress=watching)
    assert watching.said == [f"NN712: the checkpoint {newest} is damaged (its checksum does not fit)"]
    assert_same_bits(resumed, whole)


def test_a_damaged_checkpoint_does_not_count_among_those_that_are_kept(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    for step in (1, 2):
        kept.save(step, {"step": step}, ARRAYS)
    flip(kept.paths()[0], 100)
    assert kept.newest()[0].record["step"] == 1
    kept.save(3, {"step": 3}, ARRAYS)
    assert [checkpoint.read(path).record["step"] for path in kept.paths()] == [3, 1]


def test_what_a_killed_writer_has_left_is_cleared_away(short: tuple[Path, Run]) -> None:
    folder, run = short
    left = [run.folder / ".best.123.keras", run.folder / "checkpoints" / ".step-000000003.99.checkpoint"]
    for path in left:
        path.write_bytes(b"half")
    trained(folder, blobs(epochs=1), resume=run.folder)
    assert not any(path.exists() for path in left) and (run.folder / ".lock").exists()


def test_without_a_whole_checkpoint_a_run_cannot_go_on_or_be_evaluated(tmp_path: Path) -> None:
    run = trained(tmp_path, blobs(epochs=1))
    for path in (run.folder / "checkpoints").iterdir():
        path.write_bytes(b"something else")
    said = refused_to_resume(tmp_path, run, blobs(epochs=1))
    assert "NN713" in said and "holds no checkpoint that is whole (2 damaged)" in said
    with pytest.raises(UserError, match="NN713"):
        evaluate(run, progress=Progress())


def test_a_checkpoint_of_another_training_is_refused_before_it_is_loaded(short: tuple[Path, Run], tmp_path: Path) -> None:
    _, run = short
    other = trained(tmp_path, blobs(epochs=1).replace("Dense(8", "Dense(9"))
    for path in (other.folder / "checkpoints").iterdir():
        path.unlink()
    for path in (run.folder / "checkpoints").iterdir():
        (other.folder / "checkpoints" / path.name).write_bytes(path.read_bytes())
    text = (other.folder / "spec.nn").read_text()
    said = refused_to_resume(tmp_path, other, text)
    assert "NN714" in said and "layer/dense/0 is float32[4, 8] there, and float32[4, 9] here" in said
    with pytest.raises(UserError, match="NN714"):
        evaluate(other, progress=Progress())


ARRAYS = {"a": np.arange(6, dtype="float32").reshape(2, 3), "b": np.array(True), "none": np.zeros((0, 4), "int64")}


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "one", {"step": 3}, ARRAYS)
    found = checkpoint.read(tmp_path / "one")
    assert found.record == {"step": 3}
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array)


def test_any_flipped_bit_and_any_cut_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "one"
    checkpoint.write(path, {"step": 3}, ARRAYS)
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content)
        flip(path, place)
        with pytest.raises(Damaged):
            checkpoint.read(path)
        path.write_bytes(content[:place])
        with pytest.raises(Damaged):
            checkpoint.read(path)


def test_the_sizes_of_a_forged_checkpoint_are_looked_at_before_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "one"
    for arrays in (b'[["a", "float32", [1000000000000000]]]', b'[["a", "object", [1]]]', b'[["a", "float32", [-1]]]', b'[["a"]]', b"[" * 10_000):
        header = b'{"record": {}, "arrays": ' + arrays + b"}"
        path.write_bytes(b"nndsl checkpoint 1\n" + len(header).to_bytes(8, "little") + header + bytes(32))
        with pytest.raises(Damaged):
            checkpoint.read(path)


def test_two_checkpoints_are_kept_and_the_best_beside_them(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path)
    for step in (1, 20, 3, 40):
        kept.save(step, {"step": step, "best_epoch": None}, ARRAYS)
    assert [path.name for path in kept.paths()] == ["step-000000040.checkpoint", "step-000000020.checkpoint"]
    newest, warnings = kept.best()
    assert (newest.record["step"], warnings) == (40, [])
    kept.save_best(7, {"a": ARRAYS["a"]})
    best, _ = kept.best()
    assert best.record == {"best_epoch": 7}
    assert list(best.arrays) == [f"{BEST}a"]
    assert [path.name for path in kept.paths()] == ["step-000000040.checkpoint", "step-000000020.checkpoint"]


def test_a_run_is_asked_for_predictions_without_the_data_that_it_learnt_from(tmp_path: Path) -> None:
    from nndsl.backend.keras.evaluate import predict

    run = trained(tmp_path, blobs(epochs=1))
    (tmp_path / "data.npz").unlink()
    assert len(predict(Run.open(run.folder), {"x": blob_arrays()["x"]})) == len(blob_arrays()["x"])
