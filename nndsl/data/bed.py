"""BED and narrowPeak files: intervals of a genome, one a line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nndsl.data.compressed import BROKEN, damaged, open_text
from nndsl.data.encoders.text import quoted
from nndsl.data.tables import BadHeader, Unreadable

BED = ("chromosome", "start", "end", "name", "score", "strand")
"""The first columns of a BED file."""
PEAKS = {".narrowpeak": ("signal_value", "p_value", "q_value", "peak"), ".broadpeak": ("signal_value", "p_value", "q_value")}
"""The further columns of the formats of the ENCODE project, by the end of the file's name."""
NOT_INTERVALS = ("#", "track ", "track\t", "browser ", "browser\t")
MISSING = "."
LONGEST_POSITION = 12


class Interval(NamedTuple):
    """A line of a BED file: positions count from 0, and `end` is not in the interval.

    Attributes:
        line: as an editor counts it.
        texts: what stands in the columns after the third; None where a value is missing.
    """

    line: int
    chromosome: str
    start: int
    end: int
    texts: tuple[str | None, ...]


class BedFile:
    """A BED file, of which only the first interval has been read.

    Attributes:
        names: of its columns, the first three included.
    """

    def __init__(self, path: Path, names: Sequence[str]):
        self.path, self.label = path, path.name
        first = next(self._rows(), None)
        if first is None:
            raise Unreadable(f"{self.label} has no intervals", "a line is a chromosome, a start and an end, with tabs between them")
        self._width = len(first[1])
        self.names = self._named(tuple(names))
        self._interval(*first)

    def _named(self, further: tuple[str, ...]) -> tuple[str, ...]:
        """The names of all columns: those that are given, or those of the format, and then numbers."""
        ending = next((one.lower() for one in reversed(self.path.suffixes) if one.lower() != ".gz"), "")
        known = (*BED[:3], *further) if further else (*BED, *PEAKS.get(ending, ()))
        if len(known) > self._width and further:
            raise BadHeader(f"{self.label} has {self._width} columns, fewer than `columns` names", "name those after the third")
        names = (*known[: self._width], *(f"column{number}" for number in range(len(known) + 1, self._width + 1)))
        twice = next((one for one in names if names.count(one) > 1), None)
        if twice is not None:
            raise BadHeader(f"{self.label}: more than one column is called `{twice}`", "give each column its own name")
        return names

    def intervals(self) -> Iterator[Interval]:
        """Every interval, in order.

        Raises:
            Unreadable: a line is none.
        """
        for line, fields in self._rows():
            yield self._interval(line, fields)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        number = 0
        try:
            with open_text(self.path) as stream:
                for number, text in enumerate(stream, start=1):
                    if text.strip() and not text.startswith(NOT_INTERVALS):
                        yield number, text.rstrip("\r\n").split("\t") if "\t" in text else text.split()
        except UnicodeDecodeError:
            raise Unreadable(f"{self.label}, line {number + 1}: the text is not UTF-8", "save the file as UTF-8") from None
        except BROKEN as error:
            raise damaged(self.path, error) from None

    def _interval(self, line: int, fields: list[str]) -> Interval:
        place = f"{self.label}, line {line}"
        if len(fields) < 3:
            raise Unreadable(f"{place}: an interval has a chromosome, a start and an end, with tabs between them")
        if len(fields) != self._width:
            raise Unreadable(f"{place}: the line has {len(fields)} columns, where the first interval has {self._width}")
        wrong = next((one for one in fields[1:3] if not (one.isascii() and one.isdigit() and len(one) <= LONGEST_POSITION)), None)
        if wrong is not None:
            raise Unreadable(f"{place}: {quoted(wrong)} is not a position: a whole number, counted from 0")
        start, end = int(fields[1]), int(fields[2])
        if start >= end:
            raise Unreadable(f"{place}: the interval from {start} to {end} is empty", "the end stands behind the last position")
        return Interval(line, fields[0], start, end, tuple(one if one not in ("", MISSING) else None for one in fields[3:]))
