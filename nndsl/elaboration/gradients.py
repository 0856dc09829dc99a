"""Where gradients pass, and where they are lost: nothing that learns, and what half precision does not derive."""

from collections.abc import Iterable, Iterator

from nndsl import costs
from nndsl.catalogue.applicable import Applicable
from nndsl.diagnostics import Diagnostic, Report, error
from nndsl.graph import Graph, Node, Ref
from nndsl.program import Objective
from nndsl.source import Span

_HALVES = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16", "bfloat16": "bfloat16"}
"""What a training in half precision computes with."""


def refuse_without_gradient(objective: Objective, precision: str, model: Span, report: Report) -> None:
    """Report an objective from which nothing can learn, and what the precision of a training cannot compute.

    Args:
        model: where the network is named.
    """
    graph = objective.graph
    behind = _behind(graph, [objective.loss])
    learning = {node.id for node in graph.nodes if node.id in behind and _learns(objective, node)}
    if not learning:
        report.add(nothing_to_learn(model))
    half = _HALVES.get(precision)
    if half is None:
        return
    for node in graph.nodes:
        for one in _parts(node.component):
            if half in one.not_computed_in:
                report.add(not_in_half_precision(one.called(), False, half, precision, node.span))
            if half in one.without_gradient_in() and node.id in behind and learning & _behind(graph, node.operands):
                report.add(not_in_half_precision(one.called(), True, half, precision, node.span))


def _behind(graph: Graph, wanted: Iterable[Ref]) -> set[int]:
    """The calls that a gradient of some tensors reaches: it passes through real numbers only."""
    reached = {ref.node for ref in wanted if graph.type_of(ref).is_float}
    for node in reversed(graph.nodes):
        if node.id in reached:
            reached.update(ref.node for ref in node.operands if graph.type_of(ref).is_float)
    return reached


def _learns(objective: Objective, node: Node) -> bool:
    """Whether a call has weights that the objective may change."""
    return node.owner in objective.updates and any(weight.trainable for weight in costs.weights(objective.graph, node))


def _parts(component: Applicable) -> Iterator[Applicable]:
    """What is applied, and what is applied by it, as an activation may be."""
    yield component
    for name in component.fields():
        value = getattr(component, name)
        if isinstance(value, Applicable):
            yield from _parts(value)


@error("NN642")
def nothing_to_learn(span: Span) -> Diagnostic:
    """A step would change nothing: no gradient of the loss reaches a weight that is trained.

    The network has no weights, all of them have `trainable=false`, or whole numbers stand between them and the loss, as after
    `argmax`: no gradient passes through those.

        minimize mse(image -> net -> argmax(axis=-1) -> float, label) over net with Adam(1e-3)

    Mended:

        minimize crossentropy(image -> net, label) over net with Adam(1e-3)
    """
    return Diagnostic(span, "there is nothing to learn: no gradient of the loss reaches a weight that is trained", (),
                      "give the network layers with weights, and the loss what they compute before it is rounded or chosen")


@error("NN644")
def not_in_half_precision(what: str, derived: bool, half: str, precision: str, span: Span) -> Diagnostic:
    """TensorFlow cannot compute something in half precision, or not its gradient.

    `sparsemax` needs a range of numbers, which there is not in `float16`. Where layers with weights come before them, the gradients of
    `RandomTranslation`, `RandomRotation`, `RandomZoom` and `RandomShear` are not there in `bfloat16`, and those of
    `Resizing` and `UpSampling2D` with `interpolation=bicubic` or `lanczos3` in neither: with `bicubic`, nothing before them would learn,
    and nobody would say so.

        precision = mixed_float16

    Mended:

        precision = mixed_bfloat16
    """
    message = f"TensorFlow {'has no gradient of' if derived else 'cannot compute'} {what} in {half}, which `precision = {precision}` computes with"
    other = "mixed_float16" if half == "bfloat16" else "mixed_bfloat16"
    return Diagnostic(span, message, (), f"use `precision = {other}`, or float32")
