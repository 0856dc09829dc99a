"""Arithmetic and elementary functions, number by number. Each counts as one operation a result."""

from typing import Any, ClassVar, Literal

from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.broadcasting import broadcast, numbers, result_dtype, single
from nndsl.catalogue.layers import merging
from nndsl.catalogue.rules import FLOAT, floating
from nndsl.catalogue.sight import Sight
from nndsl.types import BadArgument, Dtype, Size, TensorType, WrongDtype, elements

NumberDtype = Literal[
    "uint8", "uint16", "uint32", "int8", "int16", "int32", "int64", "bfloat16", "float16", "float32", "float64"
]


class _Elementwise(Function, abstract=True):
    """A function that makes one number of the numbers at one place.

    The mask of a sequence stays with it. (In Keras only layers keep masks; what is not one is given its mask when it is lowered.)
    """

    number_by_number = True

    def masked(self, *operands: TensorType) -> bool:
        """Whether an operand brings a mask whose positions are those of the result."""
        if not any(one.mask for one in operands):
            return False
        result = self.infer(*operands)
        assert isinstance(result, TensorType)
        return any(one.mask and one.is_float and one.rank == 2 and one.shape[:1] == result.shape[:1] for one in operands)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return elements(results[0].shape)


class _OfTwo(_Elementwise, abstract=True):
    """A function of two numbers; one of them can be written in the file."""

    takes_numbers = True
    merged: ClassVar[type[Layer] | None] = None
    """The layer that does the same with tensors of floats."""

    def infer(self, x1: TensorType, x2: TensorType) -> TensorType:
        return TensorType(self.dtype_of(numbers(x1), numbers(x2)), broadcast((x1, x2)))

    def dtype_of(self, x1: TensorType, x2: TensorType) -> Dtype:
        """The dtype of the result."""
        return result_dtype((x1, x2))

    def as_layer(self, *operands: TensorType) -> Layer | None:
        return merging.for_floats(self.merged, operands)


class Add(_OfTwo):
    """`x1 + x2`."""

    merged = merging.Add


class Subtract(_OfTwo):
    """`x1 - x2`."""

    merged = merging.Subtract


class Multiply(_OfTwo):
    """`x1 * x2`."""

    merged = merging.Multiply


class Maximum(_OfTwo):
    """The larger of two numbers."""

    merged = merging.Maximum


class Minimum(_OfTwo):
    """The smaller of two numbers."""

    merged = merging.Minimum


class Divide(_OfTwo):
    """`x1 / x2`: always floats."""

    aliases = ("true_divide",)

    def dtype_of(self, x1: TensorType, x2: TensorType) -> Dtype:
        return result_dtype((x1, x2), "float")


class DivideNoNan(Divide):
    """`x1 / x2`, and 0 where `x2` is 0."""


class FloorDivide(_OfTwo):
    """`x1 / x2`, rounded down."""


class Mod(_OfTwo):
    """What is left of `x1` after division by `x2`, with the sign of `x2`."""

    def dtype_of(self, x1: TensorType, x2: TensorType) -> Dtype:
        tensor = x2 if x1.constant else x1
        if x1.constant or x2.constant:
            if tensor.is_float:
                single(tensor)
            elif tensor.dtype not in ("int32", "int64"):
                raise WrongDtype(f"computes with a number in int32 or int64, and this is {tensor}", tensor, repair="turn it into int32 with cast(int32)")
        return super().dtype_of(x1, x2)


class Power(_OfTwo):
    """`x1` to the power of `x2`."""


class Logaddexp(_OfTwo):
    """`log(exp(x1) + exp(x2))`, stable."""

    def dtype_of(self, x1: TensorType, x2: TensorType) -> Dtype:
        return result_dtype([one if one.constant else single(one) for one in (x1, x2)])


class Arctan2(Logaddexp):
    """The angle of the point `(x2, x1)`, between -pi and pi."""


def signed(x: TensorType) -> TensorType:
    """The operand, if it holds numbers that can be negative.

    Raises:
        WrongDtype: it holds truth values, or whole numbers that cannot.
    """
    if x.dtype.startswith("uint"):
        raise WrongDtype(f"computes with numbers that can be negative, and this is {x}", x, repair="make them such numbers with float")
    return numbers(x)


class _OfNumbers(_Elementwise, abstract=True):
    """A function of one number that keeps its dtype."""

    def infer(self, x: TensorType) -> TensorType:
        return TensorType(signed(x).dtype, x.shape)


class Absolute(_OfNumbers):
    """`|x|`."""

    aliases = ("abs",)


class Negative(_OfNumbers):
    """`-x`."""


class Square(_OfNumbers):
    """`x * x`."""


class Sign(_OfNumbers):
    """-1, 0 or 1."""


class _OfFloats(_Elementwise, abstract=True):
    """A function of one real number: of floats, so that nothing is rounded or read as a quantity by accident."""

    def infer(self, x: TensorType) -> TensorType:
        floating(x)
        return TensorType(x.dtype, x.shape)


class Exp(_OfFloats):
    """`e` to the power of `x`."""


class Exp2(_OfFloats):
    """2 to the power of `x`."""

    not_computed_in = ("float16", "bfloat16", "float64")

    def infer(self, x: TensorType) -> TensorType:
        return super().infer(single(x))


class Expm1(_OfFloats):
    """`exp(x) - 1`, exact near 0."""


class Log(_OfFloats):
    """The natural logarithm."""


class Log1p(_OfFloats):
    """`log(1 + x)`, exact near 0."""


class Log2(_OfFloats):
    """The logarithm to base 2."""


class Log10(_OfFloats):
    """The logarithm to base 10."""


class Sqrt(_OfFloats):
    """The square root."""


class Rsqrt(_OfFloats):
    """`1 / sqrt(x)`."""


class Reciprocal(_OfFloats):
    """`1 / x`."""

    def infer(self, x: TensorType) -> TensorType:
        return super().infer(single(x))


class NanToNum(_OfFloats):
    """The number, or `nan` where it is missing, and the largest or smallest, or `posinf` and `neginf`, where it is infinite."""

    nan: float = 0.0
    posinf: float | None = None
    neginf: float | None = None


class Erf(_OfFloats):
    """The error function."""


class Sin(_OfFloats):
    """The sine."""


class Cos(_OfFloats):
    """The cosine."""


class Tan(_OfFloats):
    """The tangent."""


class Sinh(_OfFloats):
    """The hyperbolic sine."""


class Cosh(_OfFloats):
    """The hyperbolic cosine."""


class Arcsin(_OfFloats):
    """The inverse of the sine."""


class Arccos(_OfFloats):
    """The inverse of the cosine."""


class Arctan(_OfFloats):
    """The inverse of the tangent."""


class Arcsinh(_OfFloats):
    """The inverse of the hyperbolic sine."""


class Arccosh(_OfFloats):
    """The inverse of the hyperbolic cosine."""


class Arctanh(_OfFloats):
    """The inverse of the hyperbolic tangent."""


class Floor(_OfFloats):
    """Rounded down."""


class Ceil(_OfFloats):
    """Rounded up."""


class Trunc(_OfFloats):
    """Rounded towards 0."""


class Round(_OfFloats):
    """Rounded to so many decimals; a half to the even neighbour."""

    decimals: int = 0


class Clip(_OfFloats):
    """Between `x_min` and `x_max`."""

    x_min: float
    x_max: float

    def validate(self) -> None:
        if self.x_min > self.x_max:
            raise BadArgument(f"needs `x_min` at most `x_max`, not {self.x_min:g} and {self.x_max:g}", argument="x_min")


class _Same(Function, abstract=True):
    """The same numbers. (Keras gives back the very tensor, mask and all, where nothing changes, and else a bare one.)"""

    number_by_number = True

    def masked(self, *operands: TensorType) -> bool:
        """The mask of floats stays with them."""
        (x,) = operands
        result = self.infer(x)
        assert isinstance(result, TensorType)
        return x.mask and x.is_float and result.is_float


class Cast(_Same):
    """The same numbers as another dtype; truth values become 0 and 1."""

    dtype: NumberDtype | Literal["bool"]

    def infer(self, x: TensorType) -> TensorType:
        roomy = self.dtype in ("int32", "int64", "uint32")
        return TensorType(self.dtype, x.shape, below=x.below if roomy else None)


class Float(_Same):
    """The same numbers as floats; truth values become 0 and 1. Short for `cast(float32)`."""

    operation = "cast"

    def infer(self, x: TensorType) -> TensorType:
        return TensorType(FLOAT, x.shape)

    def keras_arguments(self, *operands: TensorType) -> dict[str, Any]:
        return {"dtype": FLOAT}


class StopGradient(_Same):
    """The same numbers, which learning takes as given."""

    def infer(self, variable: TensorType) -> TensorType:
        return TensorType(variable.dtype, variable.shape, below=variable.below)


class _Filled(Function, abstract=True):
    """The same number everywhere, in the shape of the operand."""

    dtype: NumberDtype | None = None

    def infer(self, x: TensorType) -> TensorType:
        return TensorType(self.dtype or x.dtype, x.shape)

    def sight(self, result: int, *operands: TensorType) -> tuple[Sight, ...]:
        return (Sight.NOTHING,)


class ZerosLike(_Filled):
    """0 everywhere, in the shape of the operand."""


class OnesLike(_Filled):
    """1 everywhere, in the shape of the operand."""
