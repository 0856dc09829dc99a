"""What sets a card off from others: an outline, and a sign or a word, so that nothing is told by colour alone."""

from collections.abc import Iterator, Mapping

from nndsl.diagram.figure import Mark
from nndsl.diagram.measure import width
from nndsl.diagram.scene import Circle, Line, Rectangle, Shape, Text

SIGN = 7.0
"""The radius of a sign."""
ROLES: Mapping[Mark, str] = {
    "added": "added", "removed": "removed", "changed": "changed", "updated": "updated", "updated in part": "updated", "fixed": "fixed",
}
SIGNS: Mapping[Mark, str] = {"added": "+", "removed": "−", "changed": "~"}
"""The marks that are told by a sign at a corner; the others are told by a chip with their name."""


def mark_chip(mark: Mark | None) -> tuple[str, ...]:
    """The word that tells a mark, where it is told by one."""
    return (mark,) if mark is not None and mark not in SIGNS else ()


def outline(mark: Mark, x: float, y: float, breadth: float, height: float, radius: float) -> Rectangle:
    return Rectangle(x, y, breadth, height, radius, f"mark-{ROLES[mark]}")


def sign(mark: Mark, x: float, y: float) -> Iterator[Shape]:
    """The sign of a mark on a disc."""
    if mark not in SIGNS:
        return
    yield Circle(x, y, SIGN, f"sign-{ROLES[mark]}")
    arm = SIGN / 2
    if mark == "changed":
        rise = ((-arm, 1.0), (-arm / 2, -1.0), (arm / 2, 1.0), (arm, -1.0))
        yield Line(tuple((x + dx, y + dy) for dx, dy in rise), "stroke")
        return
    yield Line(((x - arm, y), (x + arm, y)), "stroke")
    if mark == "added":
        yield Line(((x, y - arm), (x, y + arm)), "stroke")


def legend(entries: tuple[tuple[Mark, str], ...], x: float, y: float, size: float) -> Iterator[Shape]:
    """What the marks of a picture say, in a row from x on; y is the baseline of its texts."""
    for mark, text in entries:
        if mark in SIGNS:
            yield from sign(mark, x + SIGN, y - 4)
            x += 2 * SIGN + 6
        else:
            yield outline(mark, x, y - 10, 16, 12, 3)
            x += 22
        yield Text(x, y, text, "regular", size, "muted", width(text, "regular", size))
        x += width(text, "regular", size) + 18


def legend_width(entries: tuple[tuple[Mark, str], ...], size: float) -> float:
    return sum(width(text, "regular", size) + 18 + (2 * SIGN + 6 if mark in SIGNS else 22) for mark, text in entries)
