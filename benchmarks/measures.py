"""What all benchmarks share: taking two times in alternation, and printing what was found."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Measure:
    """One figure beside what it may be.

    Attributes:
        ours, peer: what was measured, with its unit.
        value: the figure that the limit is about.
        most: the largest value that is good enough; None: it is only told.
    """

    name: str
    ours: str
    peer: str
    value: float
    most: float | None

    @property
    def good(self) -> bool:
        return self.most is None or self.value <= self.most


@dataclass(frozen=True)
class Times:
    """Seconds of ours and of a peer, taken in turns.

    Attributes:
        ours, peer: medians.
        ratio: the median of the ratios of neighbours in time, which a machine that is busy now and then disturbs least.
    """

    ours: float
    peer: float
    ratio: float


def in_turns(ours: Callable[[], float], peer: Callable[[], float], rounds: int) -> Times:
    """Let two functions give their seconds in turns; the first round, which warms up, does not count."""
    pairs = [(ours(), peer()) for _ in range(rounds + 1)][1:]
    return times(pairs)


def times(pairs: Sequence[tuple[float, float]]) -> Times:
    """What pairs of seconds amount to."""
    return Times(median(one for one, _ in pairs), median(other for _, other in pairs), median(one / other for one, other in pairs))


def timed(work: Callable[[], Any]) -> float:
    """The seconds that some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms" if seconds < 10 else f"{seconds:,.1f} s"


def main(title: str, run: Callable[[bool], Sequence[Measure]]) -> None:
    """The command line of one benchmark; its exit code is 1 if a measure is missed."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--small", action="store_true", help="tiny sizes, to see that everything runs; the figures mean nothing")
    options = parser.parse_args()
    found = run(options.small)
    print(as_json(found) if options.json else as_table(title, found))
    sys.exit(0 if options.small or all(one.good for one in found) else 1)


def as_json(found: Sequence[Measure]) -> str:
    return json.dumps([asdict(one) | {"good": one.good} for one in found], indent=2)


def as_table(title: str, found: Sequence[Measure]) -> str:
    rows = [("", "nndsl", "peer", "figure", "at most", "")]
    for one in found:
        limit = "" if one.most is None else f"{one.most:.3g}"
        rows.append((one.name, one.ours, one.peer, f"{one.value:.3g}", limit, "" if one.good else "MISSED"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join([title, *("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)])
