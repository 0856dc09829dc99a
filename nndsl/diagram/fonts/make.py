"""Makes the font files in this folder, `widths.json` and `letters.json`, from the full fonts; needs fonttools and brotli, which nothing else does.

    python make.py Inter-Regular.otf Inter-SemiBold.otf JetBrainsMono-Regular.ttf

Each is written twice: for drawing PNG and PDF, and as WOFF2, for pages. The subsets keep Latin, Greek and Cyrillic letters,
digits, arrows and mathematical signs, and drop every layout feature: without kerning and ligatures, the width of a text is the sum
of the widths of its characters. `letters.json` holds the outlines of capital letters, each stretched over a square, for logos of
sequences.
"""

import json
import sys
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from fontTools.pens.boundsPen import BoundsPen  # type: ignore[import-untyped]
from fontTools.pens.svgPathPen import SVGPathPen  # type: ignore[import-untyped]
from fontTools.pens.transformPen import TransformPen  # type: ignore[import-untyped]
from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

HERE = Path(__file__).parent
TEXT_RANGES = [(0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F)]
SIGNS = "–—‘’“”…·•→←↑↓↔−×÷±≈≠≤≥∞√∑∏∂µ⌈⌉⌊⌋⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉✓⊕⊗"
CHARACTERS = sorted({ord(sign) for sign in SIGNS}.union(*(range(first, last + 1) for first, last in TEXT_RANGES)))


def subset(path: Path) -> TTFont:
    """The font with only the characters above."""
    font = TTFont(path)
    options = Options(layout_features=[], hinting=False, desubroutinize=False, name_IDs=[0, 1, 2, 4, 6, 13, 14, 16, 17])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    font["head"].created = font["head"].modified = 0
    return font


def widths(font: TTFont) -> dict[str, int]:
    """Advance widths by character, in thousandths of the type size."""
    advances, em = font["hmtx"].metrics, font["head"].unitsPerEm
    return {chr(code): round(1000 * advances[glyph][0] / em) for code, glyph in sorted(font.getBestCmap().items())}


def outlines(font: TTFont) -> dict[str, str]:
    """Capital letters as paths of SVG that fill a square of 100 by 100, whose upper left corner is the origin."""
    glyphs, names = font.getGlyphSet(), font.getBestCmap()
    return {letter: _outline(glyphs, names[ord(letter)]) for letter in ascii_uppercase}


def _outline(glyphs: Any, name: str) -> str:
    bounds = BoundsPen(glyphs)
    glyphs[name].draw(bounds)
    left, bottom, right, top = bounds.bounds
    across, up = 100 / (right - left), 100 / (top - bottom)
    pen = SVGPathPen(glyphs, ntos=lambda number: f"{number:.1f}".removesuffix(".0"))
    glyphs[name].draw(TransformPen(pen, (across, 0, 0, -up, -left * across, top * up)))
    return str(pen.getCommands())


def main(paths: list[Path]) -> None:
    table = {}
    for style, path in zip(("regular", "bold", "mono"), paths, strict=True):
        font = subset(path)
        font.recalcTimestamp = False
        font.save(HERE / path.name)
        font.flavor = "woff2"
        font.save((HERE / path.name).with_suffix(".woff2"))
        table[style] = widths(font)
        if style == "bold":
            _write("letters.json", outlines(font))
    _write("widths.json", table)


def _write(name: str, content: Any) -> None:
    (HERE / name).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
