"""What the tensors of a network know of a sequence that goes in: at each place what came before, or also what comes after.

A network that writes token by token may only know what came before; one whose target is the next token must not see it.
"""

from enum import Enum, auto

from nndsl.catalogue.applicable import Constant
from nndsl.catalogue.sight import Sight
from nndsl.frozen import Frozen
from nndsl.graph import Graph, Node, Ref


class Knowledge(Enum):
    """What a tensor knows of a sequence."""

    NOTHING = auto()
    """It does not depend on it."""
    PAST = auto()
    """Each place knows the same place of the sequence and those before it, and no other."""
    BEYOND = auto()
    """Some place knows the next one, certainly."""
    UNKNOWN = auto()


class Known(Frozen):
    """What a tensor knows, and, if it is more than the past, the node that let it in."""

    knowledge: Knowledge
    by: int | None = None


_IGNORANT = Known(Knowledge.NOTHING)
_ADDITIVE = ("Add", "Subtract", "Average", "Concatenate")
"""Functions and layers of several tensors in whose result each of them is seen, whatever the others are."""
_CHOOSING = ("Multiply", "Minimum", "Maximum")
"""Layers that do not say that."""


def foresight(graph: Graph, sequence: str) -> dict[Ref, Known]:
    """For each tensor of a graph, what it knows of one of its inputs, whose first axis is the sequence."""
    found: dict[Ref, Known] = {}
    for node in graph.nodes:
        for result in range(len(node.types)):
            ref = Ref(node.id, result)
            found[ref] = Known(Knowledge.PAST) if node is graph.inputs[sequence] else _known(graph, node, result, found)
    return found


def _known(graph: Graph, node: Node, result: int, found: dict[Ref, Known]) -> Known:
    before = [found[ref] for ref in node.operands]
    if all(one.knowledge is Knowledge.NOTHING for one in before):
        return _IGNORANT
    sights = node.component.sight(result, *graph.operand_types(node))
    known = [_through(sight, one, node) for sight, one in zip(sights, before, strict=True)]
    for knowledge in (Knowledge.UNKNOWN, Knowledge.BEYOND, Knowledge.PAST):
        one = next((one for one in known if one.knowledge is knowledge), None)
        if one is not None:
            return Known(Knowledge.UNKNOWN) if knowledge is Knowledge.BEYOND and _may_hide(graph, node, known) else one
    return _IGNORANT


def _through(sight: Sight, known: Known, node: Node) -> Known:
    """What is known of an operand in a result that sees it so."""
    if known.knowledge in (Knowledge.NOTHING, Knowledge.UNKNOWN):
        return known if sight is not Sight.NOTHING else _IGNORANT
    match sight:
        case Sight.NOTHING:
            return _IGNORANT
        case Sight.UNKNOWN:
            return Known(Knowledge.UNKNOWN)
        case Sight.BEYOND if known.knowledge is Knowledge.PAST:
            return Known(Knowledge.BEYOND, node.id)
    return known


def _may_hide(graph: Graph, node: Node, known: list[Known]) -> bool:
    """Whether an operand could be a mask, written by hand, that hides in the result what another operand knows."""
    name = type(node.component).__name__
    masks = [one for one, ref in zip(known, node.operands, strict=True)
             if one.knowledge is Knowledge.NOTHING and not isinstance(graph[ref].component, Constant)]
    hides = name in _CHOOSING or (node.owner is None and name not in _ADDITIVE)
    return bool(masks) and hides
