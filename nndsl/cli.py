"""The command line: arguments in, an exit code out. What each command takes and does is in `nndsl.commands`."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from nndsl import __version__, collector, commands
from nndsl.console import (
    INTERRUPTED,
    NO_READER,
    WRONG_FILE,
    WRONG_USE,
    drop_output,
    misused,
    prepare_streams,
    print_diagnostics,
    print_failure,
    reason,
    report_bug,
    tell,
    wants_json,
)

DESCRIPTION = "Check, compile, train and draw neural networks written in .nn files."
EPILOG = """\
examples:
  nndsl check digits.nn                        prove shapes, sizes, types and names
  nndsl summary digits.nn                      a table of layers, shapes, parameters, FLOPs
  nndsl train digits.nn --epochs 3             learn; the results go to runs/NAME/001
  nndsl launch digits.nn -o digits.sbatch      what a cluster needs to train it
  nndsl tune digits.nn --trials 40             try other values of its `param`s
  nndsl evaluate runs/digits8x8/latest         how good is it, on the test examples
  nndsl report runs/digits8x8/latest           the page of a run, made again
  nndsl runs --sort val_accuracy               which runs there are; two or more are compared
  nndsl predict runs/digits8x8/latest new.npz  what does it say of new examples
  nndsl serve runs/digits8x8/latest            answer over HTTP
  nndsl generate runs/dcgan/latest -o new.png  what does a generative network make, or a language model write
  nndsl export runs/digits8x8/latest -o d.onnx a file for other programs: Keras, SavedModel, ONNX, TensorFlow Lite
  nndsl render digits.nn -o digits.svg         draw it (.svg, .png, .pdf, .html, .dot, .mmd)
  nndsl diff old.nn new.nn                     what changed between two versions, and what it costs
  nndsl compile digits.nn -o digits.keras      a plain Keras model
  nndsl compile digits.nn --emit python        a program for Keras, to go on without nndsl
  nndsl import old.keras -o new.nn             a model of Keras as a .nn file, with its weights beside it
  nndsl fmt digits.nn                          lay it out in the one style
  nndsl explain NN301                          what a diagnostic means, and how to mend it

`nndsl COMMAND --help` says more. Exit codes: 0 good, 1 the file or the data is wrong, 2 wrong use of the command.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 good, 1 the user's file or data (or the machine) is wrong, 2 wrong use of the command.
    """
    if arguments is None and sys.argv[1:2] == ["train"]:
        from nndsl.supervision import supervised

        return supervised(lambda: main(sys.argv[1:]), lambda death: print_diagnostics([death]))
    try:
        prepare_streams()
        code = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return code
    except SystemExit as end:
        return int(end.code or 0)
    except KeyboardInterrupt:
        tell("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        drop_output()
        return NO_READER
    except MemoryError:
        tell("nndsl: there is not enough memory for this")
        return WRONG_FILE
    except OSError as failure:
        tell(f"nndsl: {reason(failure)}")
        drop_output()
        return WRONG_FILE
    except Exception:  # noqa: BLE001 - whatever it is, it is a bug, and no traceback reaches the user
        return report_bug()


def _run(arguments: Sequence[str]) -> int:
    options = parsed(arguments)
    with collector.paused():
        from nndsl.diagnostics import Diagnostic, UserError
        from nndsl.program import NoSuchName

    try:
        return commands.named(options.command).run(options)
    except UserError as wrong:
        print_failure(options, wrong.diagnostics)
        return WRONG_FILE
    except NoSuchName as wrong:
        if wants_json(options):
            print_failure(options, [Diagnostic(None, str(wrong))])
        return misused(options.command, str(wrong))


# Arguments ---------------------------------------------------------------------------------------


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """The command, as `command`, and its options.

    Raises:
        SystemExit: help or the version was asked for, and is printed (code 0); or the use is wrong, and it is said how (2).
    """
    called = arguments[:1] if arguments and arguments[0] in commands.NAMES else commands.NAMES
    parser, parsers = _parsers(called)
    if not arguments:
        parser.print_help(sys.stderr)
        raise SystemExit(WRONG_USE)
    _refuse_unknown_command(parser, arguments)
    options, rest = parser.parse_known_args(arguments)
    if rest:
        parsers[options.command].take_late(options, rest)
    return options


def _refuse_unknown_command(parser: "_Parser", arguments: Sequence[str]) -> None:
    word = next((one for one in arguments if not one.startswith("-")), None)
    if word is None and not {"-h", "--help", "--version"}.intersection(arguments):
        parser.refuse(arguments)
    if word is not None and word not in commands.NAMES:
        parser.error(f"there is no command `{word}`; {_near(word, commands.NAMES) or 'there are ' + ', '.join(commands.NAMES)}")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong first, how the command is used next, and where to read more."""

    def __init__(self, **settings: Any):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USE, f"{self.prog}: {message}\n{self.format_usage()}`{self.prog} --help` says more\n")

    def take_late(self, options: argparse.Namespace, rest: Sequence[str]) -> None:
        """NAME or DATA after the options: argparse has settled that there is none when it comes to FILE or RUN."""
        optional = next((one for one in self._actions if one.nargs == "?" and getattr(options, one.dest) is None), None)
        if optional is None or len(rest) != 1 or rest[0].startswith("-"):
            self.refuse(rest)
        setattr(options, optional.dest, self._get_value(optional, rest[0]))

    def refuse(self, rest: Sequence[str]) -> NoReturn:
        """Arguments that the command does not know."""
        options = [option for action in self._actions for option in action.option_strings]
        unknown = next((one.partition("=")[0] for one in rest if one.startswith("-")), None)
        if unknown is None:
            self.error(f"`{rest[0]}` is one argument too many")
        self.error(f"there is no option `{unknown}`" + (f"; {hint}" if (hint := _near(unknown, options)) else ""))


def _near(word: str, known: Sequence[str]) -> str | None:
    from nndsl.diagnostics import did_you_mean

    return did_you_mean(word, known)


def _parsers(names: Iterable[str]) -> tuple[_Parser, dict[str, _Parser]]:
    """The parser of the command line, and those of the commands that may be called or listed."""
    parser = _Parser(prog="nndsl", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"nndsl {__version__}")
    kinds = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for name in names:
        command = commands.named(name)
        description = f"{command.help[0].upper()}{command.help[1:]}." + (f"\n{command.more}" if command.more else "")
        command.add_arguments(kinds.add_parser(name, help=command.help, description=description, epilog=f"examples:\n{command.examples}"))
    return parser, kinds.choices
