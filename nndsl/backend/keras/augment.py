"""Augmentations that Keras has no layer for, computed. Each keeps where its chance is, so that a resumed training goes on."""

from typing import Any

import keras
from keras import ops

from nndsl.catalogue.augmentations import Augmentation, Shift
from nndsl.catalogue.augmentations import ReverseComplement as ReverseComplementComponent


class ReverseComplement(keras.Layer):
    """Sequences `[n, length, 4]`, each with a probability as it is read on the other strand."""

    def __init__(self, probability: float, name: str | None = None):
        super().__init__(name=name, autocast=False)
        self._probability, self._chance = probability, keras.random.SeedGenerator()

    def call(self, x: Any, training: bool = False) -> Any:
        if not training:
            return x
        drawn = keras.random.uniform((ops.shape(x)[0], 1, 1), seed=self._chance)
        return ops.where(drawn < self._probability, ops.flip(x, axis=(-2, -1)), x)


class Shifted(keras.Layer):
    """Sequences `[n, length, ...]`, each moved by a number of positions of its own; zeros take the places left empty."""

    def __init__(self, most: int, name: str | None = None):
        super().__init__(name=name, autocast=False)
        self._most, self._chance = most, keras.random.SeedGenerator()

    def call(self, x: Any, training: bool = False) -> Any:
        if not training:
            return x
        count, length = ops.shape(x)[0], ops.shape(x)[1]
        moved = keras.random.randint((count, 1), -self._most, self._most + 1, seed=self._chance)
        places = ops.expand_dims(ops.arange(length), 0) - moved
        there = ops.logical_and(places >= 0, places < length)
        rest = (1,) * (len(x.shape) - 2)
        taken = ops.take_along_axis(x, ops.reshape(ops.clip(places, 0, length - 1), (count, length, *rest)), axis=1)
        return ops.where(ops.reshape(there, (count, length, *rest)), taken, ops.zeros_like(x))


def layer_of(component: Augmentation, name: str | None = None) -> keras.Layer:
    """The layer of an augmentation."""
    if isinstance(component, Shift):
        return Shifted(component.most, name)
    assert isinstance(component, ReverseComplementComponent)
    return ReverseComplement(component.probability, name)
