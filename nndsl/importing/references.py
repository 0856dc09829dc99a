"""The calls that a description lists: which tensors each takes, as a layer, one of its calls, and one of its results."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nndsl.importing.layers import kind_of, settings_of


class Address(NamedTuple):
    """A tensor as a description names it: a layer, which of its calls, which of its results."""

    layer: str
    call: int
    output: int


class Reference(NamedTuple):
    """A tensor among the arguments of a call."""

    layer: str
    call: int
    output: int

    @property
    def address(self) -> Address:
        return Address(*self)


def calls_of(nodes: Any) -> list[tuple[Any, Any]]:
    """The arguments of each call of a layer, in which tensors are references."""
    found: list[tuple[Any, Any]] = []
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, Mapping):
            keywords = _structure(node.get("kwargs"))
            found.append((_structure(node.get("args")), keywords if isinstance(keywords, dict) else {}))
        elif isinstance(node, list):
            found.append(_old_call(node))
    return found


def _old_call(node: list[Any]) -> tuple[Any, Any]:
    """A call as Keras 2 has written it: `[[layer, call, output, keywords], ...]`."""
    parts = [node] if node and isinstance(node[0], str) else node
    tensors = [_reference(one[:3]) for one in parts if isinstance(one, list)]
    keywords = next((one[3] for one in parts if isinstance(one, list) and len(one) > 3 and isinstance(one[3], dict)), {})
    return [tensors if len(tensors) > 1 else one for one in tensors[:1]], dict(keywords)


def _structure(value: Any) -> Any:
    if isinstance(value, list):
        return [_structure(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if kind_of(value) == "__keras_tensor__":
        return _reference(settings_of(value).get("keras_history"))
    if kind_of(value) == "__tuple__":
        return [_structure(one) for one in value.get("items", ())]
    return value if "class_name" in value else {name: _structure(one) for name, one in value.items()}


def _reference(history: Any) -> Reference:
    match history:
        case [str(layer), int(call), int(output)]:
            return Reference(layer, call, output)
    return Reference("", -1, -1)


def references(value: Any) -> Iterator[Reference]:
    """The tensors in arguments, in their order."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from references(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from references(one)


def flat_arguments(arguments: Any) -> list[Any]:
    return arguments if isinstance(arguments, list) else [arguments]


def addresses_of(told: Any) -> list[Address]:
    """The tensors that a model begins or ends with: one, several in a list, or by name."""
    match told:
        case [str(layer), int(call), int(output)]:
            return [Address(layer, call, output)]
        case list():
            return [address for one in told for address in addresses_of(one)]
        case Mapping():
            return [address for one in told.values() for address in addresses_of(one)]
    return []
