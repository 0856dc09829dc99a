"""Several machines that train one network, on JAX: not yet."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nndsl.backend.keras.unable import not_on_jax
from nndsl.diagnostics import UserError
from nndsl.team.together import ALONE, Team


def team() -> Team:
    """Those who share what is computed here."""
    return ALONE


@contextmanager
def losses_told(team: Team) -> Iterator[None]:
    """Tell of a worker that is gone as of other things that stand in the way."""
    yield


def of_all(team: Team, names: Sequence[str]) -> tuple[str, ...]:
    """The names of the devices of all workers, from those of this one.

    Raises:
        UserError: there are several workers.
    """
    if team.size > 1:
        raise UserError(not_on_jax(None, "a training on several machines", "unset TF_CONFIG, or set KERAS_BACKEND=tensorflow"))
    return tuple(names)
