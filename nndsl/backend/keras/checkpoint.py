"""Checkpoints: everything that the next step depends on, in one file that is whole, or is noticed not to be.

A file holds, one after the other: a line that says what it is; the length of the header (8 bytes, little-endian); the
header, JSON with the record of the run and the name, type and shape of each array; the arrays' bytes (C order,
little-endian); and the SHA-256 of all that. Nothing in it is executed, and sizes are compared with those that are
expected before memory is taken.
"""

import errno
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any, TypeAlias

import ml_dtypes
import numpy as np

from nndsl.diagnostics import Diagnostic, UserError, error, warning
from nndsl.files import replaced, sync

Array: TypeAlias = np.ndarray[Any, Any]
Signature: TypeAlias = dict[str, tuple[str, tuple[int, ...]]]
"""By name, the type and the shape of arrays."""

_FIRST_LINE = b"nndsl checkpoint 1\n"
_LONGEST_HEADER = 256 * 2**20
_KEPT = 2
_BEST_FILE = "best.checkpoint"
BEST = "best/"
"""What the names of arrays begin with that are not of the last step, but of the best epoch."""
_NAME = re.compile(r"step-(\d{9,})\.checkpoint")
_PLAIN_DTYPES = (np.bool_, np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64, np.float16, np.float32, np.float64)
_DTYPES = {one.name: one for one in map(np.dtype, (*_PLAIN_DTYPES, ml_dtypes.bfloat16))}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62


def _is_figures(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, int | float) for one in value.values())


_RECORD: dict[str, Callable[[Any], bool]] = {
    "step": _is_count, "steps": _is_count, "best_epoch": lambda value: value is None or _is_count(value),
    "history": lambda value: isinstance(value, list) and all(map(_is_figures, value)),
}
"""What is true of the parts of a record, where it has them."""


class Damaged(Exception):
    """A checkpoint is not what was written; the message says how that shows."""


@warning("NN712")
def damaged_checkpoint(path: Path, how: str) -> Diagnostic:
    """A checkpoint is damaged, and the one before is taken.

    Every checkpoint carries a checksum, and two are kept. A damaged file is never loaded: not one number of it. A run
    that goes on from the one before computes the steps in between again, to the same result.
    """
    return Diagnostic(None, f"the checkpoint {path} is damaged ({how})", repair="the one before is taken, and this one never")


@error("NN713")
def no_checkpoint(folder: Path, damaged: int) -> Diagnostic:
    """A run cannot be resumed or evaluated, since none of its checkpoints can be read."""
    found = "holds no checkpoint" if not damaged else f"holds no checkpoint that is whole ({damaged} damaged)"
    return Diagnostic(None, f"{folder} {found}", repair="train anew")


@error("NN714")
def other_network(path: Path, difference: str) -> Diagnostic:
    """A checkpoint holds the weights of another network, or the state of another optimizer, than the file describes."""
    return Diagnostic(None, f"the checkpoint {path} is of another training: {difference}", repair="train anew, or restore the file")


@dataclass(frozen=True)
class Checkpoint:
    """What was read.

    Attributes:
        record: what the run knows besides numbers: its step, its history.
    """

    path: Path
    record: dict[str, Any]
    arrays: dict[str, Array]

    def best(self) -> dict[str, Array]:
        """The best weights so far, by name; none before there are any."""
        return {name.removeprefix(BEST): one for name, one in self.arrays.items() if name.startswith(BEST)}


def signature(arrays: Mapping[str, Array]) -> Signature:
    """The types and shapes of arrays."""
    return {name: (array.dtype.name, tuple(array.shape)) for name, array in arrays.items()}


# One file ----------------------------------------------------------------------------------------


def write(path: Path, record: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write a checkpoint, whole or not at all: beside its place, synced, read again, and renamed.

    Raises:
        UserError: the disk is full, or the folder cannot be written, or does not hold what was written.
    """
    header = json.dumps({"record": record, "arrays": [[name, *one] for name, one in signature(arrays).items()]}).encode()
    parts: list[bytes | memoryview] = [_FIRST_LINE, len(header).to_bytes(8, "little"), header, *map(_bytes, arrays.values())]
    digest = hashlib.sha256()
    with replaced(path) as beside, beside.open("wb") as file:
        for part in parts:
            digest.update(part)
            file.write(part)
        file.write(digest.digest())
        file.close()
        sync(beside)
        _check_written(beside)


def _check_written(path: Path) -> None:
    try:
        with path.open("rb") as file:
            _check_digest(file)
    except Damaged:
        raise OSError(errno.EIO, "what was written is not what is read") from None


def _bytes(array: Array) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


Misfit: TypeAlias = Callable[[Signature], str | None]
"""What is wrong with the arrays of a checkpoint, if something is."""


def read(path: Path, misfit: Misfit = lambda found: None) -> Checkpoint:
    """Read a checkpoint.

    Args:
        misfit: asked before memory is taken for the arrays.

    Raises:
        Damaged: it is not what was written.
        UserError: it is whole, and its arrays do not fit.
    """
    try:
        with path.open("rb") as file:
            return parsed(path, file, path.stat().st_size, misfit)
    except OSError as failure:
        raise Damaged(f"it cannot be read: {failure.strerror or failure}") from None


def parsed(path: Path, file: IO[bytes], size: int, misfit: Misfit) -> Checkpoint:
    """What a file of so many bytes holds; as `read`, wherever its bytes come from."""
    header = _read_header(file, size)
    described = _described(header)
    _check_length(described, file.tell(), size)
    _check_digest(file)
    wrong = misfit(described)
    if wrong is not None:
        raise UserError(other_network(path, wrong))
    return Checkpoint(path, header["record"], dict(_arrays(file, described)))


def _read_header(file: IO[bytes], size: int) -> dict[str, Any]:
    if file.read(len(_FIRST_LINE)) != _FIRST_LINE:
        raise Damaged("it does not start as a checkpoint does")
    length = int.from_bytes(file.read(8), "little")
    if length > min(size, _LONGEST_HEADER):
        raise Damaged("its header is longer than the file")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError):
        raise Damaged("its header cannot be read") from None
    if not isinstance(header, dict) or not isinstance(header.get("record"), dict):
        raise Damaged("its header is not a checkpoint's")
    if not all(true_of(header["record"][name]) for name, true_of in _RECORD.items() if name in header["record"]):
        raise Damaged("its record is not that of a run")
    return header


def _described(header: dict[str, Any]) -> Signature:
    try:
        described = {str(name): (str(dtype), tuple(int(size) for size in shape)) for name, dtype, shape in header["arrays"]}
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Damaged("its header is not a checkpoint's") from None
    if any(dtype not in _DTYPES or min(shape, default=0) < 0 for dtype, shape in described.values()):
        raise Damaged("its header names arrays that cannot be")
    return described


def _length(dtype: str, shape: tuple[int, ...]) -> int:
    size: int = _DTYPES[dtype].itemsize
    return size * prod(shape)


def _check_length(described: Signature, start: int, size: int) -> None:
    if start + sum(_length(*one) for one in described.values()) + hashlib.sha256().digest_size != size:
        raise Damaged("it has not the length that its header says")


def _check_digest(file: IO[bytes]) -> None:
    start, digest = file.tell(), hashlib.sha256()
    file.seek(0, 2)
    left = file.tell() - digest.digest_size
    file.seek(0)
    while left:
        part = file.read(min(left, 2**20))
        digest.update(part)
        left -= len(part)
    if file.read() != digest.digest():
        raise Damaged("its checksum does not fit")
    file.seek(start)


def _arrays(file: IO[bytes], described: Signature) -> Iterator[tuple[str, Array]]:
    for name, (dtype, shape) in described.items():
        yield name, np.frombuffer(file.read(_length(dtype, shape)), _DTYPES[dtype]).reshape(shape)


def difference(found: Signature, expected: Signature) -> str | None:
    """What is different between the arrays of a checkpoint and those that are expected, if something is.

    Integers may have another size: backends of Keras count steps, and keep seeds, in other types, and the numbers fit into each.
    """
    for name in (*expected, *found):
        if name not in found:
            return f"it lacks {name}"
        if name not in expected:
            return f"it holds {name} besides"
        if _kind(*found[name]) != _kind(*expected[name]):
            return f"{name} is {_text(*found[name])} there, and {_text(*expected[name])} here"
    return None


def _kind(dtype: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    return "int" if "int" in dtype else dtype, shape


def _text(dtype: str, shape: tuple[int, ...]) -> str:
    return f"{dtype}{list(shape)}"


# The checkpoints of a run ------------------------------------------------------------------------


class Checkpoints:
    """The checkpoints of a run, in a folder: the newest are kept, and beside them the best weights of all."""

    def __init__(self, folder: Path):
        self.folder = folder

    def save(self, step: int, record: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        """Write the checkpoint of a step, and drop those that are no longer needed.

        Raises:
            UserError: it cannot be written; those before are untouched.
        """
        write(self.folder / f"step-{step:09}.checkpoint", record, arrays)
        for path in self.paths()[_KEPT:]:
            path.unlink(missing_ok=True)

    def paths(self) -> list[Path]:
        """Those there are, the newest first."""
        found = [(int(match[1]), path) for path in self.folder.glob("step-*") if (match := _NAME.fullmatch(path.name))]
        return [path for _, path in sorted(found, reverse=True)]

    def save_best(self, epoch: int, weights: Mapping[str, Array]) -> None:
        """Write the weights that are the best so far, in place of those before.

        Raises:
            UserError: they cannot be written; those before are untouched.
        """
        write(self.folder / _BEST_FILE, {"best_epoch": epoch}, {f"{BEST}{name}": one for name, one in weights.items()})

    def newest(self, misfit: Misfit = lambda found: None) -> tuple[Checkpoint, list[Diagnostic]]:
        """The newest checkpoint that is whole, and what is wrong with those that are newer, which no longer count as checkpoints.

        Raises:
            UserError: there is none, or it is of another training.
        """
        paths = self.paths()
        found, warnings = self._first_whole(paths, misfit)
        for damaged in paths[: paths.index(found.path)]:
            with suppress(OSError):
                damaged.rename(damaged.with_name(f"damaged-{damaged.name}"))
        return found, warnings

    def best(self, misfit: Misfit = lambda found: None) -> tuple[Checkpoint, list[Diagnostic]]:
        """The checkpoint with the best weights, or if there is none, the newest.

        Raises:
            UserError: there is none that is whole, or it is of another training.
        """
        best = self.folder / _BEST_FILE
        return self._first_whole([best, *self.paths()] if best.exists() else self.paths(), misfit)

    def _first_whole(self, paths: Sequence[Path], misfit: Misfit) -> tuple[Checkpoint, list[Diagnostic]]:
        warnings: list[Diagnostic] = []
        for path in paths:
            try:
                return read(path, misfit), warnings
            except Damaged as damage:
                warnings.append(damaged_checkpoint(path, str(damage)))
        raise UserError(*warnings, no_checkpoint(self.folder, len(warnings)))
