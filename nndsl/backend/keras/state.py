"""The numbers that training changes: variables by names that are the same in every process, and their values."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import keras
import numpy as np

from nndsl.backend.keras import engine
from nndsl.backend.keras.lower import Layers

_Name = TypeVar("_Name")
State: TypeAlias = dict[str, np.ndarray[Any, Any]]
"""The values of variables, by name."""


def weights_of(layers: Layers) -> dict[str, keras.Variable]:
    """The variables of layers, those of chance among them."""
    return {f"layer/{layer.name}/{place}": variable for layer in layers.values() for place, variable in enumerate(layer.variables)}


def copied(variables: Mapping[_Name, keras.Variable]) -> dict[_Name, np.ndarray[Any, Any]]:
    """The values of variables."""
    return {name: np.array(variable.numpy()) for name, variable in variables.items()}


def assign(variables: Mapping[_Name, keras.Variable], values: Mapping[_Name, Any]) -> None:
    """Give variables the values of the same names."""
    for name, variable in variables.items():
        variable.assign(engine.placed(values[name]))


@contextmanager
def kept(variables: Mapping[_Name, keras.Variable]) -> Iterator[None]:
    """Whatever is done to variables within, their values come back."""
    values = copied(variables)
    try:
        yield
    finally:
        assign(variables, values)
