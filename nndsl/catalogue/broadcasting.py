"""Operands that are combined number by number: which shapes fit, and which dtype the result has.

A broadcast is never guessed. Operands have equal shapes; an axis is stretched only where its size of 1 is written, at
equal rank; a number of the file fits any shape. The dtype is that of `keras.backend.result_type`.
"""

from collections.abc import Iterable, Sequence
from functools import cache

from nndsl.catalogue.rules import FLOAT
from nndsl.types import Dtype, Shape, Size, SizesDiffer, TensorType, WrongDtype, shape_text

_NEXT: dict[Dtype, tuple[Dtype, ...]] = {
    "bool": ("int",),
    "int": ("uint8", "int8"),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float",),
    "float": ("bfloat16", "float16"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64",),
    "float64": (),
}
"""The lattice of dtypes that Keras has from JAX: to each dtype the next larger ones; `int` and `float` are Python's."""


@cache
def _above(dtype: Dtype) -> frozenset[Dtype]:
    return frozenset({dtype}).union(*(_above(one) for one in _NEXT[dtype]))


@cache
def _promoted(dtypes: frozenset[Dtype]) -> Dtype:
    common = frozenset.intersection(*(_above(one) for one in dtypes))
    least = next(one for one in common if common <= _above(one))
    return {"int": "int32", "float": "float32"}.get(least, least)


def result_dtype(operands: Iterable[TensorType], *more: Dtype) -> Dtype:
    """The dtype of a result made of all operands; a number of the file yields to any dtype of its sort.

    Args:
        more: dtypes that take part, as the Python types `int` and `float` do in `keras.backend.result_type`.
    """
    return _promoted(frozenset({*map(_own_dtype, operands), *more}))


def _own_dtype(operand: TensorType) -> Dtype:
    return {"int32": "int", "float32": "float"}.get(operand.dtype, operand.dtype) if operand.constant else operand.dtype


def broadcast(operands: Sequence[TensorType]) -> Shape:
    """The shape of a result made of all operands, number by number.

    Raises:
        SizesDiffer: the shapes are not equal, and the difference is not a written axis of size 1.
    """
    first, *others = [one for one in operands if not one.constant]
    shape = first.shape
    for other in others:
        if len(shape) != other.rank:
            raise _ranks_differ(first, other)
        shape = tuple(_stretched(one, two, first, other) for one, two in zip(shape, other.shape, strict=True))
    return shape


def _stretched(one: Size, two: Size, first: TensorType, other: TensorType) -> Size:
    if one == two or two == 1:
        return one
    if one == 1:
        return two
    told = f"{shape_text(first.shape)} and {shape_text(other.shape)} differ: {one} is not {two}"
    raise SizesDiffer(f"works number by number, and {told}", first, other)


def _ranks_differ(first: TensorType, other: TensorType) -> SizesDiffer:
    told = f"{shape_text(first.shape)} and {shape_text(other.shape)} do not have the same axes"
    small, large = sorted((first, other), key=lambda one: one.rank)
    return SizesDiffer(f"works number by number, and {told}", first, other, repair=_missing_axes(small, large))


def _missing_axes(small: TensorType, large: TensorType) -> str:
    """How the smaller operand gets the axes it lacks: before its own, or after them."""
    missing = large.rank - small.rank
    if small.rank and small.shape == large.shape[: small.rank]:
        axes = list(range(small.rank + 1, large.rank + 1))
    else:
        axes = list(range(1, missing + 1))
    written = axes[0] if missing == 1 else axes
    return (f"say along which axis {shape_text(small.shape)} is repeated: expand_dims(axis={written}), "
            "or keepdims=true where it was reduced")


def numbers(x: TensorType) -> TensorType:
    """The operand, if it holds numbers.

    Raises:
        WrongDtype: it holds truth values.
    """
    if x.dtype == "bool":
        raise WrongDtype(f"computes with numbers, and this is {x}", x, repair="turn truth values into 0 and 1 with float")
    return x


def truths(x: TensorType) -> TensorType:
    """The operand, if it holds truth values.

    Raises:
        WrongDtype: it holds numbers.
    """
    if x.dtype != "bool":
        raise WrongDtype(f"takes truth values, and this is {x}", x, repair="compare it: not_equal(x, 0), greater(x, 0.5)")
    return x


def single(x: TensorType) -> TensorType:
    """The operand, if its numbers have the usual precision: for functions of which Keras is not sure otherwise.

    Raises:
        WrongDtype: they have not.
    """
    if x.dtype != FLOAT:
        raise WrongDtype(f"computes in float32, and this is {x}", x, repair="turn the numbers into such with float")
    return x
