"""Colours, light and dark, by what a shape is."""

from collections.abc import Mapping
from typing import TypeAlias

Colour: TypeAlias = tuple[str, str]
"""On light and on dark ground."""
BLUE: Colour = ("#3b6db5", "#6f9de0")
TEAL: Colour = ("#2e8f87", "#4fb8af")
PLUM: Colour = ("#ae4e8c", "#d47db4")
VIOLET: Colour = ("#8a73b3", "#ad98d6")
GOLD: Colour = ("#b5830f", "#dba93a")
PALE: Colour = ("#9aa5b1", "#707b88")
TEXT: Colour = ("#1a1f26", "#eef1f4")
WIRE: Colour = ("#8892a0", "#76818f")
GROUND: Colour = ("#ffffff", "#14181d")
SANS = "Inter,system-ui,sans-serif"
"""The type of everything that is not code."""

FAMILIES: Mapping[str, Colour] = {
    "convolution": BLUE,
    "dense": TEAL,
    "embedding": ("#5c68c0", "#8a95e6"),
    "normalization": ("#7b9f7f", "#94bb98"),
    "attention": GOLD,
    "pooling": PLUM,
    "recurrent": ("#c0633a", "#e08d66"),
    "activation": ("#c89a2b", "#dfb95a"),
    "regularization": VIOLET,
    "block": ("#5a6675", "#9aa5b3"),
    "merging": ("#6f7b8a", "#8c97a5"),
    "losses": ("#b8433f", "#e0736f"),
    "other": PALE,
}
"""The colour of a card's left edge, on light and on dark ground."""

STYLES: Mapping[str, tuple[str, str]] = {
    "card": ("fill:#ffffff;stroke:#cdd3da;stroke-width:1", "fill:#1d232a;stroke:#3a434e;stroke-width:1"),
    "operator": ("fill:#ffffff;stroke:#4a5461;stroke-width:1.5", "fill:#1d232a;stroke:#aeb8c4;stroke-width:1.5"),
    "terminal": ("fill:#ffffff;stroke:#4a5461;stroke-width:1.5", "fill:#1d232a;stroke:#aeb8c4;stroke-width:1.5"),
    "frame0": ("fill:#f6f8fa;stroke:#d8dee5;stroke-width:1", "fill:#191f25;stroke:#333c46;stroke-width:1"),
    "frame1": ("fill:#f0f3f6;stroke:#d3dae2;stroke-width:1", "fill:#1e252c;stroke:#3a444f;stroke-width:1"),
    "chip": ("fill:#edf0f3", "fill:#2b333c"),
    "badge": ("fill:#3b6db5", "fill:#4a7fcb"),
    "wire": (f"fill:none;stroke:{WIRE[0]};stroke-width:1.4", f"fill:none;stroke:{WIRE[1]};stroke-width:1.4"),
    "head": (f"fill:{WIRE[0]}", f"fill:{WIRE[1]}"),
    "strong": (f"fill:{TEXT[0]}", f"fill:{TEXT[1]}"),
    "muted": ("fill:#66707d", "fill:#a0aab6"),
    "name": ("fill:#5a6472", "fill:#aab4c0"),
    "light": ("fill:#ffffff", "fill:#ffffff"),
    "stroke": ("fill:none;stroke:#ffffff;stroke-width:1.8", "fill:none;stroke:#14181d;stroke-width:1.8"),
}

MARKS: Mapping[str, Colour] = {
    "added": ("#1f883d", "#4ac26b"),
    "removed": ("#cf222e", "#ff8182"),
    "changed": ("#9a6700", "#e0b13a"),
    "updated": BLUE,
    "fixed": WIRE,
}
"""The colour of what sets a card off, on light and on dark ground; what is removed or fixed is also dashed."""
DASHED = {"removed": ";stroke-dasharray:6 4", "fixed": ";stroke-dasharray:3 3"}


def style_of(role: str, dark: bool) -> str:
    """The style of a role, as CSS."""
    if role in STYLES:
        return STYLES[role][dark]
    kind, _, mark = role.partition("-")
    if mark in MARKS:
        return _marked(kind, MARKS[mark][dark], DASHED.get(mark, ""))
    return f"fill:{FAMILIES.get(role.removeprefix('family-'), FAMILIES['other'])[dark]}"


def _marked(kind: str, colour: str, dashes: str) -> str:
    """The style of an outline or a wire (which are lines), of a frame, or of a sign, a chip or the head of a wire."""
    if kind == "frame":
        return f"fill:{colour};fill-opacity:0.07;stroke:{colour};stroke-width:2{dashes}"
    if kind in ("mark", "wire"):
        return f"fill:none;stroke:{colour};stroke-width:2{dashes}"
    return f"fill:{colour}"
