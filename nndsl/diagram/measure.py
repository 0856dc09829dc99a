"""How wide a text is, without a font engine: from the advance widths of the fonts that come with nndsl."""

import json
from functools import cache
from pathlib import Path
from typing import Literal

Style = Literal["regular", "bold", "mono"]
FONTS = Path(__file__).parent / "fonts"
FONT_FILES = tuple(str(FONTS / name) for name in ("Inter-Regular.otf", "Inter-SemiBold.otf", "JetBrainsMono-Regular.ttf"))
UNKNOWN = 1000
"""The width taken for a character that the fonts do not have, in thousandths of the type size."""


@cache
def _widths() -> dict[Style, dict[str, int]]:
    table: dict[Style, dict[str, int]] = json.loads((FONTS / "widths.json").read_text(encoding="utf-8"))
    return table


def width(text: str, style: Style, size: float) -> float:
    """The width of a text in pixels at a type size in pixels."""
    table = _widths()[style]
    return sum(table.get(character, UNKNOWN) for character in text) * size / 1000


def has_glyphs(text: str) -> bool:
    """Whether the shipped fonts can draw every character."""
    return all(character in _widths()["regular"] for character in text)


def shortened(text: str, most: int) -> str:
    """The text, or its beginning with an ellipsis, in at most so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
