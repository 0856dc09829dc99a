"""Python, laid out as a person does: on one line where it fits, else its brackets open, one thing a line (as `ruff format` has it)."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from nndsl.frozen import Frozen

WIDTH = 100
_STEP = "    "


class Call(Frozen):
    """A call: the function, and what stands between its brackets."""

    function: "Code"
    arguments: tuple["Code", ...] = ()


class Named(Frozen):
    """An argument by its name, `padding="same"`; or an entry of a dictionary, whose joint is `": "`."""

    name: str
    value: "Code"
    joint: str = "="


class Bracket(Frozen):
    """A list, a tuple or a dictionary: its brackets, and what stands between them."""

    opened: str
    items: tuple["Code", ...]
    closed: str


Code: TypeAlias = str | Call | Named | Bracket
"""An expression. A text has no place where it can be broken."""


def call(function: Code, *arguments: Code, **named: Code) -> Call:
    """A call with its arguments by position and by name."""
    return Call(function, (*arguments, *(Named(name, value) for name, value in named.items())))


def listed(items: Iterable[Code]) -> Bracket:
    return Bracket("[", tuple(items), "]")


def together(items: Iterable[Code]) -> Code:
    """A tuple."""
    every = tuple(items)
    return f"({flat(every[0])},)" if len(every) == 1 else Bracket("(", every, ")")


def dictionary(entries: Iterable[tuple[str, Code]]) -> Bracket:
    """A dictionary by texts."""
    return Bracket("{", tuple(Named(quoted(name), value, ": ") for name, value in entries), "}")


def quoted(text: str) -> str:
    """A text as Python has it, in double quotes unless it holds some, and no single ones."""
    found = json.dumps(text, ensure_ascii=False)
    return repr(text) if '"' in text or not text.isprintable() else found


def flat(code: Code) -> str:
    """An expression on one line."""
    match code:
        case str():
            return code
        case Call(function, arguments):
            return f"{flat(function)}({_joined(arguments)})"
        case Named(name, value, joint):
            return f"{name}{joint}{flat(value)}"
        case Bracket(opened, items, closed):
            return f"{opened}{_joined(items)}{closed}"


def _joined(items: Iterable[Code]) -> str:
    return ", ".join(map(flat, items))


def laid_out(before: str, code: Code, after: str, indent: str, width: int = WIDTH) -> Iterator[str]:
    """The lines of an expression with what stands before and after it.

    A call of what a call gives, `layer(...)(x)`, opens the last of its brackets if all up to there fits, else the first.
    """
    whole = f"{indent}{before}{flat(code)}{after}"
    if len(whole) <= width:
        yield whole
        return
    match code:
        case Named(name, value, joint):
            yield from laid_out(f"{before}{name}{joint}", value, after, indent, width)
        case Call(Call() as inner, arguments) if inner.arguments and len(f"{indent}{before}{flat(inner)}(") > width:
            yield from laid_out(before, inner, f"({_joined(arguments)}){after}", indent, width)
        case Call(function, arguments) if arguments:
            yield from _opened(f"{before}{flat(function)}(", arguments, f"){after}", indent, width)
        case Bracket(opened, items, closed) if items:
            yield from _opened(before + opened, items, closed + after, indent, width)
        case _:
            yield whole


def _opened(before: str, items: Sequence[Code], after: str, indent: str, width: int) -> Iterator[str]:
    yield indent + before
    inside = indent + _STEP
    together = inside + _joined(items)
    if len(together) <= width and not before.endswith(("[", "{")) and before[-2:-1] not in ("", " ", "("):
        yield together
    elif len(items) == 1 and not before.endswith(("[", "{")):
        yield from laid_out("", items[0], "", inside, width)
    else:
        for one in items:
            yield from laid_out("", one, ",", inside, width)
    yield indent + after


class Page:
    """Lines of a program in the making."""

    def __init__(self, margin: int = 0) -> None:
        """
        Args:
            margin: how far to the right they will stand.
        """
        self.lines: list[str] = []
        self._indent, self._width = "", WIDTH - margin

    def inner(self) -> "Page":
        """A page for what will belong to the next line."""
        return Page(WIDTH - self._width + len(self._indent) + len(_STEP))

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What is written within belongs to the line before."""
        before = self._indent
        self._indent += _STEP
        try:
            yield
        finally:
            self._indent = before

    def line(self, text: str = "") -> None:
        self.lines.append(self._indent + text if text else "")

    def code(self, before: str, code: Code, after: str = "") -> None:
        """An expression, with what stands before and after it."""
        self.lines += laid_out(before, code, after, self._indent, self._width)

    def sum(self, before: str, parts: Sequence[str]) -> None:
        """A sum, whose parts have their signs: on one line, in brackets on the next, or each on its own."""
        whole = " ".join(parts)
        if len(self._indent + before + whole) <= self._width:
            self.line(before + whole)
            return
        self.line(f"{before}(")
        with self.inside():
            for one in [whole] if len(self._indent + whole) <= self._width else parts:
                self.line(one)
        self.line(")")

    def comment(self, text: str) -> None:
        """A comment, in lines that are not too long."""
        for line in _wrapped(text, self._width - len(self._indent) - 2):
            self.line(f"# {line}" if line else "#")

    def documentation(self, text: str) -> None:
        """A documentation string."""
        said = text.strip().replace("\\", "\\\\").replace('"""', "'''")
        lines = _wrapped(said, self._width - len(self._indent) - 6)
        if len(lines) == 1 and not said.endswith('"'):
            self.line(f'"""{lines[0]}"""')
            return
        self.line(f'"""{lines[0]}')
        for one in lines[1:]:
            self.line(one)
        self.line('"""')

    def blank(self, count: int = 1) -> None:
        """Empty lines, so many and no more."""
        while self.lines and not self.lines[-1]:
            self.lines.pop()
        self.lines += [""] * count if self.lines else []

    def take(self, other: "Page") -> None:
        """The lines of another page, here."""
        self.lines += [self._indent + one if one else "" for one in other.lines]

    def text(self) -> str:
        return "\n".join(self.lines).strip("\n") + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    """A text in lines that are no longer; its own line ends stay."""
    from textwrap import wrap

    return [line for one in text.splitlines() for line in (wrap(one, max(40, width), break_long_words=False, break_on_hyphens=False) or [""])]
