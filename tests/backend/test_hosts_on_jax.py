"""Several machines on JAX, which here are processes, come to what one comes to; and when one of them goes, all end well."""

import os
import re
import signal
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.backend.replicated import CONVOLUTIONS, TEXTS
from tests.backend.test_commands import ROOT
from tests.backend.test_hosts import LONG, Worker, assert_same, codes, run_of, workers
from tests.backend.trainings import blob_arrays, blobs, write

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_spec("jax") is None, reason="jax is not installed: pip install 'nndsl[jax]'")]

JAX = {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])}
DROPOUT = blobs("AdamW(plateau(0.02, patience=1), weight_decay=0.01, use_ema=true)", 3)


def alone(folder: Path, text: str, arrays: dict[str, Any], *arguments: str) -> Worker:
    """A worker without others, when it is done."""
    folder.mkdir(exist_ok=True)
    write(folder, text, arrays)
    worker = Worker(folder, JAX, arguments)
    assert worker.process.wait() == 0, worker.said()
    return worker


@pytest.mark.parametrize(("text", "arrays"), [(DROPOUT, blob_arrays()), TEXTS[CONVOLUTIONS]], ids=["dropout", CONVOLUTIONS])
def test_two_workers_on_jax_learn_what_one_process_learns_and_one_goes_on_alone(text: str, arrays: dict[str, Any], tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    flags = {"XLA_FLAGS": f"--xla_dump_to={dump} --xla_dump_hlo_as_text"}
    with workers(tmp_path, text, arrays=lambda index: arrays, environment=JAX | flags) as both:
        assert codes(both) == [0, 0], [one.said() for one in both]
        chief, other = both
        assert not (other.folder / "runs").exists() and (other.folder / "out").read_text() == ""
        assert "Gloo" not in chief.said() + other.said() + (chief.folder / "out").read_text()
    by_itself = alone(tmp_path / "alone", text, arrays)
    run, single = run_of(chief), run_of(by_itself)
    assert_same(run, single, rounding=1e-5)
    assert run.settings["hardware"]["devices"] == ["worker 0 CPU:0", "worker 1 CPU:0"]
    assert run.status == "finished" and run.evaluation is not None and single.evaluation is not None
    assert run.evaluation.figures == pytest.approx(single.evaluation.figures, rel=1e-5)
    assert any("all-reduce" in path.read_text() for path in dump.glob("*after_optimizations.txt")), "else each would compute all of it"
    more = str(len(run.history) + 2)
    for worker, begun in ((chief, run), (by_itself, single)):
        alone(worker.folder, text, arrays, "--resume", str(begun.folder), "--epochs", more)
    assert_same(run_of(chief), run_of(by_itself), rounding=1e-5)


@pytest.mark.parametrize("killed", [0, 1], ids=["the chief", "a worker"])
def test_when_one_is_killed_the_other_ends_and_the_run_goes_on_with_as_many_or_fewer(killed: int, tmp_path: Path) -> None:
    with workers(tmp_path, LONG, environment=JAX) as both:
        chief = both[0]
        chief.until("epoch       9/")
        os.kill(both[killed].trainer(), signal.SIGKILL)
        since = time.monotonic()
        assert codes(both) == [1, 1]
        assert time.monotonic() - since < 20
        assert "NN760" in both[killed].said() and "SIGKILL" in both[killed].said()
        assert re.search(rf"NN776.*worker {killed} \(127.0.0.1:\d+\) is gone", both[1 - killed].said()), both[1 - killed].said()
        assert f"--resume {run_of(chief).folder}" in both[1 - killed].said()
        before = len(run_of(chief).history)
        assert before >= 8
    seconds = ("--resume", str(run_of(chief).folder), "--epochs")
    with workers(tmp_path, LONG, *seconds, str(before + 3), environment=JAX) as two:
        assert codes(two) == [0, 0], [one.said() for one in two]
    assert len(run_of(chief).history) == before + 3
    alone(chief.folder, LONG, blob_arrays(), *seconds, str(before + 5))
    assert (run_of(chief).status, len(run_of(chief).history)) == ("finished", before + 5)


def test_when_a_worker_on_jax_is_asked_to_end_all_save_and_leave(tmp_path: Path) -> None:
    with workers(tmp_path, LONG, environment=JAX) as both:
        both[0].until("epoch       3/")
        both[1].process.send_signal(signal.SIGTERM)
        assert codes(both) == [0, 0], [one.said() for one in both]
        run = run_of(both[0])
        assert run.status == "terminated" and (run.folder / "last.keras").exists() and len(run.history) >= 3


def test_what_stands_in_the_way_of_one_on_jax_ends_all(tmp_path: Path) -> None:
    def arrays(index: int) -> dict[str, Any]:
        return {name: array + (index if name == "x" else 0) for name, array in blob_arrays().items()}

    with workers(tmp_path / "data", LONG, arrays=arrays, environment=JAX) as both:
        assert codes(both) == [1, 1]
        assert all("NN775" in one.said() and not (one.folder / "runs").exists() for one in both)
    with workers(tmp_path / "rate", LONG.replace("Adam(learning_rate=0.02)", "SGD(1e30)"), environment=JAX) as both:
        assert codes(both) == [1, 1]
        assert all("NN717" in one.said() for one in both) and run_of(both[0]).status == "failed"
    with workers(tmp_path / "odd", LONG.replace("batch     = 16", "batch     = 15"), environment=JAX) as both:
        assert codes(both) == [1, 1]
        assert all("NN733" in one.said() and not (one.folder / "runs").exists() for one in both)
