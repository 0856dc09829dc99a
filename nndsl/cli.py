"""The command line: what each command does, what it prints, and its exit code. Each imports what it needs when it is run."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.arguments import parsed
from nndsl.checking import check, checked, source_at
from nndsl.console import (
    count_errors,
    drop_output,
    is_colourful,
    misused,
    prepare_streams,
    print_diagnostics,
    print_failure,
    reason,
    report_bug,
    tell,
    wants_json,
    width_of,
)

if TYPE_CHECKING:
    from argparse import Namespace

    from nndsl.diagnostics import Diagnostic
    from nndsl.generation import Written
    from nndsl.program import Network, Program

GOOD, WRONG_FILE, INTERRUPTED, NO_READER = 0, 1, 130, 141
"""What a command returns, besides `WRONG_USE` and `BUG`; the last two are what a shell reports for SIGINT and SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0 good, 1 the user's file or data (or the machine) is wrong, 2 wrong use of the command.
    """
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
    from nndsl.diagnostics import Diagnostic, UserError
    from nndsl.program import NoSuchName

    try:
        return _COMMANDS[options.command](options)
    except UserError as wrong:
        print_failure(options, wrong.diagnostics)
        return WRONG_FILE
    except NoSuchName as wrong:
        if wants_json(options):
            print_failure(options, [Diagnostic(None, str(wrong))])
        return misused(options.command, str(wrong))


# check, explain ----------------------------------------------------------------------------------


def _check(options: "Namespace") -> int:
    if not options.watch:
        return check(options)
    from nndsl.watching import keep_checking

    with suppress(KeyboardInterrupt):
        return keep_checking(options)
    return INTERRUPTED


def _explain(options: "Namespace") -> int:
    from nndsl.index import complete_index

    index = complete_index()
    if options.code is None:
        for entry in sorted(index.values(), key=lambda one: one.code):
            print(f"{entry.code}  {entry.severity:7}  {entry.explanation.partition(chr(10))[0]}")
        return GOOD
    found = index.get(options.code.upper())
    if found is None:
        return misused("explain", f"there is no code {options.code}; `nndsl explain` lists them all")
    print(f"{found.code} ({found.severity})\n\n{found.explanation}")
    return GOOD


def _fmt(options: "Namespace") -> int:
    from nndsl.diagnostics import UserError
    from nndsl.files import write_file
    from nndsl.syntax.formatting import formatted

    mistakes: list[Diagnostic] = []
    changed = 0
    for path in _nn_files(options.files):
        try:
            source = source_at(path)
            text = formatted(source)
        except UserError as wrong:
            mistakes += wrong.diagnostics
            continue
        if str(path) == "-" and not options.check:
            sys.stdout.write(text)
        elif text != source.text:
            changed += 1
            print(f"{source.name}  {'would change' if options.check else 'laid out anew'}")
            if not options.check:
                write_file(path, text.encode())
    print_diagnostics(mistakes)
    return WRONG_FILE if mistakes or (options.check and changed) else GOOD


def _nn_files(paths: Sequence[Path]) -> list[Path]:
    """Files as they are named, and all that lie in folders."""
    return [file for path in paths for file in (sorted(path.rglob("*.nn")) if path.is_dir() else [path])]


def _lsp(options: "Namespace") -> int:
    try:
        from nndsl.lsp.server import start
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        tell(f"nndsl: the language server needs {missing.name}; install it: pip install 'nndsl[lsp]'")
        return WRONG_FILE
    start()
    return GOOD


# summary, render, compile ------------------------------------------------------------------------


def _loaded(options: "Namespace") -> "Program":
    """The program of a file without errors; its warnings are printed."""
    from nndsl.diagnostics import UserError

    program, diagnostics = checked(options.file, options)
    if program is None or count_errors(diagnostics):
        raise UserError(*diagnostics)
    print_diagnostics(diagnostics)
    return program


def _summary(options: "Namespace") -> int:
    from nndsl import printer

    network = _loaded(options).network(options.name)
    if wants_json(options):
        print(printer.as_json(network))
    else:
        print(printer.summary(network, styled=is_colourful(sys.stdout), width=width_of(sys.stdout)))
    return GOOD


def _render(options: "Namespace") -> int:
    from nndsl import diagram
    from nndsl.files import write_file

    kinds: Mapping[str, Callable[[Network], bytes]] = {
        ".svg": lambda network: diagram.svg(network, dark=options.dark, detail=options.detail).encode(),
        ".png": lambda network: diagram.png(network, dark=options.dark, detail=options.detail),
        ".dot": lambda network: diagram.dot(network).encode(),
        ".mmd": lambda network: diagram.mermaid(network).encode(),
    }
    draw = kinds.get(options.output.suffix.lower())
    if draw is None:
        return misused("render", f"{options.output} ends in none of {', '.join(kinds)}")
    write_file(options.output, draw(_loaded(options).network(options.name)))
    print(options.output)
    return GOOD


def _compile(options: "Namespace") -> int:
    if options.output.suffix != ".keras":
        return misused("compile", f"{options.output} does not end in .keras")
    network = _loaded(options).network(options.name)
    from nndsl.backend.keras import lower

    model = lower.model(network)
    lower.save(model, options.output)
    print(f"{options.output}  {model.count_params():,} parameters")
    return GOOD


# train, evaluate, predict ------------------------------------------------------------------------


def _train(options: "Namespace") -> int:
    program = _loaded(options)
    training = program.training(options.name)
    from nndsl.backend.keras.train import train

    run = train(
        program, training, folder=options.runs, epochs=options.epochs, seed=options.seed, resume=options.resume,
        overrides=dict(options.overrides), data_path=options.data, memory=options.memory,
    )
    if run.evaluation is not None:
        print(run.evaluation.headline())
    print(f"run: {run.folder}")
    return GOOD


def _evaluate(options: "Namespace") -> int:
    from nndsl.run import Run

    run = Run.open(options.folder)
    from nndsl.backend.keras.evaluate import evaluate

    evaluation = evaluate(run)
    print(evaluation.as_json() if wants_json(options) else evaluation.table())
    return GOOD


def _predict(options: "Namespace") -> int:
    from nndsl.files import write_file
    from nndsl.run import Run

    ending = ".json" if wants_json(options) else ".csv"
    if options.output is not None and options.output.suffix not in ("", ending, ".txt"):
        return misused("predict", f"{options.output} does not end in {ending}, which is what is written")
    run = Run.open(options.folder)
    from nndsl.backend.keras.evaluate import predict

    predictions = predict(run, options.data, options.network)
    text = predictions.as_json() if wants_json(options) else predictions.as_csv()
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_file(options.output, text.encode())
        print(f"{options.output}  {len(predictions)} predictions")
    return GOOD


def _generate(options: "Namespace") -> int:
    from nndsl.generation import NotApplicable, Wish, Written
    from nndsl.progress import progress_on
    from nndsl.run import Run

    run = Run.open(options.folder)
    wish = Wish(**{name: getattr(options, name) for name in vars(Wish())})
    from nndsl.backend.keras.generate import generate

    try:
        made = generate(run, wish, progress_on(sys.stderr))
        return _write_texts(options, made) if isinstance(made, Written) else _write_samples(options, made)
    except NotApplicable as misfit:
        return misused("generate", str(misfit))


def _write_texts(options: "Namespace", written: "Written") -> int:
    from nndsl.files import write_file
    from nndsl.generation import NotApplicable

    ending = "" if options.output is None else options.output.suffix.lower()
    kinds = {".txt": written.as_text, ".csv": written.as_csv, ".json": written.as_json}
    if ending not in ("", *kinds) or (wants_json(options) and ending not in ("", ".json")):
        raise NotApplicable(f"{options.output} does not end in {'.json' if wants_json(options) else ', '.join(kinds)}")
    plain = ".txt" if written.continues or options.prompt is not None else ".csv"
    text = kinds[ending or (".json" if wants_json(options) else plain)]()
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_file(options.output, text.encode())
        print(f"{options.output}  {len(written)} {'text' if len(written) == 1 else 'texts'}")
    if written.errors is not None:
        tell(str(written.errors))
    if written.interrupted:
        tell("interrupted: this is what had been written by then")
        return INTERRUPTED
    return GOOD


def _write_samples(options: "Namespace", arrays: list[Any]) -> int:
    from nndsl.backend.keras.samples import as_npz
    from nndsl.diagram.sheet import are_images, as_png
    from nndsl.files import write_file
    from nndsl.generation import NotApplicable

    ending = "" if options.output is None else options.output.suffix.lower()
    if ending not in (".png", ".npz") or wants_json(options):
        raise NotApplicable("samples are written to a file: -o OUT.png, or -o OUT.npz")
    if ending == ".png" and not are_images(arrays):
        raise NotApplicable("the samples are no images; write them to a .npz file")
    write_file(options.output, as_png(arrays) if ending == ".png" else as_npz(arrays))
    print(f"{options.output}  {len(arrays[0])} examples")
    return GOOD


_COMMANDS: Mapping[str, Callable[["Namespace"], int]] = {
    "check": _check,
    "compile": _compile,
    "train": _train,
    "evaluate": _evaluate,
    "predict": _predict,
    "generate": _generate,
    "render": _render,
    "summary": _summary,
    "fmt": _fmt,
    "explain": _explain,
    "lsp": _lsp,
}
