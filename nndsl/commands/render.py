"""`nndsl render`."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.arguments import add_file, add_look
from nndsl.checking import loaded
from nndsl.commands import Command
from nndsl.console import GOOD, misused
from nndsl.diagram import PICTURES

if TYPE_CHECKING:
    from nndsl.diagram import Direction
    from nndsl.program import Network

TEXTS = (".dot", ".mmd")
"""What other programs draw."""
ENDINGS = (*PICTURES, ".html", *TEXTS)


def _add_arguments(parser: ArgumentParser) -> None:
    add_file(parser, "network, or training,")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--training", action="store_true", help="draw a training: what each step makes smaller, and which weights it updates (.svg, .png and .pdf)"
    )
    add_look(parser, texts=".dot and .mmd")


def _run(options: Namespace) -> int:
    from nndsl.diagram import as_file, training_svg
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
        content = as_file(training_svg(program.training(options.name), options.dark), ending)
    else:
        content = _in_network(program.network(options.name), ending, options)
    write_file(options.output, content)
    print(options.output)
    return GOOD


def _misuse(options: Namespace, ending: str) -> str | None:
    """What does not go together, if anything."""
    endings = PICTURES if options.training else ENDINGS
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
    return diagram.html(network, **chosen).encode() if ending == ".html" else diagram.as_file(diagram.svg(network, **chosen), ending)


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
