"""Where the boxes of a layered layout stand in their rows: lanes straight, neighbours as aligned as can be.

(Brandes, Köpf: Fast and simple horizontal coordinate assignment, 2001, with the sizes and ports of boxes, and
the compaction as longest paths over blocks.) Four layouts, each as far to one corner as it goes, are balanced.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

BESIDE = 26.0
LANE = 16.0


@dataclass(frozen=True, eq=False, slots=True)
class Box:
    """A box in a row: how far it reaches from its axis. A lane is a place that only wires pass."""

    left: float
    right: float
    lane: bool


Rows: TypeAlias = list[list[Box]]
Neighbours: TypeAlias = Mapping[Box, Mapping[Box, float]]
"""For each box, those it is joined to in the row before, and how far right of theirs its axis is if the wire is straight."""


def axes(rows: Rows, upper: Neighbours) -> dict[Box, float]:
    """The x of each box's axis.

    Args:
        rows: the boxes, in order.
        upper: the joins to the row above.
    """
    lower: dict[Box, dict[Box, float]] = defaultdict(dict)
    for box, above in upper.items():
        for one, offset in above.items():
            lower[one][box] = -offset
    crossing = set(_crossing_lanes(rows, upper))
    layouts = []
    for downwards in (True, False):
        ordered, neighbours = (rows, upper) if downwards else (rows[::-1], lower)
        for rightwards in (True, False):
            layouts.append(_one_layout(ordered, neighbours, crossing, 1 if rightwards else -1))
    return _balanced(layouts)


def _one_layout(rows: Rows, neighbours: Neighbours, crossing: set[tuple[Box, Box]], facing: int) -> dict[Box, float]:
    """As far to the left as it goes, or (`facing` -1) to the right."""
    turned = rows if facing == 1 else [row[::-1] for row in rows]
    root, offset = _blocks(turned, neighbours, crossing)
    places = _compacted(turned, root, {box: facing * one for box, one in offset.items()}, facing)
    return {box: facing * x for box, x in places.items()}


def _balanced(layouts: list[dict[Box, float]]) -> dict[Box, float]:
    """The mean of the middle two of four places, after shifting all layouts to the narrowest."""
    spans = [(min(x - box.left for box, x in one.items()), max(x + box.right for box, x in one.items())) for one in layouts]
    low, high = min(spans, key=lambda span: span[1] - span[0])
    shifts = [low - spans[0][0], high - spans[1][1], low - spans[2][0], high - spans[3][1]]
    balanced = {}
    for box in layouts[0]:
        places = sorted(one[box] + shift for one, shift in zip(layouts, shifts, strict=True))
        balanced[box] = (places[1] + places[2]) / 2
    return balanced


def _crossing_lanes(rows: Rows, upper: Neighbours) -> Iterator[tuple[Box, Box]]:
    """Joins that cross a lane: the lane stays straight, they bend."""
    for above, row in pairwise(rows):
        index = {box: place for place, box in enumerate(above)}
        start, scanned = 0, 0
        for place, box in enumerate(row):
            lane = next((one for one in upper[box] if box.lane and one.lane), None)
            if lane is None and place < len(row) - 1:
                continue
            end = index[lane] if lane is not None else len(above) - 1
            for other in row[scanned : place + 1]:
                for one in upper[other]:
                    if not start <= index[one] <= end and not (one.lane and other.lane):
                        yield one, other
            start, scanned = end, place + 1


def _blocks(rows: Rows, neighbours: Neighbours, crossing: set[tuple[Box, Box]]) -> tuple[dict[Box, Box], dict[Box, float]]:
    """For each box, the first of those that it is aligned with, and how far right of it its axis is."""
    root = {box: box for row in rows for box in row}
    offset = dict.fromkeys(root, 0.0)
    aligned: set[Box] = set()
    previous: dict[Box, int] = {}
    for row in rows:
        furthest = -1
        for box in row:
            joined = neighbours.get(box, {})
            near = sorted(joined, key=lambda one: previous[one])
            for one in near[(len(near) - 1) // 2 : len(near) // 2 + 1]:
                free = one not in aligned and root[box] is box and previous[one] > furthest
                if free and (one, box) not in crossing and (box, one) not in crossing:
                    root[box], offset[box] = root[one], offset[one] + joined[one]
                    aligned.add(one)
                    furthest = previous[one]
        previous = {box: place for place, box in enumerate(row)}
    return root, offset


def _compacted(rows: Rows, root: Mapping[Box, Box], offset: Mapping[Box, float], facing: int) -> dict[Box, float]:
    """Blocks pushed to one side as far as they go, then pulled back to their neighbours."""
    after: dict[Box, dict[Box, float]] = defaultdict(dict)
    before: dict[Box, dict[Box, float]] = defaultdict(dict)
    for row in rows:
        for one, other in pairwise(row):
            distance = (_distance(one, other) if facing == 1 else _distance(other, one)) + offset[one] - offset[other]
            first, second = root[one], root[other]
            after[first][second] = before[second][first] = max(distance, after[first].get(second, distance))
    order = _topological(list(dict.fromkeys(root.values())), after, before)
    x: dict[Box, float] = {}
    for block in order:
        x[block] = max((x[one] + distance for one, distance in before[block].items()), default=0.0)
    for block in reversed(order):
        if after[block]:
            x[block] = max(x[block], min(x[one] - distance for one, distance in after[block].items()))
    return {box: x[root[box]] + offset[box] for row in rows for box in row}


def _distance(one: Box, other: Box) -> float:
    return one.right + (LANE if one.lane or other.lane else BESIDE) + other.left


def _topological(blocks: list[Box], after: Neighbours, before: Neighbours) -> list[Box]:
    waiting = {block: len(before.get(block, ())) for block in blocks}
    ready = [block for block in blocks if not waiting[block]]
    order = []
    while ready:
        block = ready.pop()
        order.append(block)
        for other in after.get(block, ()):
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return order
