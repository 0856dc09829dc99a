"""Long networks in columns: a picture should fit on a page or a screen, not be a ribbon."""

from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import NamedTuple

from nndsl.diagram.channel import GAP, PITCH
from nndsl.diagram.nested import compose, stack
from nndsl.diagram.pieces import Assembly, End, Piece, Wire, shifted
from nndsl.diagram.series_parallel import Series


class Page(NamedTuple):
    """What a picture is to fit on.

    Attributes:
        tall: up to this height a picture is one column.
        shape: the proportion of width to height that is aimed at.
    """

    tall: float
    shape: float


MOST_COLUMNS, MOST_ACROSS = 12, 4
"""So many columns, at most; and so many tensors that are led from one to the next."""
EMPTINESS = 1.5
"""How much worse a picture is, in that proportion's logarithm, when half of it is empty."""
BETWEEN = 44.0
TURN, FALL = 14.0, 26.0
"""How far a wire runs below one column, and how far it falls into the next."""


def wrapped(way: Series, page: Page, returning: bool = False) -> Piece:
    """The piece of a series, in as many columns as suit it.

    Args:
        returning: what leaves the last column is led back to the axis of the first.
    """
    parts = [compose(one) for one in way.ways]
    single = _column(way, parts, 0, len(parts))
    if single.height <= page.tall:
        return single
    steps = [_column(way, parts, index, index + 1) for index in range(len(parts))]
    heights = [step.height + GAP if step.height else 0.0 for step in steps]
    cuts = [index for index in range(1, len(parts)) if _can_turn(way, parts, index - 1)]
    return joined([_column(way, parts, *bound) for bound in divided(steps, heights, cuts, page)], returning)


def divided(steps: Sequence[Piece], heights: Sequence[float], cuts: Sequence[int], page: Page) -> Sequence[tuple[int, int]]:
    """Steps as runs that make columns which suit a page: where each run begins and ends.

    Args:
        cuts: the steps before which a run may end.
    """
    options = [_divided(heights, cuts, count) for count in range(1, min(MOST_COLUMNS, len(cuts) + 1) + 1)]
    return min(options, key=lambda bounds: _misfit(steps, heights, bounds, page.shape))


def _misfit(steps: Sequence[Piece], heights: Sequence[float], bounds: Sequence[tuple[int, int]], shape: float) -> float:
    """How far columns are from filling a picture of the best shape."""
    columns = [(sum(heights[first:last]), _breadth(steps[first:last])) for first, last in bounds]
    tallest = max(height for height, _ in columns)
    empty = tallest * len(columns) / sum(height for height, _ in columns) - 1
    return abs(log(sum(breadth for _, breadth in columns) / tallest / shape)) + EMPTINESS * empty


def _breadth(steps: Sequence[Piece]) -> float:
    return max(step.left for step in steps) + max(step.right for step in steps) + BETWEEN


def _column(way: Series, parts: Sequence[Piece], first: int, last: int) -> Piece:
    """The parts from `first` up to `last`, each with the vertex before it; and, before all, what that vertex takes."""
    entering = _passed_on(parts[first - 1]) if first else parts[0]
    return stack(way.vertices[max(first - 1, 0) : last - 1], [entering, *parts[max(first, 1) : last]])


def _passed_on(part: Piece) -> Piece:
    """The wires that leave a part."""
    return Piece(0, 0, 0, part.bottoms, part.bottoms)


def _can_turn(way: Series, parts: Sequence[Piece], index: int) -> bool:
    """Whether the wires that leave a part may be led to another column: one of several, or few to ports of their own."""
    wires = [end.wire for end in parts[index].bottoms]
    if isinstance(way.ways[index], Wire):
        return index > 0
    return len(wires) <= MOST_ACROSS and len({wire.inlet for wire in wires}) == len(wires) and all(wire.drawn for wire in wires)


def _divided(heights: Sequence[float], cuts: Sequence[int], count: int) -> list[tuple[int, int]]:
    """At most `count` runs between cuts, the tallest as low as can be."""
    low, high = max(heights), sum(heights)
    while high - low > 1:
        middle = (low + high) / 2
        if len(_runs(heights, cuts, middle)) <= count:
            high = middle
        else:
            low = middle
    return _runs(heights, cuts, high)


def _runs(heights: Sequence[float], cuts: Sequence[int], most: float) -> list[tuple[int, int]]:
    """Runs filled up to a height, where there are cuts to end them."""
    bounds = [*cuts, len(heights)]
    runs, start, end, filled = [], 0, 0, 0.0
    for bound in bounds:
        added = sum(heights[end:bound])
        if end > start and filled + added > most:
            runs.append((start, end))
            start, filled = end, 0.0
        filled += added
        end = bound
    return [*runs, (start, end)]


def joined(columns: Sequence[Piece], returning: bool) -> Piece:
    """Columns side by side, and the wires between them led under the one and over the next, inside each other.

    Args:
        columns: each takes the wires that leave the one before it.
    """
    if len(columns) == 1:
        return columns[0]
    room = PITCH * (max(len(_places(column)) for column in columns[:-1]) - 1)
    top, x = FALL + room, 0.0
    picture = Assembly(height=top + max(column.height + column.below for column in columns) + TURN + room)
    _lead(picture, columns[0].tops, 0.0, 0.0, top)
    picture.add(columns[0], 0.0, top)
    for before, column in pairwise(columns):
        beside = x + before.right + BETWEEN + PITCH * (len(_places(before)) - 1) + column.left
        _turn(picture, before, column, (x, beside), top)
        x = beside
        picture.add(column, x, top)
    _lead(picture, columns[-1].bottoms, x, top + columns[-1].height, picture.height)
    bottoms = shifted(columns[-1].bottoms, x)
    if returning and len(bottoms) == 1:
        bottoms = (led_back(picture, bottoms[0], columns[0].bottoms[0].x),)
    return picture.piece(columns[0].tops, bottoms)


def _places(column: Piece) -> list[float]:
    """Where wires leave a column, from the right."""
    return sorted({end.x for end in column.bottoms}, reverse=True)


def _turn(picture: Assembly, before: Piece, column: Piece, axes: tuple[float, float], top: float) -> None:
    """Lead all wires from the end of a column to the beginning of the next."""
    entering = {end.wire: end.x + axes[1] for end in column.tops}
    edge, floor = axes[0] + before.right + BETWEEN / 2, top + before.height
    for leaving in before.bottoms:
        inside = PITCH * _places(before).index(leaving.x)
        start, end, turn = leaving.x + axes[0], entering[leaving.wire], floor + before.below + TURN + inside
        picture.line(
            leaving.wire, (start, floor), (start, turn), (edge + inside, turn), (edge + inside, inside), (end, inside), (end, top)
        )


def _lead(picture: Assembly, ends: Sequence[End], x: float, start: float, stop: float) -> None:
    """Lead wires straight down."""
    for end in ends:
        picture.line(end.wire, (x + end.x, start), (x + end.x, stop))


def led_back(picture: Assembly, end: End, x: float) -> End:
    """Lead the wire that leaves the last column back under all of them."""
    floor = picture.height
    picture.height += TURN
    picture.line(end.wire, (end.x, floor), (end.x, floor + TURN / 2), (x, floor + TURN / 2), (x, picture.height))
    return End(end.wire, x)
