"""Long networks in columns: a picture should fit on a page or a screen, not be a ribbon."""

from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import NamedTuple

from nndsl.diagram.channel import GAP
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


MOST_COLUMNS = 12
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
    single = _column(way, parts, 0, len(way.vertices))
    if single.height <= page.tall:
        return single
    cuts = [index for index in range(1, len(way.vertices)) if isinstance(way.ways[index], Wire)]
    steps = [_column(way, parts, index, index + 1) for index in range(len(way.vertices))]
    heights = [step.height + GAP for step in steps]
    options = [_divided(heights, cuts, count) for count in range(1, min(MOST_COLUMNS, len(cuts) + 1) + 1)]
    best = min(options, key=lambda bounds: _misfit(steps, heights, bounds, page.shape))
    return _joined([_column(way, parts, *bound) for bound in best], returning)


def _misfit(steps: Sequence[Piece], heights: Sequence[float], bounds: Sequence[tuple[int, int]], shape: float) -> float:
    """How far columns are from filling a picture of the best shape."""
    columns = [(sum(heights[first:last]), _breadth(steps[first:last])) for first, last in bounds]
    tallest = max(height for height, _ in columns)
    empty = tallest * len(columns) / sum(height for height, _ in columns) - 1
    return abs(log(sum(breadth for _, breadth in columns) / tallest / shape)) + EMPTINESS * empty


def _breadth(steps: Sequence[Piece]) -> float:
    return max(step.left for step in steps) + max(step.right for step in steps) + BETWEEN


def _column(way: Series, parts: Sequence[Piece], first: int, last: int) -> Piece:
    """The vertices from `first` up to `last`, with the ways that lead into, join and leave them."""
    return stack(way.vertices[first:last], parts[first : last + 1])


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


def _joined(columns: Sequence[Piece], returning: bool) -> Piece:
    """Columns side by side, each wire between them led under the one and over the next."""
    top, x = FALL * (len(columns) > 1), 0.0
    picture = Assembly(height=top + max(column.height + column.below for column in columns) + TURN * (len(columns) > 1))
    _lead(picture, columns[0].tops, 0.0, 0.0, top)
    picture.add(columns[0], 0.0, top)
    for before, column in pairwise(columns):
        gutter = x + before.right + BETWEEN / 2
        beside = x + before.right + BETWEEN + column.left
        leaving, entering = before.bottoms[0], column.tops[0]
        floor = top + before.height
        turn = floor + before.below + TURN
        picture.line(
            leaving.wire, (x + leaving.x, floor), (x + leaving.x, turn), (gutter, turn),
            (gutter, 0.0), (beside + entering.x, 0.0), (beside + entering.x, top),
        )  # fmt: skip
        x = beside
        picture.add(column, x, top)
    _lead(picture, columns[-1].bottoms, x, top + columns[-1].height, picture.height)
    bottoms = shifted(columns[-1].bottoms, x)
    if returning and len(bottoms) == 1 and len(columns) > 1:
        bottoms = (led_back(picture, bottoms[0], columns[0].bottoms[0].x),)
    return picture.piece(columns[0].tops, bottoms)


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
