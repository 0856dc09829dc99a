"""Where the boxes of a layered layout stand in their rows: lanes straight, neighbours as aligned as can be.

(Brandes, Köpf: Fast and simple horizontal coordinate assignment, 2001, with the sizes of boxes, and the
compaction as longest paths over blocks.) Four layouts, each as far to one corner as it goes, are balanced.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

BESIDE = 26.0
LANE = 16.0


@dataclass(frozen=True, eq=False, slots=True)
class Box:
    """A box in a row: how far it reaches from its axis. A lane is a place that only wires pass."""

    left: float
    right: float
    lane: bool


Rows = list[list[Box]]
Neighbours = Mapping[Box, Sequence[Box]]


def axes(rows: Rows, upper: Neighbours) -> dict[Box, float]:
    """The x of each box's axis.

    Args:
        rows: the boxes, in order.
        upper: for each box, those that it is joined to in the row above.
    """
    lower: dict[Box, list[Box]] = defaultdict(list)
    for box, above in upper.items():
        for one in above:
            lower[one].append(box)
    crossing = set(_crossing_lanes(rows, upper))
    layouts = []
    for downwards in (True, False):
        ordered, neighbours = (rows, upper) if downwards else (rows[::-1], lower)
        for rightwards in (True, False):
            facing = ordered if rightwards else [row[::-1] for row in ordered]
            places = _compacted(facing, _blocks(facing, neighbours, crossing), mirrored=not rightwards)
            layouts.append(places if rightwards else {box: -x for box, x in places.items()})
    return _balanced(layouts)


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
    for above, row in zip(rows, rows[1:], strict=False):
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


def _blocks(rows: Rows, neighbours: Neighbours, crossing: set[tuple[Box, Box]]) -> dict[Box, Box]:
    """For each box, the first of those that it is aligned with."""
    root = {box: box for row in rows for box in row}
    aligned: set[Box] = set()
    previous: dict[Box, int] = {}
    for row in rows:
        furthest = -1
        for box in row:
            near = sorted((one for one in neighbours.get(box, ()) if one in previous), key=lambda one: previous[one])
            for one in near[(len(near) - 1) // 2 : len(near) // 2 + 1]:
                free = one not in aligned and root[box] is box
                if free and previous[one] > furthest and (one, box) not in crossing and (box, one) not in crossing:
                    root[box] = root[one]
                    aligned.add(one)
                    furthest = previous[one]
        previous = {box: place for place, box in enumerate(row)}
    return root


def _compacted(rows: Rows, root: Mapping[Box, Box], mirrored: bool) -> dict[Box, float]:
    """Blocks pushed to one side as far as they go, then pulled back to their neighbours."""
    after: dict[Box, dict[Box, float]] = defaultdict(dict)
    before: dict[Box, dict[Box, float]] = defaultdict(dict)
    for row in rows:
        for one, other in zip(row, row[1:], strict=False):
            distance = _distance(other, one) if mirrored else _distance(one, other)
            first, second = root[one], root[other]
            after[first][second] = before[second][first] = max(distance, after[first].get(second, 0.0))
    order = _topological(dict.fromkeys(root.values()), after, before)
    x: dict[Box, float] = {}
    for block in order:
        x[block] = max((x[one] + distance for one, distance in before[block].items()), default=0.0)
    for block in reversed(order):
        if after[block]:
            x[block] = max(x[block], min(x[one] - distance for one, distance in after[block].items()))
    return {box: x[root[box]] for row in rows for box in row}


def _distance(one: Box, other: Box) -> float:
    return one.right + (LANE if one.lane or other.lane else BESIDE) + other.left


def _topological(blocks: Mapping[Box, None], after: Neighbours | dict, before: dict) -> list[Box]:  # type: ignore[type-arg]
    waiting = {block: len(before[block]) for block in blocks}
    ready = [block for block in blocks if not waiting[block]]
    order = []
    while ready:
        block = ready.pop()
        order.append(block)
        for other in after[block]:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return order
