"""What is decided between epochs. Each decision is a function of the figures so far, so a resumed run decides alike."""

from collections.abc import Mapping, Sequence
from math import inf, isfinite

from nndsl.program import EarlyStopping, Mode

History = Sequence[Mapping[str, float]]
"""The figures of each epoch, from the first on."""


def figures(row: Mapping[str, float]) -> dict[str, float]:
    """What was measured in an epoch: losses and metrics, of training and validation examples."""
    return {name: value for name, value in row.items() if name != "epoch" and not name.endswith("learning_rate")}


def measured(row: Mapping[str, float]) -> list[str]:
    """The names of the figures of training examples."""
    return [name for name in figures(row) if not name.startswith("val_")]


def rates(row: Mapping[str, float]) -> dict[str, float]:
    """The learning rate of each optimizer after an epoch."""
    return {name: value for name, value in row.items() if name.endswith("learning_rate")}


def best_epoch(history: History, monitor: str, mode: Mode) -> int | None:
    """The epoch (from 1) with the best monitored figure, the first of equals; None if none is finite."""
    scores = [_score(row, monitor, mode) for row in history]
    if not scores or min(scores) == inf:
        return None
    return int(history[scores.index(min(scores))]["epoch"])


def _score(row: Mapping[str, float], monitor: str, mode: Mode) -> float:
    """The figure, turned so that smaller is better; infinite where it is not finite."""
    value = row[monitor]
    if not isfinite(value):
        return inf
    return value if mode == "min" else -value


def should_stop(history: History, rule: EarlyStopping | None) -> bool:
    """Whether the monitored figure has not become better, by more than `min_delta`, for `patience` epochs (as in Keras)."""
    if rule is None:
        return False
    best, waited = inf, 0
    for row in history:
        score = _score(row, rule.monitor, rule.mode)
        waited = 0 if score < best - rule.min_delta else waited + 1
        best = score if waited == 0 else best
    return len(history) > 1 and waited >= max(rule.patience, 1)
