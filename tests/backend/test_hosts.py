"""Several machines, which here are processes, come to what one comes to; and when one of them goes, all end well."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from tensorflow.python.eager import context

from nndsl.backend.keras.replicas import devices
from nndsl.diagnostics import UserError
from nndsl.run import Run
from nndsl.team.together import Team
from tests.backend.replicated import CONVOLUTIONS, TEXTS
from tests.backend.test_commands import ENVIRONMENT
from tests.backend.test_resume import last_arrays
from tests.backend.trainings import blob_arrays, blobs, trained, write
from tests.test_team import addresses, config

PATIENCE = 300.0
PLAIN = blobs("AdamW(plateau(0.02, patience=1), weight_decay=0.01)", 3).replace(" -> Dropout(0.2)", "")
LONG = blobs(epochs=1_000_000)


class Worker:
    """`nndsl train` as one of several workers, in a folder of its own with the file and the data.

    Attributes:
        folder: the folder.
    """

    def __init__(self, folder: Path, environment: dict[str, str], arguments: tuple[str, ...]):
        self.folder = folder
        self.log = folder / "log"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nndsl", "train", "net.nn", *arguments], cwd=folder, env=ENVIRONMENT | environment,
            stdout=(folder / "out").open("wb"), stderr=self.log.open("wb"), start_new_session=True,
        )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def until(self, words: str) -> None:
        """Wait until something was said."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.said():
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def trainer(self) -> int:
        """The process that trains, over which the command watches."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii").split()
        return int(children[0]) if children else self.process.pid


@contextmanager
def workers(
    folder: Path, text: str, *arguments: str, count: int = 2, arrays: Callable[[int], dict[str, Any]] = lambda index: blob_arrays(),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[list[Worker]]:
    """Workers on this machine; they are gone afterwards."""
    with addresses(count) as places, ExitStack() as stack:
        started = []
        for index in range(count):
            home = folder / str(index)
            home.mkdir(parents=True, exist_ok=True)
            write(home, text, arrays(index))
            started.append(Worker(home, {**config(places, index), **environment}, arguments))
            stack.callback(started[-1].process.wait)
            stack.callback(started[-1].process.kill)
        yield started


def codes(those: list[Worker]) -> list[int]:
    return [one.process.wait(PATIENCE) for one in those]


def run_of(worker: Worker) -> Run:
    return Run.open(worker.folder / "runs" / "task" / "latest")


def assert_same(ours: Run, theirs: Run, rounding: float = 1e-6) -> None:
    """They come to the same figures and arrays, within rounding."""
    assert len(ours.history) == len(theirs.history) > 0
    for one, other in zip(ours.history, theirs.history, strict=True):
        assert one == pytest.approx(other, rel=rounding, abs=1e-6)
    arrays, expected = last_arrays(ours), last_arrays(theirs)
    assert list(arrays) == list(expected)
    for name, array in arrays.items():
        np.testing.assert_allclose(array, expected[name], rtol=100 * rounding, atol=10 * rounding, err_msg=name)


def test_two_workers_learn_what_one_process_learns_and_one_goes_on_alone(tmp_path: Path) -> None:
    with workers(tmp_path, PLAIN) as both:
        assert codes(both) == [0, 0], [one.said() for one in both]
        chief, other = both
        assert not (other.folder / "runs").exists() and (other.said(), (other.folder / "out").read_text()) == ("", "")
        run = run_of(chief)
    alone = trained(tmp_path / "alone", PLAIN)
    assert_same(run, alone)
    assert run.settings["hardware"]["devices"] == ["worker 0 CPU:0", "worker 1 CPU:0"]
    assert run.status == "finished" and run.evaluation is not None and alone.evaluation is not None
    assert run.evaluation.figures == pytest.approx(alone.evaluation.figures, rel=1e-6)
    resumed = trained(chief.folder, PLAIN, resume=run.folder, epochs=5)
    assert_same(resumed, trained(tmp_path / "longer", PLAIN, epochs=5))


@pytest.mark.slow
@pytest.mark.parametrize("name", [CONVOLUTIONS, "masked texts through an LSTM", "rates, averages, figures", "a last batch of one example", "a GAN that draws its noise"])
def test_two_workers_learn_what_one_process_learns_of_every_kind(name: str, tmp_path: Path) -> None:
    text, arrays = TEXTS[name]
    with workers(tmp_path, text, arrays=lambda index: arrays) as both:
        assert codes(both) == [0, 0], [one.said() for one in both]
        assert_same(run_of(both[0]), trained(tmp_path / "alone", text, arrays), rounding=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1], ids=["the chief", "a worker"])
def test_when_one_is_killed_the_others_end_and_the_run_goes_on_with_as_many_or_others(killed: int, tmp_path: Path) -> None:
    with workers(tmp_path, LONG, count=3) as three:
        chief = three[0]
        chief.until("epoch       9/")
        os.kill(three[killed].trainer(), signal.SIGKILL)
        since = time.monotonic()
        assert codes(three) == [1, 1, 1]
        assert time.monotonic() - since < 20
        for number, one in enumerate(three):
            if number == killed:
                assert "NN760" in one.said() and "SIGKILL" in one.said()
            else:
                assert re.search(rf"NN776.*worker {killed} \(127.0.0.1:\d+\) is gone", one.said())
                assert f"--resume {run_of(chief).folder}" in one.said()
        before = len(run_of(chief).history)
        assert before >= 8
    seconds = ("--resume", str(run_of(chief).folder), "--epochs")
    with workers(tmp_path, LONG, *seconds, str(before + 3), count=2) as two:
        assert codes(two) == [0, 0], [one.said() for one in two]
    assert len(run_of(chief).history) == before + 3
    run = trained(chief.folder, LONG, resume=run_of(chief).folder, epochs=before + 5)
    assert (run.status, len(run.history)) == ("finished", before + 5)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("asked", [0, 1], ids=["the chief", "a worker"])
def test_when_one_is_asked_to_end_all_save_and_leave(asked: int, number: signal.Signals, tmp_path: Path) -> None:
    with workers(tmp_path, LONG) as both:
        both[0].until("epoch       3/")
        both[asked].process.send_signal(number)
        assert codes(both) == [0, 0], [one.said() for one in both]
        run = run_of(both[0])
        assert run.status == ("terminated" if number == signal.SIGTERM else "interrupted")
        assert (run.folder / "last.keras").exists() and len(run.history) >= 3
        resumed = trained(both[0].folder, LONG, resume=run.folder, epochs=len(run.history) + 1)
        assert resumed.status == "finished"


def test_a_training_on_several_machines_must_come_first() -> None:
    class Two(Team):
        size = 2

    context.ensure_initialized()
    with pytest.raises(UserError) as refused:
        devices(1, Two())
    assert [one.code for one in refused.value.diagnostics] == ["NN779"]


@pytest.mark.slow
def test_a_resumed_run_of_as_many_workers_comes_to_the_same_bits(tmp_path: Path) -> None:
    text = blobs(epochs=6)
    with workers(tmp_path / "whole", text) as both:
        assert codes(both) == [0, 0]
        whole = run_of(both[0])
    with workers(tmp_path / "parts", text, "--epochs", "4") as both:
        assert codes(both) == [0, 0]
        part = run_of(both[0])
    with workers(tmp_path / "parts", text, "--resume", str(part.folder), "--epochs", "6") as both:
        assert codes(both) == [0, 0], [one.said() for one in both]
    expected = last_arrays(whole)
    for name, array in last_arrays(part).items():
        assert array.tobytes() == expected[name].tobytes(), name


@pytest.mark.slow
def test_workers_with_other_data_are_refused_before_the_first_step(tmp_path: Path) -> None:
    def arrays(index: int) -> dict[str, Any]:
        return {name: array + (index if name == "x" else 0) for name, array in blob_arrays().items()}

    with workers(tmp_path, LONG, arrays=arrays) as both:
        assert codes(both) == [1, 1]
        for one in both:
            assert re.search(r"NN775.*worker 1 \(127.0.0.1:\d+\) has another data \(SHA-256\) than the chief", one.said()), one.said()
            assert not (one.folder / "runs").exists()


@pytest.mark.slow
def test_what_stands_in_the_way_of_one_ends_all(tmp_path: Path) -> None:
    with workers(tmp_path, LONG.replace("Adam(learning_rate=0.02)", "SGD(1e30)")) as both:
        assert codes(both) == [1, 1]
        assert all("NN717" in one.said() for one in both)
        assert run_of(both[0]).status == "failed"
    with workers(tmp_path, LONG, "--devices", "7") as both:
        assert codes(both) == [1, 1]
        assert all("NN770" in one.said() for one in both)
