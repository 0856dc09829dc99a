"""What is said of a card or block when someone asks: its calls, shapes, costs, and the lines that it was written on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from nndsl import costs
from nndsl.diagram.draw import call
from nndsl.diagram.figure import Card, Frame, Item
from nndsl.graph import Node, Ref
from nndsl.program import Network
from nndsl.source import Source, Span
from nndsl.types import Size

Lines: TypeAlias = tuple[int, int, int]
"""A source, by its number, and the first and the last of some lines of it."""


class Details:
    """What there is to say of the items of a network.

    Attributes:
        sources: the files that its calls were written in, that of the network first.
    """

    def __init__(self, network: Network) -> None:
        self.graph = network.graph
        self.sources: dict[Source, int] = {network.span.source: 0}

    def of(self, item: Item) -> Mapping[str, Any]:
        """What is said of an item: of one of its repetitions, where it stands for several."""
        nodes = item.nodes[: len(item.nodes) // item.times]
        own, calls = self._places(item, nodes)
        return {
            "title": item.title if isinstance(item, Card) else item.name,
            "told": item.arguments if isinstance(item, Card) else f"{len(nodes)} layers",
            "rows": [[name, value] for name, value in self._rows(item, nodes) if value],
            "calls": [call(node) for node in nodes] if isinstance(item, Card) else [],
            "lines": sorted({self._lines(span) for span in own}),
            "through": sorted({self._lines(span) for span in calls}),
        }

    def _rows(self, item: Item, nodes: Sequence[Node]) -> Iterator[tuple[str, str]]:
        if not nodes:
            yield "output", str(self.graph.type_of(item.inputs[0]))
            return
        each = " each" if item.times > 1 else ""
        yield "name", nodes[0].name if isinstance(item, Card) else ""
        yield "input", self._types(item.inputs)
        yield "output", self._types(item.outputs)
        yield "params", _count(item.params) + (" shared" if item.shared else each) if item.params != 0 else ""
        flops = sum((costs.node_flops(self.graph, node) for node in nodes), 0)
        yield "FLOPs", _count(flops) + each if flops != 0 else ""
        yield "repeated", f"×{item.times}, equal in every setting" if item.times > 1 else ""

    def _types(self, refs: Iterable[Ref]) -> str:
        return ", ".join(str(self.graph.type_of(ref)) for ref in refs)

    def _places(self, item: Item, nodes: Sequence[Node]) -> tuple[list[Span], list[Span]]:
        """Where an item is written, and where the blocks are called that it came from."""
        around = [span for node in nodes for span in (frame.span for frame in node.scope)]
        if not isinstance(item, Frame):
            return [node.span for node in nodes], around
        shared = [frame for frame in nodes[0].scope if all(frame in node.scope for node in nodes)]
        own = [shared[-1].span] if shared else []
        return own, [frame.span for frame in shared[:-1]]

    def _lines(self, span: Span) -> Lines:
        number = self.sources.setdefault(span.source, len(self.sources))
        return number, span.line, span.source.line_of(max(span.start, span.end - 1))


def _count(count: Size) -> str:
    return f"{count:,}" if isinstance(count, int) else str(count)
