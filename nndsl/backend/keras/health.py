"""What goes wrong inside of a network while it learns: gradients that vanish or explode, and units that are always 0."""

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from io import StringIO
from math import sqrt
from typing import Any

import numpy as np

from nndsl.backend.keras.learner import Learner, Pulse
from nndsl.diagnostics import Diagnostic, error, warning
from nndsl.graph import Node
from nndsl.progress import Progress
from nndsl.run import Run
from nndsl.source import Span

HEALTH = "health.csv"
_VANISHING = 1e-4
"""The gradients of a layer vanish that are so much smaller than those of another layer that the same objective changes."""
_EXPLODING = 100.0
"""They explode where they are so many times as large as the weights: steps of plain gradient descent at 0.01 would replace these."""
_DEAD = 0.5
"""Of so many units that are always 0 a person is told."""


@warning("NN843")
def vanishing(layer: str, gradient: float, largest: str, most: float, span: Span) -> Diagnostic:
    """The gradients of a layer are so much smaller than those of others that it hardly learns.

    Both are root mean squares over the weights of a layer, on one batch. Each layer with a bounded activation (sigmoid, tanh)
    makes gradients smaller on their way back (Glorot and Bengio, 2010).
    """
    message = f"the gradients of `{layer}` vanish: {gradient:.1e}, where those of `{largest}` are {most:.1e}"
    return Diagnostic(span, message, (), "add skip connections or normalization, or use relu, or another initializer")


@warning("NN844")
def exploding(layer: str, gradient: float, weights: float, span: Span) -> Diagnostic:
    """The gradients of a layer are many times as large as its weights, so that steps throw it about.

    Both are root mean squares over the weights of a layer, on one batch (Pascanu, Mikolov and Bengio, 2013).
    """
    message = f"the gradients of `{layer}` explode: {gradient:.1e}, where its weights are {weights:.1e}"
    return Diagnostic(span, message, (), "set clipnorm=1 in the optimizer, lower the learning rate, or normalize the inputs")


@warning("NN845")
def dead_units(layer: str, dead: int, units: int, examples: int, span: Span) -> Diagnostic:
    """Units of a layer with relu are 0 for all examples of a batch: no gradient reaches their weights, and they may never come back.

    A unit is a place along the last axis: a channel of a convolution.
    """
    message = f"{dead:,} of the {units:,} units of `{layer}` are 0 for all {examples:,} examples of a batch, and learn nothing from it"
    return Diagnostic(span, message, (), "lower the learning rate, or use leaky_relu, elu or gelu")


@error("NN846")
def not_shared() -> Diagnostic:
    """The health of a network is looked at where one device computes a whole batch."""
    return Diagnostic(None, "`--health` looks at the batches of one device, and several share them here", (), "leave out --health, or --devices")


@dataclass(frozen=True)
class Vitals:
    """One layer at the start of an epoch, on the batch that comes next; `gradient` and `weights` are root mean squares.

    Attributes:
        objective: the name of the one that changes it; of units, the one that they are computed for.
    """

    epoch: int
    objective: str
    layer: str
    line: int
    gradient: float | None = None
    weights: float | None = None
    dead: int | None = None
    units: int | None = None


_COLUMNS = [one.name for one in fields(Vitals)]


class Health:
    """Looks at a training before each epoch, without changing what it learns by a bit; all goes to `health.csv`."""

    def __init__(self, learner: Learner, run: Run, progress: Progress):
        self._learner, self._run, self._progress = learner, run, progress
        self._rows: list[dict[str, Any]] | None = None
        self._told = set[tuple[str, Span | None]]()

    def look(self, epoch: int) -> None:
        """Look at the batch that comes next, the first of an epoch. Of each mistake a person is told once.

        Raises:
            UserError: the file cannot be written.
        """
        found: list[Vitals] = []
        for pulse in self._learner.pulse():
            units = list(self._of_units(epoch, pulse))
            silent = {one.layer for one in units if one.dead == one.units}
            found += [*self._of_gradients(epoch, pulse, silent), *units]
        if self._rows is None:
            self._rows = [row for row in self._written() if int(row["epoch"]) < epoch]
        self._rows += [asdict(one) for one in found]
        self._run.write(HEALTH, _csv(self._rows))

    def _of_gradients(self, epoch: int, pulse: Pulse, silent: Collection[str]) -> Iterator[Vitals]:
        """The gradients of layers; why those are 0 whose units are all dead, is told by these."""
        found = [(node, _rms(changes), _rms(weights)) for node, changes, weights in pulse.gradients]
        strongest, most, _ = max(found, key=lambda one: one[1], default=(None, 0.0, 0.0))
        for node, gradient, weights in found:
            yield Vitals(epoch, pulse.objective, _name(node), node.span.line, gradient, weights)
            if gradient < _VANISHING * most and strongest is not None and _name(node) not in silent:
                self._tell(vanishing(_name(node), gradient, _name(strongest), most, node.span))
            if gradient > _EXPLODING * weights > 0:
                self._tell(exploding(_name(node), gradient, weights, node.span))

    def _of_units(self, epoch: int, pulse: Pulse) -> Iterator[Vitals]:
        for node, results in pulse.rectified:
            units = results.shape[-1]
            dead = int((results.reshape(-1, units).max(axis=0) == 0).sum())
            yield Vitals(epoch, pulse.objective, _name(node), node.span.line, dead=dead, units=units)
            if dead > _DEAD * units:
                self._tell(dead_units(_name(node), dead, units, len(results), node.span))

    def _tell(self, said: Diagnostic) -> None:
        if (said.code, said.span) not in self._told:
            self._told.add((said.code, said.span))
            self._progress.say(said)

    def _written(self) -> list[dict[str, Any]]:
        """What an earlier part of a run that goes on has written; lines that are none of it are left out."""
        path = self._run.folder / HEALTH
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
        rows = ({name: row.get(name) for name in _COLUMNS} for row in csv.DictReader(lines))
        return [row for row in rows if (row["epoch"] or "").isdecimal()]


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _name(node: Node) -> str:
    return node.label or node.name


def _rms(arrays: Sequence[np.ndarray[Any, Any]]) -> float:
    """The root of the mean of the squares of all numbers."""
    count = sum(one.size for one in arrays)
    return sqrt(sum(float(np.square(one, dtype=np.float64).sum()) for one in arrays) / count)
