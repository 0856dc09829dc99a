"""Training runs as MLflow keeps them: settings, the figures of each epoch, and at the end the files of the run's folder."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.extras import need
from nndsl.progress import Progress

if TYPE_CHECKING:
    from nndsl.run import Run

_FOLDER = "nndsl.folder"
"""The tag by which a run that is resumed is found again."""
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
"""Unless it is said otherwise, a server that does not answer is not waited for, for minutes."""
_LONGEST_PARAMETER = 500
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
            raise UserError(no_mlflow(uri, " ".join(str(failure).split()))) from None
        self._run = ""

    def opened(self, run: "Run") -> None:
        folder = str(run.folder)
        known = [one for one in self._client.search_runs([self._experiment]) if one.data.tags.get(_FOLDER) == folder]
        if known:
            self._run = known[0].info.run_id
            self._client.update_run(self._run, status="RUNNING")
            return
        made = self._client.create_run(self._experiment, tags={_FOLDER: folder}, run_name=f"{run.settings['training']} {run.folder.name}")
        self._run = made.info.run_id
        for name, value in _flat({one: run.settings[one] for one in ("settings", "parameters", "data", "versions")}):
            self._client.log_param(self._run, name, str(value)[:_LONGEST_PARAMETER])

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        for name, value in figures.items():
            if name != "epoch":
                self._client.log_metric(self._run, name, value, step=epoch)

    def closed(self, run: "Run") -> None:
        if run.evaluation is not None:
            for name, value in run.evaluation.figures.items():
                self._client.log_metric(self._run, f"{run.evaluation.split}_{name}", value)
        for path in sorted(run.folder.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                self._client.log_artifact(self._run, str(path))
        self._client.set_terminated(self._run, _ENDED.get(run.status, "FAILED"))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Settings within settings, each by its whole name: `settings.epochs`."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
