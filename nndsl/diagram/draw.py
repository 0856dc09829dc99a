"""From places to shapes: what cards, frames and wires look like."""

from collections.abc import Iterable, Iterator

from nndsl.catalogue.component import describe
from nndsl.diagram.figure import Card, Figure, Frame, Item
from nndsl.diagram.layout import (
    APART,
    ARGUMENT_SIZE,
    CARD_HEIGHT,
    CHIP_APART,
    CHIP_PADDING,
    CHIP_ROW,
    CHIP_SIZE,
    COUNT_SIZE,
    INSET,
    NAME_SIZE,
    NOTE_INSET,
    NOTE_SIZE,
    OPERATOR,
    PADDING,
    STRIPE,
    TERMINAL_HEIGHT,
    TITLE_SIZE,
    Box,
    Direction,
    Layout,
    badge_text,
    badge_width,
    card_chips,
    card_remark,
    chip_width,
    first_row,
    frame_remark,
    lay_out,
)
from nndsl.diagram.marks import legend, legend_width, mark_chip, outline, sign
from nndsl.diagram.measure import Style, width
from nndsl.diagram.pieces import Point, Seat, Wire
from nndsl.diagram.scene import Circle, Group, Line, Rectangle, Scene, Shape, Stripe, Text
from nndsl.diagram.theme import FAMILIES
from nndsl.graph import Node

MARGIN, HEADING, SUBHEADING, HEADING_HEIGHT, LEGEND_HEIGHT = 28.0, 17.0, 12.0, 58.0, 24.0
CORNER = 6.0


def draw(figure: Figure, direction: Direction = "down") -> Scene:
    """The picture of a figure."""
    layout = lay_out(figure, direction)
    below = HEADING_HEIGHT + (LEGEND_HEIGHT if figure.legend else 0.0)
    heading = max(width(figure.title, "bold", HEADING), width(figure.subtitle, "regular", SUBHEADING), legend_width(figure.legend, SUBHEADING))
    across, along = layout.drawn((layout.left + layout.right, layout.height))
    breadth = max(across, heading)
    groups = (Group("", tuple(_heading(figure))), *placed(layout, *_start(layout, breadth - across, below)))
    description = figure.documentation or f"A diagram of the neural network {figure.title}: {figure.subtitle}."
    return Scene(breadth + 2 * MARGIN + 1, along + 2 * MARGIN + below + (direction == "right"), figure.title, description, groups)


def _start(layout: Layout, spare: float, below: float) -> Point:
    """Where the axis starts: in the middle of the picture, or under the left end of its heading."""
    if layout.direction == "down":
        return round(MARGIN + layout.left + spare / 2) + 0.5, MARGIN + below
    return MARGIN, round(MARGIN + below + layout.left) + 0.5


def placed(layout: Layout, x: float, y: float) -> Iterator[Group]:
    """The shapes of a layout, with the start of its axis at a point."""
    across, along = layout.drawn((x, y))
    seats = [seat.moved(across, along) for seat in layout.seats]
    wires = [(wire, tuple((px + across, py + along) for px, py in points)) for wire, points in layout.wires]
    return _groups(Layout(layout.direction, layout.items, seats, wires))


def _heading(figure: Figure) -> Iterator[Shape]:
    yield _text(MARGIN, MARGIN + 14, figure.title, "bold", HEADING, "strong")
    yield _text(MARGIN, MARGIN + 33, figure.subtitle, "regular", SUBHEADING, "muted")
    yield from legend(figure.legend, MARGIN, MARGIN + 56, SUBHEADING)


def _groups(layout: Layout) -> Iterator[Group]:
    """Frames first, the outermost lowest; then wires; then cards, so that no line runs over a text."""
    depths: dict[Frame, int] = {}
    for seat in layout.seats:
        item = layout.items.get(seat.vertex)
        if isinstance(item, Frame):
            depth = depths.setdefault(item, 0)
            depths.update((inner, depth + 1) for inner in item.members if isinstance(inner, Frame))
            yield Group(frame_title(item), tuple(_frame(item, layout.box(seat), depth)), _key(item))
    yield Group("", tuple(Line(tuple(map(layout.drawn, points)), _wire_role(wire, layout), wire.target in layout.items and _has_arrow(layout.items[wire.target]))
                          for wire, points in layout.wires))  # fmt: skip
    for seat in layout.seats:
        item = layout.items.get(seat.vertex)
        if isinstance(item, Card):
            yield Group(_card_title(item), tuple(card_shapes(item, layout, seat)), _key(item))


def _has_arrow(item: Item) -> bool:
    """Wires go through the border of a frame, and end at a card."""
    return isinstance(item, Card)


def _wire_role(wire: Wire, layout: Layout) -> str:
    """The wires of what is removed or added look like it."""
    marks = {layout.items[vertex].mark for vertex in (wire.source, wire.target) if vertex in layout.items}
    return "wire-removed" if "removed" in marks else "wire-added" if "added" in marks else "wire"


def _key(item: Item) -> str:
    """What a shape stands for, for scripts: the names of its calls."""
    return " ".join(node.name for node in item.nodes[:8])


def _text(x: float, y: float, text: str, style: Style, size: float, role: str, anchor: str = "start") -> Text:
    return Text(x, y, text, style, size, role, width(text, style, size), anchor)  # type: ignore[arg-type]


# Frames ------------------------------------------------------------------------------------------


def _frame(frame: Frame, box: Box, depth: int) -> Iterator[Shape]:
    yield Rectangle(*box, 8, f"frame-{frame.mark}" if frame.mark else f"frame{depth % 2}")
    if frame.mark:
        yield from sign(frame.mark, box.x, box.y)
    yield from frame_name(frame, box.x, box.y)
    yield from frame_side(frame, box.x + box.width, box.y)


def frame_name(frame: Frame, left: float, top: float) -> Iterator[Shape]:
    """What stands at the upper left of a frame."""
    yield _text(left + PADDING - 4, top + 20, frame.name, "bold", NAME_SIZE, "name")


def frame_side(frame: Frame, right: float, top: float) -> Iterator[Shape]:
    """What stands at its upper right: how many parameters it has, and how often it is there."""
    edge = right - PADDING + 4
    if frame.times > 1:
        yield from _badge(edge - badge_width(frame.times), top + 16, frame.times)
        edge -= badge_width(frame.times) + 8
    yield _text(edge, top + 20, frame_remark(frame), "regular", COUNT_SIZE, "muted", "end")


def frame_title(frame: Frame) -> str:
    times = f" (×{frame.times}, equal in every setting)" if frame.times > 1 else ""
    return f"{frame.name}{times}: {frame_remark(frame) or 'no parameters'}"


def _badge(x: float, middle: float, times: int) -> Iterator[Shape]:
    breadth = badge_width(times)
    yield Rectangle(x, middle - 9, breadth, 18, 9, "badge")
    yield _text(x + breadth / 2, middle + 4, badge_text(times), "bold", CHIP_SIZE, "light", "middle")


# Cards -------------------------------------------------------------------------------------------


def card_shapes(card: Card, layout: Layout, seat: Seat) -> Iterator[Shape]:
    """A card where it is seated, and the texts beside its wires."""
    box, axis = layout.box(seat), layout.drawn((seat.x, seat.y))
    if card.look == "operator":
        yield from _operator(card, layout.direction, *axis)
    elif card.look == "terminal":
        yield from _terminal(card, box)
    else:
        yield from _box(card, box)
    for across, note in zip(seat.vertex.outlets, card.notes, strict=False):
        if note:
            yield _note(note, *layout.drawn(seat.outlet(across)), layout.direction, seat.rising)


def _note(note: str, x: float, y: float, direction: Direction, rising: bool) -> Text:
    """What is said of a wire, beside where it begins."""
    if direction == "right" and rising:
        return _text(x - NOTE_INSET, y - 5, note, "mono", NOTE_SIZE, "muted", "end")
    return _text(x + NOTE_INSET, y + (-5 if direction == "right" else -8 if rising else 13), note, "mono", NOTE_SIZE, "muted")


def _operator(card: Card, direction: Direction, x: float, y: float) -> Iterator[Shape]:
    """A circle whose edge tensors meet at a point, with its chips where no tensor passes."""
    x, y = (x, y + OPERATOR) if direction == "down" else (x + OPERATOR, y)
    yield Circle(x, y, OPERATOR, "operator")
    if card.mark:
        yield outline(card.mark, x - OPERATOR, y - OPERATOR, 2 * OPERATOR, 2 * OPERATOR, OPERATOR)
        yield from sign(card.mark, x + OPERATOR, y - OPERATOR)
    yield from _sign(card.title, x, y)
    chips = sum(chip_width(chip) + CHIP_APART for chip in card.chips)
    left, middle = (x - OPERATOR - chips, y) if direction == "down" else (x - (chips - CHIP_APART) / 2, y - OPERATOR - CHIP_ROW / 2)
    for chip in card.chips:
        yield from _chip(left, middle, chip)
        left += chip_width(chip) + CHIP_APART


def _sign(sign: str, x: float, y: float) -> Iterator[Shape]:
    """An operator's sign, drawn with lines where that is how it is made: they sit in the middle in every font."""
    arm = 5.0
    strokes = {
        "+": [((x - arm, y), (x + arm, y)), ((x, y - arm), (x, y + arm))],
        "−": [((x - arm, y), (x + arm, y))],
        "×": [((x - 4, y - 4), (x + 4, y + 4)), ((x - 4, y + 4), (x + 4, y - 4))],
    }
    if sign in strokes:
        yield from (Line(points, "sign") for points in strokes[sign])
    else:
        yield _text(x, y + 5, sign, "bold", 14, "strong", "middle")


def _terminal(card: Card, box: Box) -> Iterator[Shape]:
    yield Rectangle(*box, TERMINAL_HEIGHT / 2, "terminal")
    if card.mark:
        yield outline(card.mark, *box, TERMINAL_HEIGHT / 2)
        yield from sign(card.mark, box.x + 4, box.y + 4)
    yield _text(box.x + box.width / 2, box.y + 18, card.title, "bold", TITLE_SIZE, "strong", "middle")


def _box(card: Card, box: Box) -> Iterator[Shape]:
    role = f"family-{card.family if card.family in FAMILIES else 'other'}"
    yield Rectangle(*box, CORNER, "card")
    yield Stripe(box.x, box.y, STRIPE, box.height, CORNER, role)
    yield from _first_row(card, box.x, box.x + box.width, box.y)
    x = box.x + INSET - 1
    for chip in card_chips(card):
        yield from _chip(x, box.y + CARD_HEIGHT + 5, chip, chip in mark_chip(card.mark))
        x += chip_width(chip) + CHIP_APART
    if card.mark:
        yield outline(card.mark, *box, CORNER)
        yield from sign(card.mark, box.x, box.y)


def _first_row(card: Card, left: float, right: float, y: float) -> Iterator[Shape]:
    row = dict(first_row(card))
    x, edge = left + INSET, right - 12
    yield _text(x, y + 19.5, card.title, "bold", TITLE_SIZE, "strong")
    if "arguments" in row:
        yield _text(x + row["title"] + APART, y + 19.5, card.arguments, "mono", ARGUMENT_SIZE, "muted")
    if "badge" in row:
        yield from _badge(edge - row["badge"], y + 15, card.times)
        edge -= row["badge"] + APART
    if "remark" in row:
        yield _text(edge, y + 19.5, card_remark(card), "regular", COUNT_SIZE, "muted", "end")


def _chip(x: float, middle: float, text: str, tells_mark: bool = False) -> Iterator[Shape]:
    role = "chip" if not tells_mark else "chip-fixed" if text == "fixed" else "chip-updated"
    yield Rectangle(x, middle - 8, chip_width(text), 16, 8, role)
    yield _text(x + CHIP_PADDING, middle + 3.7, text, "regular", CHIP_SIZE, "light" if tells_mark else "muted")


def _card_title(card: Card) -> str:
    """Every call of a card with all its settings, one a line."""
    if not card.nodes:
        return f"output {card.title}"
    shown = card.nodes[: len(card.nodes) // card.times]
    times = [f"×{card.times}, equal in every setting"] if card.times > 1 else []
    return "\n".join([*times, *map(call, shown[:12])])


def call(node: Node) -> str:
    """A call with all its settings that are not the usual ones, and what it gives."""
    settings = ", ".join(f"{name}={_setting(value)}" for name, value in node.component.changed().items() if name != "type")
    types = ", ".join(map(str, node.types))
    return f"{node.name}: {type(node.component).called()}({settings}) → {types}"


def _setting(value: object) -> str:
    return describe(value).replace("`", "")


def shapes(groups: Iterable[Group]) -> Iterator[Shape]:
    """All shapes of some groups, in drawing order."""
    for group in groups:
        yield from group.shapes
