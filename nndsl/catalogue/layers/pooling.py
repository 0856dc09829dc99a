"""Poolings, channels last."""

from typing import ClassVar, Literal

from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.kinds import Count
from nndsl.catalogue.rules import floating, number
from nndsl.catalogue.sight import Sight, sight_through
from nndsl.catalogue.windows import Window, along_axes, slide, sliding
from nndsl.types import BadArgument, Size, TensorType, TooSmall, elements, sign

Pair = tuple[Count, Count]
Triple = tuple[Count, Count, Count]
Extent = int | tuple[int, ...]


class _Pooling(Layer, abstract=True):
    """One number for each window of each channel."""

    axes: ClassVar[str]

    pool_size: Extent
    strides: Extent | None = None
    padding: Literal["valid", "same"] = "valid"

    @property
    def spatial(self) -> int:
        """How many axes the window slides along."""
        return self.axes.count(",") + 1

    def windows(self, *operands: TensorType) -> tuple[Window, ...]:
        return sliding(self.pool_size, self.pool_size if self.strides is None else self.strides, 1, self.spatial)

    def sight(self, result: int, *operands: TensorType) -> tuple[Sight, ...]:
        return (sight_through(self.windows()[0], self.padding),)

    def infer(self, x: TensorType) -> TensorType:
        *lengths, channels = floating(x).expect(f"{self.axes}, channels")
        return floating(x).with_shape(*slide(self.windows(), lengths, self.padding, x, "pool"), channels)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return elements(tuple(window.size for window in self.windows())) * elements(results[0].shape)


class MaxPooling1D(_Pooling):
    """The largest number of each window. `strides` are `pool_size`, unless stated.

    Shape: `[length, channels] -> [length', channels]`
    """

    aliases = ("MaxPool1D",)
    axes = "length"

    pool_size: Count | tuple[Count] = 2
    strides: Count | tuple[Count] | None = None


class MaxPooling2D(_Pooling):
    """The largest number of each window. `strides` are `pool_size`, unless stated.

    Shape: `[height, width, channels] -> [height', width', channels]`
    """

    aliases = ("MaxPool2D",)
    axes = "height, width"

    pool_size: Count | Pair = (2, 2)
    strides: Count | Pair | None = None


class MaxPooling3D(_Pooling):
    """The largest number of each window. `strides` are `pool_size`, unless stated.

    Shape: `[depth, height, width, channels] -> [depth', height', width', channels]`
    """

    aliases = ("MaxPool3D",)
    axes = "depth, height, width"
    not_computed_in = ("float64",)

    pool_size: Count | Triple = (2, 2, 2)
    strides: Count | Triple | None = None


class AveragePooling1D(_Pooling):
    """The mean of each window. `strides` are `pool_size`, unless stated.

    Shape: `[length, channels] -> [length', channels]`
    """

    aliases = ("AvgPool1D",)
    axes = "length"

    pool_size: Count | tuple[Count]
    strides: Count | tuple[Count] | None = None


class AveragePooling2D(_Pooling):
    """The mean of each window. `strides` are `pool_size`, unless stated.

    Shape: `[height, width, channels] -> [height', width', channels]`
    """

    aliases = ("AvgPool2D",)
    axes = "height, width"

    pool_size: Count | Pair
    strides: Count | Pair | None = None


class AveragePooling3D(_Pooling):
    """The mean of each window. `strides` are `pool_size`, unless stated.

    Shape: `[depth, height, width, channels] -> [depth', height', width', channels]`
    """

    aliases = ("AvgPool3D",)
    axes = "depth, height, width"

    pool_size: Count | Triple
    strides: Count | Triple | None = None


class _GlobalPooling(Layer, abstract=True):
    """One number for each channel; with `keepdims`, the other axes stay, with length 1."""

    axes: ClassVar[str]

    keepdims: bool = False

    def infer(self, x: TensorType) -> TensorType:
        *lengths, channels = floating(x).expect(f"{self.axes}, channels")
        return floating(x).with_shape(*((1,) * len(lengths) if self.keepdims else ()), channels)

    def windows(self, *operands: TensorType) -> None:
        return None

    def sight(self, result: int, *operands: TensorType) -> tuple[Sight, ...]:
        return (Sight.BEYOND,)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return elements(operands[0].shape)


class GlobalMaxPooling1D(_GlobalPooling):
    """The largest number of each channel.

    Shape: `[length, channels] -> [channels]`
    """

    aliases = ("GlobalMaxPool1D",)
    axes = "length"


class GlobalMaxPooling2D(_GlobalPooling):
    """The largest number of each channel.

    Shape: `[height, width, channels] -> [channels]`
    """

    aliases = ("GlobalMaxPool2D",)
    axes = "height, width"


class GlobalMaxPooling3D(_GlobalPooling):
    """The largest number of each channel.

    Shape: `[depth, height, width, channels] -> [channels]`
    """

    aliases = ("GlobalMaxPool3D",)
    axes = "depth, height, width"


class GlobalAveragePooling1D(_GlobalPooling):
    """The mean of each channel, over the positions that the mask counts if there is one.

    Shape: `[length, channels] -> [channels]`
    """

    aliases = ("GlobalAvgPool1D",)
    axes = "length"
    uses_mask = True


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of each channel.

    Shape: `[height, width, channels] -> [channels]`
    """

    aliases = ("GlobalAvgPool2D",)
    axes = "height, width"


class GlobalAveragePooling3D(_GlobalPooling):
    """The mean of each channel.

    Shape: `[depth, height, width, channels] -> [channels]`
    """

    aliases = ("GlobalAvgPool3D",)
    axes = "depth, height, width"


class _AdaptivePooling(Layer, abstract=True):
    """Windows as large as it takes for a result of a given size."""

    axes: ClassVar[str]

    output_size: Extent

    def validate(self) -> None:
        if 1 in self.lengths:  # Keras tries a window that is longer by one too: TensorFlow fails, or divides by zero, and the process ends
            one_number = f"Global{type(self).__name__.removeprefix('Adaptive')}"
            raise BadArgument("cannot pool an axis into one number", argument="output_size", repair=f"{one_number} makes one number of all")

    @property
    def lengths(self) -> tuple[int, ...]:
        """The length of each axis of the result but the last."""
        return along_axes(self.output_size, self.axes.count(",") + 1)

    def infer(self, x: TensorType) -> TensorType:
        *lengths, channels = floating(x).expect(f"{self.axes}, channels")
        for length, wanted in zip(lengths, self.lengths, strict=True):
            if sign(length - wanted) == -1:
                raise TooSmall(f"cannot pool {length} numbers into {wanted}", x)
            number(length, "how long its input is", x)
        return floating(x).with_shape(*self.lengths, channels)

    def windows(self, *operands: TensorType) -> None:
        return None

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return elements(operands[0].shape)


class AdaptiveAveragePooling1D(_AdaptivePooling):
    """The mean of each of `output_size` windows.

    Shape: `[length, channels] -> [output_size, channels]`
    """

    axes = "length"

    output_size: Count | tuple[Count]


class AdaptiveAveragePooling2D(_AdaptivePooling):
    """The mean of each of `output_size` windows along each axis.

    Shape: `[height, width, channels] -> [output_size, output_size, channels]`
    """

    axes = "height, width"

    output_size: Count | Pair


class AdaptiveAveragePooling3D(_AdaptivePooling):
    """The mean of each of `output_size` windows along each axis.

    Shape: `[depth, height, width, channels] -> [output_size, output_size, output_size, channels]`
    """

    axes = "depth, height, width"

    output_size: Count | Triple


class AdaptiveMaxPooling1D(_AdaptivePooling):
    """The largest number of each of `output_size` windows.

    Shape: `[length, channels] -> [output_size, channels]`
    """

    axes = "length"

    output_size: Count | tuple[Count]


class AdaptiveMaxPooling2D(_AdaptivePooling):
    """The largest number of each of `output_size` windows along each axis.

    Shape: `[height, width, channels] -> [output_size, output_size, channels]`
    """

    axes = "height, width"

    output_size: Count | Pair


class AdaptiveMaxPooling3D(_AdaptivePooling):
    """The largest number of each of `output_size` windows along each axis.

    Shape: `[depth, height, width, channels] -> [output_size, output_size, output_size, channels]`
    """

    axes = "depth, height, width"
    not_computed_in = ("float64",)

    output_size: Count | Triple
