"""`nndsl export`."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from nndsl.arguments import add_run
from nndsl.commands import Command
from nndsl.console import GOOD, misused, wants_json

ENDINGS: Mapping[str, str] = {"keras": ".keras", "onnx": ".onnx", "tflite": ".tflite", "savedmodel": ""}
"""What the files of each format end in; a SavedModel is a folder."""
PACKAGES: Mapping[str, tuple[str, ...]] = {"onnx": ("tf2onnx", "onnx", "onnxruntime"), "tflite": ("ai_edge_litert",)}
"""What writes and loads the formats that TensorFlow does not know by itself."""


def _add_arguments(parser: ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write, or the folder (savedmodel)")
    parser.add_argument("--format", dest="kind", choices=ENDINGS, help="the format; where OUT ends in .keras, .onnx or .tflite, that says it")
    parser.add_argument("--network", metavar="NAME", help="which network, of a training with several")
    parser.add_argument(
        "--without-preprocessing", dest="preprocessing", action="store_false",
        help="write the network alone; otherwise what encoders of numbers do (scale, standardize, ...) is part of the file",
    )
    parser.add_argument("--json", dest="format", action="store_const", const="json", default="text", help="print one object with all there is to say")


def _run(options: Namespace) -> int:
    kind = _kind(options.kind, options.output)
    if kind is None:
        return misused("export", f"{options.output} does not say what to write; add --format, one of {', '.join(ENDINGS)}")
    wanted = ENDINGS[kind]
    if options.output.suffix in ENDINGS.values() and options.output.suffix != wanted and not options.output.is_dir():
        return misused("export", f"{options.output} does not end in {wanted}, as {kind} does" if wanted else f"{options.output} is to be a folder, and ends in {options.output.suffix}")
    from nndsl.extras import need
    from nndsl.live import progress_on
    from nndsl.run import Run

    for package in PACKAGES.get(kind, ()):
        need(f"exporting to {kind}", package, "export")
    run = Run.open(options.folder)
    path = _file(options.output, kind, str(run.settings["training"]))
    from nndsl.backend.keras.export.exporting import export

    made = export(run, path, kind, network=options.network, preprocessing=options.preprocessing, progress=progress_on(sys.stderr))
    print(made.as_json() if wants_json(options) else made.as_text(), end="\n" if wants_json(options) else "")
    return GOOD


def _kind(said: str | None, output: Path) -> str | None:
    """The format that is asked for: by name, or by the ending of the file."""
    return said or next((kind for kind, ending in ENDINGS.items() if ending and output.suffix.lower() == ending), None)


def _file(output: Path, kind: str, training: str) -> Path:
    """The file to write; in a folder that is there, it is called after the training."""
    return output / f"{training.lower()}{ENDINGS[kind]}" if output.is_dir() and ENDINGS[kind] else output


COMMAND = Command(
    "write a trained network as a file that other programs load: Keras, SavedModel, ONNX or TensorFlow Lite",
    """\
  nndsl export runs/digits8x8/latest -o digits.onnx
  nndsl export runs/digits8x8/latest -o digits.tflite --without-preprocessing
  nndsl export runs/digits8x8/latest -o served/1 --format savedmodel
  nndsl export runs/dcgan/latest --network generator -o generator.keras
""",
    _add_arguments, _run,
    more="Encoders of numbers become part of the file, so that it takes the numbers of the data; letters, classes and words are\n"
    "encoded outside, and how is said in a JSON file beside it. The file is loaded by its own runtime and compared with the network\n"
    "on test examples before it is put in its place. Of a network that writes texts, the network is exported: what `nndsl generate`\n"
    "does with it, token by token, is not part of the file.",
)
