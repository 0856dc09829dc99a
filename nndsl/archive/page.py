"""Runs as a page of one HTML file: a table, what is different, figures side by side, and curves over each other."""

from collections.abc import Iterator, Sequence
from html import escape
from os.path import relpath
from pathlib import Path
from urllib.parse import quote

from nndsl.archive.comparing import changed_lines, differences, histories
from nndsl.archive.entries import Entry
from nndsl.archive.tables import figure_rows, list_head, list_row
from nndsl.diagram.chart import ROLES, Panel, Series, chart_svg
from nndsl.page import page, table
from nndsl.run import REPORT

MOST_CURVES = 8
"""Curves of so many runs can be told apart."""


def runs_page(found: Sequence[Entry], title: str, compared: bool, folder: Path, figure: str | None = None) -> str:
    """A page about some runs, from which links lead to those of each.

    Args:
        folder: where the page will be.
        compared: whether what is different is to be shown, and curves.
        figure: one more that is told of each.
    """
    parts = [f"<h1>{escape(title)}</h1>", table(list_head(figure), [list_row(one, figure) for one in found], [3, 4], dict(_links(found, folder)))]
    parts += [f"<p>{escape(one.name)} cannot be read: {escape(one.problem)}</p>" for one in found if one.problem is not None]
    return page(title, [*parts, *(_comparison(found) if compared else ())])


def _links(found: Sequence[Entry], folder: Path) -> Iterator[tuple[str, str]]:
    """From the name of each run that has a page to that."""
    for one in found:
        if (one.folder / REPORT).is_file():
            yield one.name, quote(Path(relpath(one.folder / REPORT, folder)).as_posix())


def _comparison(found: Sequence[Entry]) -> Iterator[str]:
    heads = [one.name for one in found]
    yield "<h2>Settings that differ</h2>"
    settings = differences(found)
    yield table(["", *heads], [[name, *values] for name, values in settings.items()]) if settings else "<p>None.</p>"
    yield "<h2>Figures</h2>"
    yield '<p class="muted">Of the best epoch of each, and on test examples.</p>'
    yield _figures(found, heads)
    yield "<h2>Curves</h2>"
    yield f'<div class="charts">{"".join(_curves(found[:MOST_CURVES]))}</div>'
    if len(found) > MOST_CURVES:
        yield f'<p class="muted">Of the first {MOST_CURVES} runs.</p>'
    changed = changed_lines(found[0], found[1]) if len(found) == 2 else []
    if changed:
        yield f"<h2>What was changed in the file</h2><pre>{escape(chr(10).join(changed))}</pre>"


def _figures(found: Sequence[Entry], heads: Sequence[str]) -> str:
    """A table in which the best of each row are marked."""
    lines = []
    for name, cells in figure_rows(found):
        marked = ((' class="number best"' if cell.endswith("*") else ' class="number"', cell.rstrip("* ")) for cell in cells)
        lines.append(f"<tr><td>{escape(name)}</td>{''.join(f'<td{kind}>{escape(cell)}</td>' for kind, cell in marked)}</tr>")
    head = "".join(f'<th class="number">{escape(one)}</th>' for one in heads)
    return f'<div class="wide"><table><thead><tr><th></th>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _curves(found: Sequence[Entry]) -> Iterator[str]:
    """A panel for each figure, with a line for each run, which has the same colour in all."""
    roles = dict(zip(found, ROLES, strict=False))
    names = _short_names(found)
    for name, having in histories(found).items():
        series = tuple(Series(names[one], roles[one], (tuple((row["epoch"], row[name]) for row in rows),)) for one, rows in having)
        if series:
            yield f"<figure>{chart_svg([Panel(name, 'epoch', series)], name, width=560, adaptive=True)}</figure>"


def _short_names(found: Sequence[Entry]) -> dict[Entry, str]:
    """Numbers of runs, where all are of one training."""
    same = len({one.folder.parent for one in found}) == 1
    return {one: one.folder.name if same else one.name for one in found}
