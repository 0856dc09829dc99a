"""What was said of numbers beside what is true: each against the other, and how far it is off."""

from collections.abc import Sequence
from math import isfinite

from nndsl.diagram.chart import Panel, Series, chart_svg, nice_step, number_ticks

_BINS = 30


def residuals_svg(truth: Sequence[float], said: Sequence[float], unit: str, adaptive: bool = False) -> str:
    """Two panels: what was said against what is true, with the line on which both are equal; and a histogram of the errors.

    Args:
        truth, said: at least one of each; those that are not finite are left out.
        unit: what the numbers are, for the axes.
    """
    pairs = [(x, y) for x, y in zip(truth, said, strict=True) if isfinite(x) and isfinite(y)]
    panels = [_scatter(pairs, unit), _histogram([y - x for x, y in pairs], unit)] if pairs else []
    return chart_svg(panels, "What was said, beside what is true", width=560, adaptive=adaptive)


def _scatter(pairs: Sequence[tuple[float, float]], unit: str) -> Panel:
    numbers = [number for pair in pairs for number in pair]
    low, high = min(numbers), max(numbers)
    equal = Series("equal", "ink", (((low, low), (high, high)),))
    dots = Series("", "first", (tuple(pairs),), shape="dots")
    return Panel("Said, against true", f"true {unit}", (equal, dots), None, number_ticks(low, high) if high > low else ((low, f"{low:g}"),))


def _histogram(errors: Sequence[float], unit: str) -> Panel:
    low, high = min(errors), max(errors)
    step = nice_step((high - low) or abs(high) or 1.0, _BINS)
    first, last = int(low // step), int(high // step) + 1
    counts = [0] * (last - first)
    for error in errors:
        counts[min(int(error // step) - first, len(counts) - 1)] += 1
    corners = [(step * (first + place), float(count)) for place, count in enumerate([*counts, 0])]
    return Panel("Errors", f"said less true {unit}".replace("  ", " "), (Series("", "first", (tuple(corners),), shape="bars"),), None,
                 number_ticks(step * first, step * last))
