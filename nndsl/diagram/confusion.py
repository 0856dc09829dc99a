"""Which class is taken for which, as a field of squares with numbers."""

from collections.abc import Iterator, Mapping, Sequence

from nndsl.diagram.document import COLOURS, INK, MUTED, both, document, filled, lettering, text_style
from nndsl.diagram.measure import shortened, width

MOST = 20
"""So many classes are shown; of more, those that are mistaken most often."""
_LETTERS = 18
_SIZE, _GAP = 13, 8
_STYLES: Mapping[str, tuple[str, str]] = {
    "right": filled(COLOURS["first"]), "wrong": filled(COLOURS["second"]), "empty": ("fill:#f4f6f8", "fill:#1d232a"),
    "count": text_style(_SIZE, INK), "count-strong": text_style(_SIZE, both("fill:#ffffff"), 600),
    "name": text_style(_SIZE, INK), "axis": text_style(_SIZE, MUTED),
}


def most_mistaken(confusion: Sequence[Sequence[int]], most: int = MOST) -> list[int]:
    """The classes whose examples are taken for others, or others for them, most often, in the order that they have."""
    wrong = [sum(row) + sum(other[place] for other in confusion) - 2 * row[place] for place, row in enumerate(confusion)]
    return sorted(sorted(range(len(wrong)), key=lambda place: (-wrong[place], place))[:most])


def mistakes(confusion: Sequence[Sequence[int]]) -> list[tuple[int, int, int]]:
    """How often a class is taken for another, the most frequent first: how many, which, for which."""
    found = [(count, row, column) for row, counts in enumerate(confusion) for column, count in enumerate(counts) if count and row != column]
    return sorted(found, key=lambda one: (-one[0], one[1:]))


def confusion_svg(names: Sequence[str], confusion: Sequence[Sequence[int]], adaptive: bool = False) -> str:
    """The square of some classes as an SVG document: rows are what is true, columns are what was said.

    A square is as strong in colour as its share of all examples of its row is large.
    """
    shown = [shortened(name, _LETTERS) for name in names]
    cell = max(34.0, *(width(f"{count:,}", "bold", _SIZE) + 12 for row in confusion for count in row))
    side = max(width(name, "regular", _SIZE) for name in shown)
    slanted = side > cell - 6
    left, top = side + 44, (side * 0.72 + 40) if slanted else 62.0
    body = "\n".join([*_names(shown, cell, left, top, slanted), *_cells(confusion, cell, left, top)])
    extent = cell * len(names)
    over = side * 0.72 if slanted else 0
    return document(body, round(left + extent + over + 12), round(top + extent + 12), "Which class is taken for which", _STYLES, adaptive)


def _names(shown: Sequence[str], cell: float, left: float, top: float, slanted: bool) -> Iterator[str]:
    yield lettering("axis", left, 18, "taken for")
    yield f'<g transform="translate(18 {top + cell * len(shown):.1f}) rotate(-90)">{lettering("axis", 0, 0, "true")}</g>'
    for place, name in enumerate(shown):
        middle = cell * (place + 0.5)
        yield lettering("name", left - _GAP, top + middle + 4.5, name, "end")
        if slanted:
            yield f'<g transform="translate({left + middle:.1f} {top - _GAP:.1f}) rotate(-45)">{lettering("name", 0, 0, name)}</g>'
        else:
            yield lettering("name", left + middle, top - _GAP, name, "middle")


def _cells(confusion: Sequence[Sequence[int]], cell: float, left: float, top: float) -> Iterator[str]:
    for row, counts in enumerate(confusion):
        total = sum(counts)
        for column, count in enumerate(counts):
            x, y = left + cell * column, top + cell * row
            share = count / total if total else 0.0
            place = f'x="{x + 1:.1f}" y="{y + 1:.1f}" width="{cell - 2:.1f}" height="{cell - 2:.1f}" rx="3"'
            yield f'<rect class="PREFIX-empty" {place}/>'
            if count:
                kind = "right" if row == column else "wrong"
                yield f'<rect class="PREFIX-{kind}" {place} fill-opacity="{0.15 + 0.85 * share:.2f}"/>'
                strong = "count-strong" if share > 0.5 else "count"
                yield lettering(strong, x + cell / 2, y + cell / 2 + 4.5, f"{count:,}", "middle")
