"""From a figure to places: every item becomes a vertex, every operand a wire, and each block is laid out on its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from nndsl.diagram import columns, layered, nested, ushape
from nndsl.diagram.channel import FIRST
from nndsl.diagram.figure import Card, Figure, Frame, Item
from nndsl.diagram.marks import mark_chip
from nndsl.diagram.measure import width
from nndsl.diagram.pieces import Piece, Placement, Point, Seat, Vertex, Wire, flatten, turned
from nndsl.diagram.series_parallel import Series, reduced
from nndsl.diagram.wording import count_text
from nndsl.graph import Ref

TITLE_SIZE, ARGUMENT_SIZE, CHIP_SIZE, NOTE_SIZE, NAME_SIZE, COUNT_SIZE = 13.0, 11.5, 10.5, 10.5, 12.0, 10.5
CARD_HEIGHT, CHIP_ROW, OPERATOR, TERMINAL_HEIGHT = 30.0, 20.0, 12.0, 27.0
STRIPE, INSET, APART, CHIP_PADDING, CHIP_APART = 7.0, 15.0, 12.0, 6.0, 5.0
HEADER, PADDING, LEAST_BOX = 30.0, 16.0, 40.0
NOTE_INSET, NOTE_HEIGHT = 7.0, 18.0
RIM = PADDING / 2
"""The least room between what is in a frame and the borders that wires cross."""

Direction: TypeAlias = Literal["down", "right"]
"""Where tensors flow to. Everything is laid out as if they flowed down; what flows to the right is as high as it will be wide."""
PAGES = {"down": columns.Page(1500.0, 1.2), "right": columns.Page(1800.0, 0.6)}


class Box(NamedTuple):
    """Where something is drawn: its upper left corner, and its extents."""

    x: float
    y: float
    width: float
    height: float


@dataclass(slots=True)
class Layout:
    """Where everything is, as if it flowed down.

    Attributes:
        direction: whether it flows down, or has its coordinates exchanged when it is drawn.
        items: what each vertex stands for; vertices that are not here are ports of a frame.
        seats: all vertices, frames before what is in them.
        wires: the corners of every wire.
        left, right, height: the room it takes, from the axis and down.
    """

    direction: Direction = "down"
    items: dict[Vertex, Item] = field(default_factory=dict)
    seats: list[Seat] = field(default_factory=list)
    wires: list[tuple[Wire, tuple[Point, ...]]] = field(default_factory=list)
    left: float = 0.0
    right: float = 0.0
    height: float = 0.0

    def drawn(self, point: Point) -> Point:
        """A point as it is drawn."""
        return point if self.direction == "down" else (point[1], point[0])

    def box(self, seat: Seat) -> Box:
        """Where a vertex is drawn."""
        (x, y), vertex = self.drawn((seat.x - seat.vertex.left, seat.y)), seat.vertex
        extents = vertex.left + vertex.right, vertex.height
        return Box(x, y, *self.drawn(extents))


def lay_out(figure: Figure, direction: Direction = "down") -> Layout:
    """Place a figure, with the top of its axis at (0, 0)."""
    places = _Places(direction)
    vertices, wires = places.group(figure.members, (), ())
    piece = places.arranged(vertices, wires, outermost=True)
    layout = Layout(direction, places.items, left=piece.left, right=piece.right, height=piece.height)
    places.settle(layout, flatten(piece))
    return layout


class _Content(NamedTuple):
    """What is in a frame, and how far below the frame's upper border it begins."""

    piece: Piece
    start: float


class _Places:
    """Lays out groups, the innermost first."""

    def __init__(self, direction: Direction) -> None:
        self.direction = direction
        self.items: dict[Vertex, Item] = {}
        self.contents: dict[Vertex, _Content] = {}

    def arranged(self, vertices: Sequence[Vertex], wires: Sequence[Wire], outermost: bool = False) -> Piece:
        """The piece of a group: nested if it is series-parallel, in rows if not."""
        core = reduced(vertices, wires)
        page = PAGES[self.direction]
        if len(core) > 1 or core[0][:2] != (None, None):
            return layered.arrange(core, page, returning=not outermost)
        way = core[0][2]
        return ushape.arranged(way, page, returning=not outermost) if isinstance(way, Series) else nested.compose(way)

    def settle(self, layout: Layout, placement: Placement) -> None:
        """Put what was placed into the layout, and then what is in its frames."""
        layout.wires += placement.wires
        for seat in placement.seats:
            layout.seats.append(seat)
            content = self.contents.get(seat.vertex)
            if content is not None:
                inner = turned(content.piece) if seat.rising else content.piece
                self.settle(layout, flatten(inner, seat.x, seat.y + content.start))
                layout.wires += _crossings(seat, inner, seat.y + content.start)

    def group(
        self, members: Sequence[Item], entries: Sequence[Ref], exits: Sequence[Ref]
    ) -> tuple[list[Vertex], list[Wire]]:
        """The vertices of a group, its ports included, and the wires between them."""
        inlets = [Vertex(0, 0, 0, ref.node) for ref in entries]
        boxes = [self._vertex(item) for item in members]
        outlets = [Vertex(0, 0, 0, ref.node) for ref in exits]
        giving = {ref: (vertex, 0) for ref, vertex in zip(entries, inlets, strict=True)}
        for item, vertex in zip(members, boxes, strict=True):
            giving.update((ref, (vertex, index)) for index, ref in enumerate(item.outputs))
        wires = [Wire(None, vertex) for vertex in inlets]
        for item, vertex in zip(members, boxes, strict=True):
            wires += _into(item, vertex, giving)
        wires += (Wire(giving[ref][0], vertex, giving[ref][1]) for ref, vertex in zip(exits, outlets, strict=True))
        used = {wire.source for wire in wires}
        wires += (Wire(vertex, None, drawn=False) for vertex in boxes if vertex not in used)
        wires += (Wire(vertex, None) for vertex in outlets)
        return [*inlets, *boxes, *outlets], wires

    def _vertex(self, item: Item) -> Vertex:
        vertex = self._frame(item) if isinstance(item, Frame) else card_vertex(item, self.direction)
        self.items[vertex] = item
        return vertex

    def _frame(self, frame: Frame) -> Vertex:
        vertices, wires = self.group(frame.members, frame.entries, frame.exits)
        content = self.arranged(vertices, wires)
        inlets = {end.wire.target: end.x for end in content.tops if end.wire.drawn}
        outlets = {end.wire.source: end.x for end in content.bottoms if end.wire.drawn}
        doors = [inlets[vertex] for vertex in vertices[: len(frame.entries)]]
        leaving = [outlets[vertex] for vertex in vertices[len(vertices) - len(frame.exits) :]]
        if self.direction == "down":
            left = max(content.left + PADDING, PADDING + name_width(frame) + 8 - min((*doors, *leaving), default=0.0))
            right = max(content.right + PADDING, PADDING + header_width(frame) + 8 + max((*doors, *leaving), default=0.0))
            start, height = HEADER, HEADER + content.height + RIM
        else:
            left, right = content.left + HEADER, content.right + PADDING
            height = max(content.height + 2 * RIM, 2 * PADDING + name_width(frame) + 8 + header_width(frame))
            start = (height - content.height) / 2
        vertex = Vertex(left, right, height, frame.nodes[0].id, tuple(doors) or (0.0,), tuple(leaving) or (0.0,))
        self.contents[vertex] = _Content(content, start)
        return vertex


def _into(item: Item, vertex: Vertex, giving: dict[Ref, tuple[Vertex, int]]) -> list[Wire]:
    """The wires of an item's operands; one without operands still belongs to its group."""
    if not item.inputs:
        return [Wire(None, vertex, drawn=False)]
    wires = []
    for position, ref in enumerate(item.inputs):
        source, outlet = giving[ref]
        inlet = position if isinstance(item, Frame) else 0
        ordered = isinstance(item, Card) and item.ordered
        wires.append(Wire(source, vertex, outlet, inlet, position, ordered=ordered))
    return wires


def _crossings(seat: Seat, piece: Piece, top: float) -> Iterator[tuple[Wire, tuple[Point, ...]]]:
    """The wires through the upper and lower rim of a frame, in which a piece begins at some height."""
    rims = (piece.tops, seat.y, top), (piece.bottoms, top + piece.height, seat.y + seat.vertex.height)
    for ends, upper, lower in rims:
        for end in ends:
            if end.wire.drawn:
                points = (seat.x + end.x, upper), (seat.x + end.x, lower)
                yield end.wire, points[::-1] if seat.rising else points


# Sizes -------------------------------------------------------------------------------------------


def frame_remark(frame: Frame) -> str:
    """What is said of a frame at its upper right: how many parameters one repetition has."""
    shared = ", shared" if frame.shared else ""
    each = " each" if frame.times > 1 and not frame.shared else ""
    return f"{count_text(frame.params)} params{each}{shared}" if frame.params != 0 else ""


def badge_text(times: int) -> str:
    return f"×{times}"


def badge_width(times: int) -> float:
    """The width of the sign `×N`; 0 where there is none."""
    return width(badge_text(times), "bold", CHIP_SIZE) + 14 if times > 1 else 0.0


def chip_width(text: str) -> float:
    return width(text, "regular", CHIP_SIZE) + 2 * CHIP_PADDING


def card_chips(card: Card) -> tuple[str, ...]:
    """The chips of a card, with the one that tells its mark."""
    return (*card.chips, *mark_chip(card.mark))


def card_remark(card: Card) -> str:
    """What is said of a card at its right: how many parameters it has."""
    if card.params == 0:
        return ""
    return count_text(card.params) + (" shared" if card.shared else " each" if card.times > 1 else "")


def name_width(frame: Frame) -> float:
    return width(frame.name, "bold", NAME_SIZE)


def header_width(frame: Frame) -> float:
    """The width of what stands at a frame's upper right."""
    badge = badge_width(frame.times)
    return width(frame_remark(frame), "regular", COUNT_SIZE) + (badge + 8 if badge else 0.0)


def first_row(card: Card) -> list[tuple[str, float]]:
    """The widths of what stands in the first row of a card."""
    row = [
        ("title", width(card.title, "bold", TITLE_SIZE)),
        ("arguments", width(card.arguments, "mono", ARGUMENT_SIZE)),
        ("remark", width(card_remark(card), "regular", COUNT_SIZE)),
        ("badge", badge_width(card.times)),
    ]
    return [one for one in row if one[1]]


def card_vertex(card: Card, direction: Direction) -> Vertex:
    """A card as something to be placed: how large it is, where wires meet it, and how much room the texts beside them take."""
    order = card.nodes[0].id if card.nodes else 1 << 40
    notes = [width(note, "mono", NOTE_SIZE) + NOTE_INSET if note else 0.0 for note in card.notes]
    outlets = _spread([note + 16 if direction == "down" else NOTE_HEIGHT for note in notes], centred=_has_equal_outputs(card))
    if direction == "down":
        reach = max((x + note for x, note in zip(outlets, notes, strict=False)), default=0.0)
        left, right, height, edges = _extents(card, outlets)
        return Vertex(left, right, height, order, (0.0,), outlets, reach, NOTE_HEIGHT if any(notes) else 0.0, edges)
    left, right, height, edges = _lying(card, outlets)
    return Vertex(left, right, height, order, (0.0,), outlets, 0.0, max(notes) + FIRST if any(notes) else 0.0, edges)


def _extents(card: Card, outlets: Sequence[float]) -> tuple[float, float, float, Point | None]:
    """How far a card reaches to the left and right of its axis and down, and where wires from the side end."""
    if card.look == "operator":
        chips = sum(chip_width(chip) + CHIP_APART for chip in card.chips)
        return OPERATOR + chips, OPERATOR, 2 * OPERATOR, (OPERATOR, OPERATOR)
    half = max(_breadth(card), _room_for(outlets) if card.look == "card" else 0.0) / 2
    return half, half, _height(card), (half, half) if card.look == "card" else None


def _lying(card: Card, outlets: Sequence[float]) -> tuple[float, float, float, Point | None]:
    """The same of a card that tensors pass from left to right: as far as it reaches up, down and to the right."""
    if card.look == "operator":
        return OPERATOR + (CHIP_ROW if card.chips else 0.0), OPERATOR, 2 * OPERATOR, (OPERATOR, OPERATOR)
    half = max(_height(card), _room_for(outlets) if card.look == "card" else 0.0) / 2
    return half, half, _breadth(card), (half, half) if card.look == "card" else None


def _room_for(outlets: Sequence[float]) -> float:
    return 2 * max(abs(one) for one in outlets) + 24 if len(outlets) > 1 else 0.0


def _breadth(card: Card) -> float:
    if card.look == "terminal":
        return max(width(card.title, "bold", TITLE_SIZE) + 36, LEAST_BOX)
    row = first_row(card)
    text = sum(size for _, size in row) + APART * (len(row) - 1)
    chips = sum(chip_width(chip) for chip in card_chips(card)) + CHIP_APART * (len(card_chips(card)) - 1)
    return max(INSET + text + 12, INSET + chips + 12, LEAST_BOX)


def _height(card: Card) -> float:
    return TERMINAL_HEIGHT if card.look == "terminal" else CARD_HEIGHT + (CHIP_ROW if card_chips(card) else 0.0)


def _has_equal_outputs(card: Card) -> bool:
    """Whether no output is the main one, as the sequence is which a recurrent layer gives besides its states."""
    return len({node.types[ref.output].shape for node in card.nodes for ref in card.outputs if ref.node == node.id}) < 2


def _spread(widths: Sequence[float], centred: bool) -> tuple[float, ...]:
    """Where the wires of several outputs leave a card, so that the texts beside them have room; all centred, or the first."""
    places = [0.0]
    for one in widths[:-1]:
        places.append(places[-1] + max(one, 24.0))
    return tuple(place - places[-1] / 2 * centred for place in places)
