"""Folders of images."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from nndsl.catalogue.kinds import Count
from nndsl.data.component import DataSource
from nndsl.data.flow import in_parallel
from nndsl.data.forms import Numbers, Texts
from nndsl.data.tables import Chunk, Missing, Table, Unreadable, find, reason, text_column
from nndsl.types import TensorType

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
"""What a file may hold, whatever it is called; of others, some are programs."""
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
IMAGES_IN_CHUNK = 256


class Images(DataSource):
    """The images of a folder and of the folders in it.

    Columns: `image` (`[height, width, channels]`, whole numbers from 0 to 255), `folder` (the name of the
    folder an image lies in: usually its class) and `file` (its path in the folder). Files of other types, and
    those whose names start with a dot, are passed over.

    Args:
        path: the folder, relative to the `.nn` file.
        size: height and width that every image is brought to, with bilinear interpolation; proportions are not kept.
        channels: 1 for grey, 3 for colours, 4 for colours and opacity.
    """

    path: str
    size: tuple[Count, Count]
    channels: Literal[1, 3, 4] = 3

    def open(self, folder: Path, replacement: Path | None = None) -> Table:
        return ImageFolder(find(self.path, folder, replacement, is_folder=True), self.size, self.channels)


class ImageFolder(Table):
    """A folder whose files have been listed; no image has been opened. A single image is a folder of one."""

    def __init__(self, path: Path, size: tuple[int, int], channels: int, most_pixels: int | None = None):
        """
        Args:
            most_pixels: a file with more is refused before it is unpacked.
        """
        self.label, self.root = path.name, path if path.is_dir() else path.parent
        self._size, self._channels, self._most_pixels = size, channels, most_pixels
        self.columns = {
            "image": Numbers(TensorType("uint8", (*size, channels))),
            "folder": Texts(),
            "file": Texts(),
        }
        self.identity = ("file",)
        self.files = sorted(_images_in(path)) if path.is_dir() else [path]
        self.count = len(self.files)
        if not self.files:
            listed = ", ".join(sorted(SUFFIXES))
            raise Missing(f"there is no image in the folder {path.name}", f"images are files that end in {listed}")

    def read(self, columns: Sequence[str]) -> Iterator[Chunk]:
        for start in range(0, len(self.files), IMAGES_IN_CHUNK):
            files = self.files[start : start + IMAGES_IN_CHUNK]
            yield {name: self._column(name, files) for name in columns}

    def _column(self, name: str, files: Sequence[Path]) -> Any:
        if name == "folder":
            return text_column(one.parent.name for one in files)
        if name == "file":
            return text_column(one.relative_to(self.root).as_posix() for one in files)
        import numpy

        return numpy.stack(list(in_parallel(self._pixels, files, self.label)))

    def _pixels(self, file: Path) -> Any:
        """One image as an array `[height, width, channels]` of bytes, turned upright as its camera says."""
        import numpy
        from PIL import Image, ImageOps

        try:
            with Image.open(file, formats=FORMATS) as opened:
                if self._most_pixels is not None and opened.width * opened.height > self._most_pixels:
                    raise Image.DecompressionBombError
                upright = ImageOps.exif_transpose(opened).convert(MODES[self._channels])
            height, width = self._size
            fitted = upright.resize((width, height), Image.Resampling.BILINEAR)
        except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
            raise Unreadable(f"{self._name(file)} is not a readable image: {_why(error)}") from None
        return numpy.asarray(fitted).reshape(height, width, self._channels)

    def _name(self, file: Path) -> str:
        return (Path(self.label) / file.relative_to(self.root)).as_posix() if self.root.name == self.label else file.name

    def bytes_to_read(self, columns: Iterable[str]) -> int:
        return super().bytes_to_read(columns) if "image" in columns else 0

    def place(self, row: int) -> str:
        return self.files[row].relative_to(self.root).as_posix()


def _images_in(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield path


def _why(error: Exception) -> str:
    name = type(error).__name__
    if name == "UnidentifiedImageError":
        return "it is not in an image format"
    return "it has far too many pixels" if name == "DecompressionBombError" else reason(error)
