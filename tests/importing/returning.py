"""A model out to a `.nn` file and back: the same parameters, and, with its weights, the same numbers to the last bit."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

import nndsl
from nndsl.cli import main


def with_random_weights(model: Any) -> Any:
    """The model with numbers other than those that all layers start with."""
    random = np.random.default_rng(7)
    for weight in model.weights:
        if weight.name in ("gamma", "moving_variance", "variance"):
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
        elif weight.name in ("beta", "moving_mean", "bias", "mean"):
            weight.assign(random.normal(0, 0.1, weight.shape))
    for one in model._flatten_layers():
        if isinstance(one, keras.layers.Normalization) and one.input_mean is None:
            one.finalize_state()
    return model


def inputs_of(model: Any, open_size: int = 9) -> dict[str, Any]:
    """Numbers for the inputs of a model, by their names."""
    random = np.random.default_rng(8)
    found = {}
    for one in model.inputs:
        shape = (2, *(open_size if size is None else size for size in one.shape[1:]))
        found[one.name] = random.integers(0, 50, shape) if len(shape) == 2 and one.shape[1] in (None, 10) else random.uniform(0, 255, shape).astype("float32")
    return found


def outputs_of(model: Any, inputs: list[Any]) -> list[Any]:
    """What a model makes of numbers, in the order of its inputs and outputs."""
    struct = model._inputs_struct if isinstance(model._inputs_struct, dict) else None
    taken: Any = dict(zip(struct, inputs, strict=True)) if struct is not None else inputs if len(inputs) > 1 else inputs[0]
    result = model(taken)
    return [np.asarray(one) for one in (result.values() if isinstance(result, dict) else keras.tree.flatten(result))]


def returned(model: Any, file: Path, *options: str) -> Any:
    """The model that a model becomes by way of a `.nn` file."""
    model.save(file)
    written = file.parent / f"{file.stem}.nn"
    assert main(["import", str(file), "-o", str(written), *options]) == 0
    loaded = nndsl.load(written)
    assert not list(loaded.report), "there is nothing to say of it"
    return loaded.model()


def assert_same(model: Any, back: Any, open_size: int = 9) -> None:
    """Hold two models to the same number of parameters, and to the same results."""
    assert back.count_params() == model.count_params()
    assert sum(np.prod(one.shape) for one in back.trainable_weights) == sum(np.prod(one.shape) for one in model.trainable_weights)
    given = inputs_of(model, open_size)
    struct = model._inputs_struct if isinstance(getattr(model, "_inputs_struct", None), dict) else None
    inputs = [given[name] for name in struct] if struct is not None else list(given.values())
    functional = model if isinstance(model, keras.Sequential) is False else model._functional
    for one, other in zip(outputs_of(functional, inputs), outputs_of(back, inputs), strict=True):
        np.testing.assert_array_equal(one, other)
