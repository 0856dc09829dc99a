"""Files that are written whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nndsl.diagnostics import Diagnostic, UserError, error


@error("NN711")
def cannot_write(path: Path, reason: str, repair: str | None) -> Diagnostic:
    """A file could not be written: the disk is full, or the folder is read-only, or gone.

    Files are written beside their place, synced, and renamed. What stood there before is still there, whole.
    """
    return Diagnostic(None, f"cannot write {path}: {reason}", repair=repair)


_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space; what was written before is kept, and --resume goes on from it"),
    errno.EDQUOT: ("your disk quota is used up", "free some space; what was written before is kept"),
    errno.EFBIG: ("the file would be larger than allowed here", "raise the limit on the size of files (ulimit -f)"),
    errno.EACCES: ("permission denied", "choose a folder that you may write to"),
    errno.EPERM: ("permission denied", "choose a folder that you may write to"),
    errno.EROFS: ("the file system is read-only", "choose a folder that you may write to"),
    errno.ENOENT: ("its folder does not exist (any more)", "make the folder first"),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", None),
    errno.EISDIR: ("there is a folder of that name", None),
}


def unwritable(path: Path, failure: OSError) -> UserError:
    """The failure of a write as something to tell the user."""
    reason, repair = _REASONS.get(failure.errno or 0, (os.strerror(failure.errno) if failure.errno else str(failure), None))
    return UserError(cannot_write(path, reason, repair))


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a path beside `path`, and move what was written there to `path` once it is safely on the disk.

    If the body fails, `path` is as it was before. A link is followed. A device or a pipe cannot be replaced, so that it is
    written as it is.

    Raises:
        UserError: the file could not be written.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            yield path
            return
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        place = path.resolve()
        beside = place.with_name(f".{place.stem}.{os.getpid()}{place.suffix}")
        try:
            yield beside
            sync(beside)
            os.replace(beside, place)
            sync(place.parent)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
    except OSError as failure:
        raise unwritable(path, failure) from failure


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """The same for a folder: what is made at the path beside takes the place of `path`, whatever folder stood there.

    Raises:
        UserError: it could not be written.
    """
    place = path.resolve()
    beside, before = (place.with_name(f".{place.name}.{os.getpid()}{ending}") for ending in ("", ".old"))
    try:
        beside.mkdir()
        yield beside
        with suppress(FileNotFoundError):
            os.replace(place, before)
        os.replace(beside, place)
        sync(place.parent)
    except OSError as failure:
        raise unwritable(path, failure) from failure
    finally:
        if before.exists() and not place.exists():
            os.replace(before, place)
        for one in (beside, before):
            shutil.rmtree(one, ignore_errors=True)


_BESIDE = re.compile(r"\..+\.\d+(\.\w+)?")
"""How files are called that are not yet in their place."""


def remove_leftovers(folder: Path) -> None:
    """Remove what writers that were killed have left beside the places of their files; nobody else may be writing there."""
    for path in folder.glob(".*"):
        if _BESIDE.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as failure:
        if failure.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems cannot sync folders
            raise
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all.

    Raises:
        UserError: the file could not be written.
    """
    write_file(path, text.encode())


def write_file(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        UserError: the file could not be written.
    """
    with replaced(path) as beside:
        beside.write_bytes(content)
