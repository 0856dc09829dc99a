"""The blocks of the library compute what their papers say."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

import nndsl

Array = NDArray[Any]

SPECS = Path(__file__).parents[1] / "specs"
RANDOM = np.random.default_rng(1)


def output(text: str, x: Array) -> Array:
    """What the network of a text makes of its one input."""
    return np.asarray(nndsl.loads(text).model()(x, training=False))


def test_sinusoidal_positions_are_those_of_the_paper() -> None:
    x = np.zeros((2, 9, 6), np.float32)
    found = output("""
        from "std/positions.nn" import SinusoidalPositions
        network N {
          input x: float[L, 6]
          output y = x -> SinusoidalPositions
        }""", x)
    for position in range(9):
        for pair in range(3):
            angle = position / 10000 ** (2 * pair / 6)
            np.testing.assert_allclose(found[:, position, 2 * pair], np.sin(angle), atol=1e-5)
            np.testing.assert_allclose(found[:, position, 2 * pair + 1], np.cos(angle), atol=1e-5)


def test_rotary_positions_turn_pairs_of_channels() -> None:
    x = RANDOM.normal(size=(2, 7, 3, 4)).astype(np.float32)
    found = output("""
        from "std/positions.nn" import RotaryPositions
        network N {
          input x: float[L, 3, 4]
          output y = x -> RotaryPositions
        }""", x)
    angles = np.arange(7)[:, None, None] / 10000 ** (np.arange(0, 4, 2) / 4)
    turned = (x[..., 0::2] + 1j * x[..., 1::2]) * np.exp(1j * angles)
    np.testing.assert_allclose(found[..., 0::2] + 1j * found[..., 1::2], turned, atol=1e-5)


def test_learnt_positions_refuse_a_text_that_is_longer_than_they_are() -> None:
    text = """
        from "std/positions.nn" import LearntPositions
        network N {{
          input words: int[{length}] < 9
          output y = words -> Embedding(9, 4) -> LearntPositions(20)
        }}"""
    nndsl.loads(text.format(length=20))
    with pytest.raises(nndsl.Refused, match="the sequence has 21 positions, and its positional encoding only 20"):
        nndsl.loads(text.format(length=21))


@pytest.mark.parametrize(("block", "arguments", "causal"), [
    ("std/transformer.nn", "PreNormEncoderLayer(2, 8, causal=true)", True), ("std/transformer.nn", "EncoderLayer(2, 8)", False),
    ("std/attention.nn", "RotaryAttention(2)", True), ("std/attention.nn", "RotaryAttention(2, causal=false)", False),
])
def test_causal_attention_does_not_see_what_comes_later(block: str, arguments: str, causal: bool) -> None:
    model = nndsl.loads(f"""
        from "{block}" import {arguments.partition("(")[0]}
        network N {{
          input x: float[L, 4]
          output y = x -> {arguments}
        }}""").model()
    x = RANDOM.normal(size=(1, 6, 4)).astype(np.float32)
    later = x.copy()
    later[:, 4:] += 1
    change = np.abs(np.asarray(model(x)) - np.asarray(model(later)))[0].max(axis=-1)
    assert (change[4:] > 1e-4).all()
    assert (change[:4] < 1e-5).all() == causal


def test_an_embedding_that_is_tied_scores_vectors_by_their_products_with_those_of_the_ids() -> None:
    model = nndsl.loads("""
        network N {
          input words: int[T] < 7
          input h: float[T, 3]
          layer embed = ReversibleEmbedding(7, 3)
          output vectors = words -> embed
          output scores = h -> embed
          check params == 21
        }""").model()
    h = RANDOM.normal(size=(2, 4, 3)).astype(np.float32)
    found = model({"words": np.arange(7)[None, :4].repeat(2, axis=0), "h": h})
    (matrix,) = (np.asarray(one) for one in model.weights)
    np.testing.assert_allclose(np.asarray(found["vectors"])[0], matrix[:4])
    np.testing.assert_allclose(np.asarray(found["scores"]), h @ matrix.T, atol=1e-6)


@pytest.mark.parametrize("layer", ["Embedding(9, 4)", "ReversibleEmbedding(9, 4)"])
def test_padding_counts_for_nothing_behind_an_embedding(layer: str) -> None:
    model = nndsl.loads(f"""
        network N {{
          input words: int[T] < 9, padding=0
          output y = words -> {layer} -> GRU(5) -> Dense(1)
        }}""").model()
    short, padded = np.array([[3, 1, 8]]), np.array([[3, 1, 8, 0, 0]])
    np.testing.assert_allclose(np.asarray(model(short)), np.asarray(model(padded)), atol=1e-6)


@pytest.mark.parametrize("rest", [
    "h -> SinusoidalPositions -> PreNormEncoderLayer(2, 8, activation=gelu(approximate=true)) -> GlobalAvgPool1D",
    "h * 2 -> LearntPositions(9) -> EncoderLayer(2, 8) * 2 -> LSTM(3)", "h -> AttentionPooling",
])
def test_padding_counts_for_nothing_behind_positions_and_attention(rest: str, tmp_path: Path) -> None:
    """Also in a model that was saved: the mask is a part of it."""
    model = nndsl.loads(f"""
        from "std/positions.nn" import LearntPositions, SinusoidalPositions
        from "std/transformer.nn" import EncoderLayer, PreNormEncoderLayer
        from "std/attention.nn" import AttentionPooling
        block Rest() {{
          input h: [T, 4]
          {rest}
        }}
        network N {{
          input words: int[T] < 9, padding=0
          output y = words -> Embedding(9, 4) -> Rest
        }}
    """).model()
    short, padded = np.array([[3, 1, 8]]), np.array([[3, 1, 8, 0, 0]])
    model.save(tmp_path / "model.keras")
    for one in (model, keras.models.load_model(tmp_path / "model.keras")):
        np.testing.assert_allclose(np.asarray(one(short)), np.asarray(one(padded)), atol=1e-5)


READERS = {
    "a layer": "Conv1D(6, 5, activation=tanh)",
    "a padded layer": "Conv1D(6, 5, padding=same, activation=relu)",
    "a chain": "Conv1D(6, 5) -> BatchNorm -> relu -> Conv1D(3, 3)",
    "windows that meet from both ends": "Conv1D(6, 5, activation=relu) -> MaxPool1D(2)",
    "both directions": "Bidirectional(GRU(4, return_sequences=true), merge_mode=sum)",
    "pooled": "Conv1D(6, 5, activation=tanh) -> GlobalMaxPool1D -> Dense(2)",
    "a whole network": "DeepBind(motifs=4, length=6, hidden=5)",
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_both_strands_of_a_sequence_read_the_same_backwards(reader: str) -> None:
    """f(rc(x)) = rc(f(x)), whatever reads, and for what has no places, f(rc(x)) = f(x); each with weights that are drawn at random."""
    model = nndsl.loads(f"""
        from "std/genomics.nn" import BothStrands
        from "{(SPECS / "deepbind.nn").as_posix()}" import DeepBind
        network N {{
          input x: float[30, 4]
          output y = x -> BothStrands({reader})
          output one = x -> DeepBind
        }}""").model()
    for weight in model.weights:
        weight.assign(RANDOM.normal(size=weight.shape) ** 2 if "variance" in weight.name else RANDOM.normal(size=weight.shape))
    x = np.eye(4, dtype=np.float32)[RANDOM.integers(0, 4, (3, 30))]
    read, other = (np.asarray(model(one, training=False)["y"]) for one in (x, x[:, ::-1, ::-1]))
    np.testing.assert_allclose(other, read[:, ::-1] if read.ndim > 2 else read, atol=1e-5)
    assert np.ptp(read) > 0.01
    if read.ndim > 2:
        assert abs(other - read).max() > 0.01  # it tells the strands apart by place alone


def test_a_maxout_unit_is_the_largest_of_its_pieces() -> None:
    model = nndsl.loads("""
        from "std/maxout.nn" import Maxout
        network N {
          input x: float[5]
          output y = x -> Maxout(3, pieces=2)
        }""").model()
    x = RANDOM.normal(size=(4, 5)).astype(np.float32)
    kernel, bias = (np.asarray(one) for one in model.weights)
    np.testing.assert_allclose(np.asarray(model(x)), (x @ kernel + bias).reshape(4, 3, 2).max(-1), rtol=1e-5, atol=1e-6)
