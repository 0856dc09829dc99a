"""What is trained on JAX learns what is learnt on TensorFlow, and goes on to the same bits; or is refused in words."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nndsl.progress import Progress
from tests.backend.test_objectives import ARRAYS, FILE
from tests.backend.trainings import COUNT, blob_arrays, blobs, parts, trained

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(find_spec("jax") is None, reason="jax is not installed: pip install 'nndsl[jax]'")

CHANCE = np.random.default_rng(3)
LABELS = CHANCE.integers(0, 3, COUNT)
IMAGES = {"x": (CHANCE.normal(size=(COUNT, 8, 8, 1)) + LABELS[:, None, None, None]).astype("float32"), "label": LABELS, "part": parts()}
IMAGE = """
network Net {
  input x: float[8, 8, 1]
  h = x -> Conv2D(8, 3, padding=same, kernel_regularizer=L2(0.001)) -> BatchNormalization -> relu -> MaxPooling2D(2)
  output label = h -> Flatten -> Dense(3, activation=softmax)
}
data Images {
  source = npz("data.npz")
  x      = source.x
  label  = source.label -> category(0, 1, 2)
  split  = column(part, train=0, validation=1, test=2)
}
train Task {
  model     = Net
  data      = Images
  loss      = crossentropy(class_weights=balanced)
  optimizer = AdamW(cosine(0.02, warmup=2 steps), clipnorm=1, gradient_accumulation_steps=2, use_ema=true, ema_momentum=0.8)
  metrics   = [accuracy]
  epochs    = 3
  batch     = 16
}
"""
ADVERSARIAL = FILE.replace("epochs = 1", "epochs = 2").replace("-> BatchNorm -> leaky_relu", "-> leaky_relu").replace("STATEMENTS", """
  fake = noise -> generator
  minimize wasserstein(image -> discriminator, 1) + wasserstein(fake -> discriminator, -1) + 10 * gradient_penalty(discriminator, image, image)
    over discriminator with Adam(0.01) times 2
  minimize bce(fake -> discriminator, 1) over generator with SGD(0.1)
""")
"""Without chance: an image mixed with itself stays as it is. The critic has no batch normalization, whose second gradient TensorFlow gets wrong."""
WITHIN, HALF = 1e-4, 1e-2


def certain(optimizer: str, epochs: int = 3, more: str = "") -> tuple[str, dict[str, Any]]:
    """A training of blobs without chance."""
    return blobs(optimizer, epochs, more).replace(" -> Dropout(0.2)", ""), blob_arrays()


SAME = {
    "an adversary with a penalty on its gradient": (ADVERSARIAL, ARRAYS),
    "momentum, clipped gradients": certain("SGD(0.05, momentum=0.9, clipnorm=0.5)"),
    "a rate that is lowered": certain("Adam(plateau(0.02, monitor=loss, patience=1))", 5),
    "early stopping": certain("Adam(0.02)", 12, "early_stopping = (patience=1)"),
    "averages that are taken over": certain("Adam(0.02, use_ema=true, ema_momentum=0.8, ema_overwrite_frequency=3)"),
    "float16": certain("Adam(plateau(0.02, monitor=loss, patience=1), gradient_accumulation_steps=2)", 5, "precision = mixed_float16"),
    "bfloat16": certain("Adam(0.02)", 3, "precision = mixed_bfloat16"),
}


class Copying(Progress):
    """Copies a run when it begins, with the weights before the first step."""

    def __init__(self, folder: Path):
        self._folder = folder

    def begin(self, epochs: int, steps: int, first: int, batch: int = 0, history: Sequence[Mapping[str, float]] = ()) -> None:
        for name in ("run", "left"):
            shutil.copytree(self._folder / "runs" / "task" / "001", self._folder / name)


def figures_of(folder: Path, text: str, arrays: dict[str, Any]) -> list[dict[str, float]]:
    """The figures of each epoch on TensorFlow, and of the test examples; a copy of the run, as it began, is left in the folder."""
    run = trained(folder, text, arrays, progress=Copying(folder))
    assert run.evaluation is not None
    return [dict(row) for row in run.history] + [dict(run.evaluation.figures)]


def on_jax(folder: Path, *tasks: str, **variables: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.backend.on_jax", str(folder), *tasks],
        cwd=ROOT, env={**os.environ, "KERAS_BACKEND": "jax", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1", **variables}, capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What comes of trainings on TensorFlow, and on JAX."""
    folder = tmp_path_factory.mktemp("both")
    expected = {"gone_on:image": figures_of(folder / "image", IMAGE, IMAGES)}
    return expected, on_jax(folder, *expected, "resumed:chance", "refused:image")


def test_from_the_same_weights_the_same_is_learnt(both: tuple[Mapping[str, Any], Mapping[str, Any]]) -> None:
    check_same(*(one["gone_on:image"] for one in both))


@pytest.mark.slow
@pytest.mark.parametrize("name", SAME)
def test_from_the_same_weights_each_kind_of_training_learns_the_same(name: str, tmp_path: Path) -> None:
    text, arrays = SAME[name]
    expected = figures_of(tmp_path / "task", text, arrays)
    check_same(expected, on_jax(tmp_path, "gone_on:task")["gone_on:task"], HALF if "mixed" in text else WITHIN)


@pytest.mark.slow
def test_many_steps_in_one_call_come_to_what_single_ones_do(tmp_path: Path) -> None:
    assert on_jax(tmp_path, "at_once:chance") == {"at_once:chance": True}


@pytest.mark.slow
def test_two_devices_come_to_what_one_does_and_a_run_goes_on_with_as_many_or_fewer(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    flags = f"--xla_force_host_platform_device_count=2 --xla_dump_to={dump} --xla_dump_hlo_as_text"
    found = on_jax(tmp_path, "shared:chance", XLA_FLAGS=flags)["shared:chance"]
    one, two = found["figures"]
    assert [pytest.approx(row, rel=WITHIN, abs=WITHIN) for row in one] == two
    assert found["names"] == ["CPU:0", "CPU:1"]
    assert any("all-reduce" in path.read_text() for path in dump.glob("*after_optimizations.txt")), "else each would compute all of it"
    assert found["resumed"] and found["fewer"] == "finished"
    assert found["uneven"] == "NN733: 2 devices cannot compute 15 examples in equal parts"


def check_same(expected: list[dict[str, float]], found: list[dict[str, float]], within: float = WITHIN) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=within, abs=within)
    first, *_, last, _ = (next(value for name, value in row.items() if name.endswith("loss")) for row in expected)
    assert abs(first - last) > 10 * within, "else nothing was learnt"


def test_a_run_that_is_interrupted_goes_on_to_the_same_bits(both: tuple[Mapping[str, Any], Mapping[str, Any]]) -> None:
    assert both[1]["resumed:chance"] == {"status": "terminated", "left": False, "resumed": True}


def test_what_cannot_be_done_on_jax_is_refused_in_words(both: tuple[Mapping[str, Any], Mapping[str, Any]]) -> None:
    said = both[1]["refused:image"]
    assert said["backend"].startswith("NN718: the run ")
    assert said["backend"].endswith("was started with another backend of Keras: tensorflow then, jax now")
    assert said["remat"] == "NN732: `remat`: this is computed on TensorFlow, and Keras has been told to compute on jax"
    assert said["stream"].startswith("NN732: data that take more than the memory they may have: this is computed on TensorFlow")
    assert said["runs"] == []
