"""What a search found, for people: a line a trial, a table, and a page of one file."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import accumulate
from math import ceil, floor, isfinite, log10
from typing import cast

from nndsl.aligned import aligned
from nndsl.diagram.chart import Panel, Role, Series, Ticks, chart_svg, number_ticks
from nndsl.page import page as html_page
from nndsl.search_space import Listed, Searched
from nndsl.tuning.trials import STATES, Trial, Wish, best, ranked

_SHOWN = 10
_NEAR = 0.15
"""Two names along an axis of logarithms would overlap if they were nearer."""
_STYLE = "tr.best td { font-weight: 600; } tr.pruned td, tr.repeated td, tr.failed td, tr.refused td { color: var(--muted); }"


def trial_text(trial: Trial, wish: Wish) -> str:
    """A trial as one line."""
    values = "  ".join(f"{name} {text}" for name, text in trial.texts.items())
    result = "" if trial.value is None else f"  {wish.objective} {trial.value:.4g}"
    how = f"  {trial.state}" if trial.state != "finished" else ""
    return f"trial {trial.number:>{len(str(wish.trials))}}/{wish.trials}  {values}{result}{how}{f': {trial.reason}' if trial.reason else ''}"


def table(wish: Wish, trials: Sequence[Trial]) -> str:
    """The best trials as text, the best first."""
    shown = ranked([one for one in trials if one.value is not None], wish.mode)[:_SHOWN]
    if not shown:
        return "no trial has a result"
    rows = [["trial", *shown[0].texts, wish.objective, "epochs", ""]]
    for one in shown:
        remark = "" if one.state == "finished" else one.reason or one.state
        rows.append([str(one.number), *one.texts.values(), f"{one.value:.4g}", str(len(one.values)), remark])
    lines = aligned(rows)
    left = sum(one.value is not None for one in trials) - len(shown)
    return "\n".join([*lines, *([f"... and {left} more, in trials.csv"] if left else [])])


def page(wish: Wish, trials: Sequence[Trial], searched: Sequence[Searched]) -> str:
    """All trials as one self-contained HTML document, with what each parameter does to the objective."""
    found = best(list(trials), wish.mode)
    title = f"Search for {wish.training}"
    told = f"{len(trials)} of {wish.trials} trials; {'the lowest' if wish.mode == 'min' else 'the highest'} {wish.objective} is wanted"
    charts = (chart_svg([panel], panel.title, width=560, adaptive=True) for panel in _panels(wish, trials, searched)) if found else ()
    return html_page(title, [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(told)}.</p>",
        *charts,
        *_html_table(wish, trials, found),
        *(f"<p><b>{state}</b>: {escape(meaning)}</p>" for state, meaning in STATES.items() if any(one.state == state for one in trials)),
    ], _STYLE)


def _html_table(wish: Wish, trials: Sequence[Trial], found: Trial | None) -> Iterator[str]:
    names = list(trials[0].texts) if trials else []
    heads = ["trial", *names, wish.objective, "best epoch", "epochs", "seconds", "how it ended"]
    yield f"<table><thead><tr>{''.join(f'<th>{escape(one)}</th>' for one in heads)}</tr></thead><tbody>"
    for one in ranked(list(trials), wish.mode):
        value = "" if one.value is None else f"{one.value:.6g}"
        ended = one.state + (f": {one.reason}" if one.reason else "")
        cells = [str(one.number), *one.texts.values(), value, str(one.epoch or ""), str(len(one.values)), f"{one.seconds:g}", ended]
        mark = "best" if one is found else one.state
        yield f'<tr class="{mark}">{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
    yield "</tbody></table>"


def _panels(wish: Wish, trials: Sequence[Trial], searched: Sequence[Searched]) -> Iterator[Panel]:
    """The objective over the trials with the best so far, then over each parameter."""
    done = [one for one in trials if one.value is not None and isfinite(one.value)]
    reached = [(float(one.number), one.value) for one in done if one.state == "finished" and one.value is not None]
    line = tuple(zip((place for place, _ in reached), accumulate((value for _, value in reached), min if wish.mode == "min" else max), strict=True))
    yield Panel(wish.objective, "trial", (Series("best so far", "second", (line,)), *_dots(done, lambda one: float(one.number))))
    for parameter in searched:
        place, ticks = _axis(parameter)
        yield Panel(f"{wish.objective} by {parameter.name}", parameter.name, tuple(_dots(done, place)), None, ticks)


def _dots(trials: Sequence[Trial], place: Callable[[Trial], float]) -> Iterator[Series]:
    """Each trial as a dot; those that were pruned are pale, at what they had reached."""
    for name, role, pruned in (("trials", "first", False), ("pruned", "pale", True)):
        points = [(place(one), one.value) for one in trials if one.value is not None and (one.state == "pruned") == pruned]
        if points:
            yield Series(name, cast(Role, role), (tuple(sorted(points)),), shape="dots")


def _axis(parameter: Searched) -> tuple[Callable[[Trial], float], Ticks]:
    """Where a trial stands along the axis of a parameter, and what stands along it."""
    name, space = parameter.name, parameter.space
    if isinstance(space, Listed):
        places = {text: float(place) for place, text in enumerate(space.texts)}
        return lambda one: places[one.texts[name]], tuple((place, text) for text, place in places.items())
    if space.scale == "log":
        powers = range(ceil(log10(space.low)), floor(log10(space.high)) + 1)
        ends = [one for one in (space.low, space.high) if all(abs(log10(one) - power) > _NEAR for power in powers)]
        return lambda one: log10(float(one.texts[name])), tuple((log10(one), f"{one:.3g}") for one in (*ends, *(10.0**power for power in powers)))
    return lambda one: float(one.texts[name]), number_ticks(space.low, space.high)
