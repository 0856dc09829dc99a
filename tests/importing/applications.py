"""The networks of `keras.applications` as `.nn` files: `python -m tests.importing.applications [NAME...]` prints a row for each.

Each is built without weights, saved, imported and built again, and has to have the parameters that are published for it, and to compute
the same to the last bit.
"""

import gc
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import keras

from tests.importing.returning import assert_same, returned, with_random_weights

OPEN_SIZE = 224
"""For the height and width of images where a network takes any."""


class Row(NamedTuple):
    """One network: how it was written."""

    name: str
    layers: int
    lines: int
    params: int


def imported(name: str, folder: Path) -> Row:
    """A network out to a file and back, which is the same.

    Raises:
        AssertionError: it is not.
    """
    model: Any = with_random_weights(getattr(keras.applications, name)(weights=None))
    file = folder / f"{name}.keras"
    with redirect_stdout(StringIO()):
        back = returned(model, file)
    assert_same(model, back, OPEN_SIZE)
    row = Row(name, len(model.layers), len((folder / f"{name}.nn").read_text(encoding="utf-8").splitlines()), model.count_params())
    for one in (file, folder / f"{name}.npz"):
        one.unlink()
    del model, back
    keras.backend.clear_session()
    gc.collect()
    return row


def main(names: Sequence[str]) -> None:
    print("| network | layers | lines of .nn | parameters |\n|---|---|---|---|")
    with TemporaryDirectory() as folder:
        for name in names:
            row = imported(name, Path(folder))
            print(f"| {row.name} | {row.layers:,} | {row.lines} | {row.params:,} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or ["ResNet50", "MobileNetV2", "DenseNet121", "VGG16"])
