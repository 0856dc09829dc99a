"""What is made of networks: a table, a drawing, a model; and files that can, or cannot, be written."""

import json
import os
from pathlib import Path

import pytest

from tests.commands.asked import PENGUINS, Command, Said, answer


def test_a_summary_ends_with_the_totals(nndsl: Command) -> None:
    said = nndsl("summary", "good.nn")
    assert said.code == 0
    assert "\nparameters  60\n" in said.out and "\x1b" not in said.out


def test_a_summary_says_what_devices_send_each_other_if_asked(nndsl: Command) -> None:
    said = nndsl("summary", "good.nn", "--devices", "3")
    assert said.out.endswith("\ngradients   240 bytes a step, of which each of 3 devices sends and receives 320\n")
    assert json.loads(nndsl("summary", "good.nn", "--devices", "3", "--json").out)["sent_bytes"] == 320
    assert "sent_bytes" not in json.loads(nndsl("summary", "good.nn", "--json").out)


@pytest.mark.parametrize(("ending", "start"), [(".svg", b"<svg"), (".png", b"\x89PNG"), (".PNG", b"\x89PNG"), (".dot", b"digraph"), (".mmd", b"flowchart"),
                                                  (".pdf", b"%PDF-"), (".html", b"<!doctype html>")])  # fmt: skip
def test_a_network_is_drawn_as_the_ending_says(nndsl: Command, ending: str, start: bytes) -> None:
    said = nndsl("render", "good.nn", "-o", f"net{ending}")
    assert said == Said(0, f"net{ending}\n", "")
    assert Path(f"net{ending}").read_bytes().startswith(start)


def test_dark_and_detail_change_the_picture(nndsl: Command) -> None:
    wide = "block Wide(n) { input x: [C]\n h = x -> Dense(n, activation=relu) -> Dense(C)\n output y = h + x }\n"
    Path("deep.nn").write_text(wide + "network Deep { input x: float[3]\n output y = x -> Wide(8) * 3 }\n", encoding="utf-8")
    pictures = set()
    for options in ([], ["--dark"], ["--detail", "full"], ["--detail", "overview"], ["--direction", "right"]):
        assert nndsl("render", "deep.nn", "-o", "deep.svg", *options).code == 0
        pictures.add(Path("deep.svg").read_bytes())
    assert len(pictures) == 5


@pytest.mark.parametrize(("ending", "word"), [(".dot", "rankdir=LR"), (".mmd", "flowchart LR"), (".html", '"direction":"right"')])
def test_the_direction_is_told_to_what_draws_it(nndsl: Command, ending: str, word: str) -> None:
    for options, said in ((["--direction", "right"], True), (["--direction", "down"], False)):
        assert nndsl("render", "good.nn", "-o", f"net{ending}", *options).code == 0
        assert (word in Path(f"net{ending}").read_text(encoding="utf-8")) == said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "net.gif"], "net.gif ends in none of .svg, .png, .pdf, .html, .dot, .mmd"),
        (["-o", "net.html", "--training"], "net.html ends in none of .svg, .png, .pdf, which trainings are drawn as"),
        (["-o", "net.dot", "--dark"], "--dark is not for .dot"),
        (["-o", "net.mmd", "--detail", "overview"], "--detail is not for .mmd"),
        (["-o", "net.svg", "--training", "--direction", "right"], "--direction is for networks, not for trainings"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_read(nndsl: Command, arguments: list[str], words: str) -> None:
    said = nndsl("render", "not there.nn", *arguments)
    assert said.code == 2 and said.err.startswith(f"nndsl render: {words}")
    assert not list(Path().glob("net.*"))


def test_a_pdf_needs_a_package_which_is_said_before_anything_is_read(nndsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nndsl.extras.find_spec", lambda package: None)
    said = nndsl("render", "not there.nn", "-o", "net.pdf")
    assert said.code == 1
    assert said.err.startswith("error[NN745]: drawing a PDF needs the package typst, which is not installed\n")
    assert "pip install 'nndsl[pdf]'" in said.err


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere/net.svg", "its folder does not exist"),
        ("good.nn/net.svg", "a part of its path is a file, not a folder"),
        ("folder.svg", "there is a folder of that name"),
        ("n" * 300 + ".svg", "name too long"),
    ],
)
def test_what_cannot_be_written_is_nn711(nndsl: Command, place: str, words: str) -> None:
    Path("folder.svg").mkdir()
    before = sorted(Path().iterdir())
    said = nndsl("render", "good.nn", "-o", place)
    assert said.code == 1
    assert "error[NN711]: cannot write" in said.err and words in said.err.lower()
    assert sorted(Path().iterdir()) == before


def test_a_file_that_is_there_is_replaced_and_a_link_is_followed(nndsl: Command) -> None:
    Path("old.svg").write_text("old")
    Path("link.svg").symlink_to("old.svg")
    assert nndsl("render", "good.nn", "-o", "link.svg").code == 0
    assert Path("link.svg").is_symlink()
    assert Path("old.svg").read_text(encoding="utf-8").startswith("<svg")


def test_nothing_is_replaced_by_a_command_that_fails(nndsl: Command) -> None:
    Path("net.svg").write_text("mine")
    assert nndsl("render", "wrong.nn", "-o", "net.svg").code == 1
    assert Path("net.svg").read_text() == "mine"


def test_a_device_is_written_to_and_stays(nndsl: Command, tmp_path: Path) -> None:
    from nndsl.files import write_file

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_file(pipe, b"through")
    assert os.read(reader, 100) == b"through"
    assert pipe.is_fifo()
    os.close(reader)


def test_a_compiled_model_is_plain_keras(nndsl: Command) -> None:
    said = nndsl("compile", "good.nn", "--set", "width=8", "-o", "net.keras")
    assert said.code == 0 and said.out == "net.keras  88 parameters\n"
    import keras

    assert keras.saving.load_model("net.keras").count_params() == 88


def test_a_program_is_printed_or_written(nndsl: Command) -> None:
    printed = nndsl("compile", "good.nn", "--set", "width=8", "--emit", "python")
    assert printed.code == 0 and "WIDTH = 8\n" in printed.out and "import nndsl" not in printed.out
    assert nndsl("compile", "good.nn", "--set", "width=8", "--emit", "python", "-o", "-").out == printed.out
    said = nndsl("compile", "good.nn", "--set", "width=8", "--emit", "python", "-o", "net.py")
    assert said == Said(0, f"net.py  {len(printed.out.splitlines())} lines\n", "")
    assert Path("net.py").read_text(encoding="utf-8") == printed.out


def test_a_program_of_an_example_is_printed_without_loading_keras() -> None:
    said = answer(["compile", str(PENGUINS), "--emit", "python"], PYTHONPROFILEIMPORTTIME="1")
    assert said.code == 0 and "def main():" in said.out
    assert not [line for line in said.err.splitlines() if line.endswith((" keras", " tensorflow"))]


@pytest.mark.parametrize("options", [[], ["-o", "net.py"], ["--emit", "python", "-o", "net.keras"]])
def test_a_program_or_a_model_has_the_ending_that_it_should(nndsl: Command, options: list[str]) -> None:
    said = nndsl("compile", "good.nn", *options)
    assert said.code == 2 and not said.out and not Path("net.py").exists()
