"""The examples learn what their READMEs promise; and a training that cannot begin leaves nothing behind."""

import gzip
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy
import pytest

from examples.baselines import BASELINES, parts
from examples.promoters import motifs
from examples.table import EXAMPLES, ROOT, Example, Runs, command, made, recognised, rows
from nndsl.cli import main

(PENGUINS,) = (one for one in EXAMPLES if one.folder == "penguins")
LEARNT = pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.file.removesuffix(".nn"))


def readme(file: str) -> str:
    return (ROOT / "examples" / file).parent.joinpath("README.md").read_text(encoding="utf-8")


def figures(text: str, name: str) -> list[float]:
    """The figures of a row of a README."""
    row = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", text, re.MULTILINE)
    assert row is not None, name
    return [float(one) for one in row[1].split("|")]


def in_shell(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command as a user does, in a folder, whether it begins with `nndsl` or with `python`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    start = [sys.executable, "-m", "nndsl"] if arguments[0] == "nndsl" else [sys.executable]
    return subprocess.run(
        [*start, *arguments[1:]], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )


def nndsl(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return in_shell(["nndsl", *map(str, arguments)], folder)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


Told: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Runs a command in this process: its exit code, and what it wrote and complained."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs of the examples are, so that each is trained once for all tests."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def runs(folder: Path) -> Runs:
    return Runs(folder, seed=1)


def test_the_penguins_are_told_apart(runs: Runs) -> None:
    assert PENGUINS.keeps(PENGUINS.figure(runs, PENGUINS.file))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@LEARNT
def test_an_example_learns_what_is_promised(folder: Path, example: Example, seed: int) -> None:
    assert example.keeps(example.figure(Runs(folder, seed), example.file))


@pytest.mark.slow
@LEARNT
def test_the_other_commands_of_a_readme_run_too(tmp_path: Path, runs: Runs, example: Example) -> None:
    run = runs.of(example.file)
    block = next(one for one in re.findall(r"^```\n(.*?)^```$", readme(example.file), re.MULTILINE | re.DOTALL) if example.file in one)
    for line in block.splitlines():
        if f"runs/{run.parent.name}/latest" in line:
            done = in_shell([str(run) if one.startswith("runs/") else one for one in shlex.split(line)], tmp_path)
            assert done.returncode == 0 and done.stdout, done.stderr


@LEARNT
def test_a_readme_gives_its_command_and_figures_that_keep_the_promise(example: Example) -> None:
    assert command(example.file)[:2] == ["nndsl", "train"] and "LICENCE.txt" in readme(example.file)
    found = figures(readme(example.file), example.name)
    assert len(found) == 3 and all(map(example.keeps, found))


def test_the_table_of_the_readme_has_every_example_and_its_figures() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    for one in EXAMPLES:
        (row,) = re.findall(rf"^\| \[.*\]\(examples/{one.file}\) \|.*$", page, re.MULTILINE)
        told = ", ".join(f"{figure:.4f}" for figure in figures(readme(one.file), one.name))
        assert f"[{one.kind}](examples/{one.folder}/README.md)" in row and f"| {one.name} {told} |" in row


def test_a_row_of_the_table_is_made_from_a_training(folder: Path) -> None:
    *_, row = rows([PENGUINS], folder, [1])
    assert re.search(r"test accuracy \d\.\d{4} \| the nearest training example: \d\.\d{4} \| \d+ s \|$", row)


COUNTED = ("moby_dick/moby_dick.nn", "pronunciation/pronunciation.nn")
"""Examples whose baselines count through all of a text, and take as long as a training."""


@pytest.mark.parametrize("file", [pytest.param(one, marks=[pytest.mark.slow] * (one in COUNTED)) for one in BASELINES])
def test_a_readme_compares_with_baselines_that_the_script_gives(file: str) -> None:
    for name, figure in BASELINES[file](parts(file)).items():
        assert set(figures(readme(file), name)) == {round(figure, 4)}


@pytest.mark.slow
def test_all_ten_digits_are_among_those_that_the_gan_makes(runs: Runs) -> None:
    _, rarest = recognised(runs, made(runs.of("gan/gan.nn"), 1000))
    assert rarest >= 20


@pytest.mark.slow
@pytest.mark.parametrize("name", ["autoencoder", "vae"])
def test_an_autoencoder_keeps_pictures_of_digits_drawn_again(runs: Runs, name: str) -> None:
    assert (runs.of(f"autoencoder/{name}.nn") / "samples.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_filters_have_become_the_motifs_of_core_promoters(runs: Runs) -> None:
    sequences = parts("promoters/promoters.nn")["test"]["sequence"]
    compared = motifs.comparison(motifs.filters(runs.of("promoters/promoters.nn"), sequences))
    by_chance = {name: p for name, _, _, p in compared}
    assert by_chance["TATA box"] < 0.05 and by_chance["DRE"] < 0.05


def test_a_filter_is_most_like_the_motif_that_it_is_on_either_strand() -> None:
    motif = motifs.known()["DRE"]
    padded = numpy.concatenate([numpy.full((2, 4), 0.25), motif, numpy.full((2, 4), 0.25)])
    for strand in (padded, padded[::-1, ::-1]):
        assert motifs.likeness(strand[None], motif[None])[0, 0] == pytest.approx(1)
    assert motifs.comparison({7: padded})[0][:2] == ("DRE", 7)


@pytest.mark.parametrize(
    ("file", "field"),
    [("splice/splice.nn", "sequence"), ("names/names.nn", "name"), ("peptides/peptides.nn", "peptide"), ("authors/authors.nn", "words"),
     ("splice_human/splice_human.nn", "sequence"), ("reading_frames/reading_frames.nn", "sequence"),
     ("promoters/promoters.nn", "sequence"), ("pronunciation/pronunciation.nn", "word"), ("dna_gan/dna_gan.nn", "sequence")],
)
def test_nothing_that_is_learnt_from_is_also_tested(file: str, field: str) -> None:
    seen = {part: {one.tobytes() for one in fields[field]} for part, fields in parts(file).items()}
    seen = {"validation": set(), **{part: found for part, found in seen.items() if found}}
    assert seen["train"] and seen["test"]
    assert not seen["test"] & (seen["train"] | seen["validation"]) and not seen["train"] & seen["validation"]


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
def test_bad_data_end_a_training_before_it_begins(here: Path, told: Told, source: str, field: str, make: object, said: str) -> None:
    make(here)  # type: ignore[operator]
    (here / "s.nn").write_text(SPEC.replace("SOURCE", source).replace("FIELD", field))
    assert told("check", "s.nn")[0] == 0, "a check does not read so far"
    code, _, complained = told("train", "s.nn")
    assert code == 1 and said in complained
    assert not (here / "runs").exists()


def test_a_run_predicts_although_what_it_learnt_from_is_gone(here: Path, told: Told) -> None:
    (here / "t.csv").write_text("a,b,y\n" + "1,2,0\n2,1,1\n" * 4)
    (here / "s.nn").write_text(SPEC.replace("SOURCE", 'csv("t.csv")').replace("FIELD", "(source.a, source.b) -> standardize"))
    assert told("train", "s.nn")[0] == 0
    (here / "t.csv").unlink()
    (here / "new.csv").write_text("b,a\n2,1\n1,2\n")
    code, written, complained = told("predict", "runs/t/latest", "new.csv")
    assert code == 0 and len(written.splitlines()) == 3, complained
    (here / "new.csv").write_text("b,a\n2,1\n1,zwei\n")
    code, _, complained = told("predict", "runs/t/latest", "new.csv")
    assert code == 1 and 'new.csv, line 3, column `a`: "zwei" is not a number' in complained
