"""The networks and blocks that come with nndsl: they check, they say their sizes, and they compute what others' do."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nndsl
from nndsl.diagnostics import Report
from nndsl.driver import check
from nndsl.syntax import ast
from nndsl.syntax.parser import parse
from nndsl.syntax.reading import read_source

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SPECS = Path(__file__).resolve().parents[1] / "specs"
LIBRARY = sorted(SPECS.glob("std/**/*.nn"))
FILES = sorted(SPECS.rglob("*.nn"))
LONGEST_LINE = 130

APPLICATIONS = {
    "densenet121": "DenseNet121",
    "efficientnet_b0": "EfficientNetB0",
    "inception_v3": "InceptionV3",
    "mobilenet_v2": "MobileNetV2",
    "resnet50": "ResNet50",
    "vgg16": "VGG16",
}
"""Files that are networks of `keras.applications`, too."""


def name(path: Path) -> str:
    return path.relative_to(SPECS).with_suffix("").as_posix()


def definitions(path: Path) -> list[ast.Definition]:
    spec = parse(read_source(path), Report())
    return [one for one in spec.statements if isinstance(one, ast.Definition)]


NETWORKS = [(path, one) for path in FILES for one in definitions(path) if one.kind == "network"]
BLOCKS = [(path, one) for path in LIBRARY for one in definitions(path) if one.kind == "block"]


# What is written ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_that_comes_with_nndsl_checks_without_a_word(path: Path) -> None:
    assert [one.message for one in check(read_source(path))[1]] == []


@pytest.mark.parametrize(("path", "network"), NETWORKS, ids=[one.name for _, one in NETWORKS])
def test_a_network_states_its_parameters_and_where_it_comes_from(path: Path, network: ast.Definition) -> None:
    checks = [one.condition.span.text for one in network.body if isinstance(one, ast.Check)]
    assert any("params" in one or "trainable" in one for one in checks)
    assert network.documentation and path.read_text().startswith("# ")


@pytest.mark.parametrize(("path", "block"), BLOCKS, ids=[f"{path.stem}-{one.name}" for path, one in BLOCKS])
def test_a_block_of_the_library_says_what_it_is(path: Path, block: ast.Definition) -> None:
    assert block.documentation and block.documentation.endswith(".")


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_file_is_as_narrow_as_it_should_be(path: Path) -> None:
    assert max(map(len, path.read_text().splitlines())) <= LONGEST_LINE


def test_resnet_50_fits_in_40_lines() -> None:
    assert len((SPECS / "resnet50.nn").read_text().splitlines()) <= 40


# What is computed --------------------------------------------------------------------------------


def test_normalisation_by_neighbouring_channels_is_that_of_tensorflow() -> None:
    import tensorflow as tf

    program = nndsl.loads("""
from "std/convolution.nn" import LocalResponseNorm
network Norm { input x: float[3, 2, 7]
  output y = x -> LocalResponseNorm }
""")
    x = 100 * np.random.default_rng(1).normal(size=(4, 3, 2, 7)).astype("float32")
    expected = tf.nn.local_response_normalization(x, depth_radius=2, bias=2, alpha=1e-4, beta=0.75)
    np.testing.assert_allclose(program.model().predict(x, verbose=0), expected, rtol=1e-5)


def in_place(model: Any) -> list[Any]:
    """The layers with weights, in an order that depends on how they hang together, not on the order in which they were made.

    Layers are told apart by how many of their kind are at most before and after them, and by the shapes of their weights;
    those that are equal in all of this are branches beside each other, and stay in the order of the branches.
    """
    before = _depths(model.operations, lambda node: node.parent_nodes)
    after = _depths(model.operations[::-1], lambda node: node.outputs[0]._keras_history.operation._outbound_nodes)
    weighted = [one for one in model.operations if _weights(one)]
    return sorted(weighted, key=lambda one: (before[one], -after[one], [tuple(weight.shape) for weight in one.weights]))


def _depths(operations: Sequence[Any], neighbours: Any) -> dict[Any, int]:
    """For each operation, how many layers with weights there are at most on a way to it, it included."""
    depths: dict[Any, int] = {}
    for one in operations:
        reached = [depths.get(node.operation, 0) for node in neighbours(one._inbound_nodes[0])]
        depths[one] = max(reached, default=0) + bool(_weights(one))
    return depths


def _weights(layer: Any) -> list[Any]:
    """The variables of a layer, without the statistics of pixels that `Normalization` may keep as such."""
    return [] if type(layer).__name__ == "Normalization" else list(getattr(layer, "weights", []))


PIXELS = np.random.default_rng(1).uniform(0, 255, (2, 299, 299, 3)).astype("float32")


def _keras_application(title: str) -> tuple[Any, Any]:
    """A network of Keras, with images for it and weights that let differences between the images through to its end.

    What starts as zeros or ones is drawn at random, and batch statistics are those of the images.
    """
    import keras

    model = getattr(keras.applications, title)(weights=None)
    images = PIXELS[:, : model.input_shape[1], : model.input_shape[2]]
    generator = np.random.default_rng(0)
    for layer in model.layers:
        if type(layer).__name__ == "Normalization":
            layer.set_weights([np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]) ** 2, np.array(0)])
            layer.finalize_state()
        elif type(layer).__name__ == "BatchNormalization":
            layer.momentum = 0.0
    for weight in model.trainable_weights:
        if len(weight.shape) == 1:
            weight.assign(weight + generator.uniform(-0.5, 0.5, weight.shape))
    model(images, training=True)
    return model, images


@pytest.mark.slow
@pytest.mark.parametrize("stem", APPLICATIONS)
def test_a_network_gives_what_that_of_keras_gives_with_the_same_weights(stem: str) -> None:
    import keras

    theirs, images = _keras_application(APPLICATIONS[stem])
    ours = nndsl.load(SPECS / f"{stem}.nn").model()
    for mine, copied in zip(in_place(ours), in_place(theirs), strict=True):
        mine.set_weights([weight.numpy() for weight in copied.weights])
    assert [len(one.trainable_weights) for one in in_place(ours)] == [len(one.trainable_weights) for one in in_place(theirs)]
    expected = np.log(theirs.predict(images, verbose=0))
    assert np.abs(expected[0] - expected[1]).max() > 0.05, "outputs that hardly depend on the images would agree with any network's"
    np.testing.assert_allclose(np.log(ours.predict(images, verbose=0)), expected, rtol=1e-5, atol=1e-5)
    keras.backend.clear_session()
