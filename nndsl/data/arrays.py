"""Arrays that NumPy saved: NPZ archives and NPY files. Nothing in them can run code."""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from nndsl.data.component import DataSource
from nndsl.data.forms import Form
from nndsl.data.tables import Chunk, Table, Unreadable, array_column, array_form, find, reason

if TYPE_CHECKING:
    from nndsl.data.forms import Array

NO_HEADER = (SyntaxError, TokenError)
"""What NumPy raises where the header of an array is no Python literal."""
BROKEN = (OSError, EOFError, ValueError, OverflowError, BadZipFile, zlib.error, NotImplementedError, *NO_HEADER)
_PIECE = 16 * 2**20
"""At most so many bytes of an array are read at once."""
_BYTES_OF_TEXT = 64


class Npz(DataSource):
    """The arrays of an NPZ file, each a column; their first axis counts the examples.

    Args:
        path: the file, relative to the `.nn` file.
    """

    path: str

    def open(self, folder: Path, replacement: Path | None = None) -> Table:
        return Archive(find(self.path, folder, replacement))


class Npy(DataSource):
    """The one array of an NPY file, as the column `values`; its first axis counts the examples.

    Args:
        path: the file, relative to the `.nn` file.
    """

    path: str

    def open(self, folder: Path, replacement: Path | None = None) -> Table:
        return SingleArray(find(self.path, folder, replacement))


class Header(NamedTuple):
    """What is saved before the numbers of an array: NumPy's kind and name of their dtype, the shape, and their order."""

    kind: str
    dtype: str
    shape: tuple[int, ...]
    by_column: bool

    @property
    def bytes_of_row(self) -> int:
        """How many bytes one example takes; of text, about."""
        bits = self.dtype.lstrip("abcdefghijklmnopqrstuvwxyz")
        return prod(self.shape[1:]) * (int(bits) // 8 if bits else 1 if self.kind == "b" else _BYTES_OF_TEXT)


class SavedArrays(Table):
    """What NPZ and NPY have in common: arrays by name, whose headers have been read."""

    def __init__(self, path: Path):
        self.label, self.files, self.root = path.name, (path,), path.parent
        self._path = path
        headers = self._headers()
        if not any(one.shape for one in headers.values()):
            raise Unreadable(f"{path.name} has no array whose first axis counts examples")
        self._counts = {name: one.shape[0] for name, one in headers.items() if one.shape}
        self.columns = {name: self._form(name, one) for name, one in headers.items() if one.shape}
        self._row_bytes = {name: one.bytes_of_row for name, one in headers.items() if one.shape}
        self._rows = max(1, _PIECE // max(1, *self._row_bytes.values()))
        turned = next((name for name, one in headers.items() if one.by_column and len(one.shape) > 1), None)
        self.whole = None if turned is None else f"the array `{turned}` was saved in Fortran's order"
        if len(set(self._counts.values())) == 1:
            self.count = next(iter(self._counts.values()))

    def _form(self, name: str, header: Header) -> Form:
        try:
            return array_form(header.kind, header.dtype, header.shape[1:])
        except Unreadable as error:
            raise Unreadable(f"array `{name}` of {self.label} cannot be used: {error}") from None

    def _headers(self) -> dict[str, Header]:
        raise NotImplementedError

    def _stream(self, column: str) -> IO[bytes]:
        """The file of an array, at its start."""
        raise NotImplementedError

    def read(self, columns: Sequence[str]) -> Iterator[Chunk]:
        counts = {name: self._counts[name] for name in columns}
        if len(set(counts.values())) > 1:
            listed = ", ".join(f"`{name}` has {count}" for name, count in counts.items())
            raise Unreadable(f"the arrays of {self.label} do not have the same number of examples: {listed}")
        try:
            with ExitStack() as opened:
                arrays = [array_pieces(opened.enter_context(self._stream(name)), self._rows) for name in columns]
                for pieces in zip(*arrays, strict=True):
                    yield {name: array_column(piece) for name, piece in zip(columns, pieces, strict=True)}
        except BROKEN as error:
            raise Unreadable(f"{self.label} is damaged: {_why(error)}") from None

    def place(self, row: int) -> str:
        return f"index {row}"

    def bytes_to_read(self, columns: Iterable[str]) -> int:
        """What the headers say: a small archive may hold arrays that are large."""
        super().bytes_to_read(columns)
        return sum(self._counts[name] * self._row_bytes[name] for name in columns)


class Archive(SavedArrays):
    """An open NPZ file."""

    def _headers(self) -> dict[str, Header]:
        return archive_headers(self._path)

    def _stream(self, column: str) -> IO[bytes]:
        archive = ZipFile(self._path)
        member = next(one for one in archive.namelist() if one.removesuffix(".npy") == column)
        return archive.open(member)


class SingleArray(SavedArrays):
    """An open NPY file."""

    def _headers(self) -> dict[str, Header]:
        with _readable(self._path, "an NPY file"), self._path.open("rb") as stream:
            return {"values": array_header(stream)}

    def _stream(self, column: str) -> IO[bytes]:
        return self._path.open("rb")


def archive_headers(path: Path) -> dict[str, Header]:
    """What the arrays of an NPZ file are, by name, without their numbers.

    Raises:
        Unreadable: it is no such file, or damaged.
    """
    with _readable(path, "an NPZ file"):
        state = path.stat()
        return _archive_headers(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _archive_headers(path: Path, changed: int, size: int) -> dict[str, Header]:
    """The same; remembered for as long as the file is the same, since editors check a text again and again."""
    headers = {}
    with ZipFile(path) as archive:
        for member in archive.namelist():
            with archive.open(member) as stream:
                headers[member.removesuffix(".npy")] = array_header(stream)
    return headers


def saved_array(path: Path, name: str, shape: tuple[int, ...]) -> "Array":
    """One array of an NPZ file; no more memory is taken than for the shape that it is known to have.

    Raises:
        ValueError, and others of `BROKEN`: it is not there any more, or has another shape.
    """
    import numpy
    from numpy.lib import format as npy

    with ZipFile(path) as archive:
        member = next((one for one in reversed(archive.namelist()) if one.removesuffix(".npy") == name), None)
        if member is None:
            raise ValueError(f"there is no array `{name}`")
        with archive.open(member) as stream:
            if array_header(stream).shape != shape:
                raise ValueError(f"the array `{name}` is not what it was when the file was checked")
        with archive.open(member) as stream:
            return numpy.asarray(npy.read_array(stream, allow_pickle=False))


@contextmanager
def _readable(path: Path, format: str) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise Unreadable(f"{path.name} is not {format}, or it is damaged: {_why(error)}") from None


def _why(error: Exception) -> str:
    return "the header of an array cannot be read" if isinstance(error, NO_HEADER) else reason(error)


def array_pieces(stream: IO[bytes], rows: int) -> "Iterator[Array]":
    """The array of an NPY file, so many rows at a time; one in Fortran's order is read whole first.

    Raises:
        EOFError: it is cut off.
        ValueError: it is none, or holds Python objects.
    """
    import numpy

    shape, by_column, dtype = _read_header(stream)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    turned = by_column and len(shape) > 1
    everything = _filled(stream, numpy.empty(shape[::-1], dtype)).T if turned else None
    for start in range(0, shape[0], rows):
        count = min(rows, shape[0] - start)
        yield _filled(stream, numpy.empty((count, *shape[1:]), dtype)) if everything is None else everything[start : start + count]
    stream.read(1)  # at its end, an archive checks its sums


def _filled(stream: IO[bytes], array: "Array") -> "Array":
    """An array with the numbers that come next."""
    content = array.reshape(-1).view("uint8").data if array.nbytes else memoryview(b"")
    done = 0
    while done < len(content):
        read = stream.readinto(content[done:])  # type: ignore[attr-defined]
        if not read:
            raise EOFError("it is cut off")
        done += read
    return array


_USUAL_HEADER = (
    rb"\x93NUMPY\x01\x00..\{'descr': '[<>|]([biufU])([0-9]+)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), \} *\n"
)
_LONGEST_USUAL_HEADER = 256
_NAMES = {"b": "bool", "i": "int", "u": "uint", "f": "float", "U": "str"}


def array_header(stream: IO[bytes]) -> Header:
    """What an array is saved with. NumPy takes longer to import than a file to check, and is asked only about unusual headers."""
    usual = re.match(_USUAL_HEADER, stream.read(_LONGEST_USUAL_HEADER), re.DOTALL)
    if usual is None:
        stream.seek(0)
        return _unusual_header(stream)
    kind = usual[1].decode()
    bits = "" if kind in "bU" else str(8 * int(usual[2]))
    shape = tuple(int(size) for size in usual[4].split(b",") if size.strip())
    return Header(kind, _NAMES[kind] + bits, shape, usual[3] == b"True")


def _unusual_header(stream: IO[bytes]) -> Header:
    shape, by_column, dtype = _read_header(stream)
    return Header(dtype.kind, dtype.name, shape, by_column)


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, Any]:
    from numpy.lib import format as npy

    read = npy.read_array_header_1_0 if npy.read_magic(stream) == (1, 0) else npy.read_array_header_2_0
    return read(stream)
