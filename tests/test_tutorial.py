"""The tutorial, followed step by step: its files are written, and its commands print what it shows, but for figures and times."""

import re
import shlex
from pathlib import Path

import pytest

from nndsl.cli import main

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
_BLOCK = re.compile(r"^```(nn|csv|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FIGURES = [(re.compile(r"run: \S*(?=runs/)"), "run: "), (re.compile(r"-?[0-9][0-9,.]*(e-?[0-9]+)?"), "#"), (re.compile(r" +best$", re.MULTILINE), "")]
_RUN = re.compile(r"run: \S*(?=/runs/)")


def plain(text: str) -> list[str]:
    """The lines of an output without what differs from machine to machine, nor their order on two streams."""
    for figure, sign in _FIGURES:
        text = figure.sub(sign, text)
    return sorted(" ".join(line.split()) for line in text.splitlines() if line.strip())


def test_every_step_of_the_tutorial_does_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bless: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text(encoding="utf-8")
    for kind, text in _BLOCK.findall(page):
        first, _, rest = text.partition("\n")
        if kind != "console":
            Path(first.removeprefix("# ")).write_text(rest, encoding="utf-8")
            continue
        main(shlex.split(first.removeprefix("$ nndsl ")))
        output, told = capsys.readouterr()
        printed = (told + output if "train" in first else output + told).strip()
        if bless:
            page = page.replace(f"```console\n{text}```", f"```console\n{first}\n{_RUN.sub('run: /home/me', printed)}\n```")
            PAGE.write_text(page, encoding="utf-8")
        assert plain(printed) == plain(rest) or bless, printed
