"""The formats: what each is called, how it is written, and what loads it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from nndsl.backend.keras.export import as_keras, as_onnx, as_savedmodel, as_tflite
from nndsl.backend.keras.export.carried import Carried
from nndsl.backend.keras.export.runtime import Runtime
from nndsl.frozen import Frozen

Writer: TypeAlias = Callable[[Carried, Path, Mapping[str, str]], None]


class Format(Frozen, eq=False):
    """One format.

    Attributes:
        write: writes a network to a path where nothing is; the texts go along where a format has a place for such. It
            raises `UserError` where the format cannot hold the network.
        load: opens a file with what people will open it with.
        runtime: what that is called.
    """

    write: Writer
    load: Callable[[Path], Runtime]
    runtime: str


FORMATS: Mapping[str, Format] = {
    "keras": Format(as_keras.write, as_keras.load, "Keras in safe mode"),
    "savedmodel": Format(as_savedmodel.write, as_savedmodel.load, "tf.saved_model"),
    "onnx": Format(as_onnx.write, as_onnx.load, "onnxruntime"),
    "tflite": Format(as_tflite.write, as_tflite.load, "LiteRT"),
}
