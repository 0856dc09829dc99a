"""How the networks of `specs` are laid out, in every detail: as clearly as can be, and more so than by other engines."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest

from benchmarks.peers import DETAILS, FOUND, flat, networks
from nndsl.diagram.draw import draw
from nndsl.diagram.figure import Detail, Frame, Item
from nndsl.diagram.pieces import Seat
from nndsl.diagram.scene import Line, Scene, Text
from tests.drawn import Box, Drawn, check_boxes, check_complete, check_wires, crossings, overlap, runs_through

NETWORKS = networks()
PEERS = json.loads(FOUND.read_text(encoding="utf-8"))
PICTURES = [(name, detail) for name in NETWORKS for detail in DETAILS]
drawn_as = pytest.mark.parametrize(("name", "detail"), PICTURES, ids=[f"{name} {detail}" for name, detail in PICTURES])


@cache
def drawn(name: str, detail: Detail) -> Drawn:
    return Drawn(NETWORKS[name], detail)


def test_there_are_at_least_thirty_architectures() -> None:
    assert len(NETWORKS) >= 30


@drawn_as
def test_nothing_lies_on_anything_else_and_everything_is_there(name: str, detail: Detail) -> None:
    check_boxes(drawn(name, detail))
    check_wires(drawn(name, detail))
    check_complete(drawn(name, detail), NETWORKS[name])


@drawn_as
def test_lines_cross_no_more_than_where_the_better_of_two_engines_draws_them(name: str, detail: Detail) -> None:
    peers, graph = PEERS[f"{name} {detail}"], flat(drawn(name, detail).figure)
    assert (len(graph.sizes), len(graph.edges)) == (peers["cards"], peers["wires"]), "take the figures again: `python -m benchmarks.peers`"
    assert crossings(drawn(name, detail)) <= min(peers["graphlay"], peers["dagre"])


# Texts -------------------------------------------------------------------------------------------


def _text_box(text: Text) -> Box:
    left = text.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor] * text.width
    return left, text.y - 0.72 * text.size, left + text.width, text.y + 0.2 * text.size


class Words(NamedTuple):
    """A text of a picture, and which group it belongs to."""

    group: int
    text: Text
    box: Box


def _words(scene: Scene) -> list[Words]:
    return [
        Words(number, shape, _text_box(shape))
        for number, group in enumerate(scene.groups) for shape in group.shapes if isinstance(shape, Text) and shape.text
    ]  # fmt: skip


@drawn_as
def test_no_text_lies_on_another_or_under_a_foreign_card_or_line(name: str, detail: Detail) -> None:
    check_texts(draw(drawn(name, detail).figure))


@pytest.mark.parametrize("name", [*NETWORKS][::3])
def test_texts_have_room_where_tensors_flow_to_the_right(name: str) -> None:
    check_texts(draw(drawn(name, "blocks").figure, "right"))


def check_texts(scene: Scene) -> None:
    words = _words(scene)
    for one, other in combinations(words, 2):
        assert not overlap(one.box, other.box), (one.text.text, other.text.text)
    lines = [shape.points for group in scene.groups if not group.title for shape in group.shapes if isinstance(shape, Line)]
    for word in words:
        for points in lines:
            assert not any(runs_through(start, end, word.box) for start, end in pairwise(points)), word.text.text


# Chains and blocks -------------------------------------------------------------------------------


@drawn_as
def test_a_straight_chain_is_straight(name: str, detail: Detail) -> None:
    """A wire that is alone where it starts and where it ends is one upright line, but for those that lead to the next column."""
    wires = [(wire, points) for wire, points in drawn(name, detail).layout.wires if wire.source and wire.target]
    leaving, arriving = Counter(wire.source for wire, _ in wires), Counter(wire.target for wire, _ in wires)
    for wire, points in wires:
        turns = any(one[1] > other[1] for one, other in pairwise(points))
        if leaving[wire.source] == arriving[wire.target] == 1 and not turns:
            assert len(points) == 2 and abs(points[0][0] - points[1][0]) < 0.01, points


@drawn_as
def test_equal_blocks_are_drawn_equally(name: str, detail: Detail) -> None:
    """Blocks of the same calls on the same shapes, joined in the same way, have everything in the same places."""
    one = drawn(name, detail)
    pictures: dict[object, list[list[float]]] = defaultdict(list)
    for seat in one.layout.seats:
        item = one.layout.items.get(seat.vertex)
        if isinstance(item, Frame):
            parts = set(_parts(item))
            pictures[_what_it_is(item)].append([side for part, box in one.boxes.items() if part in parts for side in _relative(box, seat)])
    for first, *others in pictures.values():
        assert all(other == pytest.approx(first, abs=0.1) for other in others)


def _what_it_is(frame: Frame) -> object:
    """A frame but for its place in the graph."""
    numbers = {node.id: index for index, node in enumerate(frame.nodes)}
    operands = tuple(tuple((numbers.get(ref.node), ref.output) for ref in node.operands) for node in frame.nodes)
    crossing = tuple((numbers.get(ref.node), ref.output) for ref in frame.exits)
    return frame.name, frame.params, frame.times, frame.shared, tuple((node.component, node.types) for node in frame.nodes), operands, crossing


def _parts(frame: Frame) -> Iterator[Item]:
    for item in frame.members:
        yield item
        if isinstance(item, Frame):
            yield from _parts(item)


def _relative(box: Box, seat: Seat) -> Box:
    return box[0] - seat.x, box[1] - seat.y, box[2] - seat.x, box[3] - seat.y
