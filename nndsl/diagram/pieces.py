"""What a layout is made of: boxes with ports, wires between them, and pieces of picture put together from both.

All lengths are pixels, y grows downwards. A piece's own coordinates start at the top of its axis: the vertical
line that its main tensor flows along. Pieces hold other pieces by reference, and are flattened once, at the end.

Everything here flows down. What flows to the right is laid out as if it flowed down, with boxes as high as they will be
wide, and has its coordinates exchanged when it is drawn (`layout.Layout.box`).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
ASIDE = 0.12345678


@dataclass(frozen=True, eq=False, slots=True)
class Vertex:
    """A box to be placed.

    Attributes:
        left, right: how far the box reaches from its axis.
        inlets, outlets: where wires enter at its top and leave at its bottom, relative to the axis.
        reach: how far the texts beside its wires reach to the right.
        note_height: room to keep free below it for texts.
        edges: the outline that a wire from the side ends at, relative to the axis; None if none may.
        order: its place in the file; ties in the layout are broken by it.
    """

    left: float
    right: float
    height: float
    order: int
    inlets: tuple[float, ...] = (0.0,)
    outlets: tuple[float, ...] = (0.0,)
    reach: float = 0.0
    note_height: float = 0.0
    edges: Point | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Wire:
    """One operand: a line to be drawn between two vertices; None is the border of the group.

    Attributes:
        outlet, inlet: indices of the ports it joins.
        position: which operand of its target it is.
        drawn: false for wires that only keep the group together.
        ordered: whether the order of its target's operands matters.
    """

    source: Vertex | None
    target: Vertex | None
    outlet: int = 0
    inlet: int = 0
    position: int = 0
    drawn: bool = True
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """Where a wire meets the upper or lower border of a piece; a lane passes everything else in it."""

    wire: Wire
    x: float
    lane: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a wire."""

    wire: Wire
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """A vertex in its place: the top of its axis.

    Attributes:
        rising: whether it is turned: wires enter at its bottom, and leave at its top.
    """

    vertex: Vertex
    x: float
    y: float
    rising: bool = False

    def moved(self, x: float, y: float) -> "Seat":
        return Seat(self.vertex, self.x + x, self.y + y, self.rising)

    def outlet(self, x: float) -> Point:
        """Where a wire leaves it, so far beside its axis."""
        return self.x + x, self.y + (0.0 if self.rising else self.vertex.height)


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """A part of the picture with everything in it placed.

    Attributes:
        tops, bottoms: the wires that cross its upper and lower border.
        below: room that has to stay free of other lines below it, for a text.
    """

    left: float
    right: float
    height: float
    tops: tuple[End, ...] = ()
    bottoms: tuple[End, ...] = ()
    seats: tuple[Seat, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    children: tuple[tuple[float, float, "Piece"], ...] = ()
    below: float = 0.0

    @property
    def is_wires(self) -> bool:
        """Whether it is nothing but wires that run through."""
        return not self.height and not self.seats and all(child.is_wires for _, _, child in self.children)


@dataclass(slots=True)
class Assembly:
    """A piece under construction."""

    left: float = 0.0
    right: float = 0.0
    height: float = 0.0
    seats: list[Seat] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    children: list[tuple[float, float, Piece]] = field(default_factory=list)
    below: float = 0.0

    def seat(self, vertex: Vertex, x: float, y: float) -> None:
        self.seats.append(Seat(vertex, x, y))
        self.reach(x - vertex.left, x + max(vertex.right, vertex.reach))

    def add(self, piece: Piece, x: float, y: float) -> None:
        self.children.append((x, y, piece))
        self.reach(x - piece.left, x + piece.right)

    def line(self, wire: Wire, *points: Point) -> None:
        """Draw a stretch of a wire; stretches without length are left out."""
        if wire.drawn and any(point != points[0] for point in points):
            self.chunks.append(Chunk(wire, points))

    def reach(self, left: float, right: float) -> None:
        self.left, self.right = max(self.left, -left), max(self.right, right)

    def piece(self, tops: tuple[End, ...] = (), bottoms: tuple[End, ...] = ()) -> Piece:
        return Piece(
            self.left, self.right, self.height, tops, bottoms,
            tuple(self.seats), tuple(self.chunks), tuple(self.children), self.below,
        )  # fmt: skip


def shifted(ends: tuple[End, ...], x: float) -> tuple[End, ...]:
    return tuple(End(end.wire, end.x + x, end.lane) for end in ends)


@dataclass(frozen=True, slots=True)
class Placement:
    """A piece flattened: where every vertex is, and the corners of every wire."""

    seats: tuple[Seat, ...]
    wires: tuple[tuple[Wire, tuple[Point, ...]], ...]


def flatten(piece: Piece, x: float = 0.0, y: float = 0.0) -> Placement:
    """Everything in a piece, with the top of its axis at a point."""
    seats: list[Seat] = []
    stretches: dict[Wire, list[tuple[Point, ...]]] = defaultdict(list)
    stack = [(x, y, piece)]
    while stack:
        dx, dy, current = stack.pop()
        seats += (seat.moved(dx, dy) for seat in current.seats)
        for chunk in current.chunks:
            stretches[chunk.wire].append(tuple((px + dx, py + dy) for px, py in chunk.points))
        stack += ((dx + cx, dy + cy, child) for cx, cy, child in current.children)
    return Placement(tuple(seats), tuple((wire, tuple(_joined(parts))) for wire, parts in stretches.items()))


def turned(piece: Piece) -> Piece:
    """A piece upside down: what flowed down in it flows up."""
    placed, floor = flatten(piece), piece.height
    seats = (Seat(seat.vertex, seat.x, floor - seat.y - seat.vertex.height, not seat.rising) for seat in placed.seats)
    chunks = (Chunk(wire, tuple((x, floor - y) for x, y in points)) for wire, points in placed.wires)
    return Piece(piece.left, piece.right, floor, piece.bottoms, piece.tops, tuple(seats), tuple(chunks))


def _key(point: Point) -> tuple[int, int]:
    """The same for places that are the same but for errors of rounding, which lengths of few decimals never tip over an edge."""
    return round(point[0] * 8 + ASIDE), round(point[1] * 8 + ASIDE)


def _joined(stretches: list[tuple[Point, ...]]) -> Iterator[Point]:
    """The stretches of one wire as one line, from where no other stretch ends, without needless points."""
    long = [points for points in stretches if _key(points[0]) != _key(points[-1])] or stretches[:1]
    by_start = {_key(points[0]): points for points in long}
    ends = {_key(points[-1]) for points in long}
    line = list(next((points for points in long if _key(points[0]) not in ends), long[0]))
    while following := by_start.pop(_key(line[-1]), None):
        line += following
    yield line[0]
    kept = line[0]
    for point, after in pairwise(line[1:]):
        if not (_between(kept, point, after) or _key(kept) == _key(point)):
            kept = point
            yield point
    yield line[-1]


def _between(first: Point, point: Point, last: Point) -> bool:
    """Whether a point lies on the straight line between its neighbours."""
    cross = (point[0] - first[0]) * (last[1] - first[1]) - (point[1] - first[1]) * (last[0] - first[0])
    return abs(cross) < 1e-6 * (1 + abs(last[0] - first[0]) + abs(last[1] - first[1]))
