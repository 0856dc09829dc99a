"""What TensorFlow lacks in half precision: `check` refuses what no machine computes, and a run says in a sentence what this one does not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nndsl.backend.keras.lower import instantiate
from nndsl.backend.keras.shortage import shortage_told
from nndsl.catalogue.activations import Sparsemax
from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.layers.preprocessing import (
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomShear,
    RandomTranslation,
    RandomZoom,
    Resizing,
)
from nndsl.catalogue.layers.reshaping import UpSampling2D
from nndsl.diagnostics import UserError
from tests.backend.trainings import COUNT, parts, trained

SCALING: list[tuple[type[Layer], dict[str, Any]]] = [(Resizing, {"height": 9, "width": 9}), (UpSampling2D, {"size": (2, 2)})]
OF_IMAGES = [
    RandomTranslation(height_factor=(-0.2, 0.2), width_factor=(-0.2, 0.2)), RandomRotation(factor=(-0.2, 0.2)), RandomZoom(height_factor=0.2),
    RandomShear(x_factor=0.2), RandomFlip(), RandomContrast(factor=0.2), *(kind(interpolation=one, **size) for one in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5") for kind, size in SCALING),
]


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
@pytest.mark.parametrize("component", OF_IMAGES, ids=str)
def test_gradients_are_missing_where_the_catalogue_says_so(component: Layer, half: str) -> None:
    layer, image = instantiate(component, dtype=half), tf.Variable(tf.ones((2, 6, 6, 3), half))

    def gradient() -> Any:
        with tf.GradientTape() as tape:
            result = tf.reduce_sum(tf.cast(layer(image, training=True), "float32"))
        return tape.gradient(result, image)

    compiled = tf.function(gradient, autograph=False)
    if half not in component.without_gradient_in():
        assert compiled().dtype == half
    elif getattr(component, "interpolation", None) == "bicubic":
        assert compiled() is None
    else:
        with pytest.raises((TypeError, tf.errors.InvalidArgumentError)):
            compiled()


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_sparsemax_is_compiled_where_the_catalogue_says_so(half: str) -> None:
    compute = tf.function(lambda: tf.keras.activations.sparsemax(tf.ones((2, 3), half)), autograph=False)
    if half in Sparsemax.not_computed_in:
        with pytest.raises(ValueError, match="Unsupported dtype"):
            compute()
    else:
        assert compute().dtype == half


VOLUMES = """
network Net {
  input x: float[4, 4, 4, 1]
  output label = x -> Conv3D(2, 1) -> LAYER -> Flatten -> Dense(3)
}
data Volumes {
  source = npz("data.npz")
  x      = source.x
  label  = source.label -> category(0, 1, 2)
  split  = column(part, train=0, validation=1, test=2)
}
train Task {
  model     = Net
  data      = Volumes
  loss      = crossentropy
  optimizer = SGD
  precision = mixed_float16
}
"""


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="there are kernels for GPUs")
@pytest.mark.parametrize(("layer", "operation"), [("MaxPool3D", "MaxPool3D"), ("Conv3DTranspose(2, 2, dilation_rate=2)", "conv_transpose")])
def test_a_run_says_what_this_machine_does_not_compute_and_leaves_nothing(layer: str, operation: str, tmp_path: Path) -> None:
    arrays = {"x": np.zeros((COUNT, 4, 4, 4, 1), "float32"), "label": np.arange(COUNT) % 3, "part": parts()}
    with pytest.raises(UserError, match=f"NN765: TensorFlow cannot compute {operation} in float16 on this machine"):
        trained(tmp_path, VOLUMES.replace("LAYER", layer), arrays)


def test_what_fails_for_another_reason_is_not_taken_for_it() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError), shortage_told():
        tf.reshape(tf.zeros(3), (2,))
