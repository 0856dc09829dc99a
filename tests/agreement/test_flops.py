"""Operations counted by the catalogue against those that TensorFlow's profiler counts, where both count alike."""

from typing import Any

import keras
import pytest
import tensorflow as tf
from tensorflow.python.profiler import option_builder

from nndsl.backend.keras.lower import instantiate
from nndsl.catalogue.activations import Softmax
from nndsl.catalogue.applicable import Layer, infer
from nndsl.catalogue.layers.convolution import Conv1D, Conv2D, Conv3D, DepthwiseConv2D, SeparableConv2D
from nndsl.catalogue.layers.core import Dense
from nndsl.catalogue.layers.pooling import AveragePooling2D, MaxPooling2D
from nndsl.catalogue.layers.reshaping import Flatten, ZeroPadding2D
from nndsl.types import TensorType

IMAGE = TensorType("float32", (12, 10, 6))
SEQUENCE = TensorType("float32", (20, 4))


def profiled(layer: Any, operand: TensorType) -> int:
    """What the profiler counts for one example."""
    frozen = tf.function(layer).get_concrete_function(tf.TensorSpec((1, *operand.shape), operand.dtype))
    options = option_builder.ProfileOptionBuilder(option_builder.ProfileOptionBuilder.float_operation()).with_empty_output().build()
    return int(tf.compat.v1.profiler.profile(frozen.graph, options=options).total_float_ops)


@pytest.mark.parametrize(
    ("layer", "operand"),
    [
        (Dense(7), TensorType("float32", (5,))),
        (Dense(7, use_bias=False), TensorType("float32", (5,))),
        (Conv1D(8, 3, use_bias=False), SEQUENCE),
        (Conv2D(8, 3), IMAGE),
        (Conv2D(8, (3, 5), strides=2, padding="same"), IMAGE),
        (Conv3D(4, 2), TensorType("float32", (5, 6, 7, 3))),
        (DepthwiseConv2D(3, depth_multiplier=2), IMAGE),
        (SeparableConv2D(8, 3), IMAGE),
        (MaxPooling2D(2), IMAGE),
        (AveragePooling2D((3, 2), strides=1), IMAGE),
        (Flatten(), IMAGE),
        (ZeroPadding2D(1), IMAGE),
    ],
    ids=repr,
)
def test_a_layer_costs_what_the_profiler_of_tensorflow_counts(layer: Layer, operand: TensorType) -> None:
    results = infer(layer, (operand,))
    made = instantiate(layer)
    made(keras.ops.zeros((1, *operand.shape), operand.dtype))
    assert layer.flops((operand,), results) == profiled(made, operand)


def test_an_activation_of_a_layer_is_counted_with_it() -> None:
    operand = TensorType("float32", (5,))
    plain, active = Dense(7), Dense(7, activation=Softmax())
    difference = active.flops((operand,), infer(active, (operand,))) - plain.flops((operand,), infer(plain, (operand,)))
    result = infer(plain, (operand,))
    assert difference == Softmax().flops(result, result) != 0
