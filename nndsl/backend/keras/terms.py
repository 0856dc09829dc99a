"""What only objectives are made of, computed: noise, divergences, penalties."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from nndsl.catalogue.training.terms import Contrastive, GradientPenalty, Interpolation, KlNormal, Noise, Normal, Uniform


class Draw(keras.Layer):
    """Draws noise, and keeps where its chance is, so that a resumed training draws the same.

    In evaluation it draws the same each time.
    """

    def __init__(self, noise: Noise, name: str | None = None):
        super().__init__(name=name, autocast=False)
        self._noise = noise
        self._chance = keras.random.SeedGenerator()
        self.evaluation_seed = 0
        self.built = True

    def draw(self, count: Any, training: bool) -> Any:
        """Noise for so many examples, `[count, *sizes]`."""
        seed = self._chance if training else self.evaluation_seed
        return _drawn(self._noise, (count, *self._noise.sizes), seed, self.compute_dtype)


def _drawn(noise: Noise, shape: tuple[Any, ...], seed: Any, dtype: str) -> Any:
    match noise:
        case Normal():
            return keras.random.normal(shape, noise.mean, noise.stddev, dtype, seed)
        case Uniform():
            return keras.random.uniform(shape, noise.minval, noise.maxval, dtype, seed)
    raise TypeError(noise)


class Mix(keras.Layer):
    """A point between two tensors, `[n, ...]`, at random for each example; it keeps where its chance is."""

    def __init__(self, name: str | None = None):
        super().__init__(name=name, autocast=False)
        self._chance = keras.random.SeedGenerator()
        self.evaluation_seed = 0
        self.built = True

    def mix(self, one: Any, other: Any, training: bool) -> Any:
        shape = (ops.shape(one)[0], *(1 for _ in one.shape[1:]))
        share = keras.random.uniform(shape, dtype=self.compute_dtype, seed=self._chance if training else self.evaluation_seed)
        return share * one + (1 - share) * ops.cast(other, self.compute_dtype)


def _kl_normal(term: KlNormal, mean: Any, log_var: Any) -> Any:
    return 0.5 * _summed(ops.exp(log_var) + ops.square(mean) - 1 - log_var)


def _contrastive(term: Contrastive, a: Any, b: Any, same: Any) -> Any:
    squared = _summed(ops.square(a - b))
    same = ops.cast(ops.reshape(same, (-1,)), squared.dtype)
    distance = ops.sqrt(ops.maximum(squared, keras.config.epsilon()))  # whose gradient at zero is finite
    return same * squared + (1 - same) * ops.square(ops.relu(term.margin - distance))


def _gradient_penalty(term: GradientPenalty, scores: Any, points: Any) -> Any:
    (gradient,) = tf.gradients(scores, points)
    norm = ops.sqrt(_summed(ops.square(gradient)) + keras.config.epsilon())
    return ops.square(norm - 1)


def _summed(values: Any) -> Any:
    """The sum of each example, `[n]`."""
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


_COMPUTED: dict[type, Callable[..., Any]] = {
    KlNormal: _kl_normal, Contrastive: _contrastive, GradientPenalty: _gradient_penalty,
}


def computed(term: Any, operands: Any) -> Any:
    """The value of a term without weights or chance, `[n]`; in a compiled function, as penalties on gradients need one."""
    return _COMPUTED[type(term)](term, *operands)


def layer_of(term: Any, name: str | None = None) -> keras.Layer:
    """The layer of a term that has chance of its own."""
    return Mix(name) if isinstance(term, Interpolation) else Draw(term, name)


@contextmanager
def drawing_with(layers: Iterable[keras.Layer], seed: int) -> Iterator[None]:
    """Noise outside of training comes from a seed, and each draw is another one."""
    drawing = [one for one in layers if isinstance(one, Draw | Mix)]
    for place, one in enumerate(drawing):
        one.evaluation_seed = seed * len(drawing) + place
    try:
        yield
    finally:
        for one in drawing:
            one.evaluation_seed = 0
