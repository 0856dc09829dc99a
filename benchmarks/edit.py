"""Checking a text again after an edit, as the language server does with each pause in typing, in processor time."""

import re
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks import linear
from benchmarks.measures import Measure, main, milliseconds
from nndsl.lsp.desk import Desk
from nndsl.lsp.diagnostics import diagnostics
from nndsl.lsp.hover import hover

FILE = Path(__file__).parent / "everyday.nn"
WIDE = """\
network Wide {
  input x: float[64]
  for i in range(COUNT) {
    x = x + (x -> Dense(64, activation=relu) -> Dropout(0.1) -> Dense(64))
  }
  output y = x -> Dense(10)
}
"""
"""Four calls a turn."""
RATE = re.compile(r"(?:rate = |Dropout\()(0\.\d+)")


def hundred_lines() -> str:
    """The file of everyday size, and a network of forty statements."""
    return FILE.read_text(encoding="utf-8") + linear.text(40)


def edits(text: str) -> Iterator[str]:
    """The text with ever more of its rates changed, each time one: now in one of its lines, now in another."""
    for number in count():
        places = [found.span(1) for found in RATE.finditer(text)]
        start, end = places[number % len(places)]
        text = f"{text[:start]}0.{100 + number % 800}{text[end:]}"
        yield text


def edited(text: str, rounds: int) -> tuple[float, float]:
    """The median seconds from a change of the text to its diagnostics, and from there to a hover."""
    desk, uri = Desk(), FILE.with_name("edited.nn").resolve().as_uri()
    checks, hovers = [], []
    for _, changed in zip(range(rounds + 2), edits(text), strict=False):
        started = time.process_time()
        desk.put(uri, changed)
        analysis = desk.analysis(uri)
        assert analysis is not None
        found = diagnostics(desk, analysis)
        checked = time.process_time()
        assert not found, found
        hover(desk, analysis, changed.index("Dense("))
        checks.append(checked - started)
        hovers.append(time.process_time() - checked)
    return median(checks[2:]), median(hovers[2:])


def run(small: bool) -> Sequence[Measure]:
    everyday, wide = hundred_lines(), WIDE.replace("COUNT", "25" if small else "2500")
    found = []
    for name, text, rounds, most in (
        (f"{len(everyday.splitlines())} lines", everyday, 2 if small else 31, 0.01),
        (f"{100 if small else 10_000:,} calls", wide, 1 if small else 5, 1.0),
    ):
        checked, hovered = edited(text, rounds)
        found.append(Measure(f"{name}: to diagnostics, seconds", milliseconds(checked), "", checked, most))
        found.append(Measure(f"{name}: then to a hover, seconds", milliseconds(hovered), "", hovered, most))
    return found


if __name__ == "__main__":
    main("edit: checking a text again after each change", run)
