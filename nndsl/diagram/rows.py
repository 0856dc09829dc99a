"""Rows of boxes below each other, with channels between them, and in columns where they would be a ribbon."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from nndsl.diagram.channel import GAP, Link, route
from nndsl.diagram.columns import MOST_ACROSS, Page, divided, joined
from nndsl.diagram.coordinates import Box, axes
from nndsl.diagram.nested import PORT_GAP
from nndsl.diagram.pieces import Assembly, End, Piece, Wire


@dataclass(eq=False, slots=True)
class Join:
    """A wire from one box to another; ends with equal keys are the same port."""

    wire: Wire
    upper: "Boxed"
    top: float
    top_key: Hashable
    lower: "Boxed"
    bottom: float
    bottom_key: Hashable


@dataclass(eq=False, slots=True)
class Boxed:
    """A box in a row: a vertex, a whole piece, an end of the group, or (without a piece) a place in a lane."""

    piece: Piece | None
    order: int
    note: float = 0.0
    rank: int = 0
    index: int = 0
    into: list[Join] = field(default_factory=list)
    out: list[Join] = field(default_factory=list)
    first: bool = False
    last: bool = False
    border: Wire | None = None


Row: TypeAlias = list[Boxed]


def placed(rows: Sequence[Row], joins: Sequence[Sequence[Join]], page: Page, returning: bool) -> Piece:
    """The piece of some rows, in as many columns as suit them.

    Args:
        joins: those below each row.
        returning: what leaves the last column is led back to the middle of the first.
    """
    single, steps = _column(rows, joins)
    if single.height <= page.tall:
        return single
    cuts = [index for index in range(1, len(rows)) if len(_tensors(joins[index - 1])) <= MOST_ACROSS]
    bounds = divided(steps, [step.height for step in steps], cuts, page)
    return joined(list(_columns(rows, joins, bounds)), returning)


def _column(rows: Sequence[Row], joins: Sequence[Sequence[Join]]) -> tuple[Piece, Sequence[Piece]]:
    """Rows below each other; and the room that each of them takes, with the channel below it."""
    x, picture, steps = _axes(rows, joins), Assembly(), []
    for row, below in zip(rows, joins, strict=True):
        begun = picture.height
        height = max((box.piece.height for box in row if box.piece), default=0.0)
        for box in row:
            _put(picture, box, x[box], height)
        picture.height += height
        _route(picture, below, x, max(box.note for box in row))
        left = max((box.piece.left if box.piece else 0.0) - x[box] for box in row)
        right = max((box.piece.right if box.piece else 0.0) + x[box] for box in row)
        steps.append(Piece(left, right, picture.height - begun))
    tops = (End(wire, x[box]) for box in rows[0] for wire in _across(box, box.first, box.out))
    bottoms = (End(wire, x[box]) for box in rows[-1] for wire in _across(box, box.last, box.into))
    return picture.piece(tuple(tops), tuple(bottoms)), steps


def _across(box: Boxed, at_border: bool, joins: Sequence[Join]) -> Iterable[Wire]:
    """The wires that cross the border of a column at a box: that of the group's border, or those of a lane."""
    if box.piece is None:
        return dict.fromkeys(join.wire for join in joins)
    return (box.border,) if at_border and box.border else ()


def _axes(rows: Sequence[Row], joins: Sequence[Sequence[Join]]) -> dict[Boxed, float]:
    """The axis of every box, with the whole picture centred on 0."""
    shapes = {
        box: Box(box.piece.left, box.piece.right, False) if box.piece else Box(0.0, 0.0, True) for row in rows for box in row
    }
    upper: dict[Box, dict[Box, float]] = {shape: {} for shape in shapes.values()}
    for row in joins:
        for join in row:
            upper[shapes[join.lower]].setdefault(shapes[join.upper], join.top - join.bottom)
    found = axes([[shapes[box] for box in row] for row in rows], upper)
    places = {box: found[shape] for box, shape in shapes.items()}
    low = min(place - shapes[box].left for box, place in places.items())
    high = max(place + shapes[box].right for box, place in places.items())
    return {box: place - (low + high) / 2 for box, place in places.items()}


def _put(picture: Assembly, box: Boxed, x: float, height: float) -> None:
    """Put a box half-way down its row, and lead its wires to the borders of the row."""
    y = picture.height
    if box.piece is None:
        for wire in dict.fromkeys(join.wire for join in box.out):
            picture.line(wire, (x, y), (x, y + height))
        picture.reach(x, x)
        return
    offset = 0.0 if box.first or not box.into else height if box.last else (height - box.piece.height) / 2
    picture.add(box.piece, x, y + offset)
    for join in box.into:
        picture.line(join.wire, (x + join.bottom, y), (x + join.bottom, y + offset))
    for join in box.out:
        picture.line(join.wire, (x + join.top, y + offset + box.piece.height), (x + join.top, y + height))


def _route(picture: Assembly, below: Sequence[Join], x: dict[Boxed, float], note: float) -> None:
    links = [
        Link(join.wire, x[join.upper] + join.top, x[join.lower] + join.bottom, join.top_key, join.bottom_key) for join in below
    ]
    if links:
        heads = any(join.lower.piece and join.lower.piece.height for join in below)
        channel = route(links, note, GAP if heads else PORT_GAP)
        for wire, points in channel.lines:
            picture.line(wire, *((px, py + picture.height) for px, py in points))
        picture.height += channel.height


# Columns -----------------------------------------------------------------------------------------


def _tensors(joins: Sequence[Join]) -> Mapping[Hashable, Sequence[Join]]:
    """The joins between two rows by the tensor that they lead, from left to right."""
    found: dict[Hashable, list[Join]] = defaultdict(list)
    for join in sorted(joins, key=lambda one: (one.upper.index, one.top)):
        found[join.top_key].append(join)
    return found


def _columns(rows: Sequence[Row], joins: Sequence[Sequence[Join]], bounds: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """Runs of rows, each with places of its own, and with lanes where tensors come from the run before or go to the next."""
    entering: Row = []
    for first, last in bounds:
        own, below = list(rows[first:last]), list(joins[first:last])
        if entering:
            own, below = [entering, *own], [[join for lane in entering for join in lane.out], *below]
        if last < len(rows):
            groups = _tensors(below.pop()).values()
            leaving, entering = [_leaving(group) for group in groups], [_entering(group) for group in groups]
            own, below = [*own, leaving], [*below, [join for lane in leaving for join in lane.into], []]
        yield _column(own, below)[0]


def _leaving(joins: Sequence[Join]) -> Boxed:
    """The lane of a tensor at the end of a column."""
    lane = Boxed(None, 0)
    lane.into += (Join(one.wire, one.upper, one.top, one.top_key, lane, 0.0, lane) for one in joins)
    return lane


def _entering(joins: Sequence[Join]) -> Boxed:
    """The lane of a tensor at the beginning of a column."""
    lane = Boxed(None, 0)
    lane.out += (Join(one.wire, lane, 0.0, lane, one.lower, one.bottom, one.bottom_key) for one in joins)
    return lane
