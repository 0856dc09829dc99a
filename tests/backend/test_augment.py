"""Training examples are varied, others are not, and a resumed training varies them as if it had not stopped."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nndsl.backend.keras.augment import ReverseComplement, Shifted
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.learner import Learner, surroundings
from nndsl.backend.keras.lower import instantiate
from nndsl.catalogue.augmentations import Augmentation
from nndsl.driver import check
from nndsl.source import Source
from tests.backend.trainings import COUNT, parts, program, trained

RANDOM = np.random.default_rng(2)
DNA = np.eye(4, dtype="float32")[RANDOM.integers(0, 4, (COUNT, 9))]
ARRAYS: dict[str, Any] = {"sequence": DNA, "label": RANDOM.integers(0, 2, COUNT), "part": parts()}
FILE = """
data Table {
  source   = npz("data.npz")
  sequence = source.sequence
  label    = source.label -> category(0, 1)
  split    = column(part, train=0, validation=1, test=2)
  augment  = AUGMENT
}
network Net {
  input sequence: float[9, 4]
  output label = sequence -> Conv1D(4, 3, activation=relu) -> Flatten -> Dense(1, activation=sigmoid)
}
train Task {
  model     = Net
  data      = Table
  loss      = crossentropy
  optimizer = SGD(0.1)
  epochs    = 2
  batch     = 16
}
"""
BOTH = "[sequence -> reverse_complement(0.5), sequence -> shift(3)]"


def moved(one: Any, by: int) -> Any:
    """A sequence `[length, 4]`, moved, with zeros in the places left empty."""
    result = np.zeros_like(one)
    if by >= 0:
        result[by:] = one[: len(one) - by]
    else:
        result[:by] = one[-by:]
    return result


def test_the_other_strand_is_read_with_its_probability() -> None:
    one = np.repeat(DNA[:1], 400, axis=0)
    found = np.asarray(ReverseComplement(0.25)(one, training=True))
    other = (found == DNA[0, ::-1, ::-1]).all((1, 2))
    assert ((found == DNA[0]).all((1, 2)) | other).all()
    assert 0.15 < other.mean() < 0.35


def test_sequences_are_moved_by_every_number_of_places_and_no_other() -> None:
    one = np.repeat(DNA[:1], 200, axis=0)
    found = np.asarray(Shifted(2)(one, training=True))
    seen = {by for by in range(-2, 3) for each in found if (each == moved(DNA[0], by)).all()}
    assert seen == {-2, -1, 0, 1, 2}
    assert all(any((each == moved(DNA[0], by)).all() for by in seen) for each in found)


def test_nothing_is_varied_outside_of_training() -> None:
    for layer in (ReverseComplement(1.0), Shifted(3)):
        assert (np.asarray(layer(DNA)) == DNA).all()


def test_tokens_are_moved_too() -> None:
    tokens = np.arange(1, 11, dtype="int32")[None]
    assert np.asarray(Shifted(1)(np.repeat(tokens, 50, axis=0), training=True)).dtype == "int32"


def test_the_batches_of_training_are_varied(tmp_path: Path) -> None:
    training = program(tmp_path, FILE.replace("AUGMENT", BOTH), ARRAYS).training()
    dataset = training.data.load()
    with surroundings("float32", 1):
        types = {name: node.type for name, node in training.objectives[0].graph.inputs.items()}
        feed = Feed(dataset["train"].fields, types, 16, 1)
        learner = Learner(training, feed, 1)
        plain = feed.shuffled(tf.constant(0, tf.int64))["sequence"].numpy()
        varied = [learner._batch(tf.constant(0, tf.int64))["sequence"].numpy() for _ in range(2)]
    for batch in varied:
        for one, found in zip(plain, batch, strict=True):
            strands = (one, one[::-1, ::-1])
            assert any((found == moved(strand, by)).all() for strand in strands for by in range(-3, 4))
    assert (varied[0] != plain).any() and (varied[0] != varied[1]).any()


def test_a_resumed_training_varies_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    text = FILE.replace("AUGMENT", BOTH.replace("]", ", sequence -> GaussianNoise(0.1)]"))
    for name in ("whole", "part"):
        (tmp_path / name).mkdir()
    whole = trained(tmp_path / "whole", text, ARRAYS)
    part = trained(tmp_path / "part", text, ARRAYS, epochs=1)
    assert trained(tmp_path / "part", text, ARRAYS, epochs=2, resume=part.folder).history == whole.history


def test_images_are_varied_by_the_layers_of_keras(tmp_path: Path) -> None:
    text = FILE.replace("sequence", "image").replace("AUGMENT", "[image -> RandomFlip(horizontal) -> RandomTranslation(0.2, 0.2)]")
    text = text.replace("image: float[9, 4]", "image: float[9, 4, 1]").replace("Conv1D", "Conv2D")
    arrays = {"image": DNA[..., None], "label": ARRAYS["label"], "part": ARRAYS["part"]}
    assert trained(tmp_path, text, arrays).status == "finished"


def test_every_augmentation_has_a_layer() -> None:
    for one in Augmentation.registered():
        arguments = {name: 1 for name in one.required()}
        assert isinstance(instantiate(one.build(**arguments)), keras.Layer)


def test_what_augments_leaves_the_names_of_fields_to_the_network(tmp_path: Path) -> None:
    """The fields of the data keep their types."""
    np.savez(tmp_path / "data.npz", **ARRAYS)
    text = FILE.replace("AUGMENT", BOTH)
    plain, _ = check(Source("net.nn", FILE.replace("  augment  = AUGMENT\n", ""), tmp_path / "net.nn"))
    varied, report = check(Source("net.nn", text, tmp_path / "net.nn"))
    assert not list(report)
    assert {name: one.type for name, one in varied.data["Table"].fields.items()} == {
        name: one.type for name, one in plain.data["Table"].fields.items()
    }
