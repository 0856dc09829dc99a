"""A process that trains a configuration, and dies by SIGKILL at a moment that is planned.

It is forked from one that has loaded TensorFlow, and has computed nothing yet: threads that compute do not outlive a fork.
"""

import os
import random
import resource
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from nndsl.backend.keras import loop
from nndsl.backend.keras.train import train
from nndsl.diagnostics import UserError
from nndsl.driver import check
from nndsl.monitor import History
from nndsl.progress import Progress
from nndsl.source import Source

When = Literal["told", "file", "byte", "time"]


@dataclass(frozen=True)
class Plan:
    """When a training dies.

    Attributes:
        when: when its progress is `told` of something for the n-th time (a step, an epoch, a save), before it opens or renames
            a `file` for the n-th time, when a file would grow past its n-th `byte`, or so many milliseconds of `time` after
            its first step.
    """

    when: When
    n: int


@dataclass(frozen=True)
class Counts:
    """What a training would have died of."""

    told: int
    file: int


def run(connection: "Connection[Any, Any]", folder: Path, plan: Plan | None, seed: int) -> None:
    """Train `net.nn` in a folder from where it is, up to the end or the planned moment.

    Args:
        connection: is sent the counts in the end, or what the user was told.
        seed: of how many steps each call takes, which no result may depend on.
    """
    os.chdir(folder)
    chance = random.Random(seed)
    often = {"_SAVING_SHARE": 1e9, "_SAVE_WITHIN_EPOCH": 0.0}  # save as often as there is an occasion
    vars(loop).update(often, next_steps=lambda *_: chance.randint(1, 3))
    moments = Moments(plan)
    program, report = check(Source("net.nn", Path("net.nn").read_text(encoding="utf-8"), Path("net.nn").resolve()))
    report.raise_errors()
    latest = Path("runs/task/latest")
    sys.addaudithook(moments.file)
    try:
        made = train(program, program.training(), progress=moments, resume=latest if latest.exists() else None)
    except UserError as told:
        connection.send(str(told))
    else:
        connection.send(Counts(moments.counts["told"], moments.counts["file"]) if made.status in ("finished", "stopped early") else made.status)


class Moments(Progress):
    """Counts what happens, and kills this process in time."""

    def __init__(self, plan: Plan | None):
        self.counts = {"told": 0, "file": 0}
        self._plan = plan

    def _happens(self, what: When) -> None:
        self.counts[what] += 1
        if self._plan == Plan(what, self.counts[what]):
            os.kill(os.getpid(), signal.SIGKILL)

    def file(self, event: str, arguments: tuple[Any, ...]) -> None:
        """What Python tells of: files of the run that are opened, renamed, removed."""
        if event in ("open", "os.rename", "os.remove", "os.symlink", "os.mkdir") and "runs" in str(arguments[0]):
            self._happens("file")

    def begin(self, epochs: int, steps: int, first: int, batch: int = 0, history: History = ()) -> None:
        if self._plan is not None and self._plan.when == "byte":
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._plan.n, self._plan.n))
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it

    def advance(self, epoch: int, done: int, loss: float) -> None:
        if self._plan is not None and self._plan.when == "time" and not self.counts["told"]:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)  # which ends a process at any instruction, as SIGKILL does
            signal.setitimer(signal.ITIMER_REAL, self._plan.n / 1000)
        self._happens("told")

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        self._happens("told")

    def busy(self, what: str, done: int, total: int) -> None:
        self._happens("told")
