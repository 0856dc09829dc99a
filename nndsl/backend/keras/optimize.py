"""From losses, metrics and optimizers to those of Keras, by name; and what Keras has not."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from nndsl.backend.keras import engine
from nndsl.backend.keras.lower import mask_of, set_mask
from nndsl.backend.keras.rates import Plateau, schedule
from nndsl.catalogue.component import Component
from nndsl.catalogue.training import Loss, Metric, Optimizer, Prepared, Schedule
from nndsl.catalogue.training.comparison import Final
from nndsl.catalogue.training.losses import Multinomial as MultinomialComponent
from nndsl.catalogue.training.losses import SmoothedSparseCategoricalCrossentropy
from nndsl.catalogue.training.losses import Wasserstein as WassersteinComponent
from nndsl.diagnostics import InternalError


def loss(component: Loss) -> keras.losses.Loss:
    """The loss of Keras, which averages over the examples of a batch (`sum_over_batch_size`)."""
    match component:
        case SmoothedSparseCategoricalCrossentropy():
            return SmoothedCrossentropy(component.from_logits, component.label_smoothing)
        case MultinomialComponent():
            return Multinomial(component.axis)
        case WassersteinComponent():
            return Wasserstein()
    made: keras.losses.Loss = _by_name(vars(keras.losses), component)
    return made


def metric(component: Metric, name: str) -> keras.metrics.Metric:
    """The metric of Keras, under a name; its operands are prepared as the component says."""
    if isinstance(component, Prepared):
        return PreparedMetric(metric(component.metric, name), component.one_hot, component.activation, component.aligned)
    made: keras.metrics.Metric = _by_name(vars(keras.metrics), component, name=name)
    return made


def optimizer(component: Optimizer, total_steps: int, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """The optimizer of Keras, with its schedule.

    Args:
        total_steps: the steps of the whole run; a schedule without a length of its own ends there.
        steps_per_epoch: the steps of one epoch, for durations in epochs.

    Raises:
        Mismatch: a duration of the schedule does not fit the run.
    """
    rate = component.__dict__["learning_rate"]
    settings = {"learning_rate": schedule(rate, total_steps, steps_per_epoch)} if isinstance(rate, Schedule) else {}
    made: keras.optimizers.Optimizer = _by_name({**vars(keras.optimizers), **engine.OPTIMIZERS}, component, **settings)
    return made


def plain(made: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that sets the learning rate and keeps averages: itself, or the one inside, where the loss is scaled."""
    inner: keras.optimizers.Optimizer = getattr(made, "inner_optimizer", made)
    return inner


def plateau(made: keras.optimizers.Optimizer) -> Plateau | None:
    """The rule that lowers the learning rate of an optimizer between epochs, if its schedule is one."""
    rule: Plateau | None = getattr(plain(made)._learning_rate, "rule", None)
    return rule


def _by_name(home: Mapping[str, Any], component: Component, **settings: Any) -> Any:
    name = type(component).__name__
    if name not in home:
        raise InternalError(f"{name} has to be replaced by the form that fits before it is computed")
    values = {field: list(value) if isinstance(value, tuple) else value for field, value in component.__dict__.items()
              if field != "class_weights"}  # which are no setting of Keras' losses
    return home[name](**values | settings)


class SmoothedCrossentropy(keras.losses.Loss):
    """Categorical cross-entropy of class numbers, `[batch, ...]` against `[batch, ..., classes]`, with label smoothing."""

    def __init__(self, from_logits: bool, label_smoothing: float):
        super().__init__(name="smoothed_crossentropy")
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return keras.losses.categorical_crossentropy(
            _one_hot(y_true, y_pred), y_pred, from_logits=self.from_logits, label_smoothing=self.label_smoothing
        )


class Multinomial(keras.losses.Loss):
    """The negative log-likelihood of counts along an axis, `[n, ..., length, ...]`, summed over everything else."""

    def __init__(self, axis: int):
        super().__init__(name="multinomial")
        self._axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        total = engine.log_gamma(ops.sum(y_true, axis=self._axis) + 1)
        arrangements = total - ops.sum(engine.log_gamma(y_true + 1), axis=self._axis)
        likelihood = arrangements + ops.sum(y_true * ops.log_softmax(y_pred, axis=self._axis), axis=self._axis)
        return -ops.sum(ops.reshape(likelihood, (ops.shape(y_pred)[0], -1)), axis=-1)


class Wasserstein(keras.losses.Loss):
    """The mean of `-target * prediction`."""

    def __init__(self) -> None:
        super().__init__(name="wasserstein")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        flat = (ops.shape(y_pred)[0], -1)
        return ops.mean(-ops.reshape(y_true, flat) * ops.reshape(y_pred, flat), axis=-1)


def _one_hot(numbers: Any, scores: Any) -> Any:
    """Class numbers, `[batch, ...]` or `[batch, ..., 1]`, as vectors of the shape of the scores, `[batch, ..., classes]`."""
    if len(numbers.shape) == len(scores.shape):
        numbers = ops.squeeze(numbers, axis=-1)
    return ops.one_hot(ops.cast(numbers, "int32"), scores.shape[-1], dtype=scores.dtype)


class PreparedMetric(keras.metrics.Metric):
    """A metric that brings its operands into the form that it needs; see `catalogue.training.Prepared`."""

    def __init__(self, inner: keras.metrics.Metric, one_hot: bool, activation: Final | None, aligned: bool):
        super().__init__(name=inner.name)
        self.inner = inner
        self.one_hot = one_hot
        self.activation = activation
        self.aligned = aligned

    @property
    def _built(self) -> bool:
        """Whether the variables are there; Keras' own metrics have it under this name where it is not always so."""
        return getattr(self.inner, "_built", True)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        mask = mask_of(y_pred)
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if self.activation is not None:
            y_pred = getattr(ops, self.activation)(ops.cast(y_pred, "float32"))
        if self.one_hot:
            y_true = _one_hot(y_true, y_pred)
        if self.aligned:
            axes = max(2, len(y_true.shape), len(y_pred.shape))
            y_true, y_pred = (ops.expand_dims(one, -1) if len(one.shape) < axes else one for one in (y_true, y_pred))
        if mask is not None:
            set_mask(y_pred, mask)  # which the new tensors above have lost, and the metric counts by
        self.inner.update_state(y_true, y_pred, sample_weight=sample_weight)

    def result(self) -> Any:
        return self.inner.result()

    def reset_state(self) -> None:
        self.inner.reset_state()
