"""Many runs at once: found in a folder, read fast, and sorted by what came of them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from math import inf, isfinite
from pathlib import Path
from typing import Any

from nndsl.catalogue.training import Metric
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.frozen import Frozen
from nndsl.monitor import figures
from nndsl.program import Mode
from nndsl.run import LATEST, Run, is_locked, resolved

_DEPTH = 2
"""Runs lie so many folders below that of all runs: runs/NAME/001."""
TIMES = ("started", "seconds", "epochs")
"""What runs can be sorted by besides figures."""


@error("NN830")
def no_runs_folder(path: Path, why: str) -> Diagnostic:
    """`nndsl runs` looks for runs in a folder, `runs` if none is named."""
    return Diagnostic(None, f"{path} is no folder of runs: {why}", repair="`nndsl train FILE` makes runs/NAME/001; or name the folder: `nndsl runs DIR`")


@error("NN831")
def no_such_figure(figure: str, known: Sequence[str]) -> Diagnostic:
    """Runs can be sorted by a figure that one of them has: of its best epoch, or `test_...`, of the test examples."""
    return Diagnostic(None, f"no run has the figure `{figure}`", repair=f"there are {', '.join(known)}" if known else None)


class Entry(Frozen, eq=False):
    """A run, as far as it could be read.

    Attributes:
        folder: where it is.
        problem: why it could not be read, as a part of a sentence; None: it could.
        state: how it ended; `running`, or `killed` if nobody works at it.
        figures: of the best epoch, by name; and on the test examples, as `test_...`.
    """

    folder: Path
    run: Run | None = None
    problem: str | None = None
    state: str = "unreadable"
    figures: Mapping[str, float] = {}

    @property
    def name(self) -> str:
        """`digits8x8/001`."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    def setting(self, section: str, name: str | None = None) -> Any:
        """What `run.yaml` says, or None."""
        settings = {} if self.run is None else self.run.settings
        value = settings.get(section)
        return value if name is None else value.get(name) if isinstance(value, dict) else None

    @property
    def started(self) -> str:
        return str(self.setting("started") or "")

    @property
    def seconds(self) -> float | None:
        value = self.setting("seconds")
        return float(value) if isinstance(value, int | float) else None

    @property
    def epochs(self) -> int:
        """How many were trained."""
        return len(self.run.history) if self.run is not None else 0

    @property
    def watched(self) -> str | None:
        """The figure that tells the best epoch."""
        rule = self.setting("settings", "early_stopping")
        if isinstance(rule, dict) and rule.get("monitor") in self.figures:
            return str(rule["monitor"])
        return next((name for name in ("val_loss", "loss") if name in self.figures), None)

    def direction(self, figure: str) -> Mode | None:
        """Whether a small or a large value of a figure is good."""
        plain = figure.removeprefix("test_").removeprefix("val_")
        better = self.setting("better", plain)
        if better in ("min", "max"):
            return "min" if better == "min" else "max"
        if plain == "loss" or plain.endswith("_loss"):
            return "min"
        metric: Any = Metric.members.get(plain)
        mode: Mode | None = None if metric is None else metric.mode
        return mode


# Finding and reading -----------------------------------------------------------------------------


def entries(root: Path) -> list[Entry]:
    """All runs in a folder of runs, or in that of one training, by name and number.

    Raises:
        UserError: there is no such folder, or it cannot be read.
    """
    try:
        found = sorted(_folders(root, _DEPTH), key=lambda path: (path.parent.as_posix().lower(), path.name.zfill(12)))
    except OSError as failure:
        raise UserError(no_runs_folder(root, (failure.strerror or str(failure)).lower())) from None
    return [entry(one) for one in found]


def is_run(path: Path) -> bool:
    """Whether a path leads to the folder of a run."""
    folder = resolved(path)
    return (folder / "run.yaml").is_file() or path.name == LATEST


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    """The folders of runs, also of those whose `run.yaml` is gone; links are not followed."""
    names = {one.name: one for one in os.scandir(folder)}
    if "run.yaml" in names or "checkpoints" in names:
        yield folder
    elif depth:
        for name, one in names.items():
            if one.is_dir(follow_symlinks=False) and not name.startswith("."):
                yield from _folders(folder / name, depth - 1)


def entry(path: Path) -> Entry:
    """A run; one that cannot be read is an entry too, which says why."""
    folder = resolved(path)
    try:
        run = Run.open(folder)
        return Entry(folder, run, None, _state(run), figures_of(run))
    except UserError as wrong:
        why = wrong.diagnostics[0].message.rpartition(" is not a run: ")[2]
    except (TypeError, ValueError, KeyError, AttributeError):  # a file that somebody has changed
        why = "what its files say does not fit together"
    return Entry(folder, None, why)


def _state(run: Run) -> str:
    return "killed" if run.status == "running" and not is_locked(run.folder) else run.status


def figures_of(run: Run) -> dict[str, float]:
    """The figures of the best epoch, and those on the test examples."""
    best = run.best or (run.history[-1] if run.history else None)
    epoch = {} if best is None else figures(best)
    test = {} if run.evaluation is None else {f"test_{name}": float(value) for name, value in run.evaluation.figures.items()}
    return {**epoch, **test}


# Sorting -----------------------------------------------------------------------------------------


def sorted_by(found: Sequence[Entry], wish: str) -> list[Entry]:
    """Runs by a figure, the best first, or by time; those without it come last.

    Raises:
        UserError: none has it.
    """
    if wish in TIMES:
        return sorted(found, key=lambda one: (one.run is None, getattr(one, wish) or 0 if wish != "started" else one.started))
    known = list(dict.fromkeys(name for one in found for name in one.figures))
    if wish not in known:
        raise UserError(no_such_figure(wish, [*known, *TIMES]))
    return sorted(found, key=lambda one: _rank(one, wish))


def _rank(one: Entry, figure: str) -> float:
    value = one.figures.get(figure, inf)
    if not isfinite(value):
        return inf
    return value if one.direction(figure) == "min" else -value


def best_of(found: Sequence[Entry], figure: str) -> list[Entry]:
    """Those with the best value of a figure; none where all have the same, or where neither way is good."""
    having = [one for one in found if isfinite(one.figures.get(figure, inf))]
    values = {one.figures[figure] for one in having}
    mode = next((mode for one in having if (mode := one.direction(figure)) is not None), None)
    if mode is None or len(values) < 2:
        return []
    good = min(values) if mode == "min" else max(values)
    return [one for one in having if one.figures[figure] == good]


def as_dict(one: Entry) -> dict[str, Any]:
    """A run as plain values, for JSON."""
    if one.run is None:
        return {"run": str(one.folder), "state": one.state, "problem": one.problem}
    keys = ("training", "started", "ended", "seconds", "best_epoch", "parameters")
    known = {name: one.run.settings.get(name) for name in keys}
    figures = {name: value if isfinite(value) else None for name, value in one.figures.items()}
    return {"run": str(one.folder), "state": one.state, **known, "epochs": one.epochs, "figures": figures}
