"""Reading a text again after an edit: statements that are as they were keep their syntax, moved to where they stand now.

Whatever the edit, the syntax is what reading the whole text would give. That is easy to see, since nothing is guessed: the
lexer reads the new text, leaps over the kept statements only where it is between statements, and lets each stand as one
token; and whenever there is anything to say about the text, it is read as a whole.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn

from nndsl.diagnostics import Diagnostic, Report
from nndsl.source import Source, Span
from nndsl.syntax import ast
from nndsl.syntax.lexing import Lexer, ReadWhole
from nndsl.syntax.parser import Parser, parse

_LINE_END = re.compile(r"[ \t\f]*+(?:#[^\r\n]*+)?\r?\n")
_INDENTATION = re.compile(r"[ \t\f]*+")
_AT_THE_TOP = (ast.Definition, ast.Import, ast.Param)
"""After others, a `}` that closes nothing is passed over without a word, as they will be said to belong elsewhere."""
_LEAVES = frozenset((ast.Name, ast.Number, ast.Target, ast.String, ast.Truth))
_PLAIN = frozenset((str, int, float, bool, type(None)))


def parse_again(source: Source, report: Report, before: ast.Spec) -> ast.Spec:
    """What `parse` gives, and reports: sooner, if the text is much like one that has been read without mistakes.

    Args:
        before: the syntax of that text.
    """
    if not all(isinstance(one, _AT_THE_TOP) for one in before.statements):
        return parse(source, report)
    edit = _edit(before.source.text, source.text)
    try:
        lexer = Lexer(source, _Nothing(), [*_kept(before.statements, edit, source)])
        lexer.run()
        return Parser(lexer).run()
    except (ReadWhole, RecursionError):
        return parse(source, report)


class _Nothing(Report):
    """A report for those who go on only as long as there is nothing to report."""

    def add(self, diagnostic: Diagnostic) -> NoReturn:
        raise ReadWhole


class _Edit(NamedTuple):
    """How one text differs from another: up to `start` they are the same, and so are they from `end` on, which is `moved` then."""

    text: str
    start: int
    end: int
    moved: int

    def before(self, statement: ast.Statement) -> bool:
        """Whether a statement ends, with its line, before anything is different."""
        line_end = _LINE_END.match(self.text, statement.span.end)
        return line_end is not None and line_end.end() <= self.start

    def after(self, statement: ast.Statement) -> bool:
        """Whether a statement begins, with its line, after everything that is different."""
        line = self.text.rfind("\n", self.end, statement.span.start) + 1
        indentation = _INDENTATION.match(self.text, line)
        return line > 0 and indentation is not None and indentation.end() == statement.span.start


def _edit(before: str, after: str) -> _Edit:
    shorter = min(len(before), len(after))
    start = _common(shorter, lambda length: before[:length] == after[:length])
    rest = shorter - start
    end = _common(rest, lambda length: before[len(before) - length :] == after[len(after) - length :])
    return _Edit(before, start, len(before) - end, len(after) - len(before))


def _common(limit: int, alike: Callable[[int], bool]) -> int:
    """The largest number up to a limit of which something holds, as it does of all smaller ones."""
    return bisect_left(range(limit + 1), True, key=lambda length: not alike(length)) - 1


def _kept(statements: Sequence[ast.Statement], edit: _Edit, source: Source) -> Iterator[Sequence[ast.Statement]]:
    """The statements that an edit leaves as they are, where they now stand; those that follow each other together."""
    first = next((place for place, one in enumerate(statements) if not edit.before(one)), len(statements))
    last = next((place for place in range(first, len(statements)) if edit.after(statements[place])), len(statements))
    if first:
        yield _moved(statements[:first], source, 0)
    for one in statements[first:last]:
        for body in _bodies(one):
            yield from _kept(body, edit, source)
    if last < len(statements):
        yield _moved(statements[last:], source, edit.moved)


def _bodies(statement: ast.Statement) -> Iterator[Sequence[ast.Statement]]:
    match statement:
        case ast.Definition(body=body) | ast.For(body=body):
            yield body
        case ast.If(branches=branches, otherwise=otherwise):
            yield from (body for _, body in branches)
            yield otherwise


def _moved(node: Any, source: Source, by: int) -> Any:
    """A node, or a tuple of nodes, in another source, and so many characters later. (All nodes of a file pass through it.)"""
    kind = type(node)
    if kind is tuple:
        return tuple([_moved(one, source, by) for one in node])
    if kind in _LEAVES:
        (_, start, end), value = kind._values(node)
        return kind(_span(Span, (source, start + by, end + by)), value)
    (_, start, end), *rest = kind._values(node)
    parts = [
        one if type(one) in _PLAIN else _span(Span, (source, one[1] + by, one[2] + by)) if type(one) is Span else _moved(one, source, by)
        for one in rest
    ]
    return kind(_span(Span, (source, start + by, end + by)), *parts)


_span = tuple.__new__
"""Half the time of calling the class."""
