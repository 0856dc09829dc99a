"""The outline of a text: what it defines, and what can be folded away."""

from collections.abc import Iterator
from itertools import groupby
from typing import TypeAlias

from lsprotocol import types

from nndsl.diagnostics import Report
from nndsl.lsp.desk import Desk, Parsed
from nndsl.lsp.places import places
from nndsl.lsp.resolving import name_span
from nndsl.source import Source, Span
from nndsl.syntax import ast
from nndsl.syntax.comments import comments
from nndsl.syntax.lexing import Lexer

_KINDS = {
    "network": types.SymbolKind.Class,
    "block": types.SymbolKind.Function,
    "data": types.SymbolKind.Struct,
    "train": types.SymbolKind.Event,
}
Fold: TypeAlias = tuple[int, int, types.FoldingRangeKind]
_OPENERS, _CLOSERS = ("LBRACE", "LPAR", "LSQB"), ("RBRACE", "RPAR", "RSQB")


def symbols(desk: Desk, parsed: Parsed) -> list[types.DocumentSymbol]:
    return list(_symbols(desk, parsed.spec.statements))


def _symbols(desk: Desk, body: tuple[ast.Statement, ...]) -> Iterator[types.DocumentSymbol]:
    for statement in ast.statements(body):
        match statement:
            case ast.Definition():
                inner = list(_symbols(desk, statement.body))
                yield _symbol(desk, statement.name, _KINDS[statement.kind], statement.span, name_span(statement), statement.kind, inner)
            case ast.Param():
                yield _of(desk, statement.target, types.SymbolKind.Constant, statement, "param")
            case ast.Input():
                yield _of(desk, statement.target, types.SymbolKind.Interface, statement, "input")
            case ast.Output():
                yield _of(desk, statement.target, types.SymbolKind.Interface, statement, "output")
            case ast.LayerDeclaration():
                yield _of(desk, statement.target, types.SymbolKind.Object, statement, "layer")
            case ast.Binding():
                for target in statement.targets:
                    yield _of(desk, target, types.SymbolKind.Variable, statement, "")


def _of(desk: Desk, target: ast.Target, kind: types.SymbolKind, statement: ast.Statement, detail: str) -> types.DocumentSymbol:
    return _symbol(desk, target.name, kind, statement.span, target.span, detail, [])


def _symbol(
    desk: Desk, name: str, kind: types.SymbolKind, whole: Span, named: Span, detail: str, inner: list[types.DocumentSymbol]
) -> types.DocumentSymbol:
    return types.DocumentSymbol(name, kind, desk.range(whole), desk.range(named), detail or None, children=inner or None)


def folds(desk: Desk, parsed: Parsed) -> list[types.FoldingRange]:
    """Bodies, brackets, imports and comments that go over several lines."""
    source = parsed.spec.source
    lexer = Lexer(source, Report())
    lexer.run()
    at = places(source, desk.encoding)
    found: dict[int, types.FoldingRange] = {}
    for start, end, kind in (*_brackets(lexer), *_imports(parsed), *_comments(source, lexer)):
        first, last = at.position(start).line, at.position(end).line
        if last > first:
            found.setdefault(first, types.FoldingRange(first, last, kind=kind))
    return list(found.values())


def _brackets(lexer: Lexer) -> Iterator[Fold]:
    waiting: list[int] = []
    for kind, start, end in lexer.tokens:
        if kind in _OPENERS:
            waiting.append(start)
        elif kind in _CLOSERS and waiting:
            opened = waiting.pop()
            if start < end:
                yield opened, start, types.FoldingRangeKind.Region


def _imports(parsed: Parsed) -> Iterator[Fold]:
    spans = [one.span for one in parsed.spec.statements if isinstance(one, ast.Import)]
    if spans:
        yield spans[0].start, spans[-1].end, types.FoldingRangeKind.Imports


def _comments(source: Source, lexer: Lexer) -> Iterator[Fold]:
    """Comments on lines of their own, one below the other."""
    alone = [one for one in comments(source, lexer.tokens) if one.alone]
    for _, group in groupby(enumerate(alone), lambda one: source.line_of(one[1].start) - one[0]):
        run = [one for _, one in group]
        yield run[0].start, run[-1].end, types.FoldingRangeKind.Comment
