"""What goes wrong around a command: bugs, streams, signals and the machine."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nndsl.commands import check
from tests.commands.asked import GOOD, PENGUINS, ROOT, WRONG, Command, answer, command


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (OSError(5, "Input/output error", "good.nn"), 1, "nndsl: good.nn: input/output error\n"),
        (MemoryError(), 1, "nndsl: there is not enough memory for this\n"),
        (ZeroDivisionError("oh"), 3, "nndsl has a bug: ZeroDivisionError: oh\nThe details are in "),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_of_any_kind_is_a_sentence(
    nndsl: Command, monkeypatch: pytest.MonkeyPatch, failure: BaseException, code: int, words: str
) -> None:
    def fails(options: object) -> int:
        raise failure

    monkeypatch.setattr(check, "COMMAND", check.COMMAND._replace(run=fails))
    said = nndsl("check", "good.nn")
    assert said.code == code
    assert said.err.startswith(words)


def test_the_details_of_a_bug_are_in_a_file(nndsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "COMMAND", check.COMMAND._replace(run=lambda options: 1 // 0))
    err = nndsl("check", "good.nn").err
    details = Path(err.partition("The details are in ")[2].partition(";")[0])
    assert "ZeroDivisionError" in details.read_text(encoding="utf-8")
    details.unlink()


def test_a_file_is_read_from_standard_input() -> None:
    assert answer(["check", "-"], GOOD.encode()).out.startswith("<stdin>: good\n")
    assert " --> <stdin>:3:28\n" in answer(["check", "-"], WRONG.encode()).err
    assert "error[NN102]: `<stdin>` is not text in UTF-8" in answer(["check", "-"], b"\xff").err


def test_a_reader_that_leaves_early_is_no_mistake() -> None:
    process = command("explain", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_full_disk_under_the_output_is_a_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        process = command("explain", stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, b"nndsl: no space left on device\n")


def test_any_encoding_of_the_terminal_will_do(tmp_path: Path) -> None:
    (tmp_path / "good.nn").write_text(GOOD, encoding="utf-8")
    said = answer(["summary", str(tmp_path / "good.nn")], PYTHONIOENCODING="ascii")
    assert said.code == 0 and "parameters  60" in said.out and said.err == ""


def test_a_text_is_laid_out_as_it_came_whatever_the_encoding_of_the_terminal() -> None:
    text = "# 日本\r\nparam width = 4\r\n"
    assert answer(["fmt", "-"], text.encode(), PYTHONIOENCODING="ascii").out == text


def test_closed_streams_are_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "good.nn").write_text(GOOD, encoding="utf-8")
    shell = f'"{sys.executable}" -m nndsl check "{tmp_path}/good.nn" >&- 2>&-; echo $?'
    assert subprocess.run(["sh", "-c", shell], cwd=ROOT, capture_output=True, timeout=60, check=False).stdout == b"0\n"


def on_terminal(*arguments: str, **environment: str) -> str:
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    variables = {"TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "", **environment}
    process = command(*arguments, stdin=theirs, stdout=theirs, stderr=theirs, environment=variables)
    os.close(theirs)
    written = b""
    while True:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:
            break
        if not part:
            break
        written += part
    process.wait(60)
    os.close(ours)
    return written.decode()


@pytest.mark.parametrize("arguments", [["check", "wrong.nn"], ["summary", "good.nn"]], ids=" ".join)
def test_colours_are_for_terminals_whose_owner_wants_them(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "good.nn").write_text(GOOD, encoding="utf-8")
    (tmp_path / "wrong.nn").write_text(WRONG, encoding="utf-8")
    at = [arguments[0], str(tmp_path / arguments[1])]
    assert "\x1b[" in on_terminal(*at)
    assert "\x1b[" not in on_terminal(*at, NO_COLOR="1")
    assert "\x1b[" not in on_terminal(*at, TERM="dumb")
    piped = answer(at)
    assert "\x1b[" not in piped.out + piped.err


def test_ctrl_c_ends_training_and_keeps_what_was_learnt(tmp_path: Path) -> None:
    process = command("train", str(PENGUINS), "--epochs", "100000", "--runs", str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert process.stderr.readline().startswith(b"epoch      1/100000")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and b"Traceback" not in err
    assert b"run: " in out
    assert "status: interrupted" in (tmp_path / "penguinspecies" / "001" / "run.yaml").read_text(encoding="utf-8")
    assert (tmp_path / "penguinspecies" / "001" / "best.keras").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_ends_a_command_finds_nothing_half_written(number: signal.Signals, tmp_path: Path) -> None:
    """It waits for its input, with a file beside the one that it is to write."""
    program = (
        "import sys; from pathlib import Path; from nndsl.__main__ import start; from nndsl.commands import check; from nndsl.files import replaced\n"
        "def waiting(options):\n"
        "    with replaced(Path('out')) as beside:\n"
        "        beside.touch(); print('ready', flush=True); sys.stdin.read()\n"
        "check.COMMAND = check.COMMAND._replace(run=waiting)\n"
        "sys.argv[1:] = ['check', 'x.nn']; sys.exit(start())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        assert len([*tmp_path.iterdir()]) == 1
        process.send_signal(number)
        process.wait(60)
    assert process.returncode == 128 + number
    assert [*tmp_path.iterdir()] == []
