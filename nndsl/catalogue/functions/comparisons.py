"""Comparisons and logic, number by number: what gives truth values, and what takes them. One operation a result."""

from nndsl.catalogue.applicable import Function
from nndsl.catalogue.broadcasting import broadcast, numbers, result_dtype, truths
from nndsl.catalogue.rules import floating
from nndsl.types import Size, TensorType, WrongDtype, elements


class _GivesTruths(Function, abstract=True):
    """A function whose result holds truth values."""

    number_by_number = True

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return elements(results[0].shape)


class _Ordering(_GivesTruths, abstract=True):
    """A comparison of two numbers; one of them can be written in the file."""

    takes_numbers = True

    def infer(self, x1: TensorType, x2: TensorType) -> TensorType:
        return TensorType("bool", broadcast((numbers(x1), numbers(x2))))


class Greater(_Ordering):
    """`x1 > x2`."""


class GreaterEqual(_Ordering):
    """`x1 >= x2`."""


class Less(_Ordering):
    """`x1 < x2`."""


class LessEqual(_Ordering):
    """`x1 <= x2`."""


class _Equality(_GivesTruths, abstract=True):
    """A comparison of two numbers, or of two truth values."""

    takes_numbers = True

    def infer(self, x1: TensorType, x2: TensorType) -> TensorType:
        same_sort(x1, x2)
        return TensorType("bool", broadcast((x1, x2)))


class Equal(_Equality):
    """Whether two numbers, or two truth values, are equal."""


class NotEqual(_Equality):
    """Whether two numbers, or two truth values, differ."""


class _OfTruths(_GivesTruths, abstract=True):
    """A function of two truth values."""

    def infer(self, x1: TensorType, x2: TensorType) -> TensorType:
        return TensorType("bool", broadcast((truths(x1), truths(x2))))


class LogicalAnd(_OfTruths):
    """Whether both are true."""


class LogicalOr(_OfTruths):
    """Whether at least one is true."""


class LogicalXor(_OfTruths):
    """Whether just one is true."""


class LogicalNot(_GivesTruths):
    """True where the operand is false."""

    def infer(self, x: TensorType) -> TensorType:
        return TensorType("bool", truths(x).shape)


class _OfFloats(_GivesTruths, abstract=True):
    """A question to each float number."""

    def infer(self, x: TensorType) -> TensorType:
        return TensorType("bool", floating(x).shape)


class Isnan(_OfFloats):
    """Whether it is not a number."""


class Isinf(_OfFloats):
    """Whether it is infinite."""


class Isfinite(_OfFloats):
    """Whether it is neither infinite nor missing."""


class Where(Function):
    """`x1` where the condition is true, and `x2` where it is not."""

    number_by_number = True
    takes_numbers = True

    def infer(self, condition: TensorType, x1: TensorType, x2: TensorType) -> TensorType:
        truths(condition)
        same_sort(x1, x2)
        return TensorType(result_dtype((x1, x2)), broadcast((condition, x1, x2)))

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return elements(results[0].shape)


def same_sort(x1: TensorType, x2: TensorType) -> None:
    """Two operands that both hold numbers, or both truth values.

    Raises:
        WrongDtype: one holds numbers, and the other truth values.
    """
    if (x1.dtype == "bool") != (x2.dtype == "bool"):
        raise WrongDtype("takes two tensors of numbers, or two of truth values, not one of each", x1, x2,
                         repair="turn truth values into 0 and 1 with float")
