"""Arrays of images as one picture: what a generative network makes, at a glance."""

import io
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from PIL import Image

from nndsl.findings import Made

Array: TypeAlias = np.ndarray[Any, Any]

_COLUMNS = 16
_NEARLY = 0.01
_LEAST_SIDE = 32
"""Pixels; smaller images are enlarged by a whole number."""


def are_images(arrays: Sequence[Array]) -> bool:
    """Whether all are images of one size: `[n, height, width]`, with 1 or 3 channels or none."""
    sizes = {one.shape[1:3] for one in arrays}
    pixels = all(one.ndim == 3 or (one.ndim == 4 and one.shape[3] in (1, 3)) for one in arrays)
    return len(sizes) == 1 and pixels and min(next(iter(sizes))) > 1


def are_pictures(made: Sequence[Made]) -> bool:
    """Whether samples are shown as images: they are, and none stands for letters."""
    return bool(made) and not any(one.letters for one in made) and are_images([one.array for one in made])


def brought_into_range(images: Array) -> Array:
    """Images, `[n, ...]`, whose numbers are from 0 to 1: as they are where they are that already, else from the smallest to the largest."""
    numbers = np.nan_to_num(images.astype("float32"))
    low, high = float(numbers.min(initial=0)), float(numbers.max(initial=0))
    return numbers if low >= -_NEARLY and high <= 1 + _NEARLY else np.asarray((numbers - low) / (high - low))


def as_png(arrays: Sequence[Array], framed: bool = True) -> bytes:
    """Images whose numbers are from 0 to 1, as one picture: a square of one kind; of several kinds, one under the other.

    Args:
        framed: whether a white line is around each.
    """
    kinds = [_with_colours(one) for one in arrays]
    columns = _COLUMNS if len(kinds) > 1 else max(1, round(len(kinds[0]) ** 0.5))
    starts = range(0, len(kinds[0]), columns)
    sheet = np.concatenate([_row(one[start : start + columns], columns, framed) for start in starts for one in kinds])
    times = -(-_LEAST_SIDE // min(kinds[0].shape[1:3]))
    content = io.BytesIO()
    Image.fromarray(sheet).resize((sheet.shape[1] * times, sheet.shape[0] * times), Image.Resampling.NEAREST).save(content, "png")
    return content.getvalue()


def _row(images: Array, columns: int, framed: bool) -> Array:
    """Images side by side, perhaps with a white line around each."""
    empty = np.full((columns - len(images), *images.shape[1:]), 255, np.uint8)
    line = (0, int(framed))
    return np.concatenate(list(np.pad(np.concatenate([images, empty]), ((0, 0), line, line, (0, 0)), constant_values=255)), axis=1)


def _with_colours(images: Array) -> Array:
    """Images as `[n, height, width, 3]`, of bytes."""
    shaped = images if images.ndim == 4 else images[..., None]
    pixels = np.clip(np.nan_to_num(shaped.astype("float32")), 0, 1) * 255
    return np.repeat(pixels.round().astype(np.uint8), 3 // shaped.shape[3], axis=3)
