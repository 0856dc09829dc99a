"""Every module with sources, steps over rows, encoders or splits; to import this is to make them known to `.nn` files."""

from nndsl.data import arrays, delimited, genomes, images, packaged, records, splits, steps
from nndsl.data.encoders import categories, letters, missing, numbers, shapes, tokens

__all__ = [
    "arrays", "categories", "delimited", "genomes", "images", "letters", "missing", "numbers", "packaged", "records", "shapes",
    "splits", "steps", "tokens",
]
