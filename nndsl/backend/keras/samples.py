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


def as_npz(arrays: Sequence[Array]) -> bytes:
    """Arrays as an NPZ file, in order: `sample_1`, `sample_2`, ..."""
    content = io.BytesIO()
    named: dict[str, Any] = {f"sample_{place}": one for place, one in enumerate(arrays, 1)}
    np.savez_compressed(content, **named)
    return content.getvalue()
