"""Everything that learns, compiled: networks, objectives and examples as two functions, of many steps each."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from nndsl.backend.keras import lower
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.objective import Computation, Step, Trackers
from nndsl.backend.keras.optimize import optimizer as keras_optimizer
from nndsl.catalogue.component import Constant
from nndsl.graph import Ref
from nndsl.program import Training
from nndsl.source import Span

State: TypeAlias = dict[str, np.ndarray[Any, Any]]
"""Numbers by name: everything that a later step depends on."""

_TRACED_TWICE = 300
"""Up to this many calls, full batches and the smaller last one are compiled apart, each for its size."""


@contextmanager
def surroundings(precision: str, seed: int) -> Iterator[None]:
    """The precision and the source of chance that layers are made with; what was there before comes back."""
    policy, python, numpy = keras.config.dtype_policy(), random.getstate(), np.random.get_state()
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed % 2**32)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
        random.setstate(python)
        np.random.set_state(numpy)


@dataclass(frozen=True)
class Weighting:
    """How much the examples of each class count: a weight for each value of a field."""

    field: str
    weights: tuple[float, ...]

    def of(self, batch: Mapping[str, tf.Tensor]) -> tf.Tensor:
        return tf.gather(tf.constant(self.weights, tf.float32), tf.reshape(batch[self.field], [-1]))


class Learner:
    """A training as two compiled functions: take some steps, and measure a split.

    It is to be made, and used, within `surroundings`.

    Attributes:
        layers: by weight owner.
        model: the network as a Keras model; it shares its weights with the objectives.
        step: the number of steps taken since the start of training.
        trackers: the figures of the pass that is under way.
    """

    def __init__(self, training: Training, feed: Feed, epochs: int, weighting: Weighting | None = None):
        graphs = [training.network.graph, *(one.graph for one in training.objectives)]
        self.layers = lower.layers_of(*graphs)
        self.model = lower.model(training.network, self.layers)
        self._feed, self._weighting = feed, weighting
        self.step = 0
        self._objectives = training.objectives
        self._build_rest(training)
        first = training.objectives[0]
        self._steps = tuple(
            Step(one, self.layers, self._optimizer(training, index, epochs), training.measures if one is first else ())
            for index, one in enumerate(training.objectives)
        )
        self.trackers = Trackers(first, training.measures)
        self._build_measures()
        nodes = sum(len(graph.nodes) for graph in graphs[1:])
        self._depth = nodes
        self._full_size = feed.batch if nodes <= _TRACED_TWICE or feed.last == feed.batch else None
        signature = [tf.TensorSpec([], tf.int64)] * 2
        self._full = tf.function(self._full_batches, input_signature=signature, autograph=False)
        self._short = tf.function(self._short_batch, input_signature=signature[:1], autograph=False)
        self._measuring: dict[int, Any] = {}

    def _build_rest(self, training: Training) -> None:
        """Give weights to layers that only objectives use."""
        for objective in training.objectives:
            if not all(self.layers[owner].built for owner, _ in objective.graph.owners()):
                terms = [ref for node in objective.graph.nodes if node.owner is not None for ref in [Ref(node.id)]]
                with lower.deep_enough(len(objective.graph.nodes)):
                    lower.values_of(objective.graph, self.layers, lower.symbols(objective.graph), terms)

    def _optimizer(self, training: Training, index: int, epochs: int) -> keras.Optimizer:
        steps = self._feed.steps * training.objectives[index].times
        made = keras_optimizer(training.objectives[index].optimizer, steps * epochs, steps)
        scaled = keras.dtype_policies.get(training.precision).compute_dtype == "float16"
        return keras.optimizers.LossScaleOptimizer(made) if scaled else made

    def _build_measures(self) -> None:
        """Some metrics make their variables when they first see what they measure."""
        if not all(getattr(one, "_built", True) for one in self.trackers.all):
            self.trackers.update(self._steps[0].look(self._feed.in_order(tf.constant(0, tf.int64))))
            self.trackers.reset()

    # Steps ---------------------------------------------------------------------------------------

    def train(self, stop: int) -> bool:
        """Take steps up to number `stop`, all in one epoch.

        Returns:
            Whether the loss stayed finite; if not, the step that found it otherwise was the last one.
        """
        short = stop % self._feed.steps == 0 and self._full_size is not None and self._feed.last < self._feed.batch
        finite = True
        with lower.deep_enough(self._depth):
            if self.step < stop - short:
                reached, healthy = self._full(tf.constant(self.step, tf.int64), tf.constant(stop - short, tf.int64))
                self.step, finite = int(reached), bool(healthy)
            if short and finite:
                finite = bool(self._short(tf.constant(self.step, tf.int64)))
                self.step += 1
        return finite

    def _full_batches(self, start: tf.Tensor, stop: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        def body(step: tf.Tensor, finite: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return step + 1, self._one_step(step, self._full_size)

        return tf.while_loop(lambda step, finite: tf.logical_and(step < stop, finite), body, (start, tf.constant(True)))

    def _short_batch(self, step: tf.Tensor) -> tf.Tensor:
        return self._one_step(step, self._feed.last)

    def _one_step(self, step: tf.Tensor, size: int | None) -> tf.Tensor:
        finite = tf.constant(True)
        for index, one in enumerate(self._steps):
            for turn in range(one.times):
                batch = self._feed.shuffled(step, size, turn)
                found = one.learn(batch, None if self._weighting is None else self._weighting.of(batch))
                finite = tf.logical_and(finite, tf.math.is_finite(found.loss))
                if index == turn == 0:
                    self.trackers.update(found)
        return finite

    # Measuring -----------------------------------------------------------------------------------

    def measure(self, feed: Feed, start: int, stop: int) -> None:
        """Add batches `[start, stop)` of a split to the trackers, without learning from them."""
        with lower.deep_enough(self._depth):
            self._measuring_of(feed)(tf.constant(start, tf.int64), tf.constant(stop, tf.int64))

    def _measuring_of(self, feed: Feed) -> Any:
        if id(feed) not in self._measuring:
            signature = [tf.TensorSpec([], tf.int64)] * 2
            self._measuring[id(feed)] = tf.function(
                lambda start, stop: self._measure_batches(feed, start, stop), input_signature=signature, autograph=False
            )
        return self._measuring[id(feed)]

    def _measure_batches(self, feed: Feed, start: tf.Tensor, stop: tf.Tensor) -> tf.Tensor:
        def body(place: tf.Tensor) -> tuple[tf.Tensor]:
            self.trackers.update(self._steps[0].look(feed.in_order(place)))
            return (place + 1,)

        return tf.while_loop(lambda place: place < stop, body, (start,))

    def first_not_finite(self) -> tuple[str, Span | None]:
        """What is wrong with the next step, in words, and where: the first tensor of it that is not finite."""
        for layer in self.layers.values():
            if not all(np.isfinite(np.asarray(one.numpy(), "float64")).all() for one in layer.trainable_variables):
                return f"the step before has made weights of `{layer.name}` infinite, or not a number", None
        graph = self._objectives[0].graph
        refs = [Ref(node.id, output) for node in graph.nodes for output in range(len(node.types)) if not isinstance(node.component, Constant)]
        batch = self._feed.shuffled(tf.constant(self.step, tf.int64))
        for ref, tensor in zip(refs, Computation(graph, self.layers, refs)(batch, training=True), strict=True):
            if tensor.dtype.is_floating and not bool(tf.reduce_all(tf.math.is_finite(tensor))):
                return f"the first tensor that is not is `{graph[ref].label or graph[ref].name}`", graph[ref].span
        return "a penalty on weights, or a later objective, is not", None

    # State ---------------------------------------------------------------------------------------

    @property
    def optimizers(self) -> tuple[keras.Optimizer, ...]:
        return tuple(one.optimizer for one in self._steps)

    def learning_rates(self) -> list[float]:
        """The learning rate of each optimizer at the step that comes next."""
        return [float(getattr(one, "inner_optimizer", one).learning_rate) for one in self.optimizers]

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The moving averages of the weights in their place, where an optimizer keeps them."""
        keeping = [one for one in self._steps if getattr(one.optimizer, "use_ema", False)]
        before = [[variable.numpy() for variable in one.variables] for one in keeping]
        for one in keeping:
            one.optimizer.finalize_variable_values(one.variables)
        yield
        for one, values in zip(keeping, before, strict=True):
            for variable, value in zip(one.variables, values, strict=True):
                variable.assign(value)

    def variables(self) -> dict[str, keras.Variable]:
        """Every variable that a later step depends on, by a name that is the same in every process."""
        named = self.weights()
        for index, one in enumerate(self.optimizers):
            named |= {f"optimizer/{index}/{place}": variable for place, variable in enumerate(one.variables)}
        return named | {f"tracker/{place}": variable for place, variable in enumerate(self.trackers.variables)}

    def weights(self) -> dict[str, keras.Variable]:
        """The variables of all layers, those of chance among them."""
        return lower.weights_of(self.layers)

    def state(self) -> State:
        return values_of(self.variables())

    def restore(self, state: Mapping[str, Any]) -> None:
        assign(self.variables(), state)


def values_of(variables: Mapping[str, keras.Variable]) -> State:
    """The values of variables, copied."""
    return {name: np.array(variable.numpy()) for name, variable in variables.items()}


def assign(variables: Mapping[str, keras.Variable], values: Mapping[str, Any]) -> None:
    """Give variables the values of the same names."""
    for name, variable in variables.items():
        variable.assign(values[name])
