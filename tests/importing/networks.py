"""Models of Keras to import: each with what the others lack."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers as L
from keras import ops


def plain() -> Any:
    return keras.Sequential([
        keras.Input((14, 14, 1)), L.Conv2D(4, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dropout(0.3), L.Dense(3, activation="softmax"),
    ])


def built_late() -> Any:
    model = keras.Sequential([L.Dense(4), L.Dense(2)], name="late")
    model.build((None, 7))
    return model


def padded_text() -> Any:
    return keras.Sequential([
        keras.Input((None,)), L.Embedding(50, 8, mask_zero=True), L.Bidirectional(L.LSTM(5, return_sequences=True)), L.GRU(4), L.Dense(1),
    ])


def two_towers() -> Any:
    tower = keras.Sequential([keras.Input((12,)), L.Dense(6, activation="relu"), L.Dense(4)], name="tower")
    left, right = keras.Input((12,), name="left"), keras.Input((12,), name="right")
    one, other = tower(left), tower(right)
    joined = L.Concatenate()([one * other, ops.abs(one - other)])
    return keras.Model([left, right], L.Dense(1, activation="sigmoid", name="similar")(joined), name="two_towers")


def shared_layer() -> Any:
    x, dense = keras.Input((12,)), L.Dense(12, activation="tanh")
    return keras.Model(x, L.Dense(2)(dense(dense(x))))


def several_ways() -> Any:
    picture, facts = keras.Input((8, 8, 3), name="picture"), keras.Input((5,), name="facts")
    seen = L.GlobalAveragePooling2D()(L.Conv2D(4, 3)(picture))
    joined = L.concatenate([seen, facts])
    return keras.Model({"picture": picture, "facts": facts}, {"kind": L.Dense(3, activation="softmax")(joined), "size": L.Dense(1)(joined)})


def frozen_base() -> Any:
    image = keras.Input((16, 16, 3))
    x = image
    for filters in (4, 8, 8):
        x = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(filters, 3, padding="same", use_bias=False)(x)))
    base = keras.Model(image, x, name="base")
    base.trainable = False
    x = base(L.Rescaling(1 / 127.5, offset=-1)(entry := keras.Input((16, 16, 3))), training=False)
    return keras.Model(entry, L.Dense(5)(L.GlobalAveragePooling2D()(x)))


def models_in_models() -> Any:
    """A model that is used twice in one that is used twice, layers in another order than their names, and numbers among the operands."""
    x = keras.Input((6,))
    inner = keras.Model(x, L.LayerNormalization()(L.Dense(6, name="z")(L.Dense(6, name="b")(x))), name="inner")
    x = keras.Input((6,))
    middle = keras.Model(x, L.BatchNormalization()(inner(inner(x))) + 1.5 * L.Dense(6, name="a", trainable=False)(x), name="middle")
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    return keras.Model([left, right], L.Dot(1)([middle(left), middle(right / 2.0 - 1.0)]))


def encoder() -> Any:
    tokens = keras.Input((10,), dtype="int32")
    x = L.Embedding(100, 16)(tokens)
    for _ in range(3):
        x = L.LayerNormalization()(x + L.MultiHeadAttention(4, 4)(x, x, use_causal_mask=True))
        x = L.LayerNormalization()(x + L.Dense(16)(L.Dense(32, activation="gelu")(x)))
    return keras.Model(tokens, L.Dense(100)(x))


def translator() -> Any:
    source, target = keras.Input((None, 5), name="source"), keras.Input((None, 5), name="target")
    _, *state = L.LSTM(6, return_state=True)(source)
    return keras.Model([source, target], L.Dense(5)(L.LSTM(6, return_sequences=True)(target, initial_state=state)))


def functions() -> Any:
    x = keras.Input((6, 8))
    parts = [ops.reshape(x[:, 1:4], (-1, 24)), ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, 48)), ops.squeeze(ops.mean(x, axis=1, keepdims=True), axis=1), x[:, 0]]
    y = 1.0 / (1.0 + ops.exp(-(ops.relu(ops.concatenate(parts, axis=-1)) * 2.0 - 1.0)))
    return keras.Model(x, ops.max(ops.expand_dims(ops.cast(ops.softmax(y), "float32"), -1), axis=1))


def oddments() -> Any:
    x = y = keras.Input((6, 8))
    for one in (
        L.Dense(8, kernel_regularizer="l2", kernel_constraint=keras.constraints.MaxNorm(3), bias_initializer=keras.initializers.Constant(0.1)),
        L.SpectralNormalization(L.Dense(8)), L.TimeDistributed(L.Dense(4, activation=L.LeakyReLU(0.1))), L.LeakyReLU(), L.PReLU(shared_axes=[1]),
        L.BatchNormalization(center=False), L.Softmax(), L.Conv1D(3, 3, padding="causal", dilation_rate=2), L.Activation("swish"), L.ReLU(6.0),
        L.SimpleRNN(4), L.RepeatVector(3), L.Permute((2, 1)), L.EinsumDense("abc,cd->abd", output_shape=(None, 8), bias_axes="d"),
        L.GroupNormalization(4), L.UnitNormalization(), L.RMSNormalization(), L.Normalization(), L.Dense(8, trainable=False),
    ):
        y = one(y)
    y = L.GroupQueryAttention(4, 4, 2)(y, y) + L.MultiHeadAttention(2, 4, use_gate=True)(y, y, y) + L.Attention(use_scale=True)([y, y])
    return keras.Model(x, L.Flatten()(L.Subtract()([y, L.AdditiveAttention()([y, y])])))


def mobile() -> Any:
    return keras.applications.MobileNet((32, 32, 3), alpha=0.25, weights=None, classes=10)


def residual() -> Any:
    """Residual blocks of two widths, in stages, as in ResNet."""
    image = keras.Input((16, 16, 3))

    def normalized(x: Any, filters: int, kernel: int, strides: int = 1) -> Any:
        return L.BatchNormalization()(L.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False)(x))

    x = L.ReLU()(normalized(image, 8, 3))
    for filters, blocks, first in ((8, 3, 1), (16, 2, 2), (32, 4, 2)):
        for block in range(blocks):
            strides = first if block == 0 else 1
            side = x if x.shape[-1] == 4 * filters and strides == 1 else normalized(x, 4 * filters, 1, strides)
            inner = L.ReLU()(normalized(L.ReLU()(normalized(x, filters, 1, strides)), filters, 3))
            x = L.ReLU()(L.Add()([side, normalized(inner, 4 * filters, 1)]))
    return keras.Model(image, L.Dense(10, activation="softmax", name="label")(L.GlobalAveragePooling2D()(x)), name="small_resnet")


NETWORKS: dict[str, Callable[[], Any]] = {one.__name__: one for one in (
    plain, built_late, padded_text, two_towers, shared_layer, several_ways, frozen_base, models_in_models, encoder, translator, functions, oddments, mobile, residual,
)}
