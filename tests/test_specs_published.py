"""Published networks, filled with their published weights, give their published outputs.

The weights, and outputs of the programs that they came with, are those of mmsplice 2.4.0 and adpred 1.3.2 (both MIT, see
`data/published/`); nobody of this project made them.
"""

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

@cache
def read(name: str) -> dict[str, Array]:
    with np.load(PUBLISHED / f"{name}.npz") as archive:
        return dict(archive)


def filled(network: str) -> keras.Model:
    """The network with the published weights, as its spec maps them."""
    name = "adpred" if network == "ADpred" else "mmsplice"
    return nndsl.load(ROOT / "specs" / f"{name}.nn", published=str(PUBLISHED / f"{name}_weights_MIT.npz")).model(network)


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
