"""What a place of a result sees of an operand, along their first axes: the places before it, and those after it."""

from enum import Enum, auto

from nndsl.catalogue.windows import Window


class Sight(Enum):
    """What each place of a result depends on. All but `NOTHING`, `BEYOND` and `UNKNOWN` say that both axes are equally long."""

    NOTHING = auto()
    """Nothing that the operand holds (but its shape)."""
    SAME = auto()
    """The same place only."""
    PAST = auto()
    """The same place and those before it."""
    BEYOND = auto()
    """Also what comes after it, the next place certainly; or the operand as a whole."""
    UNKNOWN = auto()
    """It is not known, or places do not correspond."""


def sight_through(window: Window, padding: str) -> Sight:
    """What one sees through a window that slides along an axis."""
    if window.stride != 1 or window.spread != 1:
        return Sight.UNKNOWN
    if window.size == 1:
        return Sight.SAME
    if padding == "causal":
        return Sight.PAST
    return Sight.BEYOND if padding == "same" and window.dilation == 1 else Sight.UNKNOWN
