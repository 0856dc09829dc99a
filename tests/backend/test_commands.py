"""The commands as people run them: processes, their output, their exit codes, and what they leave behind."""

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from nndsl.backend.keras import evaluate
from nndsl.cli import main
from nndsl.run import Run, locked
from tests.backend.trainings import blob_arrays, blobs, write

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**{name: value for name, value in os.environ.items() if not name.startswith("TF_")}, "PYTHONPATH": str(ROOT)}
LINE = re.compile(
    r"epoch +\d+/\d+  loss \d\S*  accuracy \d\S*  val_loss \d\S*  val_accuracy \d\S*  (\d+ h )?(\d+ min )?[\d.]+ s(  best)?"
)


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def nndsl(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in a folder, in this process, which has loaded TensorFlow already."""

    def run(folder: Path, *arguments: str) -> Done:
        monkeypatch.chdir(folder)
        capsys.readouterr()
        return Done(main(arguments), *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A folder in which `nndsl train` was run by a process of its own, and what it said."""
    folder = tmp_path_factory.mktemp("commands")
    write(folder, blobs(epochs=3))
    command = [sys.executable, "-m", "nndsl", "train", "net.nn"]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False)
    return folder, Done(done.returncode, done.stdout, done.stderr)


def test_training_prints_a_line_an_epoch_and_nothing_of_tensorflow(trained: tuple[Path, Done]) -> None:
    _, done = trained
    assert done.code == 0
    lines = done.err.splitlines()
    assert len(lines) == 3
    assert all(LINE.fullmatch(line) for line in lines), lines


def test_training_ends_with_the_accuracy_and_the_folder(trained: tuple[Path, Done]) -> None:
    folder, done = trained
    first, second = done.out.splitlines()
    assert re.fullmatch(r"accuracy [01]\.\d{4} on 8 test examples, by the model of epoch \d", first)
    assert second == f"run: {folder.resolve() / 'runs' / 'task' / '001'}"


def test_evaluating_prints_tables_or_json_of_the_same(trained: tuple[Path, Done], nndsl: Command) -> None:
    folder, _ = trained
    told = Run.open(folder / "runs" / "task" / "latest").evaluation
    assert told is not None
    table = nndsl(folder, "evaluate", "runs/task/latest")
    assert table.code == 0
    assert table.err == ""
    assert "precision  recall      f1  support" in table.out
    assert "taken for" in table.out
    assert json.loads(nndsl(folder, "evaluate", "runs/task/001", "--json").out) == json.loads(told.as_json())


def test_predicting_a_new_file_prints_a_table(trained: tuple[Path, Done], nndsl: Command) -> None:
    folder, _ = trained
    np.savez(folder / "new.npz", x=blob_arrays()["x"][:5])
    done = nndsl(folder, "predict", "runs/task/latest", "new.npz")
    assert (done.code, done.err) == (0, "")
    rows = list(csv.DictReader(done.out.splitlines()))
    assert len(rows) == 5
    for row in rows:
        assert row["label"] == max("012", key=lambda one: float(row[f"p_{one}"]))


def test_a_folder_that_is_no_run_is_told_in_a_sentence(tmp_path: Path, nndsl: Command) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.yaml").write_text("training: X\n")
    for path, why in [("none", "there is no such folder"), ("empty", "there is no run.yaml in it"), ("broken", "its run.yaml is not that of a run")]:
        done = nndsl(tmp_path, "predict", path, "new.csv")
        assert done.code == 1
        assert done.err.startswith(f"error[NN715]: {path} is not a run: {why}\n")
        assert "Traceback" not in done.err


# Interruption ------------------------------------------------------------------------------------


@pytest.fixture
def started(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A long training that has finished its first epochs."""
    write(tmp_path, blobs(epochs=100_000))
    command = [sys.executable, "-m", "nndsl", "train", "net.nn"]
    with subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for _ in range(3):
                assert LINE.fullmatch(process.stderr.readline().rstrip("\n"))
            yield process
        finally:
            process.kill()


def test_ctrl_c_ends_a_process_in_order(started: subprocess.Popen[str], tmp_path: Path, nndsl: Command) -> None:
    started.send_signal(signal.SIGINT)
    out, said = started.communicate(timeout=120)  # what is left of the training would take longer
    assert started.returncode == 0
    assert "test examples" in out and out.splitlines()[-1].startswith("run: ")
    assert re.search(r"^interrupted after \d+ of 100000 epochs: --resume \S+/001 goes on$", said, re.MULTILINE)
    run = Run.open(tmp_path / "runs" / "task" / "latest")
    assert run.status == "interrupted"
    assert {"best.keras", "last.keras", "curves.svg", "evaluation.json"} <= {path.name for path in run.folder.iterdir()}
    more = str(len(run.history) + 1)
    resumed = nndsl(tmp_path, "train", "net.nn", "--resume", "runs/task/latest", "--epochs", more)
    assert resumed.code == 0, resumed.err
    assert [row["epoch"] for row in Run.open(run.folder).history] == list(range(1, int(more) + 1))


def test_a_killed_process_leaves_whole_files_and_frees_the_folder(started: subprocess.Popen[str], tmp_path: Path, nndsl: Command) -> None:
    busy = nndsl(tmp_path, "train", "net.nn", "--resume", "runs/task/001")
    assert busy.code == 1
    assert busy.err.startswith("error[NN716]: another process is training in ")
    started.kill()
    started.communicate()
    run = Run.open(tmp_path / "runs" / "task" / "latest")
    assert run.status == "running"
    resumed = nndsl(tmp_path, "train", "net.nn", "--resume", "runs/task/001", "--epochs", "2")
    assert resumed.code == 0, resumed.err


BUSY = """
import sys
from nndsl.cli import main
assert main(["train", "net.nn", "--resume", sys.argv[1]]) == 1
assert not {"tensorflow", "numpy"} & set(sys.modules)
"""


def test_a_second_run_in_a_folder_is_refused_before_anything_heavy_is_loaded(trained: tuple[Path, Done]) -> None:
    folder, _ = trained
    with locked(folder / "runs" / "task" / "001"):
        command = [sys.executable, "-c", BUSY, "runs/task/latest"]
        done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.startswith("error[NN716]: another process is training in ")


def test_changes_are_for_runs_that_go_on(tmp_path: Path, nndsl: Command) -> None:
    write(tmp_path, blobs(epochs=1))
    done = nndsl(tmp_path, "train", "net.nn", "--despite-changes")
    assert (done.code, done.err) == (2, "nndsl train: --despite-changes goes with --resume\n")


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_ctrl_c_leaves_a_command_that_keeps_nothing_at_once(
    command: str, trained: tuple[Path, Done], nndsl: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = trained
    np.savez(folder / "new.npz", x=blob_arrays()["x"][:5])

    def interrupted(*arguments: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(evaluate, "restore_best", interrupted)
    more = ("new.npz", "-o", "said.csv") if command == "predict" else ()
    done = nndsl(folder, command, "runs/task/latest", *more)
    assert (done.code, done.out, done.err.splitlines()[-1]) == (130, "", "interrupted")
    assert not (folder / "said.csv").exists()


# Disks -------------------------------------------------------------------------------------------

FULL = """
import resource, shutil, sys
from pathlib import Path
from nndsl.cli import main

_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
for limit in map(int, sys.argv[1:]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    code = main(["train", "net.nn", "--runs", f"runs{limit}"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    print(f"limit {limit} code {code}", file=sys.stderr, flush=True)
"""
LIMITS = (100, 1_500, 9_000, 40_000)
"""Too few bytes for the copy of the file, for the drawing, and for the model; and enough."""


def test_a_disk_that_is_full_at_any_byte_is_told_in_one_sentence_and_no_file_is_half_written(tmp_path: Path) -> None:
    write(tmp_path, blobs(epochs=1))
    (tmp_path / "full.py").write_text(FULL)
    command = [sys.executable, "full.py", *map(str, LIMITS)]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert re.findall(r"code (\d)", done.stderr) == ["1", "1", "1", "0"]
    for limit, said in zip(LIMITS, re.split(r"limit \d+ code \d\n", done.stderr), strict=False):
        assert said.count("error[NN711]: cannot write") == (limit != LIMITS[-1]), said
        check_folder(tmp_path / f"runs{limit}", failed=limit != LIMITS[-1])


def check_folder(runs: Path, failed: bool) -> None:
    for path in runs.rglob("*"):
        assert not re.match(r"\.\w+\.\d+", path.name), path
        if path.suffix == ".json":
            json.loads(path.read_text())
        if path.suffix == ".keras":
            import keras

            keras.saving.load_model(path, compile=False)
        if path.name == "run.yaml":
            assert (Run.open(path.parent).status == "failed") == failed


def test_a_place_that_cannot_be_written_is_told_before_anything_is_learnt(tmp_path: Path, nndsl: Command) -> None:
    write(tmp_path, blobs(epochs=1))
    (tmp_path / "file").write_text("")
    done = nndsl(tmp_path, "train", "net.nn", "--runs", "file/runs")
    assert done.code == 1
    assert done.err.startswith("error[NN711]: cannot write file/runs/task: a part of its path is a file, not a folder")
    assert "epoch" not in done.err


# On a terminal -----------------------------------------------------------------------------------


def on_a_terminal(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and the output of a command whose streams are a terminal."""
    main, side = pty.openpty()
    environment = {**ENVIRONMENT, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen([sys.executable, "-m", "nndsl", *arguments], cwd=folder, env=environment, stdin=side, stdout=side, stderr=side)
    os.close(side)
    parts = []
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(main)
    return process.wait(timeout=120), b"".join(parts).decode()


def test_a_terminal_shows_a_bar(tmp_path: Path) -> None:
    write(tmp_path, blobs(epochs=1))
    code, shown = on_a_terminal(tmp_path, "train", "net.nn", "--epochs", "150")
    assert code == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert "━" in text
    assert re.search(r"epoch +\d+/150 ━+ loss [\d.e-]+", text)
    assert re.search(r"accuracy [01]\.\d{4} on 8 test examples", text)
    assert not re.search(r"oneDNN|cudart|cpu_feature|WARNING|I0000|absl", text)
