"""SavedModels: folders that TensorFlow, TensorFlow Serving and others load, with inputs and outputs by name."""

from collections.abc import Mapping
from pathlib import Path

import keras

from nndsl.backend.keras.export.carried import Carried
from nndsl.backend.keras.export.runtime import Array, Runtime, silent
from nndsl.backend.keras.only_tensorflow import tf


def write(one: Carried, path: Path, texts: Mapping[str, str]) -> None:
    """Write a folder with the function `serve`, which is also the signature `serving_default`; texts go to `assets.extra`."""
    archive = keras.export.ExportArchive()
    archive.track(one.model)
    archive.add_endpoint("serve", one.answers, input_signature=[one.signature()])
    with silent():
        archive.write_out(path, verbose=False)
    (path / "assets.extra").mkdir()
    for name, text in texts.items():
        (path / "assets.extra" / f"{name}.json").write_text(text, encoding="utf-8")


def load(path: Path) -> Runtime:
    """The default signature of a SavedModel, as servers call it."""
    loaded = tf.saved_model.load(str(path))
    signature = loaded.signatures["serving_default"]

    def asked(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        return {name: value.numpy() for name, value in signature(**{name: tf.constant(value) for name, value in inputs.items()}).items()}

    asked.__dict__["kept"] = loaded  # a signature does not keep the variables that it reads
    return asked
