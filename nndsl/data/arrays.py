"""Arrays that NumPy saved: NPZ archives and NPY files. Nothing in them can run code."""

import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import IO, NamedTuple
from zipfile import BadZipFile, ZipFile

from nndsl.data.component import DataSource
from nndsl.data.forms import Form
from nndsl.data.tables import Chunk, Table, Unreadable, array_column, array_form, find, reason

NO_HEADER = (SyntaxError, TokenError)
"""What NumPy raises where the header of an array is no Python literal."""
BROKEN = (OSError, EOFError, ValueError, OverflowError, BadZipFile, zlib.error, NotImplementedError, *NO_HEADER)


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
    """What is saved before the numbers of an array: NumPy's kind and name of their dtype, and the shape."""

    kind: str
    dtype: str
    shape: tuple[int, ...]


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
        if len(set(self._counts.values())) == 1:
            self.count = next(iter(self._counts.values()))

    def _form(self, name: str, header: Header) -> Form:
        try:
            return array_form(header.kind, header.dtype, header.shape[1:])
        except Unreadable as error:
            raise Unreadable(f"array `{name}` of {self.label} cannot be used: {error}") from None

    def _headers(self) -> dict[str, Header]:
        raise NotImplementedError

    def _load(self, columns: Sequence[str]) -> Chunk:
        raise NotImplementedError

    def read(self, columns: Sequence[str]) -> Iterator[Chunk]:
        counts = {name: self._counts[name] for name in columns}
        if len(set(counts.values())) > 1:
            listed = ", ".join(f"`{name}` has {count}" for name, count in counts.items())
            raise Unreadable(f"the arrays of {self.label} do not have the same number of examples: {listed}")
        try:
            yield {name: array_column(array) for name, array in self._load(columns).items()}
        except BROKEN as error:
            raise Unreadable(f"{self.label} is damaged: {_why(error)}") from None

    def place(self, row: int) -> str:
        return f"index {row}"


class Archive(SavedArrays):
    """An open NPZ file."""

    def _headers(self) -> dict[str, Header]:
        return archive_headers(self._path)

    def _load(self, columns: Sequence[str]) -> Chunk:
        import numpy

        with numpy.load(self._path, allow_pickle=False) as archive:
            return {name: archive[name] for name in columns}


class SingleArray(SavedArrays):
    """An open NPY file."""

    def _headers(self) -> dict[str, Header]:
        with _readable(self._path, "an NPY file"), self._path.open("rb") as stream:
            return {"values": array_header(stream)}

    def _load(self, columns: Sequence[str]) -> Chunk:
        import numpy

        array = numpy.load(self._path, allow_pickle=False)
        return {name: array for name in columns}


def archive_headers(path: Path) -> dict[str, Header]:
    """What the arrays of an NPZ file are, by name, without their numbers.

    Raises:
        Unreadable: it is no such file, or damaged.
    """
    headers = {}
    with _readable(path, "an NPZ file"), ZipFile(path) as archive:
        for member in archive.namelist():
            with archive.open(member) as stream:
                headers[member.removesuffix(".npy")] = array_header(stream)
    return headers


@contextmanager
def _readable(path: Path, format: str) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise Unreadable(f"{path.name} is not {format}, or it is damaged: {_why(error)}") from None


def _why(error: Exception) -> str:
    return "the header of an array cannot be read" if isinstance(error, NO_HEADER) else reason(error)


_USUAL_HEADER = (
    rb"\x93NUMPY\x01\x00..\{'descr': '[<>|]([biufU])([0-9]+)', 'fortran_order': (?:True|False), 'shape': \(([0-9, ]*)\), \} *\n"
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
    return Header(kind, _NAMES[kind] + bits, tuple(int(size) for size in usual[3].split(b",") if size.strip()))


def _unusual_header(stream: IO[bytes]) -> Header:
    from numpy.lib import format as npy

    read = npy.read_array_header_1_0 if npy.read_magic(stream) == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(stream)
    return Header(dtype.kind, dtype.name, shape)
