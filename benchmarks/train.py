"""Training by nndsl's loop against `model.fit`: the same network, written by hand, on the same arrays, with the same settings.

Both measure the validation examples after each epoch. nndsl also writes its run folder, which `fit` does not, and this
counts in the whole time; an epoch in the steady state is one after the first, which compiles.
"""

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import nndsl
from benchmarks.by_hand import BY_HAND
from benchmarks.compile import FILE
from benchmarks.measures import Measure, main, milliseconds, times
from nndsl.backend.keras.train import train
from nndsl.progress import Progress

EXAMPLES = {"Perceptron": (40_000, (64,)), "Convolutional": (5_000, (28, 28, 1)), "Recurrent": (4_000, (40, 16))}
"""How many examples there are for each network, and of what shape."""

TRAINING = """
data Examples {{
  source = npz("examples.npz")
  x      = source.x
  y      = source.y -> category(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
  split  = order(train=0.9, validation=0.1)
}}

train Measured {{
  model     = {name}
  data      = Examples
  loss      = crossentropy
  optimizer = Adam
  metrics   = [accuracy]
  epochs    = {epochs}
  batch     = 32
}}
"""


class Clock(Progress):
    """Notes when epochs end."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        self.ends.append(time.perf_counter())


class FitClock(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes when epochs of `fit` end."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.ends.append(time.perf_counter())


def trained(program: nndsl.LoadedProgram, folder: Path) -> tuple[float, float]:
    """The seconds of a whole training by nndsl, from reading the data, and of one of its epochs."""
    clock, started = Clock(), time.perf_counter()
    train(program.checked, program.checked.training(), folder=folder, progress=clock)
    return time.perf_counter() - started, steady(clock.ends)


def fitted(name: str, arrays: Mapping[str, Any], epochs: int) -> tuple[float, float]:
    """The seconds of a whole training by `fit`, from building the model, and of one of its epochs."""
    clock, started, seen = FitClock(), time.perf_counter(), len(arrays["x"]) * 9 // 10
    model = BY_HAND[name]()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        arrays["x"][:seen], arrays["y"][:seen], batch_size=32, epochs=epochs, verbose=0, callbacks=[clock],
        validation_data=(arrays["x"][seen:], arrays["y"][seen:]),
    )
    return time.perf_counter() - started, steady(clock.ends)


def steady(ends: Sequence[float]) -> float:
    return median(after - before for before, after in pairwise(ends))


def compared(name: str, count: int, shape: tuple[int, ...], small: bool, folder: Path) -> Sequence[Measure]:
    chance = np.random.default_rng(1)
    arrays = {"x": chance.normal(size=(count, *shape)).astype("float32"), "y": chance.integers(0, 10, count).astype("int32")}
    np.savez(folder / "examples.npz", x=arrays["x"], y=arrays["y"])
    epochs, rounds = (2, 1) if small else (8, 3)
    text = FILE.read_text(encoding="utf-8") + TRAINING.format(name=name, epochs=epochs)
    program = nndsl.loads(text, name=str(FILE), data=folder / "examples.npz")
    pairs = []
    for _ in range(rounds):
        keras.backend.clear_session()
        pairs.append((trained(program, folder), fitted(name, arrays, epochs)))
    found = []
    for what, place in (("an epoch", 1), ("the whole", 0)):
        taken = times([(ours[place], peer[place]) for ours, peer in pairs])
        found.append(Measure(f"{name}: {what}", milliseconds(taken.ours), milliseconds(taken.peer), taken.ratio, 1))
    return found


def run(small: bool) -> Sequence[Measure]:
    with tempfile.TemporaryDirectory() as folder:
        return [
            measure
            for name, (count, shape) in EXAMPLES.items()
            for measure in compared(name, 200 if small else count, shape, small, Path(folder))
        ]


if __name__ == "__main__":
    main("train: nndsl's loop against model.fit", run)
