"""How far an output can see: the receptive field, along the first axis of the input."""

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from nndsl.catalogue.applicable import Constant, Input
from nndsl.diagnostics import InternalError
from nndsl.graph import Graph, Node
from nndsl.types import Size

if TYPE_CHECKING:
    from fractions import Fraction


class NotLocal(Exception):
    """An output sees the whole input, however long it is; carries the reason as a sentence."""


class Reach(NamedTuple):
    """What one position of a tensor sees of the input: how many positions, and how far apart its neighbours look."""

    positions: "Fraction"
    jump: "Fraction"


def receptive_field(graph: Graph) -> int:
    """How many positions of the input, along its first axis, one position of an output can see; the largest over outputs.

    As in Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.

    Raises:
        NotLocal: an output depends on all positions, or on none.
    """
    reaches: dict[int, Reach | None] = {}
    for node in graph.nodes:
        reaches[node.id] = _reach(graph, node, [reaches[ref.node] for ref in node.operands])
    return max(_of_output(graph, graph[ref], reaches) for ref in graph.outputs.values())


def _of_output(graph: Graph, node: Node, reaches: dict[int, Reach | None]) -> int:
    reach = reaches[node.id]
    if reach is not None:
        return int(reach.positions)
    before: Node | None = node
    while before is not None:
        node = before
        before = next((graph[ref] for ref in node.operands if reaches[ref.node] is None), None)
    raise NotLocal(f"{type(node.component).called()} sees the whole input, so there is no receptive field to count")


def _reach(graph: Graph, node: Node, operands: list[Reach | None]) -> Reach | None:
    from fractions import Fraction  # with all that it imports, it costs a check several milliseconds

    if isinstance(node.component, Input):
        return Reach(Fraction(1), Fraction(1))
    if isinstance(node.component, Constant):
        return Reach(Fraction(0), Fraction(1))
    windows = node.component.windows(*graph.operand_types(node))
    seen = [one for one in operands if one is not None]
    if windows is None or len(seen) < len(operands):
        return None
    if not seen:
        raise InternalError(f"{node.name} has no operands")
    positions, jump = max(one.positions for one in seen), max(one.jump for one in seen)
    if not windows:
        return Reach(positions, jump)
    window = windows[0]
    further = ceil(Fraction(_known(window.extent) - 1, _known(window.spread)))
    return Reach(positions + further * jump, jump * _known(window.stride) / _known(window.spread))


def _known(size: Size) -> int:
    if not isinstance(size, int):
        raise NotLocal(f"the window {size} is not a known number, so there is no receptive field to count")
    return size
