"""What the catalogue refused while a text was checked, call by call, and whether Keras refuses it too."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import keras

from nndsl.backend.keras.lower import call, instantiate
from nndsl.catalogue import differences
from nndsl.catalogue.applicable import Applicable, Function, Layer, infer
from nndsl.catalogue.functions import differences as of_functions
from nndsl.elaboration import builder
from nndsl.graph import Node, Owner
from nndsl.types import Mismatch, Symbolic, TensorType
from tests.agreement.functions import NUMBERS
from tests.agreement.keras_side import NOWHERE
from tests.programs.realized import numbers


@dataclass(frozen=True)
class Refusal:
    """A call that the catalogue has refused."""

    component: Applicable
    types: tuple[TensorType, ...]
    mismatch: Mismatch

    @property
    def is_listed(self) -> bool:
        """Whether it is refused on purpose, for a published reason."""
        if any(isinstance(size, Symbolic) for one in self.types for size in one.shape):
            return True  # a size with a name is any size, and Keras is only ever asked about one
        message, name = self.mismatch.message, type(self.component).__name__
        if isinstance(self.component, Function) and any(words in message for words in of_functions.STRICTER):
            return True
        return any(one.words in message and (not one.components or name in one.components) for one in differences.STRICTER)

    def __str__(self) -> str:
        return f"{self.component} of {', '.join(map(str, self.types))}: {self.mismatch.message}"


@contextmanager
def refusals() -> Iterator[list[Refusal]]:
    """The calls that are refused meanwhile."""
    found: list[Refusal] = []

    def watched(component: Applicable, types: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        try:
            return infer(component, types)
        except Mismatch as mismatch:
            found.append(Refusal(component, types, mismatch))
            raise

    with patch.object(builder, "infer", watched):
        yield found


def keras_takes(refused: Refusal) -> bool:
    """Whether Keras makes the layer and applies it, to symbols and then to numbers."""
    component, types = refused.component, refused.types
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layer = instantiate(component) if isinstance(component, Layer) else None
            owner = None if layer is None else Owner("layer", component)
            node = Node(0, "layer", component, owner, (), (), NOWHERE, ())
            for operands in ([_symbol(one) for one in types], [_numbers(one) for one in types]):
                call(node, layer, operands, types)
    except Exception:  # noqa: BLE001 (Keras raises what it likes)
        return False
    return True


def _symbol(type: TensorType) -> Any:
    shape = (None, *(size if isinstance(size, int) else None for size in type.shape))
    return NUMBERS[type.dtype] if type.constant else keras.KerasTensor(shape, dtype=type.dtype)


def _numbers(type: TensorType) -> Any:
    return NUMBERS[type.dtype] if type.constant else keras.ops.convert_to_tensor(numbers(type, {}), dtype=type.dtype)
