"""What a run has learnt from, and how, from the copies of its files in its folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nndsl import run as runs
from nndsl.diagnostics import Report, UserError
from nndsl.driver import check
from nndsl.elaboration.modules import place_of
from nndsl.elaboration.session import Reader, read_spec
from nndsl.elaboration.trace import Trace
from nndsl.program import Program, Training
from nndsl.run import Run
from nndsl.source import Source
from nndsl.syntax.ast import Spec
from nndsl.syntax.parser import parse


def reopened(run: Run) -> tuple[Training, Mapping[str, Any]]:
    """The training of a run, from the copies of its files, with the parameters that it was trained with; and what it learnt from its data.

    The data need not be there.

    Raises:
        UserError: what the run has kept is gone, or has been changed.
    """
    state = run.data_state()
    return training_of(run, reopened_program(run, state)), state


def training_of(run: Run, program: Program) -> Training:
    """The training of a run, of all those of its file.

    Raises:
        UserError: the file has none of that name.
    """
    name = run.settings["training"]
    if name not in program.trainings:
        raise UserError(runs.not_a_run(run.folder, f"its file has no training `{name}`"))
    return program.trainings[name]


def reopened_program(run: Run, state: Mapping[str, Any], trace: Trace | None = None) -> Program:
    """The program of a run, likewise.

    Args:
        state: what the run has kept of its data.
        trace: takes down what is seen of names and calls.

    Raises:
        UserError: what the run has kept is gone, or has been changed.
    """
    settings, texts = run.settings, runs.kept_sources(run)
    try:
        where, overrides, data = Path(settings["source"]), dict(settings["asked"]["overrides"]), settings["asked"]["data"]
        source = Source(where.name, texts.pop(settings["source"]), where)
        path, kept = None if data is None else Path(data), {settings["data"]["name"]: state}
    except (KeyError, TypeError, ValueError):
        raise UserError(runs.not_a_run(run.folder, "its run.yaml is not what was written")) from None
    with runs.as_kept(run):
        program, report = check(source, overrides=overrides, data_path=path, kept=kept, trace=trace, read=_copies(texts))
    report.raise_errors()
    return program


def _copies(texts: Mapping[str, str]) -> Reader:
    """Reads imported files from the copies that a run keeps, by their places."""

    def read(path: Path, name: str, report: Report) -> Spec:
        text = texts.get(place_of(path))
        return read_spec(path, name, report) if text is None else parse(Source(name, text, path), report)

    return read
