"""The curves of a run: one panel for the loss and one for each metric, with the best epoch marked."""

from collections.abc import Collection
from math import isfinite

from nndsl.diagram.chart import Mark, Panel, Point, Role, Series, chart_svg
from nndsl.monitor import History, measured, rates

_KINDS: tuple[tuple[str, str, Role], ...] = (("train", "", "first"), ("val", "val_", "second"))


def curves_svg(history: History, best: int | None) -> str:
    """The curves as one self-contained SVG document.

    Args:
        history: the figures of each epoch: `epoch`, `loss`, `val_loss`, metrics.
        best: the epoch to mark.
    """
    return chart_svg(curve_panels(history, best), f"Loss and metrics over {len(history)} epochs")


def curve_panels(history: History, best: int | None) -> list[Panel]:
    """The loss, its terms and the metrics, a panel each."""
    return [panel for name in measured(history[0]) if (panel := _panel(history, name, best)) is not None] if history else []


def rate_panels(history: History, but: Collection[str] = ()) -> list[Panel]:
    """The learning rate of each optimizer but of some, a panel each."""
    names = [name for name in (rates(history[0]) if history else ()) if name not in but]
    lines = {name: _points(history, name) for name in names}
    return [
        Panel(_title(name), "epoch", (Series(f"last {points[-1][1]:.3g}", "first", (points,)),)) for name, points in lines.items() if points
    ]


def _panel(history: History, name: str, best: int | None) -> Panel | None:
    """A figure over the epochs, on training and validation examples; None if it was never finite."""
    series = tuple(
        Series(f"{kind} {points[-1][1]:.4g}", role, (points,))
        for kind, prefix, role in _KINDS if (points := _points(history, prefix + name))
    )
    if not series:
        return None
    ring = next((point for point in series[-1].points if point[0] == best), None)
    mark = None if best is None else Mark(f"best, epoch {best}", best, ring)
    return Panel(_title(name), "epoch", series, mark)


def _title(name: str) -> str:
    """Words in lower case begin as a sentence does; a name with capitals of its own, such as that of a column, stays as it is."""
    return name.replace("_", " ").capitalize() if name.islower() else name


def _points(history: History, key: str) -> tuple[Point, ...]:
    return tuple((row["epoch"], row[key]) for row in history if key in row and isfinite(row[key]))
