"""Examples on their way into the loop: a batch is a pure function of the seed and the number of the step."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from nndsl.backend.keras.replicas import ALL, Share
from nndsl.types import TensorType

_ROUNDS = 4
"""Rounds of the cipher that orders examples, as `tf.random.experimental.index_shuffle` has them."""


class Feed:
    """The examples of one split, as tensors.

    Nothing about the order is kept: the position of any example in the order of any epoch is computed from the seed, so
    the number of the next step is all there is to remember.

    Attributes:
        count: how many examples there are, at least 1.
        batch: examples per batch; the last batch of an epoch may be smaller.
        steps: batches per epoch.
    """

    def __init__(self, arrays: Mapping[str, Any], types: Mapping[str, TensorType], batch: int, seed: int = 0):
        self.fields = {name: tf.convert_to_tensor(arrays[name], dtype=type.dtype) for name, type in types.items()}
        self.count = int(next(iter(self.fields.values())).shape[0])
        self.batch = min(batch, self.count)
        self.steps = -(-self.count // self.batch)
        self._seed = seed % 2**63

    @property
    def last(self) -> int:
        """Examples in the last batch of an epoch."""
        return self.count - (self.steps - 1) * self.batch

    def size(self, step: tf.Tensor) -> tf.Tensor:
        """How many examples the batch of a step, or at a place, has, `int64[]`."""
        return tf.minimum(tf.constant(self.batch, tf.int64), self.count - step % self.steps * self.batch)

    def shuffled(self, step: tf.Tensor, size: int | None = None, turn: int = 0, share: Share = ALL) -> dict[str, tf.Tensor]:
        """The batch of a training step.

        Args:
            step: the number of the step since the start of training, `int64[]`.
            size: the number of examples where it is known, which makes faster code; None: as many as there are.
            turn: tells apart the batches that one step draws; each turn has an order of its own.
            share: which of the examples.
        """
        epoch, place = step // self.steps, step % self.steps
        seed = tf.stack([tf.constant(self._seed, tf.int64), epoch, tf.constant(turn, tf.int64)])
        order = tf.raw_ops.RandomIndexShuffle(
            index=share.of(self._positions(place, size)), seed=seed, max_index=tf.constant(self.count - 1, tf.int64), rounds=_ROUNDS
        )
        order.set_shape([size if share is ALL else share.size])
        return {name: tf.gather(field, order) for name, field in self.fields.items()}

    def in_order(self, place: tf.Tensor, share: Share = ALL) -> dict[str, tf.Tensor]:
        """The batch at a place of the split as it is, `int64[]` from 0, or a share of it."""
        start = place * self.batch
        stop = tf.minimum(start + self.batch, self.count)
        return {name: share.of(field[start:stop]) for name, field in self.fields.items()}

    def _positions(self, place: tf.Tensor, size: int | None) -> tf.Tensor:
        start = place * self.batch
        if size is None:
            return tf.range(start, tf.minimum(start + self.batch, tf.constant(self.count, tf.int64)))
        return start + tf.range(size, dtype=tf.int64)
