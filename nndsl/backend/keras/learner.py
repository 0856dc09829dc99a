"""Everything that learns, compiled: networks, objectives and examples as functions of many steps."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, TypeAlias

import keras
import numpy as np

from nndsl.backend.keras import engine, lower, replicas
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.measuring import Measuring, layers_and_models
from nndsl.backend.keras.objective import Computation
from nndsl.backend.keras.optimize import optimizer as keras_optimizer
from nndsl.backend.keras.optimize import plain, plateau
from nndsl.backend.keras.rates import idle_from
from nndsl.backend.keras.shares import ALL, Share
from nndsl.backend.keras.shortage import shortage_told
from nndsl.backend.keras.state import kept, weights_of
from nndsl.backend.keras.step import Step
from nndsl.catalogue.applicable import Constant
from nndsl.catalogue.training import Schedule
from nndsl.diagnostics import Diagnostic, UserError, error, warning
from nndsl.graph import Node, Ref, needed_for
from nndsl.passes.expose_logits import activation_of
from nndsl.program import Objective, Training
from nndsl.source import Span
from nndsl.types import BadArgument

Array: TypeAlias = np.ndarray[Any, Any]
_TRACED_TWICE = 300
"""Up to this many calls in a step, full batches and the smaller last one are compiled apart, each for its size."""


@error("NN720")
def bad_schedule(span: Span, message: str, repair: str | None) -> Diagnostic:
    """A learning-rate schedule does not fit the length of the run: its durations are longer than all epochs together.

        epochs    = 3                                 # of 20 steps each
        optimizer = SGD(cosine(0.1, warmup=100 steps))

    Mended, by a part of the run:

        optimizer = SGD(cosine(0.1, warmup=5%))
    """
    return Diagnostic(span, f"the learning rate {message}", repair=repair)


@warning("NN764")
def idle_schedule(span: Span, step: int, epoch: int) -> Diagnostic:
    """A learning-rate schedule has ended at 0 long before the run does: nothing is learnt from then on.

        epochs    = 30
        optimizer = SGD(cosine(0.1, length=10 epochs))

    Mended, down to 0 at the end of the run:

        optimizer = SGD(cosine(0.1))
    """
    message = f"the learning rate is 0 from step {step:,} on, in epoch {epoch}, and the run goes on"
    return Diagnostic(span, message, repair="leave out `length`: the schedule then ends with the run; or train for fewer epochs")


@contextmanager
def surroundings(precision: str, seed: int) -> Iterator[None]:
    """The precision and the sources of chance that layers are made with; those of Keras, Python and NumPy come back.

    Within, no operation lets the order in which its threads are done decide about the last bits of a sum.
    """
    policy, python, numpy = keras.config.dtype_policy(), random.getstate(), np.random.get_state()
    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(seed % 2**32)
    try:
        with engine.deterministic(), shortage_told():
            yield
    finally:
        keras.config.set_dtype_policy(policy)
        random.setstate(python)
        np.random.set_state(numpy)


class Learner:
    """A training whose steps are compiled: many of them run in one call.

    It is to be made, and used, within `surroundings`.

    Attributes:
        layers: by weight owner.
        models: the networks as Keras models; they share their weights with the objectives.
        measuring: measures splits with what has been learnt so far.
        step: the number of steps taken since the start of training.
        xla_from: from which step on XLA compiles what is computed of a batch; None: never.
        compile_seconds: how long the first call took, which compiles, without XLA.
        trackers: the figures of the steps of this epoch.
        warnings: what is to be said of the schedules of this run.
    """

    def __init__(self, training: Training, feed: Feed, epochs: int):
        """Build everything; nothing is compiled before the first step.

        Raises:
            UserError: a duration of a learning-rate schedule does not fit the run.
        """
        self.layers, self.models = layers_and_models(training)
        self.measuring = Measuring(training, self.layers)
        self.measuring.build(feed)
        self.trackers = self.measuring.trackers
        self.step, self.compile_seconds = 0, 0.0
        self.xla_from: int | None = None
        self.warnings: list[Diagnostic] = []
        self._pulses: dict[int, Any] = {}
        self._feed = feed
        self._objectives = training.objectives
        augmented = training.data.augmentation
        self._varied = () if augmented is None else tuple(augmented.outputs)
        self._augmentation = None if augmented is None else Computation(augmented, self.layers, list(augmented.outputs.values()))
        self._steps = tuple(self._kind_of_step(training, place, epochs) for place in range(len(training.objectives)))
        self._depth = sum(one.size for one in training.objectives)
        self._full_size = feed.batch if engine.NEEDS_SIZES or self._depth <= _TRACED_TWICE or feed.last == feed.batch else None
        self._turns = max(one.times for one in self._steps)
        self._held = [feed, *engine.reads(rule.rate for one in self.optimizers if (rule := plateau(one)) is not None)]
        self._full = [  # without XLA, and by it
            engine.Loop(partial(self._full_batch, xla), self.variables().values(), self._held, ahead=self._ahead, after=self._finite_state)
            for xla in (False, True)
        ]
        self._short = [self._compiled(partial(self._short_batch, xla)) for xla in (False, True)]

    def _kind_of_step(self, training: Training, place: int, epochs: int) -> Step:
        objective = training.objectives[place]
        steps = self._feed.steps * objective.times
        rate = objective.optimizer.__dict__["learning_rate"]
        try:
            made = replicas.without_reduction(keras_optimizer(objective.optimizer, steps * epochs, steps))
            idle = idle_from(rate, steps * epochs, steps) if isinstance(rate, Schedule) else None
        except BadArgument as refused:
            raise UserError(bad_schedule(objective.optimizer_span, refused.message, refused.repair)) from None
        if idle is not None:
            self.warnings.append(idle_schedule(objective.optimizer_span, idle // objective.times, idle // steps + 1))
        if keras.dtype_policies.get(training.precision).compute_dtype == "float16":
            made = replicas.without_reduction(keras.optimizers.LossScaleOptimizer(made))
        return Step(objective, self.layers, made, training.measures if place == 0 else (), training.remat)

    # Steps ---------------------------------------------------------------------------------------

    def train(self, stop: int) -> bool:
        """Take steps up to number `stop`, all in one epoch.

        Returns:
            Whether the loss and the weights stayed finite. If the loss did not, its step was the last one.
        """
        short = stop % self._feed.steps == 0 and self._feed.steps > self.full_steps
        by_xla, finite = self.xla_from is not None and self.step >= self.xla_from, True
        started = time.perf_counter()
        with lower.deep_enough(self._depth), self._feed.delivering():
            self._feed.draw(self.step, self._turns)
            if self.step < stop - short:
                self.step, finite = self._full[by_xla](self.step, stop - short)
            if short and finite:
                finite = bool(self._short[by_xla](engine.number(self.step)))
                self.step += 1
        self.compile_seconds = self.compile_seconds or time.perf_counter() - started
        return finite

    @property
    def full_steps(self) -> int:
        """How many steps of an epoch are compiled together; one with a short batch is apart where that makes the others faster."""
        return self._feed.steps - (self._full_size is not None and self._feed.last < self._feed.batch)

    def _compiled(self, compute: Callable[..., Any]) -> Callable[..., Any]:
        return engine.compiled(compute, self.variables().values(), self._held)

    def _finite_state(self) -> lower.Tensor:
        """Whether all weights are finite, and what optimizers keep of gradients: a relu, or a step that waits, may hide that from the loss."""
        kept = [*self.weights().values(), *(one for step in self._steps for one in step.optimizer.variables)]
        return engine.all_finite([one.value for one in kept if keras.backend.is_float_dtype(one.dtype)])

    def _ahead(self, start: lower.Tensor, stop: lower.Tensor) -> AbstractContextManager[None]:
        return nullcontext() if self._full_size is None else self._feed.drawn_ahead(start, stop, self._turns)

    def _full_batch(self, by_xla: bool, step: lower.Tensor) -> lower.Tensor:
        return self._on_each(self._one_step, step, self._full_size, by_xla)

    def _short_batch(self, by_xla: bool, step: lower.Tensor) -> lower.Tensor:
        return keras.ops.logical_and(self._on_each(self._one_step, step, self._feed.last, by_xla), self._finite_state())

    def _on_each(self, compute: Callable[..., lower.Tensor], step: lower.Tensor, size: int | None, *more: Any) -> lower.Tensor:
        return replicas.on_each(self.layers.values(), lambda step: compute(step, size, *more), step)

    def _one_step(self, step: lower.Tensor, size: int | None, by_xla: bool) -> lower.Tensor:
        share, finite = self._share(step, size), keras.ops.convert_to_tensor(True)
        for index, one in enumerate(self._steps):
            for turn in range(one.times):
                learn: Any = partial(self._learnt, index, share, turn == one.times - 1)
                finite = keras.ops.logical_and(finite, (engine.by_xla(learn) if by_xla else learn)(self._batch(step, size, turn, share)))
        return finite

    def _learnt(self, index: int, share: Share, counted: bool, batch: dict[str, lower.Tensor]) -> lower.Tensor:
        """Learn from a batch, and take in its figures; whether the loss is finite."""
        found = self._steps[index].learn(batch, share)
        if counted:
            share.counted(partial(self.trackers.update, index, found))
        return keras.ops.isfinite(share.summed(found.loss))

    def _share(self, step: lower.Tensor, size: int | None = None) -> Share:
        return replicas.share(self._feed.size(step) if size is None else size)

    def _batch(self, step: lower.Tensor, size: int | None = None, turn: int = 0, share: Share = ALL) -> dict[str, lower.Tensor]:
        """The examples of a step, varied by what augments the data."""
        batch = self._feed.shuffled(step, size, turn, share)
        if self._augmentation is not None:
            feeds = {name: batch[name] for name in self._augmentation.fields}
            varied = self._augmentation(feeds, count=keras.ops.shape(next(iter(batch.values())))[0], training=True)
            batch |= {name: keras.ops.cast(one, batch[name].dtype) for name, one in zip(self._varied, varied, strict=True)}
        return batch

    def first_not_finite(self) -> tuple[str, Span | None]:
        """Take the next step, which has had a result that is not finite: the first of its tensors, in words, and its place."""
        size = self._feed.size(self.step) if engine.NEEDS_SIZES else None
        self._feed.draw(self.step, self._turns)
        for objective, kind in zip(self._objectives, self._steps, strict=True):
            for turn in range(kind.times):
                with kept(self.variables()):  # what is drawn at random is drawn again
                    found = self._first_of(objective, turn, size)
                if found is not None:
                    return f"the first tensor that is not is `{found.label or found.name}`", found.span
                with lower.deep_enough(self._depth):
                    loss = self._compiled(lambda step: self._on_each(self._loss, step, size, kind, turn))(engine.number(self.step))  # noqa: B023
                if not _is_finite(loss):
                    return "the loss is not, with the penalties on weights", objective.span
                for owner, node in objective.graph.owners():
                    if not all(map(kind.is_finite, self.layers[owner].trainable_variables)):
                        return f"the gradients are not, of the weights of `{node.name}`", node.span
        return "it did not happen again when the step was repeated", None  # on hardware whose results differ from time to time

    def _loss(self, step: lower.Tensor, size: int | None, kind: Step, turn: int) -> lower.Tensor:
        """The loss of a turn, which is taken."""
        share = self._share(step, size)
        return share.summed(share.weighted(kind.learn(self._batch(step, size, turn, share), share).loss))

    def _first_of(self, objective: Objective, turn: int, size: int | None) -> Node | None:
        """The first call of an objective with a result that is not finite, on the batch of one of its turns in the next step."""
        graph = objective.graph
        needed = [graph.nodes[number] for number in sorted(needed_for(graph.nodes, graph.outputs.values()))]
        refs = [Ref(node.id, output) for node in needed for output in range(len(node.types)) if not isinstance(node.component, Constant)]
        computation = Computation(graph, self.layers, refs)

        def results(step: lower.Tensor) -> tuple[lower.Tensor, ...]:
            batch = self._batch(step, size, turn)
            feeds = {name: batch[name] for name in computation.fields}
            found: tuple[lower.Tensor, ...] = computation(feeds, count=keras.ops.shape(next(iter(batch.values())))[0], training=True)
            return found

        with lower.deep_enough(self._depth):
            tensors: tuple[lower.Tensor, ...] = self._compiled(results)(engine.number(self.step))
        places = (ref for ref, tensor in zip(refs, tensors, strict=True) if _is_float(tensor) and not _is_finite(tensor))
        first = next(places, None)
        return None if first is None else graph[first]

    def pulse(self) -> Iterator["Pulse"]:
        """What the next step, the first of an epoch, does in each objective. It is not taken: all is as it was before."""
        size = self._feed.batch if engine.NEEDS_SIZES else None
        self._feed.draw(self.step, self._turns)
        for place, (objective, kind) in enumerate(zip(self._objectives, self._steps, strict=True)):
            owned = [(node, self.layers[owner].trainable_variables) for owner, node in objective.graph.owners() if owner in objective.updates]
            if place not in self._pulses:
                self._pulses[place] = self._compiled(partial(self._felt, objective, kind, size))
            with lower.deep_enough(self._depth), kept(self.variables()), self._feed.delivering():
                gradients, results = self._pulses[place](engine.number(self.step))
            known = {id(one): np.asarray(gradient) for one, gradient in zip(kind.variables, gradients, strict=True) if gradient is not None}
            yield Pulse(
                objective.name,
                [(node, [known[id(one)] for one in some], [np.asarray(one) for one in some])
                 for node, variables in owned if (some := [one for one in variables if id(one) in known])],
                [(node, np.asarray(one)) for node, one in zip(_rectified(objective), results, strict=True)],
            )

    def _felt(self, objective: Objective, kind: Step, size: int | None, step: lower.Tensor) -> tuple[list[lower.Tensor | None], tuple[lower.Tensor, ...]]:
        """The gradients of a step, and the results of activations that are 0 below some number."""
        share = self._share(step, size)
        batch = self._batch(step, size, share=share)
        _, gradients = kind.gradients(batch, share)
        unscaled = [None if one is None else keras.ops.cast(engine.dense(one), "float32") / kind.optimizer.scale_loss(1.0) for one in gradients]
        seen = Computation(objective.graph, self.layers, [Ref(node.id) for node in _rectified(objective)])
        feeds = {name: batch[name] for name in seen.fields}
        results = seen(feeds, count=keras.ops.shape(next(iter(batch.values())))[0], training=False)
        return unscaled, tuple(keras.ops.cast(one, "float32") for one in results)

    # State ---------------------------------------------------------------------------------------

    @property
    def optimizers(self) -> tuple[keras.Optimizer, ...]:
        """The optimizer of each objective; of one that scales the loss, the one inside."""
        return tuple(plain(one.optimizer) for one in self._steps)

    def learning_rates(self) -> dict[str, float]:
        """The learning rate of each optimizer at the step that comes next, by the names of their figures."""
        rates = (float(keras.ops.copy(one.learning_rate)) for one in self.optimizers)
        return {one.figure("learning_rate"): rate for one, rate in zip(self._objectives, rates, strict=True)}

    def set_rates(self) -> dict[int, keras.Variable]:
        """The learning rates of the optimizers that have no schedule, by their places."""
        rates = {place: one._learning_rate for place, one in enumerate(self.optimizers)}
        return {place: rate for place, rate in rates.items() if isinstance(rate, keras.Variable)}

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The moving averages of the weights in their place, where an optimizer keeps them."""
        keeping = [(one, step.variables) for one, step in zip(self.optimizers, self._steps, strict=True) if one.use_ema]
        with kept({str(place): one for place, one in enumerate(chain(*(variables for _, variables in keeping)))}):
            for one, variables in keeping:
                one.finalize_variable_values(variables)
            yield

    def variables(self) -> dict[str, keras.Variable]:
        """Every variable that a later step depends on, by a name that is the same in every process."""
        named = self.weights()
        for index, one in enumerate(self._steps):
            named |= {f"optimizer/{index}/{place}": variable for place, variable in enumerate(one.optimizer.variables)}
        return named | {f"tracker/{place}": variable for place, variable in enumerate(self.trackers.variables)}

    def weights(self) -> dict[str, keras.Variable]:
        """The variables of all layers, those of chance among them."""
        return weights_of(self.layers)


@dataclass(frozen=True)
class Pulse:
    """What a step does in one objective.

    Attributes:
        gradients: of each layer that it changes, at its first call, the gradients and the weights.
        rectified: calls with relu, and what these give for the batch.
    """

    objective: str
    gradients: list[tuple[Node, list[Array], list[Array]]]
    rectified: list[tuple[Node, Array]]


_RECTIFIERS = ("relu", "relu6")


def _rectified(objective: Objective) -> list[Node]:
    graph = objective.graph
    needed = [graph.nodes[number] for number in sorted(needed_for(graph.nodes, [objective.loss]))]
    return [node for node in needed if node.type.rank and activation_of(graph, Ref(node.id)) in _RECTIFIERS]


def _is_float(tensor: lower.Tensor) -> bool:
    return bool(keras.backend.is_float_dtype(keras.backend.standardize_dtype(tensor.dtype)))


def _is_finite(tensor: lower.Tensor) -> bool:
    return bool(keras.ops.all(keras.ops.isfinite(tensor)))
