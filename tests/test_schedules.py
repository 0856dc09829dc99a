"""Schedules: their formulas, their warm-up, their durations; and the rule of `plateau`."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nndsl.backend.keras import optimize
from nndsl.backend.keras.rates import schedule
from nndsl.catalogue.component import ArgumentError, Component
from nndsl.catalogue.durations import Duration
from nndsl.catalogue.training import Optimizer, Schedule
from nndsl.diagnostics import InternalError
from nndsl.types import BadArgument

TOTAL, EPOCH = 200, 20
EARLY = Duration(10, "percent")
EARLY_STEPS = 20


def made(name: str, *positional: object, **keywords: object) -> Any:
    found = Schedule.find(name)
    assert found is not None
    return found.build(*positional, **keywords)


LOOKED_AT = sorted({*range(0, TOTAL + 1, 6), *(corner + by for corner in (20, 60, 100, 120, 200) for by in (-1, 0, 1))} - {201})
"""Steps all over the run, and those around the corners of the schedules below."""


def rates(component: Any, steps: Iterable[int]) -> list[float]:
    compiled = schedule(component, TOTAL, EPOCH)
    return [float(compiled(keras.ops.convert_to_tensor(step, dtype="int64"))) for step in steps]


def steps(count: int) -> Duration:
    return Duration(count, "steps")


def half_cosine(share: float, floor: float = 0.0) -> float:
    return floor + (1 - floor) * (1 + math.cos(math.pi * min(share, 1.0))) / 2


def restarting(time: float, first: float, longer: float, lower: float, floor: float) -> float:
    """Loshchilov and Hutter (2017), formula 5, with cycles counted one by one."""
    height = 1.0
    while time >= first - 1e-9:
        time, first, height = time - first, first * longer, height * lower
    return floor + (1 - floor) * height * (1 + math.cos(math.pi * time / first)) / 2


AFTER_WARMUP: dict[str, tuple[Any, Callable[[int], float]]] = {
    "constant": (made("constant", 0.1, warmup=EARLY), lambda t: 0.1),
    "cosine": (made("cosine", 0.1, warmup=EARLY), lambda t: 0.1 * half_cosine(t / 180)),
    "cosine, short": (made("cosine", 0.1, 0.25, Duration(5, "epochs"), warmup=EARLY), lambda t: 0.1 * half_cosine(t / 100, 0.25)),
    "restarts": (
        made("cosine_restarts", 0.1, steps(24), 1.5, 0.5, 0.1, warmup=EARLY),
        lambda t: 0.1 * restarting(t, 24, 1.5, 0.5, 0.1),
    ),
    "exponential": (made("exponential", 0.1, 0.5, Duration(2, "epochs"), warmup=EARLY), lambda t: 0.1 * 0.5 ** (t / 40)),
    "exponential, whole run": (made("exponential", 0.1, 0.01, warmup=EARLY), lambda t: 0.1 * 0.01 ** (t / 180)),
    "staircase": (made("exponential", 0.1, 0.5, steps(32), True, warmup=EARLY), lambda t: 0.1 * 0.5 ** (t // 32)),
    "inverse time": (made("inverse_time", 0.1, 2, steps(64), warmup=EARLY), lambda t: 0.1 / (1 + 2 * t / 64)),
    "polynomial": (made("polynomial", 0.1, 0.01, 2, warmup=EARLY), lambda t: 0.01 + 0.09 * max(0.0, 1 - t / 180) ** 2),
    "piecewise": (
        made("piecewise", [0.1, 0.02, 0.003], at=[Duration(3, "epochs"), Duration(50, "percent")], warmup=EARLY),
        lambda t: 0.1 if t + EARLY_STEPS < 60 else 0.02 if t + EARLY_STEPS < 100 else 0.003,
    ),
    "one cycle": (
        made("one_cycle", 0.1, 5, 50, Duration(50, "percent"), warmup=EARLY),
        lambda t: float(np.interp(t, [0, 50, 100, 180], [0.02, 0.1, 0.02, 0.0004])),
    ),
    "plateau": (made("plateau", 0.1, warmup=EARLY), lambda t: 0.1),
}


@pytest.mark.parametrize("name", AFTER_WARMUP)
def test_a_schedule_is_its_formula_from_the_warm_up_on(name: str) -> None:
    component, formula = AFTER_WARMUP[name]
    late = [step for step in LOOKED_AT if step >= EARLY_STEPS]
    expected = [formula(step - EARLY_STEPS) for step in late]
    np.testing.assert_allclose(rates(component, late), expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", AFTER_WARMUP)
def test_the_rate_rises_linearly_from_0_to_the_first_of_the_schedule(name: str) -> None:
    component, formula = AFTER_WARMUP[name]
    expected = [formula(0) * step / EARLY_STEPS for step in range(EARLY_STEPS)]
    np.testing.assert_allclose(rates(component, range(EARLY_STEPS)), expected, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", AFTER_WARMUP)
def test_without_warm_up_a_schedule_begins_at_once(name: str) -> None:
    component, formula = AFTER_WARMUP[name]
    bare = type(component)(**{**component.__dict__, "warmup": steps(0)})
    assert rates(bare, range(1)) == [pytest.approx(formula(0))]


def test_every_schedule_of_the_catalogue_is_tested_against_its_formula() -> None:
    tested = {type(component) for component, _ in AFTER_WARMUP.values()} | {Schedule.find("noam")}
    assert tested == set(Schedule.registered())


def test_noam_is_the_formula_of_the_paper() -> None:
    formula = [64**-0.5 * min((step + 1) ** -0.5, (step + 1) * 40**-1.5) for step in LOOKED_AT]
    np.testing.assert_allclose(rates(made("noam", 64, warmup=steps(40)), LOOKED_AT), formula, rtol=1e-5)


def test_a_polynomial_with_a_cycle_starts_again_when_it_has_ended() -> None:
    again = rates(made("polynomial", 0.1, 0.0, length=steps(50), cycle=True), (50, 51))
    assert again == [pytest.approx(0, abs=1e-6), pytest.approx(0.1 * (1 - 51 / 100), rel=1e-4)]


KERAS_CLASSES = {
    "CosineDecay": "cosine", "CosineDecayRestarts": "cosine_restarts", "ExponentialDecay": "exponential",
    "InverseTimeDecay": "inverse_time", "PiecewiseConstantDecay": "piecewise", "PolynomialDecay": "polynomial",
    "LearningRateSchedule": None,
}


def test_every_schedule_of_keras_has_a_name() -> None:
    public = {name for name, value in vars(keras.optimizers.schedules).items() if isinstance(value, type)}
    assert public == set(KERAS_CLASSES)
    assert all(name is None or Schedule.find(name) for name in KERAS_CLASSES.values())


def test_an_optimizer_follows_its_schedule() -> None:
    adam = Optimizer.find("Adam")
    assert adam is not None
    built: Any = adam.build(made("constant", 0.5, warmup=steps(4)))
    optimizer = optimize.optimizer(built, TOTAL, EPOCH)
    seen = []
    for _ in range(6):
        seen.append(float(optimizer.learning_rate))
        optimizer.iterations.assign_add(1)
    assert seen == [0, 0.125, 0.25, 0.375, 0.5, 0.5]


# Durations ---------------------------------------------------------------------------------------


@given(st.integers(1, 10_000), st.integers(1, 1_000), st.integers(0, 100))
def test_durations_in_all_units_count_steps(per_epoch: int, epochs: int, percent: int) -> None:
    total = per_epoch * epochs
    assert Duration(epochs, "epochs").steps(total, per_epoch) == total
    assert abs(Duration(percent, "percent").steps(total, per_epoch) - total * percent / 100) <= 0.5
    assert Duration(percent, "steps").steps(total, per_epoch) == percent


@pytest.mark.parametrize("wrong", [500, 0.05, "5%", None, Duration(-1, "steps"), Duration(101, "percent")])
def test_a_duration_without_its_unit_or_out_of_range_is_refused(wrong: object) -> None:
    with pytest.raises(ArgumentError, match="500 steps"):
        made("cosine", 0.1, warmup=wrong)


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (made("cosine", 0.1, warmup=steps(200)), "warms up for 200 steps, and the whole run has 200"),
        (made("noam", 64), "warms up for 4000 steps"),
        (made("piecewise", [0.1, 0.2], at=[steps(10)], warmup=steps(10)), "times that follow each other"),
        (made("piecewise", [0.1, 0.2, 0.3], at=[Duration(2, "epochs"), steps(30)]), "times that follow each other"),
        (made("one_cycle", 0.1, warmup=Duration(20, "percent")), "40 steps of warm-up and 180 of its cycle"),
    ],
)
def test_durations_that_do_not_fit_the_run_are_refused(component: Any, message: str) -> None:
    with pytest.raises(BadArgument, match=message):
        schedule(component, TOTAL, EPOCH)


def test_piecewise_needs_one_time_less_than_rates() -> None:
    with pytest.raises(BadArgument, match="2 rates and 2 times"):
        made("piecewise", [0.1, 0.2], at=[steps(1), steps(2)])


@pytest.mark.parametrize("name", sorted(one for one in Schedule.members if one != "noam"))
@settings(max_examples=10, deadline=None)
@given(total=st.integers(1, 50), percent=st.floats(0, 60))
def test_schedules_of_short_runs_are_finite_and_never_negative(name: str, total: int, percent: float) -> None:
    positional: dict[str, tuple[object, ...]] = {
        "piecewise": ([0.1, 0.01], [Duration(80, "percent")]),
        "one_cycle": (0.1, 10, 100, Duration(30, "percent")),
        "cosine_restarts": (0.1, Duration(1, "percent")),
        "exponential": (0.1, 0.5), "inverse_time": (0.1, 0.5),
    }
    component = made(name, *positional.get(name, (0.1,)), warmup=Duration(percent, "percent"))
    try:
        compiled = schedule(component, total, 10)
    except BadArgument:
        return
    assert all(0 <= float(compiled(step)) <= 0.1000001 for step in range(0, total + 1, 7))


# Plateau -----------------------------------------------------------------------------------------


def plateau(**settings: object) -> tuple[Any, keras.optimizers.Optimizer]:
    sgd = Optimizer.find("SGD")
    assert sgd is not None
    built: Any = sgd.build(made("plateau", 0.5, **settings))
    optimizer = optimize.optimizer(built, TOTAL, EPOCH)
    return optimize.plateau(optimizer), optimizer


def rates_of_keras(figures: list[float], monitor: str, mode: str, **settings: Any) -> list[float]:
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
    callback = keras.callbacks.ReduceLROnPlateau(monitor=monitor, mode=mode, **settings)
    callback.set_model(model)
    callback.on_train_begin()
    found = []
    for epoch, figure in enumerate(figures):
        callback.on_epoch_end(epoch, {monitor: figure})
        found.append(float(model.optimizer.learning_rate))
    return found


@settings(max_examples=25, deadline=None)
@given(
    figures=st.lists(st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.3, 1.0]), min_size=1, max_size=25),
    mode=st.sampled_from(["min", "max"]), patience=st.integers(0, 3), cooldown=st.integers(0, 3),
    factor=st.sampled_from([0.1, 0.5]), delta=st.sampled_from([0.0, 0.07]), least=st.sampled_from([0.0, 0.03]),
)
def test_a_plateau_lowers_the_rate_when_keras_would(
    figures: list[float], mode: str, patience: int, cooldown: int, factor: float, delta: float, least: float
) -> None:
    common: dict[str, Any] = {"patience": patience, "cooldown": cooldown, "factor": factor, "min_delta": delta, "mode": mode}
    rule, optimizer = plateau(monitor="val_accuracy", min_learning_rate=least, **common)
    found = []
    for figure in figures:
        rule.update({"val_accuracy": figure})
        found.append(float(optimizer.learning_rate))
    expected = rates_of_keras(figures, "val_accuracy", min_lr=least, **common)
    np.testing.assert_allclose(np.array(found), np.array(expected), rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(figures=st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=2, max_size=20), cut=st.integers(0, 20))
def test_a_plateau_goes_on_from_its_state_as_if_it_had_never_stopped(figures: list[float], cut: int) -> None:
    one, _ = plateau(patience=2, cooldown=1)
    other, _ = plateau(patience=2, cooldown=1)
    for figure in figures[:cut]:
        one.update({"val_loss": figure})
    other.state = one.state
    for figure in figures[cut:]:
        assert one.update({"val_loss": figure}) == other.update({"val_loss": figure})
    assert one.state == other.state


def test_a_plateau_says_so_when_what_it_monitors_is_not_measured() -> None:
    rule, _ = plateau()
    with pytest.raises(BadArgument, match="`val_loss`, which is not measured") as caught:
        rule.update({"loss": 1.0})
    assert caught.value.repair == "there are `loss`"


def test_a_plateau_of_a_metric_does_not_guess_which_direction_is_better() -> None:
    with pytest.raises(InternalError, match="whether less or more is better"):
        plateau(monitor="val_accuracy")


def test_an_optimizer_without_a_plateau_has_no_rule() -> None:
    sgd = Optimizer.find("SGD")
    assert sgd is not None
    for rate in (0.1, made("cosine", 0.1)):
        built: Any = sgd.build(rate)
        assert optimize.plateau(optimize.optimizer(built, TOTAL, EPOCH)) is None


def test_a_learning_rate_is_a_number_or_a_schedule() -> None:
    adam: type[Component] | None = Optimizer.find("Adam")
    assert adam is not None
    for wrong in (0, -1, True, "fast"):
        with pytest.raises(ArgumentError, match="a number above 0 or a learning-rate schedule"):
            adam.build(wrong)
