"""What is computed again on the way back instead of being kept: the weights learn the same, and less is kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nndsl.backend.keras.checkpoint import Checkpoints
from nndsl.memory import needed
from tests.backend.trainings import parts, program, trained

CHANCE = np.random.default_rng(4)
BLOCKS = {
    "chance and statistics": "block Part {\n  input x: [4]\n  output y = x -> Dense(4) -> BatchNorm -> relu -> Dropout(0.3)\n}",
    "several results, and one that is not a number": """block Part {
  input x: [4]
  h = x -> Dense(4, activation=tanh)
  chosen = argmax(h, axis=-1, keepdims=true)
  output y = h * cast(chosen, float32) + h
}""",
    "a penalty on results": """block Part {
  input x: [4]
  output y = x -> Dense(4, activity_regularizer=L2(0.01), kernel_regularizer=L2(0.01)) -> relu
}""",
}
TRAINED = """
data Examples {
  source = npz("data.npz")
  FIELD
  label  = source.label -> category(0, 1, 2)
  split  = column(part, train=0, validation=1, test=2)
}
train Task {
  model     = Net
  data      = Examples
  loss      = crossentropy
  optimizer = SGD(0.1)
  batch     = 16
  epochs    = 2
  SETTING
}
"""
TABLE = TRAINED.replace("FIELD", "x = source.x") + """
network Net {
  input x: float[4]
  output label = x -> Part -> Part -> Dense(3, activation=softmax)
}
"""
TEXTS = TRAINED.replace("FIELD", "words = source.words -> words(length=7, vocabulary=9)") + """
block Reader {
  input h: [L, 6]
  output y = h -> LSTM(5) -> Dense(4)
}
network Net {
  input words: int[L] < 9, padding=0
  output label = words -> Embedding(9, 6) -> Reader -> Dense(3, activation=softmax)
}
"""
DEEP = TRAINED.replace("FIELD", "x = source.x") + """
block Part {
  input x: [64]
  output y = x -> Dense(256, activation=relu) -> Dense(64)
}
network Net {
  input x: float[64]
  output label = x -> Part * 8 -> Dense(3, activation=softmax)
}
"""
ARRAYS = {
    "x": CHANCE.normal(size=(52, 4)).astype("float32"), "label": CHANCE.integers(0, 3, 52), "part": parts(),
    "words": np.array([" ".join(CHANCE.choice(list("abcdefg"), count)) for count in CHANCE.integers(1, 8, 52)]),
}


def state(folder: Path, text: str) -> dict[str, Any]:
    """Everything that a training ends with."""
    checkpoint, _ = Checkpoints(trained(folder, text, ARRAYS).folder / "checkpoints").newest()
    return checkpoint.arrays


def assert_alike(text: str, block: str, tmp_path: Path) -> None:
    kept = state(tmp_path / "kept", text.replace("SETTING", ""))
    again = state(tmp_path / "again", text.replace("SETTING", f"remat = {block}"))
    assert kept.keys() == again.keys()
    for name, value in kept.items():
        np.testing.assert_allclose(again[name], value, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_weights_statistics_and_chance_are_those_of_a_training_that_keeps_everything(block: str, tmp_path: Path) -> None:
    assert_alike(TABLE + block, "Part", tmp_path)


def test_the_gradients_of_a_block_over_masked_positions_are_the_same(tmp_path: Path) -> None:
    assert_alike(TEXTS, "Reader", tmp_path)


def test_of_blocks_that_are_computed_again_one_at_a_time_is_expected_in_memory(tmp_path: Path) -> None:
    arrays = {**ARRAYS, "x": np.zeros((52, 64), "float32")}
    plain, again = (program(tmp_path, DEEP.replace("SETTING", one), arrays).training() for one in ("", "remat = [Part]"))
    expected, less = needed(plain), needed(again)
    assert expected is not None and less is not None
    hidden = [one for one in plain.objectives[0].graph.nodes if one.scope and one.type.shape == (256,)]
    assert expected.activations - less.activations == len(hidden) * 7 // 8 * 256 * 4 * 16
