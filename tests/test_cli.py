"""The command line, as a stranger uses it: most of it in this process, and what concerns streams and signals in others."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndsl import __version__, cli
from nndsl.arguments import parsed
from nndsl.cli import main

ROOT = Path(__file__).parents[1]
PENGUINS = ROOT / "examples" / "penguins" / "penguins.nn"
COMMANDS = ("check", "compile", "train", "evaluate", "predict", "generate", "render", "summary", "fmt", "explain")

GOOD = """\
param width = 4
param rate = 0.5
param deep = true
param sizes = [3, 2]
param act = relu

network Net {
  input x: float[3]
  h = x -> Dense(width, activation=act) -> Dropout(rate)
  for size in sizes { h = h -> Dense(size) }
  output y = h -> Dense(7 if deep else 8)
}
"""
WRONG = "network Net {\n  input x: float[3]\n  output y = x -> Dense(2, unitz=3)\n}\n"
TWO = "network A {\n  input x: float[3]\n  output y = x -> Dense(2)\n}\n\n" + GOOD


@dataclass(frozen=True)
class Said:
    """What a command returned and printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def nndsl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in a folder with `good.nn`, `wrong.nn` and `two.nn`."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("wrong", WRONG), ("two", TWO)):
        Path(f"{name}.nn").write_text(text, encoding="utf-8")

    def run(*arguments: str) -> Said:
        code = main(arguments)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return run


# Help and wrong use ------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_explains_every_option_and_gives_an_example(nndsl: Command, command: str) -> None:
    said = nndsl(command, "--help")
    assert said.code == 0
    assert f"usage: nndsl {command} " in said.out
    assert f"\nexamples:\n  nndsl {command} " in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_of_help_are_arguments_that_are_understood(nndsl: Command, command: str) -> None:
    examples = nndsl(command, "--help").out.partition("examples:\n")[2].strip().splitlines()
    for example in examples:
        words = example.partition("    ")[2 if example.startswith("    ") else 0].partition(" >")[0].split()
        assert parsed(words[1:]).command == command


def test_the_help_of_all_commands_names_each_of_them(nndsl: Command) -> None:
    said = nndsl("--help")
    assert said.code == 0
    assert all(f"\n    {command} " in said.out and f"\n  nndsl {command} " in said.out for command in COMMANDS)


def test_the_version_is_printed(nndsl: Command) -> None:
    assert nndsl("--version") == Said(0, f"nndsl {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "usage: nndsl"),
        (["chek", "good.nn"], "there is no command `chek`; did you mean `check`?"),
        (["frobnicate"], "there is no command `frobnicate`; there are check, compile, train"),
        (["-V"], "there is no option `-V`"),
        (["--vresion"], "there is no option `--vresion`; did you mean `--version`?"),
        (["check"], "required: FILE"),
        (["check", "good.nn", "--frmat=json"], "there is no option `--frmat`; did you mean `--format`?"),
        (["check", "good.nn", "--format", "xml"], "invalid choice: 'xml'"),
        (["check", "good.nn", "--set", "width"], "`width` is not NAME=VALUE"),
        (["check", "good.nn", "--set", "=3"], "`=3` is not NAME=VALUE"),
        (["summary", "good.nn", "Net", "Other"], "`Other` is one argument too many"),
        (["summary", "good.nn", "Nett"], "the file has no network called Nett; did you mean Net?"),
        (["summary", "two.nn"], "the file has several networks, so name one: A, Net"),
        (["train", "good.nn"], "the file has no training"),
        (["train", "good.nn", "--epochs", "0"], "`0` is not a whole number of at least 1"),
        (["train", "good.nn", "--epochs", "²"], "`²` is not a whole number of at least 1"),
        (["train", "good.nn", "--epochs", "9" * 5000], "is not a whole number of at least 1, and below 1,000,000,000"),
        (["train", "good.nn", "--seed", "-1"], "`-1` is not a whole number of at least 0"),
        (["render", "good.nn"], "required: -o/--output"),
        (["render", "good.nn", "-o", "net.gif"], "net.gif ends in none of .svg, .png, .dot, .mmd"),
        (["compile", "good.nn", "-o", "net.h5"], "net.h5 does not end in .keras"),
        (["explain", "shape"], "there is no code shape; `nndsl explain` lists them all"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_wrong_use_says_what_is_wrong_and_returns_2(nndsl: Command, arguments: list[str], words: str) -> None:
    said = nndsl(*arguments)
    assert said.code == 2
    assert words in said.err
    assert said.out == ""


def test_the_name_may_stand_after_the_options(nndsl: Command) -> None:
    assert nndsl("render", "two.nn", "-o", "a.dot", "A").code == 0
    assert 'digraph "A"' in Path("a.dot").read_text(encoding="utf-8")


# check -------------------------------------------------------------------------------------------


def test_a_good_file_is_told_with_its_shapes_and_parameters(nndsl: Command) -> None:
    assert nndsl("check", "good.nn") == Said(0, "good.nn: good\n  network Net  x: float[3] -> y: float[7]  60 parameters\n", "")


def test_what_is_not_checked_by_itself_is_said(nndsl: Command) -> None:
    Path("open.nn").write_text("network Open(n, m) {\n  input x: float[3]\n  output y = x -> Dense(n) -> Dense(m)\n}\n", encoding="utf-8")
    Path("blocks.nn").write_text("block Wide(n) {\n  Dense(n)\n}\n", encoding="utf-8")
    assert nndsl("check", "open.nn").out == "open.nn: good\n  network Open  is checked where it is used: no value for n and m\n"
    assert nndsl("check", "blocks.nn").out == "blocks.nn: good\n  no network in it; blocks are checked where they are used\n"
    for name in ([], ["Open"]):
        said = nndsl("summary", "open.nn", *name)
        assert said.code == 2
        assert "the network Open has no value for n and m; write `network Open(n=..., m=...)`" in said.err


def test_all_files_are_checked_and_all_mistakes_counted_once(nndsl: Command) -> None:
    said = nndsl("check", "wrong.nn", "good.nn", "nope.nn", "wrong.nn")
    assert said.code == 1
    assert said.out.startswith("good.nn: good")
    assert said.err.count("error[NN202]") == 2 and said.err.count("error[NN101]") == 1
    assert said.err.endswith("\n3 errors\n") and said.err.count("errors") == 1


def test_an_error_shows_the_line_and_what_to_do(nndsl: Command) -> None:
    said = nndsl("check", "wrong.nn")
    assert " --> wrong.nn:3:28\n" in said.err
    assert " 3 |   output y = x -> Dense(2, unitz=3)\n" in said.err
    assert "= repair: did you mean `units`?" in said.err


def test_a_warning_alone_is_no_failure(nndsl: Command) -> None:
    Path("unused.nn").write_text("param width = 3\n" + WRONG.replace(", unitz=3", ""), encoding="utf-8")
    said = nndsl("check", "unused.nn")
    assert said.code == 0
    assert "warning[NN401]" in said.err and said.err.endswith("1 warning\n")
    assert "unused.nn: good" in said.out


@pytest.mark.parametrize(("path", "words"), [("nope.nn", "there is no such file"), (".", "it is a folder"), ("good.nn/x", "not a folder")])
def test_what_cannot_be_read_is_said(nndsl: Command, path: str, words: str) -> None:
    said = nndsl("check", path)
    assert said.code == 1
    assert "error[NN101]" in said.err and words in said.err


def test_check_explains_what_was_chosen_and_why(nndsl: Command) -> None:
    plain, explained = nndsl("check", str(PENGUINS)).out, nndsl("check", "--explain", str(PENGUINS)).out
    assert "`crossentropy` is SparseCategoricalCrossentropy, as the target holds the numbers of classes" in explained
    assert "takes the logits before softmax" in explained
    assert "`accuracy` is SparseCategoricalAccuracy" in explained
    assert explained.startswith(plain.rstrip("\n")) and "crossentropy" not in plain


def test_check_explains_sizes_that_come_from_the_data(nndsl: Command) -> None:
    assert "`L` is 60, as in the data" in nndsl("check", "--explain", str(ROOT / "examples" / "splice" / "splice.nn")).out


def test_an_argument_is_not_said_to_come_from_the_data(nndsl: Command) -> None:
    assert "`latent`" not in nndsl("check", "--explain", str(ROOT / "examples" / "gan" / "gan.nn")).out


def test_json_of_a_check_is_a_list_of_what_was_found(nndsl: Command) -> None:
    said = nndsl("check", "--json", "good.nn", "wrong.nn", "nope.nn")
    found = json.loads(said.out)
    assert [one["code"] for one in found] == ["NN202", "NN101"]
    assert found[0]["place"] | {"start": 0, "end": 0} == {
        "file": "wrong.nn", "line": 3, "column": 28, "end_line": 3, "end_column": 33, "start": 0, "end": 0,
    }
    assert said.code == 1 and said.err == ""


def test_json_of_a_good_file_is_an_empty_list(nndsl: Command) -> None:
    assert nndsl("check", "--format", "json", "good.nn") == Said(0, "[]\n", "")


# Values from the command line --------------------------------------------------------------------


def parameters(nndsl: Command, *settings: str) -> int:
    said = nndsl("summary", "good.nn", "--json", *(word for one in settings for word in ("--set", one)))
    assert said.code == 0, said.out
    return int(json.loads(said.out)["params"])


def test_values_are_set(nndsl: Command) -> None:
    assert parameters(nndsl) == 16 + 15 + 8 + 21
    assert parameters(nndsl, "width=8", "deep=false", "sizes=[2]") == 32 + 18 + 24
    assert parameters(nndsl, "width=1_000", "rate=0", "sizes=(3, 2)") == 4000 + 3003 + 8 + 21


def test_a_function_is_set_by_its_name(nndsl: Command) -> None:
    assert "Dense(4, gelu)" in nndsl("summary", "good.nn", "--set", "act=gelu").out
    said = nndsl("check", "good.nn", "--set", "act=geluu")
    assert said.code == 1 and said.err.count("error[") == 1
    assert "`geluu` is not defined" in said.err and "did you mean `gelu`?" in said.err


def test_a_parameter_that_is_not_there_is_nn221(nndsl: Command) -> None:
    said = nndsl("check", "good.nn", "--set", "widht=32")
    assert said.code == 1
    assert "error[NN221]: there is no parameter `widht` to set" in said.err
    assert "did you mean `width`?" in said.err
    Path("none.nn").write_text(WRONG.replace(", unitz=3", ""), encoding="utf-8")
    assert "the file has no `param`" in nndsl("check", "none.nn", "--set", "width=32").err


@pytest.mark.parametrize(
    ("setting", "value", "default"),
    [
        ("width=wide", '"wide"', "4"),
        ("width=2.5", "2.5", "4"),
        ("width=true", "true", "4"),
        ("rate=nan", '"nan"', "0.5"),
        ("deep=1", "1", "true"),
        ("sizes=3", "3", "[3, 2]"),
        ("sizes=[3", '"[3"', "[3, 2]"),
        ("act=3", "3", "the function relu"),
    ],
)
def test_a_value_of_another_kind_is_nn222_and_nothing_else(nndsl: Command, setting: str, value: str, default: str) -> None:
    said = nndsl("check", "good.nn", "--set", setting)
    name = setting.partition("=")[0]
    assert said.code == 1
    assert f"error[NN222]: `{name}` was set to {value} on the command line, and its default is {default}\n" in said.err
    assert said.err.count("error[") == 1


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20))
def test_no_value_is_a_bug(text: str) -> None:
    source = ROOT / "examples" / "digits" / "digits.nn"
    assert main(["check", str(source), "--json", "--set", f"width={text}"]) in (0, 1)


# summary, render, compile ------------------------------------------------------------------------


def test_a_summary_ends_with_the_totals(nndsl: Command) -> None:
    said = nndsl("summary", "good.nn")
    assert said.code == 0
    assert "\nparameters  60\n" in said.out and "\x1b" not in said.out


@pytest.mark.parametrize(("ending", "start"), [(".svg", b"<svg"), (".png", b"\x89PNG"), (".PNG", b"\x89PNG"), (".dot", b"digraph"), (".mmd", b"flowchart")])
def test_a_network_is_drawn_as_the_ending_says(nndsl: Command, ending: str, start: bytes) -> None:
    said = nndsl("render", "good.nn", "-o", f"net{ending}")
    assert said == Said(0, f"net{ending}\n", "")
    assert Path(f"net{ending}").read_bytes().startswith(start)


def test_dark_and_detail_change_the_picture(nndsl: Command) -> None:
    wide = "block Wide(n) { input x: [C]\n h = x -> Dense(n, activation=relu) -> Dense(C)\n output y = h + x }\n"
    Path("deep.nn").write_text(wide + "network Deep { input x: float[3]\n output y = x -> Wide(8) * 3 }\n", encoding="utf-8")
    pictures = set()
    for options in ([], ["--dark"], ["--detail", "full"], ["--detail", "overview"]):
        assert nndsl("render", "deep.nn", "-o", "deep.svg", *options).code == 0
        pictures.add(Path("deep.svg").read_bytes())
    assert len(pictures) == 4


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


# train, evaluate, predict ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short training of the penguins."""
    runs = tmp_path_factory.mktemp("runs")
    assert main(["train", str(PENGUINS), "--epochs", "2", "--runs", str(runs), "--seed", "7"]) == 0
    return runs / "penguinspecies" / "001"


def test_training_ends_with_the_accuracy_and_the_path(nndsl: Command) -> None:
    said = nndsl("train", str(PENGUINS), "--epochs", "1", "--set", "width=8")
    first, second = said.out.splitlines()
    assert said.code == 0
    assert first.startswith("accuracy ") and "on 69 test examples, by the model of epoch 1" in first
    assert second == f"run: {Path('runs/penguinspecies/001').resolve()}"
    assert said.err.startswith("epoch 1/1  loss ") and said.err.count("\n") == 1


def test_a_run_is_evaluated_as_it_was(nndsl: Command, run: Path) -> None:
    said = nndsl("evaluate", str(run.parent / "latest"))
    assert said.code == 0
    assert "on 69 test examples" in said.out and "\n  Gentoo " in said.out
    figures = json.loads(nndsl("evaluate", str(run), "--json").out)
    assert figures["examples"] == 69
    assert figures["figures"] == json.loads((run / "evaluation.json").read_text(encoding="utf-8"))["figures"]


def test_predictions_are_a_table_or_json_one_for_each_row(nndsl: Command, run: Path) -> None:
    rows = (PENGUINS.parent / "penguins.csv").read_text(encoding="utf-8").splitlines()[:4]
    Path("new.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    table = nndsl("predict", str(run), "new.csv")
    assert table.code == 0
    assert table.out.splitlines()[0] == "species,p_Adelie,p_Chinstrap,p_Gentoo" and len(table.out.splitlines()) == 4
    told = json.loads(nndsl("predict", str(run), "new.csv", "--json").out)
    assert [one["species"] for one in told] == [line.partition(",")[0] for line in table.out.splitlines()[1:]]
    assert nndsl("predict", str(run), "new.csv", "-o", "said.csv").out == "said.csv  3 predictions\n"
    refused = nndsl("predict", str(run), "new.csv", "-o", "said.npz")
    assert (refused.code, refused.err) == (2, "nndsl predict: said.npz does not end in .csv, which is what is written\n")
    assert Path("said.csv").read_text(encoding="utf-8") == table.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["evaluate", "nowhere"], "NN715"),
        (["evaluate", "good.nn"], "NN715"),
        (["predict", "nowhere", "new.csv"], "NN715"),
        (["summary", "wrong.nn"], "NN202"),
        (["summary", "nope.nn"], "NN101"),
    ],
    ids=" ".join,
)
def test_a_failure_is_one_clear_message_or_json(nndsl: Command, arguments: list[str], code: str) -> None:
    said = nndsl(*arguments)
    assert (said.code, said.out) == (1, "")
    assert f"error[{code}]" in said.err and said.err.endswith("1 error\n")
    told = nndsl(*arguments, "--json")
    assert (told.code, told.err) == (1, "")
    assert [one["code"] for one in json.loads(told.out)["diagnostics"]] == [code]


def test_a_wrong_name_is_json_too(nndsl: Command) -> None:
    said = nndsl("summary", "good.nn", "Nett", "--json")
    assert said.code == 2
    assert json.loads(said.out)["diagnostics"][0]["message"] == "the file has no network called Nett; did you mean Net?"


def test_a_run_that_cannot_be_resumed_or_written_is_said(nndsl: Command, run: Path) -> None:
    Path("file").touch()
    assert "error[NN715]" in nndsl("train", str(PENGUINS), "--resume", "nowhere").err
    assert "error[NN718]" in nndsl("train", str(PENGUINS), "--resume", str(run), "--set", "width=64").err
    assert "error[NN711]" in nndsl("train", str(PENGUINS), "--runs", "file").err
    assert "error[NN502]" in nndsl("train", str(PENGUINS), "--data", "nope.csv").err
    assert sorted(path.name for path in Path().iterdir()) == ["file", "good.nn", "two.nn", "wrong.nn"]


def test_figures_that_are_no_numbers_are_null_in_json() -> None:
    from nndsl.evaluation import Evaluation, OutputFigures, Predictions

    nan, inf = float("nan"), float("inf")
    evaluation = Evaluation("test", 1, None, {"loss": nan}, {"y": OutputFigures(errors={"mae": -inf})})
    assert json.loads(evaluation.as_json(), parse_constant=pytest.fail)["figures"] == {"loss": None}
    assert json.loads(Predictions({"y": [[nan, 1.0], [2.0, inf]]}).as_json(), parse_constant=pytest.fail) == [{"y": [None, 1.0]}, {"y": [2.0, None]}]


# explain -----------------------------------------------------------------------------------------


def test_files_are_laid_out_and_a_check_says_which_would_be(nndsl: Command) -> None:
    untidy = "network Net {\n input x:float[2]\n output y=x->Dense( 1 )\n}\n"
    Path("folder").mkdir()
    Path("folder/untidy.nn").write_text(untidy, encoding="utf-8")
    Path("broken.nn").write_text("network {", encoding="utf-8")
    said = nndsl("fmt", "--check", "folder")
    assert (said.code, said.out) == (1, f"{Path('folder/untidy.nn')}  would change\n")
    assert Path("folder/untidy.nn").read_text(encoding="utf-8") == untidy
    said = nndsl("fmt", "folder", "broken.nn")
    assert said.code == 1 and "error[NN" in said.err and "broken.nn" in said.err
    assert Path("folder/untidy.nn").read_text(encoding="utf-8") == "network Net {\n  input x: float[2]\n  output y = x -> Dense(1)\n}\n"
    assert Path("broken.nn").read_text(encoding="utf-8") == "network {"
    assert nndsl("fmt", "--check", "folder").code == 0
    assert nndsl("fmt", "folder") == Said(0, "", "")


def test_a_code_is_explained_in_any_case_and_all_are_listed(nndsl: Command) -> None:
    said = nndsl("explain", "nn301")
    assert said.code == 0 and said.out.startswith("NN301 (error)\n\n") and "Mended:" in said.out
    listed = nndsl("explain").out.splitlines()
    assert [line[:5] for line in listed] == sorted(line[:5] for line in listed)
    assert any(line.startswith("NN401  warning  ") for line in listed)


# What goes wrong around a command ----------------------------------------------------------------


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

    monkeypatch.setitem(cli._COMMANDS, "check", fails)
    said = nndsl("check", "good.nn")
    assert said.code == code
    assert said.err.startswith(words)


def test_the_details_of_a_bug_are_in_a_file(nndsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cli._COMMANDS, "check", None)
    err = nndsl("check", "good.nn").err
    details = Path(err.partition("The details are in ")[2].partition(";")[0])
    assert "TypeError" in details.read_text(encoding="utf-8")
    details.unlink()


def command(*arguments: str, environment: Mapping[str, str] | None = None, **streams: Any) -> "subprocess.Popen[bytes]":
    """The command in a process of its own."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    return subprocess.Popen([sys.executable, "-m", "nndsl", *arguments], env=variables, **streams)


def answer(arguments: Sequence[str], given: bytes = b"", **environment: str) -> Said:
    process = command(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, environment=environment)
    out, err = process.communicate(given, timeout=60)
    return Said(process.returncode, out.decode(), err.decode())


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
