"""Model files as a stranger could make them, built without Keras."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

KERAS_LAYERS = "keras.layers"
DENSE = {"units": 3, "activation": "linear", "use_bias": True}


def tensor(layer: str, call: int = 0, output: int = 0) -> dict[str, Any]:
    """A tensor among the arguments of a call."""
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32", "keras_history": [layer, call, output]}}


def layer(kind: str, settings: dict[str, Any], name: str = "layer", module: str | None = KERAS_LAYERS, takes: str = "x",
          registered: str | None = None) -> dict[str, Any]:
    """A layer that takes one tensor."""
    return {"module": module, "class_name": kind, "config": {"name": name, **settings}, "registered_name": registered, "name": name,
            "inbound_nodes": [{"args": [tensor(takes)], "kwargs": {}}]}


def functional(*layers: dict[str, Any], shape: tuple[int | None, ...] = (None, 4), name: str = "tried") -> dict[str, Any]:
    """A model of layers, the last of which gives its result."""
    first: dict[str, Any] = {"module": KERAS_LAYERS, "class_name": "InputLayer", "config": {"batch_shape": list(shape), "dtype": "float32", "name": "x"},
             "registered_name": None, "name": "x", "inbound_nodes": []}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "registered_name": "Functional",
            "config": {"name": name, "layers": [first, *layers], "input_layers": ["x", 0, 0], "output_layers": [layers[-1]["name"], 0, 0]}}


PLAIN = functional(layer("Dense", DENSE))


def numbers(file: Any) -> None:
    """The weights of the plain model."""
    file["layers/dense/vars/0"] = np.ones((4, 3), "float32")
    file["layers/dense/vars/1"] = np.ones(3, "float32")


def hdf5(fill: Callable[[Any], None]) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        fill(file)
    return stream.getvalue()


def archive(path: Path, config: Any = None, weights: bytes | None = None, *, text: str | None = None,
            more: Iterable[tuple[str, str]] = (), packed: bool = False) -> Path:
    """A `.keras` file of a description (or a text in its place), weights and further members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as file:
        file.writestr("metadata.json", "{}")
        file.writestr("config.json", json.dumps(config) if text is None else text)
        file.writestr("model.weights.h5", hdf5(numbers) if weights is None else weights)
        for name, content in more:
            file.writestr(name, content)
    return path
