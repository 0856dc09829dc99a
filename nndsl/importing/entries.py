"""The layers that a description lists, each with its calls and the place of its weights; and which names a person has given."""

import re
from dataclasses import dataclass
from typing import Any

from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.component import snake_case
from nndsl.importing.layers import Config, is_of_keras, kind_of

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


def place_of(kind: str, taken: dict[str, int]) -> str:
    """Where Keras keeps the weights of a layer: by its class, and which of its class it is."""
    name = snake_case(_CLASSES.get(kind, kind))
    taken[name] = taken.get(name, -1) + 1
    return f"layers/{name}_{taken[name]}" if taken[name] else f"layers/{name}"
