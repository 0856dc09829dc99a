"""Charts as SVG documents: the styles of what is in them, light and dark, and what stands around."""

from collections.abc import Mapping
from hashlib import sha256
from html import escape

from nndsl.diagram.theme import BLUE, GROUND, PALE, PLUM, SANS, STYLES, TEAL, TEXT, VIOLET, Colour

FONT = f"font-family:{SANS}"
INK, MUTED = STYLES["strong"], STYLES["muted"]
COLOURS: Mapping[str, Colour] = {
    "first": BLUE,
    "second": ("#d9822b", "#e8a15c"),
    "third": TEAL,
    "fourth": PLUM,
    "fifth": VIOLET,
    "sixth": ("#7b8f2f", "#a9bd5a"),
    "seventh": ("#c0433a", "#e57f77"),
    "eighth": ("#5c6f82", "#93a5b8"),
    "ink": TEXT,
    "pale": PALE,
}
"""What tells series apart, on light and on dark ground."""


def both(style: str) -> tuple[str, str]:
    """A style that is the same on light and on dark ground."""
    return style, style


def text_style(size: int, colour: tuple[str, str], weight: int = 400) -> tuple[str, str]:
    """A type of some size, in a colour that is given as `fill:...`, on light and on dark ground."""
    light, dark = (f"{FONT};font-size:{size}px{f';font-weight:{weight}' if weight != 400 else ''};{one}" for one in colour)
    return light, dark


def filled(colour: Colour) -> tuple[str, str]:
    return f"fill:{colour[0]}", f"fill:{colour[1]}"


def document(body: str, width: float, height: float, label: str, styles: Mapping[str, tuple[str, str]], adaptive: bool = False) -> str:
    """A self-contained SVG document, whose classes have a prefix that is its own.

    Args:
        body: its elements, with classes `PREFIX-name`.
        label: what it shows, for those who do not see it.
        styles: by name, on light and on dark ground.
        adaptive: whether it is dark where the reader's screen is; paper stays light.
    """
    prefix = "c" + sha256((label + body).encode()).hexdigest()[:8]
    known = {"ground": filled(GROUND), **styles}
    used = {name: both for name, both in known.items() if name == "ground" or f"PREFIX-{name}" in body}
    light, dark = ("".join(f".{prefix}-{name}{{{pair[place]}}}" for name, pair in used.items()) for place in (0, 1))
    rules = light + (f"@media screen and (prefers-color-scheme:dark){{{dark}}}" if adaptive else "")
    return "\n".join((
        (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" '
         f'role="img" aria-label="{escape(label)}">'),
        f"<style>{rules}</style>",
        f'<rect class="{prefix}-ground" width="{width:g}" height="{height:g}"/>',
        body.replace("PREFIX-", f"{prefix}-"),
        "</svg>\n",
    ))


def lettering(style: str, x: float, y: float, written: str, anchor: str = "start") -> str:
    """A line of text."""
    return f'<text class="PREFIX-{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(written)}</text>'
