"""What TensorFlow lacks in half precision: `check` refuses what no machine computes, and a run says in a sentence what this one does not."""

from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

from nndsl.backend.keras.lower import instantiate
from nndsl.backend.keras.optimize import optimizer
from nndsl.backend.keras.shortage import shortage_told
from nndsl.catalogue.applicable import Applicable, Function, Layer
from nndsl.catalogue.component import Component
from nndsl.catalogue.training import Optimizer
from nndsl.catalogue.weights import Constraint, Initializer, Regularizer
from nndsl.diagnostics import UserError
from tests.backend.trainings import blobs, trained

SCALINGS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
OTHERS = ("float16", "bfloat16", "float64")
CALLS: dict[str, tuple[tuple[int, ...], list[dict[str, Any]]]] = {
    "RandomTranslation": ((2, 6, 6, 3), [{"height_factor": 0.2, "width_factor": 0.2}]), "RandomRotation": ((2, 6, 6, 3), [{"factor": 0.2}]),
    "RandomZoom": ((2, 6, 6, 3), [{"height_factor": 0.2}]), "RandomShear": ((2, 6, 6, 3), [{"x_factor": 0.2}]),
    "RandomFlip": ((2, 6, 6, 3), [{}]), "RandomContrast": ((2, 6, 6, 3), [{"factor": 0.2}]),
    "Resizing": ((2, 6, 6, 3), [{"height": 9, "width": 9, "interpolation": one} for one in SCALINGS]),
    "UpSampling2D": ((2, 6, 6, 3), [{"interpolation": one} for one in SCALINGS]),
    "MaxPooling3D": ((2, 4, 4, 4, 1), [{}]), "AdaptiveMaxPooling3D": ((2, 4, 4, 4, 1), [{"output_size": 2}]),
    "sparsemax": ((2, 3), [{}]), "exp2": ((2, 3), [{}]), "log2": ((2, 3), [{}]),
}
"""Components, with the shape of an operand, and arguments."""
MADE = [(family.find(name).build(**one), shape) for name, (shape, some) in CALLS.items() for family in (Layer, Function) if family.find(name) for one in some]  # type: ignore[union-attr]


def test_all_that_lacks_something_is_tried() -> None:
    lacking = {one for one in Applicable.members.values() if issubclass(one, Applicable) and (one.not_computed_in or one.without_gradient_in is not Applicable.without_gradient_in)}
    assert {one for one in lacking if not one.__name__.startswith("_")} <= {type(one) for one, _ in MADE}


@pytest.mark.parametrize("dtype", OTHERS)
@pytest.mark.parametrize(("component", "shape"), MADE, ids=lambda one: str(one) if isinstance(one, Applicable) else "")
def test_what_is_missing_in_a_precision_is_what_the_catalogue_says(component: Applicable, shape: tuple[int, ...], dtype: str) -> None:
    layer = instantiate(component, dtype=dtype) if isinstance(component, Layer) else getattr(keras.ops, component.called())
    tensor = tf.ones(shape, dtype)

    def gradient() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            result = tf.reduce_sum(layer(tensor, training=True) if getattr(layer, "_call_has_training_arg", False) else layer(tensor))
        return tape.gradient(result, tensor)

    compiled = tf.function(gradient, autograph=False).get_concrete_function
    if dtype not in (*component.not_computed_in, *component.without_gradient_in()):
        assert compiled().output_dtypes == dtype
    elif getattr(component, "interpolation", None) == "bicubic":
        assert compiled().output_dtypes is None
    else:
        with pytest.raises((TypeError, ValueError, tf.errors.InvalidArgumentError)):
            compiled()


@pytest.mark.parametrize("dtype", OTHERS)
@pytest.mark.parametrize("component", [*Initializer.registered(), *Regularizer.registered(), *Constraint.registered()], ids=str)
def test_what_is_missing_about_weights_in_a_precision_is_what_the_catalogue_says(component: type[Component], dtype: str) -> None:
    made = instantiate(component(**{name: 1.0 for name in component.required()}))
    compute = tf.function(lambda: made((4, 4), dtype=dtype) if issubclass(component, Initializer) else made(tf.ones((4, 4), dtype)), autograph=False)
    if dtype in component.not_computed_in:
        with pytest.raises(TypeError):
            compute.get_concrete_function()
    else:
        compute.get_concrete_function()


@pytest.mark.parametrize("dtype", OTHERS)
@pytest.mark.parametrize("component", Optimizer.registered(), ids=str)
def test_what_an_optimizer_lacks_in_a_precision_is_what_the_catalogue_says(component: type[Optimizer], dtype: str) -> None:
    made, weights = optimizer(component.build(learning_rate=0.1), 10, 10), keras.Variable(tf.ones((4, 4), dtype), dtype=dtype)
    made.build([weights])
    step = tf.function(lambda: made.apply([tf.ones((4, 4), dtype)], [weights]), autograph=False)
    if dtype in component.not_computed_in:
        with pytest.raises(TypeError):
            step.get_concrete_function()
    else:
        step.get_concrete_function()


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="there are kernels for GPUs")
@pytest.mark.parametrize(("layer", "operation"), [("MaxPool3D((2, 2, 1))", "MaxPool3D"), ("Conv3DTranspose(2, 2, dilation_rate=2)", "conv_transpose")])
def test_a_run_says_what_this_machine_does_not_compute(layer: str, operation: str, tmp_path: Path) -> None:
    text = blobs(more="precision = mixed_float16").replace("x -> Dense(8, activation=relu)", f"x -> Reshape([2, 2, 1, 1]) -> Conv3D(2, 1) -> {layer} -> Flatten")
    with pytest.raises(UserError, match=f"NN765: TensorFlow cannot compute {operation} in float16 on this machine"):
        trained(tmp_path, text)


def test_what_fails_for_another_reason_is_not_taken_for_it() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError), shortage_told():
        tf.reshape(tf.zeros(3), (2,))
