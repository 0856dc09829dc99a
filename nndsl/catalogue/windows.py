"""Windows that slide along an axis: the arithmetic that convolutions, poolings and receptive fields share."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from nndsl.types import Size

Padding: TypeAlias = Literal["valid", "same", "causal"]


@dataclass(frozen=True, slots=True)
class Window:
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
