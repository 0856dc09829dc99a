"""What Keras has no operation for, by TensorFlow."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import keras
import tensorflow as tf
from tensorflow.python.framework import config as determinism

from nndsl.backend.keras.adam import Adam, AdamW

OPTIMIZERS: dict[str, type[keras.Optimizer]] = {"Adam": Adam, "AdamW": AdamW}
"""Those that compute what Keras' do, in another way, by its names."""
_More = TypeVar("_More")


def log_gamma(x: Any) -> Any:
    """The logarithm of the gamma function, of each number."""
    return tf.math.lgamma(x)


def all_finite(tensors: Sequence[Any]) -> Any:
    """Whether tensors have no number that is infinite, or none at all; of many, in as few operations as there can be."""
    axes = {rank: tf.constant(list(range(rank)), tf.int32) for rank in {len(one.shape) for one in tensors}}
    found = [tf.raw_ops.All(input=tf.raw_ops.IsFinite(x=one), axis=axes[len(one.shape)]) for one in tensors]
    return tf.reduce_all(tf.stack(found)) if found else tf.constant(True)


@contextmanager
def fused_losses() -> Iterator[None]:
    """Within, a cross-entropy over logits is compiled as one operation, also where operations have to be deterministic.

    TensorFlow then takes it apart, since its kernel for GPUs adds up in any order. That for CPUs does not.
    """
    apart = determinism.is_op_determinism_enabled() and not tf.config.get_visible_devices("GPU")
    if apart:
        determinism.disable_op_determinism()
    try:
        yield
    finally:
        if apart:
            determinism.enable_op_determinism()


def gradient(compute: Callable[[Any], tuple[Any, _More]], at: Any, variables: Sequence[keras.Variable]) -> tuple[Any, _More]:
    """The gradient of what is computed at a point, summed; for a compiled function.

    Args:
        compute: gives the tensor that is looked at, and more.
        variables: what it may change.

    Returns:
        The gradient, like `at`, and the rest of what was computed.
    """
    found, more = compute(at)
    return tf.gradients(found, at)[0], more
