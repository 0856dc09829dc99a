"""What is said of files of `diagnostics/` and of samples in which one line is another: the elaborator on the paths that few files take.

`accidents.txt` holds an accident a line, `NUMBER OF THE LINE | WHAT STANDS THERE INSTEAD`, in groups by file; `⏎` begins a new line.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nndsl.diagnostics import Report
from nndsl.driver import check
from nndsl.graph import Graph
from nndsl.program import Program
from nndsl.source import Source
from nndsl.syntax.reading import read_source
from tests.approved import approved, compare, told

ACCIDENTS = Path(__file__).with_name("accidents.txt")


@pytest.mark.parametrize("file", approved(ACCIDENTS))
def test_what_is_said_of_accidents_is_as_expected(file: str, bless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    source = read_source(ACCIDENTS.parent / file, name=Path(file).name)
    monkeypatch.chdir((ACCIDENTS.parent / file).parent)  # messages name files by their path from the current folder

    def say(accident: str) -> Iterator[str]:
        number, _, written = accident.partition(" | ")
        lines = source.text.split("\n")
        lines[int(number) - 1] = written.replace("⏎", "\n")
        for line in _said(*check(Source(source.name, "\n".join(lines), source.path))):
            yield line.replace(str(ACCIDENTS.parent), "...")

    compare(ACCIDENTS, file, say, bless)


def _said(program: Program, report: Report) -> Iterator[str]:
    for one in report:
        yield from told(one)
    if not any(one.severity == "error" for one in report):
        yield from (f"network {name}({', '.join(map(str, one.arguments.items()))}) {_graph(one.graph)}" for name, one in program.networks.items())
        for name, training in program.trainings.items():
            yield from (f"train {name} makes {one.figures} smaller by {[owner.name for owner in one.updates]}: {_graph(one.graph)}"
                        for one in training.objectives)
            yield f"measures {[one.name for one in training.measures]} of {training.predictions} and {training.targets}"
            yield from training.choices


def _graph(graph: Graph) -> str:
    """The calls of a graph, and what comes out."""
    calls = [f"{node.label or node.name} = {type(node.component).called()}({', '.join(graph[one].name for one in node.operands)})" for node in graph.nodes]
    return f"{'; '.join(calls)} -> {', '.join(graph.outputs)}"
