"""Layers that make one tensor of several."""

from collections.abc import Callable, Sequence

from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.broadcasting import broadcast
from nndsl.catalogue.kinds import Index
from nndsl.catalogue.rules import FLOAT, floating, position_of
from nndsl.catalogue.windows import Window
from nndsl.types import BadArgument, Size, SizesDiffer, TensorType, WrongRank, elements, shape_text


def for_floats(layer: Callable[[], Layer] | None, operands: Sequence[TensorType]) -> Layer | None:
    """The layer, if it does with these operands what the function does: Keras' merging layers compute in `float32`."""
    same = layer is not None and all(one.dtype == FLOAT and not one.constant for one in operands)
    return layer() if same and layer is not None and not any(one.mask and one.rank != 2 for one in operands) else None


class _Merging(Layer, abstract=True):
    """A layer that combines tensors of one shape, number by number.

    A mask leaves it if each operand brings one: a position counts if it does in any of them.
    """

    takes_list = True
    number_by_number = True

    def masked(self, *operands: TensorType) -> bool | tuple[bool, ...]:
        return all(one.mask for one in operands)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return (len(operands) - 1) * elements(results[0].shape)


class Subtract(_Merging):
    """The first tensor minus the second.

    Shape: `[...], [...] -> [...]`
    """

    def infer(self, one: TensorType, other: TensorType) -> TensorType:
        return TensorType(FLOAT, broadcast([floating(one), floating(other)]))


class _OfSeveral(_Merging, abstract=True):
    """A merging layer that takes any number of tensors, at least two."""

    def infer(self, *tensors: TensorType) -> TensorType:
        return TensorType(FLOAT, broadcast(several([floating(one) for one in tensors])))


def several(tensors: list[TensorType]) -> list[TensorType]:
    """The operands, if there are at least two.

    Raises:
        BadArgument: there is one, or none.
    """
    if len(tensors) < 2:
        raise BadArgument("makes one tensor of several, and needs at least two", *tensors)
    return tensors


class Add(_OfSeveral):
    """The sum of tensors of one shape.

    Shape: `[...], [...], ... -> [...]`
    """


class Multiply(_OfSeveral):
    """The product of tensors of one shape, number by number.

    Shape: `[...], [...], ... -> [...]`
    """


class Average(_OfSeveral):
    """The mean of tensors of one shape, number by number.

    Shape: `[...], [...], ... -> [...]`
    """

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return len(operands) * elements(results[0].shape)


class _MaskUsing(_OfSeveral, abstract=True):
    """A merging layer of Keras that spreads masks over the last axis, and so needs operands of two axes."""

    def infer(self, *tensors: TensorType) -> TensorType:
        result = super().infer(*tensors)
        fits_masks(tensors)
        return result


def fits_masks(tensors: tuple[TensorType, ...]) -> None:
    """Refuse masked operands whose mask Keras would spread over the wrong axes.

    Raises:
        WrongRank: an operand is masked and has not two axes, positions and channels.
    """
    for one in tensors:
        if one.mask and one.rank != 2:
            raise WrongRank("takes tensors with a mask only of shape [length, channels]", one)


class Maximum(_MaskUsing):
    """The largest number at each place; where only one operand counts, its number.

    Shape: `[...], [...], ... -> [...]`
    """


class Minimum(_MaskUsing):
    """The smallest number at each place; where only one operand counts, its number.

    Shape: `[...], [...], ... -> [...]`
    """


class Concatenate(Layer):
    """Tensors one after another along an axis; all other axes are equal.

    A mask leaves it if any operand brings one; without a mask, all positions count.

    Shape: `[..., channels], [..., channels'], ... -> [..., channels + channels' + ...]`
    """

    takes_list = True
    axis: Index = -1

    def infer(self, *tensors: TensorType) -> TensorType:
        shape = joined([floating(one) for one in tensors], self.axis)
        fits_masks(tensors)
        return TensorType(FLOAT, shape)

    def masked(self, *operands: TensorType) -> bool:
        return any(one.mask for one in operands)

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return () if position_of(self.axis, operands[0]) == operands[0].rank - 1 else None


def joined(tensors: list[TensorType], axis: int) -> tuple[Size, ...]:
    """The shape of tensors put one after another.

    Raises:
        SizesDiffer: they differ in another axis.
    """
    first, *others = several(tensors)
    place = position_of(axis, first)
    for other in others:
        if other.rank != first.rank or _without(other, place) != _without(first, place):
            told = f"{shape_text(first.shape)} and {shape_text(other.shape)}"
            raise SizesDiffer(f"puts tensors one after another along axis={axis}, where all other axes are equal: {told} are not",
                              first, other)
    total = sum((one.shape[place] for one in others), first.shape[place])
    return (*first.shape[:place], total, *first.shape[place + 1 :])


def _without(tensor: TensorType, place: int) -> tuple[Size, ...]:
    return (*tensor.shape[:place], *tensor.shape[place + 1 :])


class Dot(Layer):
    """The products of two tensors' numbers, added up along an axis of each; with `normalize`, their cosine.

    Shape: `[..., n, ...], [..., n, ...] -> [..., ...]`, the axes that are left, of the first and then of the second;
    `[n], [n] -> [1]`
    """

    takes_list = True
    axes: Index | tuple[Index, Index]
    normalize: bool = False

    def infer(self, one: TensorType, other: TensorType) -> TensorType:
        first, second = self._places(one, other)
        if one.shape[first] != other.shape[second]:
            raise SizesDiffer(f"adds up along an axis of {one.shape[first]} and one of {other.shape[second]}, which have to be equal",
                              one, other)
        left = (*_without(floating(one), first), *_without(floating(other), second))
        return TensorType(FLOAT, left or (1,))

    def _places(self, one: TensorType, other: TensorType) -> tuple[int, int]:
        axes = self.axes if isinstance(self.axes, tuple) else (self.axes, self.axes)
        return position_of(axes[0], one, "axes"), position_of(axes[1], other, "axes")

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return None

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        """A product and a sum for each pair; to normalize, a square, a sum and a quotient for each number of the operands."""
        one, other = operands
        normalizing = 3 * (elements(one.shape) + elements(other.shape)) if self.normalize else 0
        return 2 * elements(results[0].shape) * one.shape[self._places(one, other)[0]] + normalizing
