"""The files of Keras, opened within limits. What is in them was made by a stranger, and nothing in them is run."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from nndsl.diagnostics import UserError
from nndsl.importing.mistakes import beyond_limits, no_graph, unreadable

MOST_MEMBERS = 1_000
MOST_CONFIG = 64 * 2**20
"""How many bytes a description of a model may have: those of `keras.applications` have up to a million."""
MOST_DEPTH = 200
"""How deep lists and objects of a description may be nested."""
MOST_EXPANSION = 100
"""How many times as large as its stored bytes a member may be: Keras stores them as they are."""
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
_BROKEN = (BadZipFile, ZlibError, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)
_LOCAL_HEADER = 30


@dataclass(frozen=True)
class Saved:
    """A model in a file.

    Attributes:
        config: its description, as JSON has it.
        legacy: whether its weights are laid out as in whole models in HDF5.
    """

    path: Path
    config: Mapping[str, Any]
    legacy: bool = False

    @contextmanager
    def weights(self) -> Iterator[IO[bytes]]:
        """The HDF5 file of its weights, which need not be in the memory.

        Raises:
            UserError: there is none, or it is not what it says.
        """
        with ExitStack() as opened:
            if self.legacy:
                yield opened.enter_context(self.path.open("rb"))
                return
            with _reading(self.path):
                archive = opened.enter_context(ZipFile(self.path))
                stream = opened.enter_context(_member(archive, self.path))
            yield stream


def read_model(path: Path) -> Saved:
    """The description of the model in a file.

    Raises:
        UserError: it cannot be read, or is beyond the limits.
    """
    with _reading(path), path.open("rb") as stream:
        first = stream.read(8)
    if first == b"\x89HDF\r\n\x1a\n":
        return Saved(path, _parsed(path, _config_of_hdf5(path)), legacy=True)
    if first[:1] == b"{" and path.suffix == ".json":
        raise UserError(no_graph(path.name, "a description alone holds no weights", "save the model itself: model.save(\"model.keras\")"))
    return Saved(path, _parsed(path, _config_of_archive(path)))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as failure:
        raise UserError(unreadable(path.name, _reason(failure))) from None


def _reason(failure: BaseException) -> str:
    if isinstance(failure, BadZipFile):
        return "it is not a .keras file (a ZIP archive), or it is cut off"
    if isinstance(failure, OSError) and failure.strerror:
        return f"{failure.strerror[:1].lower()}{failure.strerror[1:]}"
    return f"it is damaged ({failure})"


# Archives ----------------------------------------------------------------------------------------


def _config_of_archive(path: Path) -> bytes:
    with _reading(path), ZipFile(path) as archive:
        members = _checked(archive, path)
        if CONFIG not in members:
            raise UserError(unreadable(path.name, f"the archive has no {CONFIG}; it is not a model that Keras saved"))
        if members[CONFIG].file_size > MOST_CONFIG:
            raise UserError(beyond_limits(path.name, f"its {CONFIG} has {members[CONFIG].file_size:,} bytes"))
        with archive.open(CONFIG) as stream:
            return stream.read(MOST_CONFIG)


def _checked(archive: ZipFile, path: Path) -> dict[str, ZipInfo]:
    """The members by name, all of which are as they should be."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise UserError(beyond_limits(path.name, f"the archive has {len(members):,} members"))
    for one in members:
        problem = _problem(one)
        if problem:
            raise UserError(beyond_limits(path.name, f"its member {one.filename[:80]!r} {problem}"))
    if len({one.filename for one in members}) < len(members):
        raise UserError(beyond_limits(path.name, "two of its members have the same name"))
    return {one.filename: one for one in members}


def _problem(member: ZipInfo) -> str | None:
    parts = re.split(r"[/\\]", member.filename)
    if ".." in parts or member.filename[:1] in ("/", "\\") or ":" in parts[0] or "\0" in member.orig_filename:
        return "would lie outside of the archive"
    if member.flag_bits & 1:
        return "is encrypted"
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "is packed in a way that Keras does not use"
    if member.file_size > max(2**20, MOST_EXPANSION * member.compress_size):
        return f"would grow to {member.file_size:,} bytes from {member.compress_size:,}"
    return None


@contextmanager
def _member(archive: ZipFile, path: Path) -> Iterator[IO[bytes]]:
    """The weights of an archive as a file in which one can jump: a part of the archive, where it is stored as it is."""
    member = _checked(archive, path).get(WEIGHTS)
    if member is None:
        raise UserError(unreadable(path.name, f"the archive has no {WEIGHTS}"))
    if member.compress_type != ZIP_STORED:
        raise UserError(unreadable(path.name, f"its {WEIGHTS} was packed again after Keras had saved it"))
    with path.open("rb") as stream:
        yield BufferedReader(_Part(stream, _start(stream, member), member.file_size), 2**20)


def _start(stream: IO[bytes], member: ZipInfo) -> int:
    """Where the bytes of a member begin: after a header of its own, whose length only it knows."""
    stream.seek(member.header_offset)
    header = stream.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or header[:4] != b"PK\3\4":
        raise BadZipFile
    return member.header_offset + _LOCAL_HEADER + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")


class _Part(RawIOBase):
    """A part of a file as a file of its own."""

    def __init__(self, stream: IO[bytes], start: int, size: int):
        super().__init__()
        self._stream, self._start, self._size, self._place = stream, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = max(0, offset + (0, self._place, self._size)[whence])
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        self._stream.seek(self._start + self._place)
        content = self._stream.read(max(0, min(len(buffer), self._size - self._place)))
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)


# Descriptions ------------------------------------------------------------------------------------


def _config_of_hdf5(path: Path) -> bytes:
    """The description that a whole model in HDF5 has as an attribute of its root."""
    import h5py

    with _reading(path), h5py.File(path, "r") as file:
        if "model_config" not in file.attrs:
            raise UserError(unreadable(path.name, "it holds weights and no layers; import the whole model, as model.save(...) writes it"))
        if file.attrs.get_id("model_config").get_storage_size() > MOST_CONFIG:
            raise UserError(beyond_limits(path.name, "its description is too large"))
        config = file.attrs["model_config"]
    return config.encode() if isinstance(config, str) else bytes(config)


def _parsed(path: Path, text: bytes) -> Mapping[str, Any]:
    try:
        config = json.loads(text)
        too_deep = _depth(config) > MOST_DEPTH
    except RecursionError:
        too_deep = True
    except ValueError as failure:
        raise UserError(unreadable(path.name, f"its description is not JSON ({failure})")) from None
    if too_deep:
        raise UserError(beyond_limits(path.name, f"its description is nested more than {MOST_DEPTH} deep"))
    if not isinstance(config, dict):
        raise UserError(unreadable(path.name, "its description is not that of a model"))
    return config


def _depth(value: Any) -> int:
    """How deep lists and objects are nested, found without going deep oneself."""
    level, depth = [value], 0
    while level and depth <= MOST_DEPTH:
        inner = [one for one in level if isinstance(one, dict | list)]
        level = [part for one in inner for part in (one.values() if isinstance(one, dict) else one)]
        depth += bool(inner)
    return depth
