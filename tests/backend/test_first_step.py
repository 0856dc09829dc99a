"""What makes the first step come early changes no number, and a person is told of a first step that is long in coming."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import config as determinism

from nndsl.backend.keras import adam, engine
from nndsl.backend.keras.compilation import wait_told
from nndsl.backend.keras.learner import surroundings
from nndsl.backend.keras.objective import example_losses

SHAPES = ((3, 4), (4,), (), (2, 3, 1, 5), (7,))


def _stepped(kind: type[keras.Optimizer], dtype: str, table: bool, settings: dict[str, Any]) -> tuple[list[bytes], int]:
    """All variables after some steps, as bytes; and how many operations a step has."""
    chance = np.random.default_rng(1)
    variables = [keras.Variable(chance.normal(size=shape), dtype=dtype) for shape in SHAPES]
    optimizer = kind(**settings)
    optimizer.build(variables)

    def step(gradients: list[Any]) -> None:
        rows = tf.IndexedSlices(gradients[0][:2], tf.constant([2, 0]), tf.constant(SHAPES[0])) if table else gradients[0]
        optimizer.apply([rows, *gradients[1:]], variables)

    compiled = tf.function(step, autograph=False)
    for size in (1.0, 1e-7, 1e4, 1.0):
        gradients = [tf.constant(size * chance.normal(size=shape), dtype) for shape in SHAPES]
        compiled(gradients)
    operations = compiled.get_concrete_function(gradients).graph.get_operations()
    return [np.asarray(one).tobytes() for one in (*variables, *optimizer.variables)], len(operations)


@pytest.mark.parametrize(
    ("name", "dtype", "settings"),
    [
        ("Adam", "float32", {}), ("Adam", "float32", {"learning_rate": 3e-4, "beta_1": 0.5, "clipnorm": 1.0}), ("Adam", "float32", {"amsgrad": True}),
        ("AdamW", "float32", {"weight_decay": 0.01, "use_ema": True}), ("Adam", "float64", {"epsilon": 1e-4}), ("Adam", "bfloat16", {}),
        ("Adam", "float32", {"gradient_accumulation_steps": 3}),
        ("Adam", "float32", {"learning_rate": keras.optimizers.schedules.CosineDecay(0.1, 20)}),
    ],
)
@pytest.mark.parametrize("table", [False, True])
def test_adam_gives_the_bits_of_keras(name: str, dtype: str, settings: dict[str, Any], table: bool) -> None:
    ours, _ = _stepped(getattr(adam, name), dtype, table, settings)
    theirs, _ = _stepped(getattr(keras.optimizers, name), dtype, table, settings)
    assert ours == theirs


def test_adam_is_fewer_operations_than_that_of_keras() -> None:
    assert _stepped(adam.Adam, "float32", False, {})[1] < 0.7 * _stepped(keras.optimizers.Adam, "float32", False, {})[1]


def test_tensors_are_finite_if_each_number_is() -> None:
    good = [tf.ones(shape) for shape in SHAPES]
    assert engine.all_finite(good)
    assert engine.all_finite([])
    for bad in (float("nan"), float("inf"), -float("inf")):
        for place, shape in enumerate(SHAPES):
            one = np.ones(shape, np.float32)
            one.flat[-1:] = bad
            assert not engine.all_finite([*good[:place], tf.constant(one), *good[place + 1 :]])


@pytest.mark.parametrize("loss", [keras.losses.SparseCategoricalCrossentropy(from_logits=True), keras.losses.CategoricalCrossentropy(from_logits=True)])
def test_a_cross_entropy_is_one_operation_and_what_is_deterministic_stays_so(loss: keras.losses.Loss) -> None:
    logits = tf.constant(np.random.default_rng(1).normal(size=(6, 4)), tf.float32)
    target: Any = tf.constant([0, 1, 2, 3, 0, 1])
    if isinstance(loss, keras.losses.CategoricalCrossentropy):
        target = tf.one_hot(target, 4)
    with surroundings("float32", 0):
        compiled = tf.function(lambda: example_losses(loss, target, logits), autograph=False)
        fused = compiled()
        assert determinism.is_op_determinism_enabled()
        apart = loss.call(target, logits)
    kinds = {one.type for one in compiled.get_concrete_function().graph.get_operations()}
    assert any("SoftmaxCrossEntropyWithLogits" in kind for kind in kinds) == (not tf.config.get_visible_devices("GPU"))
    np.testing.assert_allclose(fused, apart, rtol=1e-6)


def test_a_long_wait_is_told_before_it_begins() -> None:
    assert wait_told(1.0, 100) is None
    assert wait_told(15.5, 1_004) == "the first step comes in about 1 min 40 s: TensorFlow compiles a step of 1,004 calls before"
