"""The examples learn what their READMEs promise; and a training that cannot begin leaves nothing behind."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROMISED = {
    "penguins": 0.97, "digits": 0.98, "splice": 0.94, "names": 0.85, "peptides": 0.89, "authors": 0.94, "splice_human": 0.88,
    "reading_frames": 0.87,
}
"""The least accuracy on test examples, whatever the seed."""
LONGEST = 120
"""In seconds: how long a training may take on two cores."""


def nndsl(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user does, in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "nndsl", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=4 * LONGEST)


def trained(name: str, seed: int, folder: Path) -> Path:
    """The run folder of an example, trained with a seed."""
    done = nndsl("train", ROOT / "examples" / name / f"{name}.nn", "--seed", seed, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.splitlines()[-1].removeprefix("run: ")


def accuracy(run: Path) -> float:
    return float(json.loads((run / "evaluation.json").read_text())["figures"]["accuracy"])


def test_the_penguins_are_told_apart(tmp_path: Path) -> None:
    assert accuracy(trained("penguins", 1, tmp_path)) >= PROMISED["penguins"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", PROMISED)
def test_an_example_learns_what_is_promised_in_less_than_two_minutes(tmp_path: Path, name: str, seed: int) -> None:
    run = trained(name, seed, tmp_path)
    assert accuracy(run) >= PROMISED[name]
    assert yaml.safe_load((run / "run.yaml").read_text())["seconds"] < LONGEST


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_forecast_of_births_beats_last_weeks_same_day(tmp_path: Path, seed: int) -> None:
    run = trained("births", seed, tmp_path)
    errors = json.loads((run / "evaluation.json").read_text())["outputs"]["next"]["errors"]
    assert errors["mae"] < 0.9 * errors["season_mae"]
    assert yaml.safe_load((run / "run.yaml").read_text())["seconds"] < LONGEST


@pytest.mark.parametrize("name", PROMISED)
def test_a_readme_gives_its_command_and_figures_that_keep_the_promise(name: str) -> None:
    text = (ROOT / "examples" / name / "README.md").read_text(encoding="utf-8")
    assert f"nndsl train examples/{name}/{name}.nn" in text and "LICENCE.txt" in text
    row = re.search(r"^\| test accuracy \|(.*)\|$", text, re.MULTILINE)
    assert row is not None
    figures = [float(one) for one in row[1].split("|")]
    assert len(figures) == 3 and min(figures) >= PROMISED[name]


@pytest.mark.slow
def test_a_classifier_of_digits_recognises_those_that_the_gan_makes(tmp_path: Path) -> None:
    classifier = trained("digits", 1, tmp_path)
    gan = trained("gan", 1, tmp_path)
    assert nndsl("generate", gan, "--count", 1000, "-o", tmp_path / "new.npz", folder=tmp_path).returncode == 0
    with numpy.load(tmp_path / "new.npz") as made:
        numpy.savez(tmp_path / "images.npz", x=(made["sample_1"][..., 0] * 16).round().astype("uint8"))
    said = json.loads(nndsl("predict", classifier, tmp_path / "images.npz", "--json", folder=tmp_path).stdout)
    sure = [max(one[f"p_{digit}"] for digit in range(10)) > 0.9 for one in said]
    assert sum(sure) >= 500
    assert min(sum(one["label"] == str(digit) for one in said) for digit in range(10)) >= 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_autoencoder_draws_digits_again_and_keeps_pictures(tmp_path: Path, seed: int) -> None:
    done = nndsl("train", ROOT / "examples" / "autoencoder" / "vae.nn", "--seed", seed, folder=tmp_path)
    run = tmp_path / done.stdout.splitlines()[-1].removeprefix("run: ")
    assert json.loads((run / "evaluation.json").read_text())["figures"]["mse"] < 0.04
    assert (run / "samples.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["names", "peptides", "authors", "splice_human", "reading_frames"])
def test_a_readme_compares_with_baselines_that_the_script_gives(name: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "examples" / "baselines.py"), name]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    constant, bayes = re.findall(r"\d\.\d{4}", said)
    text = (ROOT / "examples" / name / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| one answer to everything \| {constant} ", text, re.MULTILINE)
    assert re.search(rf"^\| naive Bayes [^|]*\| {bayes} ", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "field"),
    [("splice", "sequence"), ("names", "name"), ("peptides", "peptide"), ("authors", "words"), ("splice_human", "sequence"),
     ("reading_frames", "sequence")],
)
def test_nothing_that_is_learnt_from_is_also_tested(name: str, field: str) -> None:
    from nndsl.driver import check
    from nndsl.source import Source

    path = ROOT / "examples" / name / f"{name}.nn"
    program, _ = check(Source(path.name, path.read_text(encoding="utf-8"), path))
    (data,) = program.data.values()
    parts = {part: {one.tobytes() for one in examples.fields[field]} for part, examples in data.load().splits.items()}
    assert all(parts.values()) and set(parts) == {"train", "validation", "test"}
    assert not parts["test"] & (parts["train"] | parts["validation"]) and not parts["train"] & parts["validation"]


SPEC = """network Net {
  input x: float[2]
  output y = x -> Dense(2, activation=softmax)
}

data D {
  source = SOURCE
  x      = FIELD
  y      = source.y -> category(0, 1)
  split  = order(train=0.5, test=0.5)
}

train T {
  model     = Net
  data      = D
  loss      = crossentropy
  optimizer = SGD(learning_rate=0.1)
  epochs    = 1
}
"""


def spoilt_table(folder: Path) -> None:
    (folder / "t.csv").write_text("a,b,y\n1,2,0\n1,zwei,1\n")


def cut_off_table(folder: Path) -> None:
    (folder / "t.csv.gz").write_bytes(gzip.compress(b"a,b,y\n" + b"1,2,0\n" * 99)[:-9])


def arrays_of_different_lengths(folder: Path) -> None:
    numpy.savez(folder / "t.npz", x=numpy.ones((3, 2)), y=numpy.array([0, 1]))


@pytest.mark.parametrize(
    ("source", "field", "make", "said"),
    [
        ('csv("t.csv")', "(source.a, source.b) -> float", spoilt_table, 't.csv, line 3, column `b`: "zwei" is not a number'),
        ('csv("t.csv.gz")', "(source.a, source.b) -> float", cut_off_table, "t.csv.gz is not a complete gzip file"),
        ('npz("t.npz")', "source.x", arrays_of_different_lengths, "`x` has 3, `y` has 2"),
    ],
    ids=["a spoilt table", "a table cut off", "arrays of different lengths"],
)
def test_bad_data_end_a_training_before_it_begins(tmp_path: Path, source: str, field: str, make: object, said: str) -> None:
    make(tmp_path)  # type: ignore[operator]
    (tmp_path / "s.nn").write_text(SPEC.replace("SOURCE", source).replace("FIELD", field))
    assert nndsl("check", "s.nn", folder=tmp_path).returncode == 0, "a check does not read so far"
    done = nndsl("train", "s.nn", folder=tmp_path)
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_run_predicts_although_what_it_learnt_from_is_gone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,y\n" + "1,2,0\n2,1,1\n" * 4)
    (tmp_path / "s.nn").write_text(SPEC.replace("SOURCE", 'csv("t.csv")').replace("FIELD", "(source.a, source.b) -> standardize"))
    assert nndsl("train", "s.nn", folder=tmp_path).returncode == 0
    (tmp_path / "t.csv").unlink()
    (tmp_path / "new.csv").write_text("b,a\n2,1\n1,2\n")
    done = nndsl("predict", "runs/t/latest", "new.csv", folder=tmp_path)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 3, done.stderr
    (tmp_path / "new.csv").write_text("b,a\n2,1\n1,zwei\n")
    refused = nndsl("predict", "runs/t/latest", "new.csv", folder=tmp_path)
    assert refused.returncode == 1 and 'new.csv, line 3, column `a`: "zwei" is not a number' in refused.stderr
