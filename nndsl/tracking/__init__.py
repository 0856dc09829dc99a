"""Training, as other programs follow it: TensorBoard and MLflow. What they need is checked before anything is learnt."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from nndsl.diagnostics import Diagnostic, warning
from nndsl.monitor import History
from nndsl.progress import Progress

if TYPE_CHECKING:
    from nndsl.run import Run


@warning("NN842")
def not_followed(who: str, why: str) -> Diagnostic:
    """Figures of a training could not be handed on to another program. The training and its folder are not touched by that."""
    return Diagnostic(None, f"{who} is told no more of this training: {why}", (), "the run's folder has all figures: metrics.csv, run.yaml")


def cause_of(failure: Exception) -> str:
    """Why another program could not be told: what the system said, below all that libraries made of it; else what they say."""
    from nndsl.data.tables import LONGEST_REASON, reason

    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, TimeoutError) or (isinstance(cause, OSError) and cause.strerror):
            return reason(cause)
        cause = cause.__cause__ or cause.__context__
    said = " ".join(str(failure).split()) or type(failure).__name__
    return said if len(said) <= LONGEST_REASON else f"{said[:LONGEST_REASON]}..."


def followed(progress: Progress, experiment: str, tensorboard: bool, mlflow: str | None) -> Progress:
    """Whoever is told of a training, and besides what other programs are to be told.

    Args:
        experiment: what MLflow collects the runs of this training under.
        mlflow: the URI of a server or a database.

    Raises:
        UserError: what that needs is not there.
    """
    from nndsl.tracking.mlflow import MLflow
    from nndsl.tracking.tensorboard import TensorBoard

    others: dict[str, Progress] = {"TensorBoard": TensorBoard()} if tensorboard else {}
    if mlflow is not None:
        others["MLflow"] = MLflow(mlflow, experiment)
    return Everyone(progress, others) if others else progress


class Everyone(Progress):
    """Tells all that happens to someone who must hear it, and to others who may fail: these are told no more then."""

    def __init__(self, first: Progress, others: Mapping[str, Progress]):
        self._first, self._others = first, dict(others)

    def _tell(self, told: Callable[[Progress], None]) -> None:
        told(self._first)
        for name, one in list(self._others.items()):
            try:
                told(one)
            except Exception as failure:  # noqa: BLE001 - whatever goes wrong in another program, training goes on
                del self._others[name]
                self._first.say(not_followed(name, cause_of(failure)))

    def opened(self, run: "Run") -> None:
        self._tell(lambda one: one.opened(run))

    def begin(self, epochs: int, steps: int, first: int, batch: int = 0, history: History = ()) -> None:
        self._tell(lambda one: one.begin(epochs, steps, first, batch, history))

    def advance(self, epoch: int, done: int, loss: float) -> None:
        self._first.advance(epoch, done, loss)

    def expect(self, memory: str) -> None:
        self._first.expect(memory)

    def busy(self, what: str, done: int, total: int) -> None:
        self._first.busy(what, done, total)

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        self._tell(lambda one: one.epoch(epoch, figures, best))

    def say(self, message: str | Diagnostic) -> None:
        self._first.say(message)

    def end(self) -> None:
        self._tell(lambda one: one.end())

    def closed(self, run: "Run") -> None:
        self._tell(lambda one: one.closed(run))
