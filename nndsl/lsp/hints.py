"""Shapes at the ends of lines: of what they bind, where it is not written."""

from collections.abc import Iterator

from lsprotocol import types

from nndsl.elaboration.values import Tensor
from nndsl.lsp.desk import Analysis
from nndsl.lsp.names import Names
from nndsl.lsp.places import places
from nndsl.syntax import ast


def hints(analysis: Analysis, start: int, end: int, encoding: str) -> list[types.InlayHint]:
    """The hints between two places of the text."""
    at = places(analysis.source, encoding)
    return [
        types.InlayHint(at.position(place), f": {text}", types.InlayHintKind.Type, padding_left=True)
        for place, text in _texts(analysis) if start <= place <= end
    ]


def _texts(analysis: Analysis) -> Iterator[tuple[int, str]]:
    for statement in _binding(analysis.names):
        targets = statement.targets if isinstance(statement, ast.Binding) else (statement.target,)
        told = [(one.name, _shape(analysis, one)) for one in targets]
        if all(shape is not None for _, shape in told):
            text = ", ".join(f"{name} {shape}" if len(told) > 1 else str(shape) for name, shape in told)
            yield statement.span.end, text


def _binding(names: Names) -> Iterator[ast.Binding | ast.Output]:
    """The statements that bind tensors without saying what they are."""
    for definition in names.bodies:
        for statement in ast.every(definition.body):
            if isinstance(statement, ast.Binding | ast.Output) and statement.type is None:
                yield statement


def _shape(analysis: Analysis, target: ast.Target) -> str | None:
    """The type of a tensor, with a sign where it is another in other expansions; or that of a field of data."""
    seen = analysis.trace.names.get(target.span)
    if seen is not None and isinstance(seen.value, Tensor):
        return f"{seen.value.type} …" if seen.varies else str(seen.value.type)
    occurrence = analysis.names.at(target.span.start)
    home = getattr(occurrence.meaning, "home", None) if occurrence is not None else None
    plan = analysis.program.data.get(home.name) if home is not None and home.kind == "data" else None
    return str(plan.fields[target.name].type) if plan is not None and target.name in plan.fields else None
