"""Who is told of what happens in a run, and what is printed of it: one line an epoch, where there is no terminal."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any

from nndsl.diagnostics import Diagnostic, render
from nndsl.monitor import History, figures

if TYPE_CHECKING:
    from nndsl.run import Run

_WORTH_A_LINE = 60.0
"""Seconds that something else than learning takes before a line tells of it."""


class Progress:
    """Told of everything that happens in a run; this one keeps it to itself."""

    def begin(self, epochs: int, steps: int, first: int, batch: int = 0, history: History = ()) -> None:
        """A run starts, at epoch `first` (from 1) of `epochs`, with so many steps each.

        Args:
            batch: how many examples a step takes, if it is that which takes the time.
            history: the figures of the epochs that are over.
        """

    def advance(self, epoch: int, done: int, loss: float) -> None:
        """So many steps of an epoch are done; `loss` is their mean."""

    def opened(self, run: "Run") -> None:
        """The folder of a run is there, and is this process's."""

    def closed(self, run: "Run") -> None:
        """All that there is to say of a run is in its folder, however it ended."""

    def expect(self, memory: str) -> None:
        """A run is about to start, and takes so much memory."""

    def busy(self, what: str, done: int, total: int) -> None:
        """Something else takes its time: measuring, saving. Nobody knows the end where `total` is 0."""

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        """An epoch is over; `best`: with the best model so far."""

    def say(self, message: str | Diagnostic) -> None:
        """Something worth knowing happened."""

    def end(self) -> None:
        """The run is over, however it ended."""


class Lines(Progress):
    """One line an epoch, for logs and pipes; where something else takes long, one a minute. `clock` tells seconds."""

    def __init__(self, stream: IO[str] | None = None, clock: Callable[[], float] = time.monotonic):
        self._stream, self._clock = stream or sys.stderr, clock
        self._epochs = 0
        self._since = self._printed = clock()

    def begin(self, epochs: int, steps: int, first: int, batch: int = 0, history: History = ()) -> None:
        self._epochs, self._since = epochs, self._clock()

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        now = self._clock()
        self._print(f"{epoch_text(epoch, self._epochs)}  {figures_text(figures)}  {duration_text(now - self._since)}{'  best' if best else ''}")
        self._since = now

    def say(self, message: str | Diagnostic) -> None:
        self._print(render(message) if isinstance(message, Diagnostic) else message)

    def busy(self, what: str, done: int, total: int) -> None:
        if self._clock() - self._printed >= _WORTH_A_LINE:
            self._print(f"{what}: {done / total:.0%}" if total else what)

    def _print(self, text: str) -> None:
        self._printed = self._clock()
        print(text, file=self._stream, flush=True)


class Tally:
    """How many of several things are done: on a terminal a bar; what is said of each stays as a line above it, or anywhere else."""

    def __init__(self, what: str, stream: IO[str] | None = None):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        stream = stream or sys.stderr
        self._console = Console(file=stream, highlight=False, soft_wrap=True)
        self._shown = RichProgress(
            TextColumn(what), BarColumn(bar_width=28), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[remark]}"),
            console=self._console, transient=True, refresh_per_second=8, disable=not stream.isatty(),
        )
        self._task: Any = None

    def begin(self, done: int, total: int) -> None:
        """There are so many in all, and so many are done."""
        self._task = self._shown.add_task("", completed=done, total=total, remark="")
        self._shown.start()

    def update(self, done: int, remark: str = "") -> None:
        """So many are done now."""
        self._shown.update(self._task, completed=done, remark=remark)

    def say(self, line: str) -> None:
        """Something worth a line happened."""
        self._console.print(line, markup=False)

    def end(self) -> None:
        """Nothing more is to be done, or can be."""
        self._shown.stop()


def epoch_text(epoch: int, epochs: int) -> str:
    return f"epoch {epoch:>{len(str(epochs))}}/{epochs}"


def figures_text(row: Mapping[str, float], between: str = "  ") -> str:
    return between.join(f"{name} {value:.4g}" for name, value in figures(row).items())


def duration_text(seconds: float) -> str:
    """A time as people say it: `0.3 s`, `12 s`, `3 min 5 s`, `2 h 10 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
