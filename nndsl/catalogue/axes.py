"""Arguments that name axes: counted as in Keras, where axis 0 is the batch axis."""

from typing import TypeAlias

from nndsl.catalogue.kinds import Index
from nndsl.catalogue.rules import position_of
from nndsl.types import BadArgument, Size, TensorType

Axes: TypeAlias = Index | tuple[Index, ...]


def as_tuple(axes: Axes) -> tuple[int, ...]:
    """One axis, or several, as a tuple."""
    return axes if isinstance(axes, tuple) else (axes,)


def positions_of(axes: Axes, x: TensorType, argument: str = "axis") -> tuple[int, ...]:
    """The positions in `x.shape` that an argument means, in its order.

    Raises:
        BadArgument: there is no such axis, it is the batch axis, or an axis is named twice.
    """
    positions = tuple(position_of(axis, x, argument) for axis in as_tuple(axes))
    if len(set(positions)) != len(positions):
        raise BadArgument(f"has {argument}={list(as_tuple(axes))}, which names an axis twice", x, argument=argument)
    return positions


def stated(axes: Axes | None, x: TensorType) -> Axes:
    """The axes of an argument that has to be given.

    Raises:
        BadArgument: it is not given; Keras would take all axes, the batch axis included.
    """
    if axes is None:
        every = "axis=1" if x.rank == 1 else f"axis={list(range(1, x.rank + 1))}"
        raise BadArgument("needs to be told along which axis: without one it would run over the examples of a batch too", x,
                          repair=f"write {every} for all axes of an example, or axis=-1 for the last")
    return axes


def in_keras(position: int) -> int:
    """The number that Keras gives to a position in a shape without the batch axis."""
    return position + 1


def new_axes(axes: Axes, rank: int) -> tuple[int, ...]:
    """The numbers that Keras gives to axes that are new, in a result that has them.

    Args:
        rank: how many axes there are without them.

    Raises:
        BadArgument: there is no such place, or it is before or at the batch axis.
    """
    result = TensorType("float32", (1,) * (rank + len(as_tuple(axes))))
    return tuple(in_keras(place) for place in positions_of(axes, result))


def with_axes(x: TensorType, axes: Axes, size: Size = 1) -> TensorType:
    """The operand with new axes of a size; what its numbers mean stays."""
    places = new_axes(axes, x.rank)
    old = iter(x.shape)
    shape = tuple(size if in_keras(place) in places else next(old) for place in range(x.rank + len(places)))
    return TensorType(x.dtype, shape, below=x.below)
