"""Values and types as they are written in a file."""

from collections.abc import Container, Mapping
from typing import Any

from nndsl.catalogue.component import Component
from nndsl.types import TensorType, shape_text

_DTYPES = {"float32": "float", "int32": "int"}


def written(value: Any, words: Container[str] = ()) -> str:
    """A value as an argument; of strings, those that are options stand without quotes."""
    if isinstance(value, Component):
        return called(value, value.changed())
    if isinstance(value, tuple | list):
        return f"[{', '.join(written(one, words) for one in value)}]"
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, str):
        return str(value) if value in words else f'"{value}"'
    return repr(value) if isinstance(value, float) else str(value)


def called(component: Component | type[Component], arguments: Mapping[str, Any], positional: int = 0) -> str:
    """A call, with so many of its arguments by position: `Conv1D(8, 3, padding=same)`."""
    kind = component if isinstance(component, type) else type(component)
    values = {name: written(value, kind.fields()[name].kind.options()) for name, value in arguments.items()}
    texts = [value if place < positional else f"{name}={value}" for place, (name, value) in enumerate(values.items())]
    return kind.called() + (f"({', '.join(texts)})" if texts else "")


def type_written(type: TensorType) -> str:
    """The type of an input."""
    below = "" if type.below is None else f" < {type.below}"
    return _DTYPES.get(type.dtype, type.dtype) + shape_text(type.shape) + below + (", padding=0" if type.mask else "")
