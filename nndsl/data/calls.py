"""Variants of a genome as examples: the sequence around each, with either allele."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nndsl.data.compressed import BROKEN, damaged, open_text
from nndsl.data.forms import Form, Numbers, Texts
from nndsl.data.genome import Genome
from nndsl.data.tables import Chunk, OtherGenome, Table, Unreadable, reason, text_column
from nndsl.types import TensorType

ROWS_IN_CHUNK = 1024
SEQUENCES = ("reference", "alternative")
LONGEST_ALLELE = 20
"""So many letters of an allele are shown in messages."""


class Call(NamedTuple):
    """One alternative of a variant.

    Attributes:
        start: where the reference allele starts, counted from 0.
        allele: the number of the alternative, from 0.
        record: as the reader has it.
    """

    line: int
    chromosome: str
    start: int
    reference: str
    alternative: str
    allele: int
    record: Any


class Calls(Table):
    """An open VCF file and its genome; nothing but the head has been read."""

    def __init__(self, path: Path, genome: Genome, width: int):
        self.label, self.root, self.files = path.name, path.parent, (path, genome.path)
        self._path, self._genome, self._width = path, genome, width
        self._head_lines, self._info = self._head()
        texts = ("chromosome", "name", "reference_allele", "alternative_allele", "quality", "filter")
        own: dict[str, Form] = {
            **dict.fromkeys(SEQUENCES, Texts(length=width)), **dict.fromkeys(texts, Texts()), "position": Numbers(TensorType("int64", ())),
        }
        self.columns = {**dict.fromkeys(self._info, Texts()), **own}
        self.identity = ("chromosome", "position", "reference_allele", "alternative_allele")

    def _head(self) -> tuple[int, list[str]]:
        """How many lines the head has, and the INFO fields that it declares."""
        names, number = [], 0
        try:
            with open_text(self._path) as stream:
                for number, line in enumerate(stream, start=1):
                    if number == 1 and not line.startswith("##fileformat=VCF"):
                        break
                    if line.startswith("##INFO=<ID="):
                        names.append(line.removeprefix("##INFO=<ID=").partition(",")[0])
                    if not line.startswith("##"):
                        break
        except UnicodeDecodeError:
            number = 0
        except BROKEN as error:
            raise damaged(self._path, error) from None
        if number < 2 or not line.startswith("#CHROM"):
            raise Unreadable(f"{self.label} is not a VCF file: its head starts with ##fileformat=VCF, and ends with #CHROM")
        return number, names

    def read(self, columns: Sequence[str]) -> Iterator[Chunk]:
        calls = self._calls()
        while batch := list(islice(calls, ROWS_IN_CHUNK)):
            pairs = [self._pair(one) for one in batch] if {*SEQUENCES} & {*columns} else []
            yield {name: self._column(name, batch, pairs) for name in columns}

    def _calls(self) -> Iterator[Call]:
        for number, record in enumerate(self._records(), start=self._head_lines + 1):
            for allele, alternative in enumerate(record.alts or ()):
                yield Call(number, record.chrom, record.start, record.ref.upper(), alternative.upper(), allele, record)

    def _records(self) -> Iterator[Any]:
        import pysam

        pysam.set_verbosity(0)
        number = 0
        try:
            with pysam.VariantFile(str(self._path)) as file:
                for number, record in enumerate(file, start=1):
                    yield record
        except (OSError, ValueError, UnicodeDecodeError) as error:
            line = f"{self.label}, line {self._head_lines + number + 1}"
            raise Unreadable(f"{line}: this is not a line of a VCF file, or the file is cut off ({reason(error)})") from None

    def _pair(self, call: Call) -> tuple[str, str]:
        """The sequences with the reference and with the alternative allele."""
        place = f"{self.label}, line {call.line}"
        if not call.alternative.isalpha():
            repair = "leave such variants out, for example with `bcftools view --types snps,indels`"
            raise Unreadable(f"{place}: the alternative `{_short(call.alternative)}` is not a sequence", repair)
        first, width = call.start - self._width // 2, self._width
        last = first + width + max(0, len(call.reference) - len(call.alternative))
        last = max(last, call.start + len(call.reference))
        self._genome.check(call.chromosome, first, last, place)
        letters = self._genome.sequence(call.chromosome, first, last)
        before, rest = letters[: call.start - first], letters[call.start - first :]
        self._check_allele(call, rest[: len(call.reference)], place)
        return letters[:width], (before + call.alternative + rest[len(call.reference) :])[:width]

    def _check_allele(self, call: Call, found: str, place: str) -> None:
        if found.upper() != call.reference:
            there = f"{self._genome.name} has `{_short(found.upper())}` at {call.chromosome}:{call.start + 1}"
            message = f"{place}: the reference allele `{_short(call.reference)}` does not match its genome: {there}"
            raise OtherGenome(message, "take the genome that the variants were called with")

    def _column(self, name: str, batch: Sequence[Call], pairs: Sequence[tuple[str, str]]) -> Any:
        if name in SEQUENCES:
            return text_column(pair[SEQUENCES.index(name)] for pair in pairs)
        if name == "position":
            import numpy

            return numpy.array([one.start + 1 for one in batch], "int64")
        return text_column(self._text(name, one) for one in batch)

    def _text(self, name: str, call: Call) -> str | None:
        match name:
            case "chromosome":
                return call.chromosome
            case "reference_allele":
                return call.reference
            case "alternative_allele":
                return call.alternative
            case "name":
                return call.record.id  # type: ignore[no-any-return]
            case "quality":
                return None if call.record.qual is None else f"{call.record.qual:g}"
            case "filter":
                return ";".join(call.record.filter) or None
        return _written(call, name)

    def bytes_to_read(self, columns: Iterable[str]) -> int:
        """The VCF file and, where they are asked for, the letters around all variants."""
        rows = self.files[0].stat().st_size
        wanted = len({*SEQUENCES} & {*columns})
        return rows + (sum(1 for _ in self._calls()) * self._width * wanted if wanted else 0)

    @cached_property
    def _lines(self) -> Sequence[int]:
        return [one.line for one in self._calls()]

    def place(self, row: int) -> str:
        return f"line {self._lines[row]}"


def _written(call: Call, name: str) -> str | None:
    """An INFO field as text; of one with a value for each alternative (or allele), that of this one."""
    value = call.record.info.get(name)
    if isinstance(value, tuple):
        own = {"A": call.allele, "R": call.allele + 1}.get(call.record.header.info[name].number)
        value = ",".join("." if one is None else str(one) for one in value) if own is None or own >= len(value) else value[own]
    if value is None or isinstance(value, bool | str):
        return str(value).lower() if isinstance(value, bool) else value
    return f"{value:g}" if isinstance(value, float) else str(value)


def _short(allele: str) -> str:
    return allele if len(allele) <= LONGEST_ALLELE else f"{allele[:LONGEST_ALLELE]}..."
