"""Examples on their way into functions that JAX compiles: arrays on the device, and the orders of an epoch, which are drawn when it begins."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import tensorflow as tf

from nndsl.backend.keras import on_jax
from nndsl.backend.keras.examples import ROUNDS, Examples
from nndsl.backend.keras.shares import ALL, Share
from nndsl.backend.keras.unable import not_on_jax
from nndsl.data.kept import Stored
from nndsl.diagnostics import UserError
from nndsl.types import TensorType


class Feed(Examples):
    """The examples of one split, in memory.

    Attributes:
        tensors: the fields; and for each turn of a step, which examples are in each batch of an epoch, `int32[steps, batch]`.
    """

    def __init__(self, arrays: Mapping[str, Any], types: Mapping[str, TensorType], batch: int, seed: int = 0):
        """
        Raises:
            UserError: the examples are read from files.
        """
        super().__init__(arrays, types, batch, seed)
        if any(isinstance(one, Stored) for one in self._arrays.values()):
            raise UserError(not_on_jax(None, "data that take more than the memory they may have", "give them more: `--memory`, or set KERAS_BACKEND=tensorflow"))
        self._types = types
        self.tensors: tuple[dict[str, Any], list[Any]] = ({name: _placed(jnp.asarray(one, types[name].dtype)) for name, one in self._arrays.items()}, [])
        self._drawn: tuple[int, int] | None = None

    @property
    def waited(self) -> float:
        """How many seconds batches were waited for."""
        return 0.0

    def size(self, step: Any) -> Any:
        """How many examples the batch of a step, or at a place, has; of a step that is known."""
        return self.batch if step % self.steps < self.full_steps else self.last

    def draw(self, step: int, turns: int) -> None:
        epoch = step // self.steps
        if self._drawn != (epoch, turns):
            self.tensors = (self.tensors[0], [_placed(jnp.asarray(self._order(epoch, turn))) for turn in range(turns)])
            self._drawn = (epoch, turns)

    def shuffled(self, step: Any, size: int | None = None, turn: int = 0, share: Share = ALL) -> dict[str, Any]:
        """The batch of a training step, within what is compiled.

        Args:
            step: the number of the step since the start of training.
            size: the number of examples.
            turn: tells apart the batches that one step draws; each turn has an order of its own.
        """
        fields, orders = self.tensors
        order = jax.lax.dynamic_index_in_dim(orders[turn], step % self.steps, keepdims=False)[:size]
        return {name: on_jax.divided(field.at[order].get(mode="clip")) for name, field in fields.items()}

    @contextmanager
    def drawn_ahead(self, start: Any, stop: Any, turns: int) -> Iterator[None]:
        """Within, batches are taken whose orders are drawn at once, as they all are."""
        yield

    def in_order(self, place: Any, size: int | None = None, share: Share = ALL) -> dict[str, Any]:
        """The batch at a place of the split as it is, from 0, within what is compiled."""
        return {
            name: on_jax.divided(jax.lax.dynamic_slice_in_dim(field, place * self.batch, size or self.batch)) for name, field in self.tensors[0].items()
        }

    def taken(self, place: int) -> dict[str, Any]:
        rows = slice(place * self.batch, (place + 1) * self.batch)
        return {name: np.asarray(one[rows], self._types[name].dtype) for name, one in self._arrays.items()}

    def first(self, name: str, count: int) -> Any:
        return self.tensors[0][name][:count]

    def _order(self, epoch: int, turn: int) -> np.ndarray[Any, Any]:
        """Which examples are in each batch of an epoch: the same as on TensorFlow, which is asked."""
        with tf.device("CPU"):
            drawn = tf.raw_ops.RandomIndexShuffle(
                index=np.arange(self.count), seed=np.array([self._seed, epoch, turn], np.int64), max_index=np.int64(self.count - 1), rounds=ROUNDS
            )
        order = np.zeros(self.steps * self.batch, np.int32)
        order[: self.count] = drawn.numpy()
        return order.reshape(self.steps, self.batch)


def _placed(array: jax.Array) -> jax.Array:
    """An array where all devices have it that compute together."""
    shared = on_jax.everywhere()
    return array if shared is None else jax.device_put(array, shared)
