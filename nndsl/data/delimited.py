"""Tables as text: CSV and TSV, also compressed with gzip."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from nndsl.data.component import DataSource
from nndsl.data.compressed import BROKEN, check_is_text, damaged, open_bytes, open_text
from nndsl.data.encoders.text import quoted
from nndsl.data.forms import SHOWN, Texts
from nndsl.data.tables import BadHeader, Chunk, DataError, Table, Unreadable, find, reason
from nndsl.types import BadArgument

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null")
"""What stands for a missing value, unless a source says otherwise."""
BLOCK = 4 * 2**20
_LARGEST_BLOCK = 2**30
SAVE_AS_UTF8 = "save the file as UTF-8"


class Csv(DataSource):
    """A table as comma-separated values, with names of columns in its first line; `.gz` is unpacked on the way.

    Fields may be quoted, as in RFC 4180, and quoted fields may hold line breaks. The text is UTF-8. Empty lines are no rows.

    Args:
        path: the file, relative to the `.nn` file.
        delimiter: the character between fields.
        missing: what stands for a missing value.
    """

    path: str
    delimiter: str = ","
    missing: tuple[str, ...] = MISSING

    def validate(self) -> None:
        if len(self.delimiter) != 1 or not self.delimiter.isascii() or self.delimiter in '"\r\n':
            raise BadArgument("takes one character as delimiter, and no quote or line break", argument="delimiter")

    def open(self, folder: Path, replacement: Path | None = None) -> Table:
        return Delimited(find(self.path, folder, replacement), self.delimiter, self.missing)


class Tsv(DataSource):
    """A table as tab-separated values: `csv` with tabs between the fields."""

    path: str
    missing: tuple[str, ...] = MISSING

    def open(self, folder: Path, replacement: Path | None = None) -> Table:
        return Delimited(find(self.path, folder, replacement), "\t", self.missing)


class Delimited(Table):
    """An open CSV or TSV file; only its header has been read."""

    def __init__(self, path: Path, delimiter: str, missing: tuple[str, ...]):
        self.label, self.files, self.root = path.name, (path,), path.parent
        self._path, self._delimiter, self._missing = path, delimiter, missing
        self.pieces = 0 if path.suffix == ".gz" else path.stat().st_size // BLOCK
        check_is_text(path)
        self._names = self._header()
        self.columns = {name: Texts() for name in self._names if name}

    def _header(self) -> dict[str, str]:
        """For each column the name that users write, without blanks around it, and the name in the file."""
        names = next((record for _, record in self._records()), None)
        if names is None:
            raise Unreadable(f"{self.label} is empty: its first line should name the columns")
        stripped = [name.strip() for name in names]
        twice = sorted({name for name in stripped if name and stripped.count(name) > 1})
        if twice:
            listed = " and ".join(f"`{name}`" for name in twice)
            raise BadHeader(f"{self.label}, line 1: more than one column is called {listed}", "give each column its own name")
        self._width = len(names)
        other = next((one for one in ";\t|," if one in names[0]), None)
        if len(names) == 1 and other is not None:
            shown = "a tab" if other == "\t" else f"`{other}`"
            written = "`tsv(...)`" if other == "\t" else "`csv(...)`" if other == "," else f'`delimiter="{other}"`'
            self.hint = f"{shown} seems to separate its columns: write {written}"
        return dict(zip(stripped, names, strict=True))

    def read(self, columns: Sequence[str]) -> Iterator[Chunk]:
        import pyarrow

        block, done = BLOCK, 0
        try:
            while True:
                try:
                    for batch in self._batches(columns, block, done):
                        done += batch.num_rows
                        yield {name: batch.column(place) for place, name in enumerate(columns)}
                    break
                except pyarrow.ArrowInvalid as error:
                    if "straddling" not in str(error) or block >= _LARGEST_BLOCK:
                        raise
                    block *= 8  # a row is longer than a block
        except pyarrow.ArrowInvalid as error:
            self._explain(error)
        except BROKEN as error:
            raise damaged(self._path, error) from None
        self._check_quotes()

    def _batches(self, columns: Sequence[str], block: int, skipped: int) -> Iterator[Any]:
        """The rows after some, a block of the file at a time. Arrow reads 32 blocks ahead, so that they cannot be large."""
        import pyarrow
        from pyarrow import csv as arrow

        names = [self._names[name] for name in columns]
        stream = arrow.open_csv(
            self._path,
            read_options=arrow.ReadOptions(block_size=block, use_threads=False),
            parse_options=arrow.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
            convert_options=arrow.ConvertOptions(
                include_columns=names, column_types=dict.fromkeys(names, pyarrow.large_string()),
                null_values=list(self._missing), strings_can_be_null=True,
            ),
        )
        for batch in stream:
            if batch.num_rows > skipped:
                yield batch.slice(skipped)
            skipped = max(0, skipped - batch.num_rows)

    def _explain(self, error: Exception) -> None:
        """Say what is wrong in words that lead to the line; Arrow does not know it."""
        self._check_quotes()
        ragged, rows = [], 0
        for line, record in self._records(errors="replace"):
            rows += 1
            if len(record) != self._width:
                ragged.append((line, len(record)))
        if ragged:
            raise self._ragged_rows(ragged)
        if "UTF8" in str(error):
            raise self._not_utf8()
        if rows > 1:
            raise Unreadable(f"{self.label} cannot be read: {reason(error)}")

    def _ragged_rows(self, ragged: list[tuple[int, int]]) -> Unreadable:
        (line, found), *others = ragged
        listed = ", ".join(f"line {line}" for line, _ in others[: SHOWN - 1])
        more = f" and {len(others) - SHOWN + 1} more" if len(others) >= SHOWN else ""
        also = f" (see also {listed}{more})" if others else ""
        fields = f"{found} field{'s' * (found != 1)}"
        return Unreadable(
            f"{self.label}, line {line}: the row has {fields} where the header names {self._width} columns{also}",
            f"put fields that hold a `{self._delimiter}` in double quotes" if found > self._width
            else "a missing value is an empty field, which has its delimiter all the same",
        )

    def _records(self, strict: bool = False, errors: str = "strict") -> Iterator[tuple[int, list[str]]]:
        """Every record with the number of the line it starts on, as an editor shows it; empty lines are no records.

        Args:
            strict: refuse quotes that do not match.
            errors: what happens with bytes that are not UTF-8 (see `open`).
        """
        line = 1
        try:
            with open_text(self._path, errors) as stream, _long_fields():
                records = csv.reader(stream, delimiter=self._delimiter, strict=strict)
                for record in records:
                    if record:
                        yield line, record
                    line = records.line_num + 1
        except UnicodeDecodeError:
            raise self._not_utf8() from None
        except csv.Error:
            raise Unreadable(f"{self.label}, line {line}: the quotes of a field do not match") from None
        except BROKEN as error:
            raise damaged(self._path, error) from None

    def _not_utf8(self) -> Unreadable:
        try:
            with open_bytes(self._path) as stream:
                for number, line in enumerate(stream, start=1):
                    try:
                        line.decode()
                    except UnicodeDecodeError as error:
                        near = quoted(line[max(0, error.start - 10) : error.start + 10].decode(errors="replace").strip())
                        return Unreadable(f"{self.label}, line {number}: the text is not UTF-8, near {near}", SAVE_AS_UTF8)
        except BROKEN as error:
            return damaged(self._path, error)
        return Unreadable(f"{self.label} is not UTF-8", SAVE_AS_UTF8)

    def _check_quotes(self) -> None:
        """Refuse a quote that is open at the end: readers let it swallow the rest of the file as one value.

        Only a file with an odd number of quotes can have one, and counting them is fast.
        """
        try:
            with open_bytes(self._path) as stream:
                odd = sum(block.count(b'"') for block in iter(partial(stream.read, BLOCK), b"")) % 2 == 1
        except BROKEN as error:
            raise damaged(self._path, error) from None
        if odd:
            for _ in self._records(strict=True):
                pass

    @cached_property
    def _lines(self) -> list[int]:
        """For each record, with the header, the line it starts on. Arrow does not tell, so the file is read again."""
        with suppress(DataError):
            return [line for line, _ in self._records(errors="replace")]
        return []

    def place(self, row: int) -> str:
        return f"line {self._lines[row + 1]}" if row + 1 < len(self._lines) else f"row {row + 1}"


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let the `csv` module read fields of any length: a field may hold a genome."""
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)
