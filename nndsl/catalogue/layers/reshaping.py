"""Reshaping: the same numbers in another arrangement, more of them, or fewer."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.kinds import Count, Natural, OpenSize
from nndsl.catalogue.rules import floating, moved, number
from nndsl.catalogue.sight import Sight
from nndsl.catalogue.windows import Window, along_axes
from nndsl.types import (
    BadArgument,
    Size,
    SizesDiffer,
    SizeUnknown,
    Symbolic,
    TensorType,
    TooSmall,
    elements,
    shape_text,
    sign,
)

Side = tuple[Natural, Natural]
"""How much at the start and at the end of an axis."""
Extent = int | tuple[int, ...]
Margins = int | tuple[int | tuple[int, int], ...]
_WEIGHED = {"nearest": 1, "bilinear": 4, "bicubic": 16, "lanczos3": 36, "lanczos5": 100}
"""How many neighbours an interpolation in two dimensions weighs for each number of its result."""


def interpolation_flops(interpolation: str, result: TensorType) -> Size:
    """A multiplication and an addition for each neighbour weighed; moving the nearest one is free."""
    weighed = _WEIGHED[interpolation]
    return 0 if weighed == 1 else 2 * weighed * elements(result.shape)


_WITHOUT_GRADIENT = {"bicubic": ("float16", "bfloat16"), "lanczos3": ("float16", "bfloat16", "float64"), "lanczos5": ("float16", "bfloat16", "float64")}


def interpolation_without_gradient_in(interpolation: str) -> tuple[str, ...]:
    """The dtypes in which TensorFlow has no gradient of an interpolation, or, with `bicubic`, leaves it out without a word."""
    return _WITHOUT_GRADIENT.get(interpolation, ())


class Flatten(Layer):
    """All numbers of an example in one row.

    Shape: `[...] -> [product of the sizes]`
    """

    def infer(self, x: TensorType) -> TensorType:
        return moved(x, elements(x.shape))

    def windows(self, *operands: TensorType) -> None:
        return None


class Reshape(Layer):
    """The numbers in the same order, in another shape; one size may be -1, which stands for what is left.

    Shape: `[...] -> [*target_shape]`
    """

    target_shape: tuple[OpenSize | Literal[-1], ...]

    def validate(self) -> None:
        if self.target_shape.count(-1) > 1:
            raise BadArgument("can work out one size that is -1, not several", argument="target_shape")
        if sum(isinstance(size, Symbolic) or size == -1 for size in self.target_shape) > 1:
            raise SizeUnknown("takes one size that is not a number, not several", argument="target_shape")

    def infer(self, x: TensorType) -> TensorType:
        total = elements(x.shape)
        known = elements(tuple(size for size in self.target_shape if size != -1))
        left = total // known if -1 in self.target_shape else 1
        if left * known != total:
            raise SizesDiffer(f"cannot arrange {total} numbers as {shape_text(self.target_shape)}", x, argument="target_shape")
        return moved(x, *(left if size == -1 else size for size in self.target_shape))

    def windows(self, *operands: TensorType) -> None:
        return None


class Permute(Layer):
    """The axes in another order; they count from 1.

    Shape: `[...] -> [...]`
    """

    dims: tuple[Count, ...]

    def validate(self) -> None:
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise BadArgument(f"needs each axis from 1 to {len(self.dims)} once", argument="dims")

    def infer(self, x: TensorType) -> TensorType:
        if len(self.dims) != x.rank:
            raise BadArgument(f"orders {len(self.dims)} axes, and its operand {x} has {x.rank}", x, argument="dims")
        return moved(x, *(x.shape[dim - 1] for dim in self.dims))

    def windows(self, *operands: TensorType) -> None:
        return None


class RepeatVector(Layer):
    """A vector, `n` times in a row.

    Shape: `[channels] -> [n, channels]`
    """

    n: Count

    def infer(self, x: TensorType) -> TensorType:
        (channels,) = x.expect("channels")
        return moved(x, self.n, channels)

    def windows(self, *operands: TensorType) -> None:
        return None

    def sight(self, result: int, *operands: TensorType) -> tuple[Sight, ...]:
        return (Sight.BEYOND,)


def _sides(margins: Margins, count: int) -> tuple[tuple[int, int], ...]:
    """How much at the start and end of each axis: a single number counts for all, a number of an axis for both ends."""
    each = margins if isinstance(margins, tuple) else (margins,) * count
    return tuple(one if isinstance(one, tuple) else (one, one) for one in each)


class _Padding(Layer, abstract=True):
    """Zeros around the axes before the last."""

    axes: ClassVar[str]

    def sides(self) -> tuple[tuple[int, int], ...]:
        """How many zeros at the start and at the end of each axis."""
        raise NotImplementedError

    def infer(self, x: TensorType) -> TensorType:
        *lengths, channels = x.expect(f"{self.axes}, channels")
        padded = (length + before + after for length, (before, after) in zip(lengths, self.sides(), strict=True))
        return moved(x, *padded, channels)


class ZeroPadding1D(_Padding):
    """Zeros at both ends.

    Shape: `[length, channels] -> [length + zeros, channels]`
    """

    axes = "length"

    padding: Natural | Side = 1

    def sides(self) -> tuple[tuple[int, int], ...]:
        return _sides((self.padding,), 1)


class ZeroPadding2D(_Padding):
    """Zeros on all sides: one number for all, one for each axis, or `[[top, bottom], [left, right]]`.

    Shape: `[height, width, channels] -> [height + zeros, width + zeros, channels]`
    """

    axes = "height, width"

    padding: Natural | tuple[Natural | Side, Natural | Side] = (1, 1)

    def sides(self) -> tuple[tuple[int, int], ...]:
        return _sides(self.padding, 2)


class ZeroPadding3D(_Padding):
    """Zeros on all sides: one number for all, one for each axis, or the start and end of each axis.

    Shape: `[depth, height, width, channels] -> [depth + zeros, height + zeros, width + zeros, channels]`
    """

    axes = "depth, height, width"

    padding: Natural | tuple[Natural | Side, Natural | Side, Natural | Side] = ((1, 1), (1, 1), (1, 1))

    def sides(self) -> tuple[tuple[int, int], ...]:
        return _sides(self.padding, 3)


class _Cropping(Layer, abstract=True):
    """Cuts numbers off the axes before the last."""

    axes: ClassVar[str]

    def sides(self) -> tuple[tuple[int, int], ...]:
        """How many numbers to cut off the start and the end of each axis."""
        raise NotImplementedError

    def infer(self, x: TensorType) -> TensorType:
        *lengths, channels = x.expect(f"{self.axes}, channels")
        return moved(x, *cropped(lengths, self.sides(), x), channels)


def cropped(lengths: Sequence[Size], sides: Sequence[tuple[int, int]], x: TensorType) -> tuple[Size, ...]:
    """The lengths that are left.

    Raises:
        TooSmall: nothing is left of one.
    """
    left = tuple(length - before - after for length, (before, after) in zip(lengths, sides, strict=True))
    for length, rest, (before, after) in zip(lengths, left, sides, strict=True):
        if sign(rest) in (-1, 0):
            raise TooSmall(f"cuts {before} + {after} numbers off an axis of {length}, which leaves none", x, argument="cropping")
    return left


class Cropping1D(_Cropping):
    """Cuts numbers off both ends.

    Shape: `[length, channels] -> [length - cut, channels]`
    """

    axes = "length"

    cropping: Natural | Side = (1, 1)

    def sides(self) -> tuple[tuple[int, int], ...]:
        return _sides((self.cropping,), 1)


class Cropping2D(_Cropping):
    """Cuts numbers off all sides: one number for all, one for each axis, or `[[top, bottom], [left, right]]`.

    Shape: `[height, width, channels] -> [height - cut, width - cut, channels]`
    """

    axes = "height, width"

    cropping: Natural | tuple[Natural | Side, Natural | Side] = ((0, 0), (0, 0))

    def sides(self) -> tuple[tuple[int, int], ...]:
        return _sides(self.cropping, 2)


class Cropping3D(_Cropping):
    """Cuts numbers off all sides: one number for all, one for each axis, or the start and end of each axis.

    Shape: `[depth, height, width, channels] -> [depth - cut, height - cut, width - cut, channels]`
    """

    axes = "depth, height, width"

    cropping: Natural | tuple[Natural | Side, Natural | Side, Natural | Side] = ((1, 1), (1, 1), (1, 1))

    def sides(self) -> tuple[tuple[int, int], ...]:
        return _sides(self.cropping, 3)


class _UpSampling(Layer, abstract=True):
    """Each number several times in a row, along the axes before the last."""

    axes: ClassVar[str]

    size: Extent

    @property
    def factors(self) -> tuple[int, ...]:
        """How often each number comes, along each axis."""
        return along_axes(self.size, self.axes.count(",") + 1)

    def windows(self, *operands: TensorType) -> tuple[Window, ...]:
        return tuple(Window(spread=factor) for factor in self.factors)

    def infer(self, x: TensorType) -> TensorType:
        *lengths, channels = x.expect(f"{self.axes}, channels")
        return moved(x, *(length * factor for length, factor in zip(lengths, self.factors, strict=True)), channels)


class UpSampling1D(_UpSampling):
    """Each position `size` times in a row.

    Shape: `[length, channels] -> [length * size, channels]`
    """

    axes = "length"

    size: Count = 2


class UpSampling2D(_UpSampling):
    """An image `size` times as high and wide.

    Shape: `[height, width, channels] -> [height * size, width * size, channels]`
    """

    axes = "height, width"

    size: Count | tuple[Count, Count] = (2, 2)
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] = "nearest"

    def infer(self, x: TensorType) -> TensorType:
        if self.interpolation == "nearest":
            return super().infer(x)
        for length in floating(x).expect("height, width, channels")[:2]:
            number(length, "the height and width of its input, to interpolate", x)
        return super().infer(floating(x))

    def windows(self, *operands: TensorType) -> tuple[Window, ...]:
        across = {"nearest": 1, "bilinear": 2, "bicubic": 4, "lanczos3": 6, "lanczos5": 10}[self.interpolation]
        return tuple(Window(across, spread=factor) for factor in self.factors)

    def without_gradient_in(self) -> tuple[str, ...]:
        return interpolation_without_gradient_in(self.interpolation)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return interpolation_flops(self.interpolation, results[0])


class UpSampling3D(_UpSampling):
    """Each number `size` times in a row along each axis.

    Shape: `[depth, height, width, channels] -> [depth * size, height * size, width * size, channels]`
    """

    axes = "depth, height, width"

    size: Count | tuple[Count, Count, Count] = (2, 2, 2)
