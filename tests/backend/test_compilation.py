"""Steps that XLA compiles: the same figures, chosen by the file or by a trial that changes nothing, and kept with the run."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import pytest

from nndsl.backend.keras import compilation
from nndsl.backend.keras.checkpoint import Checkpoints
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.learner import Learner, surroundings
from nndsl.backend.keras.replicas import check_shareable
from nndsl.backend.keras.state import copied
from nndsl.diagnostics import UserError
from nndsl.progress import Progress
from nndsl.run import Run
from tests.backend.trainings import blobs, program, trained


def test_what_xla_compiles_learns_the_same_and_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    without_chance = blobs().replace(" -> Dropout(0.2)", "")  # XLA draws other numbers from the same seeds
    plain = trained(tmp_path / "plain", without_chance)
    whole = trained(tmp_path / "xla", by_xla := without_chance.replace("batch ", "jit_compile = true\n  batch "))
    assert (plain.settings["compilation"], whole.settings["compilation"]) == ({"jit_compile": False, "plain": ANY}, {"jit_compile": True, "xla_from": 0})
    for one, other in zip(plain.history, whole.history, strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    part = trained(tmp_path / "part", by_xla, epochs=1)
    resumed = trained(tmp_path / "part", by_xla, epochs=2, resume=part.folder)
    assert_same_bits(whole, resumed)


def test_what_xla_is_to_compile_is_not_shared_among_devices(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="NN790: several devices cannot train"):
        check_shareable(program(tmp_path, blobs(more="jit_compile = true")).training())


def assert_same_bits(one: Run, other: Run) -> None:
    arrays, others = (Checkpoints(run.folder / "checkpoints").newest()[0].arrays for run in (one, other))
    assert all(np.array_equal(value, others[name]) for name, value in arrays.items())


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    training = program(tmp_path, blobs()).training()
    with surroundings("float32", 0):
        yield Learner(training, Feed(training.data.load()["train"].fields, training.input_types, training.batch), 2)


def test_a_trial_measures_both_ways_and_leaves_everything_as_it_was(learner: Learner) -> None:
    learner.train(3)
    before = copied(learner.variables())
    found = compilation.trial(learner, 10**9, Progress())
    assert found.plain is not None and found.xla is not None and found.plain > 0 and found.xla > 0
    assert found.xla_from == (3 if found.xla < 0.9 * found.plain else None) and learner.step == 3 and learner.xla_from is None
    assert all(np.array_equal(value, before[name]) for name, value in copied(learner.variables()).items())


def test_xla_is_not_tried_where_little_is_left(learner: Learner) -> None:
    found = compilation.trial(learner, 10, Progress())
    assert found.plain is not None and found.xla is None and found.xla_from is None


def test_what_is_chosen_after_the_first_epoch_is_kept_and_a_killed_run_goes_on_to_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilation, "trial", lambda learner, left, progress: compilation.Compilation(learner.step, 2.0, 1.0))
    whole = trained(tmp_path / "whole", blobs(), epochs=3)
    assert whole.settings["compilation"] == {"jit_compile": True, "xla_from": 3, "plain": 2.0, "xla": 1.0}
    part = trained(tmp_path / "part", blobs(), epochs=1)
    assert part.settings["compilation"] == {"jit_compile": "auto"}
    assert_same_bits(whole, trained(tmp_path / "part", blobs(), epochs=3, resume=part.folder))
    monkeypatch.setattr(compilation, "trial", lambda *_: pytest.fail("a run beside it has tried"))
    again = trained(tmp_path / "whole", blobs(), epochs=3)
    assert again.folder != whole.folder and again.settings["compilation"] == whole.settings["compilation"]
    assert_same_bits(whole, again)


def test_what_xla_cannot_compile_is_said_in_words(tmp_path: Path) -> None:
    text = blobs(more="jit_compile = true").replace("x -> Dense(8, activation=relu)", "x -> Reshape([2, 2, 1]) -> Conv2D(4, 1) -> MaxPool2D -> Flatten")
    with pytest.raises(UserError, match="NN791: XLA cannot compile MaxPoolGrad"):
        trained(tmp_path, text)


def test_a_trial_does_without_what_xla_cannot_compile(tmp_path: Path) -> None:
    training = program(tmp_path, blobs().replace("x -> Dense(8, activation=relu)", "x -> Reshape([2, 2, 1]) -> Conv2D(4, 1) -> MaxPool2D -> Flatten")).training()
    with surroundings("float32", 0):
        learner = Learner(training, Feed(training.data.load()["train"].fields, training.input_types, training.batch), 2)
        found = compilation.trial(learner, 10**9, Progress())
    assert found.plain is not None and found.xla is None and found.xla_from is None
