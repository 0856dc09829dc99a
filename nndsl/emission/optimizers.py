"""Optimizers, with their learning rates, losses and metrics as they are made in Python."""

import re
from collections.abc import Iterable
from typing import Any

from nndsl.catalogue.component import Component
from nndsl.catalogue.durations import Duration
from nndsl.catalogue.training import Loss, Metric, Optimizer, Prepared, Schedule, schedules
from nndsl.catalogue.training.losses import Multinomial, SmoothedSparseCategoricalCrossentropy, Wasserstein
from nndsl.emission.spelling import value_code
from nndsl.emission.writing import Call, Code, Named, flat, listed, quoted, together

_SCHEDULES = "keras.optimizers.schedules"


class Rate:
    """A learning rate in lines of Python: a number, or a schedule that is made of `steps`, of an epoch.

    Attributes:
        code: the rate itself.
    """

    def __init__(self, schedule: Schedule | float, times: int = 1):
        """
        Args:
            times: how many steps of the optimizer one step of training has.
        """
        self._lines: list[tuple[str, Code]] = []
        self._times = times
        self.code: Code = value_code(schedule) if not isinstance(schedule, Schedule) else self._schedule(schedule)

    @property
    def is_number(self) -> bool:
        return isinstance(self.code, str)

    @property
    def lines(self) -> list[tuple[str, Code]]:
        """What is computed before it, by name."""
        total = f"EPOCHS * steps * {self._times}" if self._times > 1 else "EPOCHS * steps"
        return [*([("total", total)] if self._speaks_of("total", self._lines) else []), *self._lines]

    @property
    def counts_steps(self) -> bool:
        """Whether it depends on how many steps an epoch has."""
        return self._speaks_of("steps", self.lines)

    def _speaks_of(self, name: str, lines: Iterable[tuple[str, Code]]) -> bool:
        return any(re.search(rf"\b{name}\b", flat(one)) for one in (self.code, *(line for _, line in lines)))

    # Durations -----------------------------------------------------------------------------------

    def _steps(self, duration: Duration) -> str:
        """A duration in steps, of a run of `total` steps."""
        epoch = "steps" if self._times == 1 else f"{self._times} * steps"
        match duration.unit:
            case "steps":
                return str(round(duration.value))
            case "epochs":
                return f"round({duration.value:g} * {epoch})"
        return f"round(total / 100 * {duration.value:g})"

    def _warmup(self, schedule: Schedule) -> str | None:
        """The name of how long the rate rises; None if it does not."""
        if not schedule.warmup.value:
            return None
        self._lines.append(("warmup", self._steps(schedule.warmup)))
        return "warmup"

    def _span(self, duration: Duration | None, warmup: str | None) -> str:
        if duration is None:
            return f"total - {warmup}" if warmup else "total"
        return self._steps(duration)

    # Schedules -----------------------------------------------------------------------------------

    def _schedule(self, schedule: Schedule) -> Code:
        warmup = self._warmup(schedule)
        if isinstance(schedule, schedules.Cosine):
            return self._cosine(schedule, warmup)
        made, first = self._without_warmup(schedule, warmup)
        rises_itself = isinstance(made, Call) and made.function in ("Segments", "InverseRoot")
        return made if warmup is None or rises_itself else Call("Warmup", (made, first, warmup))

    def _cosine(self, one: schedules.Cosine, warmup: str | None) -> Code:
        alpha = (Named("alpha", value_code(one.alpha)),) if one.alpha else ()
        length = self._span(one.length, warmup)
        rate = value_code(one.learning_rate)
        if warmup is None:
            return Call(f"{_SCHEDULES}.CosineDecay", (rate, length, *alpha))
        return Call(f"{_SCHEDULES}.CosineDecay", ("0.0", length, *alpha, Named("warmup_target", rate), Named("warmup_steps", warmup)))

    def _without_warmup(self, one: Schedule, warmup: str | None) -> tuple[Code, Code]:
        """The schedule, and its first rate."""
        match one:
            case schedules.Constant():
                rate = value_code(one.learning_rate)
                return Call("Segments", (together([together(("0", "0.0")), together((warmup, rate))]),)) if warmup else rate, rate
            case schedules.CosineRestarts():
                given = [Named(name, value_code(getattr(one, name))) for name in ("t_mul", "m_mul", "alpha")]
                rate = value_code(one.learning_rate)
                return Call(f"{_SCHEDULES}.CosineDecayRestarts", (rate, self._steps(one.first), *given)), rate
            case schedules.Exponential() | schedules.InverseTime():
                name = "ExponentialDecay" if isinstance(one, schedules.Exponential) else "InverseTimeDecay"
                rate, staircase = value_code(one.learning_rate), [Named("staircase", "True")] if one.staircase else []
                return Call(f"{_SCHEDULES}.{name}", (rate, self._span(one.every, warmup), value_code(one.decay_rate), *staircase)), rate
            case schedules.Polynomial():
                rate, cycle = value_code(one.learning_rate), [Named("cycle", "True")] if one.cycle else []
                given = [Named("end_learning_rate", value_code(one.end_learning_rate)), Named("power", value_code(one.power)), *cycle]
                return Call(f"{_SCHEDULES}.PolynomialDecay", (rate, self._span(one.length, warmup), *given)), rate
            case schedules.Piecewise() if not one.at:
                return self._without_warmup(schedules.Constant(learning_rate=one.learning_rates[0]), warmup)
            case schedules.Piecewise():
                return self._piecewise(one, warmup)
            case schedules.OneCycle():
                return self._one_cycle(one, warmup), ""
            case schedules.Noam():
                scale = f"{flat(value_code(one.factor))} * {one.model_size}**-0.5"
                return Call("InverseRoot", (scale, warmup or "1")), ""
            case schedules.Plateau():
                return value_code(one.learning_rate), ""
        raise TypeError(one)

    def _piecewise(self, one: schedules.Piecewise, warmup: str | None) -> tuple[Code, Code]:
        first = value_code(one.learning_rates[0])
        minus = f" - {warmup} - 1" if warmup else " - 1"
        lasts = listed(f"{self._steps(time)}{minus}" for time in one.at)
        rates = value_code(list(one.learning_rates))
        return Call(f"{_SCHEDULES}.PiecewiseConstantDecay", (lasts, rates)), first

    def _one_cycle(self, one: schedules.OneCycle, warmup: str | None) -> Code:
        self._lines.append(("cycle", self._steps(one.cycle)))
        early = warmup or "0"
        low = value_code(one.learning_rate / one.divisor)
        end = value_code(one.learning_rate / one.divisor / one.final_divisor)
        corners = [*([together(("0", "0.0"))] if warmup else []), together((early, low)),
                   together((f"{early} + cycle / 2" if warmup else "cycle / 2", value_code(one.learning_rate))),
                   together((f"{early} + cycle" if warmup else "cycle", low)), together(("total", end))]
        return Call("Segments", (together(corners),))


# Objects -----------------------------------------------------------------------------------------


def made(home: str, component: Component, **others: Code) -> Call:
    """An object of Keras, with the arguments that are not what they are by default."""
    named = {name: _listed(value) for name, value in component.changed().items() if name not in ("class_weights", *others)}
    return Call(f"keras.{home}.{type(component).__name__}", tuple(Named(name, code) for name, code in {**others, **named}.items()))


def _listed(value: Any) -> Code:
    return value_code(list(value) if isinstance(value, tuple) else value)


def optimizer_code(component: Optimizer, rate: Code) -> Code:
    return made("optimizers", component, learning_rate=rate)


def loss_code(component: Loss, from_logits: bool | None = None) -> Code:
    """A loss that takes target and prediction.

    Args:
        from_logits: instead of what the component says; None: as it says.
    """
    logits = component.__dict__.get("from_logits", False) if from_logits is None else from_logits
    match component:
        case SmoothedSparseCategoricalCrossentropy():
            return Call("smoothed_crossentropy", (str(logits), value_code(component.label_smoothing)))
        case Multinomial():
            return Call("multinomial_loss", (str(component.axis),))
        case Wasserstein():
            return "wasserstein_loss"
    named = {name: value for name, value in component.changed().items() if name not in ("class_weights", "from_logits")}
    given = [*([Named("from_logits", "True")] if logits else []), *(Named(name, _listed(value)) for name, value in named.items())]
    return Call(f"keras.losses.{type(component).__name__}", tuple(given))


def metric_code(component: Metric, name: str, from_logits: bool | None = None) -> Code:
    """A metric under a name."""
    inner = component.metric if isinstance(component, Prepared) else component
    logits = inner.__dict__.get("from_logits", False) if from_logits is None else from_logits
    named = {one: value for one, value in inner.changed().items() if one != "from_logits"}
    given = [*([Named("from_logits", "True")] if logits else []), *(Named(one, _listed(value)) for one, value in named.items())]
    return Call(f"keras.metrics.{type(inner).__name__}", (*given, Named("name", quoted(name))))
