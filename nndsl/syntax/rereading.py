"""Reading a text again after an edit: statements that are as they were keep their syntax, moved to where they stand now.

Whatever the edit, the syntax is what reading the whole text would give. That is easy to see, since nothing is guessed: the
lexer reads the new text, leaps over the kept statements only where it is between statements, and lets each stand as one
token; and whenever there is anything to say about the text, it is read as a whole.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from inspect import get_annotations
from typing import Any, NamedTuple, NoReturn

from nndsl.diagnostics import Diagnostic, Report
from nndsl.frozen import Frozen
from nndsl.source import Source, Span
from nndsl.syntax import ast
from nndsl.syntax.lexing import Lexer, ReadWhole
from nndsl.syntax.parser import Parser, parse

_LINE_END = re.compile(r"[ \t\f]*+(?:#[^\r\n]*+)?\r?\n")
_INDENTATION = re.compile(r"[ \t\f]*+")
_AT_THE_TOP = (ast.Definition, ast.Import, ast.Param)
"""After others, a `}` that closes nothing is passed over without a word, as they will be said to belong elsewhere."""


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


# Moving ------------------------------------------------------------------------------------------


def _moved(node: Any, source: Source, by: int) -> Any:
    """A node, or a tuple of nodes, in another source, and so many characters later; what is neither, as it is."""
    return _MOVES[type(node)](node, source, by)


class _Moves(dict[type, Callable[[Any, Source, int], Any]]):
    """For each class, what moves its objects: made when the first is moved. (All nodes of a file are, after each edit.)"""

    def __missing__(self, cls: type) -> Callable[[Any, Source, int], Any]:
        move = self[cls] = _move_of(cls) if issubclass(cls, Frozen) else _unmoved
        return move


def _move_of(cls: type[Frozen]) -> Callable[[Any, Source, int], Any]:
    """A function for one class of nodes, which looks at those of its fields that can hold a place or another node."""
    annotations, parts = get_annotations(cls), []
    for field in cls.__match_args__:
        if annotations[field] is Span:
            parts.append(f"span(Span, (source, node.{field}[1] + by, node.{field}[2] + by))")
        else:
            parts.append(f"node.{field}" if annotations[field] in _PLAIN else f"moves[type(node.{field})](node.{field}, source, by)")
    names: dict[str, Any] = {"cls": cls, "Span": Span, "span": tuple.__new__, "moves": _MOVES}
    exec(f"def move(node, source, by): return cls({', '.join(parts)})", names)  # noqa: S102 - of nothing but names of fields
    move: Callable[[Any, Source, int], Any] = names["move"]
    return move


def _unmoved(value: Any, source: Source, by: int) -> Any:
    return value


_PLAIN = (str, int | float, bool | None)
_MOVES = _Moves()
_MOVES[Span] = lambda span, source, by: Span(source, span.start + by, span.end + by)
_MOVES[tuple] = lambda nodes, source, by: tuple([_MOVES[type(one)](one, source, by) for one in nodes])
