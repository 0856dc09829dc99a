"""`nndsl compile`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from nndsl.arguments import add_file
from nndsl.checking import loaded
from nndsl.commands import Command
from nndsl.console import GOOD, misused

if TYPE_CHECKING:
    from nndsl.program import Program

ENDINGS = {None: ".keras", "python": ".py"}


def _add_arguments(parser: ArgumentParser) -> None:
    add_file(parser, "network (or, with --emit, training)")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="the file to write, OUT.keras or OUT.py; with --emit, `-` (or no -o) prints the program")
    parser.add_argument("--emit", choices=["python"], help="write a program for Keras instead, which needs no nndsl")


def _run(options: Namespace) -> int:
    prints = options.emit is not None and (options.output is None or str(options.output) == "-")
    if options.output is None and not prints:
        return misused("compile", "name the file to write: -o OUT.keras")
    if not prints and options.output.suffix != ENDINGS[options.emit]:
        return misused("compile", f"{options.output} does not end in {ENDINGS[options.emit]}")
    program = loaded(options)
    if options.emit is not None:
        return _emit(options, program, None if prints else options.output)
    from nndsl.backend.keras import lower

    model = lower.model(program.network(options.name))
    lower.save(model, options.output)
    print(f"{options.output}  {model.count_params():,} parameters")
    return GOOD


def _emit(options: Namespace, program: "Program", output: Path | None) -> int:
    from nndsl.emission.program import written_program
    from nndsl.files import write_text

    place = output if output is not None else options.file
    text = written_program(program, options.name, place.absolute().parent)
    if output is None:
        sys.stdout.write(text)
        return GOOD
    write_text(output, text)
    print(f"{output}  {len(text.splitlines()):,} lines")
    return GOOD


COMMAND = Command(
    "build a network as a plain Keras model, or write it all as a program, which loads or runs without nndsl",
    """\
  nndsl compile digits.nn -o digits.keras
  nndsl compile digits.nn DigitNet --set width=64 -o wide.keras
  nndsl compile digits.nn --emit python -o digits.py     a program for Keras: network, data and training
  nndsl compile digits.nn DigitNet --emit python         the network alone, on the screen
""",
    _add_arguments, _run,
    more="""\
The weights of a model are new, but for those that the network reads from a file (`weights = npz(...)`). What a training has
learnt is in the folder of its run, as best.keras and last.keras.
A program has the comments of the file, its params at the top, the same names of layers, and imports nothing of nndsl; run
with the same data, it gives the figures of `nndsl train`. docs/leaving.md says more.""",
)
