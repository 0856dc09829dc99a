"""Examples on their way into a graph of TensorFlow: gathered there from tensors in memory, or from arrays on the disk."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from nndsl.backend.keras.examples import ROUNDS, Examples
from nndsl.backend.keras.only_tensorflow import tf
from nndsl.backend.keras.shares import ALL, Share
from nndsl.backend.keras.stream import IN_ORDER, Place, Stream
from nndsl.data.kept import Stored
from nndsl.types import TensorType


class Feed(Examples):
    """The examples of one split: tensors in memory, from which a batch is gathered within the graph, or arrays on the disk.

    Wherever the examples lie, batches are the same.
    """

    def __init__(self, arrays: Mapping[str, Any], types: Mapping[str, TensorType], batch: int, seed: int = 0):
        super().__init__(arrays, types, batch, seed)
        self._turns = 1
        self._stream: Stream | None = None
        self._ahead: tuple[tf.Tensor, list[tf.Tensor]] | None = None
        self._fields: dict[str, tf.Tensor] = {}
        if any(isinstance(one, Stored) for one in self._arrays.values()):
            self._stream = Stream(self._arrays, types, self.batch, self._rows, self._following)
        else:
            self._fields = {name: tf.convert_to_tensor(one, dtype=types[name].dtype) for name, one in self._arrays.items()}

    def size(self, step: tf.Tensor) -> tf.Tensor:
        """How many examples the batch of a step, or at a place, has, `int64[]`."""
        return tf.minimum(tf.constant(self.batch, tf.int64), self.count - step % self.steps * self.batch)

    @property
    def waited(self) -> float:
        """How many seconds batches were waited for."""
        return 0.0 if self._stream is None else self._stream.waited

    def delivering(self) -> AbstractContextManager[None]:
        """Where graphs run that take batches: if none comes, it is said why.

        Raises:
            UserError: the disk does not answer.
        """
        return nullcontext() if self._stream is None else self._stream.delivering()

    def shuffled(self, step: tf.Tensor, size: int | None = None, turn: int = 0, share: Share = ALL) -> dict[str, tf.Tensor]:
        """The batch of a training step.

        Args:
            step: the number of the step since the start of training, `int64[]`.
            size: the number of examples where it is known, which makes faster code; None: as many as there are.
            turn: tells apart the batches that one step draws; each turn has an order of its own.
            share: which of the examples.
        """
        self._turns = max(self._turns, turn + 1)
        if self._stream is not None:
            return self._stream.batch(step, turn, size)
        order = self._order(step, size, turn, share)
        return {name: tf.gather(field, order) for name, field in self._fields.items()}

    @contextmanager
    def drawn_ahead(self, start: tf.Tensor, stop: tf.Tensor, turns: int) -> Iterator[None]:
        """Within, a graph takes full batches of these steps, `int64[]`, all of one epoch, whose orders are drawn at once.

        That is faster than to draw each on its own, and gives the same.
        """
        if self._stream is None:
            first = start % self.steps * self.batch
            positions = tf.range(first, first + (stop - start) * self.batch)
            drawn = [self._drawn(positions, start // self.steps, turn) for turn in range(turns)]
            self._ahead = (start, [tf.reshape(one, (-1, self.batch)) for one in drawn])
        try:
            yield
        finally:
            self._ahead = None

    def in_order(self, place: tf.Tensor, size: int | None = None, share: Share = ALL) -> dict[str, tf.Tensor]:
        """The batch at a place of the split as it is, `int64[]` from 0, or a share of it."""
        if self._stream is not None:
            return self._stream.batch(place, IN_ORDER, None)
        start = place * self.batch
        stop = tf.minimum(start + self.batch, self.count)
        return {name: share.of(field[start:stop]) for name, field in self._fields.items()}

    def first(self, name: str, count: int) -> tf.Tensor:
        return self._fields[name][:count] if self._stream is None else tf.convert_to_tensor(self._arrays[name][:count])

    def taken(self, place: int) -> dict[str, tf.Tensor]:
        return self.in_order(tf.constant(place, tf.int64))

    def _order(self, step: tf.Tensor, size: int | None, turn: int, share: Share) -> tf.Tensor:
        """Which examples are in the batch of a training step, or in a share of it."""
        if self._ahead is not None:
            start, orders = self._ahead
            return share.of(orders[turn][step - start])
        order = self._drawn(share.of(self._positions(step % self.steps, size)), step // self.steps, turn)
        order.set_shape([size if share is ALL else share.size])
        return order

    def _drawn(self, positions: tf.Tensor, epoch: tf.Tensor, turn: int) -> tf.Tensor:
        """Which examples are at some positions of the order of an epoch."""
        seed = tf.stack([tf.constant(self._seed, tf.int64), epoch, tf.constant(turn, tf.int64)])
        return tf.raw_ops.RandomIndexShuffle(index=positions, seed=seed, max_index=tf.constant(self.count - 1, tf.int64), rounds=ROUNDS)

    def _positions(self, place: tf.Tensor, size: int | None) -> tf.Tensor:
        start = place * self.batch
        if size is None:
            return tf.range(start, tf.minimum(start + self.batch, tf.constant(self.count, tf.int64)))
        return start + tf.range(size, dtype=tf.int64)

    # What a stream asks --------------------------------------------------------------------------

    def _rows(self, place: Place) -> Any:
        """The examples of a batch, for who gathers it outside of a graph."""
        if place.turn == IN_ORDER:
            return slice(place.step * self.batch, (place.step + 1) * self.batch)
        with tf.device("CPU"):
            return self._order(tf.constant(place.step, tf.int64), None, place.turn, ALL).numpy()

    def _following(self, place: Place) -> Iterator[Place]:
        """The batches that are taken after one: those of the same step, then those of the next."""
        if place.turn == IN_ORDER:
            yield from (Place(IN_ORDER, step) for step in range(place.step + 1, self.steps))
            return
        turn, step = place
        while True:
            turn, step = (turn + 1, step) if turn + 1 < self._turns else (0, step + 1)
            yield Place(turn, step)
