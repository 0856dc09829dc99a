"""Windows that slide along an axis: the arithmetic that convolutions, poolings and receptive fields share."""

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypeVar

from nndsl.frozen import Frozen
from nndsl.types import Size, TensorType, TooSmall, sign

Padding: TypeAlias = Literal["valid", "same", "causal"]
_Amount = TypeVar("_Amount", int, Size)


class Window(Frozen):
    """What one result sees of one axis: `size` numbers, `dilation` apart.

    Attributes:
        stride: how many numbers further on the next result looks.
        spread: how many results there are for each number, where a layer enlarges the axis (its stride is 1).
    """

    size: Size = 1
    stride: Size = 1
    dilation: Size = 1
    spread: Size = 1

    @property
    def extent(self) -> Size:
        """How many numbers it spans, from the first to the last that it sees."""
        return (self.size - 1) * self.dilation + 1

    def results(self, length: Size, padding: Padding) -> Size:
        """How many times it fits along an axis, as Keras counts.

        With `valid` padding only whole windows count: less than 1 if it does not fit at all.
        """
        covered = length if padding == "valid" else length + self.extent - 1
        return (covered - self.extent) // self.stride + 1

    def enlarged(self, length: Size, padding: Padding, extra: Size | None = None) -> Size:
        """The length of the axis that a transposed window writes, as Keras counts.

        Args:
            extra: `output_padding`, how much longer the result is than the shortest one that fits.
        """
        if padding == "valid":
            return (length - 1) * self.spread + (_larger(self.extent, self.spread) if extra is None else self.extent + extra)
        return length * self.spread if extra is None else (length - 1) * self.spread + self.extent % 2 + extra


def _larger(one: Size, other: Size) -> Size:
    return one if sign(one - other) != -1 else other


def along_axes(value: _Amount | tuple[_Amount, ...], count: int) -> tuple[_Amount, ...]:
    """One value for each of `count` axes: a single value counts for all."""
    return value if isinstance(value, tuple) else (value,) * count


def sliding(size: Size | tuple[Size, ...], stride: Size | tuple[Size, ...], dilation: Size | tuple[Size, ...],
            count: int) -> tuple[Window, ...]:
    """One window for each of `count` axes."""
    parts = (along_axes(one, count) for one in (size, stride, dilation))
    return tuple(Window(*one) for one in zip(*parts, strict=True))


def slide(windows: Sequence[Window], lengths: Sequence[Size], padding: Padding, x: TensorType, what: str) -> tuple[Size, ...]:
    """How many results there are along each axis of `x`.

    Args:
        what: the word for the window in messages: "kernel", "pool".

    Raises:
        TooSmall: a window is longer than its axis, and there is no padding.
    """
    counts = tuple(window.results(length, padding) for window, length in zip(windows, lengths, strict=True))
    for window, length, count in zip(windows, lengths, counts, strict=True):
        if sign(count) in (-1, 0):
            raise TooSmall(_does_not_fit(window, length, what), x, repair=f"use a smaller {what}, a larger input, or `padding=same`")
    return counts


def _does_not_fit(window: Window, length: Size, what: str) -> str:
    extent = f"{window.extent}" if window.dilation == 1 else f"{window.extent} ({window.size} numbers, {window.dilation} apart)"
    return f"has a {what} of extent {extent}, which is longer than its input's axis of {length}"
