"""Where gradients pass, and where they are lost: nothing that learns, and what is not there in a precision."""

from collections.abc import Collection, Iterable, Iterator

from nndsl import costs
from nndsl.catalogue.component import Component
from nndsl.catalogue.weights import Constraint, Initializer, Regularizer
from nndsl.diagnostics import Diagnostic, Report, error
from nndsl.graph import Graph, Node, Ref
from nndsl.program import Objective
from nndsl.source import Span


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
    if precision == "float32":
        return
    computed = [(one, of_weights, node.span) for node in graph.nodes for one, of_weights in _parts(node.component)]
    for one, of_weights, span in [*computed, (objective.optimizer, True, objective.optimizer_span)]:
        if _dtype(precision, of_weights) in one.not_computed_in:
            report.add(not_in_this_precision("cannot compute", one, one.not_computed_in, of_weights, precision, span))
    for node in graph.nodes:
        lacking = node.component.without_gradient_in()
        if _dtype(precision, False) in lacking and node.id in behind and learning & _behind(graph, node.operands):
            report.add(not_in_this_precision("has no gradient of", node.component, lacking, False, precision, node.span))


def _dtype(precision: str, of_weights: bool) -> str:
    """What a training in some precision keeps weights in, or computes results with."""
    if precision.startswith("mixed_"):
        return "float32" if of_weights else precision.removeprefix("mixed_")
    return precision


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


def _parts(component: Component, of_weights: bool = False) -> Iterator[tuple[Component, bool]]:
    """A component, and those that are its arguments, as an activation or an initializer may be; and whether it is about weights."""
    yield component, of_weights
    for name in component.fields():
        value = getattr(component, name)
        if isinstance(value, Component):
            yield from _parts(value, isinstance(value, Initializer | Regularizer | Constraint) and not name.startswith("activity"))


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
def not_in_this_precision(cannot: str, what: Component, lacking: Collection[str], of_weights: bool, precision: str, span: Span) -> Diagnostic:
    """TensorFlow cannot compute something in another precision than float32, or not its gradient.

    There is no `sparsemax` in `float16`, no `exp2` in any but `float32`, no pooling of maxima over three axes in `float64`. Where
    layers with weights come before them, the gradients of `RandomTranslation`, `RandomRotation`, `RandomZoom` and `RandomShear` are not
    there in `bfloat16`, and those of `Resizing` and `UpSampling2D` in neither half precision with `interpolation=bicubic` (nothing
    before them would learn, and nobody would say so), and in `float32` alone with `lanczos3` and `lanczos5`. Weights of `bfloat16` cannot
    begin orthogonal, as those of LSTM and GRU do by default, and `Muon` does not learn weights of `float64`.

        precision = mixed_float16

    Mended:

        precision = mixed_bfloat16
    """
    dtype = _dtype(precision, of_weights)
    others = [one for one in ("mixed_float16", "mixed_bfloat16", "float32") if _dtype(one, of_weights) not in lacking]
    message = f"TensorFlow {cannot} {what.called()} in {dtype}, which `precision = {precision}` {'keeps weights in' if of_weights else 'computes with'}"
    return Diagnostic(span, message, (), f"use `precision = {' or '.join(others)}`")
