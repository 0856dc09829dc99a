"""What Keras makes of a checked program: built, run forward, and trained for a step, as `check` has said."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nndsl import costs
from nndsl.backend.keras import lower
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.learner import Learner, surroundings
from nndsl.backend.keras.targets import check_targets
from nndsl.catalogue.applicable import Constant, Input, infer
from nndsl.graph import Graph, Ref
from nndsl.in_keras import known_shape
from nndsl.program import Network, Program, Training
from nndsl.progress import Progress
from nndsl.types import Mismatch, Shape, TensorType, names_in, substitute

BATCH = 2
ANY_SIZE = 5
"""What a named size stands for, that nothing binds."""


OF_NUMBERS = ("Integer division by zero", "is not in [0,")
"""What TensorFlow says of numbers that it cannot take, which no type tells of."""


class TooLate(AssertionError):
    """Keras does not do what `check` has said."""


def realize(program: Program, sizes: Mapping[str, int], compiled: bool = False) -> None:
    """Build, run and train everything in a program.

    Args:
        sizes: what named sizes stand for.
        compiled: train as the command does; else step by step, which is faster for one step.

    Raises:
        TooLate: something differs from what the program says.
        Exception: whatever Keras and TensorFlow raise.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for network in program.networks.values():
            with _whatever_the_numbers():
                _run(network, sizes)
        for training in program.trainings.values():
            with _whatever_the_numbers(), _eagerly(not compiled):
                _train(training)


@contextmanager
def _whatever_the_numbers() -> Iterator[None]:
    try:
        yield
    except tf.errors.InvalidArgumentError as failure:
        if not any(words in str(failure) for words in OF_NUMBERS):
            raise


# Networks ----------------------------------------------------------------------------------------


def _run(network: Network, sizes: Mapping[str, int]) -> None:
    graph = network.graph
    known = {name: sizes.get(name, ANY_SIZE) for node in graph.nodes for one in node.types for size in one.shape for name in names_in(size)}
    layers = lower.layers_of(graph)
    made = lower.model(network, layers)
    _compare_promises(made, graph)
    _compare_weights(layers, graph)
    if not _fit(graph, known):
        return
    feeds = {name: keras.ops.convert_to_tensor(numbers(node.type, known), dtype=node.type.dtype) for name, node in graph.inputs.items()}
    values = lower.values_of(graph, layers, feeds)
    for node in graph.nodes:
        for output, type in enumerate(node.types):
            if not isinstance(node.component, Input | Constant):
                _compare(values[Ref(node.id, output)], type, known, f"{node.name}, {node.component}")


def _fit(graph: Graph, sizes: Mapping[str, int]) -> bool:
    """Whether the catalogue takes the sizes: `check` asks it again as soon as the data give them."""
    types: dict[Ref, TensorType] = {}
    for node in graph.nodes:
        try:
            found = infer(node.component, tuple(types[ref] for ref in node.operands)) if node.operands else node.types
        except Mismatch:
            return False
        types.update((Ref(node.id, output), _filled(one, sizes)) for output, one in enumerate(found))
    return True


def _filled(type: TensorType, sizes: Mapping[str, int]) -> TensorType:
    below = None if type.below is None else substitute(type.below, sizes)
    return replace(type, shape=of(type.shape, sizes), below=below)


def _compare_promises(made: keras.Model, graph: Graph) -> None:
    """The shapes of the model's outputs, for batches and sizes that are not known."""
    results = made.output if isinstance(made.output, dict) else {next(iter(graph.outputs)): made.output}
    for name, ref in graph.outputs.items():
        promised, said = tuple(results[name].shape[1:]), known_shape(graph.type_of(ref))
        if len(promised) != len(said) or any(None not in (one, other) and one != other for one, other in zip(promised, said, strict=True)):
            raise TooLate(f"the model gives {promised} for {name}, and check says {said}")


def _compare_weights(layers: lower.Layers, graph: Graph) -> None:
    made = [layers[owner] for owner, _ in graph.owners()]
    found = sum(one.count_params() for one in made), sum(int(np.prod(one.shape)) for layer in made for one in layer.trainable_weights)
    said = costs.params(graph), costs.trainable(graph)
    if found != said:
        raise TooLate(f"there are {found} weights and trainable weights, and check says {said}")


def _compare(value: Any, type: TensorType, sizes: Mapping[str, int], what: str) -> None:
    shape, dtype = tuple(value.shape), keras.backend.standardize_dtype(value.dtype)
    if shape != (BATCH, *of(type.shape, sizes)) or dtype != type.dtype:
        raise TooLate(f"{what}: {dtype}{shape}, and check says {type}")
    if type.is_float and (lower.mask_of(value) is not None) != type.mask:
        raise TooLate(f"{what}: {'no mask' if type.mask else 'a mask'}, and check says otherwise")


def of(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """A shape in numbers."""
    return tuple(int(str(substitute(size, sizes))) for size in shape)


def numbers(type: TensorType, sizes: Mapping[str, int], count: int = BATCH) -> Any:
    """Examples of a type: shares, ids in their range, truth values."""
    shape = (count, *of(type.shape, sizes))
    if type.is_float:
        return np.random.default_rng(3).uniform(0.1, 0.9, shape).astype("float32")
    below = 2 if type.dtype == "bool" else 3 if type.below is None else int(str(substitute(type.below, sizes)))
    return (np.arange(int(np.prod(shape))).reshape(shape) % below).astype("bool" if type.dtype == "bool" else "int32")


# Trainings ---------------------------------------------------------------------------------------


@contextmanager
def _eagerly(wanted: bool) -> Iterator[None]:
    tf.config.run_functions_eagerly(wanted)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def _train(training: Training) -> None:
    dataset = training.data.load()
    check_targets(training, dataset)
    with surroundings(training.precision, training.seed):
        feed = Feed(dataset["train"].fields, training.input_types, training.batch, training.seed)
        learner = Learner(training, feed, training.epochs)
        for learnt in training.learnt.values():
            _compare_weights(learner.layers, learnt.network.graph)
        learner.train(feed.steps)
        held_out = Feed(dataset["validation"].fields, training.input_types, training.batch)
        learner.measuring.figures(held_out, Progress(), "validation")
