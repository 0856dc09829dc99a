"""A process that trains one trial after another, and tells the search how they go.

It talks over a pipe: it is sent a `Job` for each trial; after each epoch it sends the objective's values so far and is
sent whether to go on; in the end it sends an `Outcome`. If it dies, the search sees the pipe close; if the search dies,
it sees that too, saves what it has, and ends.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from nndsl.diagnostics import UserError
from nndsl.driver import check
from nndsl.monitor import History
from nndsl.progress import Progress
from nndsl.run import locked
from nndsl.source import Source
from nndsl.tuning.trials import State

SOON = 60.0
"""Seconds that workers have to save and end when a search ends."""


@dataclass(frozen=True)
class Job:
    """A trial to train.

    Attributes:
        text: the file with the values of the trial in their places.
        resumed: whether the run in `place` is to go on.
    """

    name: str
    path: Path | None
    text: str
    fixed: Mapping[str, Any]
    data_path: Path | None
    training: str
    objective: str
    epochs: int | None
    place: Path
    resumed: bool


@dataclass(frozen=True)
class Outcome:
    """How a trial ended; `state` is None if it was interrupted, and can go on."""

    state: State | None
    values: tuple[float, ...] = ()
    value: float | None = None
    epoch: int | None = None
    seconds: float = 0.0
    reason: str | None = None
    data: str | None = None


def work(connection: "Connection[Any, Any]", log: Path, threads: int | None) -> None:
    """Train what is sent until the pipe closes. What is printed goes to a file: the terminal is the search's."""
    _print_to(log)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if threads is not None:
        with suppress(UserError):  # of a backend that cannot train, which each trial says
            from nndsl.backend.keras.engine import limit_threads

            limit_threads(threads)
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        outcome = _outcome(job, connection)
        with suppress(OSError):
            connection.send(outcome)


def _print_to(log: Path) -> None:
    """Send what this process prints to a file, and keep a terminal's Ctrl-C away from it."""
    if hasattr(os, "setsid"):
        os.setsid()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, sys.stdout.fileno())
    os.dup2(descriptor, sys.stderr.fileno())
    os.close(descriptor)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _wait_until_free(place: Path) -> None:
    """The worker of a search that was killed may still be saving; a run that is not free in time is refused where it is resumed."""
    deadline = time.monotonic() + SOON
    while time.monotonic() < deadline:
        with suppress(UserError), locked(place):
            return
        time.sleep(0.1)


def _outcome(job: Job, connection: "Connection[Any, Any]") -> Outcome:
    def goes_on(history: History) -> bool:
        try:
            connection.send([row[job.objective] for row in history])
            return bool(connection.recv())
        except (EOFError, OSError):  # the search is over: save what there is
            signal.raise_signal(signal.SIGTERM)
            return True

    started = time.monotonic()
    if job.resumed:
        _wait_until_free(job.place)
    try:
        from nndsl.backend.keras.train import train

        program, report = check(Source(job.name, job.text, job.path), overrides=job.fixed, data_path=job.data_path)
        if report.errors:
            first = next(one for one in report if one.severity == "error")
            return Outcome("refused", reason=f"{first.code}: {first.message}")
        run = train(
            program, program.training(job.training), epochs=job.epochs, overrides=job.fixed, data_path=job.data_path,
            progress=Progress(), place=job.place, resume=job.place if job.resumed else None, goes_on=goes_on,
        )
    except UserError as wrong:
        return Outcome("failed", seconds=round(time.monotonic() - started, 1), reason=str(wrong).partition("\n")[0])
    if run.status in ("terminated", "interrupted"):
        return Outcome(None)
    kept = run.best or run.history[-1]
    values = tuple(row[job.objective] for row in run.history)
    return Outcome(
        "pruned" if run.status == "pruned" else "finished", values, kept[job.objective], int(kept["epoch"]), run.settings["seconds"],
        data=run.settings["data"]["sha256"],
    )
