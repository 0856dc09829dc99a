"""A picture as shapes and texts, in drawing order: what every output format is written from."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from nndsl.diagram.measure import Style
from nndsl.diagram.pieces import Point

Role: TypeAlias = str
"""What a shape is, for the theme to colour: `card`, `wire`, `family-convolution`, ..."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A box with rounded corners."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    role: Role


@dataclass(frozen=True, slots=True)
class Stripe:
    """The coloured left edge of a card: rounded on the left, straight on the right."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    role: Role


@dataclass(frozen=True, slots=True)
class Circle:
    x: float
    y: float
    radius: float
    role: Role


@dataclass(frozen=True, slots=True)
class Line:
    """A line with rounded corners, and an arrow head at its end if it has one."""

    points: tuple[Point, ...]
    role: Role
    arrow: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `width` is how wide it is to be in every font (0 leaves that to the font), `y` its baseline."""

    x: float
    y: float
    text: str
    style: Style
    size: float
    role: Role
    width: float
    anchor: Literal["start", "middle", "end"] = "start"


Shape: TypeAlias = Rectangle | Stripe | Circle | Line | Text


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that are one thing, with what is to be said of it: a tooltip, and the name that a screen reader reads."""

    title: str
    shapes: tuple[Shape, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture."""

    width: float
    height: float
    title: str
    description: str
    groups: tuple[Group, ...]
