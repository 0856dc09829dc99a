"""Intervals of a genome as examples: their sequences, and tracks of numbers along them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from nndsl.data.bed import BedFile, Interval
from nndsl.data.forms import Form, Numbers, Texts
from nndsl.data.genome import Genome, Track, reverse_complement
from nndsl.data.genomes import Intervals
from nndsl.data.tables import BadHeader, Chunk, Table, Unreadable, text_column
from nndsl.types import TensorType

if TYPE_CHECKING:
    from nndsl.data.forms import Array

ROWS_IN_CHUNK = 1024
STRANDS = ("+", "-", None)
BYTES_OF_A_NUMBER = 4


class Window(NamedTuple):
    """A part of the genome that is an example.

    Attributes:
        interval: that it lies around or, of a negative, that it is drawn for.
        nth: 0, or which of the negatives of its interval it is, counted from 1.
    """

    interval: Interval
    chromosome: str
    start: int
    end: int
    nth: int = 0


class Windows(Table):
    """An open BED file and its genome; nothing but the first interval has been read."""

    def __init__(self, settings: Intervals, rows: BedFile, genome: Genome, tracks: Sequence[Track]):
        self.label, self.root = rows.label, rows.path.parent
        self.files = [rows.path, genome.path, *(one.path for one in tracks)]
        self._settings, self._rows, self._genome, self._tracks = settings, rows, genome, tracks
        self.columns = self._forms()
        self.identity = ("chromosome", "start", "end")
        if settings.stranded and "strand" not in rows.names:
            raise Unreadable(f"{self.label} has no strands: it has {len(rows.names)} columns, and the strand is the sixth")

    def _forms(self) -> dict[str, Form]:
        width, names = self._settings.width, self._rows.names
        forms: dict[str, Form] = {"sequence": Texts(length=width)}
        position = Numbers(TensorType("int64", ()))
        made = {**forms, **({"signal": self._signal_form()} if self._tracks else {}),
                **({"label": Numbers(TensorType("int32", ()))} if self._settings.negatives else {})}
        clash = next((one for one in names if one in made), None)
        if clash is not None:
            raise BadHeader(f"{self.label}: `{clash}` is a column of its own", "give the column of the file another name in `columns`")
        return {**made, **{name: position if name in ("start", "end") else Texts() for name in names}}

    def _signal_form(self) -> Numbers:
        length = self._settings.bins or self._settings.width
        assert length is not None
        return Numbers(TensorType("float32", (length,) if isinstance(self._settings.signal, str) else (length, len(self._tracks))))

    def read(self, columns: Sequence[str]) -> Iterator[Chunk]:
        if "signal" in columns:
            for track in self._tracks:
                track.check(self._genome)
        rows = self._windows()
        while batch := list(islice(rows, ROWS_IN_CHUNK)):
            if {"sequence", "signal"} & {*columns}:
                for one in batch:
                    self._genome.check(one.chromosome, one.start, one.end, f"{self.label}, line {one.interval.line}")
            yield {name: self._column(name, batch) for name in columns}

    def _windows(self) -> Iterator[Window]:
        """All rows: each interval, followed by its negatives."""
        for row, window in enumerate(self._positives()):
            yield window
            for nth, (start, end) in enumerate(self._drawn[row] if self._settings.negatives else (), start=1):
                yield Window(window.interval, window.chromosome, start, end, nth)

    def _positives(self) -> Iterator[Window]:
        return (Window(one, one.chromosome, *around(one, self._settings.width)) for one in self._rows.intervals())

    @cached_property
    def _drawn(self) -> Sequence[Sequence[tuple[int, int]]]:
        """For each interval, where its negatives lie."""
        from nndsl.data.negatives import negatives

        positives = list(self._positives())
        for one in positives:
            self._genome.check(one.chromosome, one.start, one.end, f"{self.label}, line {one.interval.line}")
        places = [(one.chromosome, one.start, one.end) for one in positives]
        taken = [(one.chromosome, one.interval.start, one.interval.end) for one in positives]
        return negatives(self._genome, places, taken, self._settings.negatives, self._settings.seed)

    def _column(self, name: str, batch: Sequence[Window]) -> Any:
        import numpy

        match name:
            case "sequence":
                return text_column(map(self._sequence, batch))
            case "signal":
                return numpy.stack([self._signal(one) for one in batch])
            case "label":
                return numpy.array([not one.nth for one in batch], "int32")
            case "chromosome":
                return text_column(one.chromosome for one in batch)
            case "start" | "end":
                own = [one.start if name == "start" else one.end for one in batch]
                theirs = [one.interval.start if name == "start" else one.interval.end for one in batch]
                return numpy.array([a if one.nth else b for one, a, b in zip(batch, own, theirs, strict=True)], "int64")
        place = self._rows.names.index(name) - 3
        return text_column(None if one.nth else one.interval.texts[place] for one in batch)

    def _turned(self, window: Window) -> bool:
        """Whether a window is read on the other strand."""
        if not self._settings.stranded:
            return False
        strand = window.interval.texts[self._rows.names.index("strand") - 3]
        if strand not in STRANDS:
            raise Unreadable(f"{self.label}, line {window.interval.line}: a strand is `+`, `-` or `.`, not `{strand}`")
        return strand == "-"

    def _sequence(self, window: Window) -> str:
        letters = self._genome.sequence(window.chromosome, window.start, window.end)
        return reverse_complement(letters) if self._turned(window) else letters

    def _signal(self, window: Window) -> "Array":
        import numpy

        values = numpy.stack([one.values(window.chromosome, window.start, window.end) for one in self._tracks], axis=-1)
        values = values[::-1] if self._turned(window) else values
        if self._settings.bins is not None:
            values = values.reshape(self._settings.bins, -1, len(self._tracks)).mean(axis=1)
        return values[:, 0] if isinstance(self._settings.signal, str) else values

    def bytes_to_read(self, columns: Iterable[str]) -> int:
        """The BED file and, where they are asked for, the letters and numbers of all windows."""
        rows = self.files[0].stat().st_size
        names = {*columns}
        if not names & {"sequence", "signal"}:
            return rows
        if self._settings.width is None:
            return rows + self.files[1].stat().st_size
        letters = "sequence" in names
        numbers = BYTES_OF_A_NUMBER * len(self._tracks) if "signal" in names else 0
        windows = sum(1 for _ in self._rows.intervals()) * (1 + self._settings.negatives)
        return rows + windows * self._settings.width * (letters + numbers)

    @cached_property
    def _lines(self) -> Sequence[int]:
        return [one.line for one in self._rows.intervals()]

    def place(self, row: int) -> str:
        interval, nth = divmod(row, 1 + self._settings.negatives)
        return f"line {self._lines[interval]}" if not nth else f"negative {nth} of line {self._lines[interval]}"


def around(interval: Interval, width: int | None) -> tuple[int, int]:
    """The window of some width in whose middle an interval has its own; without a width, the interval."""
    if width is None:
        return interval.start, interval.end
    start = (interval.start + interval.end) // 2 - width // 2
    return start, start + width


