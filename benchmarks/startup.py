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
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    taken = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return taken


def commands() -> dict[str, tuple[str, ...]]:
    """The ways to call nndsl that there are: the installed command, and the module."""
    found = {"python -m nndsl": (sys.executable, "-m", "nndsl")}
    script = Path(sys.executable).parent / "nndsl"
    return {"nndsl": (str(script),), **found} if script.exists() else found


def run(small: bool) -> Sequence[Measure]:
    rounds, found = 1 if small else 11, []
    for name, command in commands().items():
        check = in_turns(lambda: seconds(*command, "check", str(FILE)), lambda: seconds(sys.executable, "-c", "import keras"), rounds)
        found.append(Measure(f"{name} check / import keras", milliseconds(check.ours), milliseconds(check.peer), check.ratio, 1 / 15))
        help = in_turns(lambda: seconds(*command, "--help"), lambda: seconds(sys.executable, "-c", "pass"), 2 * rounds)
        over = help.ours - help.peer
        found.append(Measure(f"{name} --help - python -c pass, in s", milliseconds(help.ours), milliseconds(help.peer), over, 0.1))
    return found


if __name__ == "__main__":
    main("startup: whole processes", run)
