"""The layers that a description lists, each with its calls and the place of its weights; and which names a person has given."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.component import snake_case
from nndsl.importing.layers import Config, is_of_keras, kind_of, settings_of
from nndsl.importing.operations import is_operation
from nndsl.importing.references import Reference, calls_of

MODELS = ("Functional", "Model", "Sequential")
_CLASSES = {"GroupQueryAttention": "GroupedQueryAttention"}
"""Classes whose own name is another than that by which they are known."""
_AUTOMATIC_NAMES = frozenset(("functional", "sequential", "model", "input", "input_layer", "keras_tensor"))
_AUTOMATIC = re.compile(r"(.*?)(_\d+)?")


@dataclass
class Entry:
    """One layer of a description, with its calls.

    Attributes:
        made: what it is in the catalogue; None of inputs, functions and models.
    """

    name: str
    config: Config
    calls: list[tuple[Any, Any]]
    place: str
    made: Layer | None = None

    @property
    def is_model(self) -> bool:
        return kind_of(self.config) in MODELS and is_of_keras(self.config)

    @property
    def kind(self) -> str:
        return kind_of(self.config)


def was_named(name: str, kind: str) -> bool:
    """Whether a person named a layer, rather than Keras."""
    stem = _AUTOMATIC.fullmatch(name)
    return stem is not None and stem[1] not in {snake_case(_CLASSES.get(kind, kind)), *_AUTOMATIC_NAMES}


def entries_of(config: Config, legacy: bool) -> list[Entry]:
    """The layers that a model lists, in its order.

    Args:
        legacy: whether weights are kept by the names of layers.
    """
    taken: dict[str, int] = {}
    sequential = kind_of(config) == "Sequential"
    found: list[Entry] = []
    layers = settings_of(config).get("layers")
    for one in layers if isinstance(layers, list) else ():
        if not isinstance(one, Mapping):
            continue
        name = str(one.get("name") or settings_of(one).get("name") or f"layer_{len(taken)}")
        place = "" if is_operation(one) or (sequential and kind_of(one) == "InputLayer") else _place_of(kind_of(one), taken)
        calls = calls_of(one.get("inbound_nodes"))
        if sequential:
            calls = [([Reference(found[-1].name, 0, 0)], {})] if found else []
        found.append(Entry(name, one, calls, f"model_weights/{name}" if legacy else place))
    return found


def places_in_lists(config: Config, inside: str = "", around: str = "") -> Iterator[tuple[str, str]]:
    """The places of all layers, those of models in the model in their turn, each with that of the layer of the whole model that it belongs to.

    Where weights are kept by the names of layers, that one lists them all.
    """
    for one in entries_of(config, legacy=True):
        place = f"{inside}{one.place}"
        if one.is_model:
            yield from places_in_lists(one.config, f"{place}/", around or place)
        else:
            yield place, around or place


def _place_of(kind: str, taken: dict[str, int]) -> str:
    """Where Keras keeps the weights of a layer: by its class, and which of its class it is."""
    name = snake_case(_CLASSES.get(kind, kind))
    taken[name] = taken.get(name, -1) + 1
    return f"layers/{name}_{taken[name]}" if taken[name] else f"layers/{name}"
