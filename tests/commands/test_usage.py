"""Help, the list of commands, and wrong use."""

import re
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import pytest

from nndsl import __version__, commands
from nndsl.cli import parsed
from nndsl.commands import NAMES
from tests.commands.asked import GOOD, ROOT, Command, Said


@pytest.mark.parametrize("command", NAMES)
def test_help_explains_every_option_and_gives_an_example(nndsl: Command, command: str) -> None:
    said = nndsl(command, "--help")
    assert said.code == 0
    assert f"usage: nndsl {command} " in said.out
    assert f"\nexamples:\n  nndsl {command} " in said.out


@pytest.mark.parametrize("command", NAMES)
def test_the_examples_of_help_are_arguments_that_are_understood(nndsl: Command, command: str) -> None:
    examples = nndsl(command, "--help").out.partition("examples:\n")[2].strip().splitlines()
    for example in examples:
        words = example.partition("    ")[2 if example.startswith("    ") else 0].partition(" >")[0].split()
        assert parsed(words[1:]).command == command


def test_the_help_of_all_commands_names_each_of_them(nndsl: Command) -> None:
    said = nndsl("--help")
    assert said.code == 0
    assert re.findall(r"^    (\w+) ", said.out, re.MULTILINE) == list(NAMES)
    assert set(re.findall(r"^  nndsl (\w+) ", said.out, re.MULTILINE)) == set(NAMES) - {"lsp"}, "which editors start"


def test_every_module_of_commands_is_in_the_list() -> None:
    assert sorted(one.name for one in iter_modules(commands.__path__)) == sorted(NAMES)


def test_no_other_command_is_imported_than_the_one_that_is_called(tmp_path: Path) -> None:
    (tmp_path / "good.nn").write_text(GOOD, encoding="utf-8")
    listed = "print(sorted(name for name in sys.modules if name.startswith('nndsl.commands.')))"
    code = f"import sys; from nndsl.cli import main; main(['check', {str(tmp_path / 'good.nn')!r}]); {listed}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("['nndsl.commands.check']\n")


def test_the_version_is_printed(nndsl: Command) -> None:
    assert nndsl("--version") == Said(0, f"nndsl {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "usage: nndsl"),
        (["chek", "good.nn"], "there is no command `chek`; did you mean `check`?"),
        (["frobnicate"], "there is no command `frobnicate`; there are check, compile, import, train"),
        (["-V"], "there is no option `-V`"),
        (["--vresion"], "there is no option `--vresion`; did you mean `--version`?"),
        (["check"], "required: FILE"),
        (["check", "good.nn", "--frmat=json"], "there is no option `--frmat`; did you mean `--format`?"),
        (["check", "good.nn", "--format", "xml"], "invalid choice: 'xml'"),
        (["check", "good.nn", "--set", "width"], "`width` is not NAME=VALUE"),
        (["check", "good.nn", "--set", "=3"], "`=3` is not NAME=VALUE"),
        (["train", "good.nn", "--memory", "2 bananas"], "`2 bananas` is no size; write one such as 2GB or 500MB"),
        (["summary", "good.nn", "Net", "Other"], "`Other` is one argument too many"),
        (["summary", "good.nn", "Nett"], "the file has no network called Nett; did you mean Net?"),
        (["summary", "two.nn"], "the file has several networks, so name one: A, Net"),
        (["train", "good.nn"], "the file has no training"),
        (["train", "good.nn", "--epochs", "0"], "`0` is not a whole number of at least 1"),
        (["train", "good.nn", "--epochs", "²"], "`²` is not a whole number of at least 1"),
        (["train", "good.nn", "--epochs", "9" * 5000], "is not a whole number of at least 1, and below 1,000,000,000"),
        (["train", "good.nn", "--seed", "-1"], "`-1` is not a whole number of at least 0"),
        (["render", "good.nn"], "required: -o/--output"),
        (["render", "good.nn", "-o", "net.gif"], "net.gif ends in none of .svg, .png, .pdf, .html, .dot, .mmd"),
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
