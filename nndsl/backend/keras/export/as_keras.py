"""Files of Keras: the model with its layers, which loads without nndsl."""

from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from nndsl.backend.keras import lower
from nndsl.backend.keras.export.carried import Carried
from nndsl.backend.keras.export.runtime import Array, Runtime


def write(one: Carried, path: Path, texts: Mapping[str, str]) -> None:
    """Write a `.keras` file; it has no place for texts."""
    lower.write(one.model, path)


def load(path: Path) -> Runtime:
    """The model of a `.keras` file. Safe mode stays on, so that nothing in it can run code."""
    model = keras.saving.load_model(path, compile=False, safe_mode=True)

    def asked(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        with lower.deep_enough(len(model.operations)):
            return {name: np.asarray(value) for name, value in model(dict(inputs), training=False).items()}

    return asked
