"""What is written on a card: a layer's short name, the arguments that tell it from others, its chip, its family."""

from collections.abc import Iterator, Sequence
from typing import Any

from nndsl.catalogue.activations import Activation
from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.component import REQUIRED, Component, describe
from nndsl.diagram.measure import shortened
from nndsl.types import Shape, Size, Symbolic, TensorType

MOST_CHARACTERS = 34
SYMBOLS = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "matmul": "@"}
COMMUTATIVE = {"add", "multiply", "maximum", "minimum", "average"}
ABBREVIATED = {
    "BatchNormalization": "BN",
    "LayerNormalization": "LN",
    "GroupNormalization": "GN",
    "RMSNormalization": "RMS",
    "ReLU": "relu",
    "Softmax": "softmax",
    "Dropout": "drop",
}
_BY_CLASS = {"Dense": "dense", "EinsumDense": "dense", "Embedding": "embedding", "Activation": "activation"}
_UNTOLD = ("name", "trainable", "use_bias", "seed", "dtype", "padding", "data_format", "mask_zero")
_UNTOLD_ENDINGS = ("_initializer", "_regularizer", "_constraint", "_axes")
_SHAPED = ("kernel_size", "pool_size", "size", "filters", "units", "depth_multiplier", "strides", "dilation_rate", "activation")


def family(component: Component) -> str:
    """The family that gives a component its colour: the module it is declared in, or what it wraps."""
    inner, kind = getattr(component, "layer", None), type(component)
    if isinstance(inner, Layer):
        return family(inner)
    if isinstance(component, Activation):
        return "activation"
    if isinstance(component, Function):
        return "function"
    module: str = kind.__module__
    return _BY_CLASS.get(kind.__name__, module.rpartition(".")[2])


def title(component: Component) -> str:
    """The component's name, or the short form of the field where it has one: `MaxPool2D`, `BatchNorm`."""
    kind = type(component)
    names: tuple[str, ...] = (kind.called(), *kind.__dict__.get("aliases", ()))
    return min(names, key=len)


def symbol(component: Component) -> str | None:
    """The sign that stands for an operation on two tensors: `+`."""
    return SYMBOLS.get(type(component).__name__.lower())


def keeps_order(component: Component) -> bool:
    """Whether it matters in which order the operands come."""
    return type(component).__name__.lower() not in COMMUTATIVE


def chip(component: Component) -> str:
    """What is written where a layer is a chip on the card of the layer before it: `BN`, `relu`, `drop 0.5`."""
    inner = getattr(component, "activation", None)
    if type(component).__name__ == "Activation" and isinstance(inner, Component):
        return chip(inner)
    short = ABBREVIATED.get(type(component).__name__, title(component))
    rate = getattr(component, "rate", None)
    return f"{short} {rate:g}" if isinstance(rate, int | float) else short


# Arguments ---------------------------------------------------------------------------------------


def arguments(component: Component, operands: Sequence[TensorType] = ()) -> str:
    """The arguments that matter, as short as can be: `3×3, 64 /2 · relu`."""
    rank = operands[0].rank - 1 if operands else 1
    name = type(component).__name__
    if name == "Embedding":
        told = f"{value_text(component.__dict__['input_dim'])} → {value_text(component.__dict__['output_dim'])}"
    elif name == "Input":
        told = ""
    else:
        told = "".join((_shape_part(component, rank), _activation_part(component)))
        rest = ", ".join(_rest(component, begins=not told))
        told = ", ".join(one for one in (told, rest) if one) if not told.startswith(" ·") else rest + told
    return shortened(told.strip(" ·"), MOST_CHARACTERS)


def _shape_part(component: Component, rank: int) -> str:
    """`3×3, 64 /2`, of the arguments that convolutions, poolings and dense layers have."""
    values = component.__dict__
    window = next((values[field] for field in ("kernel_size", "pool_size", "size") if field in values), None)
    parts = [_window(window, rank)] if window is not None else []
    parts += [value_text(values[field]) for field in ("filters", "units") if values.get(field) is not None]
    text = ", ".join(parts)
    if _is_more_than_one(values.get("strides")):
        text += f" /{value_text(values['strides'])}"
    if _is_more_than_one(values.get("dilation_rate")):
        text += f", dilated {value_text(values['dilation_rate'])}"
    return text


def _is_more_than_one(value: Any) -> bool:
    return value is not None and any(one != 1 for one in (value if isinstance(value, tuple) else (value,)))


def _window(value: Any, rank: int) -> str:
    sizes = value if isinstance(value, tuple) else (value,) * max(rank, 1)
    return "×".join(map(value_text, sizes))


def _activation_part(component: Component) -> str:
    activation = component.__dict__.get("activation")
    changed = component.changed().get("activation") is activation
    if not changed or not isinstance(activation, Component) or type(activation).__name__ == "Linear":
        return ""
    return f" · {value_text(activation)}"


def _rest(component: Component, begins: bool) -> Iterator[str]:
    """All other arguments that differ from their defaults; the first, if it has to be given, without its name."""
    for index, (name, field) in enumerate(component.fields().items()):
        value = component.__dict__[name]
        told = name in _SHAPED or name in _UNTOLD or name.endswith(_UNTOLD_ENDINGS)
        if told or (value == field.default and field.default is not REQUIRED):
            continue
        yield _named(name, value, index == 0 and begins and field.default is REQUIRED)


def _named(name: str, value: Any, plain: bool) -> str:
    """`64`, `relu`, `return_sequences` or `axis=1`: as little as says it."""
    if value is True:
        return name
    return value_text(value) if plain or name == "activation" else f"{name}={value_text(value)}"


def value_text(value: Any) -> str:
    """An argument's value, as short as can be."""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple) and value and all(isinstance(one, int) and one >= 0 for one in value):
        return "×".join(map(str, value))
    if isinstance(value, Component):
        inner = ", ".join(_named(name, one, value.fields()[name].default is REQUIRED) for name, one in value.changed().items())
        return title(value) + (f"({inner})" if inner else "")
    if isinstance(value, str):
        return str(value)
    return describe(value)


# Shapes and numbers ------------------------------------------------------------------------------


def shape_label(shape: Shape) -> str:
    """A shape as it stands beside an edge: `56×56×64`; `1` for a single number."""
    return shortened("×".join(f"({size})" if _is_sum(size) and len(shape) > 1 else str(size) for size in shape) or "1", 40)


def _is_sum(size: Size) -> bool:
    return isinstance(size, Symbolic) and " " in str(size)


def count_text(count: Size) -> str:
    """A count in three digits: `36.9k`, `25.6M`; exact below a thousand, and where it has a name in it."""
    if isinstance(count, Symbolic):
        return str(count)
    if count < 1000:
        return str(count)
    for unit, suffix in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= unit * 0.9995:
            return f"{count / unit:.{2 if count < 9.995 * unit else 1 if count < 99.95 * unit else 0}f}{suffix}"
    return str(count)
