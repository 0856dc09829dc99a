"""What is said to the user: diagnostics, the index of their codes, and how they look.

A diagnostic is made by a function that stands beside the check that reports it:

    @error("NN301")
    def wrong_rank(...) -> Diagnostic:
        '''The docstring is what `nndsl explain NN301` prints: what it means, why it matters, an example.'''
        return Diagnostic(span, "...", repair="...")

Codes are stable and grouped by what they are about: NN1xx syntax, NN2xx names, arguments and values,
NN3xx shapes and types, NN4xx the graph, NN5xx data, NN6xx training, NN7xx the backend and runs, NN8xx what comes and leaves.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import wraps
from inspect import getdoc
from typing import Any, Literal, ParamSpec
from unicodedata import category, east_asian_width

from nndsl.frozen import Frozen
from nndsl.repairs import Edit, Repair, is_slip
from nndsl.source import Span

Severity = Literal["error", "warning"]
_Arguments = ParamSpec("_Arguments")
TAB_WIDTH = 4
EXCERPT_WIDTH = 160


class Note(Frozen):
    """A second place, or a remark without one, that explains a diagnostic."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake (or doubtful thing) in the user's file or data.

    Attributes:
        span: the characters to blame; None if the file is not to blame (data, the machine).
        message: what is wrong, in the user's words; no full stop at the end.
        notes: second places.
        repair: what to do about it; where that is certain, a `Repair`, which knows the change of the text.
        code, severity: set by `@error` and `@warning`.
    """

    span: Span | None
    message: str
    notes: tuple[Note, ...] = ()
    repair: str | None = None
    code: str = ""
    severity: Severity = "error"

    @property
    def edit(self) -> Edit | None:
        """The change of the text that mends it for certain, if there is one."""
        return self.repair.edit(self.span) if isinstance(self.repair, Repair) else None


class Entry(Frozen):
    """One line of the index of codes."""

    code: str
    severity: Severity
    name: str
    explanation: str


INDEX: dict[str, Entry] = {}


def _registered(code: str, severity: Severity) -> Callable[[Callable[_Arguments, Diagnostic]], Callable[_Arguments, Diagnostic]]:
    def register(make: Callable[_Arguments, Diagnostic]) -> Callable[_Arguments, Diagnostic]:
        if code in INDEX:
            raise InternalError(f"{code} stands for two diagnostics: {INDEX[code].name} and {make.__name__}")
        INDEX[code] = Entry(code, severity, make.__name__, getdoc(make) or "")

        @wraps(make)
        def coded(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Diagnostic:
            return replace(make(*args, **kwargs), code=code, severity=severity)

        return coded

    return register


def error(code: str) -> Callable[[Callable[_Arguments, Diagnostic]], Callable[_Arguments, Diagnostic]]:
    """Register a function that makes the error `code`."""
    return _registered(code, "error")


def warning(code: str) -> Callable[[Callable[_Arguments, Diagnostic]], Callable[_Arguments, Diagnostic]]:
    """Register a function that makes the warning `code`."""
    return _registered(code, "warning")


class InternalError(Exception):
    """A broken invariant: a bug in nndsl, never the user's mistake."""


class UserError(Exception):
    """Raised where work cannot go on because of the user's file, data or machine; carries what to say."""

    def __init__(self, *diagnostics: Diagnostic):
        super().__init__("\n".join(f"{one.code}: {one.message}" for one in diagnostics))
        self.diagnostics = diagnostics


_SYNTAX = "NN1"
"""What the codes of mistakes in the syntax start with."""


class Report:
    """Collects diagnostics; the same mistake at the same place, seen in several expansions, counts once.

    Of a place whose syntax is wrong (`None`, for `none`), nothing is said besides.

    Attributes:
        errors: how many errors were found; warnings do not count.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], Diagnostic] = {}
        self._misspelt: set[tuple[object, ...]] = set()
        self.errors = 0

    def add(self, diagnostic: Diagnostic) -> None:
        span = diagnostic.span
        place = (id(span.source), span.start, span.end) if span is not None else (diagnostic.message,)
        key = (diagnostic.code, *place)
        if diagnostic.code.startswith(_SYNTAX):
            self._misspelt.add(place)
        elif place in self._misspelt:
            return
        if key not in self._found:
            self._found[key] = diagnostic
            self.errors += diagnostic.severity == "error"

    def __iter__(self) -> Iterator[Diagnostic]:
        """All diagnostics, sorted by file and place."""
        return iter(sorted(self._found.values(), key=_place))

    def __len__(self) -> int:
        return len(self._found)

    def raise_errors(self) -> None:
        """Raise a `UserError` with everything found if there is an error among it."""
        if self.errors:
            raise UserError(*self)


def _place(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    span = diagnostic.span
    return ("", 0, 0, diagnostic.code) if span is None else (span.source.name, span.start, span.end, diagnostic.code)


MANY_CANDIDATES = 2000
"""Among more than this, only words of about the same length are compared: it takes some microseconds for each."""


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that the user most probably meant, if any is near enough."""
    pool = sorted(set(candidates))
    folded = {_folded(one): one for one in reversed(pool)}
    exact = folded.get(_folded(word))
    if exact is not None:
        return exact
    if len(pool) > MANY_CANDIDATES:
        pool = sorted(pool, key=lambda one: abs(len(one) - len(word)))[:MANY_CANDIDATES]
    near = get_close_matches(word, pool, n=1, cutoff=0.6) or get_close_matches(word.lower(), map(_folded, pool), n=1, cutoff=0.7)
    return folded.get(near[0], near[0]) if near else None


def _folded(word: str) -> str:
    return word.lower().replace("_", "")


SHORTEST_SLIP = 3
"""In shorter words, a slip may have been anything."""


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """A repair that names the closest candidate, or None; it is certain if it is the only one that is a slip away."""
    pool = set(candidates)
    near = closest(word, pool)
    if near is None:
        return None
    words = f"did you mean `{near}`?"
    return Repair(words, near, word) if _meant(word, pool) == [near] else words


def _meant(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that differ from a word by upper case and underscores only; or else by a slip."""
    folded = _folded(word)
    alike = [one for one in candidates if _folded(one) == folded]
    if alike or len(word) < SHORTEST_SLIP:
        return alike
    return [one for one in candidates if is_slip(word, one)] or [one for one in candidates if is_slip(folded, _folded(one))]


# Rendering ---------------------------------------------------------------------------------------

Paint = Callable[[str, str], str]


def plain(text: str, style: str) -> str:
    """Paint that does not paint."""
    return text


def ansi(text: str, style: str) -> str:
    """Paint for terminals: `style` is error, warning, place, repair or bold."""
    codes = {"error": "1;31", "warning": "1;33", "place": "1;34", "repair": "1;32", "bold": "1"}
    return f"\033[{codes[style]}m{text}\033[0m"


def render(diagnostic: Diagnostic, paint: Paint = plain) -> str:
    """A diagnostic as people read it, with excerpts of the source and carets under the right characters."""
    head = paint(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity)
    lines = [f"{head}: {paint(diagnostic.message, 'bold')}"]
    placed = [(diagnostic.span, "", "^")] if diagnostic.span is not None else []
    placed += [(note.span, note.message, "-") for note in diagnostic.notes if note.span is not None]
    margin = max((len(str(span.line)) for span, _, _ in placed), default=0) + 1
    previous: Span | None = None
    for span, message, mark in placed:
        lines += _excerpt(span, message, mark, margin, previous, paint, diagnostic.severity)
        previous = span
    for note in diagnostic.notes:
        if note.span is None:
            lines.append(_remark("note", note.message, margin, paint))
    if diagnostic.repair is not None:
        lines.append(_remark("repair", diagnostic.repair, margin, paint))
    return "\n".join(lines)


def _remark(kind: str, text: str, margin: int, paint: Paint) -> str:
    label = f"{' ' * margin} = {kind}: "
    return label[: margin + 3] + paint(f"{kind}:", "repair") + " " + textwrap.indent(text, " " * len(label)).lstrip()


def _excerpt(
    span: Span, message: str, mark: str, margin: int, previous: Span | None, paint: Paint, severity: str
) -> list[str]:
    """The line of a span with a mark under it; the line is not repeated if the excerpt before was of the same one."""
    gutter = " " * margin + paint(" |", "place")
    line = span.source.line_text(span.line)
    first = span.column - 1
    last = max(first + 1, min(len(line), first + span.end - span.start))
    shown, first, last = _window(line, first, last)
    before, marked = _shown(shown[:first]), _shown(shown[first:last])
    pointer = " " * _width(before) + paint(mark * max(1, _width(marked)), severity if mark == "^" else "place")
    marks = f"{gutter} {pointer}" + (f" {message}" if message else "")
    if previous is None or previous.source is not span.source:
        place = [" " * (margin - 1) + paint("--> ", "place") + str(span), gutter]
    elif previous.line == span.line and shown == line:
        return [marks]
    else:
        place = [" " * (margin - 1) + paint("...", "place")]
    return [*place, paint(f"{span.line:>{margin}} |", "place") + f" {_shown(shown)}".rstrip(), marks]


def _window(line: str, first: int, last: int) -> tuple[str, int, int]:
    """A very long line cut down to the part around the marked characters."""
    if len(line) <= EXCERPT_WIDTH:
        return line, first, last
    start = max(0, first - EXCERPT_WIDTH // 4)
    head = "…" if start else ""
    cut = head + line[start : start + EXCERPT_WIDTH] + "…"
    shift = len(head) - start
    return cut, first + shift, min(last + shift, len(cut) - 1)


def _shown(text: str) -> str:
    """The text as it is printed: tabs become spaces, control characters a visible sign."""
    expanded = text.replace("\t", " " * TAB_WIDTH)
    return "".join("\N{REPLACEMENT CHARACTER}" if category(one) in ("Cc", "Cs") else one for one in expanded)


def _width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(_character_width(one) for one in text)


def _character_width(character: str) -> int:
    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1


def as_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic for programs: offsets count characters from 0, lines and columns from 1."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "place": _place_json(diagnostic.span),
        "notes": [{"message": note.message, "place": _place_json(note.span)} for note in diagnostic.notes],
        "repair": diagnostic.repair,
        "edit": _edit_json(diagnostic.edit),
    }


def _edit_json(edit: Edit | None) -> dict[str, Any] | None:
    return None if edit is None else {"place": _place_json(edit.span), "text": edit.text}


def _place_json(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    source, last = span.source, max(span.start, span.end)
    return {
        "file": source.name,
        "line": span.line,
        "column": span.column,
        "end_line": source.line_of(last),
        "end_column": source.column_of(last),
        "start": span.start,
        "end": span.end,
    }
