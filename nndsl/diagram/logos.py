"""Sequence logos (Schneider and Stephens, 1990): letters as high as they are frequent, in stacks as high as they are telling."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import log, log2

from nndsl.diagram.document import COLOURS, MUTED, document, filled, lettering, text_style
from nndsl.diagram.measure import FONTS

_COLUMN, _HEIGHT = 22.0, 84.0
_LEFT, _TOP, _BOTTOM = 30.0, 6.0, 20.0
_LEAST = 0.4
"""Letters that would be lower than this, in pixels, are left out."""
_LETTER_COLOURS: Mapping[str, str] = {"A": "third", "C": "first", "G": "second", "T": "seventh", "U": "seventh"}
_GROUPS = {"third": "GSTYCQN", "first": "KRH", "seventh": "DE", "ink": "AVLIPWFM"}
"""Amino acids by what they are: polar, basic, acidic, hydrophobic."""
_STYLES: Mapping[str, tuple[str, str]] = {
    **{name: filled(colour) for name, colour in COLOURS.items()},
    "tick": text_style(11, MUTED), "rule": ("stroke:#9aa5b1;stroke-width:1", "stroke:#707b88;stroke-width:1"),
}


@cache
def _outlines() -> dict[str, str]:
    found: dict[str, str] = json.loads((FONTS / "letters.json").read_text(encoding="utf-8"))
    return found


def information(frequencies: Sequence[float], count: float) -> float:
    """How much a position tells, in bits: what is left of the entropy of the alphabet, with the correction for small samples.

    Args:
        frequencies: of each letter; they add up to 1.
        count: how many sequences they are counted from.
    """
    entropy = -sum(one * log2(one) for one in frequencies if one > 0)
    correction = (len(frequencies) - 1) / (2 * log(2) * count) if count else 0.0
    return max(0.0, log2(len(frequencies)) - entropy - correction)


def logo_svg(letters: str, frequencies: Sequence[Sequence[float]], count: float, label: str, adaptive: bool = False) -> str:
    """A logo as an SVG document.

    Args:
        letters: the alphabet.
        frequencies: for each position, those of all letters.
        count: how many sequences they are counted from.
        label: whose logo it is, for those who do not see it.
    """
    most = log2(len(letters))
    body = [*_axis(most, len(frequencies))]
    for place, column in enumerate(frequencies):
        body += _stack(letters, column, information(column, count) / most * _HEIGHT, _LEFT + place * _COLUMN)
    size = _LEFT + _COLUMN * len(frequencies) + 4, _TOP + _HEIGHT + _BOTTOM
    return document("\n".join(body), *size, label, _STYLES, adaptive)


def _axis(most: float, length: int) -> Iterator[str]:
    bottom = _TOP + _HEIGHT
    yield f'<line class="PREFIX-rule" x1="{_LEFT - 2}" x2="{_LEFT - 2}" y1="{_TOP}" y2="{bottom}"/>'
    for bits in range(int(most) + 1):
        yield lettering("tick", _LEFT - 7, bottom - bits / most * _HEIGHT + 4, str(bits), "end")
    for place in range(length):
        if place == 0 or (place + 1) % 5 == 0:
            yield lettering("tick", _LEFT + (place + 0.5) * _COLUMN, bottom + 15, str(place + 1), "middle")


def _stack(letters: str, frequencies: Sequence[float], height: float, x: float) -> Iterator[str]:
    """The letters of a position, the most frequent on top."""
    y = _TOP + _HEIGHT
    for share, letter in sorted(zip(frequencies, letters, strict=True)):
        tall = share * height
        y -= tall
        if tall >= _LEAST:
            scale = f"translate({x + 1:.1f} {y:.2f}) scale({(_COLUMN - 2) / 100:.3f} {tall / 100:.5f})"
            yield f'<path class="PREFIX-{_colour(letters, letter)}" transform="{scale}" d="{_outlines()[letter]}"/>'


def _colour(letters: str, letter: str) -> str:
    if len(letters) <= 5:
        return _LETTER_COLOURS.get(letter, "ink")
    return next((colour for colour, members in _GROUPS.items() if letter in members), "ink")
