"""Tables: rows and named columns, wherever they come from, read by column and in pieces."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Any, TypeAlias

from nndsl.data.forms import Form, Numbers, Texts
from nndsl.diagnostics import closest
from nndsl.types import TensorType

Column: TypeAlias = Any
"""The values of one column: an Arrow string array, or a NumPy array `[n, *shape]`."""
Chunk: TypeAlias = Mapping[str, Column]

ROWS_IN_CHUNK = 4096
LONGEST_REASON = 160


class DataError(Exception):
    """A source cannot be read; the message is a whole sentence without its full stop."""

    def __init__(self, message: str, repair: str | None = None):
        super().__init__(message)
        self.message = message
        self.repair = repair


class Missing(DataError):
    """A file or folder is not there."""


class Unreadable(DataError):
    """A file is there, and is not what it should be."""


class BadHeader(DataError):
    """The names of the columns cannot be used."""


class NotInstalled(DataError):
    """A package that reads such files is not there."""


class OffGenome(DataError):
    """A row asks for a part of a genome that is not there."""


class OtherGenome(DataError):
    """Two files speak of different genomes."""


class Stalled(DataError):
    """A source, or a thread that works on its data, has been silent for a long time."""


class Table:
    """A source that was found.

    Attributes:
        label: what messages call it: the file's name.
        columns: the name and form of every column (`Texts` or `Numbers`).
        files: the files that it consists of, in a fixed order.
        root: names of files are recorded relative to this folder.
        count: the number of rows, where it is known without reading them.
        hint: what seems to be wrong where a column is not found, if anything does.
        identity: the columns that tell rows apart, where rows have names: they stand beside what is predicted of them.
        pieces: how many there are to read, about; 0 where nobody knows.
        whole: why it cannot be read in pieces, as the end of a sentence that starts with its label, if it cannot.
    """

    label: str
    columns: Mapping[str, Form]
    files: Sequence[Path] = ()
    root: Path = Path()
    count: int | None = None
    hint: str | None = None
    identity: Sequence[str] = ()
    pieces: int = 0
    whole: str | None = None

    def read(self, columns: Sequence[str]) -> Iterator[Chunk]:
        """The columns, in pieces of some rows each: the same rows each time, whatever the columns.

        Raises:
            DataError: the contents are broken.
        """
        raise NotImplementedError

    def place(self, row: int) -> str:
        """Where a row, counted from 0, is found: "line 18"."""
        raise NotImplementedError

    def bytes_to_read(self, columns: Iterable[str]) -> int:
        """How much has to be read from the disk for some columns.

        Raises:
            DataError: a file is no longer there.
        """
        try:
            return sum(one.stat().st_size for one in self.files)
        except OSError as error:
            raise Unreadable(f"{self.label} cannot be read: {reason(error)}") from None


def take(column: Column, rows: Any) -> Column:
    """The values of a column at some positions."""
    import numpy

    if isinstance(column, numpy.ndarray):
        return column[rows]
    import pyarrow

    return column.take(pyarrow.array(rows))


def as_list(column: Column) -> list[Any]:
    """The values of a column, as Python has them."""
    values: list[Any] = column.to_pylist() if hasattr(column, "to_pylist") else column.tolist()
    return values


def reason(error: Exception) -> str:
    """Why the system refused, in its words but without its numbers."""
    text = (getattr(error, "strerror", None) or str(error) or type(error).__name__).partition("\n")[0]
    text = text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}..."
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def text_column(values: Iterable[str | None]) -> Column:
    """An Arrow array of strings."""
    import pyarrow

    return pyarrow.array(values, pyarrow.large_string())


def array_form(kind: str, dtype: str, shape: Sequence[int]) -> Form:
    """The form of the rows of a NumPy array, by the kind and the name of its dtype.

    Raises:
        Unreadable: its elements are neither numbers, truth values nor text.
    """
    if kind == "U" and not shape:
        return Texts()
    if kind not in "biuf":
        what = "Python objects" if kind == "O" else f"elements of type {dtype}"
        raise Unreadable(f"it holds {what}; an array of numbers, truth values or text is needed")
    return Numbers(TensorType(dtype, tuple(shape)))


def array_column(array: Any) -> Column:
    """A column from a NumPy array: text becomes an Arrow array, foreign byte orders that of this machine."""
    if array.dtype.kind == "U":
        try:
            return text_column(array.tolist())
        except (SystemError, ValueError):  # what Python and Arrow raise for code points that Unicode does not have
            raise Unreadable("an array of text holds characters that do not exist; it is damaged") from None
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def form_record(form: Form) -> Any:
    """The form of a column as plain values."""
    if isinstance(form, Texts):
        return "text" if form.length is None else {"letters": form.length}
    assert isinstance(form, Numbers)
    return [form.type.dtype, list(form.type.shape)]


def known_form(record: Any) -> Form:
    """The form of a column from its record."""
    if isinstance(record, dict):
        return Texts(length=record["letters"])
    return Texts() if record == "text" else Numbers(TensorType(record[0], tuple(record[1])))


def remembered(records: Mapping[str, Any]) -> Table:
    """A table of which only the names and forms of its columns are known."""
    table = Table()
    table.label = "the data of the training"
    table.columns = {name: known_form(record) for name, record in records.items()}
    return table


class RowsInMemory(Table):
    """Rows that a program hands over.

    Args:
        rows: for each column, a sequence of values (None is a missing one), or an array.
        forms: what each column is to be read as; others are passed over.
    """

    def __init__(self, rows: Mapping[str, Any], forms: Mapping[str, Form]):
        self.label = "the data"
        self._columns = {name: _handed_over(name, rows[name], form) for name, form in forms.items() if name in rows}
        self.columns = {name: _form_of(values) for name, values in self._columns.items()}
        lengths = {len(values) for values in self._columns.values()}
        if len(lengths) > 1:
            raise Unreadable("the columns of the data do not have the same number of rows")
        self.count = lengths.pop() if lengths else 0

    def read(self, columns: Sequence[str]) -> Iterator[Chunk]:
        yield {name: self._columns[name] for name in columns}

    def place(self, row: int) -> str:
        return f"row {row + 1}"


def _handed_over(name: str, values: Any, form: Form) -> Column:
    """Values as a column: as text, where the form is that, else as an array of numbers."""
    if isinstance(form, Texts):
        try:
            return text_column(map(_as_text, values))
        except UnicodeEncodeError:
            raise Unreadable(f"column `{name}` of the data holds half a character, which is no text") from None
    import numpy

    try:
        array = array_column(numpy.asarray(values))
        if isinstance(_form_of(array), Numbers):
            return array
    except (ValueError, AttributeError, Unreadable):
        pass
    raise Unreadable(f"column `{name}` of the data is not an array of numbers")


def _form_of(column: Column) -> Form:
    if not hasattr(column, "dtype"):
        return Texts()
    return array_form(column.dtype.kind, column.dtype.name, column.shape[1:])


def _as_text(value: object) -> str | None:
    if value is None or value != value:  # noqa: PLR0124 - a NaN of whatever library
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def find(path: str, folder: Path, replacement: Path | None, is_folder: bool = False) -> Path:
    """The file (or folder) that a source names, or the one to take in its stead.

    Raises:
        Missing: it is not there.
    """
    wanted = replacement if replacement is not None else folder / path
    if replacement is not None and not is_folder and replacement.is_dir():
        wanted = replacement / Path(path).name
    try:
        mode = wanted.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise Missing(f"{_shown(wanted)} does not exist", _nearby(wanted)) from None
    except OSError as error:
        raise Unreadable(f"{_shown(wanted)} cannot be read: {reason(error)}") from None
    if not S_ISREG(mode) and not (is_folder and S_ISDIR(mode)):
        what, repair = ("a folder", "name a file in it") if S_ISDIR(mode) else ("a device", None)
        raise Missing(f"{_shown(wanted)} is {what}, not a file", repair)
    return wanted


def _shown(path: Path) -> str:
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def _nearby(path: Path) -> str | None:
    try:
        near = closest(path.name, os.listdir(path.parent))
    except (OSError, ValueError):
        return f"there is no folder {_shown(path.parent)} either"
    return f"did you mean `{near}`, which is there?" if near else None
