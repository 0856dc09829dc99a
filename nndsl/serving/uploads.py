"""Files that come as the body of a request: tables, sequences, text and images, by their media types.

They are read as `nndsl predict` reads them, from a folder of their own. What can hide much in few bytes (compressed tables,
archives of arrays) is not taken.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from nndsl.data.component import DataSource
from nndsl.data.delimited import Csv, Tsv
from nndsl.data.forms import Form, Texts
from nndsl.data.images import ImageFolder, Images
from nndsl.data.records import Fasta, Lines
from nndsl.data.running import Text
from nndsl.data.tables import Table

MOST_PIXELS = 32_000_000
"""An image of more is not unpacked: it may be a few kilobytes that become gigabytes."""
IMAGES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif", "image/tiff")
Opener = Callable[[Path], Table]
"""Opens the file that a body was written to."""


def openers(source: DataSource, forms: Mapping[str, Form]) -> dict[str, tuple[str, Opener]]:
    """By media type, what the file is called that such a body is written to, and how it is opened.

    Args:
        source: of the training.
        forms: of the columns that the network takes.
    """
    if isinstance(source, Images):
        return {media: ("request.image", _image(source)) for media in IMAGES}
    if isinstance(source, Text):
        return {"text/plain": ("request.txt", lambda path: source.open(path.parent, path))}
    found: dict[str, tuple[str, Opener]] = {}
    if all(isinstance(one, Texts) for one in forms.values()):
        comma, tab = _table(Csv, source), _table(Tsv, source)
        found |= {"text/csv": ("request.csv", comma), "text/tab-separated-values": ("request.tsv", tab)}
        if forms.keys() <= {"name", "description", "sequence"}:
            found["text/x-fasta"] = ("request.fa", lambda path: Fasta(path=path.name).open(path.parent))
        if forms.keys() <= {"text"}:
            found["text/plain"] = ("request.txt", lambda path: Lines(path=path.name).open(path.parent))
    return found


def _table(kind: type[Csv] | type[Tsv], source: DataSource) -> Opener:
    """Tables with what the training had between columns and for missing values, if it had such a table."""
    own = {name: value for name, value in source.__dict__.items() if name != "path"} if type(source) is kind else {}
    return lambda path: kind(path=path.name, **own).open(path.parent)


def _image(source: Images) -> Opener:
    return lambda path: ImageFolder(path, source.size, source.channels, MOST_PIXELS)
