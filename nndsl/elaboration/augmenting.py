"""`augment`: what varies the training examples, as a graph from fields to fields of the same types."""

from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.augmentations import Augmentation
from nndsl.data.plan import DataPlan
from nndsl.diagnostics import Diagnostic, Note, did_you_mean, error
from nndsl.elaboration.bodies import expand
from nndsl.elaboration.builder import Builder, Complaint
from nndsl.elaboration.expressions import Evaluator
from nndsl.elaboration.mistakes import listed
from nndsl.elaboration.session import Session
from nndsl.elaboration.values import FAILED, Binding, Scope, Tensor
from nndsl.graph import Graph
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import TensorType


def augmentation(session: Session, plan: DataPlan, outer: Scope, expression: ast.Expression) -> Graph:
    """What `augment = [image -> RandomFlip(horizontal)]` does to the fields that it names, one after another.

    Raises:
        Complaint: something is wrong with it, which may have been reported already.
    """
    builder, scope = Builder(), Scope(outer=outer)
    evaluator = Evaluator(session=session, scope=scope, expand=expand, builder=builder, families=(Augmentation, Layer, Function))
    for item in ast.items_of(expression):
        name = _field_of(item, plan)
        field = plan.fields[name]
        if name not in builder.inputs:
            scope.names[name] = Binding(builder.input(name, field.type, field.span), field.span)
        result = evaluator.evaluate(item)
        if result is FAILED:
            raise Complaint
        if not isinstance(result, Tensor) or not _same(result.type, field.type):
            raise Complaint(changes_the_type(name, field.type, result, item.span, field.span))
        scope.names[name] = Binding(result, item.span)
        builder.outputs[name] = result.ref
    graph = builder.graph()
    _refuse_weights(graph)
    return graph


def _same(one: TensorType, other: TensorType) -> bool:
    return (one.dtype, one.shape, one.below) == (other.dtype, other.shape, other.below)


def _field_of(item: ast.Expression, plan: DataPlan) -> str:
    """The field that an item begins with."""
    first = item.steps[0] if isinstance(item, ast.Arrow) else None
    if not isinstance(first, ast.Name) or first.text not in plan.fields:
        raise Complaint(no_field_to_augment(first.text if isinstance(first, ast.Name) else None, item.span, list(plan.fields)))
    return first.text


def _refuse_weights(graph: Graph) -> None:
    for owner, node in graph.owners():
        if owner.component.weights(*graph.operand_types(node)):
            raise Complaint(learns(type(owner.component).called(), node.span))


@error("NN607")
def no_field_to_augment(name: str | None, span: Span, fields: list[str]) -> Diagnostic:
    """`augment` is a list of fields, each through what varies it.

        augment = [RandomFlip(horizontal)]

    Mended:

        augment = [image -> RandomFlip(horizontal)]
    """
    message = f"the data has no field `{name}`" if name else "this does not begin with a field"
    return Diagnostic(span, message, (), did_you_mean(name or "", fields) or f"begin with one: {listed(fields)}")


@error("NN608")
def changes_the_type(name: str, type: TensorType, result: object, span: Span, field: Span) -> Diagnostic:
    """What varies an example leaves its shape and its type as they are: examples that are not varied meet the same network.

        augment = [image -> RandomCrop(24, 24)]       # image: float[28, 28, 1]

    Mended, by padding first:

        augment = [image -> ZeroPadding2D(2) -> RandomCrop(28, 28)]
    """
    found = str(result.type) if isinstance(result, Tensor) else "no tensor"
    return Diagnostic(span, f"`{name}` is {type}, and augmented it would be {found}", (Note("this is the field", field),), f"let it end as {type}")


@error("NN609")
def learns(name: str, span: Span) -> Diagnostic:
    """A layer with weights cannot stand in `augment`: nothing is learnt there."""
    return Diagnostic(span, f"{name} has weights, and nothing is learnt in `augment`", (), "put it into the network")
