"""The viewer: one HTML file that shows a network and its source, opens and closes blocks, and asks nothing of any network.

What is on the page stands in `viewer/`. The layout is made in the browser, since blocks can be opened in any combination, by
scripts that make it as `layout.py` does; what a card looks like, and how large it is, comes from here.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from nndsl.diagram import channel, columns, coordinates, layered, layout, nested, pieces, ushape
from nndsl.diagram import render as svg
from nndsl.diagram.details import Details
from nndsl.diagram.draw import card_shapes, frame_name, frame_side
from nndsl.diagram.figure import Card, Composer, Detail, Figure, Frame, Item, figure_of
from nndsl.diagram.layout import Direction, Layout, card_vertex, header_width, name_width
from nndsl.diagram.measure import FONTS, has_glyphs
from nndsl.diagram.pieces import Seat, Vertex
from nndsl.diagram.scene import Shape, Text
from nndsl.diagram.theme import FAMILIES, STYLES
from nndsl.graph import Ref
from nndsl.highlighting import as_html
from nndsl.program import Network

HERE = Path(__file__).parent / "viewer"
SCRIPTS = ("pieces.js", "nested.js", "ushape.js", "layered.js", "rows.js", "layout.js", "stage.js", "source.js", "viewer.js")
_FONTS = {"Inter": (("Inter-Regular", 400), ("Inter-SemiBold", 600)), "JetBrains Mono": (("JetBrainsMono-Regular", 400),)}
LAST = 1 << 40
"""The place of what comes after everything else."""


def to_html(network: Network, dark: bool = False, detail: Detail = "blocks", direction: Direction = "down") -> str:
    """A network as a page that needs nothing but a browser.

    Args:
        dark: on dark ground, whatever the reader's system prefers.
        detail: what is shown first.
    """
    style, script = _style(), "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    page = (HERE / "page.html").read_text(encoding="utf-8")
    parts = {
        "policy": "; ".join(_policy(style, script)),
        "theme": ' data-theme="dark"' if dark else "",
        "name": escape(network.name),
        "style": style,
        "data": _as_data(figure_data(network, detail, direction)),
        "script": script,
    }
    before, *others = page.split("{{")
    return before + "".join(parts[name] + rest for name, _, rest in (other.partition("}}") for other in others))


def _policy(style: str, script: str) -> Iterator[str]:
    """What the page may do: run its own script, and nothing else; above all, no request."""
    yield "default-src 'none'"
    yield f"script-src {_fingerprint(script)}"
    yield f"style-src {_fingerprint(style)}"
    yield from ("font-src data:", "img-src data:", "base-uri 'none'", "form-action 'none'")


def _fingerprint(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _as_data(value: Any) -> str:
    """JSON that can stand in a page: whatever names there are, nothing in it ends a script or begins a tag."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode("utf-8", "replace").decode()


# Looks -------------------------------------------------------------------------------------------


def _style() -> str:
    faces = (_face(family, name, weight) for family, files in _FONTS.items() for name, weight in files)
    names = [*STYLES, "sign", *(f"family-{family}" for family in FAMILIES)]
    roles = (f".n-{name}{{{_for_both(svg.role_style(name, False), svg.role_style(name, True))}}}" for name in names)
    texts = (f".n-{style}{{font-family:{family}{';font-weight:600' * (style == 'bold')}}}" for style, family in svg.FAMILIES.items())
    return "\n".join((*faces, *roles, *texts, (HERE / "style.css").read_text(encoding="utf-8")))


def _face(family: str, name: str, weight: int) -> str:
    content = b64encode((FONTS / f"{name}.woff2").read_bytes()).decode()
    return f'@font-face{{font-family:"{family}";font-weight:{weight};src:url(data:font/woff2;base64,{content}) format("woff2")}}'


def _for_both(light: str, dark: str) -> str:
    """One style for light and dark ground, of which the page's colour scheme chooses."""
    pairs = zip((one.split(":") for one in light.split(";")), (one.split(":") for one in dark.split(";")), strict=True)
    return ";".join(f"{name}:{value if value == other else f'light-dark({value},{other})'}" for (name, value), (_, other) in pairs)


def lengths(direction: Direction) -> Mapping[str, float]:
    """The lengths that a layout is made with, by the names that the scripts know them by."""
    page = layout.PAGES[direction]
    return {
        **{name: getattr(channel, name) for name in ("GAP", "PITCH", "FIRST", "LAST", "SAME", "CLOSE")},
        **{name: getattr(nested, name) for name in ("BESIDE", "LANE", "PORT_GAP")},
        **{name: getattr(columns, name) for name in ("MOST_COLUMNS", "MOST_ACROSS", "EMPTINESS", "BETWEEN", "TURN", "FALL")},
        **{name: getattr(ushape, name) for name in ("LEVELS", "LEAST_SHARE")},
        **{name: getattr(layered, name) for name in ("SWEEPS", "EXCHANGES", "MOST_SEGMENTS", "MOST_EXCHANGED")},
        **{name: getattr(layout, name) for name in ("HEADER", "PADDING", "RIM")},
        **{name: getattr(svg, name) for name in ("BEND", "HEAD_LENGTH", "HEAD_HALF")},
        "ASIDE": pieces.ASIDE, "ROW_BESIDE": coordinates.BESIDE, "ROW_LANE": coordinates.LANE, "tall": page.tall, "shape": page.shape,
    }


# What there is -----------------------------------------------------------------------------------


def figure_data(network: Network, detail: Detail, direction: Direction) -> Mapping[str, Any]:
    """Everything that the page shows: the members of the figure with all that is in them, and the sources they were written in."""
    composer = Composer(network.graph, "blocks")
    figure = figure_of(network, composer.members())
    items = _Items(composer, Details(network), direction)
    members = [items.item(item) for item in figure.members]
    sources = [{"name": source.name, "lines": as_html(source.text)} for source in items.details.sources]
    return {
        "title": figure.title, "subtitle": figure.subtitle, "about": _about(figure), "detail": detail, "direction": direction,
        "lengths": lengths(direction), "members": members, "shapes": [*items.shapes], "sources": sources,
    }  # fmt: skip


def _about(figure: Figure) -> str:
    return figure.documentation or f"A diagram of the neural network {figure.title}: {figure.subtitle}."


class _Items:
    """Items as data; equal looks of cards are kept once."""

    def __init__(self, composer: Composer, details: Details, direction: Direction) -> None:
        self.composer = composer
        self.details = details
        self.direction = direction
        self.shapes: dict[str, int] = {}

    def item(self, item: Item) -> Mapping[str, Any]:
        """A card or block, with what is in it and what it repeats."""
        common = {
            "place": item.place if item.nodes else LAST,
            "inputs": _refs(item.inputs),
            "outputs": _refs(item.outputs),
            "times": item.times,
            "repeats": [self.item(one) for one in item.repeats],
            **self.details.of(item),
        }
        return {**common, **(self._frame(item) if isinstance(item, Frame) else self._card(item))}

    def _card(self, card: Card) -> Mapping[str, Any]:
        """Where it takes room, and what it looks like with its axis at 0."""
        vertex = card_vertex(card, self.direction)
        box = {
            "left": vertex.left, "right": vertex.right, "height": vertex.height, "order": vertex.order, "outlets": vertex.outlets,
            "reach": vertex.reach, "note": vertex.note_height, "edges": vertex.edges,
        }  # fmt: skip
        return {"ordered": card.ordered, "box": box, "shape": self._shape(card, vertex, False), "turned": self._shape(card, vertex, True)}

    def _shape(self, card: Card, vertex: Vertex, rising: bool) -> int:
        """The number of what a card looks like."""
        drawn = _svg(card_shapes(card, Layout(self.direction), Seat(vertex, 0.0, 0.0, rising)))
        return self.shapes.setdefault(drawn, len(self.shapes))

    def _frame(self, frame: Frame) -> Mapping[str, Any]:
        """What it looks like when it is closed, and what is in it when it is open; of a repeated one, what is in its first repetition."""
        return {
            **self._card(self.composer.closed(frame)),
            "order": frame.nodes[0].id,
            "entries": _refs(frame.entries),
            "exits": _refs(frame.exits),
            "name": _svg(frame_name(frame, 0.0, 0.0)),
            "side": _svg(frame_side(frame, 0.0, 0.0)),
            "nameWidth": name_width(frame),
            "sideWidth": header_width(frame),
            "members": [] if len(frame.repeats) > 1 else [self.item(one) for one in frame.members],
        }


def _refs(refs: tuple[Ref, ...]) -> list[str]:
    return [f"{ref.node}.{ref.output}" for ref in refs]


def _svg(shapes: Iterator[Shape]) -> str:
    """Shapes as SVG. Texts are as wide as they come out, where the fonts of the page have their letters: that is drawn faster."""
    return "".join(svg.shape_svg(replace(one, width=0.0) if isinstance(one, Text) and has_glyphs(one.text) else one, "n") for one in shapes)
