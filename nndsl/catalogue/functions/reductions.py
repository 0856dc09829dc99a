"""Functions that make one number of all numbers along an axis, or run along it.

The axis has to be named: without one Keras would reduce the batch axis too. Each counts as one operation for each
number of its operand.
"""

from typing import Literal

from nndsl.catalogue.applicable import Function
from nndsl.catalogue.axes import Axes, as_tuple, positions_of, stated
from nndsl.catalogue.broadcasting import numbers, single, truths
from nndsl.catalogue.functions.arithmetic import NumberDtype
from nndsl.catalogue.kinds import Count, Index, Positive
from nndsl.catalogue.rules import FLOAT, floating, position_of
from nndsl.catalogue.sight import Sight
from nndsl.catalogue.windows import Window
from nndsl.types import BadArgument, Dtype, Shape, Size, TensorType, elements, sign


class _Along(Function, abstract=True):
    """What all functions along axes share."""

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return elements(operands[0].shape)

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return None


def reduced(x: TensorType, axis: Axes | None, keepdims: bool) -> Shape:
    """The shape that is left when axes are reduced.

    Raises:
        BadArgument: the axes are not named, or not there.
    """
    gone = positions_of(stated(axis, x), x)
    if keepdims:
        return tuple(1 if place in gone else size for place, size in enumerate(x.shape))
    return tuple(size for place, size in enumerate(x.shape) if place not in gone)


class _Reduction(_Along, abstract=True):
    """One number of all numbers along the axes."""

    axis: Axes | None = None
    keepdims: bool = False

    def infer(self, x: TensorType) -> TensorType:
        return TensorType(self.dtype_of(x), reduced(x, self.axis, self.keepdims))

    def dtype_of(self, x: TensorType) -> Dtype:
        """The dtype of the result, if the operand's is one that the function takes."""
        floating(x)
        return x.dtype

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        """Positions stay apart where only the last axis is reduced, and is kept."""
        last = positions_of(stated(self.axis, operands[0]), operands[0]) == (operands[0].rank - 1,)
        return () if last and self.keepdims else None

    def sight(self, result: int, *operands: TensorType) -> tuple[Sight, ...]:
        gone = positions_of(stated(self.axis, operands[0]), operands[0])
        return (Sight.BEYOND,) if 0 in gone else super().sight(result, *operands)


def _roomier(dtype: Dtype) -> Dtype:
    """The dtype in which Keras adds up and multiplies: small whole numbers and truth values as 32 bits."""
    if dtype in ("uint8", "uint16"):
        return "uint32"
    return "int32" if dtype in ("bool", "int8", "int16") else dtype


class Sum(_Reduction):
    """The sum; of truth values, how many are true."""

    def dtype_of(self, x: TensorType) -> Dtype:
        return _roomier(x.dtype)


class Prod(_Reduction):
    """The product."""

    def dtype_of(self, x: TensorType) -> Dtype:
        return _roomier(numbers(x).dtype)


class Mean(_Reduction):
    """The mean; of truth values, the share that is true."""

    def dtype_of(self, x: TensorType) -> Dtype:
        return x.dtype if x.is_float else FLOAT


class Std(_Reduction):
    """The standard deviation (of all numbers, not of a sample)."""


class Var(_Reduction):
    """The variance (of all numbers, not of a sample)."""


class Logsumexp(_Reduction):
    """`log(sum(exp(x)))`, stable."""

    def dtype_of(self, x: TensorType) -> Dtype:
        return single(x).dtype


class Median(_Reduction):
    """The middle number, or the mean of the middle two."""


class Max(_Reduction):
    """The largest number, and at least `initial`."""

    axis: Axes | None = None
    keepdims: bool = False
    initial: float | None = None

    def dtype_of(self, x: TensorType) -> Dtype:
        return numbers(x).dtype if self.initial is None else super().dtype_of(x)


class Min(_Reduction):
    """The smallest number, and at most `initial`."""

    axis: Axes | None = None
    keepdims: bool = False
    initial: float | None = None

    def dtype_of(self, x: TensorType) -> Dtype:
        return numbers(x).dtype if self.initial is None else super().dtype_of(x)


class All(_Reduction):
    """Whether all are true."""

    def dtype_of(self, x: TensorType) -> Dtype:
        return truths(x).dtype


class Any(_Reduction):
    """Whether at least one is true."""

    def dtype_of(self, x: TensorType) -> Dtype:
        return truths(x).dtype


class CountNonzero(_Along):
    """How many numbers are not 0; of truth values, how many are true."""

    axis: Axes | None = None

    def infer(self, x: TensorType) -> TensorType:
        return TensorType("int32", reduced(x, self.axis, keepdims=False))


class Norm(_Along):
    """The norm of order `ord` of a vector (one axis; the Euclidean if none is given) or of a matrix (two axes)."""

    ord: float | Literal["fro", "nuc"] | None = None
    axis: Axes | None = None
    keepdims: bool = False

    def infer(self, x: TensorType) -> TensorType:
        floating(x)
        axes = as_tuple(stated(self.axis, x))
        if len(axes) > 2:
            raise BadArgument("takes one axis, of vectors, or two, of matrices", argument="axis")
        vector = len(axes) == 1
        if isinstance(self.ord, str) if vector else self.ord not in (None, "fro", "nuc", 1, -1, 2, -2):
            orders = "a number" if vector else "fro, nuc, 1, -1, 2 or -2"
            raise BadArgument(f"of a {'vector' if vector else 'matrix'} has an order that is {orders}", argument="ord")
        if not vector and self.ord in ("nuc", 2, -2):
            single(x)  # which TensorFlow takes apart into singular values
        return TensorType(x.dtype, reduced(x, self.axis, self.keepdims))


class Normalize(_Along):
    """The numbers along an axis, divided by their norm of the given order, which becomes 1.

    It counts as three operations a number: a power, a sum and a quotient.
    """

    axis: Index = -1
    order: Count = 2
    epsilon: Positive | None = None

    def infer(self, x: TensorType) -> TensorType:
        position_of(self.axis, single(x))
        return TensorType(x.dtype, x.shape)

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return () if position_of(self.axis, operands[0]) == operands[0].rank - 1 else None

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return 3 * elements(operands[0].shape)


class _Position(_Along, abstract=True):
    """Where along an axis something is: whole numbers below the axis' size."""

    axis: Index | None = None
    keepdims: bool = False

    def infer(self, x: TensorType) -> TensorType:
        shape = reduced(numbers(x), self.axis, self.keepdims)
        assert self.axis is not None
        return TensorType("int32", shape, below=x.shape[position_of(self.axis, x)])


class Argmax(_Position):
    """Where along an axis the largest number is."""


class Argmin(_Position):
    """Where along an axis the smallest number is."""


class _Running(_Along, abstract=True):
    """For each position along an axis, one number of all numbers up to there."""

    axis: Index | None = None
    dtype: NumberDtype | None = None

    def infer(self, x: TensorType) -> TensorType:
        positions_of(stated(self.axis, numbers(x)), x)
        return TensorType(self.dtype or x.dtype, x.shape)


class Cumsum(_Running):
    """The sum of all numbers up to each position along an axis."""


class Cumprod(_Running):
    """The product of all numbers up to each position along an axis."""


class Sort(_Along):
    """The numbers along an axis in ascending order."""

    axis: Index = -1

    def infer(self, x: TensorType) -> TensorType:
        position_of(self.axis, numbers(x))
        return TensorType(x.dtype, x.shape, below=x.below)


class Argsort(_Along):
    """For each position along an axis, where its number was before sorting."""

    axis: Index = -1

    def infer(self, x: TensorType) -> TensorType:
        return TensorType("int32", x.shape, below=numbers(x).shape[position_of(self.axis, x)])


class TopK(_Along):
    """The `k` largest numbers along the last axis, and where they are: `(values, indices) = x -> top_k(3)`."""

    k: Count
    sorted: bool = True

    def infer(self, x: TensorType) -> tuple[TensorType, TensorType]:
        size = numbers(x).shape[position_of(-1, x)]
        if sign(size - self.k) == -1:
            raise BadArgument(f"takes {self.k} of only {size} numbers", x, argument="k")
        shape = (*x.shape[:-1], self.k)
        return TensorType(x.dtype, shape, below=x.below), TensorType("int32", shape, below=size)
