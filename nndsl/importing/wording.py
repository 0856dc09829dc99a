"""How a step is written: `Conv2D(64, 3, strides=2, padding=same)`, `4 * h`, `concat(a, b)`."""

from collections.abc import Mapping, Sequence
from typing import Any

from nndsl.catalogue.applicable import Applicable, Layer
from nndsl.catalogue.component import REQUIRED, Component, Field, same
from nndsl.catalogue.functions import arithmetic
from nndsl.importing.body import Block, Step, Written

_SHORT = {
    "BatchNormalization": "BatchNorm", "LayerNormalization": "LayerNorm", "GroupNormalization": "GroupNorm", "RMSNormalization": "RMSNorm",
    "concatenate": "concat",
    **{f"{kind}{axes}D": f"{short}{axes}D" for axes in (1, 2, 3) for kind, short in (("MaxPooling", "MaxPool"), ("AveragePooling", "AvgPool"))},
}
"""The short forms of the field that the language has as aliases."""
_SIGNS: Mapping[type[Applicable], str] = {
    arithmetic.Add: "+", arithmetic.Subtract: "-", arithmetic.Multiply: "*", arithmetic.Divide: "/",
}


def called(kind: type[Component]) -> str:
    """What a component is called in a file."""
    return _SHORT.get(kind.called(), kind.called())


def value_text(value: Any, field: Field | None = None) -> str:
    """An argument as it is written in a file."""
    match value:
        case Written():
            return value.text
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case float():
            return _number(value)
        case str():
            return value if field is None or field.kind.knows(value) else f'"{value}"'
        case tuple():
            return f"[{', '.join(value_text(one, field) for one in value)}]"
        case Component():
            return component_text(value)
    return str(value)


def _number(value: float) -> str:
    """The shortest text that is read as this number."""
    text = repr(value)
    if len(text) > LONG_NUMBER and (fraction := _fraction(value)) is not None:
        return fraction
    if text.endswith(".0") and "e" not in text:
        return text[:-2]
    return text.replace("e-0", "e-").replace("e+0", "e")


LONG_NUMBER = 12
"""Numbers with more characters are written as fractions, if they are simple ones."""


def _fraction(value: float) -> str | None:
    """`1 / 255` and the like, where it is this very number."""
    for numerator in (1, 2, 3):
        denominator = round(2 * numerator / value) / 2 if value else 0
        if 1 < denominator < 2_000 and numerator / denominator == value:
            return f"{numerator} / {_number(denominator)}"
    return None


def operand_text(value: float) -> str:
    """A number as an operand of an operator."""
    text = value_text(value)
    return f"({text})" if "/" in text or text.startswith("-") else text


def component_text(component: Component) -> str:
    """A component with the arguments that differ from their defaults."""
    return call_text(called(type(component)), type(component).fields(), component.changed())


def call_text(name: str, fields: Mapping[str, Field], told: Mapping[str, Any]) -> str:
    """A call with its arguments: the first by position, up to one that has no need of its name.

    Args:
        told: the arguments that are written.
    """
    left = dict(told)
    leading: list[str] = []
    for one, field in fields.items():
        if one not in left or field.keyword_only or len(leading) >= _by_position(fields):
            break
        leading.append(value_text(left.pop(one), field))
    arguments = [*leading, *(f"{one}={value_text(value, fields.get(one))}" for one, value in left.items())]
    return f"{name}({', '.join(arguments)})" if arguments else name


def _by_position(fields: Mapping[str, Field]) -> int:
    """How many arguments are understood without their names: those that have to be given, and a kernel's size or an axis."""
    required = sum(field.default is REQUIRED for field in fields.values())
    first = next(iter(fields.values()), None)
    return required or int(first is not None and not isinstance(first.default, bool) and first.default is not None)


def told_of(step: Step) -> dict[str, Any]:
    """The arguments of a step that differ from their defaults."""
    assert step.kind is not None
    defaults = step.kind.parameters if isinstance(step.kind, Block) else _plain_defaults(step.kind)
    return {name: step.values[name] for name, default in defaults.items() if not same(step.values[name], default)}


def _plain_defaults(kind: type[Applicable]) -> dict[str, Any]:
    return {name: collapsed(name, default) for name, default in kind.defaults().items()}


def collapsed(name: str, value: Any) -> Any:
    """An argument with one number for the same along each axis, where Keras takes it so."""
    if name in WINDOWS and isinstance(value, tuple) and value and all(isinstance(one, int) and one == value[0] for one in value):
        return value[0]
    return value


WINDOWS = frozenset(("kernel_size", "strides", "dilation_rate", "pool_size", "size", "padding", "cropping", "output_size", "output_padding"))
"""Arguments in which one number stands for the same number along each axis."""


def step_text(step: Step, keep_name: bool = False) -> str:
    """What a step applies, as it follows an arrow."""
    kind = step.kind
    told = told_of(step)
    if isinstance(kind, Block):
        required = sum(default is REQUIRED for default in kind.parameters.values())
        arguments = [value_text(value) if place < required else f"{name}={value_text(value)}" for place, (name, value) in enumerate(told.items())]
        return f"{kind.name}({', '.join(arguments)})" if arguments else kind.name
    assert kind is not None
    if keep_name and step.name and issubclass(kind, Layer):
        told["name"] = step.name
    return call_text(called(kind), kind.fields(), told)


def joined_text(step: Step, operands: Sequence[str]) -> str | None:
    """A step of several operands as an operator or a function of them; None where it follows an arrow."""
    kind = step.kind
    if isinstance(kind, Block) or kind is None or issubclass(kind, Layer):
        return None
    sign = _SIGNS.get(kind)
    if sign is not None and len(operands) == 2:
        return f"{operands[0]} {sign} {operands[1]}"
    fields, told = kind.fields(), told_of(step)
    arguments = [*operands, *(f"{name}={value_text(value, fields[name])}" for name, value in told.items())]
    return f"{called(kind)}({', '.join(arguments)})"


def binding_strength(step: Step) -> int:
    """How tightly the text of a step binds as an operand: 0 of an arrow, 1 of a sum, 2 of a product, 3 of a call."""
    sign = None if isinstance(step.kind, Block | None) else _SIGNS.get(step.kind)
    return {"+": 1, "-": 1, "*": 2, "/": 2}.get(sign or "", 3)
