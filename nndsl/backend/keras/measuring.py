"""The figures of a split: the loss, its terms and the metrics, over examples that nothing is learnt from."""

import time
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from nndsl.backend.keras import lower
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.objective import Trackers, Valuation
from nndsl.graph import Ref
from nndsl.program import Training
from nndsl.progress import Progress

_CALL_SECONDS = 0.2
"""How long one call of a compiled loop takes: short enough for Ctrl-C and a smooth bar, long enough to cost nothing."""


def layers_and_model(training: Training) -> tuple[lower.Layers, keras.Model]:
    """One built layer for each set of weights in a training, and its network as a Keras model of these layers."""
    layers = lower.layers_of(training.network.graph, *(one.graph for one in training.objectives))
    model = lower.model(training.network, layers)
    for objective in training.objectives:
        if not all(layers[owner].built for owner, _ in objective.graph.owners()):  # those that the network has not
            with_weights = [Ref(node.id) for node in objective.graph.nodes if node.owner is not None]
            with lower.deep_enough(len(objective.graph.nodes)):
                lower.values_of(objective.graph, layers, lower.symbols(objective.graph), with_weights)
    return layers, model


class Measuring:
    """Measures splits with what a training has learnt: a compiled function of many batches for each split.

    Attributes:
        trackers: the figures of the pass that is under way.
    """

    def __init__(self, training: Training, layers: lower.Layers):
        first = training.objectives[0]
        self.trackers = Trackers(first, training.measures)
        self._valuation = Valuation(first, layers, training.measures)
        self._depth = len(first.graph.nodes)
        self._compiled: dict[Feed, Any] = {}

    def build(self, feed: Feed) -> None:
        """Let metrics make their variables; some do so when they first see what they measure."""
        if not self.trackers.built:
            self.trackers.update(self._valuation.of(feed.in_order(tf.constant(0, tf.int64))))
            self.trackers.reset()

    def figures(self, feed: Feed, progress: Progress, what: str) -> dict[str, float]:
        """The figures of a split, by name; the trackers are empty before and afterwards.

        Args:
            what: what is going on, for those who wait.
        """
        self.build(feed)
        self.trackers.reset()
        for done in self._passes(feed):
            progress.busy(what, done, feed.steps)
        results = self.trackers.results()
        self.trackers.reset()
        return results

    def _passes(self, feed: Feed) -> Iterator[int]:
        """Measure some batches at a time; how many are done."""
        run = self._compiled.setdefault(feed, self._compile(feed))
        done, limit = 0, 1
        while done < feed.steps:
            started, stop = time.perf_counter(), min(done + limit, feed.steps)
            with lower.deep_enough(self._depth):
                run(tf.constant(done, tf.int64), tf.constant(stop, tf.int64))
            limit, done = next_steps(limit, stop - done, time.perf_counter() - started), stop
            yield done

    def _compile(self, feed: Feed) -> Any:
        def body(place: tf.Tensor) -> tuple[tf.Tensor]:
            self.trackers.update(self._valuation.of(feed.in_order(place)))
            return (place + 1,)

        def batches(start: tf.Tensor, stop: tf.Tensor) -> tf.Tensor:
            return tf.while_loop(lambda place: place < stop, body, (start,))

        return tf.function(batches, input_signature=[tf.TensorSpec([], tf.int64)] * 2, autograph=False)


def next_steps(limit: int, taken: int, seconds: float) -> int:
    """How many steps the next call takes, after one of `taken` steps, of at most `limit`, took so long.

    It grows step by step, since the first call compiles, which tells nothing.
    """
    fitting = max(1, int(_CALL_SECONDS * taken / max(seconds, 1e-9)))
    if fitting >= limit:
        return min(fitting, 4 * limit + 8)
    return fitting if taken > 1 else limit
