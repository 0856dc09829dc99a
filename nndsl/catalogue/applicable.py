"""What is applied to tensors: layers and functions, the rule from types to types, and what one call costs.

A layer or function adds one rule to its fields, `infer`, from the types of its operands to the type of
its result: the parameters of `infer` *are* its operands.

    class Conv2D(Layer):
        '''Two-dimensional convolution, channels last. ...'''

        filters: Count
        kernel_size: Count | Pair
        ...

        def infer(self, x: TensorType) -> TensorType: ...
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from inspect import Parameter, signature
from typing import Any, ClassVar, Self, TypeAlias

from nndsl.catalogue.component import Component
from nndsl.catalogue.sight import Sight
from nndsl.catalogue.windows import Window
from nndsl.frozen import Frozen
from nndsl.types import MOST_MENTIONS, BadArgument, Shape, Size, SizeUnknown, Symbolic, TensorType, elements, mentions, shape_text

Types: TypeAlias = TensorType | tuple[TensorType, ...]


class Operand(Frozen):
    """One tensor that a layer or function takes, or (variadic) any further number of them."""

    name: str
    optional: bool
    variadic: bool


@dataclass(frozen=True, slots=True)
class Weight:
    """One variable of a layer.

    Attributes:
        about: what the layer's arguments call it, where it is not as its name says: `about="depthwise"` for the
            `kernel` that `depthwise_initializer` speaks of.
    """

    name: str
    shape: Shape
    trainable: bool = True
    about: str | None = field(default=None, compare=False)

    @property
    def size(self) -> Size:
        """How many numbers it holds."""
        return elements(self.shape)


class Applicable(Component, abstract=True):
    """What is applied to tensors: layers and functions."""

    infer: ClassVar[Callable[..., Types]]
    """From the types of the operands to the type (or types) of the result; raises `Mismatch`."""

    keeps_mask: ClassVar[bool] = False
    """Whether the mask of its first operand leaves with its result, as Keras' `supports_masking` says of layers."""

    begins_mask: ClassVar[bool] = False
    """Whether masks begin with it: those of ids do where they are looked up, and are only spoken of before."""

    uses_mask: ClassVar[bool] = False
    """Whether it leaves out the positions of its operands that their masks leave out."""

    takes_numbers: ClassVar[bool] = False
    """Whether some of its operands (never all) can be numbers written in the file."""

    number_by_number: ClassVar[bool] = False
    """Whether each place of its result, along the last axis as well, is made of the same place of its operands alone."""

    takes_list: ClassVar[bool] = False
    """Whether Keras takes its operands together, in one list."""

    def without_gradient_in(self) -> tuple[str, ...]:
        """In which of `float16`, `bfloat16` and `float64` TensorFlow computes it, and not its gradient."""
        return ()

    @classmethod
    @cache
    def operands(cls) -> tuple[Operand, ...]:
        """The tensors it takes: the parameters of `infer`."""
        parameters = list(signature(cls.infer).parameters.values())[1:]
        return tuple(Operand(one.name, one.default is not Parameter.empty, one.kind is Parameter.VAR_POSITIONAL) for one in parameters)

    @classmethod
    @cache
    def operand_counts(cls) -> tuple[int, int | None]:
        """How many tensors it takes at least, and at most; None: any number."""
        operands = cls.operands()
        least = sum(1 for one in operands if not one.optional and not one.variadic)
        return least, None if any(one.variadic for one in operands) else len(operands)

    def masked(self, *operands: TensorType) -> bool | tuple[bool, ...]:
        """Whether a mask leaves with its result; a tuple says it of each result. (`infer` need not care.)"""
        return self.keeps_mask and bool(operands) and operands[0].mask

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        """How far each number of the result looks, along each axis of the first operand but the last.

        `()`, or a tuple that is too short: along the other axes, it looks at its own position only.
        None: it depends on the whole operand, or positions do not correspond (as after `Flatten`).
        """
        return ()

    def mirrors(self, *operands: TensorType) -> bool:
        """Whether its result is its operand with the first axis read backwards, and positions stay apart."""
        return False

    def sight(self, result: int, *operands: TensorType) -> tuple[Sight, ...]:
        """What each place of one of its results sees of each operand along the first axis, outside of training."""
        windows = self.windows(*operands)
        if result or windows is None or (windows and windows[0] != Window()):
            return (Sight.UNKNOWN,) * len(operands)
        found = self.infer(*operands)
        shape = (found[0] if isinstance(found, tuple) else found).shape
        return tuple(self._sight_of(one, shape) for one in operands)

    def _sight_of(self, operand: TensorType, result: Shape) -> Sight:
        """The same place, unless the axis is that of channels; what is stretched is seen as a whole."""
        if not operand.shape or not result or (operand.rank == 1 and not self.number_by_number):
            return Sight.UNKNOWN
        if operand.shape[0] == result[0]:
            return Sight.SAME
        return Sight.BEYOND if operand.shape[0] == 1 else Sight.UNKNOWN

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        """Its variables, in the order in which Keras lists them, for operands that `infer` accepts."""
        return ()

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        """Floating-point operations of one forward pass of one example.

        A multiplication and the addition that follows it are two operations; an elementwise function of
        one number is one, however it is computed; moving and indexing cost nothing.
        """
        return 0


class Layer(Applicable, kw_only=True):
    """A layer: it can own weights, and is named like its Keras class."""

    noun = "a layer"

    call_options: ClassVar[tuple[str, ...]] = ()
    """Those of its arguments that Keras takes at each call, not when the layer is made."""

    trainable: bool = True
    name: str | None = None

    @classmethod
    def build(cls, *positional: object, **keywords: object) -> Self:
        built = super().build(*positional, **keywords)
        for name, value in built.__dict__.items():
            if isinstance(value, Function) and value.as_layer() is None:
                raise BadArgument(f"cannot hold this {value.called()}: Keras has no layer for it",
                                  argument=name, repair=f"apply it after the layer, with -> {value.called()}")
        return built

    def call_arguments(self, *operands: TensorType) -> dict[str, Any]:
        """What Keras takes at each call besides the operands."""
        return {name: self.__dict__[name] for name in self.call_options}


def called_plainly(layer: Layer, *operands: TensorType) -> None:
    """Refuse a layer inside of a layer that Keras would have to call with arguments, which do not reach it.

    Raises:
        BadArgument: it needs some for these operands.
    """
    needed = [name for name, value in layer.call_arguments(*operands).items() if value]
    if needed:
        raise BadArgument(f"cannot tell {layer.called()} to work with {', '.join(needed)}", *operands, argument="layer")


class Function(Applicable):
    """A function of tensors: it owns nothing, and is named like its `keras.ops` or `keras.activations`."""

    noun = "a function"
    naming = "snake"

    operation: ClassVar[str | None] = None
    """The name of the function in Keras, where it is another."""

    def keras_arguments(self, *operands: TensorType) -> dict[str, Any]:
        """What Keras takes besides the operands, with the batch axis where Keras counts it: the fields, unless stated anew."""
        return dict(self.__dict__)

    def as_layer(self, *operands: TensorType) -> Layer | None:
        """The layer that computes the same and, unlike functions, lets masks through; None if there is none."""
        return None

    def masked(self, *operands: TensorType) -> bool | tuple[bool, ...]:
        layer = self.as_layer(*operands) if any(one.mask for one in operands) else None
        return layer is not None and layer.masked(*operands)


class Input(Applicable):
    """A tensor that comes from outside: the input of a network."""

    noun = "an input"
    type: TensorType

    def infer(self) -> TensorType:
        return self.type

    def masked(self, *operands: TensorType) -> bool:
        return self.type.mask


class Constant(Applicable):
    """A number written in the file, used as an operand."""

    noun = "a constant"
    value: Any

    def infer(self) -> TensorType:
        dtype = "bool" if isinstance(self.value, bool) else "int32" if isinstance(self.value, int) else "float32"
        return TensorType(dtype, (), constant=True)


REMEMBERED = 8192
"""Calls whose results are remembered."""


@lru_cache(maxsize=REMEMBERED)
def infer(component: Applicable, operands: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
    """The types of the outputs of one call, with the masks that travel with them.

    What was inferred once is remembered: networks repeat themselves, and editors check a text again and again.

    Raises:
        Mismatch: the component cannot take these operands, or the shapes of its weights would not be known.
    """
    _check_numbers(component, operands)
    result = component.infer(*operands)
    results = result if isinstance(result, tuple) else (result,)
    _check_sizes(results, operands)
    if isinstance(component, Layer):
        _check_weights(component, weights(component, operands), operands)
        _check_setting(component, "activity_regularizer", "result", (1, *results[0].shape), operands)
        _check_activation(component, results[0])
    masked = component.masked(*operands)
    masks = masked if isinstance(masked, tuple) else (masked,) * len(results)
    if not component.begins_mask and not any(one.mask and one.is_float for one in operands):
        masks = tuple(mask and not one.is_float for mask, one in zip(masks, results, strict=True))
    return tuple(one if one.mask == mask else replace(one, mask=mask) for one, mask in zip(results, masks, strict=True))


@lru_cache(maxsize=REMEMBERED)
def weights(layer: Layer, operands: tuple[TensorType, ...]) -> tuple[Weight, ...]:
    """The weights of a layer for these operands; remembered, too."""
    return layer.weights(*operands)


def _check_numbers(component: Applicable, operands: tuple[TensorType, ...]) -> None:
    numbers = [one for one in operands if one.constant]
    if numbers and not component.takes_numbers:
        raise BadArgument("takes tensors, not a number", *numbers)
    if numbers and len(numbers) == len(operands):
        raise BadArgument("needs at least one tensor among its operands", *numbers)


def _check_sizes(results: tuple[TensorType, ...], operands: tuple[TensorType, ...]) -> None:
    if any(mentions(*one.shape) > MOST_MENTIONS for one in results):
        message = f"gives a shape that mentions sizes more than {MOST_MENTIONS} times, which is too complicated"
        raise BadArgument(message, *operands, repair="state sizes of the input as numbers")


def _check_weights(layer: Layer, weights: tuple[Weight, ...], operands: tuple[TensorType, ...]) -> None:
    for weight in weights:
        if any(isinstance(size, Symbolic) for size in weight.shape):
            message = f"needs weights of a known size, and its {weight.name} would be {shape_text(weight.shape)}"
            raise SizeUnknown(message, *operands, repair="state the sizes of the input as numbers, or get rid of that axis before")
        about = weight.name.removesuffix("_kernel") if weight.about is None else weight.about
        for setting in ("initializer", "regularizer", "constraint"):
            _check_setting(layer, f"{about}_{setting}", weight.name, weight.shape, operands)


def _check_setting(layer: Layer, argument: str, what: str, shape: Shape, operands: tuple[TensorType, ...]) -> None:
    """Refuse what a layer is told about a weight (or its result) of a shape for which it makes no sense."""
    told: Any = layer.__dict__.get(argument)
    needed = None if told is None else told.needs(shape)
    if needed is not None:
        raise BadArgument(f"cannot use {type(told).called()} for its {what}, which has {len(shape)} axes: it needs {needed}",
                          *operands, argument=argument)


def _check_activation(layer: Layer, result: TensorType) -> None:
    """Refuse an activation whose own arguments do not fit the result that it is applied to."""
    activation = layer.__dict__.get("activation")
    if isinstance(activation, Function):
        activation.infer(result)
