"""How often lines cross where other layout engines draw the networks of `specs`: `python -m benchmarks.peers` writes crossings.json.

The peers are graphlay (`pip install graphlay`) and dagre (`npm install @dagrejs/dagre`, in a folder named by `--dagre`). They
are given the cards alone: no frames around blocks, which would only make it harder. A test holds our layout against the file.
"""

import argparse
import json
import subprocess
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import TypeAlias

from nndsl import api
from nndsl.diagram.figure import Card, Detail, Figure, Frame, Item, figure
from nndsl.diagram.layout import lay_out
from nndsl.diagram.pieces import Point
from nndsl.graph import Ref
from nndsl.program import Network

ROOT = Path(__file__).parents[1]
FOUND = Path(__file__).with_name("crossings.json")
DETAILS: tuple[Detail, ...] = ("full", "blocks", "overview")


def networks() -> dict[str, Network]:
    """All networks of `specs`, by file and name."""
    programs = {path.stem: api.load(path).checked for path in sorted((ROOT / "specs").glob("*.nn"))}
    return {f"{stem}.{name}": one for stem, program in programs.items() for name, one in program.networks.items()}


# Graphs without frames ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Flat:
    """A figure without its frames.

    Attributes:
        sizes: width and height of each card.
        edges: from which card, which of its tensors, to which card.
    """

    sizes: Sequence[tuple[float, float]]
    edges: Sequence[tuple[int, int, int]]


def flat(figure: Figure) -> Flat:
    """The cards of a figure, as large as we draw them, and the wires between them."""
    layout = lay_out(figure)
    size_of = {layout.items[seat.vertex]: seat.vertex for seat in layout.seats if seat.vertex in layout.items}
    giving: dict[Ref, tuple[Card, int]] = {}
    cards = list(_cards(figure.members, giving))
    number = {card: index for index, card in enumerate(cards)}
    edges = [(number[giving[ref][0]], giving[ref][1], number[card]) for card in cards for ref in card.inputs]
    return Flat([(size_of[one].left + size_of[one].right, size_of[one].height) for one in cards], list(dict.fromkeys(edges)))


def _cards(members: Iterable[Item], giving: dict[Ref, tuple[Card, int]]) -> Iterator[Card]:
    """The cards in and below some items; and, by the way, which card gives each tensor."""
    for item in members:
        if isinstance(item, Frame):
            yield from _cards(item.members, giving)
            giving.update({outside: giving[inside] for outside, inside in zip(item.outputs, item.exits, strict=True)})
        else:
            giving.update({ref: (item, index) for index, ref in enumerate(item.outputs)})
            yield item


# Crossings ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line of a picture; lines of one tensor, or to one target, may run together."""

    tensor: Hashable
    target: Hashable
    points: Sequence[Point]


def crossings(lines: Sequence[Line]) -> int:
    """How many times lines of different tensors to different targets cross."""
    stretches = sorted((min(start[1], end[1]), max(start[1], end[1]), number, start, end)
                       for number, line in enumerate(lines) for start, end in pairwise(line.points))  # fmt: skip
    return sum(
        _may_not(lines[stretches[place][2]], lines[one[2]]) and _cross(stretches[place][3:], one[3:])
        for place in range(len(stretches)) for one in _beside(stretches, place)
    )  # fmt: skip


_Stretch: TypeAlias = tuple[float, float, int, Point, Point]
"""From which height to which, of which line, from where to where."""


def _beside(stretches: Sequence[_Stretch], place: int) -> Iterator[_Stretch]:
    """Those after one, from above, that begin before it ends."""
    for one in islice(stretches, place + 1, None):
        if one[0] > stretches[place][1]:
            return
        yield one


def _may_not(one: Line, other: Line) -> bool:
    """Whether it would be a crossing if two lines met."""
    return one.tensor != other.tensor and one.target != other.target


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether two stretches cross, and do not only touch."""
    return _apart(*one, *other) and _apart(*other, *one)


def _apart(start: Point, end: Point, one: Point, other: Point) -> bool:
    """Whether two points lie on different sides of a line, each more than a hair away from it."""
    sides = [(end[0] - start[0]) * (p[1] - start[1]) - (end[1] - start[1]) * (p[0] - start[0]) for p in (one, other)]
    hair = 0.5 * (abs(end[0] - start[0]) + abs(end[1] - start[1]))
    return min(sides) < -hair and max(sides) > hair


# Peers -------------------------------------------------------------------------------------------


def graphlay_lines(graph: Flat) -> list[Line]:
    """The lines that graphlay draws."""
    import graphlay

    asked = graphlay.Graph()
    for index, (width, height) in enumerate(graph.sizes):
        asked.node(index, width=width, height=height)
    for source, _, target in graph.edges:
        asked.edge(source, target)
    drawn = graphlay.layout(asked, options={"direction": "topbottom"}).edges
    points = [[(point["x"], point["y"]) for point in edge["points"]] for edge in drawn]
    return [Line((source, outlet), target, line) for (source, outlet, target), line in zip(graph.edges, points, strict=True)]


DAGRE = """
const { Graph, layout } = require('@dagrejs/dagre');
const Kind = Graph || require('@dagrejs/dagre').graphlib.Graph;
const text = require('fs').readFileSync(0, 'utf8');
const lines = JSON.parse(text).map(({ sizes, edges }) => {
  const g = new Kind({ multigraph: true });
  g.setGraph({ rankdir: 'TB' });
  g.setDefaultEdgeLabel(() => ({}));
  sizes.forEach(([width, height], i) => g.setNode(String(i), { width, height }));
  edges.forEach(([s, o, t], i) => g.setEdge(String(s), String(t), {}, String(i)));
  layout(g);
  return edges.map(([s, o, t], i) => g.edge(String(s), String(t), String(i)).points.map(({ x, y }) => [x, y]));
});
console.log(JSON.stringify(lines));
"""


def dagre_lines(graphs: Sequence[Flat], folder: Path) -> list[list[Line]]:
    """The lines that dagre draws of each graph, by node in a folder where dagre is installed."""
    asked = json.dumps([{"sizes": one.sizes, "edges": one.edges} for one in graphs])
    said = json.loads(subprocess.run(["node", "-e", DAGRE], input=asked, cwd=folder, check=True, capture_output=True, text=True).stdout)
    return [
        [Line((source, outlet), target, line) for (source, outlet, target), line in zip(graph.edges, lines, strict=True)]
        for graph, lines in zip(graphs, said, strict=True)
    ]


def found(folder: Path) -> Mapping[str, Mapping[str, int]]:
    """By network and detail, how often the lines of each peer cross; and how large the graph was."""
    graphs = {f"{name} {detail}": flat(figure(one, detail)) for name, one in networks().items() for detail in DETAILS}
    by_dagre = dagre_lines(list(graphs.values()), folder)
    return {
        name: {"cards": len(graph.sizes), "wires": len(graph.edges), "graphlay": crossings(graphlay_lines(graph)), "dagre": crossings(lines)}
        for (name, graph), lines in zip(graphs.items(), by_dagre, strict=True)
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dagre", metavar="FOLDER", type=Path, required=True, help="where `npm install @dagrejs/dagre` was called")
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(figures)}" for name, figures in found(parser.parse_args().dagre).items())
    FOUND.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    print(FOUND)


if __name__ == "__main__":
    main()
