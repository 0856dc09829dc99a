"""Several machines that train one network, on TensorFlow: the engine is `tf.distribute.MultiWorkerMirroredStrategy`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tensorflow.python.distribute.collective_all_reduce_strategy import CollectiveAllReduceExtended
from tensorflow.python.eager import context  # which alone can end what waits for others

from nndsl.backend.keras.only_tensorflow import tf
from nndsl.backend.keras.unable import computed_already
from nndsl.diagnostics import UserError
from nndsl.team.together import ALONE, Team


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


def prepare(names: Sequence[str]) -> None:
    """Use no other devices of this machine.

    Raises:
        UserError: it is too late to say so.
    """
    if context.context()._context_handle is not None:
        raise UserError(computed_already("TensorFlow"))
    gpus = tf.config.list_physical_devices("GPU")
    tf.config.set_visible_devices(gpus[: len(names)], "GPU")
