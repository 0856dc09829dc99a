"""Normalizations: numbers brought to a common scale."""

from typing import Annotated

from nndsl.catalogue.applicable import Layer, Weight, called_plainly
from nndsl.catalogue.axes import Axes, positions_of
from nndsl.catalogue.kinds import Count, Index, Known, NonNegative
from nndsl.catalogue.rules import at_least_one_axis, floating, number, position_of
from nndsl.catalogue.weights import Constraint, Initializer, Ones, Regularizer, Zeros
from nndsl.catalogue.windows import Window
from nndsl.types import BadArgument, Shape, Size, TensorType, elements


class BatchNormalization(Layer):
    """Each channel less its mean, over its standard deviation: of the batch in training, of moving averages afterwards.

    Two of its four vectors are trained, `gamma` and `beta` (Ioffe and Szegedy, 2015).

    Shape: `[..., channels] -> [..., channels]`
    """

    aliases = ("BatchNorm",)
    keeps_mask = True

    axis: Index = -1
    momentum: float = 0.99
    epsilon: NonNegative = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = Zeros()
    gamma_initializer: Initializer = Ones()
    moving_mean_initializer: Initializer = Zeros()
    moving_variance_initializer: Initializer = Ones()
    beta_regularizer: Regularizer | None = None
    gamma_regularizer: Regularizer | None = None
    beta_constraint: Constraint | None = None
    gamma_constraint: Constraint | None = None
    synchronized: bool = False

    def infer(self, x: TensorType) -> TensorType:
        position_of(self.axis, x)
        return floating(x)

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        shape = (operands[0].shape[position_of(self.axis, operands[0])],)
        trained = [name for name, wanted in (("gamma", self.scale), ("beta", self.center)) if wanted]
        moving = ("moving_mean", "moving_variance")
        return (*(Weight(name, shape) for name in trained), *(Weight(name, shape, trainable=False) for name in moving))

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        """As after training: one multiplication and one addition for each number."""
        return 2 * elements(results[0].shape)


class _Scaled(Layer, abstract=True):
    """What normalizations with a trained scale and offset have."""

    def scaled(self, shape: Shape, scale: bool, center: bool) -> tuple[Weight, ...]:
        """The weights `gamma` and `beta`, of a shape."""
        return tuple(Weight(name, shape) for name, wanted in (("gamma", scale), ("beta", center)) if wanted)


def _refuse_no_axis(axis: Axes) -> None:
    if axis == ():
        raise BadArgument("needs an axis to work along", argument="axis")


class LayerNormalization(_Scaled):
    """The numbers along `axis`, for each example and position on its own, less their mean, over their standard deviation.

    Ba, Kiros and Hinton, 2016.

    Shape: `[..., channels] -> [..., channels]`
    """

    aliases = ("LayerNorm",)
    keeps_mask = True

    axis: Axes = -1
    epsilon: NonNegative = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = Zeros()
    gamma_initializer: Initializer = Ones()
    beta_regularizer: Regularizer | None = None
    gamma_regularizer: Regularizer | None = None
    beta_constraint: Constraint | None = None
    gamma_constraint: Constraint | None = None

    def validate(self) -> None:
        _refuse_no_axis(self.axis)

    def infer(self, x: TensorType) -> TensorType:
        positions_of(self.axis, x)
        return floating(x)

    def windows(self, *operands: TensorType) -> tuple[()] | None:
        return () if positions_of(self.axis, operands[0]) == (operands[0].rank - 1,) else None

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        return self.scaled(shape_along(self.axis, operands[0]), self.scale, self.center)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        """Two sums, a difference, a square and a product for each number, and the scale and the offset."""
        return (5 + self.scale + self.center) * elements(results[0].shape)


def shape_along(axis: int | tuple[int, ...], x: TensorType) -> Shape:
    """The shape of a weight with a number for each place along `axis`, in the order in which Keras sorts axes."""
    return tuple(x.shape[position_of(one, x)] for one in (sorted(axis) if isinstance(axis, tuple) else (axis,)))


class GroupNormalization(_Scaled):
    """The channels in groups, each group, over all positions, less its mean, over its standard deviation.

    `groups=-1` makes each channel a group: instance normalization (Wu and He, 2018).

    Shape: `[..., channels] -> [..., channels]`
    """

    aliases = ("GroupNorm",)
    keeps_mask = True

    groups: Annotated[int, Known(-1)] = 32
    axis: Index = -1
    epsilon: NonNegative = 0.001
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = Zeros()
    gamma_initializer: Initializer = Ones()
    beta_regularizer: Regularizer | None = None
    gamma_regularizer: Regularizer | None = None
    beta_constraint: Constraint | None = None
    gamma_constraint: Constraint | None = None

    def validate(self) -> None:
        if self.groups == 0:
            raise BadArgument("needs at least one group, or -1 for each channel on its own", argument="groups")

    def infer(self, x: TensorType) -> TensorType:
        channels = number(x.shape[position_of(self.axis, x)], "the number of channels", x)
        if self.groups != -1 and channels % self.groups:
            raise BadArgument(f"cannot share out {channels} channels evenly among {self.groups} groups", x, argument="groups")
        return floating(x)

    def windows(self, *operands: TensorType) -> None:
        return None

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        return self.scaled(shape_along(self.axis, operands[0]), self.scale, self.center)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        """Two sums, a difference, a square and a product for each number, and the scale and the offset."""
        return (5 + self.scale + self.center) * elements(results[0].shape)


class RMSNormalization(Layer):
    """The numbers along the last axis over the root of the mean of their squares, times a trained scale (Zhang and Sennrich, 2019).

    Shape: `[..., channels] -> [..., channels]`
    """

    aliases = ("RMSNorm",)

    axis: Index = -1
    epsilon: NonNegative = 1e-6

    def infer(self, x: TensorType) -> TensorType:
        if position_of(self.axis, x) != x.rank - 1:
            raise BadArgument(f"works along the last axis, not along axis {self.axis}", x, argument="axis")
        return floating(x)

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        return (Weight("scale", operands[0].shape[-1:]),)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        """A square, a sum and two products for each number."""
        return 4 * elements(results[0].shape)


class UnitNormalization(Layer):
    """The numbers along `axis` over the root of the sum of their squares.

    Shape: `[..., channels] -> [..., channels]`
    """

    keeps_mask = True

    axis: Axes = -1

    def validate(self) -> None:
        _refuse_no_axis(self.axis)

    def infer(self, x: TensorType) -> TensorType:
        positions_of(self.axis, x)
        return floating(x)

    def windows(self, *operands: TensorType) -> tuple[()] | None:
        return () if positions_of(self.axis, operands[0]) == (operands[0].rank - 1,) else None

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        """A square, a sum and a product for each number."""
        return 3 * elements(results[0].shape)


class SpectralNormalization(Layer):
    """A layer whose kernel is kept at spectral norm 1 while it is trained (Miyato et al., 2018).

    Shape: that of the layer
    """

    aliases = ("SpectralNorm",)

    layer: Layer
    power_iterations: Count = 1

    def infer(self, x: TensorType) -> TensorType:
        called_plainly(self.layer, x)
        result = self.layer.infer(at_least_one_axis(x))
        first = [one.name for one in self.layer.weights(x)][:1]
        if not isinstance(result, TensorType) or first not in (["kernel"], ["embeddings"]):
            raise BadArgument(f"needs a layer with one kernel, and {self.layer.called()} has none", argument="layer",
                              repair="Dense, or a convolution")
        return result if x.is_float else result.with_dtype(x.dtype)

    def masked(self, *operands: TensorType) -> bool | tuple[bool, ...]:
        return self.layer.masked(*operands)

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return self.layer.windows(*operands)

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        kernel, *others = self.layer.weights(*operands)
        return (kernel, Weight("vector_u", (1, kernel.shape[-1]), trainable=False), *others)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return self.layer.flops(operands, results)
