"""Runs as tables of text: a line each, or a column each."""

from collections.abc import Sequence
from math import isfinite

from nndsl.aligned import aligned
from nndsl.archive.comparing import changed_lines, differences
from nndsl.archive.entries import Entry, best_of
from nndsl.progress import duration_text

_MOST_TEST = 2
_MOST_CHANGED = 40
_LONGEST = 44


def list_text(found: Sequence[Entry], figure: str | None = None) -> str:
    """A line for each run.

    Args:
        figure: one more that is told, the one that they are sorted by.
    """
    lines = aligned([list_head(figure), *(list_row(one, figure) for one in found)], {3, 4})
    broken = [f"{one.name} cannot be read: {one.problem}" for one in found if one.problem is not None]
    return "\n".join([*lines, *([""] if broken else []), *broken])


def list_head(figure: str | None) -> list[str]:
    return ["run", "state", "started", "took", "epochs", "best epoch", "on test examples", *([figure] if figure else [])]


def list_row(one: Entry, figure: str | None) -> list[str]:
    """The cells of a run."""
    wanted = one.setting("settings", "epochs")
    epochs = f"{one.epochs}/{wanted}" if one.run is not None else ""
    took = "" if one.seconds is None else duration_text(one.seconds)
    more = [number_text(one.figures.get(figure))] if figure else []
    return [one.name, one.state, one.started[:16].replace("T", " "), took, epochs, _best(one), _test(one), *more]


def _best(one: Entry) -> str:
    epoch, name = one.setting("best_epoch"), one.watched
    return f"{epoch}: {name} {number_text(one.figures[name])}" if epoch and name else ""


def _test(one: Entry) -> str:
    names = [name for name in one.figures if name.startswith("test_")]
    shown = [name for name in names if name != "test_loss"][:_MOST_TEST] or names
    return "  ".join(f"{name.removeprefix('test_')} {number_text(one.figures[name])}" for name in shown)


def compared_text(found: Sequence[Entry]) -> str:
    """A column for each run: what is different, and the figures, the best of which have a star."""
    parts = []
    heads = [one.name for one in found]
    settings = differences(found)
    rows = [[name, *(_cut(value) for value in values)] for name, values in settings.items()]
    parts.append("\n".join(aligned([["settings that differ", *heads], *rows])) if rows else "no setting differs")
    figures = [[name, *cells] for name, cells in figure_rows(found)]
    parts.append("\n".join(aligned([["figures (* the best)", *heads], *figures])) if figures else "no run has figures")
    changed = changed_lines(found[0], found[1]) if len(found) == 2 else []
    if changed:
        left = len(changed) - _MOST_CHANGED
        parts.append("\n".join([*changed[:_MOST_CHANGED], *([f"... and {left} lines more"] if left > 0 else [])]))
    return "\n\n".join([*parts, *(f"{one.name} cannot be read: {one.problem}" for one in found if one.problem is not None)])


def figure_rows(found: Sequence[Entry]) -> list[tuple[str, list[str]]]:
    """For each figure of the best epochs and on test examples, what each run has, with a star at the best."""
    names = dict.fromkeys(name for one in found for name in one.figures)
    rows = []
    for name in names:
        good = best_of(found, name)
        rows.append((name, [f"{number_text(one.figures.get(name))}{'*' if one in good else ' '}" for one in found]))
    counts = [f"{one.epochs} " for one in found]
    times = [f"{'' if one.seconds is None else duration_text(one.seconds)} " for one in found]
    return [*rows, ("epochs", counts), ("took", times)]


def number_text(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isfinite(value) else "not finite"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
