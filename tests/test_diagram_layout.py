"""Layouts of known and of arbitrary networks: nothing lies on anything else, and everything is there."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nndsl.diagram.figure import Card, Detail, Frame, Item, figure
from nndsl.diagram.layout import HEADER, Layout, lay_out
from nndsl.diagram.pieces import Point, Seat, Vertex
from nndsl.program import Network
from tests.networks import KNOWN, chain, networks, resnet

SLACK = 0.6
"""Boxes and lines that touch do not overlap; places are exact to less than a pixel."""
DETAILS: tuple[Detail, ...] = ("full", "blocks", "overview")


class Drawn:
    """A layout with its boxes, to ask questions of."""

    def __init__(self, network: Network, detail: Detail = "blocks"):
        self.figure = figure(network, detail)
        self.layout: Layout = lay_out(self.figure)
        self.boxes = {self.layout.items[seat.vertex]: _box(seat) for seat in self.layout.seats if seat.vertex in self.layout.items}
        self.inside = dict(_parents(self.figure.members, None))

    def parent_of(self, vertex: Vertex) -> Frame | None:
        return self.inside[self.layout.items[vertex]]


Box = tuple[float, float, float, float]


def _box(seat: Seat) -> Box:
    return seat.x - seat.vertex.left, seat.y, seat.x + seat.vertex.right, seat.y + seat.vertex.height


def _parents(members: tuple[Item, ...], parent: Frame | None) -> Iterator[tuple[Item, Frame | None]]:
    for item in members:
        yield item, parent
        if isinstance(item, Frame):
            yield from _parents(item.members, item)


def _overlap(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] - SLACK and other[0] < one[2] - SLACK and one[1] < other[3] - SLACK and other[1] < one[3] - SLACK
    )


def _crosses(start: Point, end: Point, box: Box) -> bool:
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
            assert not _overlap(drawn.boxes[one], drawn.boxes[other])
    for item, box in drawn.boxes.items():
        parent = drawn.inside[item]
        if parent is not None:
            around = drawn.boxes[parent]
            assert around[0] < box[0] and box[2] < around[2] and around[1] + HEADER <= box[1] + SLACK and box[3] < around[3]


def check_wires(drawn: Drawn) -> None:
    """Wires run inside the block they belong to, start and end where they should, and go through no box."""
    items = drawn.layout.items
    for wire, points in drawn.layout.wires:
        ends = [vertex for vertex in (wire.source, wire.target) if vertex in items]
        homes = {drawn.parent_of(vertex) for vertex in ends if vertex is not None}
        assert len(homes) <= 1
        for item, box in drawn.boxes.items():
            if homes and drawn.inside[item] is next(iter(homes)):
                assert not any(_crosses(start, end, box) for start, end in pairwise(points)), (wire, item)
        if wire.target in items:
            assert _touches(points[-1], drawn.boxes[items[wire.target]])
        if wire.source in items:
            box = drawn.boxes[items[wire.source]]
            assert abs(points[0][1] - box[3]) < SLACK and box[0] - SLACK <= points[0][0] <= box[2] + SLACK


def _touches(point: Point, box: Box) -> bool:
    on_top = abs(point[1] - box[1]) < SLACK and box[0] - SLACK <= point[0] <= box[2] + SLACK
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


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("name", KNOWN)
def test_known_networks_are_drawn_without_overlaps(name: str, detail: Detail) -> None:
    drawn = Drawn(KNOWN[name], detail)
    check_boxes(drawn)
    check_wires(drawn)
    check_complete(drawn, KNOWN[name])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), st.sampled_from(DETAILS))
def test_any_network_is_drawn_without_overlaps(network: Network, detail: Detail) -> None:
    drawn = Drawn(network, detail)
    check_boxes(drawn)
    check_wires(drawn)
    check_complete(drawn, network)


def _crossings(drawn: Drawn) -> int:
    """How many times wires of different tensors cross."""
    stretches = [
        (wire.source, wire.outlet, wire.target, start, end)
        for wire, points in drawn.layout.wires
        for start, end in pairwise(points)
    ]
    upright = [one for one in stretches if one[3][0] == one[4][0]]
    level = [one for one in stretches if one[3][1] == one[4][1]]
    return sum(
        one[:2] != other[:2]
        and one[2] is not other[2]
        and min(other[3][0], other[4][0]) + SLACK < one[3][0] < max(other[3][0], other[4][0]) - SLACK
        and min(one[3][1], one[4][1]) + SLACK < other[3][1] < max(one[3][1], one[4][1]) - SLACK
        for one in upright
        for other in level
    )


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in ("cells", "several outputs of a node")])
def test_series_parallel_networks_are_drawn_without_crossings(name: str) -> None:
    assert _crossings(Drawn(KNOWN[name])) <= (2 if "blocks" in name and "encoder" in name else 0)


def test_a_chain_is_straight() -> None:
    drawn = Drawn(chain(8))
    assert len({seat.x for seat in drawn.layout.seats}) == 1


def test_equal_blocks_are_drawn_equally() -> None:
    drawn = Drawn(resnet(), "full")
    sizes: dict[tuple[str, object], set[tuple[float, float]]] = {}
    for item, box in drawn.boxes.items():
        if isinstance(item, Frame):
            sizes.setdefault((item.name, item.params), set()).add((round(box[2] - box[0], 3), round(box[3] - box[1], 3)))
    assert len(sizes) == 5 and all(len(found) == 1 for found in sizes.values())


def test_a_long_network_is_wrapped_into_columns() -> None:
    layout = lay_out(figure(chain(120), "full"))
    assert layout.height < 3 * (layout.left + layout.right)
