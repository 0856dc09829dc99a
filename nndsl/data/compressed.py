"""Files that may be compressed with gzip, which the end of their name says."""

import gzip
import zlib
from pathlib import Path
from typing import IO, BinaryIO, cast

from nndsl.data.tables import Unreadable, reason

BROKEN = (OSError, EOFError, zlib.error)
"""What reading raises where a file is damaged, or may not be read."""


def open_bytes(path: Path) -> BinaryIO:
    """The contents, unpacked."""
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def open_text(path: Path, errors: str = "strict") -> IO[str]:
    """The contents, unpacked, as UTF-8 without a byte order mark; line ends are kept.

    Args:
        errors: what happens with bytes that are not UTF-8 (see `open`).
    """
    if path.suffix == ".gz":
        return cast(IO[str], gzip.open(path, "rt", encoding="utf-8-sig", errors=errors, newline=""))
    return path.open("rt", encoding="utf-8-sig", errors=errors, newline="")


def damaged(path: Path, error: Exception) -> Unreadable:
    """What to say when reading raised one of `BROKEN`."""
    if path.suffix == ".gz" and not isinstance(error, PermissionError):
        return Unreadable(f"{path.name} is not a complete gzip file: it is cut off, or damaged")
    return Unreadable(f"{path.name} cannot be read: {reason(error)}")
