"""Files from the disk, as text."""

from pathlib import Path

from nndsl.diagnostics import UserError
from nndsl.source import Source
from nndsl.syntax.mistakes import not_utf8, unreadable

LARGEST_FILE = 64 * 2**20


def read_source(path: Path, name: str | None = None) -> Source:
    """The text of a `.nn` file.

    Args:
        name: what messages call the file; its path as given, if that is not said.

    Raises:
        UserError: it is not there, is not a file, cannot be read, is not UTF-8, or is larger than 64 MiB.
    """
    shown = name or str(path)
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise UserError(unreadable(shown, f"it is larger than {LARGEST_FILE // 2**20} MiB"))
        data = path.read_bytes()
    except FileNotFoundError:
        raise UserError(unreadable(shown, "there is no such file", "check the path and the folder you are in")) from None
    except IsADirectoryError:
        raise UserError(unreadable(shown, "it is a folder", "name a file in it")) from None
    except (OSError, ValueError) as reason:
        raise UserError(unreadable(shown, getattr(reason, "strerror", None) or str(reason))) from None
    return Source(shown, _decoded(data, shown), path)


def _decoded(data: bytes, shown: str) -> str:
    """UTF-8, with or without a byte order mark; line ends are kept as they are."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line_start = data.rfind(b"\n", 0, reason.start) + 1
        line, column = data.count(b"\n", 0, reason.start) + 1, len(data[line_start : reason.start].decode("utf-8", "replace")) + 1
        raise UserError(not_utf8(shown, line, column, data[reason.start])) from None
