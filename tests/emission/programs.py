"""Emitted programs: written, built, and run where there is no nndsl."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nndsl.driver import check
from nndsl.emission.program import network_program, written_program
from nndsl.program import Network, Program
from nndsl.source import Source
from nndsl.syntax.reading import read_source

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.nn"))
EXAMPLES = sorted((ROOT / "examples").glob("*/*.nn"))

_RUNNER = """\
import json, runpy, sys
sys.modules["nndsl"] = None  # whoever imports it fails
import keras
fit = keras.Model.fit
def told(self, *given, **named):
    history = fit(self, *given, **named)
    print("FIGURES", json.dumps(history.history), self.count_params())
    return history
keras.Model.fit = told
runpy.run_path(sys.argv[1], run_name="__main__")
"""
_EPOCH = re.compile(r"^epoch (\d+)/\d+: (.*)$", re.MULTILINE)


def program_of(path: Path, changes: Mapping[str, str] | None = None) -> Program:
    """A file, with some pieces of its text changed."""
    source = read_source(path)
    text = source.text
    for old, new in (changes or {}).items():
        text, count = re.subn(old, new, text)
        assert count, old
    program, report = check(Source(source.name, text, source.path))
    assert not report.errors
    return program


def networks_of(program: Program) -> dict[str, Network]:
    """All networks of a file, those that are trained with their sizes."""
    trained = {one.written.name: one.written for training in program.trainings.values() for one in training.learnt.values()}
    return {**program.networks, **trained}


def built(program: Program, network: Network) -> Any:
    """The model that an emitted program builds."""
    text = network_program(program, network)
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(text, network.name, "exec"), names)  # noqa: S102 - it is what is tested
    return names["build"]()


@dataclass(frozen=True)
class Ran:
    """What a program printed.

    Attributes:
        epochs: the figures of each epoch.
        parameters: of the model that was fitted.
    """

    epochs: tuple[Mapping[str, float], ...]
    parameters: int | None


def ran(program: Program, folder: Path) -> Ran:
    """Run the program of a training where there is no nndsl."""
    place = folder / "program.py"
    place.write_text(written_program(program, None, folder), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", _RUNNER, str(place)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = re.search(r"^FIGURES (\{.*\}) (\d+)$", done.stdout, re.MULTILINE)
    if told is not None:
        history = json.loads(told[1])
        return Ran(tuple(dict(zip(history, row, strict=True)) for row in zip(*history.values(), strict=True)), int(told[2]))
    rows = [dict(pair.split(": ") for pair in said.split(", ")) for _, said in _EPOCH.findall(done.stdout)]
    return Ran(tuple({name: float(value) for name, value in row.items()} for row in rows), None)
