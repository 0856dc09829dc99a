"""`check` lines: what must be true of a network, proved when it is compiled."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nndsl import costs
from nndsl.diagnostics import Diagnostic, Note, error
from nndsl.elaboration.arithmetic import COMPARISONS
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.mistakes import later
from nndsl.elaboration.session import OutOfBudget
from nndsl.elaboration.values import FAILED, Binding, Scope, describe_value
from nndsl.graph import Graph
from nndsl.receptive_field import NotLocal, receptive_field
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import Size

if TYPE_CHECKING:
    from nndsl.elaboration.bodies import Body

QUANTITIES: dict[str, Callable[[Graph], Size]] = {
    "params": costs.params,
    "trainable": costs.trainable,
    "flops": costs.flops,
    "receptive_field": receptive_field,
}
STEPS_A_NODE = 10
"""How much of the budget of expansion it takes to measure a graph, for each of its nodes."""


def prove_checks(body: "Body") -> None:
    """Evaluate the `check` lines of a body, with the quantities of its graph as names; report those that are not true.

    Where there are mistakes, a graph is not what it will be once they are mended, and its sizes say nothing.
    """
    if not body.checks or body.session.report.errors:
        return
    scope, body.scope = body.scope, Scope(outer=body.scope)
    try:
        for statement in body.checks:
            _prove(body, statement)
    finally:
        body.scope = scope


def _prove(body: "Body", statement: ast.Check) -> None:
    try:
        _define_quantities(body, statement)
        if statement.when is not None and not _condition(body, statement.when):
            return
        if not _condition(body, statement.condition):
            raise Complaint(check_failed(statement, _sides(body, statement.condition)))
    except OutOfBudget:
        raise
    except Complaint as complaint:
        complaint.report_to(body.session.report)


def _condition(body: "Body", expression: ast.Expression) -> bool:
    value = body.evaluate(expression)
    if value is FAILED:
        raise Complaint
    return body.truth(value, expression.span)


def _define_quantities(body: "Body", statement: ast.Check) -> None:
    """Bind those quantities that the line mentions: each costs a walk over the graph."""
    mentioned = [name for name in QUANTITIES if name in statement.span.text and body.scope.find(name) is None]
    for name in mentioned:
        body.scope.names[name] = Binding(_quantity(body, name, statement.span), statement.span)


def _quantity(body: "Body", name: str, span: Span) -> Any:
    """A quantity of the graph; in an expansion inside of a network, of what is in it: of weights also those that it shares."""
    assert body.builder is not None
    body.session.count_step(span, STEPS_A_NODE * len(body.builder.nodes))
    measure, graph = QUANTITIES[name], body.builder.graph()
    if body.operands is None:
        try:
            return measure(graph)
        except NotLocal as reason:
            raise Complaint(quantity_unknown(str(reason), span)) from None
    if name == "receptive_field":
        raise Complaint(later(f"`check {name}` in a {body.definition.kind} that is used as a layer", span,
                              "state it in the network that stands alone"))
    if name == "flops":
        return measure(graph) - measure(body.builder.graph(before=body.start))
    users = {node.owner: node for node in graph.nodes[body.start :] if node.owner is not None}
    weights = (one for node in users.values() for one in costs.weights(graph, node))
    return sum((one.size for one in weights if one.trainable or name == "params"), 0)


def _sides(body: "Body", condition: ast.Expression) -> list[str]:
    """What the sides of the comparison that failed are worth, where they do not say so themselves."""
    if not isinstance(condition, ast.Binary) or condition.operator not in COMPARISONS:
        return []
    sides = [(side.span.text, _grouped(body.evaluate(side))) for side in (condition.left, condition.right)]
    return [f"`{written}` is {value}" for written, value in sides if written.replace("_", "") != value.replace("_", "")]


def _grouped(value: Any) -> str:
    """Large numbers as they are written in a file: 272_474."""
    return f"{value:_}" if isinstance(value, int) and not isinstance(value, bool) else describe_value(value)


@error("NN403")
def check_failed(statement: ast.Check, sides: list[str]) -> Diagnostic:
    """A `check` states what must be true of the network, and it is not.

    A published size, written next to the architecture that claims it, tells at once when the two part.

        check trainable == 272_474 when width == 16

    Either the network or the line has to be mended; the message gives what was found.
    """
    return Diagnostic(
        statement.condition.span, f"this check fails: `{statement.condition.span.text}`", tuple(Note(side) for side in sides)
    )


@error("NN406")
def quantity_unknown(message: str, span: Span) -> Diagnostic:
    """A quantity is asked for that this network does not have.

    The receptive field counts how many positions of the input an output position can see. Where every output sees
    the whole input (after `Flatten`, a recurrent layer or attention), there is no such number.
    """
    return Diagnostic(span, message, (), "delete the check, or move it to a network that ends before that layer")


