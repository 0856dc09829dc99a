"""Places in a text as editors count them: lines from 0, and in them units of an encoding that client and server agree on."""

import re
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path

from lsprotocol import types
from pygls import uris

from nndsl.repairs import Edit
from nndsl.source import Source, Span

UTF16 = "utf-16"
_CODECS = {"utf-8": ("utf-8", 1), UTF16: ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
"""For each encoding of the protocol, the one of Python, and how many bytes a unit has."""
_BREAK = re.compile(r"\r\n?|\n")


class Places:
    """Turns offsets in a source into positions of the protocol, and back."""

    def __init__(self, source: Source, encoding: str = UTF16):
        self._source = source
        self._codec, self._unit = _CODECS[encoding]
        self._starts = [0, *(match.end() for match in _BREAK.finditer(source.text))]
        self._plain = source.text.isascii()

    def position(self, offset: int) -> types.Position:
        line = bisect_right(self._starts, offset) - 1
        return types.Position(line, self._units(self._source.text[self._starts[line] : offset]))

    def range(self, start: int, end: int) -> types.Range:
        return types.Range(self.position(start), self.position(end))

    def offset(self, position: types.Position) -> int:
        """The offset of a position; one behind the end of its line, or of the text, is that end."""
        if position.line >= len(self._starts):
            return len(self._source.text)
        start, end = self.line(position.line)
        if self._plain:
            return min(start + position.character, end)
        units = 0
        for place in range(start, end):
            if units >= position.character:
                return place
            units += self._units(self._source.text[place])
        return end

    def line(self, number: int) -> tuple[int, int]:
        """Where a line starts and ends, without its end of line; lines count from 0."""
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._source.text)
        return self._starts[number], self._starts[number] + len(self._source.text[self._starts[number] : end].rstrip("\r\n"))

    def _units(self, text: str) -> int:
        return len(text) if self._plain else len(text.encode(self._codec, "surrogatepass")) // self._unit


@lru_cache(maxsize=256)
def places(source: Source, encoding: str = UTF16) -> Places:
    return Places(source, encoding)


def range_of(span: Span, encoding: str) -> types.Range:
    return places(span.source, encoding).range(span.start, span.end)


def path_of(uri: str) -> Path | None:
    """The file that a URI names; None for a text that has no file yet."""
    path = uris.to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path else None


def uri_of(path: Path) -> str:
    return uris.from_fs_path(str(path)) or path.as_uri()


def text_edit(edit: Edit, encoding: str) -> types.TextEdit:
    return types.TextEdit(range_of(edit.span, encoding), edit.text)
