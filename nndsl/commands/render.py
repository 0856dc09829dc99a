"""`nndsl render`."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nndsl.arguments import add_file
from nndsl.checking import loaded
from nndsl.commands import Command
from nndsl.console import GOOD, misused

if TYPE_CHECKING:
    from nndsl.program import Network


def _add_arguments(parser: ArgumentParser) -> None:
    add_file(parser, "network, or training,")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--training", action="store_true", help="draw a training: what each step makes smaller, and which weights it updates (.svg and .png)"
    )
    parser.add_argument("--dark", action="store_true", help="light on dark (.svg and .png)")
    parser.add_argument(
        "--detail", choices=["full", "blocks", "overview"], default="blocks",
        help="every call; equal neighbours folded into one with ×N; or blocks closed too (.svg and .png; default: blocks)",
    )


def _run(options: Namespace) -> int:
    from nndsl import diagram
    from nndsl.files import write_file

    if options.training:
        return _draw_training(options)
    kinds: Mapping[str, Callable[[Network], bytes]] = {
        ".svg": lambda network: diagram.svg(network, dark=options.dark, detail=options.detail).encode(),
        ".png": lambda network: diagram.png(network, dark=options.dark, detail=options.detail),
        ".dot": lambda network: diagram.dot(network).encode(),
        ".mmd": lambda network: diagram.mermaid(network).encode(),
    }
    draw = kinds.get(options.output.suffix.lower())
    if draw is None:
        return misused("render", f"{options.output} ends in none of {', '.join(kinds)}")
    write_file(options.output, draw(loaded(options).network(options.name)))
    print(options.output)
    return GOOD


def _draw_training(options: Namespace) -> int:
    from nndsl.diagram import training_svg
    from nndsl.diagram.render import to_png
    from nndsl.files import write_file

    ending = options.output.suffix.lower()
    if ending not in (".svg", ".png"):
        return misused("render", f"a training is drawn as .svg or .png, and {options.output} ends in neither")
    svg = training_svg(loaded(options).training(options.name), options.dark)
    write_file(options.output, to_png(svg) if ending == ".png" else svg.encode())
    print(options.output)
    return GOOD


COMMAND = Command(
    "draw a network, or a training; the ending of the file says how: .svg, .png, .dot or .mmd (Mermaid)",
    """\
  nndsl render digits.nn -o digits.svg
  nndsl render digits.nn -o digits.png --dark --detail overview
  nndsl render gan.nn -o gan.svg --training              its steps: losses, networks, and what each updates
""",
    _add_arguments, _run,
)
