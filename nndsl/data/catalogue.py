"""Every module with sources, steps over rows, encoders or splits; to import this is to make them known to `.nn` files."""

from nndsl.data import arrays, delimited, images, intervals, packaged, records, splits, steps, variants
from nndsl.data.encoders import categories, letters, missing, numbers, shapes, tokens

__all__ = [
    "arrays", "categories", "delimited", "images", "intervals", "letters", "missing", "numbers", "packaged", "records", "shapes",
    "splits", "steps", "tokens", "variants",
]
