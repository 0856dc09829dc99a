"""Trainings in tests: a `.nn` text and arrays in memory, checked, and trained without anybody being told."""

from pathlib import Path
from typing import Any

import numpy as np

from nndsl.backend.keras.train import train
from nndsl.driver import check
from nndsl.program import Program
from nndsl.progress import Progress
from nndsl.run import Run
from nndsl.source import Source

CHANCE = np.random.default_rng(11)
COUNT = 52
"""With a split of 36, 8 and 8, and batches of 16: the last batch of an epoch has 4 examples."""

BLOBS = """
network Net {
  input x: float[4]
  output label = x -> Dense(8, activation=relu) -> Dropout(0.2) -> Dense(3, activation=softmax)
}

data Blobs {
  source = npz("data.npz")
  x      = source.x
  label  = source.label -> category(0, 1, 2)
  split  = column(part, train=0, validation=1, test=2)
}

train Task {
  model     = Net
  data      = Blobs
  loss      = crossentropy
  optimizer = SETTING_optimizer
  metrics   = [accuracy]
  epochs    = SETTING_epochs
  batch     = 16
  SETTING_more
}
"""
"""A small classification; `blobs` fills in the settings."""


def parts(count: int = COUNT) -> Any:
    """Which examples are for training, validation and test."""
    return np.repeat([0, 1, 2], [count - 16, 8, 8])


def blobs(optimizer: str = "Adam(learning_rate=0.02)", epochs: int = 2, more: str = "") -> str:
    return BLOBS.replace("SETTING_optimizer", optimizer).replace("SETTING_epochs", str(epochs)).replace("SETTING_more", more)


def blob_arrays() -> dict[str, Any]:
    """Three classes of points that lie apart."""
    random = np.random.default_rng(5)
    label = random.integers(0, 3, COUNT)
    return {"x": (random.normal(size=(COUNT, 4)) + 2 * label[:, None]).astype("float32"), "label": label, "part": parts()}


def program(folder: Path, text: str, arrays: dict[str, Any] | None = None) -> Program:
    """The program of a text in `folder`, whose data are there too."""
    write(folder, text, arrays)
    checked, report = check(Source("net.nn", text, folder / "net.nn"))
    report.raise_errors()
    return checked


def write(folder: Path, text: str, arrays: dict[str, Any] | None = None) -> Path:
    """Write `net.nn` and `data.npz`, of the blobs if there are no others."""
    folder.mkdir(exist_ok=True)
    np.savez(folder / "data.npz", **(arrays or blob_arrays()))
    (folder / "net.nn").write_text(text, encoding="utf-8")
    return folder / "net.nn"


def trained(folder: Path, text: str | None = None, arrays: dict[str, Any] | None = None, **settings: Any) -> Run:
    """The run of a text, in `folder / "runs"`."""
    checked = program(folder, text or blobs(), arrays)
    return train(checked, checked.training(), folder=folder / "runs", **{"progress": Progress(), **settings})
