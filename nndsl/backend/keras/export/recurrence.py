"""A loop over the steps of a sequence that TensorFlow Lite can hold: of any length, for batches of any size.

Keras collects the results of steps in a list of tensors, for which TensorFlow Lite has no operations of its own. Here they
are put into one tensor, step by step; everything else is as `keras.src.backend.tensorflow.rnn` has it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, TypeAlias

from keras.src import backend as keras_backend  # where recurrent layers look for the loop that they take

from nndsl.backend.keras.only_tensorflow import tf

States: TypeAlias = Sequence[tf.Tensor]
Step: TypeAlias = Callable[[tf.Tensor, tuple[tf.Tensor, ...]], tuple[tf.Tensor, States]]


@contextmanager
def plain_loops() -> Iterator[None]:
    """Within, recurrent layers of Keras take this loop."""
    replaced = {"rnn": _rnn, "lstm": _no_kernel, "gru": _no_kernel}
    before = {name: getattr(keras_backend, name) for name in replaced}
    try:
        for name, one in replaced.items():
            setattr(keras_backend, name, one)
        yield
    finally:
        for name, one in before.items():
            setattr(keras_backend, name, one)


def _no_kernel(*arguments: Any, **options: Any) -> NoReturn:
    raise NotImplementedError  # upon which the layer loops


def _rnn(
    step_function: Step, inputs: tf.Tensor, initial_states: States, go_backwards: bool = False, mask: tf.Tensor | None = None,
    constants: States | None = None, zero_output_for_mask: bool = False, return_all_outputs: bool = True, **others: Any,
) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
    """The last output, all outputs (or the last alone), and the last states; in and out, the batch comes first."""
    xs = _by_time(inputs, go_backwards)
    counts = None if mask is None else _by_time(tf.cast(mask, tf.bool), go_backwards)
    more = tuple(constants or ())
    length = tf.shape(xs)[0]
    first, _ = step_function(xs[0], (*initial_states, *more))
    results = [tf.zeros(tf.concat([[length], tf.shape(first)], 0), first.dtype)] if return_all_outputs else []

    def body(time: tf.Tensor, last: tf.Tensor, *carried: tf.Tensor) -> tuple[tf.Tensor, ...]:
        states, collected = carried[: len(initial_states)], carried[len(initial_states) :]
        output, after = step_function(tf.gather(xs, time), (*states, *more))
        if counts is not None:
            counting = tf.gather(counts, time)
            after = [_where(counting, one, before) for one, before in zip(after, states, strict=True)]
            output = _where(counting, output, tf.zeros_like(output) if zero_output_for_mask else last)
        collected = tuple(tf.tensor_scatter_nd_update(one, tf.reshape(time, [1, 1]), output[None]) for one in collected)
        return (time + 1, output, *after, *collected)

    start = (tf.constant(0), tf.zeros_like(first), *initial_states, *results)
    shapes = (*(one.shape for one in start[: 2 + len(initial_states)]), *(tf.TensorShape([xs.shape[0], *first.shape]) for _ in results))
    _, last, *rest = tf.while_loop(lambda time, *_: time < length, body, start, shape_invariants=shapes)
    states, collected = rest[: len(initial_states)], rest[len(initial_states) :]
    return last, _by_batch(collected[0]) if collected else last[:, None], list(states)


def _by_time(tensor: tf.Tensor, backwards: bool) -> tf.Tensor:
    turned = tf.transpose(tensor, [1, 0, *range(2, len(tensor.shape))])
    return tf.reverse(turned, [0]) if backwards else turned


def _by_batch(tensor: tf.Tensor) -> tf.Tensor:
    return tf.transpose(tensor, [1, 0, *range(2, len(tensor.shape))])


def _where(counting: tf.Tensor, one: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """One tensor for the examples that count at this step, the other for the rest."""
    return tf.where(tf.reshape(counting, tf.concat([tf.shape(counting), tf.ones([len(one.shape) - 1], tf.int32)], 0)), one, other)
