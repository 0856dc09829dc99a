"""Published networks, filled with their published weights, give their published outputs.

The weights, and outputs of the programs that they came with, are those of mmsplice 2.4.0 and adpred 1.3.2 (both MIT, see
`data/published/`); nobody of this project made them.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

import nndsl

Array = NDArray[Any]

ROOT = Path(__file__).parents[1]
PUBLISHED = Path(__file__).parent / "data" / "published"

LAYERS: dict[str, dict[str, str]] = {
    "Acceptor": {
        "conv1d": "convSpliceSite", "batch_normalization": "batch_normalization_1", "conv1d_1": "conv1by1",
        "batch_normalization_1": "batch_normalization_2", "dense": "denseSS",
    },
    "Donor": {
        "dense": "dense1", "batch_normalization": "batch_normalization_1", "dense_1": "dense2",
        "batch_normalization_1": "batch_normalization_2", "dense_2": "dense_1",
    },
    "Exon": {"conv1d": "conv", "batch_normalization": "batch_normalization_1", "dense": "dense3"},
    "Intron3": {"conv1d": "conv", "dense": "dense3"},
    "Intron5": {"conv1d": "conv", "dense": "dense5"},
    "ADpred": {"conv2d": "conv2d_1", "dense": "dense_1", "dense_1": "dense_2", "dense_2": "dense_3"},
}
"""For each network, the published name of each of its layers that has weights."""


@cache
def read(name: str) -> dict[str, Array]:
    with np.load(PUBLISHED / f"{name}.npz") as archive:
        return dict(archive)


def parts(network: str) -> Iterator[tuple[str, Array]]:
    """The published weights of a network, each with its name, `layer/weight`."""
    if network == "ADpred":
        yield from read("adpred_weights_MIT").items()
        return
    for name, values in read("mmsplice_weights_MIT").items():
        owner, _, weight = name.partition("/")
        if owner == network:
            yield weight, values


def filled(network: str) -> keras.Model:
    """The network with the published weights: each of them goes somewhere, and none of its own is left."""
    model: keras.Model = nndsl.load(ROOT / "specs" / ("adpred.nn" if network == "ADpred" else "mmsplice.nn")).model(network)
    variables = {f"{LAYERS[network][layer.name]}/{one.name}": one for layer in model.layers for one in layer.weights
                 if not isinstance(layer, keras.layers.Dropout)}
    published = dict(parts(network))
    assert variables.keys() == published.keys()
    for name, variable in variables.items():
        variable.assign(published[name])
    return model


def one_hot(sequences: Array, alphabet: str) -> Array:
    return np.array([[[letter == one for one in alphabet] for letter in sequence] for sequence in sequences], np.float32)


def outputs(model: keras.Model, inputs: Array) -> Array:
    return np.asarray(model(inputs, training=False))



@pytest.mark.parametrize(("network", "sequences", "scores"), [
    ("Acceptor", "acceptor_seq", "acceptor_y"), ("Donor", "donor_seq", "donor_y"), ("Exon", "free_seq", "exon_y"),
    ("Intron3", "free_seq", "intron3_y"),
])
def test_a_module_of_mmsplice_gives_its_published_scores(network: str, sequences: str, scores: str) -> None:
    published = read("mmsplice_io")
    found = outputs(filled(network), one_hot(published[sequences], "ACGT"))
    np.testing.assert_allclose(found, published[scores].reshape(found.shape), atol=1e-5, rtol=0)


def test_the_module_of_mmsplice_without_published_scores_takes_its_published_weights() -> None:
    """Both modules of introns are one network, whose scores the other proves."""
    intron5, intron3 = filled("Intron5"), filled("Intron3")
    sequences = one_hot(read("mmsplice_io")["free_seq"], "ACGT")
    assert abs(outputs(intron5, sequences) - outputs(intron3, sequences)).min() > 1e-3
    for ours, theirs in zip(intron5.weights, intron3.weights, strict=True):
        ours.assign(theirs)
    np.testing.assert_array_equal(outputs(intron5, sequences), outputs(intron3, sequences))


def test_padding_of_an_exon_does_not_count() -> None:
    model, published = filled("Exon"), read("mmsplice_io")
    sequences = one_hot(published["free_seq"], "ACGT")
    padded = np.concatenate([sequences, np.zeros((len(sequences), 40, 4), np.float32)], axis=1)
    np.testing.assert_allclose(outputs(model, padded), outputs(model, sequences), atol=1e-5)


def test_adpred_gives_its_published_probabilities() -> None:
    published = read("adpred_io")
    residues = one_hot(published["seq"], "RHKDESTNQAVLIMFYWCGP")
    coil = np.broadcast_to(np.array([0, 0, 1], np.float32), (*residues.shape[:2], 3))
    inputs = np.concatenate([residues, coil], axis=-1)[..., np.newaxis]
    np.testing.assert_allclose(outputs(filled("ADpred"), inputs), published["y"], atol=1e-5, rtol=0)
