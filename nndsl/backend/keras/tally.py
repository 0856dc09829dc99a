"""What a network gets right and wrong, added up batch by batch: however many examples there are, a tally takes the same room."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from nndsl.evaluation import ClassFigures, OutputFigures

Array: TypeAlias = np.ndarray[Any, Any]

_MOST_CONFUSED = 200
"""Up to this many classes, it is counted which is taken for which."""


class Classes:
    """How often each class is there, is said, and is said rightly.

    Args:
        names: of the classes.
    """

    def __init__(self, names: Sequence[str]):
        self._names, count = names, len(names)
        self._right, self._given, self._support = (np.zeros(count, np.int64) for _ in range(3))
        self._confusion = np.zeros((count, count), np.int64) if count <= _MOST_CONFUSED else None

    def add(self, truth: Array, said: Array) -> None:
        """Count some examples by the numbers of their classes, `[n]` each."""
        count = len(self._names)
        self._right += np.bincount(truth[truth == said], minlength=count)
        self._given += np.bincount(said, minlength=count)
        self._support += np.bincount(truth, minlength=count)
        if self._confusion is not None:
            self._confusion += np.bincount(truth * count + said, minlength=count**2).reshape(count, count)

    def figures(self) -> OutputFigures:
        counts = (one.tolist() for one in (self._right, self._given, self._support))
        classes = tuple(ClassFigures.of(*one) for one in zip(self._names, *counts, strict=True))
        return OutputFigures(classes, () if self._confusion is None else tuple(map(tuple, self._confusion.tolist())))


class Errors:
    """How far numbers are from those that they should be."""

    def __init__(self) -> None:
        self._count, self._mean, self._spread, self._absolute, self._squares = 0, 0.0, 0.0, 0.0, 0.0

    def add(self, truth: Array, said: Array) -> None:
        """Take in some numbers, `[n]` each.

        Means and squared distances from them are joined as in Chan, Golub and LeVeque (1979), which does not lose digits where
        the mean is far from 0.
        """
        count = len(truth)
        if not count:
            return
        truth, rest = truth.astype(np.float64), truth.astype(np.float64) - said.astype(np.float64)
        mean, total = float(truth.mean()), self._count + count
        self._spread += float(np.square(truth - mean).sum()) + (mean - self._mean) ** 2 * self._count * count / total
        self._mean += (mean - self._mean) * count / total
        self._count = total
        self._absolute += float(np.abs(rest).sum())
        self._squares += float(np.square(rest).sum())

    def figures(self) -> dict[str, float]:
        """Mean absolute error, root mean square error, and the share of the variance that is explained."""
        if not self._count:
            return {"mae": 0.0, "rmse": 0.0, "r2": 0.0}
        r2 = 1 - self._squares / self._spread if self._spread else 0.0
        return {"mae": self._absolute / self._count, "rmse": (self._squares / self._count) ** 0.5, "r2": r2}


class Tally:
    """What one output gets right and wrong: of classes, or of numbers.

    Numbers are compared by several forecasts: the one of the network and perhaps a plain one, whose figures start with a name
    of its own.
    """

    def __init__(self) -> None:
        self._classes: Classes | None = None
        self._errors: dict[str, tuple[Errors, Errors | None]] = {}

    def add_classes(self, names: Sequence[str], truth: Array, said: Array) -> None:
        self._classes = self._classes or Classes(names)
        self._classes.add(truth, said)

    def add_numbers(self, whose: str, truth: Array, said: Array, in_units: tuple[Array, Array] | None) -> None:
        """Take in what a forecast says.

        Args:
            whose: what its figures start with; nothing for the network's.
            in_units: both in the units of the data, where these are others.
        """
        if whose not in self._errors:
            self._errors[whose] = Errors(), None if in_units is None else Errors()
        plain, decoded = self._errors[whose]
        plain.add(truth, said)
        if decoded is not None and in_units is not None:
            decoded.add(*in_units)

    def figures(self) -> OutputFigures:
        if self._classes is not None:
            return self._classes.figures()
        found: dict[str, float] = {}
        for whose, (plain, decoded) in self._errors.items():
            found |= _named(whose, plain.figures(), "")
            if decoded is not None:
                found |= _named(whose, {name: value for name, value in decoded.figures().items() if name != "r2"}, "_in_units")
        return OutputFigures(errors=found)


def _named(before: str, figures: Mapping[str, float], after: str) -> dict[str, float]:
    return {f"{before}{name}{after}": value for name, value in figures.items()}
