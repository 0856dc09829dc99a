"""Questions to ask of a layout: does anything lie on anything else, and is everything there?"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import combinations, pairwise
from unittest.mock import patch

from benchmarks.peers import Line
from benchmarks.peers import crossings as count_crossings
from nndsl.diagram.figure import Card, Detail, Figure, Frame, Item, figure
from nndsl.diagram.layout import HEADER, PAGES, Direction, Layout, lay_out
from nndsl.diagram.pieces import Point, Seat, Vertex
from nndsl.program import Network

SLACK = 0.6
"""Boxes and lines that touch do not overlap; places are exact to less than a pixel."""


def on_small_pages() -> AbstractContextManager[object]:
    """Pages on which few cards fill a column: most networks are in several columns, or have the form of a U if they can."""
    return patch.dict(PAGES, {direction: page._replace(tall=180.0) for direction, page in PAGES.items()})


class Drawn:
    """A layout with its boxes, to ask questions of; all as if it flowed down."""

    def __init__(self, of: Network | Figure, detail: Detail = "blocks", direction: Direction = "down"):
        self.figure = of if isinstance(of, Figure) else figure(of, detail)
        self.layout: Layout = lay_out(self.figure, direction)
        self.boxes = {self.layout.items[seat.vertex]: box_of(seat) for seat in self.layout.seats if seat.vertex in self.layout.items}
        self.rising = {self.layout.items[seat.vertex] for seat in self.layout.seats if seat.vertex in self.layout.items and seat.rising}
        self.inside = dict(_parents(self.figure.members, None))

    def met(self, item: Item) -> "tuple[Box, float, float]":
        """The box of an item, and at which height wires enter and leave it: at its bottom and top, where they lead up."""
        box = self.boxes[item]
        return (box, box[3], box[1]) if item in self.rising else (box, box[1], box[3])

    def parent_of(self, vertex: Vertex) -> Frame | None:
        return self.inside[self.layout.items[vertex]]


Box = tuple[float, float, float, float]


def box_of(seat: Seat) -> Box:
    return seat.x - seat.vertex.left, seat.y, seat.x + seat.vertex.right, seat.y + seat.vertex.height


def _parents(members: tuple[Item, ...], parent: Frame | None) -> Iterator[tuple[Item, Frame | None]]:
    for item in members:
        yield item, parent
        if isinstance(item, Frame):
            yield from _parents(item.members, item)


def overlap(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] - SLACK and other[0] < one[2] - SLACK and one[1] < other[3] - SLACK and other[1] < one[3] - SLACK
    )


def runs_through(start: Point, end: Point, box: Box) -> bool:
    """Whether a stretch of wire runs through a box; slanted stretches are tested at points along them."""
    if start[0] == end[0] or start[1] == end[1]:
        stretch = min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1])
        return (
            stretch[0] < box[2] - SLACK and stretch[2] > box[0] + SLACK and stretch[1] < box[3] - SLACK and stretch[3] > box[1] + SLACK
        )
    points = ((start[0] + (end[0] - start[0]) * step / 50, start[1] + (end[1] - start[1]) * step / 50) for step in range(51))
    return any(box[0] + SLACK < x < box[2] - SLACK and box[1] + SLACK < y < box[3] - SLACK for x, y in points)


def check_boxes(drawn: Drawn) -> None:
    """Neighbours do not overlap, and a block's members lie inside its frame, below its header."""
    for one, other in combinations(drawn.boxes, 2):
        if drawn.inside[one] is drawn.inside[other]:
            assert not overlap(drawn.boxes[one], drawn.boxes[other])
    for item, box in drawn.boxes.items():
        parent = drawn.inside[item]
        if parent is not None:
            around, header = drawn.boxes[parent], drawn.layout.drawn((0.0, HEADER))
            assert around[0] + header[0] < box[0] + SLACK and box[2] < around[2]
            assert around[1] + header[1] < box[1] + SLACK and box[3] < around[3]


def check_wires(drawn: Drawn) -> None:
    """Wires run inside the block they belong to, start and end where they should, and go through no box."""
    items = drawn.layout.items
    for wire, points in drawn.layout.wires:
        ends = [vertex for vertex in (wire.source, wire.target) if vertex in items]
        homes = {drawn.parent_of(vertex) for vertex in ends if vertex is not None}
        assert len(homes) <= 1
        for item, box in drawn.boxes.items():
            if homes and drawn.inside[item] is next(iter(homes)):
                assert not any(runs_through(start, end, box) for start, end in pairwise(points)), (wire, item)
        if wire.target in items:
            assert _touches(points[-1], *drawn.met(items[wire.target]))
        if wire.source in items:
            box, _, leaves = drawn.met(items[wire.source])
            assert abs(points[0][1] - leaves) < SLACK and box[0] - SLACK <= points[0][0] <= box[2] + SLACK


def _touches(point: Point, box: Box, enters: float, _: float) -> bool:
    on_top = abs(point[1] - enters) < SLACK and box[0] - SLACK <= point[0] <= box[2] + SLACK
    on_side = min(abs(point[0] - box[0]), abs(point[0] - box[2])) < SLACK and box[1] < point[1] < box[3]
    on_circle = box[1] < point[1] < box[3] and box[0] <= point[0] <= box[2]
    return on_top or on_side or on_circle


def check_complete(drawn: Drawn, network: Network) -> None:
    """Every operand of every item is a wire, and every call is on some card."""
    items = drawn.layout.items
    drawn_wires = {wire for wire, _ in drawn.layout.wires}
    for item in drawn.boxes:
        arriving = [wire for wire in drawn_wires if wire.target is not None and items.get(wire.target) is item]
        assert len(arriving) == len(item.inputs)
    shown = {node.id for item in drawn.boxes if isinstance(item, Card) for node in item.nodes}
    folded = {node.id for item in drawn.boxes if isinstance(item, Frame) and item.times > 1 for node in item.nodes}
    hidden = {node.id for node in network.graph.nodes if type(node.component).__name__ == "Constant"}
    assert shown | folded | hidden == {node.id for node in network.graph.nodes}


def lines_of(drawn: Drawn) -> list[Line]:
    return [Line((wire.source, wire.outlet), wire.target, points) for wire, points in drawn.layout.wires]


def crossings(drawn: Drawn) -> int:
    """How many times wires of different tensors cross."""
    return count_crossings(lines_of(drawn))
