"""Rules that many components share: which numbers they take, and which axis an argument means."""

from dataclasses import replace

from nndsl.types import BadArgument, Size, SizeUnknown, TensorType, WrongDtype, WrongRank

FLOAT = "float32"


def floating(x: TensorType) -> TensorType:
    """The operand as layers compute with it, in `float32`.

    Raises:
        WrongDtype: it holds whole numbers or truth values. (Keras would compute with them; but ids are not
            quantities, and counts are easily made float.)
    """
    if not x.is_float:
        raise WrongDtype(f"computes with float numbers, and this is {x}", x, repair=f"{_floats_from(x)}")
    return replace(x, dtype=FLOAT, below=None)


def _floats_from(x: TensorType) -> str:
    if x.is_integer:
        return "look ids up with Embedding, spread categories out with one_hot, or turn counts into numbers with float"
    return "turn it into numbers with float"


def moved(x: TensorType, *shape: Size) -> TensorType:
    """The same numbers at other places: whole numbers stay whole and keep their range."""
    return replace(x, dtype=FLOAT if x.is_float else x.dtype, shape=shape)


def at_least_one_axis(x: TensorType) -> TensorType:
    """The operand, if it has an axis besides the batch axis.

    Raises:
        WrongRank: it is one number for each example.
    """
    if not x.rank:
        raise WrongRank("needs a tensor with at least one axis", x, repair="give it an axis with expand_dims(x, -1)")
    return x


def position_of(axis: int, x: TensorType, argument: str = "axis") -> int:
    """The position in `x.shape` that an axis argument means: as in Keras, axis 0 is the batch axis.

    Raises:
        BadArgument: there is no such axis, or it is the batch axis.
    """
    position = axis - 1 if axis > 0 else x.rank + axis
    if not x.shape and axis:
        raise BadArgument(f"has {argument}={axis}, and {x} is a single number, without axes", x, argument=argument,
                          repair="give it an axis with expand_dims(x, -1)")
    if axis == 0 or position == -1:
        raise BadArgument(f"has {argument}={axis}, which is the batch axis: examples stay apart", x, argument=argument,
                          repair=f"axes count from 1 to {x.rank}, or from the end with -1")
    if not 0 <= position < x.rank:
        raise BadArgument(f"has {argument}={axis}, and its operand {x} has no such axis", x, argument=argument,
                          repair=f"axes count from 1 to {x.rank}, or from the end with -1")
    return position


def number(size: Size, what: str, *types: TensorType) -> int:
    """A size that has to be known.

    Raises:
        SizeUnknown: it depends on a name.
    """
    if not isinstance(size, int):
        raise SizeUnknown(f"needs to know {what}, and it is {size}", *types)
    return size
