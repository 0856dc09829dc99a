"""`nndsl predict`."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing
from pathlib import Path

from nndsl.arguments import add_format, add_run, size
from nndsl.commands import Command
from nndsl.console import GOOD, misused, wants_json


def _add_arguments(parser: ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument(
        "data", metavar="DATA", type=Path,
        help="a file of the kind that the network learnt from, or a folder of such; no targets are needed; `-` reads standard input",
    )
    parser.add_argument("--network", metavar="NAME", help="which network, of a training with several")
    parser.add_argument(
        "-o", "--output", metavar="OUT", type=Path, help="write to a file instead of printing: .csv, .json, .jsonl or .parquet",
    )
    parser.add_argument("--memory", metavar="SIZE", type=size, help="how much memory data may take that are needed as a whole (default: half of what is free)")
    add_format(parser, "a list with one object for each example, instead of CSV")


def _run(options: Namespace) -> int:
    from nndsl.predictions import TABLES, written
    from nndsl.run import Run

    path: Path | None = options.output
    ending = ".json" if wants_json(options) else ".csv"
    if path is not None and path.suffix not in ("", ".txt"):
        if path.suffix not in TABLES:
            return misused("predict", f"{path} ends in none of {', '.join(TABLES)}")
        if wants_json(options) and path.suffix != ending:
            return misused("predict", f"{path} does not end in {ending}, which is what is written")
        ending = path.suffix
    run = Run.open(options.folder)
    with written(path, TABLES[ending], sys.stdout) as table:
        from nndsl.backend.keras.evaluate import predictions
        from nndsl.live import progress_on

        progress = progress_on()
        with closing(predictions(run, options.data, options.network, options.memory, progress)) as batches:
            try:
                for one in batches:
                    table.add(one)
            finally:
                progress.end()
    if path is not None:
        print(f"{path}  {table.count} predictions")
    return GOOD


COMMAND = Command(
    "what a trained network says of new examples",
    """\
  nndsl predict runs/digits8x8/latest new.npz
  nndsl predict runs/penguinspecies/latest new.csv -o species.csv
  nndsl predict runs/penguinspecies/latest large.csv -o species.parquet
  nndsl predict runs/penguinspecies/latest -         what comes through a pipe
""",
    _add_arguments, _run,
    more="""\
There is a row for each example, in the order of the data: the names that the data have for it, the label of each class and
its probability, or the numbers in the units of the data. Of a series, `row` says at which row of it the example stands: a
forecast is of the rows after that. Data and predictions may be larger than the memory.""",
)
