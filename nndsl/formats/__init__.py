"""What was found, written for other programs: one format a file, each imported when it is asked for."""

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from nndsl.diagnostics import Diagnostic
from nndsl.source import Span

Found: TypeAlias = tuple[Path, Diagnostic]
"""A file that was checked, and something that was found; it may be in another file, which that one imports."""


def written(format: str, found: Sequence[Found]) -> str:
    """All that was found in a format that has a module here, with an end of line if it is not empty."""
    text: str = import_module(f"nndsl.formats.{format}").written(found)
    return text


def once(found: Sequence[Found]) -> list[Found]:
    """What was found, without what was found again because several files import the one it is in."""
    kept: dict[tuple[object, ...], Found] = {}
    for path, one in found:
        place = () if one.span is None else (one.span.start, one.span.end)
        kept.setdefault((file_of(path, one.span), one.code, one.message, *place), (path, one))
    return list(kept.values())


def file_of(checked: Path, span: Span | None) -> Path:
    """The file that something was found in: that of its place, or else the one that was checked; from the current folder on, if it is in it."""
    source = None if span is None else span.source.path
    whole = Path(os.path.abspath(checked if source is None else source))
    return whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole


def remarks(diagnostic: Diagnostic) -> list[str]:
    """What is said besides the message and has no place of its own: notes, and the repair."""
    said = [note.message for note in diagnostic.notes if note.span is None]
    return [*said, *([] if diagnostic.repair is None else [diagnostic.repair])]
