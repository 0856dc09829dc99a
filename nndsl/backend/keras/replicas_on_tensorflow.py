"""Several devices that learn together, on TensorFlow: each computes its share of every batch, on its own copy of the weights.

The engine is `tf.distribute.MirroredStrategy`; or, where they are on several machines, that of `hosts`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any

import keras

from nndsl.backend.keras import hosts_on_tensorflow as hosts
from nndsl.backend.keras.only_tensorflow import tf
from nndsl.backend.keras.shares import ALL, Share, Size
from nndsl.team.together import ALONE, Team

_SEED_STEP = 1_000_003
"""How far apart the seeds of two devices are."""
_TRAININGS = count(0, 1_000)
_WITHOUT_REDUCTION = (
    "_apply_weight_decay", "_backend_update_step", "_backend_increment_gradient_accumulators",
    "_overwrite_model_variables_with_average_value",
)
"""What optimizers of Keras do in another way where there are several devices."""


def names_of(team: Team) -> tuple[str, ...]:
    """The names of the devices of this machine: GPUs, or where there are none, CPUs."""
    listed = tf.config.list_logical_devices if team.size == 1 else tf.config.list_physical_devices  # which starts nothing yet
    return tuple(one.name.rpartition("device:")[2] for one in listed("GPU") or listed("CPU"))


def several() -> bool:
    """Whether there is more than one device here."""
    return bool(tf.distribute.get_strategy().num_replicas_in_sync > 1)


class _Mirrored(tf.distribute.MirroredStrategy):
    """The strategy with names of its own for what its devices send each other.

    Otherwise a second training of the same process would use those of the first, and fail.
    """

    def __init__(self, names: Sequence[str]):
        self._collective_key_base = next(_TRAININGS)
        super().__init__(list(names))


@contextmanager
def together(names: Sequence[str], team: Team = ALONE) -> Iterator[None]:
    """What is built within has a copy on each device, and what is computed there may use them all; with one, nothing changes.

    Raises:
        UserError: another machine is gone.
    """
    if len(names) == 1:
        yield
        return
    with hosts.losses_told(team), _engine(names, team).scope(), tf.variable_creator_scope(_copies):
        yield


def _engine(names: Sequence[str], team: Team) -> tf.distribute.Strategy:
    return _Mirrored(names) if team.size == 1 else hosts.Hosts(team)


def _copies(make: Callable[..., Any], **settings: Any) -> Any:
    """A variable whose copies are changed by their devices alone, which all do the same.

    Otherwise those of the first would be sent to the others, which cannot be done inside of a condition.
    """
    if settings.get("aggregation") == tf.VariableAggregation.ONLY_FIRST_REPLICA:
        settings["aggregation"] = tf.VariableAggregation.NONE
    return make(**settings)


# On every device ---------------------------------------------------------------------------------


def share(count: Size) -> Share:
    """This device's part of a batch of so many examples."""
    here = tf.distribute.get_replica_context()
    if here is None or here.num_replicas_in_sync == 1:
        return ALL
    number, of = int(tf.get_static_value(here.replica_id_in_sync_group)), here.num_replicas_in_sync
    if isinstance(count, int):
        few = count < of
        start, stop = (0, count) if few else (number * count // of, (number + 1) * count // of)
        return Share(start, stop, count, 1 / of if few else (stop - start) / count, not few or number == 0, _summed)
    few = count < of
    start, stop = tf.where(few, tf.zeros_like(count), number * count // of), tf.where(few, count, (number + 1) * count // of)
    weight = tf.where(few, tf.constant(1 / of, tf.float64), tf.cast(stop - start, tf.float64) / tf.cast(count, tf.float64))
    return Share(start, stop, count, weight, True if number == 0 else tf.logical_not(few), _summed)


def _summed(values: Any) -> Any:
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, values)


def on_each(layers: Iterable[keras.Layer], compute: Callable[..., tf.Tensor], *arguments: Any) -> tf.Tensor:
    """Compute on each device, within a compiled function; what it gives is the same on all.

    Args:
        layers: those that it may use: their chance is another on each device, and their statistics of a batch the same.
    """
    strategy = tf.distribute.get_strategy()
    if strategy.num_replicas_in_sync == 1:
        return compute(*arguments)
    layers = list(layers)

    def one(*given: Any) -> tf.Tensor:
        with _own_chance(layers):
            return compute(*given)

    with _same_statistics(layers):
        return strategy.experimental_local_results(strategy.run(one, arguments))[0]


class AtOnce:
    """Something to compute of variables that each device has its part of: with several, compiled, so that not each read waits for all."""

    def __init__(self, compute: Callable[[], Any]):
        self._alone, self._shared = compute, tf.function(compute, autograph=False)

    def __call__(self) -> Any:
        return self._shared() if several() else self._alone()


@contextmanager
def _own_chance(layers: Iterable[keras.Layer]) -> Iterator[None]:
    """Within, what layers draw differs from device to device; what is kept of their chance does not."""
    number = int(tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group))
    seeds = [one for layer in layers if not getattr(layer, "draws_whole_batches", False) for one in layer.variables if one.name == "seed_generator_state"]
    for one in seeds:
        one.assign_add(tf.constant([number * _SEED_STEP, 0], one.dtype))
    yield
    for one in seeds:
        one.assign_sub(tf.constant([number * _SEED_STEP, 0], one.dtype))


@contextmanager
def _same_statistics(layers: Iterable[keras.Layer]) -> Iterator[None]:
    """Within, batch normalization sees the batches of all devices; saved models know nothing of it."""
    normalizing = [one for one in layers if isinstance(one, keras.layers.BatchNormalization)]
    for one in normalizing:
        one.synchronized = True
    try:
        yield
    finally:
        for one in normalizing:
            one.synchronized = False


@cache
def _own_copies() -> type:
    """What optimizers do as if there were one device, to stand between an optimizer and what Keras does for several."""
    of_several, plain = (next(one for one in keras.Optimizer.__mro__ if one.__name__ == name) for name in ("TFOptimizer", "BaseOptimizer"))
    return type("OwnCopies", (of_several,), {name: getattr(plain, name) for name in _WITHOUT_REDUCTION})


def without_reduction(optimizer: keras.Optimizer) -> keras.Optimizer:
    """An optimizer that takes gradients which are summed already, and changes the weights of its device by them.

    Keras clips gradients before it sums them, so that its result would depend on the number of devices.
    """
    if several():
        kind = type(optimizer)
        optimizer.__class__ = type(kind.__name__, (kind, _own_copies()), {})
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer._tf_apply = optimizer._common_apply
    return optimizer
