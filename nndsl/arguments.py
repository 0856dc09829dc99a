"""What may be written on the command line, and the help that teaches it."""

import argparse
import ast
import sys
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from nndsl import __version__

WRONG_USE = 2

DESCRIPTION = "Check, compile, train and draw neural networks written in .nn files."
EPILOG = """\
examples:
  nndsl check digits.nn                        prove shapes, sizes, types and names
  nndsl summary digits.nn                      a table of layers, shapes, parameters, FLOPs
  nndsl train digits.nn --epochs 3             learn; the results go to runs/NAME/001
  nndsl evaluate runs/digits8x8/latest         how good is it, on the test examples
  nndsl predict runs/digits8x8/latest new.npz  what does it say of new examples
  nndsl generate runs/dcgan/latest -o new.png  what does a generative network make, or a language model write
  nndsl render digits.nn -o digits.svg         draw it (.svg, .png, .dot, .mmd)
  nndsl compile digits.nn -o digits.keras      a plain Keras model
  nndsl fmt digits.nn                          lay it out in the one style
  nndsl explain NN301                          what a diagnostic means, and how to mend it

`nndsl COMMAND --help` says more. Exit codes: 0 good, 1 the file or the data is wrong, 2 wrong use of the command.
"""
FILE = "the .nn file; `-` reads it from standard input"


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The command, as `command`, and its options.

    Raises:
        SystemExit: help or the version was asked for, and is printed (code 0); or the use is wrong, and it is said how (2).
    """
    parser, commands = _parsers()
    if not arguments:
        parser.print_help(sys.stderr)
        raise SystemExit(WRONG_USE)
    _refuse_unknown_command(parser, commands, arguments)
    options, rest = parser.parse_known_args(arguments)
    _take_late_name(options, rest)
    if rest:
        commands[options.command].refuse(rest)
    return options


def _refuse_unknown_command(parser: "_Parser", commands: Mapping[str, "_Parser"], arguments: Sequence[str]) -> None:
    word = next((one for one in arguments if not one.startswith("-")), None)
    if word is None and not {"-h", "--help", "--version"}.intersection(arguments):
        parser.refuse(arguments)
    if word is not None and word not in commands:
        parser.error(f"there is no command `{word}`; {_near(word, commands) or 'there are ' + ', '.join(commands)}")


def _take_late_name(options: argparse.Namespace, rest: list[str]) -> None:
    """NAME or DATA after the options: argparse has settled that there is none when it comes to FILE or RUN."""
    if len(rest) != 1 or rest[0].startswith("-"):
        return
    if getattr(options, "name", ...) is None:
        options.name = rest.pop()
    elif options.command == "generate" and options.data is None:
        options.data = Path(rest.pop())


class _Parser(argparse.ArgumentParser):
    """Says what is wrong first, how the command is used next, and where to read more."""

    def __init__(self, **settings: Any):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USE, f"{self.prog}: {message}\n{self.format_usage()}`{self.prog} --help` says more\n")

    def refuse(self, rest: Sequence[str]) -> NoReturn:
        """Arguments that the command does not know."""
        options = [option for action in self._actions for option in action.option_strings]
        unknown = next((one.partition("=")[0] for one in rest if one.startswith("-")), None)
        if unknown is None:
            self.error(f"`{rest[0]}` is one argument too many")
        self.error(f"there is no option `{unknown}`" + (f"; {hint}" if (hint := _near(unknown, options)) else ""))


def _near(word: str, known: Sequence[str] | Mapping[str, Any]) -> str | None:
    from nndsl.diagnostics import did_you_mean

    return did_you_mean(word, known)


def _parsers() -> tuple[_Parser, dict[str, _Parser]]:
    parser = _Parser(prog="nndsl", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"nndsl {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for add in (_add_check, _add_compile, _add_train, _add_evaluate, _add_predict, _add_generate, _add_render, _add_summary, _add_fmt, _add_explain, _add_lsp):
        add(commands)
    return parser, dict(commands.choices)


def _command(commands: Any, name: str, help: str, examples: str, more: str = "") -> _Parser:
    described = f"{help[0].upper()}{help[1:]}." + (f"\n{more}" if more else "")
    parser: _Parser = commands.add_parser(name, help=help, description=described, epilog=f"examples:\n{examples}")
    return parser


# Commands ----------------------------------------------------------------------------------------


def _add_check(commands: Any) -> None:
    parser = _command(
        commands, "check", "prove files: names, arguments, shapes, sizes, types, data",
        "  nndsl check digits.nn\n"
        "  nndsl check --explain --set width=64 digits.nn     also say what was chosen, and why\n"
        "  nndsl check --fix digits.nn                        first mend what can be mended for certain\n"
        "  nndsl check --watch digits.nn                      again, whenever it or what it reads is changed\n"
        "  nndsl check --json models/*.nn                     for programs\n"
        "  nndsl check --format github models/*.nn            annotations, in a workflow of GitHub Actions\n",
        "TensorFlow is not loaded, and no example is read that is not needed to know the types.",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=".nn files; `-` reads from standard input")
    _add_values(parser)
    parser.add_argument("--fix", action="store_true", help="mend in the files what can be mended for certain, then check them")
    parser.add_argument("--explain", action="store_true", help="also print what was chosen for you, and why")
    parser.add_argument("--watch", action="store_true", help="go on: check again whenever a file, an imported file or the data are changed")
    _add_format(parser, "a list with one object for each diagnostic", ("text", "json", "sarif", "github"))


def _add_compile(commands: Any) -> None:
    parser = _command(
        commands, "compile", "build a network as a plain Keras model, which loads without nndsl",
        "  nndsl compile digits.nn -o digits.keras\n"
        "  nndsl compile digits.nn DigitNet --set width=64 -o wide.keras\n",
        "Its weights are new: those that were learnt are in the folder of a run, as best.keras and last.keras.",
    )
    _add_file(parser, "network")
    parser.add_argument("-o", "--output", metavar="OUT.keras", type=Path, required=True, help="the file to write")


def _add_train(commands: Any) -> None:
    parser = _command(
        commands, "train", "learn from data; everything goes to a run folder such as runs/NAME/001",
        "  nndsl train digits.nn\n"
        "  nndsl train digits.nn --set width=64 --epochs 3 --seed 7\n"
        "  nndsl train digits.nn --resume runs/digits8x8/latest --epochs 60\n",
        "Ctrl-C ends training early and keeps everything; a second Ctrl-C leaves at once.",
    )
    _add_file(parser, "training")
    parser.add_argument("--epochs", metavar="N", type=_positive, help="train for N epochs instead of what the file says")
    parser.add_argument("--seed", metavar="N", type=_natural, help="another seed than the file's")
    parser.add_argument("--resume", metavar="RUN", type=Path, help="go on with a run that was interrupted")
    parser.add_argument("--runs", metavar="DIR", type=Path, default=Path("runs"), help="where run folders are made (default: runs)")
    parser.add_argument(
        "--memory", metavar="SIZE", type=_size,
        help="how much the data may take, such as 2GB (default: half of what is free); data that take more are read from files that\n"
        "are made once, in .data beside the runs",
    )


def _add_evaluate(commands: Any) -> None:
    parser = _command(
        commands, "evaluate", "how good a trained network is on the test examples, class by class",
        "  nndsl evaluate runs/digits8x8/latest\n  nndsl evaluate runs/digits8x8/001 --json > figures.json\n",
    )
    _add_run(parser)
    _add_format(parser, "one object with all figures")


def _add_predict(commands: Any) -> None:
    parser = _command(
        commands, "predict", "what a trained network says of new examples",
        "  nndsl predict runs/digits8x8/latest new.npz\n  nndsl predict runs/penguinspecies/latest new.csv -o species.csv\n",
    )
    _add_run(parser)
    parser.add_argument("data", metavar="DATA", type=Path, help="a file of the kind that the network learnt from; it needs no targets")
    parser.add_argument("--network", metavar="NAME", help="which network, of a training with several")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="write to a file instead of printing")
    _add_format(parser, "a list with one object for each example, instead of CSV")


def _add_generate(commands: Any) -> None:
    parser = _command(
        commands, "generate", "let a trained network write, translate, or make images",
        "  nndsl generate runs/novel/latest --prompt \"Call me\"\n"
        "  nndsl generate runs/novel/latest --prompt \"Call me\" --length 500 --temperature 0.8 --top-k 40 --seed 7\n"
        "  nndsl generate runs/names/latest --prompt A --count 10          ten names\n"
        "  nndsl generate runs/spoken/latest --prompt hello --beam 5       one sequence for another\n"
        "  nndsl generate runs/spoken/latest words.csv -o spoken.csv       for each row of a file\n"
        "  nndsl generate runs/spoken/latest -o test.csv                   for the test examples, with the error rate\n"
        "  nndsl generate runs/dcgan/latest -o digits.png                  the tensors of the training's `samples`\n"
        "  nndsl generate runs/dcgan/latest --count 1000 --seed 7 -o digits.npz\n",
        "What it makes is decided by what it has learnt: a language model goes on with a prompt, a decoder writes a sequence\n"
        "for a source, and a training with `samples` makes more of them. Ctrl-C ends it early and keeps what is written.",
    )
    _add_run(parser)
    parser.add_argument("data", metavar="DATA", nargs="?", type=Path, help="a file of sources, each of which gets a sequence")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="the file to write: .png or .npz for samples, .txt, .csv or .json for texts")
    parser.add_argument("--prompt", metavar="TEXT", help="what a text begins with, or the source of a sequence")
    parser.add_argument("--length", metavar="N", type=_positive, help="how many characters or words to write, at most (running text: 200)")
    parser.add_argument("--count", metavar="N", type=_positive, help="how many texts (1), or samples (64)")
    parser.add_argument(
        "--temperature", metavar="X", type=_not_negative,
        help="below 1, what is probable becomes more so; 0 takes the most probable token each time (language models: 1, others: 0)",
    )
    parser.add_argument("--top-k", metavar="N", type=_positive, help="draw from the N most probable tokens only")
    parser.add_argument("--beam", metavar="N", type=_positive, help="draw nothing: search the most probable text, with N beginnings at a time")
    parser.add_argument("--seed", metavar="N", type=_natural, default=0, help="of what is drawn (default: 0)")
    _add_format(parser, "a list with one object for each text")


def _add_render(commands: Any) -> None:
    parser = _command(
        commands, "render", "draw a network; the ending of the file says how: .svg, .png, .dot or .mmd (Mermaid)",
        "  nndsl render digits.nn -o digits.svg\n  nndsl render digits.nn -o digits.png --dark --detail overview\n",
    )
    _add_file(parser, "network")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write")
    parser.add_argument("--dark", action="store_true", help="light on dark (.svg and .png)")
    parser.add_argument(
        "--detail", choices=["full", "blocks", "overview"], default="blocks",
        help="every call; equal neighbours folded into one with ×N; or blocks closed too (.svg and .png; default: blocks)",
    )


def _add_summary(commands: Any) -> None:
    parser = _command(
        commands, "summary", "print a table of a network: layer, shape, parameters, FLOPs; and totals",
        "  nndsl summary digits.nn\n  nndsl summary digits.nn --set width=64 --json\n",
        "One multiplication and one addition are two FLOPs; they are those of one example, forward.",
    )
    _add_file(parser, "network")
    _add_format(parser, "one object with the layers and the totals")


def _add_fmt(commands: Any) -> None:
    parser = _command(
        commands, "fmt", "lay files out in the one style: indentation, blanks, columns",
        "  nndsl fmt digits.nn\n"
        "  nndsl fmt models/                   all .nn files in a folder\n"
        "  nndsl fmt --check .                 change nothing; exit code 1 if there is something to change, for CI\n"
        "  nndsl fmt - < digits.nn             to standard output, for editors\n",
        "Comments and line breaks stay; what a file says never changes. A file with mistakes of syntax is left as it is.",
    )
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=".nn files, or folders of them; `-` reads from standard input")
    parser.add_argument("--check", action="store_true", help="only say which files would change")


def _add_explain(commands: Any) -> None:
    parser = _command(
        commands, "explain", "say what a diagnostic means, with an example and its repair",
        "  nndsl explain NN301\n  nndsl explain              all codes, one a line\n",
    )
    parser.add_argument("code", metavar="CODE", nargs="?", help="a code such as NN301; without one, all codes are listed")


def _add_lsp(commands: Any) -> None:
    parser = _command(
        commands, "lsp", "serve an editor: diagnostics, hover, completion and the like (LSP)",
        "  nndsl lsp                  speaks over standard input and output; editors start it\n",
        "It needs the extra `lsp`: pip install 'nndsl[lsp]'. docs/editors.md says how to set editors up.",
    )
    parser.add_argument("--stdio", action="store_true", help="over standard input and output, as always; some editors say so")


# Arguments that several commands have ------------------------------------------------------------


def _add_file(parser: _Parser, what: str) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help=FILE)
    parser.add_argument("name", metavar="NAME", nargs="?", help=f"which {what} of the file, if it has several")
    _add_values(parser)


def _add_run(parser: _Parser) -> None:
    parser.add_argument("folder", metavar="RUN", type=Path, help="a run folder: runs/NAME/001 or runs/NAME/latest")


def _add_values(parser: _Parser) -> None:
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], type=assignment, dest="overrides",
        help="give a `param` of the file another value; may be repeated",
    )
    parser.add_argument("--data", metavar="PATH", type=Path, help="read this instead of the file that the `data` block names")


def _add_format(parser: _Parser, what: str, formats: Sequence[str] = ("text", "json")) -> None:
    parser.add_argument("--format", choices=formats, default="text", help="how to print (default: text)")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help=f"--format json: {what}")


# Values ------------------------------------------------------------------------------------------


def assignment(text: str) -> tuple[str, Any]:
    """The name and the value of `NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE")
    return name.strip(), _value(value.strip())


def _value(text: str) -> Any:
    """A number, `true`, `false`, `none`, a list or a text, as it would be written in a file; quotes may be left out."""
    words = {"true": True, "false": False, "none": None}
    if text in words:
        return words[text]
    for number in (int, float):
        try:
            value = number(text)
        except ValueError:
            continue
        return value if isfinite(value) else text
    return _literal(text)


def _literal(text: str) -> Any:
    if text[:1] not in ("[", "(", '"', "'"):
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < len(str(most)) and int(text) >= least):
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number of at least {least}, and below {most:,}")
    return int(text)


def _not_negative(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of at least 0")
    return value


def _positive(text: str) -> int:
    return _whole(text, 1, 10**9)


def _size(text: str) -> int:
    from nndsl.data.room import bytes_of_text

    try:
        return bytes_of_text(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


def _natural(text: str) -> int:
    return _whole(text, 0, 10**18)
