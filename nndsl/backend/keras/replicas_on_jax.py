"""Several devices that learn together, on JAX: the engine is `keras.distribution.DataParallel`.

What is compiled says what is computed of a whole batch, and XLA divides the work: losses, statistics and chance are those of one device.
So there are no shares here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import keras

from nndsl.backend.keras.shares import ALL, Share, Size
from nndsl.team.together import ALONE, Team


def names_of(team: Team) -> tuple[str, ...]:
    """The names of the devices of this machine: accelerators, or where there are none, CPUs."""
    return tuple(f"{one.platform.upper()}:{one.id}" for one in jax.local_devices())


def several() -> bool:
    """Whether there is more than one device here."""
    return keras.distribution.distribution() is not None


@contextmanager
def together(names: Sequence[str], team: Team = ALONE) -> Iterator[None]:
    """What is built within is on all devices, each of which computes as many examples of a batch; with one, nothing changes."""
    if len(names) == 1:
        yield
        return
    before = keras.distribution.distribution()
    devices = [one.lower() for one in names]  # as Keras calls them
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False))
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


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
