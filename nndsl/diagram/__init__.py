"""Diagrams of networks and trainings: graph, figure, layout, scene; from the scene SVG; from that PNG and PDF; and a page to look around in."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from nndsl.program import Network, Training

Detail = Literal["full", "blocks", "overview"]
Direction = Literal["down", "right"]


def svg(network: "Network", dark: bool = False, detail: Detail = "blocks", direction: Direction = "down") -> str:
    """A network as SVG.

    Args:
        dark: for a dark ground.
        detail: `full` draws every call, `blocks` folds equal neighbours into one with ×N, `overview` closes the blocks.
        direction: where tensors flow to.
    """
    from nndsl.diagram.draw import draw
    from nndsl.diagram.figure import figure
    from nndsl.diagram.render import to_svg

    return to_svg(draw(figure(network, detail), direction), dark)


def png(
    network: "Network", scale: float = 2.0, dark: bool = False, detail: Detail = "blocks", direction: Direction = "down"
) -> bytes:
    """A network as PNG, with `scale` pixels for each unit of the SVG; needs no font and no program of the system."""
    from nndsl.diagram.render import to_png

    return to_png(svg(network, dark, detail, direction), scale)


def pdf(network: "Network", dark: bool = False, detail: Detail = "blocks", direction: Direction = "down") -> bytes:
    """A network as PDF, a page as large as the picture; needs the package typst."""
    return as_file(svg(network, dark, detail, direction), ".pdf")


PICTURES = (".svg", ".png", ".pdf")
"""The endings of files that every picture can be written as."""


def as_file(svg: str, ending: str) -> bytes:
    """An SVG of ours as the file that its ending says.

    Args:
        ending: one of `PICTURES`; `.pdf` needs the package typst, and is a page as large as the picture.
    """
    from nndsl.diagram.render import to_png
    from nndsl.diagram.typeset import to_pdf

    return svg.encode() if ending == ".svg" else to_png(svg) if ending == ".png" else to_pdf(svg)


def html(network: "Network", dark: bool = False, detail: Detail = "blocks", direction: Direction = "down") -> str:
    """A network and its source as a page: blocks open and close, cards tell what they are. It needs nothing but a browser.

    Args:
        dark: on dark ground, whatever the reader's system prefers.
        detail: what is shown first.
    """
    from nndsl.diagram.page import to_html

    return to_html(network, dark, detail, direction)


def training_svg(training: "Training", dark: bool = False) -> str:
    """A training as SVG: for each step what it makes smaller, of what, and which weights it updates."""
    from nndsl.diagram.render import to_svg
    from nndsl.diagram.training import draw

    return to_svg(draw(training), dark)


def dot(network: "Network", direction: Direction = "down") -> str:
    """A network in the language of Graphviz."""
    from nndsl.diagram.markup import to_dot

    return to_dot(network, direction)


def mermaid(network: "Network", direction: Direction = "down") -> str:
    """A network as a Mermaid flowchart."""
    from nndsl.diagram.markup import to_mermaid

    return to_mermaid(network, direction)
