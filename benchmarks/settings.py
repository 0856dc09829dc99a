"""What settings of a training cost and save: a small Transformer, trained with each of them and without, in turns.

Memory is what a step takes beyond the network, its optimizer and the data. Only what `remat` saves is held to a limit; the
rest is told.
"""

import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.measures import Measure, main, milliseconds
from benchmarks.training.contest import in_turns, started
from benchmarks.training.contestants import trained

TEXT = """from "std/transformer.nn" import EncoderLayer

data Series {
  source = npz("series.npz")
  x      = source.x
  y      = source.y -> category(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
  split  = order(train=1)
}

network Attentive {
  input x: float[128, 64]
  output y = x -> EncoderLayer(heads=4, hidden=256, dropout=0.1) * 8 -> GlobalAveragePooling1D -> Dense(10, activation=softmax)
}

train Measured {
  model     = Attentive
  data      = Series
  loss      = crossentropy
  optimizer = OPTIMIZER
  batch     = 32
  SETTING
}
"""
PLAIN = "Adam"
SETTINGS = {
    "precision = mixed_bfloat16": (PLAIN, "precision = mixed_bfloat16"),
    "Adam(gradient_accumulation_steps=4)": ("Adam(gradient_accumulation_steps=4)", ""),
    "Adam(global_clipnorm=1)": ("Adam(global_clipnorm=1)", ""),
    "Adam(use_ema=true)": ("Adam(use_ema=true)", ""),
    "remat = [EncoderLayer]": (PLAIN, "remat = [EncoderLayer]"),
    "jit_compile = true": (PLAIN, "jit_compile = true"),
}
"""By how it is written: the optimizer, and a further line."""
SAVED = {"remat = [EncoderLayer]": 0.7}
"""At most this share of the memory is taken."""


def training(file: Path, line: Connection) -> None:
    """Train what a file describes."""
    trained(file, "Measured", file.with_suffix(""), line)


def run(small: bool) -> Sequence[Measure]:
    count, rounds = (64, 2) if small else (512, 6)
    with tempfile.TemporaryDirectory() as folder:
        chance = np.random.default_rng(1)
        np.savez(Path(folder) / "series.npz", x=chance.normal(size=(count, 128, 64)).astype("float32"), y=np.arange(count) % 10)
        return [one for place, name in enumerate(SETTINGS) for one in compared(name, Path(folder) / f"{place}", rounds)]


def compared(name: str, folder: Path, rounds: int) -> Sequence[Measure]:
    """A setting against none."""
    files = {"with": folder.with_name(f"{folder.name}-with.nn"), "without": folder.with_name(f"{folder.name}-without.nn")}
    for (optimizer, setting), file in zip((SETTINGS[name], (PLAIN, "")), files.values(), strict=True):
        file.write_text(TEXT.replace("OPTIMIZER", optimizer).replace("SETTING", _decided(setting)), encoding="utf-8")
    with started({one: (training, file) for one, file in files.items()}) as contestants:
        found = in_turns(contestants, rounds + 1)
        taken = {one: contestant.taken for one, contestant in contestants.items()}
    seconds = {one: median(epoch.seconds for epoch in epochs[1:]) for one, epochs in found.items()}
    ratio = median(one.seconds / other.seconds for one, other in zip(found["with"][1:], found["without"][1:], strict=True))
    megabytes = [f"{taken[one] / 2**20:,.0f} MB" for one in ("with", "without")]
    return [
        Measure(f"{name}: an epoch", milliseconds(seconds["with"]), milliseconds(seconds["without"]), ratio, None),
        Measure(f"{name}: memory", megabytes[0], megabytes[1], taken["with"] / taken["without"], SAVED.get(name)),
    ]


def _decided(setting: str) -> str:
    """With a choice of how steps are compiled, so that none is made by a trial."""
    return setting if setting.startswith("jit_compile") else f"{setting}\n  jit_compile = false"


if __name__ == "__main__":
    main("settings: a training with each, against one without", run)
