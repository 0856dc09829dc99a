"""The figures of a split: the loss, its terms and the metrics, over examples that nothing is learnt from."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras

from nndsl.backend.keras import hosts, lower, replicas
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.objective import Computation, Valuation
from nndsl.backend.keras.only_tensorflow import tf
from nndsl.backend.keras.saved import fill
from nndsl.backend.keras.trackers import Trackers
from nndsl.graph import Graph, Ref
from nndsl.in_keras import known_shape
from nndsl.program import Training
from nndsl.progress import Progress

_CALL_SECONDS = 0.2
"""How long one call of a compiled loop takes: short enough for Ctrl-C and a smooth bar, long enough to cost nothing."""


def layers_and_models(training: Training) -> tuple[lower.Layers, dict[str, keras.Model]]:
    """One built layer for each set of weights in a training, and its networks as Keras models of these layers.

    Raises:
        UserError: a file that weights come from cannot be used.
    """
    networks = {name: one.network for name, one in training.learnt.items()}
    graphs = [*(one.graph for one in networks.values()), *(one.graph for one in training.objectives)]
    if training.data.augmentation is not None:
        graphs.append(training.data.augmentation)
    layers = lower.layers_as_applied(*graphs)
    models = {name: lower.model(one, layers) for name, one in networks.items()}
    for graph in graphs:
        if not all(layers[owner].built for owner, _ in graph.owners()):  # those that no network has
            _build(graph, layers)
    fill(layers, graphs)
    return layers, models


def _build(graph: Graph, layers: lower.Layers) -> None:
    """Let the layers of a graph make their weights."""
    computation = Computation(graph, layers, [Ref(node.id) for node in graph.nodes if node.owner is not None])
    feeds = {name: tf.TensorSpec((None, *known_shape(node.type)), node.type.dtype) for name, node in graph.inputs.items()}
    with lower.deep_enough(len(graph.nodes)):
        tf.function(lambda feeds, count: computation(feeds, count=count), autograph=False).get_concrete_function(
            feeds, tf.TensorSpec([], tf.int32)
        )


class Measuring:
    """Measures splits with what a training has learnt: a compiled function of many batches for each split.

    Attributes:
        trackers: the figures of the pass that is under way.
    """

    def __init__(self, training: Training, layers: lower.Layers):
        objectives = training.objectives
        self.trackers = Trackers(objectives, training.measures)
        self._valuations = [Valuation(one, layers, () if place else training.measures) for place, one in enumerate(objectives)]
        self._depth = sum(one.size for one in objectives)
        self._compiled: dict[Feed, Any] = {}

    def build(self, feed: Feed) -> None:
        """Let metrics make their variables; some do so when they first see what they measure."""
        if not self.trackers.built:
            tf.function(lambda: replicas.on_each((), partial(self._measure, feed), tf.constant(0, tf.int64)), autograph=False)()
            self.trackers.reset()

    def figures(self, feed: Feed, progress: Progress, what: str, pause: Callable[[], None] = lambda: None) -> dict[str, float]:
        """The figures of a split, by name; the trackers are empty before and afterwards.

        Args:
            what: what is going on, for those who wait.
            pause: called now and then before the end; what it raises ends this.
        """
        self.build(feed)
        self.trackers.reset()
        for done in self._passes(feed):
            progress.busy(what, done, feed.steps)
            if done < feed.steps:
                pause()
        results = self.trackers.results()
        self.trackers.reset()
        return results

    def _passes(self, feed: Feed) -> Iterator[int]:
        """Measure some batches at a time; how many are done."""
        if feed not in self._compiled:
            self._compiled[feed] = self._compile(feed)
        run = self._compiled[feed]
        done, limit = 0, 1
        while done < feed.steps:
            started, stop = time.perf_counter(), min(done + limit, feed.steps)
            with lower.deep_enough(self._depth), feed.delivering():
                run(tf.constant(done, tf.int64), tf.constant(stop, tf.int64))
            limit, done = hosts.team().shared(next_steps(limit, stop - done, time.perf_counter() - started)), stop
            yield done

    def _measure(self, feed: Feed, place: tf.Tensor) -> tf.Tensor:
        """Measure the batch at a place, and give the next."""
        share = replicas.share(feed.size(place))
        batch = feed.in_order(place, share)
        for index, one in enumerate(self._valuations):
            share.counted(partial(self.trackers.update, index, one.of(batch, share=share)))
        return place + 1

    def _compile(self, feed: Feed) -> Any:
        def body(place: tf.Tensor) -> tuple[tf.Tensor]:
            return (replicas.on_each((), partial(self._measure, feed), place),)

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
