"""Every module with sources, steps over rows, encoders or splits; to import this is to make them known to `.nn` files."""

from nndsl.data import arrays, delimited, images, packaged, records, splits, steps
from nndsl.data.encoders import categories, frames, letters, missing, numbers, shapes, tokens

__all__ = [
    "arrays", "categories", "delimited", "frames", "images", "letters", "missing", "numbers", "packaged", "records", "shapes", "splits",
    "steps", "tokens",
]
