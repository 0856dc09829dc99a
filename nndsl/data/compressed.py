"""Files that may be compressed with gzip, which the end of their name says."""

import gzip
import zlib
from pathlib import Path
from typing import IO, BinaryIO, cast

from nndsl.data.tables import Unreadable, reason

GZIP = b"\x1f\x8b"
"""What begins a file that is compressed."""
_OTHERS = (
    (GZIP, "compressed by gzip", "let its name end in .gz"),
    (b"PAR1", "a Parquet file", "let its name end in .parquet, and read it by `parquet(...)`"),
    (b"PK\x03\x04", "a ZIP archive, as spreadsheets are", "save it as text"),
    (b"\xff\xfe", "text in UTF-16", "save the file as UTF-8"),
    (b"\xfe\xff", "text in UTF-16", "save the file as UTF-8"),
)
"""What other files begin with, what they are, and what is to be done."""
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


def check_is_text(path: Path) -> None:
    """Check that a file is not of a kind that no text is, whatever its name says.

    Raises:
        Unreadable: it is.
    """
    try:
        with open_bytes(path) as stream:
            first = stream.read(4)
    except BROKEN as error:
        raise damaged(path, error) from None
    for begins, kind, repair in _OTHERS:
        if first.startswith(begins):
            raise Unreadable(f"{path.name} is {kind}, where a table as text in UTF-8 is expected", repair)


def damaged(path: Path, error: Exception) -> Unreadable:
    """What to say when reading raised one of `BROKEN`."""
    if path.suffix == ".gz" and not isinstance(error, PermissionError):
        return Unreadable(f"{path.name} is not a complete gzip file: it is cut off, or damaged")
    return Unreadable(f"{path.name} cannot be read: {reason(error)}")
