"""What Keras has no operation for, by TensorFlow."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import keras
import tensorflow as tf
from keras.src.backend.tensorflow import nn  # which alone says how means and variances are computed
from tensorflow.python.framework import config as determinism  # which alone can switch determinism off again

from nndsl.backend.keras.adam import Adam, AdamW
from nndsl.backend.keras.lacking import Lack
from nndsl.in_keras import known_shape
from nndsl.types import TensorType

_More = TypeVar("_More")

NEEDS_SIZES = False
"""Whether everything compiled has to know how many examples a batch has."""
ALWAYS_BY_XLA = False
FAILURES: tuple[type[Exception], ...] = (tf.errors.OpError,)
"""What is raised where a computation fails."""
OPTIMIZERS: dict[str, type[keras.Optimizer]] = {"Adam": Adam, "AdamW": AdamW}
"""Those that compute what Keras' do, in another way, by its names."""

_SHAPE = re.compile(r"shape\[[\d,]*\]")
_WITHOUT_KERNEL = re.compile(r"Could not find device for node|No OpKernel was registered|Current (?:CPU )?implementation|not (?:yet )?support")
_NODE = re.compile(r"Detected at node (?:\S*/)?(\w+) defined")
_BY_XLA = re.compile(r"tf2xla conversion failed|XLA implementation|is not compilable")
_OPERATION = re.compile(r"\[Op:(\w+)\]|support Op '(\w+)'|node: \{\{node (\w+)|\{\{node (?:[^}]*/)?(\w+)\}\}")


# Operations --------------------------------------------------------------------------------------


def number(value: int) -> Any:
    """The number of a step, or of a place, as compiled functions take it."""
    return tf.constant(value, tf.int64)


def log_gamma(x: Any) -> Any:
    """The logarithm of the gamma function, of each number."""
    return tf.math.lgamma(x)


def placed(array: Any) -> Any:
    """An array where all devices have it that compute together, which is no other here: variables see to that."""
    return array


def all_finite(tensors: Sequence[Any]) -> Any:
    """Whether tensors have only finite numbers; of many, in as few operations as there can be."""
    axes = {rank: tf.constant(list(range(rank)), tf.int32) for rank in {len(one.shape) for one in tensors}}
    found = [tf.raw_ops.All(input=tf.raw_ops.IsFinite(x=one), axis=axes[len(one.shape)]) for one in tensors]
    return tf.reduce_all(tf.stack(found)) if found else tf.constant(True)


def dense(gradient: Any) -> Any:
    """A gradient as a tensor: that of a table, of which some rows were looked up, is not one at first."""
    return tf.convert_to_tensor(gradient)


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


# Gradients ---------------------------------------------------------------------------------------


def gradient(compute: Callable[[Any], tuple[Any, _More]], at: Any, layers: Sequence[keras.Layer]) -> tuple[Any, _More]:
    """The gradient of what is computed at a point, summed; for a compiled function.

    Args:
        compute: gives the tensor that is looked at, and more.
        layers: those that it may use.

    Returns:
        The gradient, like `at`, and the rest of what was computed.
    """
    with _derived_twice():
        found, more = compute(at)
    return tf.gradients(found, at)[0], more


@contextmanager
def _derived_twice() -> Iterator[None]:
    """Within, gradients of what normalizes can be derived once more.

    Keras takes means and variances from `tf.nn.moments`, where the mean is a constant to the variance. That makes no difference to
    a gradient, and a great one to the gradient of a gradient.
    """
    before, nn._compute_moments = nn._compute_moments, _moments
    try:
        yield
    finally:
        nn._compute_moments = before


def _moments(x: tf.Tensor, axes: Sequence[int], keepdims: bool) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and variance along some axes, to the bits of `tf.nn.moments`."""
    mean = tf.reduce_mean(x, axes, keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axes, keepdims=keepdims)
    return mean if keepdims else tf.squeeze(mean, axes), variance


def gradients(compute: Callable[[], tuple[Any, _More]], variables: Sequence[keras.Variable]) -> tuple[list[Any], _More]:
    """The gradients of a number with respect to variables; for a compiled function.

    Args:
        compute: gives the number, and more.

    Returns:
        For each variable its gradient, or None if the number does not depend on it; and the rest of what was computed.
    """
    with tf.GradientTape() as tape:
        found, more = compute()
    return tape.gradient(found, [one.value for one in variables]), more


def apply(optimizer: keras.Optimizer, found: Sequence[Any], variables: Sequence[keras.Variable]) -> None:
    """Let an optimizer change variables by their gradients."""
    optimizer.apply(found, variables)


# Compiled functions ------------------------------------------------------------------------------


def reads(variables: Iterable[keras.Variable]) -> list[Any]:
    """Variables that a compiled function only reads: TensorFlow need not be told of them."""
    return []


def compiled(compute: Callable[..., Any], variables: Iterable[keras.Variable], held: Sequence[Any]) -> Callable[..., Any]:
    """A function, compiled when it is called for the first time.

    Args:
        variables: those that it may change.
        held: what has tensors that it reads.
    """
    made: Callable[..., Any] = tf.function(compute, autograph=False)
    return made


def asked(compute: Callable[..., Any], types: Mapping[str, TensorType], variables: Iterable[keras.Variable]) -> Callable[[Mapping[str, Any]], Any]:
    """A compiled function of as many examples as there are.

    Args:
        compute: takes tensors by name, and how many examples there are; what it gives has an entry for each example, or is None.
        types: of these tensors, of one example.
        variables: those that it reads.

    Returns:
        What takes arrays by name, more than are needed, and gives arrays.
    """
    feeds = {name: tf.TensorSpec((None, *known_shape(one)), one.dtype) for name, one in types.items()}
    function = tf.function(compute, autograph=False, input_signature=[feeds, tf.TensorSpec([], tf.int32)])

    def ask(fields: Mapping[str, Any]) -> Any:
        given = {name: tf.convert_to_tensor(fields[name], dtype=one.dtype) for name, one in types.items()}
        found = function(given, tf.constant(len(next(iter(fields.values())))))
        return tf.nest.map_structure(lambda one: None if one is None else one.numpy(), found)

    return ask


def by_xla(compute: Callable[..., Any]) -> Callable[..., Any]:
    """A part of a compiled function, compiled by XLA."""
    made: Callable[..., Any] = tf.function(compute, autograph=False, jit_compile=True)
    return made


class Loop:
    """Steps that follow each other, compiled together.

    Called with the first number and the one after the last, it computes a step for each, until one of them says that its results are not
    finite; it gives the number that it came to, and whether everything is finite.
    """

    def __init__(
        self, step: Callable[[Any], Any], variables: Iterable[keras.Variable], held: Sequence[Any], *,
        ahead: Callable[[Any, Any], AbstractContextManager[None]] = lambda start, stop: nullcontext(), after: Callable[[], Any] | None = None,
    ):
        """
        Args:
            step: computes the step of a number; whether its results are finite, or None if nobody asks.
            variables: those that it may change.
            held: what has tensors that it reads.
            ahead: around all steps from a number to another.
            after: whether everything is finite when all are taken.
        """
        self._step, self._ahead, self._after = step, ahead, after
        self._function = tf.function(self._steps, input_signature=[tf.TensorSpec([], tf.int64)] * 2, autograph=False)

    def __call__(self, start: int, stop: int) -> tuple[int, bool]:
        reached, finite = self._function(number(start), number(stop))
        return int(reached), bool(finite)

    def _steps(self, start: tf.Tensor, stop: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        def body(step: tf.Tensor, finite: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            found = self._step(step)
            return step + 1, finite if found is None else found

        with self._ahead(start, stop):
            reached, finite = tf.while_loop(lambda step, finite: tf.logical_and(step < stop, finite), body, (start, tf.constant(True)))
        return reached, finite if self._after is None else tf.logical_and(finite, self._after())


# Before anything is computed ---------------------------------------------------------------------


def sketch(compute: Callable[..., Any], types: Mapping[str, TensorType], shapes: Mapping[str, tuple[int | None, ...]]) -> None:
    """Follow a computation without numbers, so that layers make their weights.

    Args:
        compute: takes tensors by name, and how many examples there are.
        types: of these tensors.
        shapes: their sizes for one example; None: of any length.
    """
    feeds = {name: tf.TensorSpec((None, *shapes[name]), type.dtype) for name, type in types.items()}
    tf.function(compute, autograph=False).get_concrete_function(feeds, tf.TensorSpec([], tf.int32))


def build(compute: Callable[[], Any]) -> None:
    """Compute something once, so that what it uses makes its variables; what they then are does not matter."""
    tf.function(compute, autograph=False)()


# The machine -------------------------------------------------------------------------------------


@contextmanager
def deterministic() -> Iterator[None]:
    """Within, no operation lets the order in which its threads are done decide about the last bits of a sum."""
    before = determinism.is_op_determinism_enabled()
    determinism.enable_op_determinism()
    try:
        yield
    finally:
        if not before:
            determinism.disable_op_determinism()


def own_hardware() -> dict[str, Any]:
    """What decides the last bits of a result, of what this engine computes with."""
    return {
        "threads": [tf.config.threading.get_intra_op_parallelism_threads(), tf.config.threading.get_inter_op_parallelism_threads()],
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") != "0",
        "op_determinism": True,  # as `surroundings` has it
        "devices": [_device(one) for one in tf.config.list_physical_devices("GPU")] or ["CPU"],
    }


def _device(device: Any) -> str:
    return str(tf.config.experimental.get_device_details(device).get("device_name", device.name))


def limit_threads(count: int) -> None:
    """Let this process compute with so many threads; it must not have computed yet."""
    tf.config.threading.set_intra_op_parallelism_threads(count)


def missed(failure: Exception) -> Lack | None:
    """What the machine lacks, if a computation has failed for that reason."""
    text = str(failure)
    if isinstance(failure, tf.errors.ResourceExhaustedError):
        found = _SHAPE.search(text)
        return Lack("memory", found and found[0])
    if not isinstance(failure, tf.errors.NotFoundError | tf.errors.InvalidArgumentError | tf.errors.UnimplementedError):
        return None
    if _BY_XLA.search(text):
        place = _NODE.search(text)
        return Lack("a form for XLA", place and place[1])
    if keras.config.dtype_policy().compute_dtype == "float32" or not _WITHOUT_KERNEL.search(text):
        return None
    operation = _OPERATION.search(text)
    return Lack("a kernel", operation and next(filter(None, operation.groups())))
