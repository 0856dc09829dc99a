"""The command line: arguments in, text and exit codes out. Each command imports what it needs when it is run."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl import __version__

if TYPE_CHECKING:
    from nndsl.diagnostics import Diagnostic, Paint
    from nndsl.program import Program

GOOD, WRONG_FILE, WRONG_USE, BUG, INTERRUPTED = 0, 1, 2, 3, 130

DESCRIPTION = "Check, compile, train and draw neural networks written in .nn files."
EXAMPLES = """\
examples:
  nndsl check digits.nn                        prove shapes, sizes, types and names
  nndsl summary digits.nn                      a table of layers, shapes, parameters, FLOPs
  nndsl train digits.nn --epochs 3             learn; the results go to runs/NAME/001
  nndsl evaluate runs/digits8x8/latest         how good is it, on the test examples
  nndsl predict runs/digits8x8/latest new.npz  what does it say of new examples
  nndsl render digits.nn -o digits.svg         draw it (.svg, .png, .dot, .mmd)
  nndsl compile digits.nn -o digits.keras      a plain Keras model
  nndsl explain NN301                          what a diagnostic means, and how to mend it

exit codes: 0 good, 1 the file or the data is wrong, 2 wrong use of the command
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 good, 1 the user's file or data is wrong, 2 wrong use of the command.
    """
    options = _parser().parse_args(arguments)
    from nndsl.diagnostics import UserError
    from nndsl.program import NoSuchName

    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except UserError as wrong:
        _print_diagnostics(wrong.diagnostics)
        return WRONG_FILE
    except NoSuchName as wrong:
        print(f"nndsl {options.command}: {wrong}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD
    except Exception:
        return _bug()


def _bug() -> int:
    """An exception that nobody expected: a mistake of nndsl's, with what it takes to report it."""
    import tempfile

    with tempfile.NamedTemporaryFile("w", prefix="nndsl-", suffix=".txt", delete=False, encoding="utf-8") as file:
        traceback.print_exc(file=file)
    last = traceback.format_exc().rstrip().rpartition("\n")[2]
    print(f"nndsl has a bug: {last}\nThe details are in {file.name}; please report them with your file.", file=sys.stderr)
    return BUG


# Arguments ---------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nndsl", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"nndsl {__version__}")
    commands = parser.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")
    for add in (_add_check, _add_compile, _add_train, _add_evaluate, _add_predict, _add_render, _add_summary, _add_explain):
        add(commands)
    return parser


def _command(commands: Any, name: str, run: Callable[[Any], int], help: str, epilog: str | None = None) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=f"{help[0].upper()}{help[1:]}.", epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def _add_file(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the .nn file")
    parser.add_argument("name", metavar="NAME", nargs="?", help=f"which {what} of the file, if it has several")
    _add_values(parser)


def _add_values(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], type=_assignment, dest="overrides",
        help="give a `param` of the file another value; may be repeated",
    )
    parser.add_argument("--data", metavar="PATH", type=Path, help="read this instead of the file that the `data` block names")


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name.strip(), _value(value.strip())


def _value(text: str) -> Any:
    words = {"true": True, "false": False, "none": None}
    if text in words:
        return words[text]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text.strip("\"'")


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _natural(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


# check, explain ----------------------------------------------------------------------------------


def _add_check(commands: Any) -> None:
    parser = _command(commands, "check", _check, "prove files: names, arguments, shapes, sizes, types, data; TensorFlow is not loaded")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help=".nn files")
    _add_values(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to print what is found (default: text)")
    parser.add_argument("--explain", action="store_true", help="also print what was chosen for you, and why")


def _check(options: Any) -> int:
    from nndsl.diagnostics import as_json

    found: list[Diagnostic] = []
    for path in options.files:
        program, diagnostics = _checked(path, options)
        found += diagnostics
        if options.format == "text":
            _print_diagnostics(diagnostics)
            if program is not None and not _errors(diagnostics):
                print(_verdict(path, program, options.explain))
    if options.format == "json":
        import json

        print(json.dumps([as_json(one) for one in found], indent=2))
    return WRONG_FILE if _errors(found) else GOOD


def _errors(diagnostics: Sequence["Diagnostic"]) -> int:
    return sum(one.severity == "error" for one in diagnostics)


def _checked(path: Path, options: Any) -> "tuple[Program | None, Sequence[Diagnostic]]":
    from nndsl.diagnostics import UserError
    from nndsl.driver import check
    from nndsl.syntax.reading import read_source

    try:
        program, report = check(read_source(path), overrides=dict(options.overrides), data_path=options.data)
    except UserError as unreadable:
        return None, unreadable.diagnostics
    return program, tuple(report)


def _verdict(path: Path, program: "Program", explain: bool) -> str:
    """What was proved, in a line for each network; with `--explain`, what was chosen."""
    from nndsl import costs

    lines = [f"{path}: good"]
    for name, network in program.networks.items():
        inputs = ", ".join(f"{one}: {node.type}" for one, node in network.graph.inputs.items())
        outputs = ", ".join(f"{one}: {network.graph.type_of(ref)}" for one, ref in network.graph.outputs.items())
        lines.append(f"  network {name}  {inputs} -> {outputs}  {_thousands(costs.params(network.graph))} parameters")
    for name, training in program.trainings.items():
        lines.append(f"  train {name}  {training.written.name} on {training.data.name}, {training.epochs} epochs")
        lines += [f"    {choice}" for choice in training.choices if explain]
    return "\n".join(lines)


def _thousands(size: Any) -> str:
    return f"{size:,}" if isinstance(size, int) else str(size)


def _add_explain(commands: Any) -> None:
    parser = _command(commands, "explain", _explain, "say what a diagnostic means, with an example and its repair")
    parser.add_argument("code", metavar="CODE", nargs="?", help="a code such as NN301; without one, all codes are listed")


def _explain(options: Any) -> int:
    from nndsl.index import complete_index

    index = complete_index()
    if options.code is None:
        for entry in sorted(index.values(), key=lambda one: one.code):
            print(f"{entry.code}  {entry.severity:7}  {entry.explanation.partition(chr(10))[0]}")
        return GOOD
    found = index.get(options.code.upper())
    if found is None:
        print(f"nndsl explain: there is no code {options.code}; `nndsl explain` lists them all", file=sys.stderr)
        return WRONG_USE
    print(f"{found.code} ({found.severity})\n\n{found.explanation}")
    return GOOD


# summary, render, compile ------------------------------------------------------------------------


def _loaded(options: Any) -> "Program":
    """The program of a file without errors; its warnings are printed."""
    from nndsl.diagnostics import UserError

    program, diagnostics = _checked(options.file, options)
    if program is None or _errors(diagnostics):
        raise UserError(*diagnostics)
    _print_diagnostics(diagnostics)
    return program


def _add_summary(commands: Any) -> None:
    parser = _command(commands, "summary", _summary, "print a table of a network: layer, shape, parameters, FLOPs; and totals")
    _add_file(parser, "network")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _summary(options: Any) -> int:
    from nndsl import printer

    network = _loaded(options).network(options.name)
    print(printer.as_json(network) if options.json else printer.summary(network))
    return GOOD


def _add_render(commands: Any) -> None:
    parser = _command(commands, "render", _render, "draw a network; the ending of the file says how: .svg, .png, .dot or .mmd (Mermaid)")
    _add_file(parser, "network")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the file to write")
    parser.add_argument("--dark", action="store_true", help="light on dark")
    parser.add_argument("--detail", choices=["full", "blocks", "overview"], default="full", help="how much to show (default: full)")


def _render(options: Any) -> int:
    from nndsl import diagram
    from nndsl.files import write_file

    kinds: Mapping[str, Callable[[Any], bytes]] = {
        ".svg": lambda network: diagram.svg(network, dark=options.dark, detail=options.detail).encode(),
        ".png": lambda network: diagram.png(network, dark=options.dark, detail=options.detail),
        ".dot": lambda network: diagram.dot(network).encode(),
        ".mmd": lambda network: diagram.mermaid(network).encode(),
    }
    draw = kinds.get(options.output.suffix.lower())
    if draw is None:
        return _misused("render", f"{options.output} ends in none of {', '.join(kinds)}")
    write_file(options.output, draw(_loaded(options).network(options.name)))
    print(options.output)
    return GOOD


def _misused(command: str, sentence: str) -> int:
    print(f"nndsl {command}: {sentence}", file=sys.stderr)
    return WRONG_USE


def _add_compile(commands: Any) -> None:
    parser = _command(commands, "compile", _compile, "build a network as a plain Keras model, which loads without nndsl")
    _add_file(parser, "network")
    parser.add_argument("-o", "--output", metavar="OUT.keras", type=Path, required=True, help="the file to write")


def _compile(options: Any) -> int:
    if options.output.suffix != ".keras":
        return _misused("compile", f"{options.output} does not end in .keras")
    network = _loaded(options).network(options.name)
    from nndsl.backend.keras import lower

    model = lower.model(network)
    lower.save(model, options.output)
    print(f"{options.output}  {model.count_params():,} parameters")
    return GOOD


# train, evaluate, predict ------------------------------------------------------------------------


def _add_train(commands: Any) -> None:
    epilog = "Ctrl-C ends training early and keeps everything; a second Ctrl-C leaves at once."
    parser = _command(commands, "train", _train, "learn from data; everything goes to a run folder such as runs/NAME/001", epilog)
    _add_file(parser, "training")
    parser.add_argument("--epochs", metavar="N", type=_positive, help="train for N epochs instead of what the file says")
    parser.add_argument("--seed", metavar="N", type=_natural, help="another seed than the file's")
    parser.add_argument("--resume", metavar="RUN", type=Path, help="go on with a run that was interrupted")
    parser.add_argument("--runs", metavar="DIR", type=Path, default=Path("runs"), help="where run folders are made (default: runs)")


def _train(options: Any) -> int:
    program = _loaded(options)
    training = program.training(options.name)
    from nndsl.backend.keras.train import train

    run = train(
        program, training, folder=options.runs, epochs=options.epochs, seed=options.seed, resume=options.resume,
        overrides=dict(options.overrides), data_path=options.data,
    )
    if run.evaluation is not None:
        print(run.evaluation.headline())
    print(f"run: {run.folder}")
    return GOOD


def _add_evaluate(commands: Any) -> None:
    parser = _command(commands, "evaluate", _evaluate, "how good a trained network is on the test examples, class by class")
    parser.add_argument("folder", metavar="RUN", type=Path, help="a run folder: runs/NAME/001 or runs/NAME/latest")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _evaluate(options: Any) -> int:
    from nndsl.backend.keras.evaluate import evaluate
    from nndsl.run import Run

    evaluation = evaluate(Run.open(options.folder))
    print(evaluation.as_json() if options.json else evaluation.table())
    return GOOD


def _add_predict(commands: Any) -> None:
    parser = _command(commands, "predict", _predict, "what a trained network says of new examples")
    parser.add_argument("folder", metavar="RUN", type=Path, help="a run folder: runs/NAME/001 or runs/NAME/latest")
    parser.add_argument("data", metavar="DATA", type=Path, help="a file of the kind that the network learnt from; it needs no targets")
    parser.add_argument("-o", "--output", metavar="OUT.csv", type=Path, help="write the table to a file instead of printing it")
    parser.add_argument("--json", action="store_true", help="print JSON instead of CSV")


def _predict(options: Any) -> int:
    from nndsl.backend.keras.evaluate import predict
    from nndsl.files import write_file
    from nndsl.run import Run

    predictions = predict(Run.open(options.folder), options.data)
    text = predictions.as_json() if options.json else predictions.as_csv()
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_file(options.output, text.encode())
        print(f"{options.output}  {len(predictions)} predictions")
    return GOOD


# Printing ----------------------------------------------------------------------------------------


def _print_diagnostics(diagnostics: Sequence["Diagnostic"]) -> None:
    from nndsl.diagnostics import render

    paint = _paint()
    for diagnostic in diagnostics:
        print(render(diagnostic, paint), end="\n\n", file=sys.stderr)
    if diagnostics:
        print(_count(diagnostics), file=sys.stderr)


def _count(diagnostics: Sequence["Diagnostic"]) -> str:
    errors = _errors(diagnostics)
    warnings = len(diagnostics) - errors
    parts = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in ((errors, "error"), (warnings, "warning")) if count]
    return ", ".join(parts)


def _paint() -> "Paint":
    """Colours on a terminal, unless the user does not want them (https://no-color.org)."""
    from nndsl.diagnostics import ansi, plain

    return ansi if sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" else plain
