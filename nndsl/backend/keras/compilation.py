"""Whether steps are compiled by XLA: as the file says, or from the second epoch on, by a short trial whose result is kept with the run.

XLA fuses what would be many small kernels. A step may be faster or slower with it, which depends on the network and on the machine, and
it takes long to compile: so it is tried where a run has long to go, and a run that begins like an earlier one beside it, which has
tried it, does as that did.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nndsl.backend.keras import engine, replicas
from nndsl.backend.keras.learner import Learner
from nndsl.backend.keras.state import kept
from nndsl.diagnostics import UserError
from nndsl.progress import Progress, duration_text
from nndsl.run import Run

_WORTH_A_TRIAL = 80
"""Times as long as compiling took without XLA is to be left of a run: with XLA it takes about 4 times as long, and a twentieth is to pay for it."""
_ROUNDS, _ROUND = 3, 0.1
"""How often a way is measured, and how many seconds each time."""
_FASTER = 0.9
"""Of the time without it: else XLA is left out, whose sums differ in their last bits, and which draws other chance from a seed."""
_REFUSALS: tuple[type[Exception], ...] = (*engine.FAILURES, ValueError, TypeError, NotImplementedError)
"""Whatever TensorFlow says of what XLA cannot compile."""
_TIMES_BUILDING = 6.5
"""So many times as long as building a network takes TensorFlow to compile its steps: 4 to 7 of 20 to 1,000 calls, on whatever machine."""
_LONG_WAIT = 10.0
"""Seconds until the first step of which a person is told before."""
_ALIKE = ("training", "spec", "parameters", "versions", "hardware")
"""What is the same in the records of two runs that are to be compiled the same way."""


def wait_told(building: float, calls: int) -> str | None:
    """What is said before the first step if it is long in coming.

    Args:
        building: how many seconds it took to build everything, which tells how fast this machine is now.
        calls: how many a step has.
    """
    wait = 0.0 if engine.IS_JAX else _TIMES_BUILDING * building  # how long XLA takes for a step, nothing tells
    if wait < _LONG_WAIT:
        return None
    return f"the first step comes in about {duration_text(round(wait, -1))}: TensorFlow compiles a step of {calls:,} calls before"


@dataclass(frozen=True)
class Compilation:
    """How the steps of a run are compiled.

    Attributes:
        xla_from: from which step on by XLA; None: never.
        plain, xla: milliseconds of a step without it and with it, where both were tried; XLA cannot compile everything.
    """

    xla_from: int | None
    plain: float | None = None
    xla: float | None = None

    def record(self) -> dict[str, Any]:
        """For `run.yaml`."""
        return {"jit_compile": self.xla_from is not None, **{name: value for name, value in vars(self).items() if value is not None}}


def begin(asked: bool | str, learner: Learner, run: Run) -> None:
    """Compile as the file says, or as was chosen when the run was under way before."""
    if engine.ALWAYS_BY_XLA:
        run.settings["compilation"] = {"jit_compile": True}
    elif asked == "auto":
        run.settings.setdefault("compilation", {"jit_compile": asked})
    else:
        run.settings["compilation"] = Compilation(0 if asked else None).record()
    learner.xla_from = run.settings["compilation"].get("xla_from")


def settle(learner: Learner, run: Run, steps: int, total: int, progress: Progress) -> None:
    """After the first epoch, choose for a run that has not chosen yet.

    Args:
        steps, total: how many an epoch has, and the run.
    """
    if run.settings["compilation"]["jit_compile"] != "auto" or learner.step != steps:
        return
    if replicas.several():
        found = Compilation(None)
    else:
        found = _earlier(run) or trial(learner, total - steps, progress)
    learner.xla_from = found.xla_from
    run.settings["compilation"] = found.record()
    run.save_settings()


def _earlier(run: Run) -> Compilation | None:
    """What the newest run beside this one has found out that began like it, so that runs which are repeated have the same bits."""
    for place in sorted(run.folder.parent.glob("*/run.yaml"), reverse=True):
        with suppress(UserError):  # what is broken tells nothing
            other = Run.open(place.parent).settings if place.parent != run.folder else {}
            found = other.get("compilation", {})
            if "xla" in found and _began_alike(other, run.settings):
                return Compilation(found.get("xla_from"), found["plain"], found["xla"])
    return None


def _began_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    settings = (one["settings"], other["settings"])
    return all(one[name] == other[name] for name in _ALIKE) and all(settings[0][name] == settings[1][name] for name in ("batch", "precision"))


def trial(learner: Learner, left: int, progress: Progress) -> Compilation:
    """Take some steps of an epoch that begins, without XLA and with it, if so many are left that it may be worth it; all is as before afterwards."""
    plain = _milliseconds(learner)
    if plain * left / 1_000 < _WORTH_A_TRIAL * learner.compile_seconds:
        return Compilation(None, plain)
    progress.busy("trying XLA", 1, 2)
    before, learner.xla_from = learner.xla_from, learner.step
    try:
        xla = _milliseconds(learner)
    except _REFUSALS:
        return Compilation(None, plain)
    finally:
        learner.xla_from = before
    return Compilation(learner.step if xla < _FASTER * plain else None, plain, xla)


def _milliseconds(learner: Learner) -> float:
    """The time of a step: the least of some rounds, before which some steps are taken to compile them and to see how long they take."""
    begin, count, times = learner.step, 1, []
    with kept(learner.variables()):
        try:
            for _ in range(2 + _ROUNDS):
                learner.step, started = begin, time.perf_counter()
                learner.train(begin + count)
                times.append((time.perf_counter() - started) / count)
                if len(times) == 2:
                    count = max(1, min(int(_ROUND / times[1]), learner.full_steps))
        finally:
            learner.step = begin
    return round(min(times[2:]) * 1_000, 4)
