"""Several devices that learn together, on JAX: not yet; all is computed by one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import keras

from nndsl.backend.keras.shares import ALL, Share, Size
from nndsl.backend.keras.unable import not_on_jax
from nndsl.diagnostics import UserError
from nndsl.team.together import ALONE, Team


def names_of(team: Team) -> tuple[str, ...]:
    """The names of the devices of this machine: accelerators, or where there are none, CPUs."""
    return tuple(f"{one.platform.upper()}:{one.id}" for one in jax.local_devices())


def several() -> bool:
    """Whether there is more than one device here."""
    return False


@contextmanager
def together(names: Sequence[str], team: Team = ALONE) -> Iterator[None]:
    """What is computed within may use the devices.

    Raises:
        UserError: there is more than one.
    """
    if len(names) > 1:
        raise UserError(not_on_jax(None, "a training on several devices", "leave out --devices, or set KERAS_BACKEND=tensorflow"))
    yield


def share(count: Size) -> Share:
    """This device's part of a batch of so many examples."""
    return ALL


def on_each(layers: Iterable[keras.Layer], compute: Callable[..., Any], *arguments: Any) -> Any:
    """Compute what all devices compute."""
    return compute(*arguments)


class AtOnce:
    """Something to compute of variables."""

    def __init__(self, compute: Callable[[], Any]):
        self._compute = compute

    def __call__(self) -> Any:
        return self._compute()


def without_reduction(optimizer: keras.Optimizer) -> keras.Optimizer:
    """An optimizer that takes the gradients of whole batches."""
    return optimizer
