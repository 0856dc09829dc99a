"""What a trained network is worth: figures on examples that it has not learnt from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any


@dataclass(frozen=True)
class ClassFigures:
    """How well one class is found.

    Attributes:
        precision: the share of the examples given this class that have it.
        recall: the share of the examples that have this class that are given it.
        f1: their harmonic mean. All three are 0 where they would divide by 0.
        support: how many examples have this class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int

    @classmethod
    def of(cls, name: str, right: int, given: int, support: int) -> "ClassFigures":
        """The figures of a class that `support` examples have and `given` are given, `right` of them rightly."""
        precision, recall = _share(right, given), _share(right, support)
        return cls(name, precision, recall, _share(2 * precision * recall, precision + recall), support)


@dataclass(frozen=True)
class OutputFigures:
    """The figures of one output.

    Attributes:
        classes: of a classification, one for each class.
        confusion: of a classification into not too many classes, how many examples of each class (row) are given each
            class (column).
        errors: of a regression, `mae`, `rmse` and `r2`.
    """

    classes: tuple[ClassFigures, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    errors: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Evaluation:
    """The figures of a model on one split.

    Attributes:
        figures: the loss, its terms and the metrics of the file.
        outputs: by name, further figures of each output that is compared with a field.
    """

    split: str
    examples: int
    epoch: int | None
    figures: Mapping[str, float]
    outputs: Mapping[str, OutputFigures]

    def headline(self) -> str:
        """One line: what a person wants to know first."""
        names = [name for name in self.figures if name != "loss"] or ["loss"]
        shown = ", ".join([*(f"{name} {self.figures[name]:.4f}" for name in names), *self._errors_in_units()])
        which = f"the model of epoch {self.epoch}" if self.epoch is not None else "the model"
        return f"{shown} on {self.examples:,} {self.split} examples, by {which}"

    def _errors_in_units(self) -> Iterator[str]:
        """The mean errors of outputs in the units of the data, with those of a season before where these are smaller."""
        for name, one in self.outputs.items():
            error, season = one.errors.get("mae_in_units"), one.errors.get("season_mae_in_units")
            if error is not None:
                worse = f" (worse than a season before: {season:,.4g})" if season is not None and season <= error else ""
                yield f"{name} off by {error:,.4g}{worse}"

    def table(self) -> str:
        """The figures as text, with those of each class and who is taken for whom."""
        parts = [self.headline(), "\n".join(f"  {name:<24}{value:>10.4f}" for name, value in self.figures.items())]
        for name, figures in self.outputs.items():
            title = f"{name}\n" if len(self.outputs) > 1 else ""
            parts += [title + text for text in (_classes_text(figures), _errors_text(figures)) if text]
        return "\n\n".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def as_json(self) -> str:
        return json.dumps(finite(self.as_dict()), indent=2, ensure_ascii=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Evaluation":
        """The evaluation that `as_dict` told."""
        outputs = {
            name: OutputFigures(
                tuple(ClassFigures(**one) for one in figures["classes"]), tuple(map(tuple, figures["confusion"])), figures["errors"]
            )
            for name, figures in values["outputs"].items()
        }
        return cls(values["split"], values["examples"], values["epoch"], values["figures"], outputs)


_SHOWN_CLASSES = 20
"""A confusion matrix is printed for up to so many classes."""


def _classes_text(figures: OutputFigures) -> str:
    if not figures.classes:
        return ""
    width = max(5, *(len(one.name) for one in figures.classes))
    lines = [f"  {'class':<{width}}  precision  recall      f1  support"]
    for one in figures.classes:
        lines.append(f"  {one.name:<{width}}  {one.precision:>9.4f}  {one.recall:>6.4f}  {one.f1:>6.4f}  {one.support:>7,}")
    if 0 < len(figures.confusion) <= _SHOWN_CLASSES:
        lines += ["", *_confusion_lines(figures, width)]
    return "\n".join(lines)


def _confusion_lines(figures: OutputFigures, width: int) -> list[str]:
    names = [one.name for one in figures.classes]
    cell = max(max(map(len, names)), *(len(f"{count:,}") for row in figures.confusion for count in row)) + 2
    head = f"  {'taken for':<{width}}" + "".join(f"{name:>{cell}}" for name in names)
    rows = [f"  {name:<{width}}" + "".join(f"{count:>{cell},}" for count in row) for name, row in zip(names, figures.confusion, strict=True)]
    return [head, *rows]


def _errors_text(figures: OutputFigures) -> str:
    return "\n".join(f"  {name:<24}{value:>10.4f}" for name, value in figures.errors.items())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def finite(value: Any) -> Any:
    """A value as JSON can hold it: what is infinite or not a number becomes null."""
    match value:
        case float():
            return value if isfinite(value) else None
        case Mapping():
            return {name: finite(one) for name, one in value.items()}
        case list() | tuple():
            return [finite(one) for one in value]
    return value

