"""Whether a graph is the network that a model describes: the same calls, joined in the same way, from the outputs to the inputs.

Names do not count, and neither does the order in which calls are listed: what a folded file calls its layers is found here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from nndsl.catalogue.applicable import Constant, Input, Layer
from nndsl.catalogue.component import Component
from nndsl.graph import Graph, Node, Owner
from nndsl.importing.body import Block, Body, Operand, Step
from nndsl.importing.wording import collapsed


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a model, with the models in it written out.

    Attributes:
        component: what is applied, or the number of a constant; None of an input.
        place: where its weights are in the file; the same for calls that share them.
    """

    component: Component | float | None
    operands: tuple["Result", ...]
    place: str


Result: TypeAlias = tuple[Call, int]


@dataclass(frozen=True)
class Flat:
    """All calls that a model makes, from its inputs to its outputs."""

    inputs: Sequence[Call]
    outputs: Sequence[Result]
    calls: int


def flattened(network: Body) -> Flat:
    """The calls of a network, before anything in it is folded."""
    inputs = [Call(None, (), "") for _ in network.inputs]
    count = [0]
    outputs = _run(network, [(one, 0) for one in inputs], "", count)
    return Flat(inputs, outputs, count[0] + len(inputs))


def _run(body: Body, given: Sequence[Result], inside: str, count: list[int]) -> list[Result]:
    known: dict[Operand, Result] = {Operand(step): result for step, result in zip(body.inputs.values(), given, strict=True)}
    for step in body.steps:
        operands = tuple(_operand(step, place, known) for place in range(len(step.operands)))
        if isinstance(step.kind, Block):
            results = _run(step.kind.body, operands, f"{inside}{step.place}/", count)
        else:
            assert step.kind is not None
            fields = {name: value for name, value in step.values.items() if not isinstance(name, int)}
            call = Call(step.kind(**fields), operands, inside + step.place)
            count[0] += 1
            results = [(call, output) for output in range(len(step.types))]
        known.update((Operand(step, output), result) for output, result in enumerate(results))
    return [known[one] for one in body.outputs.values()]


def _operand(step: Step, place: int, known: Mapping[Operand, Result]) -> Result:
    operand = step.operands[place]
    return (Call(float(step.values[place]), (), ""), 0) if operand is None else known[operand]


@dataclass
class Match:
    """What was found to be the same: for each call of the graph that owns weights, that of the model.

    Attributes:
        difference: what is not the same, as words; None if nothing is.
    """

    owners: dict[Owner, Call]
    difference: str | None = None


def matched(flat: Flat, graph: Graph) -> Match:
    """Compare the calls of a model with those of a graph."""
    found = Match({})
    if len(graph.inputs) != len(flat.inputs) or len(graph.outputs) != len(flat.outputs):
        return Match({}, "it has other inputs or outputs")
    pairs: dict[int, int] = {node.id: id(call) for node, call in zip(graph.inputs.values(), flat.inputs, strict=True)}
    owners: dict[str, Owner] = {}
    waiting = list(zip(graph.outputs.values(), flat.outputs, strict=True))
    while waiting and found.difference is None:
        ref, (call, output) = waiting.pop()
        node = graph[ref]
        known = pairs.get(node.id)
        if ref.output != output or (known is not None and known != id(call)):
            found.difference = f"`{node.name}` stands where the model has another tensor"
        elif known is None:
            pairs[node.id] = id(call)
            found.difference = _difference(node, call) or _owners_differ(node, call, owners, found)
            waiting += zip(node.operands, call.operands, strict=True) if found.difference is None else ()
    numbers = sum(isinstance(one.component, Constant) for one in graph.nodes)
    if found.difference is None and len(graph.nodes) - numbers != flat.calls:
        found.difference = f"it has {len(graph.nodes) - numbers} calls, and the model has {flat.calls}"
    return found


def _difference(node: Node, call: Call) -> str | None:
    """In what a call of the graph differs from one of the model, as words."""
    mine, theirs = node.component, call.component
    if isinstance(mine, Constant) or isinstance(theirs, float):
        alike = isinstance(mine, Constant) and isinstance(theirs, float) and float(mine.value) == theirs
        return None if alike else f"`{node.name}` is another number"
    if isinstance(mine, Input) or theirs is None or len(node.operands) != len(call.operands):
        return f"`{node.name}` takes other tensors"
    if type(mine) is not type(theirs):
        return f"`{node.name}` is {type(mine).called()}, and not {type(theirs).called()}"
    differing = [name for name, value in _arguments(mine).items() if value != _arguments(theirs)[name]]
    return f"`{node.name}` has another {differing[0]}" if differing else None


def _arguments(component: Component) -> dict[str, Any]:
    return {name: _comparable(collapsed(name, value)) for name, value in component.__dict__.items() if name != "name"}


def _comparable(value: Any) -> Any:
    """A value that is equal only to what is written alike."""
    if isinstance(value, Component):
        return type(value), tuple(_arguments(value).items())
    if isinstance(value, tuple):
        return tuple(map(_comparable, value))
    return type(value) is bool, value


def _owners_differ(node: Node, call: Call, owners: dict[str, Owner], found: Match) -> str | None:
    """Note whose weights two calls use, unless one shares them and the other does not."""
    if node.owner is None or not isinstance(node.component, Layer):
        return None
    before = owners.setdefault(call.place, node.owner)
    same = before is node.owner and found.owners.setdefault(node.owner, call).place == call.place
    return None if same else f"`{node.name}` shares its weights with other calls"


