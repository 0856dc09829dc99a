"""Charts: panels with axes, series of lines, dots or bars that are named at their ends, and perhaps a mark, as one SVG document."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import ceil, floor, log10
from typing import Literal, get_args

from nndsl.diagram.document import COLOURS, INK, MUTED, document, filled, lettering, text_style
from nndsl.diagram.theme import GOLD
from nndsl.frozen import Frozen

Point = tuple[float, float]
Ticks = tuple[tuple[float, str], ...]
Scale = Callable[[float], float]
Role = Literal["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ink", "pale"]
ROLES: tuple[Role, ...] = get_args(Role)
Shape = Literal["line", "dots", "bars"]

PANEL_WIDTH, PANEL_HEIGHT = 784, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 150, 56, 62
_COLUMNS = 2
_LABEL_GAP = 18
_MOST_MOVES = 20
_LARGE_DOTS = 200
"""So many dots are drawn large; of more, each is small and pale."""


def _stroke(colour: tuple[str, str], more: str) -> tuple[str, str]:
    return f"stroke:{colour[0]};{more}", f"stroke:{colour[1]};{more}"


def _faint(colour: tuple[str, str], opacity: float) -> tuple[str, str]:
    light, dark = filled(colour)
    return f"{light};fill-opacity:{opacity}", f"{dark};fill-opacity:{opacity}"


_STYLES: Mapping[str, tuple[str, str]] = {
    "title": text_style(16, INK, 600),
    "tick": text_style(13, MUTED),
    "grid": ("stroke:#dfe3e8;stroke-width:1", "stroke:#2b333c;stroke-width:1"),
    **{role: _stroke(colour, "fill:none;stroke-width:2;stroke-linejoin:round") for role, colour in COLOURS.items()},
    **{f"{role}-name": text_style(13, filled(colour), 600) for role, colour in COLOURS.items()},
    **{f"{role}-dot": _faint(colour, 0.75) for role, colour in COLOURS.items()},
    **{f"{role}-speck": _faint(colour, 0.35) for role, colour in COLOURS.items()},
    "mark": _stroke(GOLD, "stroke-width:1.3;stroke-dasharray:4 3"),
    "mark-name": text_style(13, filled(GOLD)),
    "ring": ("fill:#ffffff;stroke:#b5830f;stroke-width:2.4", "fill:#14181d;stroke:#dba93a;stroke-width:2.4"),
}


class Series(Frozen):
    """One line, or several pieces of one.

    Attributes:
        name: what stands at its end.
        role: which colour it has.
        pieces: its points, in the order of their first coordinates.
        shape: `dots` stand for themselves, with no line through them; a bar reaches from the place of its point to that of the
            next, and from 0 to its value.
    """

    name: str
    role: Role
    pieces: tuple[tuple[Point, ...], ...]
    shape: Shape = "line"

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(point for piece in self.pieces for point in piece)


class Mark(Frozen):
    """A place along the first axis, with a ring where it meets a series."""

    name: str
    place: float
    ring: Point | None = None


class Panel(Frozen):
    """One chart: what it shows, what the first axis counts, and its series, the first on top, each with a point.

    Attributes:
        ticks: what stands where along the first axis; without them, whole numbers.
    """

    title: str
    axis: str
    series: tuple[Series, ...]
    mark: Mark | None = None
    ticks: Ticks = ()


def chart_svg(panels: Sequence[Panel], label: str, *, width: int = PANEL_WIDTH, adaptive: bool = False) -> str:
    """Panels, two in a row, as one self-contained SVG document.

    Args:
        label: what the picture shows, for those who do not see it.
        width: of each panel.
        adaptive: whether it is dark where the reader's screen is.
    """
    rows, columns = max(1, -(-len(panels) // _COLUMNS)), min(_COLUMNS, max(1, len(panels)))
    body = "\n".join(line for place, panel in enumerate(panels) for line in _drawn(panel, place, width))
    return document(body, width * columns, PANEL_HEIGHT * rows, label, _STYLES, adaptive)


# One panel ---------------------------------------------------------------------------------------


def _drawn(panel: Panel, place: int, width: int) -> Iterator[str]:
    left, top = place % _COLUMNS * width, place // _COLUMNS * PANEL_HEIGHT
    points = [point for one in panel.series for point in one.points]
    right = width - _RIGHT
    across, ticks = _first_axis([one for one, _ in points], panel.ticks, right)
    up, values = _second_axis([value for _, value in points])
    yield f'<g transform="translate({left} {top})">'
    yield lettering("title", _LEFT, 30, panel.title)
    yield from _axes(panel.axis, across, ticks, up, values, right)
    if panel.mark is not None:
        yield from _marked(panel.mark, across, right)
    for one in reversed(panel.series):
        yield from _SHAPES[one.shape](one, across, up)
    yield from _names(panel, up, right)
    if panel.mark is not None and panel.mark.ring is not None:
        yield f'<circle class="PREFIX-ring" cx="{across(panel.mark.ring[0]):.1f}" cy="{up(panel.mark.ring[1]):.1f}" r="5"/>'
    yield "</g>"


def _line(series: Series, across: Scale, up: Scale) -> Iterator[str]:
    for piece in series.pieces:
        if len(piece) == 1:
            yield f'<circle class="PREFIX-{series.role}-dot" cx="{across(piece[0][0]):.1f}" cy="{up(piece[0][1]):.1f}" r="4"/>'
            continue
        yield f'<polyline class="PREFIX-{series.role}" points="{" ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in piece)}"/>'


def _dots(series: Series, across: Scale, up: Scale) -> Iterator[str]:
    kind, radius = ("dot", 4) if len(series.points) <= _LARGE_DOTS else ("speck", 2.5)
    for x, y in series.points:
        yield f'<circle class="PREFIX-{series.role}-{kind}" cx="{across(x):.1f}" cy="{up(y):.1f}" r="{radius}"/>'


def _bars(series: Series, across: Scale, up: Scale) -> Iterator[str]:
    for piece in series.pieces:
        for (x, y), (end, _) in pairwise(piece):
            left, top = across(x), up(y)
            yield f'<rect class="PREFIX-{series.role}-dot" x="{left:.1f}" y="{top:.1f}" width="{across(end) - left:.1f}" height="{up(0) - top:.1f}"/>'


_SHAPES: Mapping[Shape, Callable[[Series, Scale, Scale], Iterator[str]]] = {"line": _line, "dots": _dots, "bars": _bars}


def _first_axis(places: Sequence[float], ticks: Ticks, right: float) -> tuple[Scale, Ticks]:
    first, last = min((*places, *(place for place, _ in ticks))), max((*places, *(place for place, _ in ticks)))
    width = right - _LEFT
    step = max(1, ceil(nice_step(last - first, 6)))
    numbers = [] if ticks else [float(one) for one in range(step, int(last) + 1, step) if one >= first] or [first]
    ticks = (*ticks, *((one, f"{one:g}") for one in numbers))
    return lambda place: _LEFT + width * ((place - first) / (last - first) if last > first else 0.5), ticks


def _second_axis(values: Sequence[float]) -> tuple[Scale, list[float]]:
    lowest, highest = min(values), max(values)
    step = nice_step(highest - lowest or abs(highest) or 1.0, 5)
    first, last = floor(lowest / step), ceil(highest / step)
    last = max(last, first + 1)
    height = PANEL_HEIGHT - _TOP - _BOTTOM
    ticks = [number * step for number in range(first, last + 1)]
    return lambda value: _TOP + height * (1 - (value - first * step) / ((last - first) * step)), ticks


def nice_step(extent: float, most: int) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that divides an extent into at most so many parts."""
    if extent <= 0:
        return 1.0
    power = 10.0 ** floor(log10(extent / most))
    return next(factor * power for factor in (1, 2, 5, 10, 20) if extent / (factor * power) <= most)


def number_ticks(low: float, high: float) -> Ticks:
    """Round numbers along an axis."""
    step = nice_step(high - low, 6)
    numbers = [step * place for place in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]
    return tuple((one, f"{round(one, 12):g}") for one in numbers)


def _axes(name: str, across: Scale, ticks: Ticks, up: Scale, values: Sequence[float], right: float) -> Iterator[str]:
    for value in values:
        y = up(value)
        yield f'<line class="PREFIX-grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield lettering("tick", _LEFT - 10, y + 4.5, f"{round(value, 12):g}", "end")
    bottom = PANEL_HEIGHT - _BOTTOM
    for place, text in ticks:
        yield lettering("tick", across(place), bottom + 22, text, "middle")
    yield lettering("tick", (_LEFT + right) / 2, bottom + 44, name, "middle")


def _marked(mark: Mark, across: Scale, right: float) -> Iterator[str]:
    x, middle = across(mark.place), (_LEFT + right) / 2
    yield f'<line class="PREFIX-mark" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 16}" y2="{PANEL_HEIGHT - _BOTTOM}"/>'
    yield lettering("mark-name", x - 8 if x > middle else x + 8, _TOP - 7, mark.name, "end" if x > middle else "start")


def _names(panel: Panel, up: Scale, right: float) -> Iterator[str]:
    """Each series is named at its end; names that would overlap move apart, as little as they can."""
    ends = sorted(((up(one.points[-1][1]), one) for one in panel.series if one.name), key=lambda end: end[0])
    for _ in range(_MOST_MOVES):
        for place, (upper, lower) in enumerate(pairwise(ends)):
            apart = max(0.0, _LABEL_GAP - (lower[0] - upper[0])) / 2
            ends[place : place + 2] = [(upper[0] - apart, upper[1]), (lower[0] + apart, lower[1])]
    for y, one in ends:
        yield lettering(f"{one.role}-name", right + 12, y + 4.5, one.name)
