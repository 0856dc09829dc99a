"""Several machines that train one network, on TensorFlow: the engine is `tf.distribute.MultiWorkerMirroredStrategy`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tensorflow.python.distribute.collective_all_reduce_strategy import CollectiveAllReduceExtended
from tensorflow.python.eager import context  # which alone can end what waits for others

from nndsl.backend.keras.only_tensorflow import tf
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.team.joining import workers_differ
from nndsl.team.together import ALONE, Team


@error("NN779")
def computed_already() -> Diagnostic:
    """A training on several machines is to be the first thing that TensorFlow does in a process, and the only one of its kind."""
    return Diagnostic(None, "TensorFlow has already computed in this process", repair="train on several machines in a process of its own: `nndsl train`")


class Hosts(tf.distribute.MultiWorkerMirroredStrategy):
    """The engine, and the team that it works for, which notices losses.

    What TensorFlow has to notice them is left out: it would wait without end for one who died before all were connected, deaf
    to signals, and take 10 s to find that one died later.
    """

    def __init__(self, team: Team):
        context.context().configure_coordination_service(service_type="")
        CollectiveAllReduceExtended._enable_check_health = False
        super().__init__()
        self.team = team
        team.on_loss(lambda: context.context().abort_collective_ops(tf.errors.UNAVAILABLE, "a worker is gone"))


def team() -> Team:
    """Those who share what is computed here."""
    found: Team = getattr(tf.distribute.get_strategy(), "team", ALONE)
    return found


@contextmanager
def losses_told(team: Team) -> Iterator[None]:
    """Tell of a worker that is gone as of other things that stand in the way.

    Raises:
        UserError: one is gone.
    """
    try:
        yield
    except tf.errors.OpError:
        lost = team.loss()
        if lost is None:
            raise
        raise lost from None


def of_all(team: Team, names: Sequence[str]) -> tuple[str, ...]:
    """The names of the devices of all workers, from those of this one, which then uses no others.

    Raises:
        UserError: the workers have not as many each, or it is too late to say so.
    """
    if team.size == 1:
        return tuple(names)
    if context.context()._context_handle is not None:
        raise UserError(computed_already())
    gpus = tf.config.list_physical_devices("GPU")
    tf.config.set_visible_devices(gpus[: len(names)], "GPU")
    everybodys = team.gathered(list(names))
    for number, theirs in enumerate(everybodys):
        if len(theirs) != len(everybodys[0]):
            raise UserError(workers_differ(team.called(number), "number of devices", len(everybodys[0]), len(theirs)))
    return tuple(f"worker {number} {name}" for number, theirs in enumerate(everybodys) for name in theirs)
