"""Learning rates that change from step to step.

Every schedule begins with `warmup`: the rate rises linearly from 0 to the schedule's first rate, and there the schedule
begins. Steps count from 0; a schedule without a length of its own ends with the run.
"""

from typing import Annotated, Literal

from nndsl.catalogue.component import Component
from nndsl.catalogue.durations import NO_TIME, Duration, Length
from nndsl.catalogue.kinds import Known, Label, NonNegative, Number, Positive, Rate
from nndsl.types import BadArgument

Factor = Annotated[float, Number(above=0, below=1)]


class Schedule(Component, kw_only=True):
    """A learning rate that changes from step to step.

    Attributes:
        warmup: how long the rate rises linearly from 0.
    """

    noun = "a learning-rate schedule"
    naming = "snake"
    warmup: Length = NO_TIME

    def warmup_steps(self, total_steps: int, steps_per_epoch: int) -> int:
        """The steps of the warm-up.

        Raises:
            BadArgument: it leaves no step of the run.
        """
        steps = self.warmup.steps(total_steps, steps_per_epoch)
        if steps >= total_steps > 0:
            raise BadArgument(f"warms up for {steps} steps, and the whole run has {total_steps}", argument="warmup",
                              repair="write a shorter warm-up, such as 5%, or train for more epochs")
        return steps

    def span_steps(self, argument: str, total_steps: int, steps_per_epoch: int) -> int:
        """The steps of another duration among the arguments, at least 1; if it is none, all that the warm-up leaves."""
        span: Duration | None = self.__dict__[argument]
        if span is None:
            return max(1, total_steps - self.warmup_steps(total_steps, steps_per_epoch))
        return max(1, span.steps(total_steps, steps_per_epoch))


class Constant(Schedule):
    """The same rate, after the warm-up."""

    learning_rate: Positive


class Cosine(Schedule):
    """Half a cosine, from the learning rate down to `alpha` times it (Loshchilov and Hutter, 2017).

    `length` is the time from the warm-up to the end of the descent.
    """

    learning_rate: Positive
    alpha: Rate = 0.0
    length: Length | None = None


class CosineRestarts(Schedule):
    """Half cosines, one after another, each `t_mul` times as long and `m_mul` times as high (Loshchilov and Hutter, 2017).

    `first` is the length of the first.
    """

    learning_rate: Positive
    first: Length
    t_mul: Annotated[float, Number(least=1)] = 2.0
    m_mul: Positive = 1.0
    alpha: Rate = 0.0


class Exponential(Schedule):
    """The learning rate times `decay_rate ** (time / every)`; with `staircase`, only whole spans count."""

    learning_rate: Positive
    decay_rate: Positive
    every: Length | None = None
    staircase: bool = False


class InverseTime(Schedule):
    """The learning rate divided by `1 + decay_rate * time / every`; with `staircase`, only whole spans count."""

    learning_rate: Positive
    decay_rate: Positive
    every: Length | None = None
    staircase: bool = False


class Polynomial(Schedule):
    """From the learning rate to `end_learning_rate`, as the time that is left to the power `power`: linear for 1.

    `length` is the time from the warm-up to the end of the descent. With `cycle`, it starts again, longer, when it has ended.
    """

    learning_rate: Positive
    end_learning_rate: NonNegative = 0.0001
    power: Positive = 1.0
    length: Length | None = None
    cycle: bool = False


class Piecewise(Schedule):
    """One rate after another: `piecewise([0.1, 0.01], at=[30 epochs])`.

    `at` says when each of the following rates begins, counted from the start of the run.
    """

    learning_rates: tuple[Positive, ...]
    at: tuple[Length, ...]

    def validate(self) -> None:
        if len(self.learning_rates) != len(self.at) + 1:
            raise BadArgument(
                f"needs one time less than it has rates, and has {len(self.learning_rates)} rates and {len(self.at)} times",
                argument="at", repair="say in `at` when each rate but the first begins",
            )

    def starts(self, total_steps: int, steps_per_epoch: int) -> tuple[int, ...]:
        """The steps at which each rate but the first begins.

        Raises:
            BadArgument: they do not follow each other, or the warm-up lasts beyond the first.
        """
        starts = tuple(time.steps(total_steps, steps_per_epoch) for time in self.at)
        early = self.warmup_steps(total_steps, steps_per_epoch)
        if any(one <= before for before, one in zip((early, *starts), starts, strict=False)):
            listed = ", ".join(map(str, starts))
            raise BadArgument(f"needs times that follow each other and the warm-up ({early} steps); they are steps {listed}",
                              argument="at")
        return starts


class OneCycle(Schedule):
    """One cycle and a fade-out (Smith and Topin, 2018).

    The rate rises linearly from `learning_rate / divisor` to `learning_rate` during the first half of `cycle`, falls back
    during the second, and in what is left of the run falls linearly to `learning_rate / divisor / final_divisor`. (The
    paper gives the course; these numbers are its usual ones.) A warm-up comes before the cycle.
    """

    learning_rate: Positive
    divisor: Annotated[float, Number(least=1)] = 10.0
    final_divisor: Annotated[float, Number(least=1)] = 100.0
    cycle: Length = Duration(90, "percent")

    def corners(self, total_steps: int, steps_per_epoch: int) -> tuple[tuple[float, float], ...]:
        """The steps and rates between which the rate is linear.

        Raises:
            BadArgument: warm-up and cycle are longer than the run.
        """
        early = self.warmup_steps(total_steps, steps_per_epoch)
        cycle = self.span_steps("cycle", total_steps, steps_per_epoch)
        if early + cycle > total_steps:
            raise BadArgument(f"takes {early} steps of warm-up and {cycle} of its cycle, and the whole run has {total_steps}",
                              argument="cycle", repair="write a shorter cycle, such as 80%")
        low = self.learning_rate / self.divisor
        start = ((0.0, 0.0),) if early else ()
        top, end = (early + cycle / 2, self.learning_rate), (float(total_steps), low / self.final_divisor)
        return (*start, (float(early), low), top, (float(early + cycle), low), *((end,) if early + cycle < total_steps else ()))


class Noam(Schedule):
    """`factor * model_size ** -0.5 * min(step ** -0.5, step * warmup ** -1.5)`, steps from 1 (Vaswani et al., 2017)."""

    model_size: Annotated[int, Known(1)]
    factor: Positive = 1.0
    warmup = Duration(4000, "steps")


class Plateau(Schedule):
    """The learning rate, made smaller by `factor` when `monitor` has not become better for `patience` epochs.

    The rule is that of Keras' `ReduceLROnPlateau`: better is by more than `min_delta`, and after each reduction the rule
    rests for `cooldown` epochs. `mode` says whether lower (`min`) or higher (`max`) is better; `auto` asks the metric.
    """

    learning_rate: Positive
    monitor: Label = "val_loss"
    factor: Factor = 0.1
    patience: Annotated[int, Known(0)] = 10
    mode: Literal["auto", "min", "max"] = "auto"
    min_delta: NonNegative = 0.0001
    cooldown: Annotated[int, Known(0)] = 0
    min_learning_rate: NonNegative = 0.0
