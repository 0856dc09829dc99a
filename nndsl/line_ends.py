"""Shapes at the ends of lines: of what they bind, where it is not written."""

from collections.abc import Iterator

from nndsl.elaboration.trace import Trace
from nndsl.elaboration.values import Tensor
from nndsl.program import Program
from nndsl.syntax import ast


def line_ends(spec: ast.Spec, program: Program, trace: Trace) -> Iterator[tuple[int, str]]:
    """For each statement that binds tensors or fields without saying what they are: where it ends, and what they are.

    Args:
        trace: what an elaboration of the text saw.
    """
    for definition in ast.statements(spec.statements):
        if not isinstance(definition, ast.Definition):
            continue
        for statement in ast.every(definition.body):
            if isinstance(statement, ast.Binding | ast.Output) and statement.type is None:
                targets = statement.targets if isinstance(statement, ast.Binding) else (statement.target,)
                told = [(one.name, _type(definition, one, program, trace)) for one in targets]
                if all(shape is not None for _, shape in told):
                    yield statement.span.end, ", ".join(f"{name} {shape}" if len(told) > 1 else str(shape) for name, shape in told)


def _type(home: ast.Definition, target: ast.Target, program: Program, trace: Trace) -> str | None:
    """The type of a tensor, with a sign where it is another in other expansions; or that of a field of data."""
    seen = trace.seen(target.span)
    if seen is not None and isinstance(seen.value, Tensor):
        return f"{seen.value.type} …" if seen.varies else str(seen.value.type)
    plan = program.data.get(home.name) if home.kind == "data" else None
    return str(plan.fields[target.name].type) if plan is not None and target.name in plan.fields else None
