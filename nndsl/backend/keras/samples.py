"""Examples of what a training makes: the tensors of its `samples`, as arrays."""

import io
from collections.abc import Sequence
from typing import Any, TypeAlias

import keras
import numpy as np

from nndsl.backend.keras import engine, lower
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.objective import Computation
from nndsl.backend.keras.state import weights_of
from nndsl.backend.keras.terms import drawing_with
from nndsl.catalogue.applicable import Input
from nndsl.data.showing import letters_in, written
from nndsl.diagram.sheet import are_pictures, as_png
from nndsl.findings import Made
from nndsl.graph import needed_for
from nndsl.program import Training

Array: TypeAlias = np.ndarray[Any, Any]

COUNT = 64
"""How many are made where nothing else is asked for."""


def start_from_data(training: Training) -> bool:
    """Whether the tensors of a training's `samples` depend on examples, and not on noise alone."""
    graph = training.objectives[0].graph
    return any(isinstance(graph.nodes[number].component, Input) for number in needed_for(graph.nodes, training.samples))


def samples(training: Training, layers: lower.Layers, feed: Feed | None, count: int = COUNT, seed: int = 0) -> list[Array]:
    """The tensors of a training's `samples`, `[n, ...]` each, as in evaluation.

    Args:
        feed: the examples that they start from, in order; None where they start from noise alone.
        count: how many; no more than there are examples.
        seed: of the noise.
    """
    graph = training.objectives[0].graph
    computation = Computation(graph, layers, training.samples)
    count = count if feed is None else min(count, feed.count)
    feeds = {} if feed is None else {name: feed.first(name, count) for name in computation.fields}
    with lower.deep_enough(len(graph.nodes)), drawing_with(layers.values(), seed):
        found = engine.compiled(lambda: computation(feeds, count=count, training=False), (), engine.reads(weights_of(layers).values()))()
    return [np.asarray(keras.ops.cast(one, "float32") if keras.backend.is_float_dtype(keras.backend.standardize_dtype(one.dtype)) else one) for one in found]


def made(training: Training, arrays: Sequence[Array]) -> list[Made]:
    """The tensors of a training's `samples`, by the names that the file gives them."""
    graph = training.objectives[0].graph
    alphabets = [known.alphabet for field in training.data.fields.values() if (known := letters_in(field)) is not None]

    def letters(array: Array) -> str:
        return next((one for one in alphabets if array.ndim == 3 and array.shape[-1] == len(one)), "")

    return [Made(graph[ref].label or "", array, letters(array)) for ref, array in zip(training.samples, arrays, strict=True)]


def files(found: Sequence[Made]) -> dict[str, bytes]:
    """What a run's folder keeps of samples, by the names of the files: images as a picture, else numbers, with letters as letters, too."""
    arrays = [one.array for one in found]
    if are_pictures(found):
        return {"samples.png": as_png(arrays)}
    letters = {"samples.fasta": as_fasta(found)} if any(one.letters for one in found) else {}
    return {"samples.npz": as_npz(arrays), **letters} if found else {}


def as_fasta(found: Sequence[Made]) -> bytes:
    """The samples that are letters, as a FASTA file: at each place the most probable letter."""
    lines = []
    for place, one in enumerate(found, 1):
        name = one.name or ("sample" if len(found) == 1 else f"sample_{place}")
        lines += [f">{name}_{number}\n{text}\n" for number, text in enumerate(written(one.array, one.letters) if one.letters else (), 1)]
    return "".join(lines).encode()


def as_npz(arrays: Sequence[Array]) -> bytes:
    """Arrays as an NPZ file, in order: `sample_1`, `sample_2`, ..."""
    content = io.BytesIO()
    named: dict[str, Any] = {f"sample_{place}": one for place, one in enumerate(arrays, 1)}
    np.savez_compressed(content, **named)
    return content.getvalue()
