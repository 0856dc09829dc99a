"""Annotations of GitHub Actions: commands that a workflow prints, and that GitHub shows beside the lines of a change.

They are escaped as GitHub's own `@actions/core` escapes them. The place stands in the message, too, since the log of a run
shows nothing else of a command.
"""

from collections.abc import Sequence
from pathlib import Path

from nndsl.diagnostics import Diagnostic
from nndsl.formats import Found, file_of, once, remarks
from nndsl.source import Span


def written(found: Sequence[Found]) -> str:
    return "".join(_annotation(path, one) for path, one in once(found))


def _annotation(checked: Path, diagnostic: Diagnostic) -> str:
    file, span = file_of(checked, diagnostic.span).as_posix(), diagnostic.span
    properties = {"file": file, **({} if span is None else _range(span)), "title": diagnostic.code}
    place = file if span is None else f"{file}:{span.line}:{span.column}"
    message = "\n".join([f"{place}: {diagnostic.message}", *_notes(diagnostic), *remarks(diagnostic)])
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{diagnostic.severity} {listed}::{_data(message)}\n"


def _range(span: Span) -> dict[str, int]:
    """Lines and columns from 1, the last ones included. Columns are heeded by GitHub only within one line."""
    last = max(span.start, span.end - 1)
    lines = {"line": span.line, "endLine": span.source.line_of(last)}
    return lines if lines["line"] < lines["endLine"] else {**lines, "col": span.column, "endColumn": span.source.column_of(last)}


def _notes(diagnostic: Diagnostic) -> list[str]:
    return [f"{note.span}: {note.message}" for note in diagnostic.notes if note.span is not None]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
