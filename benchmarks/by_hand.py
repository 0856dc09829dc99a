"""The networks of `networks.nn`, written by hand in Keras."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers


def perceptron() -> keras.Model:
    x = keras.Input((64,))
    h = layers.Dense(128, activation="relu")(x)
    h = layers.Dense(128, activation="relu")(h)
    return keras.Model(x, layers.Dense(10, activation="softmax")(h))


def convolutional() -> keras.Model:
    x = keras.Input((28, 28, 1))
    h = layers.MaxPooling2D()(layers.Conv2D(16, 3, activation="relu")(x))
    h = layers.MaxPooling2D()(layers.Conv2D(32, 3, activation="relu")(h))
    return keras.Model(x, layers.Dense(10, activation="softmax")(layers.Flatten()(h)))


def recurrent() -> keras.Model:
    x = keras.Input((40, 16))
    return keras.Model(x, layers.Dense(10, activation="softmax")(layers.LSTM(32)(x)))


def resnet20() -> keras.Model:
    x = keras.Input((32, 32, 3))
    h = layers.ReLU()(_convolved(x, 16))
    for filters, stride in [(16, 1), (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1)]:
        h = _residual(h, filters, stride)
    return keras.Model(x, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(h)))


def _convolved(x: Any, filters: int, kernel: int = 3, stride: int = 1) -> Any:
    h = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(h)


def _residual(x: Any, filters: int, stride: int) -> Any:
    main = _convolved(layers.ReLU()(_convolved(x, filters, stride=stride)), filters)
    side = x if stride == 1 else _convolved(x, filters, 1, stride)
    return layers.ReLU()(layers.Add()([main, side]))


BY_HAND: dict[str, Callable[[], keras.Model]] = {
    "Perceptron": perceptron, "Convolutional": convolutional, "Recurrent": recurrent, "ResNet20": resnet20,
}
"""By the names of the networks in `networks.nn`."""
