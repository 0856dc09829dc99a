"""Whole processes: checking a file of everyday size against importing Keras, and `--help` against an empty Python."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measures import Measure, in_turns, main, milliseconds

FILE = Path(__file__).parent / "everyday.nn"


def seconds(*command: str) -> float:
    """How long a process takes, from its start to its end. It may keep compiled Python, as an installed command does."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
    taken = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return taken


def commands() -> dict[str, tuple[str, ...]]:
    """The ways to call nndsl that there are: the installed command, and the module."""
    script = Path(sys.executable).parent / "nndsl"
    return {**({"nndsl": (str(script),)} if script.exists() else {}), "python -m nndsl": (sys.executable, "-m", "nndsl")}


def run(small: bool) -> Sequence[Measure]:
    rounds = 1 if small else 11
    return [measure for name, command in commands().items() for measure in of(name, command, rounds)]


def of(name: str, command: tuple[str, ...], rounds: int) -> Sequence[Measure]:
    """How long one way to call nndsl takes."""
    python = (sys.executable, "-c")
    check = in_turns(lambda: seconds(*command, "check", str(FILE)), lambda: seconds(*python, "import keras"), rounds)
    help = in_turns(lambda: seconds(*command, "--help"), lambda: seconds(*python, "pass"), 2 * rounds)
    return [
        Measure(f"{name} check / import keras", milliseconds(check.ours), milliseconds(check.peer), check.ratio, 1 / 15),
        Measure(f"{name} --help - python -c pass: seconds", milliseconds(help.ours), milliseconds(help.peer), help.ours - help.peer, 0.1),
    ]


if __name__ == "__main__":
    main("startup: whole processes", run)
