"""`nndsl render`."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.arguments import add_file
from nndsl.checking import loaded
from nndsl.commands import Command
from nndsl.console import GOOD, misused

if TYPE_CHECKING:
    from nndsl.diagram import Direction
    from nndsl.program import Network, Training

ENDINGS = (".svg", ".png", ".pdf", ".html", ".dot", ".mmd")
TRAINING_ENDINGS = (".svg", ".png", ".pdf")
TEXTS = (".dot", ".mmd")
"""What other programs draw."""


def _add_arguments(parser: ArgumentParser) -> None:
    add_file(parser, "network, or training,")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--training", action="store_true", help="draw a training: what each step makes smaller, and which weights it updates (.svg, .png and .pdf)"
    )
    parser.add_argument("--dark", action="store_true", help="light on dark (not for .dot and .mmd)")
    parser.add_argument(
        "--detail", choices=["overview", "blocks", "full"],
        help="blocks closed; equal neighbours folded into one with ×N; or every call (default: blocks; .dot and .mmd are always full)",
    )
    parser.add_argument("--direction", choices=["down", "right"], help="where tensors flow to (default: down)")


def _run(options: Namespace) -> int:
    from nndsl.extras import need
    from nndsl.files import write_file

    ending = options.output.suffix.lower()
    mistake = _misuse(options, ending)
    if mistake is not None:
        return misused("render", mistake)
    if ending == ".pdf":
        need("drawing a PDF", "typst", "pdf")
    program = loaded(options)
    if options.training:
        content = _in_training(program.training(options.name), ending, options.dark)
    else:
        content = _in_network(program.network(options.name), ending, options)
    write_file(options.output, content)
    print(options.output)
    return GOOD


def _misuse(options: Namespace, ending: str) -> str | None:
    """What does not go together, if anything."""
    endings = TRAINING_ENDINGS if options.training else ENDINGS
    if ending not in endings:
        return f"{options.output} ends in none of {', '.join(endings)}" + (", which trainings are drawn as" if options.training else "")
    if options.training and (options.detail or options.direction):
        return f"--{'detail' if options.detail else 'direction'} is for networks, not for trainings"
    if ending in TEXTS and (options.dark or options.detail not in (None, "full")):
        return f"--{'dark' if options.dark else 'detail'} is not for {ending}: what draws it decides that"
    return None


def _in_network(network: "Network", ending: str, options: Namespace) -> bytes:
    from nndsl import diagram

    direction: Direction = options.direction or "down"
    if ending in TEXTS:
        return (diagram.dot if ending == ".dot" else diagram.mermaid)(network, direction).encode()
    chosen: dict[str, Any] = {"dark": options.dark, "detail": options.detail or "blocks", "direction": direction}
    if ending in (".svg", ".html"):
        return (diagram.svg if ending == ".svg" else diagram.html)(network, **chosen).encode()
    return (diagram.png if ending == ".png" else diagram.pdf)(network, **chosen)


def _in_training(training: "Training", ending: str, dark: bool) -> bytes:
    from nndsl.diagram import training_svg
    from nndsl.diagram.render import to_png
    from nndsl.diagram.typeset import to_pdf

    svg = training_svg(training, dark)
    return svg.encode() if ending == ".svg" else to_png(svg) if ending == ".png" else to_pdf(svg)


COMMAND = Command(
    "draw a network, or a training; the ending of the file says how: .svg, .png, .pdf, .html, .dot or .mmd (Mermaid)",
    """\
  nndsl render digits.nn -o digits.svg
  nndsl render digits.nn -o digits.html                  a page to look around in, with the source beside it
  nndsl render digits.nn -o digits.png --dark --detail overview
  nndsl render digits.nn -o digits.pdf --direction right
  nndsl render gan.nn -o gan.svg --training              its steps: losses, networks, and what each updates
""",
    _add_arguments, _run,
)
