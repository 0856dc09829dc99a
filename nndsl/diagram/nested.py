"""The layout of what is series-parallel: ways in series stand below each other, ways in parallel side by side.

No two lines cross, by construction, except where the order of operands asks for it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median_low

from nndsl.diagnostics import InternalError
from nndsl.diagram.channel import GAP, Link, link, route
from nndsl.diagram.pieces import Assembly, End, Piece, Vertex, Wire, shifted
from nndsl.diagram.series_parallel import Parallel, Series, Way, members

BESIDE = 26.0
"""Between boxes that stand side by side."""
LANE = 20.0
"""Between a box and a wire that passes it."""
PORT_GAP = 14.0
"""The least room above the lower border of a frame, where no arrow has to fit."""


def compose(way: Way) -> Piece:
    """The piece of a way and everything in it."""
    pieces: dict[Way, Piece] = {}
    for part in members(way):
        if isinstance(part, Wire):
            pieces[part] = Piece(0, 0, 0, (End(part, 0),), (End(part, 0),))
        elif isinstance(part, Series):
            pieces[part] = stack(part.vertices, [pieces[one] for one in part.ways])
        else:
            pieces[part] = _side_by_side(part, [pieces[one] for one in part.ways])
    return pieces[way]


# In series ---------------------------------------------------------------------------------------


class Stack(Assembly):
    """A series under construction, from the top down.

    Attributes:
        x: the axis at the present height.
        vertex: the vertex above, if nothing but wires has followed it.
        ends: the wires that wait to be led into the next vertex.
        hanging: the series has begun with a plain wire, and what follows hangs on it without a gap.
    """

    def __init__(self) -> None:
        super().__init__()
        self.x = 0.0
        self.vertex: Vertex | None = None
        self.ends: tuple[End, ...] = ()
        self.tops: tuple[End, ...] = ()
        self.hanging = False

    def add_way(self, piece: Piece) -> None:
        """The next way: begins the series, or hangs on the vertex above."""
        if self.vertex is None:
            self.tops, self.hanging = piece.tops, _run_apart(piece)
            self._place(piece)
        elif _run_apart(piece):
            self.ends = tuple(End(end.wire, self.x + self.vertex.outlets[end.wire.outlet]) for end in piece.tops)
        else:
            starts = [(self.vertex.outlets[end.wire.outlet], end) for end in piece.tops]
            x = self.x + (starts[0][0] - starts[0][1].x if len(starts) == 1 else 0.0)
            self._channel([link(end.wire, self.x + start, x + end.x) for start, end in starts])
            self.x = x
            self._place(piece)

    def _place(self, piece: Piece) -> None:
        self.add(piece, self.x, self.height)
        self.height += piece.height
        self.below, self.vertex, self.ends = piece.below, None, shifted(piece.bottoms, self.x)

    def add_vertex(self, vertex: Vertex) -> None:
        """The next vertex: the ends above are led into it, from the top or from its side."""
        aside = _from_the_side(vertex, self.ends, self.x) if self.vertex is None and not self.hanging else []
        entering = [end for end in self.ends if end not in aside]
        if self.hanging and len(entering) > 1:
            self.tops = tuple(End(end.wire, vertex.inlets[end.wire.inlet]) for end in entering)
        elif len(entering) == 1 or self.vertex is not None:
            self.x = median_low(end.x - vertex.inlets[end.wire.inlet] for end in entering)
        begun = self.height
        if not self.hanging:
            links = [link(end.wire, end.x, self.x + vertex.inlets[end.wire.inlet]) for end in entering]
            self._channel(links, GAP if vertex.height else PORT_GAP)
        self.seat(vertex, self.x, self.height)
        for end in aside:
            self._enter_aside(end, vertex, begun)
        self.height += vertex.height
        self.below, self.vertex, self.ends, self.hanging = vertex.note_height, vertex, (), False

    def _enter_aside(self, end: End, vertex: Vertex, begun: float) -> None:
        """Lead a lane down to the middle of a vertex, and into its side."""
        if vertex.edges is None:
            raise InternalError("a wire enters a vertex that has no sides")
        y = self.height + vertex.height / 2
        edge = self.x + vertex.edges[1] if end.x > self.x else self.x - vertex.edges[0]
        self.line(end.wire, (end.x, begun), (end.x, y), (edge, y))
        self.reach(end.x, end.x)

    def _channel(self, links: list[Link], least: float = GAP) -> None:
        drawn = [link for link in links if link.wire.drawn]
        if not drawn:
            return
        channel = route(drawn, self.below, least)
        for wire, points in channel.lines:
            self.line(wire, *((px, py + self.height) for px, py in points))
            for px, _ in points:
                self.reach(px, px)
        self.height += channel.height

    def finish(self) -> Piece:
        return self.piece(self.tops, self.ends)


def _run_apart(piece: Piece) -> bool:
    """Whether a piece is wires that do not lie on each other if they are led straight to their ports."""
    ports = [(end.wire.outlet, end.wire.inlet) for end in piece.tops]
    return piece.is_wires and len(set(ports)) == len(ports)


def _from_the_side(vertex: Vertex, ends: Sequence[End], x: float) -> list[End]:
    """Those ends that enter a vertex from the side: lanes that pass everything else, at most one on either side."""
    if vertex.edges is None or len(ends) < 2:
        return []
    chosen: list[End] = []
    rightmost, leftmost = max(ends, key=lambda end: end.x), min(ends, key=lambda end: end.x)
    for end, clear in (
        (rightmost, rightmost.x > x + max(vertex.edges[1], vertex.right) + LANE / 2),
        (leftmost, leftmost.x < x - max(vertex.edges[0], vertex.left) - LANE / 2),
    ):
        if clear and end.wire.drawn and end.lane and len(chosen) < len(ends) - 1:
            chosen.append(end)
    return chosen


def stack(vertices: Sequence[Vertex], ways: Sequence[Piece]) -> Piece:
    """Ways and vertices below each other, beginning and ending with a way."""
    series = Stack()
    series.add_way(ways[0])
    for vertex, way in zip(vertices, ways[1:], strict=True):
        series.add_vertex(vertex)
        series.add_way(way)
    return series.finish()


# In parallel -------------------------------------------------------------------------------------


def _side_by_side(parallel: Parallel, pieces: list[Piece]) -> Piece:
    bodies: list[Piece] = []
    lanes: list[Piece] = []
    for way, piece in sorted(zip(parallel.ways, pieces, strict=True), key=lambda pair: _rank(*pair)):
        (lanes if isinstance(way, Wire) and way.drawn else bodies).append(piece)
    if not bodies:
        bodies, lanes = lanes[:1], lanes[1:]
    before = [lane for lane in lanes if _comes_first(lane, bodies)]
    after = [lane for lane in lanes if lane not in before]
    row = Assembly(height=max(piece.height for piece in bodies))
    places = _places(bodies)
    ends = [_fit(row, piece, x) for piece, x in zip(bodies, places, strict=True)]
    for lane in after:
        ends.append(_fit(row, _lane(lane), row.right + LANE))
    for lane in reversed(before):
        ends.insert(0, _fit(row, _lane(lane), -row.left - LANE))
    return row.piece(tuple(end for top, _ in ends for end in top), tuple(end for _, bottom in ends for end in bottom))


def _lane(piece: Piece) -> Piece:
    """The piece of a wire that passes everything beside it."""
    ends = tuple(End(end.wire, end.x, lane=True) for end in piece.tops)
    return replace(piece, tops=ends, bottoms=ends)


def _rank(way: Way, piece: Piece) -> tuple[float, ...]:
    """Ways that meet are ordered as operands; those that only part, as results; then as in the file."""
    joining = [end.wire for end in piece.bottoms if end.wire.target is not None]
    parting = [end.wire for end in piece.tops if end.wire.source is not None]
    inlet = min((wire.target.inlets[wire.inlet] for wire in joining if wire.target), default=0.0)
    outlet = min((wire.source.outlets[wire.outlet] for wire in parting if wire.source), default=0.0)
    order = min((wire.target.order for wire in parting if wire.target), default=0)
    first = min((end.wire.target.order for end in piece.tops if end.wire.target), default=0)
    return inlet, outlet, min((wire.position for wire in joining), default=0), order, first


def _comes_first(lane: Piece, bodies: list[Piece]) -> bool:
    """Whether a wire has to pass on the left, because it is the first of operands whose order matters."""
    wire = lane.bottoms[0].wire
    others = [end.wire for body in bodies for end in body.bottoms]
    return wire.ordered and all(wire.position < other.position for other in others)


def _places(pieces: list[Piece]) -> list[float]:
    """The axes of pieces side by side, so that a middle one (or the middle of all) lies at 0."""
    places = [0.0]
    for one, other in pairwise(pieces):
        places.append(places[-1] + one.right + BESIDE + other.left)
    middle = places[len(places) // 2] if len(places) % 2 else (places[0] + places[-1]) / 2
    return [place - middle for place in places]


def _fit(row: Assembly, piece: Piece, x: float) -> tuple[tuple[End, ...], tuple[End, ...]]:
    """Put a piece at the top of a row, and lead its wires down to the lower border."""
    row.add(piece, x, 0.0)
    row.below = max(row.below, piece.below - (row.height - piece.height))
    tops, bottoms = shifted(piece.tops, x), shifted(piece.bottoms, x)
    for end in bottoms:
        row.line(end.wire, (end.x, piece.height), (end.x, row.height))
    return tops, bottoms
