"""Several files of one kind, one after the other, as one table: a folder of them to predict from."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nndsl.data.component import DataSource
from nndsl.data.forms import Form, Texts
from nndsl.data.images import Images
from nndsl.data.packaged import FILES, Dataset
from nndsl.data.rows import Rows, count_of
from nndsl.data.tables import Chunk, Missing, Table, text_column

FILE = "file"
"""The column that says which file a row is of."""


def file_of(source: DataSource) -> str:
    """The name of the file that a source reads its rows from."""
    return FILES[source.name] if isinstance(source, Dataset) else Path(str(source.__dict__.get("path", ""))).name


def endings(name: str) -> str:
    """How the names of files of a kind end: `.csv`, whether they are compressed or not."""
    return "".join([one for one in Path(name).suffixes if one != ".gz"][-1:])


def files_in(folder: Path, source: DataSource) -> list[Path] | None:
    """The files of a folder that a source could read, in the order of their names; None where it reads one of them, or all by itself.

    Raises:
        Missing: there is none.
    """
    named = file_of(source)
    if isinstance(source, Images) or not folder.is_dir() or (folder / named).exists():
        return None
    found = sorted(one for one in folder.iterdir() if endings(one.name) == endings(named) and not one.name.startswith(".") and one.is_file())
    if not found:
        raise Missing(f"there is no file in {folder} that ends in {endings(named)}", "name a file, or a folder with such files")
    return found


class Together(Table):
    """Tables of some files. Their columns are those that all of them have, and `file`."""

    def __init__(self, folder: Path, tables: Sequence[Table]):
        self.label, self.root = folder.name, folder
        self._tables, self._counts = tables, dict[int, int]()
        self.files = [file for one in tables for file in one.files]
        first, *others = tables
        common: Mapping[str, Form] = {name: form for name, form in first.columns.items() if all(one.columns.get(name) == form for one in others)}
        self.columns = {**common, FILE: Texts()}
        self.identity = (FILE, *(name for name in first.identity if name in common and name != FILE))
        counts = [one.count for one in tables]
        self.count = sum(filter(None, counts)) if None not in counts else None
        self.whole = next((one.whole for one in tables if one.whole is not None), None)

    def read(self, columns: Sequence[str]) -> Iterator[Chunk]:
        for number, table in enumerate(self._tables):
            own, count = [name for name in columns if name != FILE], 0
            for chunk in table.read(own or list(table.columns)[:1]):
                rows = count_of(chunk)
                names: dict[str, Any] = {FILE: text_column([table.label] * rows)}
                yield {name: names[name] if name in names else chunk[name] for name in columns}
                count += rows
            self._counts[number] = count

    def place(self, row: int) -> str:
        for number, table in enumerate(self._tables):
            if number not in self._counts:
                self._counts[number] = Rows(table).count()
            if row < self._counts[number]:
                return f"{table.label}, {table.place(row)}"
            row -= self._counts[number]
        return f"row {row + 1}"
