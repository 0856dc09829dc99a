"""What the catalogue says of calls: the results, weights, FLOPs and what is seen, or why a call is refused, where, and what to do.

`calls.txt` holds a call a line, `TYPES | EXPRESSION`, where the expression names its operands a, b, c, and below it what is said.
`pytest --bless` rewrites that. (That what is said of shapes, weights and masks is true is held against Keras in `agreement/`.)
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nndsl.catalogue.applicable import Function, Layer
from nndsl.costs import node_flops
from nndsl.driver import check
from nndsl.graph import Graph, Node
from nndsl.source import Source
from nndsl.types import Mismatch, TensorType
from tests.approved import approved, compare, told
from tests.mutations import ROOT

CALLS = Path(__file__).with_name("calls.txt")
CATALOGUE = ROOT / "nndsl" / "catalogue"
REFUSALS = {one.__name__ for one in Mismatch.__subclasses__()}
GROUPS = approved(CALLS)


def network(call: str) -> Source:
    types, _, expression = call.partition(" | ")
    inputs = "".join(f"  input {name}: {type}\n" for name, type in zip("abcdef", types.split("; "), strict=False))
    return Source("call.nn", f"network N {{\n{inputs}  output y = {expression}\n}}\n")


def said(call: str) -> list[str]:
    """Everything that is said of a call."""
    program, report = check(network(call))
    lines = [line for one in report for line in told(one)]
    if "N" in program.networks and not any(one.severity == "error" for one in report):
        graph = program.networks["N"].graph
        lines += _facts(graph, graph.nodes[-1])
    return lines


def _facts(graph: Graph, node: Node) -> Iterator[str]:
    component, operands = node.component, graph.operand_types(node)
    weights = ", ".join(f"{one.name} {list(one.shape)}{'' if one.trainable else ' fixed'}" for one in component.weights(*operands)) or "no weights"
    yield f"{component.called()}: {', '.join(map(_type, node.types))}; {weights}; {node_flops(graph, node)} FLOPs"
    windows, sights = component.windows(*operands), [component.sight(result, *operands) for result in range(len(node.types))]
    through = "all" if windows is None else [(one.size, one.stride, one.dilation, one.spread) for one in windows]
    yield f"sees {', '.join(' and '.join(one.name for one in each) for each in sights)}, through {through}"


def _type(type: TensorType) -> str:
    return f"{type}{' masked' if type.mask else ''}"


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_said_of_calls_is_as_expected(group: str, bless: bool) -> None:
    compare(CALLS, group, said, bless)


def test_of_every_component_a_call_is_taken() -> None:
    taken = {line.partition(":")[0] for calls in GROUPS.values() for lines in calls.values() for line in lines}
    assert {one.called() for one in (*Layer.registered(), *Function.registered())} - taken == {"RandomCrop"}, "it crops in training only"


def test_every_refusal_of_the_catalogue_is_among_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    met, usual = set[tuple[str, int]](), Mismatch.__init__

    def noted(mismatch: Mismatch, *arguments: Any, **keywords: Any) -> None:
        code = sys._getframe(1)
        met.add((code.f_code.co_filename, code.f_lineno))
        usual(mismatch, *arguments, **keywords)

    monkeypatch.setattr(Mismatch, "__init__", noted)
    for calls in GROUPS.values():
        for call in calls:
            check(network(call))
    assert [f"{path.relative_to(CATALOGUE)}:{place.start}" for path, place in refusals() if not any((str(path), line) in met for line in place)] == []


def refusals() -> Iterator[tuple[Path, range]]:
    """Where layers and functions refuse what a network can hold, and where the rules do that they share."""
    for path in [*CATALOGUE.glob("[!a]*.py"), *CATALOGUE.glob("a[!u]*.py"), *CATALOGUE.glob("layers/*.py"), *CATALOGUE.glob("functions/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(ast.Name(name)) if name in REFUSALS and "at least one tensor among" not in ast.unparse(node):
                    yield path, range(node.lineno, (node.end_lineno or 0) + 1)
