"""Training runs as MLflow keeps them: settings, the figures of each epoch, and at the end the files of the run's folder."""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.extras import need
from nndsl.progress import Progress
from nndsl.tracking import cause_of

if TYPE_CHECKING:
    from nndsl.run import Run

_FOLDER = "nndsl.folder"
"""The tag by which a run that is resumed is found again."""
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
"""Unless it is said otherwise, a server that does not answer is not waited for, for minutes."""
_LONGEST_PARAMETER = 500
_AT_ONCE = 100
"""So many settings MLflow takes in one request."""
_ENDED = {"finished": "FINISHED", "stopped early": "FINISHED", "pruned": "KILLED", "interrupted": "KILLED", "terminated": "KILLED"}


@error("NN841")
def no_mlflow(uri: str, why: str) -> Diagnostic:
    """MLflow cannot keep runs where it was asked to. It is tried before anything is learnt.

        nndsl train digits.nn --mlflow http://localhost:5000
    """
    return Diagnostic(None, f"MLflow cannot be reached at {uri}: {why}", (), "start it (`mlflow server`), or name a database: --mlflow sqlite:///mlflow.db")


class MLflow(Progress):
    """Tells MLflow of a training, as a run of the experiment that has the training's name."""

    def __init__(self, uri: str, experiment: str):
        """
        Args:
            uri: of a server (`http://...`) or a database (`sqlite:///...`).

        Raises:
            UserError: MLflow is not installed, or it cannot keep runs there.
        """
        need("--mlflow", "mlflow", "mlflow")
        for name, value in _PATIENCE.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        try:
            self._client = MlflowClient(tracking_uri=uri)
            known = self._client.get_experiment_by_name(experiment)
            self._experiment = known.experiment_id if known is not None else self._client.create_experiment(experiment)
        except Exception as failure:  # noqa: BLE001 - MLflow passes on what any of its stores raises
            raise UserError(no_mlflow(uri, cause_of(failure))) from None
        self._run = ""

    def opened(self, run: "Run") -> None:
        folder = str(run.folder)
        mark = "'" if '"' in folder else '"'
        known = self._client.search_runs([self._experiment], f"tags.`{_FOLDER}` = {mark}{folder}{mark}")
        if known:
            self._run = known[0].info.run_id
            self._client.update_run(self._run, status="RUNNING")
            return
        made = self._client.create_run(self._experiment, tags={_FOLDER: folder}, run_name=f"{run.settings['training']} {run.folder.name}")
        self._run = made.info.run_id
        self._tell_settings(dict(_flat({one: run.settings[one] for one in ("settings", "parameters", "data", "versions")})))

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        self._tell_figures({name: value for name, value in figures.items() if name != "epoch"}, epoch)

    def closed(self, run: "Run") -> None:
        if run.evaluation is not None:
            self._tell_figures({f"{run.evaluation.split}_{name}": value for name, value in run.evaluation.figures.items()}, 0)
        for path in sorted(run.folder.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                self._client.log_artifact(self._run, str(path))
        self._client.set_terminated(self._run, _ENDED.get(run.status, "FAILED"))

    def _tell_settings(self, settings: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        told = [Param(name, str(value)[:_LONGEST_PARAMETER]) for name, value in settings.items()]
        for start in range(0, len(told), _AT_ONCE):
            self._client.log_batch(self._run, params=told[start : start + _AT_ONCE])

    def _tell_figures(self, figures: Mapping[str, float], step: int) -> None:
        """All figures in one request: a server may be far away."""
        from mlflow.entities import Metric

        now = int(datetime.now(UTC).timestamp() * 1000)
        self._client.log_batch(self._run, metrics=[Metric(name, value, now, step) for name, value in figures.items()])


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Settings within settings, each by its whole name: `settings.epochs`."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
