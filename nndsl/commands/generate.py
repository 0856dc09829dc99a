"""`nndsl generate`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.arguments import add_format, add_run, natural, not_negative, positive
from nndsl.commands import Command
from nndsl.console import GOOD, INTERRUPTED, misused, tell, wants_json, write_result

if TYPE_CHECKING:
    from nndsl.generation import Written
    from nndsl.run import Run


def _add_arguments(parser: ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("data", metavar="DATA", nargs="?", type=Path, help="a file of sources, each of which gets a sequence")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="the file to write: .png, .fasta or .npz for samples, .txt, .csv or .json for texts")
    parser.add_argument("--prompt", metavar="TEXT", help="what a text begins with, or the source of a sequence")
    parser.add_argument("--length", metavar="N", type=positive, help="how many characters or words to write, at most (running text: 200)")
    parser.add_argument("--count", metavar="N", type=positive, help="how many texts (1), or samples (64)")
    parser.add_argument(
        "--temperature", metavar="X", type=not_negative,
        help="below 1, what is probable becomes more so; 0 takes the most probable token each time (language models: 1, others: 0)",
    )
    parser.add_argument("--top-k", metavar="N", type=positive, help="draw from the N most probable tokens only")
    parser.add_argument("--beam", metavar="N", type=positive, help="draw nothing: search the most probable text, with N beginnings at a time")
    parser.add_argument("--seed", metavar="N", type=natural, default=0, help="of what is drawn (default: 0)")
    add_format(parser, "a list with one object for each text")


def _run(options: Namespace) -> int:
    from nndsl.generation import NotApplicable, Wish, Written
    from nndsl.live import progress_on
    from nndsl.run import Run

    run = Run.open(options.folder)
    wish = Wish(**{name: getattr(options, name) for name in vars(Wish())})
    from nndsl.backend.keras.generate import generate

    try:
        made = generate(run, wish, progress_on(sys.stderr))
        return _write_texts(options, made) if isinstance(made, Written) else _write_samples(options, run, made)
    except NotApplicable as misfit:
        return misused("generate", str(misfit))


def _write_texts(options: Namespace, written: "Written") -> int:
    from nndsl.generation import NotApplicable

    ending = "" if options.output is None else options.output.suffix.lower()
    kinds = {".txt": written.as_text, ".csv": written.as_csv, ".json": written.as_json}
    if ending not in ("", *kinds) or (wants_json(options) and ending not in ("", ".json")):
        raise NotApplicable(f"{options.output} does not end in {'.json' if wants_json(options) else ', '.join(kinds)}")
    plain = ".txt" if written.continues or options.prompt is not None else ".csv"
    text = kinds[ending or (".json" if wants_json(options) else plain)]()
    write_result(options.output, text, f"{len(written)} {'text' if len(written) == 1 else 'texts'}")
    if written.errors is not None:
        tell(str(written.errors))
    if written.interrupted:
        tell("interrupted: this is what had been written by then")
        return INTERRUPTED
    return GOOD


def _write_samples(options: Namespace, run: "Run", arrays: list[Any]) -> int:
    from nndsl.backend.keras.samples import as_fasta, as_npz, made
    from nndsl.diagram.sheet import are_pictures, as_png
    from nndsl.files import write_file
    from nndsl.generation import NotApplicable
    from nndsl.reopening import reopened

    ending = "" if options.output is None else options.output.suffix.lower()
    if ending not in (".png", ".fasta", ".npz") or wants_json(options):
        raise NotApplicable("samples are written to a file: -o OUT.png (images), -o OUT.fasta (letters), or -o OUT.npz")
    found = made(reopened(run)[0], arrays)
    letters = any(one.letters for one in found)
    if ending == ".png" and not are_pictures(found):
        raise NotApplicable(f"the samples are no images; write them to a {'.fasta or ' * letters}.npz file")
    if ending == ".fasta" and not letters:
        raise NotApplicable("the samples are no letters; write them to a .npz file")
    write_file(options.output, as_png(arrays) if ending == ".png" else as_fasta(found) if ending == ".fasta" else as_npz(arrays))
    print(f"{options.output}  {len(arrays[0])} examples")
    return GOOD


COMMAND = Command(
    "let a trained network write, translate, or make images and sequences",
    """\
  nndsl generate runs/novel/latest --prompt "Call me"
  nndsl generate runs/novel/latest --prompt "Call me" --length 500 --temperature 0.8 --top-k 40 --seed 7
  nndsl generate runs/names/latest --prompt A --count 10          ten names
  nndsl generate runs/spoken/latest --prompt hello --beam 5       one sequence for another
  nndsl generate runs/spoken/latest words.csv -o spoken.csv       for each row of a file
  nndsl generate runs/spoken/latest -o test.csv                   for the test examples, with the error rate
  nndsl generate runs/dcgan/latest -o digits.png                  the tensors of the training's `samples`
  nndsl generate runs/dcgan/latest --count 1000 --seed 7 -o digits.npz
  nndsl generate runs/donorgan/latest -o sites.fasta              letters, where it makes DNA, RNA or proteins
""",
    _add_arguments, _run,
    more="What it makes is decided by what it has learnt: a language model goes on with a prompt, a decoder writes a sequence\n"
    "for a source, and a training with `samples` makes more of them. Ctrl-C ends it early and keeps what is written.",
)
