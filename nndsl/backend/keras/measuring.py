"""The figures of a split: the loss, its terms and the metrics, over examples that nothing is learnt from."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import keras

from nndsl.backend.keras import engine, hosts, lower, replicas
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.objective import Computation, Valuation
from nndsl.backend.keras.saved import fill
from nndsl.backend.keras.state import weights_of
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
    types = {name: node.type for name, node in graph.inputs.items()}
    with lower.deep_enough(len(graph.nodes)):
        engine.sketch(lambda feeds, count: computation(feeds, count=count), types, {name: known_shape(one) for name, one in types.items()})


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
        self._weights = engine.reads(weights_of(layers).values())
        self._compiled: dict[Feed, list[tuple[int, int, engine.Loop]]] = {}

    def build(self, feed: Feed) -> None:
        """Let metrics make their variables; some do so when they first see what they measure."""
        if not self.trackers.built:
            engine.build(lambda: replicas.on_each((), partial(self._measure, feed, feed.batch if engine.NEEDS_SIZES else None), engine.number(0)))
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
        done, limit = 0, 1
        while done < feed.steps:
            started, stop = time.perf_counter(), min(done + limit, feed.steps)
            with lower.deep_enough(self._depth), feed.delivering():
                for begin, end, measure in self._compiled[feed]:
                    if max(done, begin) < min(stop, end):
                        measure(max(done, begin), min(stop, end))
            limit, done = hosts.team().shared(next_steps(limit, stop - done, time.perf_counter() - started)), stop
            yield done

    def _measure(self, feed: Feed, size: int | None, place: lower.Tensor) -> None:
        """Measure the batch at a place, of so many examples where that is known."""
        share = replicas.share(feed.size(place) if size is None else size)
        batch = feed.in_order(place, size, share)
        for index, one in enumerate(self._valuations):
            share.counted(partial(self.trackers.update, index, one.of(batch, share=share)))

    def _compile(self, feed: Feed) -> list[tuple[int, int, engine.Loop]]:
        """What measures the batches from a place to another."""
        parts = [(0, feed.full_steps, feed.batch), (feed.full_steps, feed.steps, feed.last)] if engine.NEEDS_SIZES else [(0, feed.steps, None)]
        return [(begin, end, self._loop(feed, size)) for begin, end, size in parts if begin < end]

    def _loop(self, feed: Feed, size: int | None) -> engine.Loop:
        return engine.Loop(partial(replicas.on_each, (), partial(self._measure, feed, size)), self.trackers.variables, [feed, *self._weights])


def next_steps(limit: int, taken: int, seconds: float) -> int:
    """How many steps the next call takes, after one of `taken` steps, of at most `limit`, took so long.

    It grows step by step, since the first call compiles, which tells nothing.
    """
    fitting = max(1, int(_CALL_SECONDS * taken / max(seconds, 1e-9)))
    if fitting >= limit:
        return min(fitting, 4 * limit + 8)
    return fitting if taken > 1 else limit
