"""The layout of what is not series-parallel: rows of boxes, with channels between them.

(Sugiyama, Tagawa, Toda: Methods for visual understanding of hierarchical system structures, 1981.) A tensor that
is used several rows further down runs past the rows between in one lane, from which all its users branch off.
"""

from bisect import bisect, insort
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

from nndsl.diagram.columns import Page
from nndsl.diagram.nested import compose
from nndsl.diagram.pieces import Assembly, End, Piece, Vertex, Wire
from nndsl.diagram.rows import Boxed, Join, placed
from nndsl.diagram.series_parallel import Core, Parallel, Way

SWEEPS, EXCHANGES = 10, 10
MOST_SEGMENTS, MOST_EXCHANGED = 60_000, 6_000
"""Above so many stretches of wire, the order of the rows is improved fewer times; and not neighbour by neighbour."""


def arrange(core: Core, page: Page, returning: bool = False) -> Piece:
    """The piece of a core: rows of its vertices and of the ways between them, in columns if they are many.

    Args:
        returning: what leaves the last column is led back to the middle of the first.
    """
    boxes = _boxes(core)
    _rank(boxes)
    rows, joins = _with_lanes(boxes)
    _untangle(rows, joins)
    return placed(rows, joins, page, returning)


# Boxes and ranks ---------------------------------------------------------------------------------


def _boxes(core: Core) -> list[Boxed]:
    vertices = {vertex: None for source, target, _ in core for vertex in (source, target) if vertex is not None}
    boxed = {vertex: Boxed(_alone(vertex), vertex.order, vertex.note_height) for vertex in vertices}
    boxes = list(boxed.values())
    for source, target, way in core:
        for branch in way.ways if isinstance(way, Parallel) else (way,):
            upper, lower = _Port(boxes, boxed, source, first=True), _Port(boxes, boxed, target, last=True)
            _connect(boxes, branch, upper, lower)
    return boxes


def _alone(vertex: Vertex) -> Piece:
    one = Assembly(height=vertex.height)
    one.seat(vertex, 0.0, 0.0)
    return one.piece()


@dataclass(slots=True)
class _Port:
    """The vertex at one end of a way, or the border of the group."""

    boxes: list[Boxed]
    boxed: dict[Vertex, Boxed]
    vertex: Vertex | None
    first: bool = False
    last: bool = False

    def box(self, wire: Wire) -> Boxed | None:
        """The vertex's box; for the border, a new end, if the wire is drawn up to it."""
        if self.vertex is not None:
            return self.boxed[self.vertex]
        if not wire.drawn:
            return None
        beyond = wire.target if self.first else wire.source
        if beyond is not None and beyond.height == 0 and beyond in self.boxed:
            self._pin(self.boxed[beyond], wire)
            return None
        end = Boxed(Piece(0, 0, 0), 0)
        self._pin(end, wire)
        self.boxes.append(end)
        return end

    def _pin(self, box: Boxed, wire: Wire) -> None:
        """Put an end of the group, or a port of its frame, on the border that a wire comes from or goes to."""
        box.first, box.last, box.border = self.first, self.last, wire


def _connect(boxes: list[Boxed], way: Way, upper: _Port, lower: _Port) -> None:
    if isinstance(way, Wire):
        _join(way, upper.box(way), lower.box(way), None, None)
        return
    piece = compose(way)
    order = min(end.wire.target.order if end.wire.target else 0 for end in piece.tops)
    body = Boxed(piece, order, piece.below)
    boxes.append(body)
    for end in piece.tops:
        _join(end.wire, upper.box(end.wire), body, None, end)
    for end in piece.bottoms:
        _join(end.wire, body, lower.box(end.wire), end, None)


def _join(wire: Wire, upper: Boxed | None, lower: Boxed | None, leaving: End | None, entering: End | None) -> None:
    if upper is None or lower is None:
        return
    top = leaving.x if leaving else wire.source.outlets[wire.outlet] if wire.source else 0.0
    bottom = entering.x if entering else wire.target.inlets[wire.inlet] if wire.target else 0.0
    top_key = wire if leaving else (upper, wire.outlet if wire.source else 0)
    bottom_key = wire if entering else (lower, wire.inlet if wire.target else 0)
    join = Join(wire, upper, top, top_key, lower, bottom, bottom_key)
    upper.out.append(join)
    lower.into.append(join)


def _rank(boxes: list[Boxed]) -> None:
    """Number the rows: as high as possible, then what feeds more than it takes as low as possible."""
    order = _topological(boxes)
    for box in order:
        box.rank = max((join.upper.rank + 1 for join in box.into), default=0)
    bottom = 1 + max((box.rank for box in order if not box.last), default=0)
    for box in reversed(order):
        if box.last:
            box.rank = bottom
        elif len(box.out) > len(box.into) and not box.first:
            box.rank = min(join.lower.rank for join in box.out) - 1


def _topological(boxes: list[Boxed]) -> list[Boxed]:
    waiting = {box: len(box.into) for box in boxes}
    ready = sorted((box for box in boxes if not box.into), key=lambda box: -box.order)
    order = []
    while ready:
        box = ready.pop()
        order.append(box)
        for join in reversed(box.out):
            waiting[join.lower] -= 1
            if waiting[join.lower] == 0:
                ready.append(join.lower)
    return order


def _with_lanes(boxes: list[Boxed]) -> tuple[list[list[Boxed]], list[list[Join]]]:
    """Rows in a first order, with a place for each lane, and the joins below each row, none longer than a row."""
    order = _topological(boxes)
    rows: list[list[Boxed]] = [[] for _ in range(max(box.rank for box in boxes) + 1)]
    joins: list[list[Join]] = [[] for _ in rows]
    for box in order:
        rows[box.rank].append(box)
        box.into.clear()
    for box in order:
        out, box.out = box.out, []
        lanes: dict[Hashable, list[Boxed]] = defaultdict(list)
        for join in out:
            _extend(join, lanes[join.top_key], rows, joins)
    return rows, joins


def _extend(join: Join, lane: list[Boxed], rows: list[list[Boxed]], joins: list[list[Join]]) -> None:
    """Lay a wire from row to row, along the lane of its tensor."""
    upper, top, key = join.upper, join.top, join.top_key
    for step, rank in enumerate(range(upper.rank + 1, join.lower.rank)):
        if step == len(lane):
            lane.append(Boxed(None, join.lower.order, rank=rank))
            rows[rank].append(lane[-1])
        _link(joins, Join(join.wire, upper, top, key, lane[step], 0.0, lane[step]))
        upper, top, key = lane[step], 0.0, lane[step]
    _link(joins, Join(join.wire, upper, top, key, join.lower, join.bottom, join.bottom_key))


def _link(joins: list[list[Join]], join: Join) -> None:
    joins[join.upper.rank].append(join)
    join.upper.out.append(join)
    join.lower.into.append(join)


# The order of the rows ---------------------------------------------------------------------------


def _untangle(rows: list[list[Boxed]], joins: list[list[Join]]) -> None:
    """Order each row so that few wires cross: by barycentres, down and up, and then neighbour by neighbour; the best order seen."""
    _number(rows)
    best, crossings = [list(row) for row in rows], _crossings(joins)
    segments = sum(map(len, joins))
    sweeps = SWEEPS if segments < MOST_SEGMENTS else 2
    exchanges = EXCHANGES if segments < MOST_EXCHANGED else 0
    for turn in range(sweeps + exchanges):
        if crossings == 0:
            break
        if turn < sweeps:
            _sweep(rows, turn)
        else:
            rows[:] = [list(row) for row in best] if turn == sweeps else rows
            _exchange(rows, turn % 2 == 0)
        found = _crossings(joins)
        if found < crossings:
            best, crossings = [list(row) for row in rows], found
    rows[:] = best
    _number(rows)


def _sweep(rows: list[list[Boxed]], turn: int) -> None:
    """Sort each row by where the neighbours in the row before stand.

    Boxes that hang on the same tensor are equal then, and which of them stands left decides about wires that come from far
    away: so their order is turned around in every other pair of sweeps.
    """
    down, turned = turn % 2 == 0, turn % 4 >= 2
    for row in rows if down else reversed(rows):
        if turned:
            row.reverse()
        row.sort(key=lambda box: _barycentre(box, down))
        for index, box in enumerate(row):
            box.index = index


def _exchange(rows: list[list[Boxed]], also_equals: bool) -> None:
    """Let neighbours in a row change places where fewer wires cross then (or as many: what follows may become better by it)."""
    _number(rows)
    for row in rows:
        for index in range(len(row) - 1):
            left, right = row[index], row[index + 1]
            gain = _pair_crossings(left, right) - _pair_crossings(right, left)
            if gain > 0 or (also_equals and gain == 0):
                row[index], row[index + 1] = right, left
                left.index, right.index = right.index, left.index


def _pair_crossings(left: Boxed, right: Boxed) -> int:
    """How many wires of two neighbours cross if they stand in this order."""
    above = [(one.upper.index, one.top) for one in right.into]
    below = [(one.lower.index, one.bottom) for one in right.out]
    crossed = sum((one.upper.index, one.top) > other for one in left.into for other in above)
    return crossed + sum((one.lower.index, one.bottom) > other for one in left.out for other in below)


def _number(rows: list[list[Boxed]]) -> None:
    for row in rows:
        for index, box in enumerate(row):
            box.index = index


def _barycentre(box: Boxed, down: bool) -> float:
    neighbours = [join.upper.index + join.top * 1e-4 for join in box.into] if down else [
        join.lower.index + join.bottom * 1e-4 for join in box.out
    ]
    return sum(neighbours) / len(neighbours) if neighbours else box.index


def _crossings(joins: list[list[Join]]) -> int:
    total = 0
    for row in joins:
        seen: list[tuple[int, float]] = []
        spans = {((one.upper.index, one.top), (one.lower.index, one.bottom)) for one in row}
        for _, end in sorted(spans):
            total += len(seen) - bisect(seen, end)
            insort(seen, end)
    return total
