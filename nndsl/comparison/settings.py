"""What was changed in the settings of two files: their `param`s, data and trainings, as they are written."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nndsl.catalogue.component import describe
from nndsl.diagnostics import Report
from nndsl.frozen import Frozen
from nndsl.program import Program
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.syntax.parser import parse


@dataclass(frozen=True)
class Setting:
    """One setting that is not the same in both files.

    Attributes:
        of: what it belongs to: `train Digits8x8`, `data Photos`, or `param`.
        old, new: its value as it is written; None where the file does not have it.
    """

    of: str
    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class _Value:
    """A value as it is written, and what that means, whatever blanks and comments are in it."""

    text: str
    meaning: object


def changed_settings(old: Program, new: Program) -> tuple[Setting, ...]:
    """The settings that differ, by what they belong to, in the order of the new file; those that it does not have any more last."""
    before, after = _definitions(old), _definitions(new)
    renamed = dict(_only_ones(before, after))
    written = _settings(before, renamed), _settings(after, {})
    names = (Setting(of, "name", was.partition(" ")[2], of.partition(" ")[2]) for was, of in renamed.items())
    found = (*_parameters(old.parameters, new.parameters), *names, *_differences(*written))
    order = list(dict.fromkeys(("param", *map(_called, after), *(one.of for one in found))))
    return tuple(sorted(found, key=lambda one: order.index(one.of)))


def _definitions(program: Program) -> list[ast.Definition]:
    """The `data` and `train` blocks of a file."""
    spec = parse(program.source, Report())
    return [one for one in spec.statements if isinstance(one, ast.Definition) and one.kind in ("data", "train")]


def _called(definition: ast.Definition) -> str:
    return f"{definition.kind} {definition.name}"


def _only_ones(old: Sequence[ast.Definition], new: Sequence[ast.Definition]) -> Iterator[tuple[str, str]]:
    """The blocks that are the only ones of their kind in both files, where they are called otherwise."""
    for kind in ("data", "train"):
        before, after = ([_called(one) for one in those if one.kind == kind] for those in (old, new))
        if len(before) == len(after) == 1 and before != after:
            yield before[0], after[0]


def _parameters(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Setting]:
    for name in dict.fromkeys((*new, *old)):
        before, after = (describe(one[name]).strip("`") if name in one else None for one in (old, new))
        if before != after:
            yield Setting("param", name, before, after)


def _differences(old: Mapping[tuple[str, str], _Value], new: Mapping[tuple[str, str], _Value]) -> Iterator[Setting]:
    for key in dict.fromkeys((*new, *old)):
        before, after = old.get(key), new.get(key)
        if before is None or after is None or before.meaning != after.meaning:
            yield Setting(*key, before.text if before else None, after.text if after else None)


def _settings(definitions: Iterable[ast.Definition], renamed: Mapping[str, str]) -> dict[tuple[str, str], _Value]:
    """By what they belong to and their names, all settings that blocks write."""
    return {(renamed.get(_called(one), _called(one)), name): value for one in definitions for name, value in _of(one)}


def _of(definition: ast.Definition) -> Iterator[tuple[str, _Value]]:
    steps = [one for one in definition.body if isinstance(one, ast.Minimize)]
    for statement in definition.body:
        match statement:
            case ast.Binding():
                yield ", ".join(one.name for one in statement.targets), _value(statement.value)
            case ast.LayerDeclaration():
                yield f"layer {statement.target.name}", _value(statement.value)
            case ast.Minimize():
                number = f" {steps.index(statement) + 1}" if len(steps) > 1 else ""
                yield f"minimize{number}", _value(statement)


def _value(node: ast.Expression | ast.Minimize) -> _Value:
    text = re.sub(r"#[^\n]*\n", "\n", node.span.text)
    return _Value(" ".join(text.split()).removeprefix("minimize "), _meaning(node))


def _meaning(node: object) -> object:
    """A syntax node but for the places where it is written."""
    if isinstance(node, tuple) and not isinstance(node, Span):
        return tuple(map(_meaning, node))
    if not isinstance(node, Frozen):
        return node
    values = [(name, getattr(node, name)) for name in node.__match_args__]
    return type(node).__name__, tuple((name, _meaning(value)) for name, value in values if not isinstance(value, Span))
