"""Advice about networks."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from nndsl import costs
from nndsl.catalogue.activations import Linear
from nndsl.catalogue.layers import convolution, core, normalization, pooling, regularization, reshaping
from nndsl.catalogue.windows import Window
from nndsl.diagnostics import Diagnostic, Note, warning
from nndsl.graph import Graph, Node, Ref, users_of
from nndsl.repairs import Repair
from nndsl.source import Span
from nndsl.types import Shape, Size

HUGE = 10_000_000
"""Weights of a dense layer after which a share of all weights is looked at."""

_BIASED = (core.Dense, convolution.Conv1D, convolution.Conv2D, convolution.Conv3D)
_RANDOM = (
    regularization.Dropout, regularization.SpatialDropout1D, regularization.SpatialDropout2D, regularization.SpatialDropout3D,
    regularization.AlphaDropout, regularization.GaussianDropout, regularization.GaussianNoise,
)
_SLIDING = (*_BIASED[1:], pooling.MaxPooling1D, pooling.MaxPooling2D, pooling.MaxPooling3D,
            pooling.AveragePooling1D, pooling.AveragePooling2D, pooling.AveragePooling3D)
_PADDING = (reshaping.ZeroPadding1D, reshaping.ZeroPadding2D, reshaping.ZeroPadding3D)


def needless_biases(graph: Graph) -> Iterator[Diagnostic]:
    """A bias that the next layer takes away again."""
    readers = users_of(graph.nodes)
    results = {ref.node for ref in graph.outputs.values()}
    written = Counter(node.span for node in graph.nodes)
    for node in graph.nodes:
        layer, after = node.component, readers.get(Ref(node.id), [])
        if not isinstance(layer, _BIASED) or not layer.use_bias or not isinstance(layer.activation, Linear | None) or node.id in results:
            continue
        if after and all(isinstance(one.component, normalization.BatchNormalization) and one.component.center for one in after):
            yield needless_bias(node, after[0], certain=written[node.span] == 1 and not node.scope)


@warning("NN420")
def needless_bias(node: Node, after: Node, certain: bool) -> Diagnostic:
    """Batch normalization subtracts the mean of each channel, and with it whatever a bias has added; it adds one of its own.

        h = x -> Conv2D(64, 3) -> BatchNorm -> relu

    Mended:

        h = x -> Conv2D(64, 3, use_bias=false) -> BatchNorm -> relu
    """
    name = type(node.component).called()
    notes = (Note("this normalizes its result", after.span),)
    return Diagnostic(node.span, f"the bias of {name} has no effect: batch normalization takes it away", notes, _without_bias(node.span, certain))


def _without_bias(call: Span, certain: bool) -> str:
    """What to write; where a call makes one layer only, and nothing is said of its bias yet, as a change of the text."""
    words, end = "write `use_bias=false`", Span(call.source, call.end - 1, call.end - 1)
    inside = call.text[:-1].rstrip()
    if not certain or not call.text.endswith(")") or "use_bias" in inside or inside[-1:] in ("(", ",") or "#" in inside:
        return words
    return Repair(words, ", use_bias=false", end)


def random_outputs(graph: Graph) -> Iterator[Diagnostic]:
    """Outputs that are thinned out in training."""
    for name, ref in graph.outputs.items():
        if isinstance(graph[ref].component, _RANDOM):
            yield random_output(name, graph[ref])


@warning("NN421")
def random_output(output: str, node: Node) -> Diagnostic:
    """The result of a network is disturbed while it learns, so that the loss compares noise with the targets.

        output label = h -> Dense(10) -> Dropout(0.5)

    Mended:

        output label = h -> Dropout(0.5) -> Dense(10)
    """
    name = type(node.component).called()
    return Diagnostic(node.span, f"{name} disturbs the output `{output}` itself", (), "put it before the last layer that learns")


def huge_layers(graph: Graph) -> Iterator[Diagnostic]:
    """Dense layers that hold most of a network's weights, since what goes in was flattened."""
    dense = ((node, costs.own_params(graph, node)) for owner, node in graph.owners() if isinstance(owner.component, core.Dense))
    huge = [(node, own) for node, own in dense if isinstance(own, int) and own >= HUGE]
    total = costs.params(graph) if huge else 0
    for node, own in huge:
        if isinstance(total, int) and 2 * own >= total and (flat := _flattened(graph, node)) is not None:
            yield huge_layer(node, own, total, flat)


def _flattened(graph: Graph, node: Node) -> Node | None:
    """The `Flatten` that a layer takes its input from, perhaps through layers without weights."""
    before = graph[node.operands[0]]
    while len(before.operands) == 1 and not isinstance(before.component, reshaping.Flatten) and not costs.weights(graph, before):
        before = graph[before.operands[0]]
    return before if isinstance(before.component, reshaping.Flatten) else None


@warning("NN422")
def huge_layer(node: Node, own: int, total: int, flat: Node) -> Diagnostic:
    """A dense layer after `Flatten` has a weight for each number of each channel at each place: often most of the network.

        h = image -> Conv2D(512, 3) -> Flatten -> Dense(4096)

    Pooling over the places leaves a number for each channel:

        h = image -> Conv2D(512, 3) -> GlobalAveragePooling2D -> Dense(4096)
    """
    share = f"{own / total:.0%} of the network"
    notes = (Note(f"this makes {flat.type.shape[0]:,} numbers of each example", flat.span),)
    return Diagnostic(node.span, f"this Dense has {own:,} weights, {share}", notes, "pool over the places before it, or flatten less")


def lost_remainders(graph: Graph) -> Iterator[Diagnostic]:
    """Numbers at the end of an axis that no window sees, since it moves in steps that do not add up to the axis."""
    for node in graph.nodes:
        if not isinstance(node.component, _SLIDING) or node.component.padding != "valid":
            continue
        (taken,) = graph.operand_types(node)
        if isinstance(graph[node.operands[0]].component, _PADDING):
            continue  # what is left out are zeros
        left = [_remainder(*pair) for pair in zip(taken.shape, node.component.windows(taken) or (), strict=False)]
        if any(left):
            yield lost_remainder(node, left, taken.shape)


def _remainder(length: Size, window: Window) -> int:
    """How many numbers at the end of an axis no window sees; 0 where it is not known."""
    extent, stride = window.extent, window.stride
    known = isinstance(length, int) and isinstance(extent, int) and isinstance(stride, int)
    return (length - extent) % stride if known else 0  # type: ignore[operator, return-value]


@warning("NN423")
def lost_remainder(node: Node, left: Sequence[int], shape: Shape) -> Diagnostic:
    """Windows that move in steps leave the end of an axis out, where the steps do not add up to it: nothing there is ever seen.

        h = image -> MaxPool2D(2)                     # of [7, 8, 64]: the seventh row is dropped

    Mended, with zeros at the edge:

        h = image -> MaxPool2D(2, padding=same)
    """
    names = {1: ("position",), 2: ("row", "column"), 3: ("plane", "row", "column")}[len(left)]
    dropped = [
        f"the last {name if count == 1 else f'{count} {name}s'} of {length}"
        for name, count, length in zip(names, left, shape, strict=False) if count
    ]
    message = f"{type(node.component).called()} drops {' and '.join(dropped)}"
    return Diagnostic(node.span, message, (), "write `padding=same`, or choose sizes that fit")


LINTS: tuple[Callable[[Graph], Iterator[Diagnostic]], ...] = (needless_biases, random_outputs, huge_layers, lost_remainders)
