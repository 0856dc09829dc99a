"""Regularization: noise and penalties that act in training only."""

from typing import Annotated

from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.kinds import Count, Known, NonNegative, Number, Rate
from nndsl.catalogue.rules import floating
from nndsl.types import BadArgument, TensorType

Seed = Annotated[int, Known(0)] | None
NoiseShape = tuple[Count | None, ...] | None
Portion = Annotated[float, Number(least=0, below=1)]
"""A share of at least 0 and less than 1: something is left."""


class _Noise(Layer, abstract=True):
    """What passes numbers through unchanged, except in training."""

    keeps_mask = True

    def infer(self, x: TensorType) -> TensorType:
        return floating(x)


class _Dropout(_Noise, abstract=True):
    """What drops numbers by a random pattern of its own shape."""

    rate: Portion
    noise_shape: NoiseShape = None
    seed: Seed = None

    def infer(self, x: TensorType) -> TensorType:
        pattern = self.noise_shape
        if pattern is not None:
            self._check_pattern(pattern, x)
        return floating(x)

    def _check_pattern(self, pattern: tuple[int | None, ...], x: TensorType) -> None:
        if len(pattern) != x.rank + 1 or pattern[0] not in (None, 1):
            raise BadArgument("needs a noise_shape with an entry for each axis, the batch axis first, which is none or 1", x,
                              argument="noise_shape")
        for wanted, size in zip(pattern[1:], x.shape, strict=True):
            if wanted not in (None, 1, size):
                raise BadArgument(f"has a noise_shape with {wanted} where its input has {size}: it takes none, 1 or the same", x,
                                  argument="noise_shape")


class Dropout(_Dropout):
    """Sets a random share of the numbers to 0 in training, and makes up for it in the rest (Srivastava et al., 2014).

    Along the axes where `noise_shape` is 1, all numbers stay or go together.

    Shape: `[...] -> [...]`
    """


class AlphaDropout(_Dropout):
    """Dropout that keeps mean and variance, for `selu` (Klambauer et al., 2017).

    Shape: `[...] -> [...]`
    """


class _SpatialDropout(_Noise, abstract=True):
    """Dropout of whole channels."""

    axes = "length"

    rate: Portion
    seed: Seed = None

    def infer(self, x: TensorType) -> TensorType:
        floating(x).expect(f"{self.axes}, channels")
        return floating(x)


class SpatialDropout1D(_SpatialDropout):
    """Drops whole channels in training (Tompson et al., 2014).

    Shape: `[length, channels] -> [length, channels]`
    """


class SpatialDropout2D(_SpatialDropout):
    """Drops whole channels in training (Tompson et al., 2014).

    Shape: `[height, width, channels] -> [height, width, channels]`
    """

    axes = "height, width"


class SpatialDropout3D(_SpatialDropout):
    """Drops whole channels in training (Tompson et al., 2014).

    Shape: `[depth, height, width, channels] -> [depth, height, width, channels]`
    """

    axes = "depth, height, width"


class GaussianDropout(_Noise):
    """Multiplies by noise around 1, of the variance that dropout at this rate has, in training.

    Shape: `[...] -> [...]`
    """

    rate: Portion
    seed: Seed = None


class GaussianNoise(_Noise):
    """Adds noise around 0, in training.

    Shape: `[...] -> [...]`
    """

    stddev: Rate
    seed: Seed = None


class ActivityRegularization(_Noise):
    """Adds to the loss: `l1` times the sum of the absolute numbers, plus `l2` times that of their squares.

    Shape: `[...] -> [...]`
    """

    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
