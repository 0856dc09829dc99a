"""Encoders and decoders that wires join across, as a U: down on the left, across at the bottom, up on the right.

(Ronneberger et al.: U-Net, 2015, fig. 1.) In one column such a network is a ribbon with a line beside it for every skip; in columns
that all flow down, each skip would cross what leads from one column to the next. What goes up is laid out as if it flowed down,
and turned.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log
from typing import NamedTuple

from nndsl.diagram.channel import LAST, PITCH, SAME
from nndsl.diagram.columns import BETWEEN, TURN, Page, led_back, wrapped
from nndsl.diagram.nested import LANE, Stack, compose
from nndsl.diagram.pieces import Assembly, End, Piece, Point, Vertex, Wire, shifted, turned
from nndsl.diagram.series_parallel import Parallel, Series, Way, members

LEVELS = 2
"""So many skips inside each other make an encoder and a decoder."""
LEAST_SHARE = 0.5
"""What is lower than this share of the height that a column may have is one column."""


def arranged(way: Series, page: Page, returning: bool = False) -> Piece:
    """The piece of a series: in columns, or as a U where it has the form of one and suits the page better so.

    Args:
        returning: what leaves it is led back to the axis of what enters it.
    """
    plain = wrapped(way, page, returning)
    levels = _levels(way) if plain.height > page.tall * LEAST_SHARE else []
    if len(levels) < LEVELS or sum(end.wire.drawn for end in plain.bottoms) > 1:
        return plain
    shape = _Shape(levels)
    shape.build(returning)
    return min(plain, shape.piece(shape.entering, shape.leaving), key=lambda piece: _misfit(piece, page))


def _misfit(piece: Piece, page: Page) -> float:
    return abs(log((piece.left + piece.right) / piece.height / page.shape))


# Levels ------------------------------------------------------------------------------------------


class _Level(NamedTuple):
    """A series with a skip in it.

    Attributes:
        at: the place, among its ways, of the skip and what that passes.
        below: what the skip passes: the level below, or what is below all of them.
    """

    way: Series
    at: int
    skip: Wire
    below: Series


def _levels(way: Series) -> list[_Level]:
    """The levels of a U, from the top; where a series has several skips, that with the most others inside it."""
    depths: dict[Way, int] = {}
    found: dict[Way, _Level] = {}
    for one in members(way):
        if isinstance(one, Series):
            options = [_Level(one, at, *both) for at in range(1, len(one.vertices)) if (both := _skip_and_rest(one.ways[at]))]
            if options:
                found[one] = max(options, key=lambda level: depths[level.below])
            depths[one] = 1 + depths[found[one].below] if options else 0
    levels = [found[way]] if way in found else []
    while levels and levels[-1].below in found:
        levels.append(found[levels[-1].below])
    return levels


def _skip_and_rest(way: Way) -> tuple[Wire, Series] | None:
    """A wire and the series that it passes, if a way is those two, and the series is joined to the rest by single wires."""
    if not isinstance(way, Parallel) or len(way.ways) != 2:
        return None
    skip, rest = sorted(way.ways, key=lambda one: isinstance(one, Series))
    if not (isinstance(skip, Wire) and isinstance(rest, Series)):
        return None
    return (skip, rest) if isinstance(rest.ways[0], Wire) and isinstance(rest.ways[-1], Wire) else None


# Both arms ---------------------------------------------------------------------------------------


class _Arm(NamedTuple):
    """What a level has on one side, with the vertex that the skip leaves or enters.

    Attributes:
        x: the axis of that vertex.
        note: room that has to stay free for a text where the arm is left.
    """

    piece: Piece
    vertex: Vertex
    x: float
    note: float


def _down(level: _Level) -> _Arm:
    """What comes before the skip; a vertex is the last of it."""
    series, vertices = Stack(), level.way.vertices[: level.at]
    for vertex, way in zip(vertices, level.way.ways, strict=False):
        series.add_way(compose(way))
        series.add_vertex(vertex)
    return _Arm(series.finish(), vertices[-1], series.x, series.below)


def _up(level: _Level) -> _Arm:
    """What comes after it, turned; a vertex is the first of it."""
    series, vertices = Stack(), level.way.vertices[level.at :]
    series.hanging = True
    for vertex, way in zip(vertices, level.way.ways[level.at + 1 :], strict=True):
        series.add_vertex(vertex)
        series.add_way(compose(way))
    return _Arm(turned(series.finish()), vertices[0], 0.0, series.below)


class _Shape(Assembly):
    """A U under construction, from the top down.

    Attributes:
        entering, leaving: the ends at its borders.
        floors: where the arms of each level end.
    """

    def __init__(self, levels: Sequence[_Level]) -> None:
        super().__init__()
        self.levels = levels
        self.down = [_down(level) for level in levels]
        self.up = [_up(level) for level in levels]
        self.lefts, self.right_axis = self._axes()
        self.floors: list[float] = []
        self.entering = self.down[0].piece.tops
        self.leaving = shifted(self.up[0].piece.tops, self.right_axis)

    def _axes(self) -> tuple[list[float], float]:
        """Where the left arm of each level stands, so that what leads down is straight; and all right arms."""
        lefts = [0.0]
        for above, arm in pairwise(self.down):
            end = arm.piece.tops[0]
            lefts.append(lefts[-1] + above.x + above.vertex.outlets[end.wire.outlet] - end.x)
        edge = max(x + arm.piece.right for x, arm in zip(lefts, self.down, strict=True)) + BETWEEN
        return lefts, edge + max(arm.piece.left for arm in self.up)

    def build(self, returning: bool) -> None:
        drawn = any(end.wire.drawn for end in self.leaving)
        self.height = TURN * drawn
        for place in range(len(self.levels)):
            self._put_arms(place)
            self._put_skip(place)
        self._put_base()
        if drawn:
            self._lead_out(returning)

    def _put_arms(self, place: int) -> None:
        """Both arms of a level, which end at the same height, and what leads to them from the level above."""
        down, up = self.down[place].piece, self.up[place].piece
        above = self.floors[-1] if self.floors else 0.0
        self.height += max(down.height, up.height)
        left, right = self.height - down.height, self.height - up.height
        self.add(down, self.lefts[place], left)
        self.add(up, self.right_axis, right)
        for end in shifted(down.tops, self.lefts[place]):
            self.line(end.wire, (end.x, above), (end.x, left))
        if place:
            self._rise(place, right)
        else:
            for end in self.leaving:
                self.line(end.wire, (end.x, right), (end.x, above))
        self.floors.append(self.height)

    def _rise(self, place: int, start: float) -> None:
        """What leads from a right arm to the one above, bent below the skip where their ends are not above each other."""
        end = self._rising(place)
        goal, top = self._end(place - 1, end.wire)
        bend = self._track(place - 1) + PITCH
        self.line(end.wire, (end.x, start), (end.x, bend), (goal, bend), (goal, top))

    def _rising(self, place: int) -> End:
        return shifted(self.up[place].piece.tops, self.right_axis)[0]

    def _put_skip(self, place: int) -> None:
        """The skip of a level, across from one arm to the other; and room below it for what leads up."""
        skip, track = self.levels[place].skip, self._track(place)
        (start, floor), (end, _) = self._start(place, skip), self._end(place, skip)
        self.line(skip, (start, floor), (start, track), (end, track), (end, floor))
        self.height = track + LAST
        if place + 1 < len(self.up):
            rising = self._rising(place + 1)
            bent = abs(rising.x - self._end(place, rising.wire)[0]) > SAME
            self.height = track + max(LAST, PITCH * bent + self.up[place + 1].note)

    def _put_base(self) -> None:
        """What is below all levels, in the middle; it is led to along the last skip, and from below."""
        base = compose(self.levels[-1].below)
        (entry,), (exit_,), last = base.tops, base.bottoms, len(self.levels) - 1
        (start, floor), (end, _) = self._start(last, entry.wire), self._end(last, exit_.wire)
        along = self._track(last) + PITCH * (entry.wire.outlet != self.levels[-1].skip.outlet)
        x = min((start + end) / 2, end - base.right - LANE)
        self.height = max(self.height, along + LAST)
        self.line(entry.wire, (start, floor), (start, along), (x + entry.x, along), (x + entry.x, self.height))
        self.add(base, x, self.height)
        bottom = self.height + base.height
        self.height = bottom + base.below + TURN
        self.line(exit_.wire, (x + exit_.x, bottom), (x + exit_.x, self.height), (end, self.height), (end, floor))

    def _track(self, place: int) -> float:
        """Where the skip of a level runs across: below the text at its start, with room for an arrow at its end."""
        return self.floors[place] + max(LAST, self.down[place].note)

    def _start(self, place: int, wire: Wire) -> Point:
        arm = self.down[place]
        return self.lefts[place] + arm.x + arm.vertex.outlets[wire.outlet], self.floors[place]

    def _end(self, place: int, wire: Wire) -> Point:
        return self.right_axis + self.up[place].vertex.inlets[wire.inlet], self.floors[place]

    def _lead_out(self, returning: bool) -> None:
        """What leaves the top of the right arm, over it and down beside everything."""
        (end,) = (one for one in self.leaving if one.wire.drawn)
        beside = self.right + LANE
        self.line(end.wire, (end.x, 0.0), (beside, 0.0), (beside, self.height))
        self.reach(beside, beside)
        out = End(end.wire, beside)
        self.leaving = (led_back(self, out, self.entering[0].x) if returning else out,)
