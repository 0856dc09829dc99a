"""What the first filters over sequences of letters have learnt to see (Alipanahi et al., 2015; Kelley et al., 2016)."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import keras
import numpy as np

from nndsl.backend.keras import engine, lower
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.objective import Computation
from nndsl.backend.keras.shares import ALL, Share
from nndsl.backend.keras.state import weights_of
from nndsl.catalogue import activations
from nndsl.catalogue.applicable import Input
from nndsl.catalogue.layers import activation as activation_layers
from nndsl.catalogue.layers.convolution import Conv1D
from nndsl.catalogue.layers.normalization import BatchNormalization
from nndsl.catalogue.layers.regularization import Dropout, SpatialDropout1D
from nndsl.data.showing import letters_in
from nndsl.findings import Motif, Motifs
from nndsl.graph import Graph, Node, Owner, Ref
from nndsl.program import Training

Array: TypeAlias = np.ndarray[Any, Any]

_MOST_SHOWN = 24
_MOST_BYTES = 2**28
"""So much may be kept of what filters say; of more examples, the first are looked at."""
_MOST_PLACES = 20_000
"""From so many places a motif is counted; of more, from as many that lie evenly among them."""


def motifs(training: Training, layers: lower.Layers, feed: Feed) -> list[Motifs]:
    """What the filters of each convolution see that sees letters themselves; none, if no network begins with one.

    A filter is active where its response, after what follows it at each position (batch normalization, an activation), is above
    half of its maximum over all examples. The stretches of the sequences below these places, aligned, are its motif. Filters are
    ranked by what they do: by how much the loss of an example would change if the filter had its mean response everywhere, to
    first order, on average over the examples.
    """
    graph = training.objectives[0].graph
    return [_of_layer(training, layers, feed, graph, *start) for start in _first_convolutions(training, graph)]


def _of_layer(training: Training, layers: lower.Layers, feed: Feed, graph: Graph, name: str, convolution: Node) -> Motifs:
    active, influence = _responses(training, layers, feed, _response(graph, convolution))
    letters = feed.values(name)[: len(active)]
    alphabet = letters_in(training.data.fields[name])
    assert alphabet is not None and isinstance(convolution.component, Conv1D)
    found = list(_motifs(convolution.component, active, letters, influence))
    shown = sorted(found, key=lambda one: (-one.influence, one.filter))[:_MOST_SHOWN]
    silent = int((active.max((0, 1)) <= 0).sum())
    return Motifs(convolution.name, alphabet.alphabet, active.shape[-1], silent, len(active), shown)


# Where they are ----------------------------------------------------------------------------------


def _first_convolutions(training: Training, graph: Graph) -> Iterator[tuple[str, Node]]:
    """The convolutions that see letters themselves, and the field that these are; one that sees them several times, once."""
    seen = list[Owner | None]()
    names = {node.id: name for name, node in graph.inputs.items() if name in training.data.fields and letters_in(training.data.fields[name]) is not None}
    for node in graph.nodes:
        if isinstance(node.component, Conv1D) and node.owner not in seen:
            before = node.operands[0]
            while isinstance(graph[before].component, Dropout | SpatialDropout1D):
                before = graph[before].operands[0]
            if before.node in names and isinstance(graph[before].component, Input):
                seen.append(node.owner)
                yield names[before.node], node


def _response(graph: Graph, convolution: Node) -> Ref:
    """What a convolution says in the end: after a normalization and an activation, if these are all that its result goes into."""
    ref = Ref(convolution.id)
    if type(convolution.component.__dict__["activation"]).__name__ not in ("Linear", "NoneType"):
        return ref
    while True:
        users = [node for node in graph.nodes if ref in node.operands]
        if len(users) != 1 or users[0].type.shape != convolution.type.shape:
            return ref
        if isinstance(users[0].component, BatchNormalization):
            ref = Ref(users[0].id)
        elif type(users[0].component).__module__ in (activations.__name__, activation_layers.__name__):
            return Ref(users[0].id)
        else:
            return ref


# What they say -----------------------------------------------------------------------------------


class Nudged(Computation):
    """A computation whose first tensor something is added to, so that there is a gradient with respect to it."""

    def call(
        self, feeds: Mapping[str, lower.Tensor], count: lower.Tensor, training: bool | None = None, share: Share = ALL, by: lower.Tensor | None = None
    ) -> tuple[lower.Tensor, ...]:
        self._by = by
        return super().call(feeds, count, training, share)

    def _apply(self, count: lower.Tensor, training: bool | None, share: Share, node: Node, *given: Any) -> tuple[lower.Tensor, ...]:
        results = super()._apply(count, training, share, node, *given)
        if node.id != self.wanted[0].node or self._by is None:
            return results
        (result,) = results
        moved = result + self._by
        if (mask := lower.mask_of(result)) is not None:
            lower.set_mask(moved, mask)
        return (moved,)


def _responses(training: Training, layers: lower.Layers, feed: Feed, ref: Ref) -> tuple[Array, Array]:
    """The responses of all filters, `[n, positions, filters]`, and the influence of each."""
    objective = training.objectives[0]
    computation = Nudged(objective.graph, layers, [ref, objective.loss])

    def look(batch: Mapping[str, lower.Tensor]) -> tuple[lower.Tensor, ...]:
        feeds, count = {name: batch[name] for name in computation.fields}, keras.ops.shape(next(iter(batch.values())))[0]

        def nudged(by: lower.Tensor) -> tuple[lower.Tensor, lower.Tensor]:
            active, losses = computation(feeds, count=count, training=False, by=by)
            return losses, active

        slope, active = engine.gradient(nudged, keras.ops.zeros_like(computation(feeds, count=count, training=False)[0]), computation.parts)
        active, slope = (keras.ops.cast(one, "float32") for one in (active, keras.ops.zeros_like(active) if slope is None else slope))
        return active, keras.ops.sum(slope * active, 1), keras.ops.sum(slope, 1)

    reads = engine.reads(weights_of(layers).values())
    seen = list(_batches(engine.compiled(look, (), reads), feed, len(objective.graph.nodes)))
    active, weighted, slopes = (np.concatenate([one[place] for one in seen]) for place in range(3))
    return active, np.abs(weighted - active.mean((0, 1)) * slopes).mean(0)


def _batches(look: Any, feed: Feed, depth: int) -> Iterator[list[Array]]:
    """What is seen of each batch, as long as there is room for it."""
    kept = 0
    with lower.deep_enough(depth), feed.delivering():
        for place in range(feed.steps):
            seen = [np.asarray(one) for one in look(feed.taken(place))]
            yield seen
            kept += seen[0].nbytes
            if kept > _MOST_BYTES:
                return


def _motifs(convolution: Conv1D, active: Array, letters: Array, influence: Array) -> Iterator[Motif]:
    kernel, stride, dilation = (_whole(getattr(convolution, name)) for name in ("kernel_size", "strides", "dilation_rate"))
    span, length = (kernel - 1) * dilation + 1, letters.shape[1]
    reach = np.arange(kernel) * dilation
    before = _padding(convolution.padding, length, stride, span)
    for number, most in enumerate(active.max((0, 1)).tolist()):
        rows, positions = np.nonzero(active[:, :, number] > most / 2) if most > 0 else (np.zeros(0, int), np.zeros(0, int))
        starts = positions * stride - before
        inside = (starts >= 0) & (starts + span <= length)
        rows, starts = rows[inside], starts[inside]
        if len(rows):
            step = -(-len(rows) // _MOST_PLACES)
            counts = letters[rows[::step, None], starts[::step, None] + reach].sum(0, dtype="float64")
            total = counts.sum(-1, keepdims=True)
            shares = np.where(total > 0, counts / np.maximum(total, 1e-9), 1 / letters.shape[-1])
            yield Motif(number, shares.tolist(), len(rows), len(np.unique(rows)), float(influence[number]))


def _padding(kind: str, length: int, stride: int, span: int) -> int:
    """How many positions before the sequence the first window begins."""
    if kind == "valid":
        return 0
    if kind == "causal":
        return span - 1
    return max((-(-length // stride) - 1) * stride + span - length, 0) // 2


def _whole(size: int | tuple[int]) -> int:
    return size if isinstance(size, int) else size[0]
