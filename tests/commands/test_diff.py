"""`nndsl diff`, and pictures of trainings by `nndsl render --training`."""

import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.commands.asked import GOOD, PENGUINS, ROOT, Command, Said


@pytest.fixture
def other() -> Path:
    """Another version of `good.nn`."""
    path = Path("other.nn")
    path.write_text(GOOD.replace("-> Dropout(rate)", "-> LayerNorm -> Dropout(rate / 2)").replace("width = 4", "width = 6"), encoding="utf-8")
    return path


def test_a_difference_is_a_table_with_totals_and_settings(nndsl: Command, other: Path) -> None:
    said = nndsl("diff", "good.nn", "other.nn")
    assert said.code == 0 and said.err == "" and "\x1b" not in said.out
    for words in ("Dense(4, relu) -> Dense(6, relu)", "LayerNormalization", "Dropout(0.5) -> Dropout(0.25)", "parameters  60 -> 86", "~ width  4 -> 6"):
        assert words in said.out, said.out


def test_files_that_say_the_same_are_said_to(nndsl: Command) -> None:
    Path("same.nn").write_text(f"# another comment\n{GOOD}", encoding="utf-8")
    assert nndsl("diff", "good.nn", "same.nn", "--exit-code") == Said(0, "Net: the networks are the same\n", "")


def test_the_exit_code_tells_of_a_difference_only_if_asked(nndsl: Command, other: Path) -> None:
    assert nndsl("diff", "good.nn", "other.nn").code == 0
    assert nndsl("diff", "good.nn", "other.nn", "--exit-code").code == 1


def test_values_are_set_in_the_new_file(nndsl: Command) -> None:
    said = nndsl("diff", "good.nn", "good.nn", "--set", "width=8")
    assert "~ width  4 -> 8" in said.out and "Dense(4, relu) -> Dense(8, relu)" in said.out


def test_json_has_the_same(nndsl: Command, other: Path) -> None:
    said = json.loads(nndsl("diff", "good.nn", "other.nn", "--json").out)
    (network,) = said["networks"]
    assert not said["same"] and network["params"] == [60, 86]
    assert [one["kind"] for one in network["changes"]][:2] == ["changed", "added"]
    assert network["changes"][0]["new"]["call"] == "Dense(6, relu)"
    assert said["settings"] == [{"of": "param", "name": "width", "old": "4", "new": "6"}]


@pytest.mark.parametrize(("ending", "start"), [(".svg", b"<svg"), (".png", b"\x89PNG")])
def test_a_difference_is_drawn_as_the_ending_says(nndsl: Command, other: Path, ending: str, start: bytes) -> None:
    said = nndsl("diff", "good.nn", "other.nn", "-o", f"changes{ending}")
    assert said.code == 0 and said.out.endswith(f"changes{ending}\n")
    assert Path(f"changes{ending}").read_bytes().startswith(start)


def test_a_difference_is_drawn_as_pdf_too(nndsl: Command, other: Path) -> None:
    pytest.importorskip("typst", reason="PDF is written by the package typst, which is not installed")
    assert nndsl("diff", "good.nn", "other.nn", "-o", "changes.pdf").code == 0
    assert Path("changes.pdf").read_bytes().startswith(b"%PDF")


def test_dark_detail_and_direction_change_the_picture(nndsl: Command) -> None:
    resnet, pictures = str(ROOT / "specs" / "resnet20.nn"), set()
    every: list[list[str]] = [[], ["--dark"], ["--detail", "full"], ["--detail", "overview"], ["--direction", "right"]]
    for options in every:
        assert nndsl("diff", resnet, resnet, "-o", "changes.svg", *options).code == 0
        pictures.add(Path("changes.svg").read_bytes())
    assert len(pictures) == len(every)


def test_the_old_version_may_come_from_standard_input(nndsl: Command, other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(GOOD.encode())))
    assert "parameters  60 -> 86" in nndsl("diff", "-", "other.nn").out


def test_what_comes_from_standard_input_finds_what_the_other_file_finds(nndsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of the data stands beside the file that is named, wherever the command is called."""
    Path("inner").mkdir()
    for path in (PENGUINS, PENGUINS.with_suffix(".csv")):
        shutil.copy(path, "inner")
    old = PENGUINS.read_text(encoding="utf-8").replace("Dropout(0.2)", "Dropout(0.1)")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(old.encode())))
    assert "Dropout(0.1) -> Dropout(0.2)" in nndsl("diff", "-", "inner/penguins.nn").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["good.nn", "wrong.nn"], 1, "error[NN202]"),
        (["missing.nn", "good.nn"], 1, "error[NN101]"),
        (["good.nn", "good.nn", "Nobody"], 2, "the file has no network called Nobody"),
        (["-", "-"], 2, "only one of the two can be read from standard input"),
        (["good.nn", "good.nn", "-o", "x.dot"], 2, "x.dot ends in none of .svg, .png, .pdf"),
        (["good.nn", "good.nn", "--direction", "right"], 2, "--direction is for a picture: name its file with -o"),
        (["good.nn", "good.nn", "-o", "nowhere/x.svg"], 1, "error[NN711]"),
        (["good.nn"], 2, "the following arguments are required: NEW"),
        (["two.nn", "two.nn", "-o", "x.svg"], 2, "several networks"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(nndsl: Command, arguments: list[str], code: int, words: str) -> None:
    said = nndsl("diff", *arguments)
    assert said.code == code and words in said.err, said
    assert not list(Path().glob("*.svg"))


def test_the_page_shows_what_is_printed(nndsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "diff.md").read_text(encoding="utf-8")
    command, _, printed = page.partition("$ nndsl ")[2].partition("```")[0].partition("\n")
    monkeypatch.chdir(ROOT)
    assert nndsl(*command.split()).out == printed


# Trainings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ending", "start"), [(".svg", b"<svg"), (".png", b"\x89PNG")])
def test_a_training_is_drawn(nndsl: Command, ending: str, start: bytes) -> None:
    said = nndsl("render", str(PENGUINS), "PenguinSpecies", "-o", f"training{ending}", "--training")
    assert said == Said(0, f"training{ending}\n", "")
    assert Path(f"training{ending}").read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["good.nn", "-o", "x.svg"], "the file has no training"),
        (["good.nn", "-o", "x.mmd"], "x.mmd ends in none of .svg, .png, .pdf, which trainings are drawn as"),
        ([str(PENGUINS), "PenguinNet", "-o", "x.svg"], "the file has no training called PenguinNet"),
    ],
)
def test_a_training_that_cannot_be_drawn_is_refused_in_words(nndsl: Command, arguments: list[str], words: str) -> None:
    said = nndsl("render", *arguments, "--training")
    assert said.code == 2 and words in said.err
    assert not list(Path().glob("x.*"))
