"""What each function of `keras.ops` in a model is in the catalogue, with the batch axis where the language has it: nowhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.component import ArgumentError
from nndsl.catalogue.functions.arranging import Pad, Slice, Take
from nndsl.catalogue.functions.reshaping import Reshape
from nndsl.importing.layers import Config, NotExpressible, is_of_keras, kind_of, settings_of
from nndsl.importing.mistakes import call_refused, not_expressible, own_code
from nndsl.importing.references import calls_of, flat_arguments
from nndsl.types import Mismatch, TensorType

OTHER_NAMES = {"TrueDivide": "Divide"}
"""Functions of Keras that are others by another name."""
_PICKING = "GetItem"
"""What `x[:, 1:, 0]` is."""


def is_operation(config: Config) -> bool:
    """Whether a part of a description is a function rather than a layer."""
    module, kind = config.get("module"), kind_of(config)
    if module is None:  # in HDF5, modules are not said
        function, layer = _named(kind), Layer.find(kind)
        return kind == _PICKING or (function is not None and (layer is None or _is_called_as_function(config, layer)))
    return isinstance(module, str) and module.startswith(("keras.src.ops", "keras.ops"))


def _named(kind: str) -> type[Function] | None:
    return next((one for one in Function.registered() if one.__name__ == OTHER_NAMES.get(kind, kind)), None)


def _is_called_as_function(config: Config, layer: type[Layer]) -> bool:
    """Whether what has the name of a layer and of a function is the function: it takes its operands one by one, or has other settings."""
    arguments = next((flat_arguments(one) for one, _ in calls_of(config.get("inbound_nodes"))), [])
    others = [one for one in settings_of(config) if one in ("newshape", "axes") and one not in layer.fields()]
    return bool(others) or (layer.takes_list and len(arguments) > 1)


def function_of(name: str, config: Config, extra: Sequence[Any], operands: Sequence[TensorType]) -> list[Function]:
    """The function of the catalogue, or several that follow each other, of a function in a model.

    Args:
        extra: what it is called with besides tensors, by position.

    Raises:
        NotExpressible: there is none.
    """
    kind = kind_of(config)
    if not is_of_keras(config):
        raise NotExpressible(own_code(name, f"of the class {kind}, which is not one of Keras"))
    try:
        if kind == _PICKING:
            return _picked(name, extra, operands[0])
        settings = {one: _tupled(value) for one, value in settings_of(config).items() if one != "name" and (one != "dtype" or kind == "Cast")}
        return [_function(name, kind, settings, extra)]
    except ArgumentError as wrong:
        raise NotExpressible(call_refused(name, wrong.message)) from None
    except Mismatch as wrong:
        raise NotExpressible(call_refused(name, f"{kind} {wrong.message}", wrong.repair)) from None


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


def _function(name: str, kind: str, settings: Mapping[str, Any], extra: Sequence[Any]) -> Function:
    found = _named(kind)
    if found is None:
        raise NotExpressible(not_expressible(name, kind, "the catalogue has no such function"))
    told = {one: value for one, value in settings.items() if one in found.fields()}
    left = [one for one in found.fields() if one not in told]
    told.update(zip(left, map(_tupled, extra), strict=False))
    unknown = {one: value for one, value in settings.items() if one not in found.fields() and value not in (None, False)}
    if unknown or len(extra) > len(left):
        what = next(iter(unknown), "its arguments")
        raise NotExpressible(not_expressible(name, kind, f"the catalogue's {found.called()} does not take {what}"))
    return found.build(**_without_batch(found, told))


def _without_batch(found: type[Function], told: dict[str, Any]) -> dict[str, Any]:
    """Arguments that count the axes of a batch, without that of the examples."""
    if found is Reshape and told.get("newshape", ())[:1] in ((-1,), (None,)):
        return {**told, "newshape": tuple(told["newshape"][1:])}
    if found is Pad and isinstance(told.get("pad_width"), tuple) and told["pad_width"][:1] == ((0, 0),):
        return {**told, "pad_width": told["pad_width"][1:]}
    return told


def _picked(name: str, extra: Sequence[Any], operand: TensorType) -> list[Function]:
    """What `x[:, 1:, 0]` picks, axis by axis, the last axis first so that the others keep their places."""
    key = extra[0] if extra else None
    parts = key if isinstance(key, list | tuple) else [key]
    parts = list(parts)
    if Ellipsis in parts or any(part is None for part in parts):
        raise NotExpressible(not_expressible(name, "GetItem", "only slices and positions of axes can be expressed"))
    if not parts or _slice(parts[0]) != (None, None, None):
        raise NotExpressible(not_expressible(name, "GetItem", "it picks examples of a batch, and examples stay apart"))
    found: list[Function] = []
    for axis, part in reversed(list(enumerate(parts))[1:]):
        bounds = _slice(part)
        if isinstance(part, int) and not isinstance(part, bool):
            found.append(Take.build(part, axis=axis))
        elif bounds is None:
            raise NotExpressible(not_expressible(name, "GetItem", "only slices and positions of axes can be expressed"))
        elif bounds != (None, None, None):
            start, stop, step = bounds
            found.append(Slice.build(start or 0, stop, axis=axis, step=1 if step is None else step))
    return found


def _slice(part: Any) -> tuple[Any, Any, Any] | None:
    """The bounds of a slice, as a description has it."""
    if isinstance(part, Mapping) and kind_of(part) == "__slice__":
        settings = settings_of(part)
        return settings.get("start"), settings.get("stop"), settings.get("step")
    return None
