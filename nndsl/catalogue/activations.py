"""Activations: the functions of `keras.activations`.

They compute with float numbers; apart from `glu`, the shape stays. Each counts as one operation a number, and those
that divide by a sum along an axis (`softmax`, `log_softmax`, `sparsemax`) as three.
"""

from math import inf
from typing import ClassVar

from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.kinds import Index, NonNegative
from nndsl.catalogue.rules import floating, number, position_of
from nndsl.catalogue.windows import Window
from nndsl.types import BadArgument, Size, TensorType, elements


class Activation(Function, abstract=True):
    """A function of each number on its own, or along the last axis; named as in `keras.activations`.

    Attributes:
        bounds: between which numbers its results lie, where none of its arguments is set.
    """

    noun = "an activation"
    bounds: ClassVar[tuple[float, float]] = (-inf, inf)

    def infer(self, x: TensorType) -> TensorType:
        plain = floating(x)
        return TensorType(plain.dtype if self.as_layer(x) else x.dtype, x.shape)

    def as_layer(self, *operands: TensorType) -> Layer | None:
        """As a layer: `Activation`, which is stored by name, where no argument is set, or one that has the argument itself."""
        from nndsl.catalogue.layers import core  # which needs the family of activations for its fields

        return self.own_layer(*operands) if self.changed() else core.Activation(self)

    def masked(self, *operands: TensorType) -> bool | tuple[bool, ...]:
        """As of its layer; without one, the mask of a sequence stays with it, unless it mixes positions."""
        if self.as_layer(*operands) is not None:
            return super().masked(*operands)
        (x,) = operands
        return x.mask and x.rank == 2 and self.windows(x) == ()

    def own_layer(self, *operands: TensorType) -> Layer | None:
        """The layer that holds its arguments, where Keras has one."""
        return None

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return elements(results[0].shape)


class Linear(Activation):
    """`x`."""

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return 0


class Relu(Activation):
    """`max(x, 0)`; or up to `max_value`, from `threshold` on, and with `negative_slope` below it."""

    bounds = (0, inf)

    negative_slope: NonNegative = 0.0
    max_value: NonNegative | None = None
    threshold: NonNegative = 0.0

    def own_layer(self, *operands: TensorType) -> Layer:
        from nndsl.catalogue.layers import activation

        return activation.ReLU(self.max_value, self.negative_slope, self.threshold)


class Relu6(Activation):
    """`min(max(x, 0), 6)` (Krizhevsky, 2010)."""

    bounds = (0, 6)


class LeakyRelu(Activation):
    """`x`, or `negative_slope * x` below 0 (Maas et al., 2013)."""

    negative_slope: NonNegative = 0.2

    def own_layer(self, *operands: TensorType) -> Layer:
        from nndsl.catalogue.layers import activation

        return activation.LeakyReLU(self.negative_slope)


class Elu(Activation):
    """`x`, or `alpha * (exp(x) - 1)` below 0 (Clevert et al., 2016)."""

    alpha: float = 1.0

    def own_layer(self, *operands: TensorType) -> Layer:
        from nndsl.catalogue.layers import activation

        return activation.ELU(self.alpha)


class Selu(Activation):
    """`elu`, scaled so that activations keep mean 0 and variance 1 (Klambauer et al., 2017)."""


class Celu(Activation):
    """`max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))` (Barron, 2017)."""

    alpha: float = 1.0

    def validate(self) -> None:
        if self.alpha == 0:
            raise BadArgument("divides by `alpha`, which is 0", argument="alpha")


class Gelu(Activation):
    """`x` times the normal distribution function of `x`, or its approximation by `tanh` (Hendrycks and Gimpel, 2016)."""

    approximate: bool = False


class Silu(Activation):
    """`x * sigmoid(x)` (Ramachandran et al., 2017)."""

    aliases = ("swish",)


class Mish(Activation):
    """`x * tanh(softplus(x))` (Misra, 2019)."""


class Sigmoid(Activation):
    """`1 / (1 + exp(-x))`."""

    bounds = (0, 1)


class HardSigmoid(Activation):
    """`x / 6 + 1/2`, between 0 and 1."""

    bounds = (0, 1)


class HardSilu(Activation):
    """`x * hard_sigmoid(x)` (Howard et al., 2019)."""

    aliases = ("hard_swish",)


class LogSigmoid(Activation):
    """`log(sigmoid(x))`, stable."""

    bounds = (-inf, 0)


class SparseSigmoid(Activation):
    """`(x + 1) / 2`, between 0 and 1."""

    bounds = (0, 1)


class Tanh(Activation):
    """The hyperbolic tangent."""

    bounds = (-1, 1)


class HardTanh(Activation):
    """`x`, between -1 and 1."""

    bounds = (-1, 1)


class TanhShrink(Activation):
    """`x - tanh(x)`."""


class Softplus(Activation):
    """`log(1 + exp(x))`."""

    bounds = (0, inf)


class SparsePlus(Activation):
    """0 up to -1, `(x + 1)^2 / 4` up to 1, and then `x`."""

    bounds = (0, inf)


class Squareplus(Activation):
    """`(x + sqrt(x^2 + b)) / 2` (Barron, 2021)."""

    bounds = (0, inf)

    b: NonNegative = 4.0


class Softsign(Activation):
    """`x / (1 + |x|)`."""

    bounds = (-1, 1)


class SoftShrink(Activation):
    """`x` moved towards 0 by `threshold`, and 0 nearer than that."""

    threshold: NonNegative = 0.5


class HardShrink(Activation):
    """`x`, or 0 where `|x|` is at most `threshold`."""

    threshold: NonNegative = 0.5


class Threshold(Activation):
    """`x`, or `default_value` where it is at most `threshold`."""

    threshold: float
    default_value: float


class Exponential(Activation):
    """`exp(x)`."""

    bounds = (0, inf)


class _AlongAxis(Activation, abstract=True):
    """An activation that divides by a sum along an axis."""

    axis: Index = -1

    def infer(self, x: TensorType) -> TensorType:
        position_of(self.axis, x)
        return super().infer(x)

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return () if position_of(self.axis, operands[0]) == operands[0].rank - 1 else None

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return 3 * elements(results[0].shape)


MOST_AXES_OF_SOFTMAX = 4
"""TensorFlow (oneDNN) computes `exp(x)`, divided by its sum along one axis, of tensors with up to so many axes besides the batch."""


class Softmax(_AlongAxis):
    """`exp(x)`, divided by its sum along an axis: shares that add up to 1."""

    bounds = (0, 1)

    def infer(self, x: TensorType) -> TensorType:
        result = super().infer(x)
        if x.rank > MOST_AXES_OF_SOFTMAX and result.dtype in ("float32", "bfloat16"):
            raise BadArgument(f"divides along one axis of at most {MOST_AXES_OF_SOFTMAX}", x, repair="join axes with Reshape before")
        return result

    def own_layer(self, *operands: TensorType) -> Layer | None:
        """A `Softmax` layer; but that would use a mask, rather than pass it on."""
        from nndsl.catalogue.layers import activation

        return None if any(one.mask for one in operands) else activation.Softmax(self.axis)


class LogSoftmax(_AlongAxis):
    """`log(softmax(x))`, stable."""

    bounds = (-inf, 0)


class Sparsemax(_AlongAxis):
    """Shares that add up to 1, most of them 0 (Martins and Astudillo, 2016)."""

    bounds = (0, 1)
    not_computed_in = ("float16",)


class Glu(Activation):
    """The first half of an axis times `sigmoid` of its second half (Dauphin et al., 2017)."""

    axis: Index = -1

    def infer(self, x: TensorType) -> TensorType:
        place = position_of(self.axis, x)
        size = number(super().infer(x).shape[place], "the size of the axis that it splits", x)
        if size % 2:
            raise BadArgument(f"splits an axis into halves, and cannot do so with {size}", x)
        return TensorType(x.dtype, (*x.shape[:place], size // 2, *x.shape[place + 1 :]))

    def as_layer(self, *operands: TensorType) -> Layer | None:
        """None: Keras takes it that an `Activation` layer leaves the shape alone."""
        return None

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return () if position_of(self.axis, operands[0]) == operands[0].rank - 1 else None

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return 2 * elements(results[0].shape)
