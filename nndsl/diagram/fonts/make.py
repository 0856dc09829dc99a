"""Makes the font files in this folder, and `widths.json`, from the full fonts; needs fonttools and brotli, which nothing else here does.

    python make.py Inter-Regular.otf Inter-SemiBold.otf JetBrainsMono-Regular.ttf

Each is written twice: for drawing PNG and PDF, and as WOFF2, for pages. The subsets keep Latin, Greek and Cyrillic letters, digits, arrows and mathematical signs, and drop every layout
feature: without kerning and ligatures, the width of a text is the sum of the widths of its characters.
"""

import json
import sys
from pathlib import Path

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


def main(paths: list[Path]) -> None:
    table = {}
    for style, path in zip(("regular", "bold", "mono"), paths, strict=True):
        font = subset(path)
        font.recalcTimestamp = False
        font.save(HERE / path.name)
        font.flavor = "woff2"
        font.save((HERE / path.name).with_suffix(".woff2"))
        table[style] = widths(font)
    (HERE / "widths.json").write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
