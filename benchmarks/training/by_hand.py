"""The six networks of `networks.nn` and their steps, written by hand in Keras as its guides write them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from benchmarks.by_hand import convolutional, perceptron, recurrent


@dataclass(frozen=True)
class Task:
    """A network that learns.

    Attributes:
        models: in the order in which `networks.nn` names their layers.
        step: learn from the arrays of a batch, and take in the figures.
        figures: the running means of the epoch; the loss is the first.
        fitted: a model that is ready for `fit`.
    """

    models: Sequence[keras.Model]
    step: Callable[..., None]
    figures: Sequence[keras.Metric]
    fitted: keras.Model


class Stepwise(keras.Model):  # type: ignore[misc]
    """A model that is fitted by steps of its own."""

    def __init__(self, step: Callable[[Any], None], figures: Sequence[keras.Metric]):
        super().__init__()
        self._step, self._figures = step, figures

    @property
    def metrics(self) -> list[keras.Metric]:
        return list(self._figures)

    def train_step(self, data: Any) -> dict[str, Any]:
        self._step(data)
        return {one.name: one.result() for one in self._figures}


# What is told apart ------------------------------------------------------------------------------


def transformer() -> keras.Model:
    x = keras.Input((40, 16))
    h = layers.Dense(64)(x)
    for _ in range(2):
        h = layers.LayerNormalization(epsilon=1e-6)(h + layers.MultiHeadAttention(4, 16)(h, h))
        h = layers.LayerNormalization(epsilon=1e-6)(h + layers.Dense(64)(layers.Dense(128, activation="relu")(h)))
    return keras.Model(x, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling1D()(h)))


def classifier(build: Callable[[], keras.Model]) -> Task:
    model = build()
    optimizer, loss = keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy()
    mean, accuracy = keras.metrics.Mean(name="loss"), keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    def step(x: tf.Tensor, y: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            predicted = model(x, training=True)
            worth = loss(y, predicted)
        _learn(optimizer, tape, worth, model.trainable_variables)
        mean.update_state(worth, sample_weight=ops.shape(x)[0])
        accuracy.update_state(y, predicted)

    optimizer.build(model.trainable_variables)
    fitted = keras.Model(model.inputs, model.outputs)
    fitted.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Task([model], step, [mean, accuracy], fitted)


# What is made --------------------------------------------------------------------------------------


def vae() -> Task:
    image = keras.Input((8, 8, 1))
    h = layers.Conv2D(32, 3, padding="same", activation="relu")(image)
    h = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(h)
    h = layers.Dense(64, activation="relu")(layers.Flatten()(h))
    encoder = keras.Model(image, [layers.Dense(8)(h), layers.Dense(8)(h)])
    code = keras.Input((8,))
    h = layers.Reshape((4, 4, 64))(layers.Dense(4 * 4 * 64, activation="relu")(code))
    h = layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu")(h)
    decoder = keras.Model(code, layers.Conv2D(1, 3, padding="same", activation="sigmoid")(h))
    optimizer, chance, variables = keras.optimizers.Adam(1e-3), keras.random.SeedGenerator(1), encoder.trainable_variables + decoder.trainable_variables
    mean = keras.metrics.Mean(name="loss")

    def step(batch: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            center, log_var = encoder(batch, training=True)
            again = decoder(center + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(center), seed=chance), training=True)
            bits = ops.mean(keras.losses.binary_crossentropy(batch, again), axis=(1, 2))
            code = ops.sum(ops.square(center) + ops.exp(log_var) - 1 - log_var, axis=-1) / 2
            worth = ops.mean(64 * bits + code)
        _learn(optimizer, tape, worth, variables)
        mean.update_state(worth, sample_weight=ops.shape(batch)[0])

    optimizer.build(variables)
    fitted = Stepwise(step, [mean])
    fitted.compile()
    return Task([encoder, decoder], step, [mean], fitted)


def gan() -> Task:
    noise = keras.Input((32,))
    h = layers.ReLU()(layers.BatchNormalization()(layers.Dense(2 * 2 * 128, use_bias=False)(noise)))
    h = layers.Conv2DTranspose(64, 4, strides=2, padding="same", use_bias=False)(layers.Reshape((2, 2, 128))(h))
    h = layers.ReLU()(layers.BatchNormalization()(h))
    generator = keras.Model(noise, layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="sigmoid")(h))
    image = h = keras.Input((8, 8, 1))
    for filters in (64, 128):
        h = layers.LeakyReLU()(layers.Conv2D(filters, 4, strides=2, padding="same")(h))
    discriminator = keras.Model(image, layers.Dense(1)(layers.Flatten()(h)))
    learns, judges, chance = keras.optimizers.Adam(4e-4, 0.5), keras.optimizers.Adam(4e-4, 0.5), keras.random.SeedGenerator(1)
    bce = keras.losses.BinaryCrossentropy(from_logits=True)
    means = [keras.metrics.Mean(name="discriminator"), keras.metrics.Mean(name="generator")]

    def drawn(batch: tf.Tensor) -> tf.Tensor:
        return generator(keras.random.normal((ops.shape(batch)[0], 32), seed=chance), training=True)

    def step(batch: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            real, fake = discriminator(batch, training=True), discriminator(drawn(batch), training=True)
            judged = bce(ops.ones_like(real), real) + bce(ops.zeros_like(fake), fake)
        _learn(judges, tape, judged, discriminator.trainable_variables)
        with tf.GradientTape() as tape:
            fake = discriminator(drawn(batch), training=True)
            worth = bce(ops.ones_like(fake), fake)
        _learn(learns, tape, worth, generator.trainable_variables)
        for mean, value in zip(means, (judged, worth), strict=True):
            mean.update_state(value, sample_weight=ops.shape(batch)[0])

    judges.build(discriminator.trainable_variables)
    learns.build(generator.trainable_variables)
    fitted = Stepwise(step, means)
    fitted.compile()
    return Task([generator, discriminator], step, means, fitted)


def _learn(optimizer: keras.Optimizer, tape: tf.GradientTape, worth: tf.Tensor, variables: Sequence[keras.Variable]) -> None:
    gradients = tape.gradient(worth, [one.value for one in variables])
    optimizer.apply(gradients, variables)


TASKS: dict[str, Callable[[], Task]] = {
    "MLP": lambda: classifier(perceptron), "CNN": lambda: classifier(convolutional), "LSTM": lambda: classifier(recurrent),
    "Transformer": lambda: classifier(transformer), "VAE": vae, "GAN": gan,
}
"""By the names of the trainings in `networks.nn`."""
