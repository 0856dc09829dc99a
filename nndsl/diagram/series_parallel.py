"""Series-parallel reduction: what most networks are made of, found in one sweep.

A vertex with one way in and one way out is put in series with its wires; ways between the same two vertices are
put in parallel. Where one way from the source to the sink remains, the graph is series-parallel, and its picture
nests without a crossing. Otherwise a core remains, whose edges are such ways.
(Valdes, Tarjan, Lawler: The recognition of series parallel digraphs, 1982.)
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from nndsl.diagram.pieces import Vertex, Wire


@dataclass(frozen=True, eq=False, slots=True)
class Series:
    """Ways joined at vertices: `ways[0], vertices[0], ways[1], ..., ways[-1]`."""

    ways: tuple["Way", ...]
    vertices: tuple[Vertex, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Parallel:
    """Two or more ways with the same ends; none of them is a `Parallel`."""

    ways: tuple["Way", ...]


Way: TypeAlias = Wire | Series | Parallel
Core: TypeAlias = list[tuple[Vertex | None, Vertex | None, Way]]


class _Reduction:
    """The graph as it shrinks. None is the source before all vertices, or the sink after them."""

    def __init__(self, wires: Sequence[Wire]) -> None:
        self.after: dict[Vertex | None, dict[Vertex | None, Way]] = {None: {}}
        self.before: dict[Vertex | None, dict[Vertex | None, None]] = {None: {}}
        for wire in wires:
            self.join(wire.source, wire.target, wire)

    def join(self, source: Vertex | None, target: Vertex | None, way: Way) -> None:
        ways = self.after.setdefault(source, {})
        present = ways.get(target)
        ways[target] = way if present is None else Parallel((*_ways(present), *_ways(way)))
        self.before.setdefault(target, {})[source] = None

    def shorten(self, vertex: Vertex) -> tuple[Vertex | None, Vertex | None] | None:
        """Put a vertex in series with its ways, if there is one on either side; its neighbours."""
        sources, targets = self.before.get(vertex, {}), self.after.get(vertex, {})
        if len(sources) != 1 or len(targets) != 1:
            return None
        (source,), ((target, out),) = sources, targets.items()
        into = self.after[source].pop(vertex)
        del self.before[target][vertex], self.after[vertex], self.before[vertex]
        self.join(source, target, _series(into, vertex, out))
        return source, target


def _ways(way: Way) -> tuple[Way, ...]:
    return way.ways if isinstance(way, Parallel) else (way,)


def _series(into: Way, vertex: Vertex, out: Way) -> Series:
    first, before = (into.ways, into.vertices) if isinstance(into, Series) else ((into,), ())
    last, after = (out.ways, out.vertices) if isinstance(out, Series) else ((out,), ())
    return Series((*first, *last), (*before, vertex, *after))


def reduced(vertices: Sequence[Vertex], wires: Sequence[Wire]) -> Core:
    """The core of a group: one way from None to None if it is series-parallel, its irreducible rest otherwise.

    Args:
        vertices: in topological order; each lies on a way from the border of the group to its border.
    """
    reduction = _Reduction(wires)
    queue = deque(vertices)
    while queue:
        neighbours = reduction.shorten(queue.popleft())
        queue += (vertex for vertex in neighbours or () if vertex is not None and vertex in reduction.before)
    return [(source, target, way) for source, ways in reduction.after.items() for target, way in ways.items()]


def members(way: Way) -> Iterator[Way]:
    """A way and all ways inside it, parts before their wholes."""
    stack: list[tuple[Way, bool]] = [(way, False)]
    while stack:
        current, ready = stack.pop()
        if ready or isinstance(current, Wire):
            yield current
        else:
            stack.append((current, True))
            stack += ((part, False) for part in reversed(current.ways))
