"""Data that come through a pipe: kept in a file of their own, as sources read theirs more than once."""

import sys
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory

from nndsl.data.component import DataSource
from nndsl.data.compressed import GZIP
from nndsl.data.together import endings, file_of

DASH = Path("-")
"""What stands for the standard input."""


class StandardInput:
    """What came through the standard input, in a file that is gone when this is.

    Attributes:
        path: of the file. Its name ends as that of the file that a source names; with `.gz` if that is what came.
    """

    def __init__(self, source: DataSource):
        self._folder = TemporaryDirectory(prefix="nndsl-")
        first = sys.stdin.buffer.read(len(GZIP))
        self.path = Path(self._folder.name) / f"stdin{endings(file_of(source))}{'.gz' * (first == GZIP)}"
        with self.path.open("wb") as stream:
            stream.write(first)
            copyfileobj(sys.stdin.buffer, stream)
