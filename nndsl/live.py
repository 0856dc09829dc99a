"""What a person sees on a terminal while a network learns: a bar with speed and time left, curves, and the epochs as lines above."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any

from nndsl.data.room import bytes_text
from nndsl.diagnostics import Diagnostic, render
from nndsl.monitor import History, measured, rates
from nndsl.progress import Lines, Progress, duration_text, epoch_text, figures_text

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

_WORTH_A_BAR = 1.0
"""Seconds that something else than learning takes before a bar tells of it."""
_WORTH_CURVES, _BETWEEN_CURVES = 3, 2.0
"""Curves are drawn of so many epochs, and again after so many seconds: it takes some hundredths of one."""
_CURVE_WIDTH, _CURVE_HEIGHT, _MOST_CURVES, _MOST_POINTS = 30, 6, 3, 200
_NARROW_CURVE, _BESIDE_CURVE = 28, 12
"""So many columns a curve takes at least, and so many its frame, with its numbers and the space to the next."""
_ROOM = 24
"""So many lines a terminal has before there is room for curves."""


def progress_on(stream: IO[str] | None = None) -> Progress:
    """What suits a stream: a live view on a terminal, lines elsewhere."""
    stream = stream or sys.stderr
    return Live(stream) if stream.isatty() else Lines(stream)


class Live(Progress):
    """A bar with speed, time left and loss; below it curves, the learning rate and the memory taken. `clock` tells seconds."""

    def __init__(self, stream: IO[str] | None = None, clock: Callable[[], float] = time.monotonic):
        from rich.console import Console
        from rich.live import Live as Shown
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        self._clock = clock
        self._history: list[Mapping[str, float]] = []
        self._console = Console(file=stream or sys.stderr, highlight=False)
        columns = TextColumn("{task.description}"), BarColumn(bar_width=28), TextColumn("{task.fields[figures]}")
        self._bars = Bars(*columns, console=self._console)
        self._curves: list[Text] = []
        self._shown = Shown(get_renderable=self._rendered, console=self._console, transient=True, refresh_per_second=8)
        self._task: Any = None
        self._epochs = self._steps = self._batch = 0
        self._started: float | None = None
        self._since = self._drawn = self._clock()
        self._done_before, self._told_speed = 0, ""

    # Told --------------------------------------------------------------------------------------------

    def begin(self, epochs: int, steps: int, first: int, batch: int = 0, history: History = ()) -> None:
        self._epochs, self._steps, self._batch, self._history = epochs, steps, batch, list(history)
        self._since = self._clock()
        self._show(epoch_text(first, epochs), steps, "compiling")

    def advance(self, epoch: int, done: int, loss: float) -> None:
        total_done = (epoch - 1) * self._steps + done
        compiled = self._started is None
        if compiled:  # the first call compiles, and says nothing about the speed
            self._started, self._done_before = self._clock(), total_done
        self._told_speed = self._speed(total_done)
        self._bars.update(
            self._task, completed=done, total=self._steps, description=epoch_text(epoch, self._epochs),
            figures=f"loss {loss:.4g}{self._told_speed}",
        )
        if compiled:
            self._shown.refresh()

    def expect(self, memory: str) -> None:
        self._console.print(memory, style="dim")

    def busy(self, what: str, done: int, total: int) -> None:
        if self._task is None:  # nothing is learnt yet: the data are read, which is seldom worth a bar
            if self._clock() - self._since < _WORTH_A_BAR:
                return
            self._show("data", total, what)
        self._bars.update(self._task, completed=done, total=total or None, figures=f"{what}{self._told_speed}")

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        now = self._clock()
        mark = "  [green]best[/green]" if best else ""
        self._console.print(
            f"{epoch_text(epoch, self._epochs)}  {figures_text(figures)}  [dim]{duration_text(now - self._since)}[/dim]{mark}"
        )
        self._since = now
        self._history.append(figures)
        if len(self._history) >= _WORTH_CURVES and now - self._drawn >= _BETWEEN_CURVES:
            self._curves, self._drawn = self._drawn_curves(), now

    def say(self, message: str | Diagnostic) -> None:
        self._console.print(render(message) if isinstance(message, Diagnostic) else message, markup=False)

    def end(self) -> None:
        self._shown.stop()

    # Shown -------------------------------------------------------------------------------------------

    def _show(self, description: str, total: int, figures: str) -> None:
        """A new bar in the place of the last one."""
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(description, total=total, figures=figures)
        self._shown.start(refresh=True)

    def _speed(self, done: int) -> str:
        elapsed = self._clock() - (self._started or 0)
        if done <= self._done_before or elapsed < 0.2:
            return ""
        rate = (done - self._done_before) / elapsed
        left = duration_text((self._epochs * self._steps - done) / rate)
        if self._batch and rate * self._batch >= 1:
            return f"  {rate * self._batch:,.0f} examples/s  {left} left"
        return f"  {rate:,.0f} steps/s  {left} left" if rate >= 10 else f"  {1 / rate:.2g} s a step  {left} left"

    def _rendered(self) -> "Group":
        from rich.columns import Columns
        from rich.console import Group

        curves = [Columns(self._curves, padding=(0, 2))] if self._curves and self._console.height >= _ROOM else []
        return Group(self._bars, *curves, *self._state())

    def _state(self) -> "list[Text]":
        """The learning rate of the last epoch, and the memory that the process takes now."""
        from psutil import Process
        from rich.text import Text

        if not self._history:
            return []
        told = [f"{name.replace('_', ' ')} {value:.3g}" for name, value in rates(self._history[-1]).items()]
        return [Text("   ".join([*told, f"memory {bytes_text(Process().memory_info().rss)}"]), style="dim")]

    def _drawn_curves(self) -> "list[Text]":
        names = measured(self._history[0])
        names = names[: max(1, min(_MOST_CURVES, self._console.width // (_NARROW_CURVE + _BESIDE_CURVE)))]
        width = min(_CURVE_WIDTH, self._console.width // max(1, len(names)) - _BESIDE_CURVE)
        return [self._curve(name, width) for name in names] if width >= _NARROW_CURVE else []

    def _curve(self, name: str, width: int) -> "Text":
        """A figure over the epochs, on training examples and, where it is measured there, on those for validation."""
        from rich.text import Text
        from uniplot import plot_to_string

        rows = self._history[:: len(self._history) // _MOST_POINTS + 1]
        kinds = {kind: key for kind, key in (("train", name), ("validation", f"val_{name}")) if key in rows[0]}
        drawn = plot_to_string(
            xs=[[row["epoch"] for row in rows] for _ in kinds], ys=[[row[key] for row in rows] for key in kinds.values()],
            lines=True, character_set="braille", width=width, height=_CURVE_HEIGHT, title=name.replace("_", " "),
            color=["blue", "yellow"][: len(kinds)], legend_labels=list(kinds),
        )
        return Text.from_ansi(drawn if isinstance(drawn, str) else "\n".join(drawn))
