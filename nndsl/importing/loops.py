"""Chains of steps with what repeats in them: `Residual(64) * 3`, and loops over lists of arguments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from nndsl.catalogue.component import same
from nndsl.importing.body import Step, Written
from nndsl.importing.columns import Columns, Parameter
from nndsl.importing.instances import cost_of, key_of

_LONGEST_PERIOD = 8
_MOST_VARIABLES = 6
_LEAST_SAVING = 3


@dataclass(frozen=True)
class Run:
    """A step, as often as it follows itself with the same arguments; how often can be a variable of a loop."""

    step: Step
    count: int | Written = 1


@dataclass(frozen=True)
class Loop:
    """Runs that are repeated with other arguments each time."""

    variables: Sequence[Parameter]
    turns: int
    runs: Sequence[Run]


Item: TypeAlias = Run | Loop


def items_of(steps: Sequence[Step], keep: bool = False) -> list[Item]:
    """A chain as runs and loops.

    Args:
        keep: each step by itself.
    """
    return [Run(step) for step in steps] if keep else _with_loops(runs_of(steps))


def runs_of(steps: Sequence[Step]) -> list[Run]:
    """A chain with what follows itself counted."""
    found: list[Run] = []
    for step in steps:
        last = found[-1] if found else None
        if last is not None and isinstance(last.count, int) and step.owner is None and _alike(last.step, step):
            found[-1] = Run(last.step, last.count + 1)
        else:
            found.append(Run(step))
    return found


def _alike(one: Step, other: Step) -> bool:
    """Whether two steps are written alike."""
    if key_of(one) != key_of(other) or one.owner is not None or one.when or other.when:
        return False
    return all(same(value, other.values[name]) for name, value in one.values.items())


def _with_loops(runs: Sequence[Run]) -> list[Item]:
    """The loop that saves most, and those before and after it."""
    best: tuple[int, int, int, Loop] | None = None
    for start in range(len(runs)):
        for period in range(1, min(_LONGEST_PERIOD, (len(runs) - start) // 2) + 1):
            turns = _turns(runs, start, period)
            if turns < 2:
                continue
            loop = _loop([runs[start + turn * period : start + (turn + 1) * period] for turn in range(turns)])
            saving = _saving(runs[start : start + turns * period], loop)
            if saving >= _LEAST_SAVING and len(loop.variables) <= _MOST_VARIABLES and (best is None or saving > best[0]):
                best = saving, start, start + turns * period, loop
    if best is None:
        return list(runs)
    _, start, stop, loop = best
    before = _reaching_back(runs[:start], loop, runs[start:stop])
    if before is not None:
        rest, loop = before
        return [*_with_loops(rest), loop, *_with_loops(runs[stop:])]
    return [*_with_loops(runs[:start]), loop, *_with_loops(runs[stop:])]


def _turns(runs: Sequence[Run], start: int, period: int) -> int:
    """How often what begins at a place with a period is repeated right after it."""
    pattern = [key_of(one.step) for one in runs[start : start + period]]
    if any(one.step.owner is not None for one in runs[start : start + period]):
        return 0
    turns = 1
    while [key_of(one.step) for one in runs[start + turns * period : start + (turns + 1) * period]] == pattern:
        turns += 1
    return turns


def _loop(turns: Sequence[Sequence[Run]]) -> Loop:
    columns = Columns(len(turns))
    runs = []
    for place, first in enumerate(turns[0]):
        alike = [turn[place] for turn in turns]
        values = {name: columns.express(str(name), [one.step.values[name] for one in alike]) for name in first.step.values}
        step = Step(first.step.kind, values, first.step.operands, first.step.types)
        runs.append(Run(step, columns.express("times", [one.count for one in alike], derive=False)))
    return Loop(columns.parameters, len(turns), runs)


def _saving(runs: Sequence[Run], loop: Loop) -> int:
    """About how much text a loop saves."""
    before = sum(cost_of(one.step) + (one.count != 1) for one in runs)
    body = sum(cost_of(one.step) + (one.count != 1) for one in loop.runs)
    return before - (4 + body + len(loop.variables) * (loop.turns + 1))


def _reaching_back(before: Sequence[Run], loop: Loop, runs: Sequence[Run]) -> tuple[Sequence[Run], Loop] | None:
    """The loop with one more turn at its beginning, where that is a run that has to be taken apart first.

    In a residual network, the first stage is three blocks alike, and each of the others one block and then some more.
    """
    period = len(loop.runs)
    if period != 2 or not before or key_of(before[-1].step) != key_of(runs[0].step) or key_of(before[-1].step) != key_of(runs[1].step):
        return None
    last = before[-1]
    if not isinstance(last.count, int) or last.count < 2:
        return None
    turns = [[Run(last.step), Run(last.step, last.count - 1)], *(runs[place : place + 2] for place in range(0, len(runs), 2))]
    longer = _loop(turns)
    return (before[:-1], longer) if len(longer.variables) <= len(loop.variables) + 1 else None


def rows_of(loop: Loop) -> list[tuple[Any, ...]]:
    """What the variables of a loop are, turn by turn."""
    return [tuple(one.values[turn] for one in loop.variables) for turn in range(loop.turns)]
