"""Arguments of losses, metrics, optimizers, schedules, initializers, regularizers and constraints at their bounds, and beyond them.

What is taken, Keras takes, and computes with; what is refused of numbers, words and lists, Keras refuses too, or it is on the list.
"""

from collections.abc import Iterator
from inspect import signature
from typing import Any

import keras
import numpy as np
import pytest

from nndsl.backend.keras import optimize
from nndsl.catalogue.component import ArgumentError, Component
from nndsl.catalogue.differences import TRAINING_OUT_OF_BOUNDS
from nndsl.catalogue.durations import Duration
from nndsl.catalogue.training import Loss, Metric, Optimizer, schedules
from nndsl.catalogue.weights import Constraint, Initializer, OfWeight, Regularizer
from nndsl.types import Mismatch, TensorType
from tests.agreement.test_arguments import RIGHT, TRIED
from tests.agreement.test_training_components import (
    ALL,
    FLOAT,
    HOMES,
    IDS,
    INT,
    METRIC_PAIRS,
    REQUIRED,
    TYPICAL,
    by_default,
    classes_of,
    numbers,
)

PAIRS = {
    Loss: [*TYPICAL, (TensorType(FLOAT, (3, 4)), TensorType(FLOAT, (3, 4)))],
    Metric: [*METRIC_PAIRS, (TensorType(INT, (), 3), TensorType(INT, (5,), 3))],
}
REQUIRED_HERE: dict[type[Component], dict[str, Any]] = {
    schedules.Cosine: {"learning_rate": 0.1},
    schedules.CosineRestarts: {"learning_rate": 0.1, "first": Duration(10, "steps")},
    schedules.Exponential: {"learning_rate": 0.1, "decay_rate": 0.5},
    schedules.InverseTime: {"learning_rate": 0.1, "decay_rate": 0.5},
    schedules.Polynomial: {"learning_rate": 0.1},
    schedules.Plateau: {"learning_rate": 0.1},
}
WEIGHTS = np.random.default_rng(1).normal(size=(3, 3)).astype("float32")
VALUES: tuple[Any, ...] = (
    *TRIED, *RIGHT, 0.1, 1e-7, 0.999, 10, 200, "sum", "sum_over_batch_size", "micro", "macro", (0.5,), (0.2, 0.8), (1.5,), (0, 2), (1.0, 2.0, 3.0),
)


SCHEDULES: dict[type[Component], tuple[Any, dict[str, str], dict[str, Any]]] = {
    schedules.Cosine: (keras.optimizers.schedules.CosineDecay, {"learning_rate": "initial_learning_rate"}, {"decay_steps": 10}),
    schedules.CosineRestarts: (
        keras.optimizers.schedules.CosineDecayRestarts, {"learning_rate": "initial_learning_rate"}, {"first_decay_steps": 10}),
    schedules.Exponential: (
        keras.optimizers.schedules.ExponentialDecay, {"learning_rate": "initial_learning_rate"}, {"decay_steps": 10, "decay_rate": 0.5}),
    schedules.InverseTime: (
        keras.optimizers.schedules.InverseTimeDecay, {"learning_rate": "initial_learning_rate"}, {"decay_steps": 10, "decay_rate": 0.5}),
    schedules.Polynomial: (keras.optimizers.schedules.PolynomialDecay, {"learning_rate": "initial_learning_rate"}, {"decay_steps": 10}),
    schedules.Plateau: (keras.callbacks.ReduceLROnPlateau, {"learning_rate": "", "min_learning_rate": "min_lr"}, {}),
}
"""Schedules that Keras has too: what it calls them and their arguments, and its arguments that are durations here."""


def alike(one: object, other: object) -> bool:
    """Whether two values are of the same sort, so that only a bound can tell them apart."""
    return type(one) is type(other) and (not isinstance(one, tuple) or [type(part) for part in one] == [type(part) for part in other])  # type: ignore[attr-defined]


def tried(member: type[Component]) -> Iterator[tuple[str, Any, Component | None]]:
    """Values for the arguments of a component, and what it becomes with them: None where they are out of bounds."""
    for name, field in member.fields().items():
        known = (*VALUES, *field.kind.options())
        sort = [one for one in known if field.kind.takes(one)]
        for value in known if name not in ("class_weights", "seed") else ():
            if any(alike(one, value) for one in sort):
                yield name, value, built(member, name, value)


def at_the_bounds(member: type[Component]) -> list[tuple[str, Any, Component]]:
    """What a component becomes with the least and the greatest number that each argument takes, and with all that are no numbers."""
    taken = [(name, value, made) for name, value, made in tried(member) if made is not None]
    ends = {(name, type(value)): (min, max) for name, value, _ in taken if isinstance(value, int | float)}
    found = {key: {pick(value for name, value, _ in taken if (name, type(value)) == key) for pick in picks} for key, picks in ends.items()}
    return [(name, value, made) for name, value, made in taken if value in found.get((name, type(value)), (value,))]


def built(member: type[Component], name: str, value: Any) -> Component | None:
    try:
        return member.build(**{**REQUIRED_HERE.get(member, {}), **REQUIRED.get(member.__name__, {}), name: value})
    except (ArgumentError, Mismatch):
        return None


def refused(member: type[Component], ours: dict[str, Any]) -> list[tuple[str, Any, Component]]:
    """What is refused and not listed: argument, value, and the component that it would be."""
    return [(name, value, member(**{**ours, name: value})) for name, value, made in tried(member)
            if made is None and name not in TRAINING_OUT_OF_BOUNDS]


def keras_takes(family: type[Component], component: Component) -> bool:
    """Whether Keras makes a component, and computes with it of some operands."""
    return any(failure(family, component, operands) is None for operands in PAIRS.get(family, [()]))


def failure(family: type[Component], component: Component, operands: tuple[TensorType, ...]) -> Exception | None:
    """What goes wrong when Keras makes a component, and computes with it."""
    try:
        compute(family, component, operands)
    except Exception as wrong:  # noqa: BLE001 (Keras raises what it likes)
        return wrong
    return None


def compute(family: type[Component], component: Any, operands: tuple[TensorType, ...]) -> None:
    weights = keras.ops.convert_to_tensor(WEIGHTS)
    if family is Optimizer:
        optimizer, variable = optimize.optimizer(component, 10, 5), keras.Variable(WEIGHTS)
        optimizer.build([variable])
        for _ in range(3):
            optimizer.apply([weights], [variable])
    elif family is Initializer:
        made_of(component)(WEIGHTS.shape)
    elif family in (Regularizer, Constraint):
        made_of(component)(weights)
    else:
        classes = classes_of(operands[1])
        compare(family, component, numbers(operands[0], 1, classes), numbers(operands[1], 2, classes))


def made_of(component: Component) -> Any:
    """The initializer, regularizer or constraint of Keras."""
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in component.__dict__.items()}
    (home,) = (HOMES[family] for family in HOMES if isinstance(component, family))
    return getattr(home, type(component).__name__)(**values)


def compare(family: type[Component], component: Any, y_true: Any, y_pred: Any) -> None:
    if family is Loss:
        optimize.loss(component)(y_true, y_pred)
    else:
        metric = optimize.metric(component, "figure")
        metric.update_state(y_true, y_pred)
        metric.result()


def suited(component: Component, operands: tuple[TensorType, ...]) -> Component | None:
    """What we would give to Keras for these operands: None where we would refuse."""
    if isinstance(component, OfWeight):
        return component if component.needs(WEIGHTS.shape) is None else None
    try:
        return component.fit(operands[0], "softmax", operands[1])[0] if isinstance(component, Loss | Metric) else component
    except Mismatch:
        return None


@pytest.mark.parametrize(("family", "member"), ALL, ids=IDS)
def test_what_is_refused_keras_refuses_too_or_it_is_listed(family: type[Component], member: type[Component]) -> None:
    assert not [(name, value) for name, value, wrong in refused(member, by_default(member).__dict__) if keras_takes(family, wrong)]


@pytest.mark.parametrize(("family", "member"), ALL, ids=IDS)
def test_what_is_taken_keras_computes_with(family: type[Component], member: type[Component]) -> None:
    for name, value, made in at_the_bounds(member):
        for operands in PAIRS.get(family, [()]):
            given = suited(made, operands)
            assert given is None or failure(family, given, operands) is None, (name, value, operands)


@pytest.mark.parametrize("member", SCHEDULES, ids=lambda one: one.__name__)
def test_of_a_schedule_too(member: type[Component]) -> None:
    for name, value, made in tried(member):
        taken = follows(member, name, value if made is None else made.__dict__[name])
        assert not taken if made is None and name not in TRAINING_OUT_OF_BOUNDS else taken or made is None, (name, value)


def follows(member: type[Component], name: str, value: Any) -> bool:
    """Whether Keras makes a schedule with a value, and rates of it that are numbers."""
    found, names, durations = SCHEDULES[member]
    if names.get(name, name) not in signature(found).parameters:
        return built(member, name, value) is not None  # a duration, or what Keras leaves to the optimizer
    rate = {"initial_learning_rate": 0.1} if "initial_learning_rate" in signature(found).parameters else {}
    try:
        made = found(**{**rate, **durations, names.get(name, name): value})
        return found is keras.callbacks.ReduceLROnPlateau or all(np.isfinite(float(made(step))) for step in (0, 5, 15))
    except Exception:  # noqa: BLE001 (Keras raises what it likes)
        return False


def test_what_is_listed_is_an_argument() -> None:
    assert set(TRAINING_OUT_OF_BOUNDS) <= {name for member in (*(one for _, one in ALL), *SCHEDULES) for name in member.fields()}
