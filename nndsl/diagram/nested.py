"""The layout of what is series-parallel: ways in series stand below each other, ways in parallel side by side.

No two lines cross, by construction, except where the order of operands asks for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nndsl.diagram.channel import GAP, Link, route
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


@dataclass(frozen=True, slots=True)
class Above:
    """What the next element of a series is joined to: ends at a height, and the axis they suggest."""

    ends: tuple[End, ...]
    vertex: Vertex | None
    x: float


class Stack(Assembly):
    """A series under construction, from the top down."""

    def __init__(self) -> None:
        super().__init__()
        self.above = Above((), None, 0.0)
        self.sideways: list[End] = []
        self.tops: tuple[End, ...] = ()
        self.hanging = False

    def add_way(self, piece: Piece) -> None:
        """The next way: begins the series, or hangs on the vertex above."""
        vertex = self.above.vertex
        if vertex is None:
            self._begin(piece)
            return
        x = self.above.x + _straightening([(vertex.outlets[end.wire.outlet], end.x) for end in piece.tops])
        if piece.height == 0 and len(piece.tops) == 1:
            self.above = Above((End(piece.tops[0].wire, self.above.x + vertex.outlets[piece.tops[0].wire.outlet]),), vertex, x)
            return
        links = [
            Link(end.wire, self.above.x + vertex.outlets[end.wire.outlet], end.x + x, end.wire.outlet, end.wire)
            for end in piece.tops
        ]
        self._channel(links, vertex.note_height)
        self._place(piece, x)

    def _begin(self, piece: Piece) -> None:
        """A piece that begins with a plain wire begins, in effect, with the vertex that hangs on it."""
        self.tops = piece.tops
        self.hanging = piece.height == 0 and len(piece.tops) == 1
        self._place(piece, 0.0)

    def _place(self, piece: Piece, x: float) -> None:
        self.add(piece, x, self.height)
        self.height += piece.height
        self.above = Above(shifted(piece.bottoms, x), None, x)

    def add_vertex(self, vertex: Vertex) -> None:
        """The next vertex: the ends above are led into it, from the top or from its side."""
        ends = self.above.ends
        aside = _from_the_side(vertex, ends, self.above.x) if self.above.vertex is None else []
        entering = [end for end in ends if end not in aside]
        x = self.above.x
        if len(entering) == 1:
            x = entering[0].x - vertex.inlets[entering[0].wire.inlet]
        links = [Link(end.wire, end.x, x + vertex.inlets[end.wire.inlet], end.wire, end.wire.inlet) for end in entering]
        begun, before = self.height, self.above.vertex
        if before is not None or not self.hanging:
            least = PORT_GAP if vertex.height == 0 else GAP
            self._channel(links, before.note_height if before is not None else 0.0, least)
        self.hanging = False
        self.seat(vertex, x, self.height)
        for end in aside:
            assert vertex.edges is not None
            y = self.height + vertex.height / 2
            edge = x + vertex.edges[1] if end.x > x else x - vertex.edges[0]
            self.line(end.wire, (end.x, begun), (end.x, y), (edge, y))
            self.reach(end.x, end.x)
        self.height += vertex.height
        self.above = Above((), vertex, x)

    def _channel(self, links: list[Link], note: float, least: float = GAP) -> None:
        drawn = [link for link in links if link.wire.drawn]
        if not drawn:
            return
        channel = route(drawn, note, least)
        for wire, points in channel.lines:
            self.line(wire, *((px, py + self.height) for px, py in points))
            for px, _ in points:
                self.reach(px, px)
        self.height += channel.height

    def finish(self) -> Piece:
        return self.piece(self.tops, self.above.ends)


def _straightening(ports: list[tuple[float, float]]) -> float:
    """How far to move what is below, so that a single line runs straight."""
    return ports[0][0] - ports[0][1] if len(ports) == 1 else 0.0


def _from_the_side(vertex: Vertex, ends: Sequence[End], x: float) -> list[End]:
    """Those ends that enter a vertex from the side: lanes that pass everything else, at most one on either side."""
    if vertex.edges is None or len(ends) < 2:
        return []
    chosen = []
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
    return close(series)


def close(series: Stack) -> Piece:
    """The piece of a series; a last wire that hangs on a vertex gets its stretch."""
    vertex = series.above.vertex
    if vertex is not None and any(end.wire.drawn for end in series.above.ends):
        for end in series.above.ends:
            series.line(end.wire, (end.x, series.height), (end.x, series.height + vertex.note_height))
        series.height += vertex.note_height
    return series.finish()


# In parallel -------------------------------------------------------------------------------------


def _side_by_side(parallel: Parallel, pieces: list[Piece]) -> Piece:
    bodies, lanes = [], []
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
    for one, other in zip(pieces, pieces[1:], strict=False):
        places.append(places[-1] + one.right + BESIDE + other.left)
    middle = places[len(places) // 2] if len(places) % 2 else (places[0] + places[-1]) / 2
    return [place - middle for place in places]


def _fit(row: Assembly, piece: Piece, x: float) -> tuple[tuple[End, ...], tuple[End, ...]]:
    """Put a piece into a row, half-way down, and lead its wires to the borders of the row."""
    slack = row.height - piece.height
    if any(end.wire.source is None for end in piece.tops):
        y = 0.0
    elif any(end.wire.target is None for end in piece.bottoms):
        y = slack
    else:
        y = slack / 2
    row.add(piece, x, y)
    tops, bottoms = shifted(piece.tops, x), shifted(piece.bottoms, x)
    for end in tops:
        row.line(end.wire, (end.x, 0.0), (end.x, y))
    for end in bottoms:
        row.line(end.wire, (end.x, y + piece.height), (end.x, row.height))
    return tops, bottoms
