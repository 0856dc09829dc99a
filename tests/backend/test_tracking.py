"""What TensorBoard and MLflow are told of a training: its figures, under their names; and that they cannot harm it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from nndsl.diagnostics import Diagnostic, UserError, render
from nndsl.progress import Progress
from nndsl.run import Run
from nndsl.tracking import Everyone, cause_of, followed
from tests.backend.trainings import blobs, trained

ROW = {"epoch": 1, "loss": 0.5}


class Listening(Progress):
    """Remembers what is said, and of which epochs."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.epochs: list[int] = []

    def say(self, message: str | Diagnostic) -> None:
        self.said.append(message if isinstance(message, str) else render(message))

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        self.epochs.append(epoch)


class Failing(Listening):
    """Fails at the second epoch."""

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        super().epoch(epoch, figures, best)
        if epoch == 2:
            raise RuntimeError("the server\n  is gone")


def test_who_fails_is_told_no_more_and_the_others_are() -> None:
    first, failing, other = Listening(), Failing(), Listening()
    everyone = Everyone(first, {"Some server": failing, "Another": other})
    for epoch in (1, 2, 3):
        everyone.epoch(epoch, ROW, best=True)
    assert first.epochs == other.epochs == [1, 2, 3] and failing.epochs == [1, 2]
    assert [one.splitlines()[0] for one in first.said] == ["warning[NN842]: Some server is told no more of this training: the server is gone"]


def test_what_the_system_said_is_found_below_what_libraries_make_of_it() -> None:
    def failing() -> None:
        try:
            try:
                raise ConnectionRefusedError(111, "Connection refused")
            except OSError as refused:
                raise OSError("HTTPConnectionPool(host='127.0.0.1', port=5999): Max retries exceeded") from refused
        except OSError:
            raise RuntimeError("API request failed with exception HTTPConnectionPool")

    with pytest.raises(RuntimeError) as caught:
        failing()
    assert cause_of(caught.value) == "connection refused"
    assert cause_of(TimeoutError("timed out")) == "timed out"
    assert cause_of(ValueError()) == "ValueError"
    assert len(cause_of(ValueError("<html>" * 1000))) < 200


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mlflow")
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(scope="module")
def run(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of two epochs that was resumed for a third, with everyone told."""
    pytest.importorskip("tensorboard")
    folder = tmp_path_factory.mktemp("followed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        made = trained(folder, blobs(), progress=followed(Listening(), "Task", True, store.as_uri()))
        return trained(folder, blobs(epochs=3), resume=made.folder, despite_changes=True, progress=followed(Listening(), "Task", True, store.as_uri()))


def test_event_files_hold_the_figures_of_each_epoch(run: Run) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for kind, prefix in (("train", ""), ("validation", "val_")):
        events = EventAccumulator(str(run.folder / "tensorboard" / kind)).Reload()
        for name in ("loss", "accuracy"):
            told = [(one.step, one.tensor_proto.float_val[0]) for one in events.Tensors(name)]
            assert told == [(row["epoch"], pytest.approx(row[prefix + name])) for row in run.history]


def test_mlflow_has_one_run_with_figures_settings_and_files(run: Run, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    client = MlflowClient(tracking_uri=store.as_uri())
    experiment = client.get_experiment_by_name("Task")
    assert experiment is not None
    (kept,) = client.search_runs([experiment.experiment_id])
    told = [(one.step, one.value) for one in client.get_metric_history(kept.info.run_id, "val_loss")]
    assert told == [(row["epoch"], row["val_loss"]) for row in run.history]
    assert run.evaluation is not None and kept.data.metrics["test_loss"] == run.evaluation.figures["loss"]
    assert kept.data.params["settings.batch"] == "16" and kept.info.status == "FINISHED"
    assert {"best.keras", "run.yaml", "metrics.csv"} <= {one.path for one in client.list_artifacts(kept.info.run_id)}


def test_mlflow_that_cannot_be_reached_is_told_before_anything_is_learnt(tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    with pytest.raises(UserError) as caught:
        followed(Progress(), "Task", False, str(tmp_path / "no" / "such.db"))
    assert caught.value.diagnostics[0].code == "NN841"
