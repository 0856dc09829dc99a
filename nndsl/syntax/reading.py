"""Sources from files: the bytes that a user names, as text."""

import os
from pathlib import Path

from nndsl.diagnostics import UserError
from nndsl.source import Source
from nndsl.syntax import token_mistakes

LARGEST = 64 * 2**20
"""The largest file that is read, in bytes."""


def read_source(path: Path, name: str | None = None) -> Source:
    """The source in a file.

    Args:
        name: how messages call the file; its path, if nothing else is said.

    Raises:
        UserError: the file is missing, a folder, too large, not readable, or not text in UTF-8.
    """
    name = str(path) if name is None else name
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as failure:
        raise UserError(token_mistakes.unreadable(name, *_why(path, failure))) from None
    if len(content) > LARGEST:
        raise UserError(token_mistakes.unreadable(name, f"it is larger than {LARGEST // 2**20} MiB, and cannot be a `.nn` file"))
    return decoded(content, name, path)


def decoded(content: bytes, name: str, path: Path | None = None) -> Source:
    """The source that bytes hold.

    Raises:
        UserError: they are not text in UTF-8.
    """
    try:
        return Source(name, content.decode("utf-8-sig"), path)
    except UnicodeDecodeError as failure:
        place = failure.start
        # With a byte order mark, the decoder counts from the byte after it.
        content = failure.object
        line = content.count(b"\n", 0, place) + 1
        before = content[content.rfind(b"\n", 0, place) + 1 : place].decode("utf-8", "replace")
        raise UserError(token_mistakes.not_utf8(name, line, len(before) + 1, content[place])) from None


def _why(path: Path, failure: OSError | ValueError) -> tuple[str, str | None]:
    """Why a file cannot be read, and what to do about it."""
    match failure:
        case FileNotFoundError():
            near = _similar(path)
            return "there is no such file", f"did you mean `{near}`?" if near else None
        case IsADirectoryError():
            return "it is a folder", "name a file in it"
        case NotADirectoryError():
            return "a part of its path is a file, not a folder", None
        case PermissionError():
            return "it may not be read", "change its permissions"
        case OSError(strerror=str(reason)):
            return reason[:1].lower() + reason[1:], None
    return "its name cannot be that of a file", None


def _similar(path: Path) -> Path | None:
    """A `.nn` file in the same folder with nearly the same name."""
    from nndsl.diagnostics import closest

    try:
        names = [one for one in os.listdir(path.parent) if one.endswith(".nn")]
    except OSError:
        return None
    near = closest(path.name, names)
    return path.parent / near if near else None
