"""Weights from files: what layers start with, read and put into their variables."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np

from nndsl.data.arrays import BROKEN, saved_array
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.graph import Graph, Owner, Saved


@error("NN728")
def weights_changed(saved: Saved, what: str) -> Diagnostic:
    """The arrays that layers are to start with cannot be used: they hold NaN or infinity, or the file changed since the check."""
    return Diagnostic(saved.span, f"{saved.path.name} cannot be used: {what}")


def fill(layers: Mapping[Owner, keras.Layer], graphs: Iterable[Graph]) -> None:
    """Give built layers the weights that the graphs say they start with.

    Raises:
        UserError: a file is not what it was when it was checked, or holds numbers that are not finite.
    """
    for owner, one in {owner: one for graph in graphs for owner, one in graph.saved.items()}.items():
        shapes = [tuple(variable.shape) for variable in layers[owner].weights]
        try:
            arrays = [saved_array(one.path, name, shape) for name, shape in zip(one.names, shapes, strict=True)]
        except BROKEN as failure:
            raise UserError(weights_changed(one, f"it cannot be read ({failure})")) from None
        _assign(layers[owner], one, arrays)


def _assign(layer: keras.Layer, saved: Saved, arrays: list[Any]) -> None:
    for variable, array, name in zip(layer.weights, arrays, saved.names, strict=True):
        if not np.isfinite(array).all():
            raise UserError(weights_changed(saved, f"the array `{name}` holds numbers that are not finite"))
        variable.assign(array)
    for part in layer._flatten_layers():
        if isinstance(part, keras.layers.Normalization) and part.input_mean is None:
            part.finalize_state()  # it computes with copies of its statistics


def digests(graphs: Iterable[Graph]) -> dict[str, str]:
    """The SHA-256 of each file that weights come from, by its path.

    Raises:
        UserError: a file cannot be read.
    """
    found: dict[str, str] = {}
    for one in (saved for graph in graphs for saved in graph.saved.values()):
        if str(one.path.resolve()) not in found:
            try:
                found[str(one.path.resolve())] = hashlib.sha256(one.path.read_bytes()).hexdigest()
            except OSError as failure:
                raise UserError(weights_changed(one, f"it cannot be read ({failure.strerror})")) from None
    return found
