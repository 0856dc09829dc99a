"""Calls of a graph as they are written in Python: which class or function of Keras, with which arguments."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from nndsl.catalogue.activations import Activation
from nndsl.catalogue.applicable import Applicable, Function, Layer
from nndsl.catalogue.component import Component, same
from nndsl.catalogue.functions.arranging import Positions
from nndsl.catalogue.functions.matrices import Einsum
from nndsl.catalogue.weights import Initializer
from nndsl.diagnostics import InternalError
from nndsl.emission.writing import Bracket, Call, Code, Named, call, flat, listed, quoted, together
from nndsl.frozen import Frozen
from nndsl.in_keras import fields_made_of, home_of, initializer_name, open_size, operation_of
from nndsl.types import Symbolic, TensorType

OPERATORS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/", "floor_divide": "//", "mod": "%", "power": "**",
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=",
}  # fmt: skip
"""Functions of `keras.ops` that Python has signs for."""


class Setting(Frozen, eq=False):
    """One argument of a call, before it is known how its value is written.

    Attributes:
        by_position: whether it is written without its name.
        default: where the value is this, nothing is written.
    """

    name: str
    value: Any
    default: Any
    by_position: bool = False


class Spelt(Frozen, eq=False):
    """One call.

    Attributes:
        callee: `layers.Conv2D`, `ops.mean`.
        component: what it is in the catalogue; of a function that is written as a layer, that layer.
        settings: the arguments; of a layer, those that it is made with.
        options: what a layer takes at each call, besides tensors.
        is_layer: whether a layer is made and then applied.
    """

    callee: str
    component: Applicable
    settings: tuple[Setting, ...]
    options: tuple[Setting, ...] = ()
    is_layer: bool = False


def spelt(component: Applicable, types: Sequence[TensorType], layers: bool = True, told: Mapping[str, Any] | None = None) -> Spelt:
    """How a call is written.

    Args:
        layers: whether functions are layers where Keras has one, as in models that know masks.
        told: arguments that a layer has from its place in the graph.
    """
    if isinstance(component, Layer):
        return _layer(component, types, told or {})
    assert isinstance(component, Function)
    form = component.as_layer(*types) if layers else None
    return _function(component, types) if form is None else _layer(form, types, {})


def _layer(component: Layer, types: Sequence[TensorType], told: Mapping[str, Any]) -> Spelt:
    required = set(component.required())
    defaults = component.defaults()
    made_of = {**fields_made_of(component), **told}
    settings = [Setting(name, value, defaults.get(name), name in required) for name, value in made_of.items() if name not in ("name", "trainable")]
    options = [Setting(name, value, False) for name, value in component.call_arguments(*types).items()]
    return Spelt(f"{home_of(component)}.{type(component).__name__}", component, tuple(settings), tuple(options), True)


def _function(component: Function, types: Sequence[TensorType]) -> Spelt:
    if isinstance(component, Einsum | Positions):
        return Spelt(f"ops.{operation_of(component)}", component, ())
    defaults = component.defaults()
    given = component.keras_arguments(*types)
    quiet = {name: default for name, default in defaults.items() if default in (None, False)}
    settings = tuple(Setting(name, _one_axis(name, value), quiet.get(name, _NEVER)) for name, value in given.items())
    return Spelt(f"ops.{operation_of(component)}", component, settings)


def _one_axis(name: str, value: Any) -> Any:
    """One axis by itself, where Keras is given a tuple of it."""
    return value[0] if name == "axis" and isinstance(value, tuple) and len(value) == 1 else value


_NEVER = object()


# Values ------------------------------------------------------------------------------------------


def value_code(value: Any, owner: Component | None = None) -> Code:
    """A value of an argument as it is written.

    Args:
        owner: what the argument belongs to.
    """
    match value:
        case Activation():
            return _activation(value)
        case Initializer() if (name := initializer_name(value)) is not None:
            return quoted(name)
        case Component():
            return _object(value)
        case Symbolic():
            assert owner is not None
            return str(open_size(owner, value))
        case tuple():
            return together(value_code(one, owner) for one in value) if value else "()"
        case list():
            return listed(value_code(one, owner) for one in value)
        case str():
            return quoted(str(value))
        case slice():
            return _slice(value)
        case float():
            return re.sub(r"e([+-])0", r"e\1", repr(value)).replace("e+", "e")
    return repr(value)


def _activation(activation: Activation) -> Code:
    """An activation as an argument: its name, or the layer of its kind where it has settings of its own."""
    if not activation.changed():
        return quoted(type(activation).called())
    form = activation.as_layer()
    if form is None:
        raise InternalError(f"{activation} has settings, and Keras has no layer that holds them")
    return _object(form)


def _object(component: Component) -> Code:
    """An object of Keras that is an argument: a regularizer, or a layer inside of a layer."""
    required, defaults = set(component.required()), component.defaults()
    given = fields_made_of(component)
    plain = [value_code(given[name], component) for name in given if name in required]
    named = [Named(name, value_code(value, component)) for name, value in given.items()
             if name not in required and not same(value, defaults[name])]
    home = home_of(component)
    return Call(f"{home}.{type(component).__name__}" if home == "layers" else f"keras.{home}.{type(component).__name__}", (*plain, *named))


def _slice(value: slice) -> str:
    start = "" if value.start in (0, None) else str(value.start)
    stop = "" if value.stop is None else str(value.stop)
    return f"{start}:{stop}" + ("" if value.step in (1, None) else f":{value.step}")


# Whole calls -------------------------------------------------------------------------------------


def arguments(settings: Sequence[tuple[Setting, Code]]) -> tuple[Code, ...]:
    """Settings with what is written for their values, as arguments: those by position, then those by name."""
    by_position = [code for one, code in settings if one.by_position]
    return (*by_position, *(Named(one.name, code) for one, code in settings if not one.by_position))


def applied(component: Applicable, made: Code, operands: Sequence[Code], options: Sequence[Code]) -> Call:
    """A layer, made or by its name, applied to tensors."""
    if component.takes_list:
        return Call(made, (listed(operands), *options))
    parameters = component.operands()
    rest = list(operands)
    plain: list[Code] = []
    named: list[Code] = []
    for one in parameters:
        if one.variadic and rest:
            named.append(Named(one.name, listed(rest)))
            rest = []
        elif rest:
            (named if one.optional else plain).append(Named(one.name, rest.pop(0)) if one.optional else rest.pop(0))
    return Call(made, (*plain, *named, *options))


def function_call(spelling: Spelt, operands: Sequence[Code], settings: Sequence[tuple[Setting, Code]]) -> Code:
    """A function of `keras.ops`, or the sign of Python, applied to tensors or numbers."""
    component = spelling.component
    name = spelling.callee.removeprefix("ops.")
    if isinstance(component, Einsum):
        return call(spelling.callee, quoted(component.subscripts), *operands)
    if isinstance(component, Positions):
        return ""
    if name in OPERATORS and len(operands) == 2 and not settings:
        return f"{flat(operands[0])} {OPERATORS[name]} {flat(operands[1])}"
    if name == "negative" and not settings:
        return f"-{flat(operands[0])}"
    if name == "get_item":
        ((_, key),) = settings
        assert isinstance(key, Bracket)
        return f"{flat(operands[0])}[{', '.join(map(str, key.items))}]"
    given = tuple(Named(one.name, code) for one, code in settings)
    return Call(spelling.callee, (listed(operands), *given) if component.takes_list else (*operands, *given))


def is_sign(spelling: Spelt) -> bool:
    """Whether a call is written with a sign, and needs brackets inside of others."""
    return not spelling.is_layer and (spelling.callee.removeprefix("ops.") in {*OPERATORS, "negative"} or isinstance(spelling.component, Positions))


def counted(component: Positions, operand: str, types: Sequence[TensorType]) -> str:
    """The positions along an axis: 0, 1, 2, ..."""
    kept = ", ".join(value_code(one) if isinstance(one, slice) else str(one) for one in component.alone(*types))  # type: ignore[misc]
    return f'ops.cumsum(ops.ones_like({operand}[{kept}], dtype="int32"), axis=1) - 1'
