"""Networks that stand alone: their inputs come from outside, their outputs are what they are for."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from nndsl.diagnostics import Diagnostic, Note, error, warning
from nndsl.elaboration.applying import Replay
from nndsl.elaboration.bodies import Body, bind_parameters
from nndsl.elaboration.builder import Builder, Complaint
from nndsl.elaboration.checks import prove_checks
from nndsl.elaboration.cropping import refuse_cropping
from nndsl.elaboration.filling import refuse_unknown_statistics
from nndsl.elaboration.padding import report_padding
from nndsl.elaboration.session import OutOfBudget, Session
from nndsl.elaboration.shapes import open_sizes
from nndsl.elaboration.values import Scope, Tensor
from nndsl.graph import Graph, Node, Owner, needed_for
from nndsl.program import Network
from nndsl.repairs import Repair
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import Size, TensorType


def elaborate_network(
    session: Session, definition: ast.Definition, outer: Scope, arguments: Mapping[str, Any], *,
    sizes: Mapping[str, Size] | None = None, given: Mapping[str, TensorType] | None = None, owners: list[Owner] | None = None,
) -> Network | None:
    """A network with its arguments, and with those sizes of its inputs that are known; None if something is wrong with it.

    Args:
        sizes: sizes by the names that inputs are stated with.
        given: the types of what goes into its inputs, by the names of these: they tell the sizes, too.
        owners: weights that it has already, in order; otherwise it gets new ones.
    """
    builder = Builder()
    body = Body(
        definition, session=session, scope=Scope(outer=outer), builder=builder, owners=None if owners is None else Replay(owners, None)
    )
    body.sizes = dict(sizes or {})
    session.enter(definition)
    try:
        parameters = _parameters(body, arguments)
        inputs = [one.target.name for one in definition.body if isinstance(one, ast.Input)]
        body.sizes |= body.told_by([(given or {}).get(name) for name in inputs])
        body.run(definition.body)
        outputs = _outputs(body)
        builder.outputs.update({name: tensor.ref for name, tensor in outputs.items()})
        body.fill()
        refuse_unknown_statistics(body)
        prove_checks(body)
    except OutOfBudget:
        raise
    except Complaint as complaint:
        complaint.report_to(session.report)
        return None
    finally:
        session.expanding.pop()
    graph = _labelled(builder.graph())
    if not session.report.errors:
        needed = needed_for(graph.nodes, graph.outputs.values())
        _report_unreached(session, graph, needed)
        report_padding(graph, needed, session.report)
        refuse_cropping(graph, session.report)
    sizes_left = open_sizes([node.type for node in graph.inputs.values()])
    return Network(definition.name, definition.documentation, graph, definition.head, parameters, sizes_left, dict(body.sizes))


def read_alone(session: Session, definition: ast.Definition, outer: Scope) -> None:
    """Look for mistakes in a block or network that nothing was made of. What only its caller can tell is left open."""
    body = Body(definition, session=session, scope=Scope(outer=outer), builder=Builder())
    body.operands = () if definition.kind == "block" else None
    session.enter(definition)
    try:
        bind_parameters(body, {})
        body.run(definition.body)
    finally:
        session.expanding.pop()


def default_arguments(session: Session, definition: ast.Definition, outer: Scope) -> dict[str, Any]:
    """What the parameters of a network are by themselves."""
    return _parameters(Body(definition, session=session, scope=Scope(outer=outer)), {})


def _parameters(body: Body, arguments: Mapping[str, Any]) -> dict[str, Any]:
    bind_parameters(body, dict(arguments))
    return {one.name: body.peek(one.name) for one in body.definition.parameters or ()}


def _outputs(body: Body) -> dict[str, Tensor]:
    """The outputs by name; a network without `output` has the value of its last expression, called `output`."""
    definition = body.definition
    if not body.inputs:
        raise Complaint(no_input(definition))
    if not body.outputs:
        results = body.results(definition.head)
        return {"output" if len(results) == 1 else f"output_{index}": one for index, one in enumerate(results)}
    outputs = {name: tensor for name, (tensor, _) in body.outputs.items() if tensor is not None}
    if len(outputs) < len(body.outputs):
        raise Complaint
    body.refuse_unused_result()
    return outputs


def _labelled(graph: Graph) -> Graph:
    """The graph with the names of its outputs on the nodes that make them."""
    labels = {ref.node: name for name, ref in graph.outputs.items()}
    nodes = tuple(replace(node, label=labels[node.id]) if node.id in labels else node for node in graph.nodes)
    return replace(graph, nodes=nodes, inputs={name: nodes[node.id] for name, node in graph.inputs.items()})


def _report_unreached(session: Session, graph: Graph, needed: Collection[int]) -> None:
    """Report the layers that no output depends on; of those that follow each other, the last."""
    followed: set[int] = set()
    for node in reversed(graph.nodes):
        if node.id in needed:
            continue
        if node.owner is not None and node.id not in followed:
            session.report.add(unreached(node))
        if node.owner is not None or node.id in followed:
            followed.update(ref.node for ref in node.operands)


@error("NN407")
def no_input(definition: ast.Definition) -> Diagnostic:
    """A network that stands alone has inputs, and states their types.

        network Net {
          Dense(10)
        }

    Mended:

        network Net {
          input x: float[64]
          output y = x -> Dense(10)
        }
    """
    repair = "write `input x: float[...]`, or make it a `block` if it is a part of networks"
    return Diagnostic(definition.head, f"the network `{definition.name}` has no input", (), repair)


@warning("NN408")
def unreached(node: Node) -> Diagnostic:
    """No output depends on this layer, so it would be neither computed nor trained. It is left out.

        h = image -> Conv2D(32, 3)
        output y = image -> Flatten -> Dense(10)      # h was meant

    Mended:

        output y = h -> Flatten -> Dense(10)
    """
    notes = (Note(f"in this use of `{node.scope[-1].name}`", node.scope[-1].span),) if node.scope else ()
    return Diagnostic(node.span, f"{type(node.component).called()} does not reach an output", notes, "use its result, or delete it")


@warning("NN401")
def unused(name: str, span: Span, imported: ast.Import | None = None) -> Diagnostic:
    """A name is bound and never used: it is left over, or something else was meant to be used.

        side = image -> Conv2D(32, 1)
        output y = image -> Conv2D(32, 3)

    Mended:

        output y = side + (image -> Conv2D(32, 3, padding=same))

    A name that starts with `_` is not expected to be used.
    """
    return Diagnostic(span, f"`{name}` is never used", (), "use it, or delete it" if imported is None else _without(span, imported))


def _without(name: Span, statement: ast.Import) -> Repair:
    """To delete one of the names of an import, or all of it."""
    spans = [one.span for one in statement.names]
    place, source = spans.index(name), name.source
    if len(spans) == 1:
        gone = Span(source, statement.span.start, source.end_of_line(statement.span.end))
    elif place == 0:
        gone = Span(source, name.start, spans[1].start)
    else:
        gone = Span(source, spans[place - 1].end, name.end)
    return Repair("use it, or delete it", "", gone)


