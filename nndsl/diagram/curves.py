"""The curves of a run: one panel for the loss and one for each metric, with the best epoch marked and the series named."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from math import ceil, floor, isfinite, log10

History = Sequence[Mapping[str, float]]
Scale = Callable[[float], float]

_PANEL_WIDTH, _PANEL_HEIGHT = 784, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 150, 56, 62
_COLUMNS = 2
_LABEL_GAP = 18
_FONT = "font-family:Inter,system-ui,sans-serif"
_STYLES = {
    "title": f"{_FONT};font-size:16px;font-weight:600;fill:#1a1f26",
    "tick": f"{_FONT};font-size:13px;fill:#66707d",
    "grid": "stroke:#dfe3e8;stroke-width:1",
    "train": "fill:none;stroke:#3b6db5;stroke-width:2;stroke-linejoin:round",
    "val": "fill:none;stroke:#d9822b;stroke-width:2;stroke-linejoin:round",
    "train-name": f"{_FONT};font-size:13px;font-weight:600;fill:#3b6db5",
    "val-name": f"{_FONT};font-size:13px;font-weight:600;fill:#d9822b",
    "best": "stroke:#b5830f;stroke-width:1.3;stroke-dasharray:4 3",
    "best-name": f"{_FONT};font-size:13px;fill:#b5830f",
    "ring": "fill:#ffffff;stroke:#b5830f;stroke-width:2.4",
}


@dataclass(frozen=True)
class _Panel:
    """One figure over the epochs, on training and validation examples.

    Attributes:
        series: by `train` and `val`, epochs and finite figures.
    """

    title: str
    series: Mapping[str, Sequence[tuple[float, float]]]


def curves_svg(history: History, best: int | None) -> str:
    """The curves as one self-contained SVG document.

    Args:
        history: the figures of each epoch: `epoch`, `loss`, `val_loss`, metrics.
        best: the epoch to mark.
    """
    panels = _panels(history)
    rows = max(1, -(-len(panels) // _COLUMNS))
    width, height = _PANEL_WIDTH * min(_COLUMNS, max(1, len(panels))), _PANEL_HEIGHT * rows
    body = "\n".join(line for place, panel in enumerate(panels) for line in _drawn(panel, best, place))
    prefix = "c" + sha256(body.encode()).hexdigest()[:8]
    rules = "".join(f".{prefix}-{name}{{{style}}}" for name, style in _STYLES.items())
    return "\n".join((
        (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
         f'role="img" aria-label="Loss and metrics over {len(history)} epochs">'),
        f"<style>{rules}</style>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        body.replace("PREFIX-", f"{prefix}-"),
        "</svg>\n",
    ))


def _panels(history: History) -> list[_Panel]:
    names = list(history[0]) if history else []
    titles = [name for name in names if name != "epoch" and not name.startswith(("val_", "learning_rate"))]
    panels = [_Panel(name, {kind: points for kind, key in (("train", name), ("val", f"val_{name}")) if (points := _points(history, key))})
              for name in titles]
    return [panel for panel in panels if panel.series]


def _points(history: History, key: str) -> list[tuple[float, float]]:
    return [(row["epoch"], row[key]) for row in history if key in row and isfinite(row[key])]


# One panel ---------------------------------------------------------------------------------------


def _drawn(panel: _Panel, best: int | None, place: int) -> Iterator[str]:
    left, top = place % _COLUMNS * _PANEL_WIDTH, place // _COLUMNS * _PANEL_HEIGHT
    points = [point for one in panel.series.values() for point in one]
    across, epochs = _epoch_axis([epoch for epoch, _ in points])
    up, values = _value_axis([value for _, value in points])
    yield f'<g transform="translate({left} {top})">'
    yield _text("title", _LEFT, 30, panel.title.replace("_", " ").capitalize(), "start")
    yield from _axes(across, epochs, up, values)
    yield from _best_mark(panel, best, across, up)
    for kind, one in panel.series.items():
        yield f'<polyline class="PREFIX-{kind}" points="{" ".join(f"{across(epoch):.1f},{up(value):.1f}" for epoch, value in one)}"/>'
    yield from _names(panel, up)
    yield from _ring(panel, best, across, up)
    yield "</g>"


def _epoch_axis(epochs: Sequence[float]) -> tuple[Scale, list[float]]:
    first, last = min(epochs), max(epochs)
    width = _PANEL_WIDTH - _LEFT - _RIGHT
    step = max(1, ceil(nice_step(last - first, 6)))
    ticks = [float(epoch) for epoch in range(step, int(last) + 1, step) if epoch >= first] or [first]
    return lambda epoch: _LEFT + width * ((epoch - first) / (last - first) if last > first else 0.5), ticks


def _value_axis(values: Sequence[float]) -> tuple[Scale, list[float]]:
    lowest, highest = min(values), max(values)
    step = nice_step(highest - lowest or abs(highest) or 1.0, 5)
    first, last = floor(lowest / step), ceil(highest / step)
    last = max(last, first + 1)
    height = _PANEL_HEIGHT - _TOP - _BOTTOM
    ticks = [number * step for number in range(first, last + 1)]
    return lambda value: _TOP + height * (1 - (value - first * step) / ((last - first) * step)), ticks


def nice_step(extent: float, most: int) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that divides an extent into at most so many parts."""
    if extent <= 0:
        return 1.0
    power = 10.0 ** floor(log10(extent / most))
    return next(factor * power for factor in (1, 2, 5, 10, 20) if extent / (factor * power) <= most)


def _axes(across: Scale, epochs: Sequence[float], up: Scale, values: Sequence[float]) -> Iterator[str]:
    for value in values:
        y = up(value)
        yield f'<line class="PREFIX-grid" x1="{_LEFT}" x2="{_PANEL_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text("tick", _LEFT - 10, y + 4.5, f"{round(value, 12):g}", "end")
    bottom = _PANEL_HEIGHT - _BOTTOM
    for epoch in epochs:
        yield _text("tick", across(epoch), bottom + 22, f"{epoch:g}", "middle")
    yield _text("tick", (_LEFT + _PANEL_WIDTH - _RIGHT) / 2, bottom + 44, "epoch", "middle")


def _best_mark(panel: _Panel, best: int | None, across: Scale, up: Scale) -> Iterator[str]:
    if best is None:
        return
    x, middle = across(best), (_LEFT + _PANEL_WIDTH - _RIGHT) / 2
    yield f'<line class="PREFIX-best" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 10}" y2="{_PANEL_HEIGHT - _BOTTOM}"/>'
    yield _text("best-name", x - 8 if x > middle else x + 8, _TOP - 2, f"best, epoch {best}", "end" if x > middle else "start")


def _ring(panel: _Panel, best: int | None, across: Scale, up: Scale) -> Iterator[str]:
    series = dict(panel.series.get("val") or panel.series["train"])
    if best in series:
        yield f'<circle class="PREFIX-ring" cx="{across(best):.1f}" cy="{up(series[best]):.1f}" r="5"/>'


def _names(panel: _Panel, up: Scale) -> Iterator[str]:
    """Each series is named at its end, with its last figure; names that would overlap move apart."""
    ends = sorted((up(one[-1][1]), kind, one[-1][1]) for kind, one in panel.series.items())
    if len(ends) == 2 and ends[1][0] - ends[0][0] < _LABEL_GAP:
        apart = (_LABEL_GAP - (ends[1][0] - ends[0][0])) / 2
        ends = [(ends[0][0] - apart, *ends[0][1:]), (ends[1][0] + apart, *ends[1][1:])]
    for y, kind, value in ends:
        yield _text(f"{kind}-name", _PANEL_WIDTH - _RIGHT + 12, y + 4.5, f"{kind} {value:.4g}", "start")


def _text(style: str, x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="PREFIX-{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
