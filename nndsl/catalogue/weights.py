"""What a layer can be told about its weights: how they start, what their size costs, where they must stay.

Arguments, names and defaults are those of `keras.initializers`, `keras.regularizers` and `keras.constraints`. Here an
axis is one of the weight itself (there is no batch axis): axis 0 of a `Dense` kernel runs over its inputs.
"""

from typing import Annotated, Literal

from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Index, Known, NonNegative, Positive, Rate
from nndsl.types import BadArgument, Shape

Seed = Annotated[int, Known(0)] | None
Axes = tuple[Index, ...] | None


class OfWeight(Component, abstract=True):
    """What is told of a weight."""

    def needs(self, shape: Shape) -> str | None:
        """What a weight must be that it can be told of, as words, if one of this shape is not; else None."""
        return None


def _axes_within(axes: Axes, shape: Shape) -> str | None:
    if any(not -len(shape) <= axis < len(shape) for axis in axes or ()):
        return "one that has its axis"
    places = [axis % len(shape) for axis in axes or ()]
    return "each axis once" if len(set(places)) < len(places) else None


def _matrix(shape: Shape) -> str | None:
    return None if len(shape) == 2 else "a matrix"


class Initializer(OfWeight):
    """How a weight gets its first values."""

    noun = "an initializer"
    naming = "both"


class Regularizer(OfWeight):
    """A penalty on a weight, added to the loss."""

    noun = "a regularizer"
    naming = "both"


class Constraint(OfWeight):
    """A projection applied to a weight after every step."""

    noun = "a constraint"
    naming = "both"


# Initializers ------------------------------------------------------------------------------------


class Zeros(Initializer):
    """All 0."""

    aliases = ("zero",)


class Ones(Initializer):
    """All 1."""

    aliases = ("one",)


class Constant(Initializer):
    """All the same number."""

    value: float = 0.0


class Identity(Initializer):
    """A square matrix with `gain` on its diagonal and 0 elsewhere."""

    aliases = ("IdentityInitializer",)
    gain: float = 1.0

    def needs(self, shape: Shape) -> str | None:
        return _matrix(shape)


class RandomNormal(Initializer):
    """Drawn from a normal distribution."""

    aliases = ("normal",)
    mean: float = 0.0
    stddev: NonNegative = 0.05
    seed: Seed = None


class TruncatedNormal(Initializer):
    """Drawn from a normal distribution; what is more than two standard deviations away is drawn again."""

    mean: float = 0.0
    stddev: NonNegative = 0.05
    seed: Seed = None


class RandomUniform(Initializer):
    """Drawn evenly from an interval."""

    aliases = ("uniform",)
    minval: float = -0.05
    maxval: float = 0.05
    seed: Seed = None

    def validate(self) -> None:
        if self.minval > self.maxval:
            raise BadArgument(f"needs `minval` at most `maxval`, not {self.minval:g} and {self.maxval:g}", argument="minval")


class VarianceScaling(Initializer):
    """Drawn with the variance `scale / n`, where `n` is the number of inputs, of outputs, or their mean.

    `input_axes` and `output_axes` name the axes of the weight that count as such, where it is not shaped as a kernel.
    """

    scale: Positive = 1.0
    mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in"
    distribution: Literal["truncated_normal", "untruncated_normal", "uniform", "normal"] = "truncated_normal"
    seed: Seed = None
    input_axes: Axes = None
    output_axes: Axes = None

    def validate(self) -> None:
        _both_or_neither(self.input_axes, self.output_axes)

    def needs(self, shape: Shape) -> str | None:
        return _axes_within(self.input_axes, shape) or _axes_within(self.output_axes, shape)


class _Scaled(Initializer, abstract=True):
    """A `VarianceScaling` with settled scale, mode and distribution."""

    seed: Seed = None
    input_axes: Axes = None
    output_axes: Axes = None

    def validate(self) -> None:
        _both_or_neither(self.input_axes, self.output_axes)

    def needs(self, shape: Shape) -> str | None:
        return _axes_within(self.input_axes, shape) or _axes_within(self.output_axes, shape)


def _both_or_neither(input_axes: Axes, output_axes: Axes) -> None:
    if (input_axes is None) != (output_axes is None):
        missing = "input_axes" if input_axes is None else "output_axes"
        raise BadArgument("takes `input_axes` and `output_axes` together, or neither", argument=missing)


class GlorotNormal(_Scaled):
    """A truncated normal of variance `2 / (inputs + outputs)` (Glorot and Bengio, 2010)."""


class GlorotUniform(_Scaled):
    """Uniform, of variance `2 / (inputs + outputs)` (Glorot and Bengio, 2010)."""


class HeNormal(_Scaled):
    """A truncated normal of variance `2 / inputs` (He et al., 2015)."""


class HeUniform(_Scaled):
    """Uniform, of variance `2 / inputs` (He et al., 2015)."""


class LecunNormal(_Scaled):
    """A truncated normal of variance `1 / inputs` (LeCun et al., 1998)."""


class LecunUniform(_Scaled):
    """Uniform, of variance `1 / inputs` (LeCun et al., 1998)."""


class Orthogonal(Initializer):
    """A random matrix with orthogonal columns or rows, times `gain` (Saxe et al., 2014)."""

    aliases = ("OrthogonalInitializer",)
    not_computed_in = ("bfloat16",)
    gain: float = 1.0
    seed: Seed = None

    def needs(self, shape: Shape) -> str | None:
        return "two axes or more" if len(shape) < 2 else None


# Regularizers ------------------------------------------------------------------------------------


class L1(Regularizer):
    """`l1` times the sum of absolute values."""

    l1: NonNegative = 0.01


class L2(Regularizer):
    """`l2` times the sum of squares."""

    l2: NonNegative = 0.01


class L1L2(Regularizer):
    """`l1` times the sum of absolute values, plus `l2` times the sum of squares."""

    aliases = ("l1_l2",)
    l1: NonNegative = 0.0
    l2: NonNegative = 0.0


class OrthogonalRegularizer(Regularizer):
    """A penalty on rows (or columns) of a matrix that are not orthogonal to each other."""

    not_computed_in = ("float16", "bfloat16", "float64")
    factor: NonNegative = 0.01
    mode: Literal["rows", "columns"] = "rows"

    def needs(self, shape: Shape) -> str | None:
        return _matrix(shape)


# Constraints -------------------------------------------------------------------------------------


class MaxNorm(Constraint):
    """Norms along `axis` of at most `max_value`."""

    max_value: NonNegative = 2
    axis: Index | tuple[Index, ...] = 0

    def needs(self, shape: Shape) -> str | None:
        return _axes_within(self.axis if isinstance(self.axis, tuple) else (self.axis,), shape)


class MinMaxNorm(Constraint):
    """Norms along `axis` between `min_value` and `max_value`, approached by a share `rate` at each step."""

    min_value: NonNegative = 0.0
    max_value: NonNegative = 1.0
    rate: Rate = 1.0
    axis: Index | tuple[Index, ...] = 0

    def needs(self, shape: Shape) -> str | None:
        return _axes_within(self.axis if isinstance(self.axis, tuple) else (self.axis,), shape)

    def validate(self) -> None:
        if self.min_value > self.max_value:
            told = f"not {self.min_value:g} and {self.max_value:g}"
            raise BadArgument(f"needs `min_value` at most `max_value`, {told}", argument="min_value")


class NonNeg(Constraint):
    """No number below 0."""


class UnitNorm(Constraint):
    """Norms along `axis` of 1."""

    axis: Index | tuple[Index, ...] = 0

    def needs(self, shape: Shape) -> str | None:
        return _axes_within(self.axis if isinstance(self.axis, tuple) else (self.axis,), shape)
