"""Examples on their way to what learns from them: a batch is a pure function of the seed and the number of the step."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from nndsl.types import TensorType

ROUNDS = 4
"""Rounds of the cipher that orders examples, as `tf.random.experimental.index_shuffle` has them."""


class Examples(ABC):
    """The examples of one split.

    Nothing about the order is kept: the position of any example in the order of any epoch is computed from the seed, so
    the number of the next step is all there is to remember. On every engine, batches are the same.

    Attributes:
        count: how many examples there are, at least 1.
        batch: examples per batch; the last batch of an epoch may be smaller.
        steps: batches per epoch.
    """

    def __init__(self, arrays: Mapping[str, Any], types: Mapping[str, TensorType], batch: int, seed: int = 0):
        self._arrays = {name: arrays[name] for name in types}
        self.count = len(next(iter(self._arrays.values())))
        self.batch = min(batch, self.count)
        self.steps = -(-self.count // self.batch)
        self._seed = seed % 2**63

    @property
    def last(self) -> int:
        """Examples in the last batch of an epoch."""
        return self.count - (self.steps - 1) * self.batch

    @property
    def full_steps(self) -> int:
        """How many batches of an epoch are not smaller than others."""
        return self.count // self.batch

    def draw(self, step: int, turns: int) -> None:
        """Make ready for steps of the epoch that a step belongs to, each of which draws so many batches."""

    def delivering(self) -> AbstractContextManager[None]:
        """Where graphs run that take batches: if none comes, it is said why.

        Raises:
            UserError: the disk does not answer.
        """
        return nullcontext()

    @abstractmethod
    def taken(self, place: int) -> dict[str, Any]:
        """The batch at a place of the split as it is, outside of what is compiled."""

    @abstractmethod
    def first(self, name: str, count: int) -> Any:
        """A field of the first examples."""

    def values(self, name: str, rows: slice = slice(None)) -> Any:
        """A field of some examples (without `rows`, of all), as an array in memory."""
        return np.asarray(self._arrays[name][rows])

    def __contains__(self, name: str) -> bool:
        return name in self._arrays
