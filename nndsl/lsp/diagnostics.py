"""What a check says, as editors show it: for the text itself, and for the files that it imports."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lsprotocol import types

import nndsl
from nndsl.diagnostics import INDEX, Diagnostic
from nndsl.lsp.desk import Analysis, Desk
from nndsl.lsp.places import text_edit
from nndsl.source import Source, Span

SOURCE = "nndsl"
ERRORS = Path(nndsl.__file__).resolve().parents[1] / "docs" / "errors.md"
"""The page of every diagnostic, which is there in a checkout."""
_SEVERITY = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}
_UNNECESSARY = ("NN401", "NN408")
"""What editors show in grey: it is never used."""


def diagnostics(desk: Desk, analysis: Analysis) -> dict[str, list[types.Diagnostic]]:
    """By the URIs of files, what there is to say of them. What is wrong in an imported file is told at its use, too."""
    found: dict[str, list[types.Diagnostic]] = {}
    for one in analysis.report:
        for span in _told_at(one, analysis.source):
            found.setdefault(desk.uri(span.source), []).append(_shown(desk, one, span))
    return found


def published(desk: Desk, source: Source, found: Diagnostic) -> Iterator[types.Diagnostic]:
    """One diagnostic as it is published for a text."""
    for span in _told_at(found, source):
        if span.source is source:
            yield _shown(desk, found, span)


def _told_at(found: Diagnostic, source: Source) -> Iterator[Span]:
    start = Span(source, 0, 0)
    if found.span is None:
        yield start
    elif found.span.source is source:
        yield found.span
    else:
        yield found.span
        yield next((note.span for note in reversed(found.notes) if note.span is not None and note.span.source is source), start)


def _shown(desk: Desk, found: Diagnostic, span: Span) -> types.Diagnostic:
    notes = [note.message for note in found.notes if note.span is None]
    repair = [] if found.repair is None else [f"repair: {found.repair}"]
    return types.Diagnostic(
        desk.range(span),
        "\n".join([found.message, *notes, *repair]),
        severity=_SEVERITY[found.severity],
        code=found.code,
        code_description=_described(found.code),
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if found.code in _UNNECESSARY else None,
        related_information=list(_related(desk, found, span)) or None,
        data=_data(found, desk.encoding),
    )


@cache
def _described(code: str) -> types.CodeDescription | None:
    """The section about a code."""
    if not ERRORS.is_file() or code not in INDEX:
        return None
    return types.CodeDescription(f"{ERRORS.as_uri()}#{code.lower()}-{INDEX[code].name.replace('_', '-')}")


def _related(desk: Desk, found: Diagnostic, span: Span) -> Iterator[types.DiagnosticRelatedInformation]:
    if found.span is not None and found.span != span:
        yield types.DiagnosticRelatedInformation(desk.location(found.span), found.message)
    for note in found.notes:
        if note.span is not None:
            yield types.DiagnosticRelatedInformation(desk.location(note.span), note.message)


def _data(found: Diagnostic, encoding: str) -> dict[str, Any]:
    """The repair, for clients: its words, and the change of the text if it is certain."""
    if found.edit is None:
        return {"repair": found.repair}
    edit = text_edit(found.edit, encoding)
    start, end = edit.range.start, edit.range.end
    place = {"start": {"line": start.line, "character": start.character}, "end": {"line": end.line, "character": end.character}}
    return {"repair": found.repair, "edit": {"range": place, "newText": edit.new_text}}
