"""Forecasts of a series beside what came, and beside the plainest forecast: the value one season before."""

from collections.abc import Iterator, Sequence
from typing import Any

from nndsl.diagram.chart import Panel, Point, Series, chart_svg
from nndsl.frozen import Frozen

_MOST_ROWS, _SEASONS, _HORIZONS = 60, 8, 6


class Forecast(Frozen):
    """What a network says of the rows to come, at each of the last examples of a series.

    Attributes:
        columns: what is forecast.
        truth, said: `[n, horizon, columns]`, in the units of the data.
        guess: the values one season before, shaped alike; None where the file names no season.
        season: how many rows that is.
        ahead: the first row that is forecast: 1 is the next.
        stride: how many rows further the next example stands.
    """

    columns: tuple[str, ...]
    truth: Any
    said: Any
    guess: Any
    season: int
    ahead: int
    stride: int


def forecasts_svg(forecasts: Sequence[Forecast], part: str, adaptive: bool = False) -> str:
    """The last stretch of each series, as one self-contained SVG document.

    Args:
        part: which examples they are: "test".
        adaptive: whether it is dark where the reader's screen is.
    """
    panels = [_panel(one, place, part) for one in forecasts for place in range(len(one.columns))]
    return chart_svg(panels, "Forecasts beside what came", adaptive=adaptive)


def _panel(one: Forecast, column: int, part: str) -> Panel:
    count, horizon, _ = one.truth.shape
    rows = max(_MOST_ROWS, _SEASONS * one.season, _HORIZONS * horizon)
    first = max(0, count - -(-rows // one.stride))
    reach = f"{one.ahead}" if horizon == 1 else f"{one.ahead} to {one.ahead + horizon - 1}"
    title = f"{one.columns[column]}, forecast {reach} row{'s' * (reach != '1')} ahead"
    lines = [Series("forecast", "first", _pieces(one, one.said, first, column)), Series("truth", "ink", (_line(one, one.truth, first, column),))]
    if one.guess is not None:
        lines.append(Series(f"{one.season} rows before" if one.season > 1 else "last value", "pale", _pieces(one, one.guess, first, column)))
    return Panel(title, f"row of the {part} part", tuple(lines))


def _line(one: Forecast, values: Any, first: int, column: int) -> tuple[Point, ...]:
    """All rows that some example forecasts, each once."""
    return tuple(sorted({point[0]: point for place in range(first, len(values)) for point in _piece(one, values, place, column)}.values()))


def _pieces(one: Forecast, values: Any, first: int, column: int) -> tuple[tuple[Point, ...], ...]:
    """The forecasts of one row as a line; of several rows each by itself, one beginning after the other ends."""
    if values.shape[1] == 1:
        return (_line(one, values, first, column),)
    step = -(-values.shape[1] // one.stride)
    return tuple(tuple(_piece(one, values, place, column)) for place in range(len(values) - 1, first - 1, -step))[::-1]


def _piece(one: Forecast, values: Any, place: int, column: int) -> Iterator[Point]:
    for ahead, value in enumerate(values[place, :, column].tolist()):
        yield place * one.stride + ahead + 1, value
