"""`nndsl import`."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nndsl.commands import Command
from nndsl.console import GOOD, misused


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="MODEL", type=Path, help="a model that Keras saved: model.keras, or a whole model in model.h5")
    parser.add_argument("-o", "--output", metavar="OUT.nn", type=Path, help="the file to write; its weights go beside it, to OUT.npz")
    parser.add_argument("--without-weights", action="store_true", help="write the network alone")
    parser.add_argument("--flat", action="store_true", help="one layer after the other, without blocks and loops")
    parser.add_argument("--names", action="store_true", help="keep the name of each layer, which takes --flat")


def _run(options: Namespace) -> int:
    if options.output is not None and options.output.suffix != ".nn":
        return misused("import", f"{options.output} does not end in .nn")
    from nndsl.data.room import bytes_text
    from nndsl.importing.spec import Options, import_model, write_files
    from nndsl.live import progress_on

    weights = options.output is not None and not options.without_weights
    imported = import_model(options.file, Options(options.flat or options.names, options.names, weights))
    if options.output is None:
        print(imported.text, end="")
        return GOOD
    beside = options.output.with_suffix(".npz") if weights and imported.arrays else None
    progress = progress_on()
    try:
        size = write_files(imported, options.output, beside, progress)
    finally:
        progress.end()
    lines = len(imported.text.splitlines()) + (beside is not None)
    print(f"{options.output}  {lines:,} lines, {imported.params:,} parameters")
    if beside is not None:
        print(f"{beside}  {len(imported.arrays):,} arrays, {bytes_text(size)}")
    return GOOD


COMMAND = Command(
    "write a model of Keras as a .nn file, with its weights beside it",
    """\
  nndsl import model.keras -o model.nn         model.nn, and its weights in model.npz
  nndsl import model.keras                     print the network alone
  nndsl import model.keras -o model.nn --without-weights
  nndsl import old.h5 -o old.nn                a whole model in HDF5
""",
    _add_arguments, _run,
    more="Functional and sequential models become blocks, loops and lines that can be read and changed, and compute the same. What the\n"
    "language does not have is named, layer by layer, and nothing is written. The file may be a stranger's: nothing in it is run.",
)
