"""What a file does with its inputs before the network sees them, and with its outputs after: encoders as operations of Keras.

Encoders of numbers become part of a file. What reads text stays outside: letters, classes and words that are none have to
be refused, and no graph of tensors can refuse.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from keyword import iskeyword
from math import prod
from typing import Any, TypeAlias

import keras
import numpy as np
from keras import ops

from nndsl.backend.keras import lower
from nndsl.backend.keras.lower import Tensor
from nndsl.data.component import Encoder
from nndsl.data.encoders.categories import Bool, OneHot
from nndsl.data.encoders.frames import Frame
from nndsl.data.encoders.language import Shift
from nndsl.data.encoders.missing import Fill
from nndsl.data.encoders.numbers import Float, Integer, Minmax, NumberEncoder, Scale, Standardize, number_form
from nndsl.data.encoders.shapes import Pad, Reshape
from nndsl.data.fields import FieldPlan, final_type
from nndsl.data.forms import Form, Numbers, Sequences, State, Texts, known_shape
from nndsl.frozen import Frozen
from nndsl.types import TensorType

Learnt: TypeAlias = tuple[Encoder, State]
"""An encoder, and what it has learnt."""


class Entrance(Frozen, eq=False):
    """What a file takes for one input of a network.

    Attributes:
        name: what the file calls it.
        type: of one example.
        field: what the network has learnt this input from; None: from no field of the data, such as noise.
        outside: what has to be done with a value of the data before the file can take it.
        inside: what the file does with it then.
    """

    name: str
    type: TensorType
    field: FieldPlan | None = None
    outside: tuple[Learnt, ...] = ()
    inside: tuple[Learnt, ...] = ()

    def prepared(self, x: Tensor) -> Tensor:
        """What the network takes: a symbol for a symbol."""
        result = x
        for encoder, state in self.inside:
            result = _PREPARED[type(encoder)](encoder, state, result)
        return lower.named(f"{self.name}.encoded", result, [x])


class Exit(Frozen, eq=False):
    """What a file gives for one output of a network.

    Attributes:
        name: what the file calls it.
        type: of one example, as the network gives it.
        field: what it has been compared with in training, if with a field.
        learnt: the encoders of that field, with what they have learnt.
        undone: whether the file takes their way back.
    """

    name: str
    type: TensorType
    field: FieldPlan | None = None
    learnt: tuple[Learnt, ...] = ()
    undone: bool = False

    def in_units(self, x: Tensor) -> Tensor:
        """What the network says, in the units of the data: a symbol for a symbol."""
        if not self.undone or self.field is None:
            return x
        result = ops.reshape(x, (-1, *known_shape(self.field.type)))
        for encoder, state in reversed(self.learnt):
            result = _UNDONE[type(encoder)](encoder, state, result)
        return lower.named(f"{self.name}.decoded", ops.reshape(result, (-1, *known_shape(self.type))), [x])


def name_in_file(name: str, taken: Container[str] = ()) -> str:
    """The name of an input, or of an output besides inputs: one that Python takes for an argument, and that no other has."""
    found = f"{name}_" if iskeyword(name) else name
    while found in taken:
        found += "_out"
    return found


# Inputs ------------------------------------------------------------------------------------------


def entrance(name: str, taken: TensorType, field: FieldPlan | None, states: Sequence[State], inside: bool) -> Entrance:
    """How a file takes an input.

    Args:
        taken: what the network takes.
        states: what the encoders of the field have learnt.
        inside: whether encoders become part of the file, as far as they can.
    """
    name = name_in_file(name)
    if field is None:
        return Entrance(name, taken)
    learnt = tuple(zip(field.encoders, states, strict=True))
    forms = _forms(field, states)
    first = _first_inside(field.encoders, forms) if inside else len(learnt)
    within = learnt[first:]
    frames = tuple(one for one in within if isinstance(one[0], Frame))
    steps = tuple(one for one in within if not isinstance(one[0], Frame))
    return Entrance(name, _type_at(forms[first], within, taken), field, learnt[:first] + frames, steps)


def _forms(field: FieldPlan, states: Sequence[State]) -> list[Form]:
    """What each encoder takes, and what the last one gives."""
    forms = [field.form]
    for encoder, state in zip(field.encoders, states, strict=True):
        after = encoder.form(forms[-1], state)
        assert after is not None
        forms.append(after)
    return forms


def _first_inside(encoders: Sequence[Encoder], forms: Sequence[Form]) -> int:
    """The first encoder from which on all can be inside, or stand for a window, which is cut out before."""
    first, framed = len(encoders), False
    while first:
        encoder, form = encoders[first - 1], forms[first - 1]
        if not isinstance(encoder, Frame) and not _can_be_inside(encoder, form, framed):
            break
        first, framed = first - 1, framed or isinstance(encoder, Frame)
        if isinstance(form, Texts):
            break
    return first


def _can_be_inside(encoder: Encoder, form: Form, framed: bool) -> bool:
    """Whether a file can do what an encoder does, also to all rows of a window at once if it is framed."""
    if isinstance(encoder, Fill) and isinstance(encoder.form(form, None), Texts):
        return False
    anywhere = isinstance(form, Numbers) and not framed
    return type(encoder) in _PREPARED and (anywhere or isinstance(encoder, _ELEMENTWISE)) and not isinstance(form, Sequences)


def _type_at(form: Form, within: Sequence[Learnt], taken: TensorType) -> TensorType:
    """The type of an example where it comes in: real numbers where the first thing done is arithmetic."""
    if not within:
        return taken
    numbers = form if isinstance(form, Numbers) else number_form(form)
    telling = next((one for one, _ in within if not isinstance(one, Frame | Reshape | Pad)), None)
    dtype = final_type(numbers.type).dtype
    if isinstance(telling, NumberEncoder | Fill | Integer):
        dtype = "int32" if isinstance(telling, Integer) else "float32"
    frame = next((one for one, _ in within if isinstance(one, Frame)), None)
    shape = numbers.type.shape if frame is None else (len(frame.offsets()), *numbers.type.shape)
    below = telling.below if isinstance(telling, Integer) else numbers.type.below
    return TensorType(dtype, shape, None if dtype == "float32" else below)


# Outputs -----------------------------------------------------------------------------------------


def exit_of(name: str, given: TensorType, field: FieldPlan | None, states: Sequence[State], inside: bool) -> Exit:
    """How a file gives an output; see `entrance`. The name is that in the file."""
    if field is None:
        return Exit(name, given)
    learnt = tuple(zip(field.encoders, states, strict=True))
    return Exit(name, given, field, learnt, inside and _has_way_back(field, given, learnt))


def _has_way_back(field: FieldPlan, given: TensorType, learnt: Sequence[Learnt]) -> bool:
    """Whether what a network says of a field can be brought to the units of the data, and these are others."""
    sizes = [size for size in given.shape if isinstance(size, int)]
    if len(sizes) != given.rank or prod(sizes) != prod(known_shape(field.type)):
        return False
    return all(_can_be_undone(*one) for one in learnt) and any(isinstance(one, Scale | Standardize | Minmax) for one in field.encoders)


def _can_be_undone(one: Encoder, state: State) -> bool:
    if isinstance(one, Reshape):
        return "shape" in state
    return type(one) in _UNDONE and not (isinstance(one, Scale) and not one.factor)


# What encoders do --------------------------------------------------------------------------------


def _constant(value: Any) -> Any:
    return np.array(value, "float32")


def _less(x: Tensor, value: Any) -> Tensor:
    """Numbers minus others of double precision, of which nothing is lost where both are far from zero."""
    exact = np.array(value, "float64")
    rest = exact - _constant(exact)
    x = ops.subtract(x, _constant(exact))
    return ops.subtract(x, _constant(rest)) if rest.any() else x


def _real(x: Tensor) -> Tensor:
    return ops.cast(x, "float32")


def _scaled(one: Any, state: State, x: Tensor) -> Tensor:
    scaled = ops.multiply(_real(x), _constant(one.factor))
    return ops.add(scaled, _constant(one.offset)) if one.offset else scaled


def _filled(one: Any, state: State, x: Tensor) -> Tensor:
    return ops.where(ops.isnan(_real(x)), _constant(state.get("values", one.value)), _real(x))


def _padded(one: Any, state: State, x: Tensor) -> Tensor:
    length = int(x.shape[1])
    if length >= one.length:
        return x[:, : one.length]
    return ops.pad(x, [(0, 0), (0, one.length - length), *[(0, 0)] * (len(x.shape) - 2)])


def _moved(one: Any, state: State, x: Tensor) -> Tensor:
    by, length = min(abs(one.places), int(x.shape[1])), int(x.shape[1])
    if one.places > 0:
        return ops.pad(x[:, : length - by], [(0, 0), (by, 0)], constant_values=state["start"])
    return ops.pad(x[:, by:], [(0, 0), (0, by)])


_PREPARED: Mapping[type[Encoder], Callable[[Any, State, Tensor], Tensor]] = {
    Float: lambda one, state, x: _real(x),
    Integer: lambda one, state, x: ops.cast(x, "int32"),
    Bool: lambda one, state, x: ops.cast(x, "bool"),
    Scale: _scaled,
    Standardize: lambda one, state, x: ops.divide(_less(_real(x), state["mean"]), _constant(state["deviation"])),
    Minmax: lambda one, state, x: ops.divide(_less(_real(x), state["least"]), _constant(state["range"])),
    Fill: _filled,
    OneHot: lambda one, state, x: ops.one_hot(x, state["size"]),
    Reshape: lambda one, state, x: ops.reshape(x, (-1, *one.shape)),
    Pad: _padded,
    Shift: _moved,
}
"""Encoders that can be part of a file, and how; everything else stays outside."""

_ELEMENTWISE = (Float, Integer, Scale, Standardize, Minmax, Fill, OneHot)
"""Those that do to each row of a window what they do to a row, and that read numbers from text."""

_UNDONE: Mapping[type[Encoder], Callable[[Any, State, Tensor], Tensor]] = {
    Float: lambda one, state, x: x,
    Fill: lambda one, state, x: x,
    Scale: lambda one, state, x: ops.divide(ops.subtract(x, _constant(one.offset)), _constant(one.factor)),
    Standardize: lambda one, state, x: ops.add(ops.multiply(x, _constant(state["deviation"])), _constant(state["mean"])),
    Minmax: lambda one, state, x: ops.add(ops.multiply(x, _constant(state["range"])), _constant(state["least"])),
    Reshape: lambda one, state, x: ops.reshape(x, (-1, *state["shape"])),
    **{frame: lambda one, state, x: x for frame in Frame.registered()},
}
"""Encoders of numbers that have a way back, as `nndsl predict` takes it."""


def symbol(one: Entrance) -> keras.KerasTensor:
    """The input of a Keras model for an entrance; sizes with names become axes of any length."""
    shape = tuple(size if isinstance(size, int) else None for size in one.type.shape)
    return keras.Input(shape, dtype=one.type.dtype, name=one.name)
