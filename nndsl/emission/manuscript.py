"""What the file says where: the statement that a call belongs to, the arguments as they were written, the comments."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from nndsl.diagnostics import Report
from nndsl.frozen import Frozen
from nndsl.source import Source, Span
from nndsl.syntax import ast
from nndsl.syntax.comments import comments
from nndsl.syntax.lexing import Lexer
from nndsl.syntax.parser import parse

Place: TypeAlias = tuple[Source, int, int]

_SILENCING = ("# allow ", "#allow ")


class Remark(Frozen, eq=False):
    """A statement, and what is said of it in comments."""

    statement: ast.Statement
    comments: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it gives to its results."""
        match self.statement:
            case ast.Binding(targets=targets):
                return tuple(one.name for one in targets)
            case ast.Output(target=target) | ast.Input(target=target) | ast.LayerDeclaration(target=target):
                return (target.name,)
        return ()


class Manuscript:
    """The text of a program and of all that it imports."""

    def __init__(self, sources: Iterable[Source]):
        self._remarks: dict[Source, list[tuple[Span, Remark]]] = {}
        self._calls: dict[Place, ast.Call] = {}
        self._expressions: dict[Place, ast.Expression] = {}
        self.definitions: dict[Place, ast.Definition] = {}
        self.parameters: dict[str, Remark] = {}
        self.heads: dict[Source, tuple[str, ...]] = {}
        for source in sources:
            self._take(source)

    def remark(self, span: Span) -> Remark | None:
        """The innermost statement around a place."""
        around = [(one.start, remark) for one, remark in self._remarks.get(span.source, ()) if one.start <= span.start and span.end <= one.end]
        return max(around, key=lambda one: one[0])[1] if around else None

    def definition(self, head: Span) -> ast.Definition | None:
        """The block, network, `data` or `train` with such a head."""
        return self.definitions.get((head.source, head.start, head.end))

    def said_of(self, span: Span) -> tuple[str, ...]:
        """The comments on the statement at a place."""
        found = self.remark(span)
        return () if found is None else found.comments

    def said_of_setting(self, head: Span, name: str) -> tuple[str, ...]:
        """The comments on a setting of the block with such a head."""
        definition = self.definition(head)
        for one in definition.body if definition is not None else ():
            if isinstance(one, ast.Binding) and one.targets[0].name == name:
                return self.said_of(one.span)
        return ()

    def call(self, span: Span) -> ast.Call | None:
        """The call that stands at a place."""
        return self._calls.get((span.source, span.start, span.end))

    def declared(self, span: Span, name: str) -> Span | None:
        """Where the layer is made that a call at a place applies by its name; None where the call makes it."""
        if span.text != name:
            return None
        found = [remark.statement for _, remark in self._remarks.get(span.source, ()) if isinstance(remark.statement, ast.LayerDeclaration)]
        return next((one.value.span for one in reversed(found) if one.target.name == name and one.span.start < span.start), None)

    def expression(self, span: Span) -> ast.Expression | None:
        """The number, or what computes one, that stands at a place."""
        return self._expressions.get((span.source, span.start, span.end))

    def arguments(self, span: Span, names: Iterable[str]) -> Mapping[str, ast.Expression]:
        """What is written for the arguments of the call at a place.

        Args:
            names: of the arguments that can be given by position.
        """
        found = self.call(span)
        if found is None:
            return {}
        positional = dict(zip(names, found.positional, strict=False))
        return {**positional, **{one.name: one.value for one in found.keywords}}

    # Reading -----------------------------------------------------------------

    def _take(self, source: Source) -> None:
        report = Report()
        spec = parse(source, report)
        statements = list(_statements(spec.statements))
        said = self._comments(source, statements)
        for place, statement in enumerate(statements):
            remark = Remark(statement, tuple(said.get(place, ())))
            self._remarks.setdefault(source, []).append((statement.span, remark))
            if isinstance(statement, ast.Definition):
                self.definitions[source, statement.head.start, statement.head.end] = statement
            if isinstance(statement, ast.Param):
                self.parameters.setdefault(statement.target.name, remark)
        for one in _nodes(spec.statements):
            if isinstance(one, ast.Call):
                self._calls[source, one.span.start, one.span.end] = one
            if isinstance(one, ast.Number | ast.Name | ast.Unary | ast.Binary | ast.Call):
                self._expressions.setdefault((source, one.span.start, one.span.end), one)

    def _comments(self, source: Source, statements: list[ast.Statement]) -> dict[int, list[str]]:
        """By the place of a statement, what is said of it: before it, or at the end of its lines."""
        lexer = Lexer(source, Report())
        lexer.run()
        found: dict[int, list[str]] = {}
        head: list[str] = []
        for one in comments(source, lexer.tokens):
            text = source.text[one.start : one.end]
            if text.startswith(_SILENCING):
                continue
            said = text.lstrip("#").strip()
            if one.alone and _is_first(source, one.start):
                head.append(said)
                continue
            place = _after(statements, one.end) if one.alone else _around(statements, one.start)
            if place is not None:
                found.setdefault(place, []).append(said)
        self.heads[source] = tuple(head)
        return found


def _is_first(source: Source, start: int) -> bool:
    """Whether nothing but comments stands before a place, in the first paragraph of the text."""
    before = source.text[:start]
    return all(line.startswith("#") for line in before.splitlines())


def _after(statements: list[ast.Statement], end: int) -> int | None:
    later = [(one.span.start, place) for place, one in enumerate(statements) if one.span.start >= end]
    return min(later)[1] if later else None


def _around(statements: list[ast.Statement], start: int) -> int | None:
    """The statement in whose lines a comment stands."""
    line = statements[0].span.source.line_of(start) if statements else 0
    around = [
        (one.span.start, place) for place, one in enumerate(statements)
        if one.span.start <= start and one.span.source.line_of(max(one.span.start, one.span.end - 1)) >= line
    ]
    return max(around)[1] if around else None


def _statements(found: Iterable[ast.Statement]) -> Iterator[ast.Statement]:
    """All statements, those in bodies after what they are in."""
    for one in found:
        yield one
        match one:
            case ast.Definition(body=body) | ast.For(body=body):
                yield from _statements(body)
            case ast.If(branches=branches, otherwise=otherwise):
                for _, body in branches:
                    yield from _statements(body)
                yield from _statements(otherwise)


def _nodes(value: Any) -> Iterator[Any]:
    """All syntax nodes in some of them."""
    if isinstance(value, tuple) and not isinstance(value, Span):
        for one in value:
            yield from _nodes(one)
    elif isinstance(value, Frozen):
        yield value
        for name in value.__match_args__:
            yield from _nodes(getattr(value, name))
