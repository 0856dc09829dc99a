"""The benchmarks run; what they measure is for a machine with nothing else to do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nndsl.driver import check
from nndsl.syntax.reading import read_source

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("file", sorted((ROOT / "benchmarks").glob("*.nn")), ids=lambda file: file.stem)
def test_a_measured_file_has_neither_errors_nor_warnings(file: Path) -> None:
    program, report = check(read_source(file))
    assert not len(report) and program.networks


def test_the_everyday_file_has_about_sixty_lines() -> None:
    assert 55 <= len((ROOT / "benchmarks" / "everyday.nn").read_text(encoding="utf-8").splitlines()) <= 65


def test_a_benchmark_prints_what_it_measured_as_json() -> None:
    command = [sys.executable, "-m", "benchmarks", "linear", "--small", "--json"]
    measures = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert [set(one) for one in measures] == [{"name", "ours", "peer", "value", "most", "good"}] * 3
    assert all(one["value"] > 0 for one in measures)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["startup", "edit", "compile", "train", "stream", "adversarial", "layout", "memory", "settings", "serve"])
def test_the_other_benchmarks_run_too(name: str) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks", name, "--small"], cwd=ROOT, check=True, capture_output=True)
