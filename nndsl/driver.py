"""The life of one file, as one straight line: text, syntax, program, advice. Read this first."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nndsl import collector
from nndsl.diagnostics import Report
from nndsl.elaboration.program import elaborate
from nndsl.elaboration.session import Reader, read_spec
from nndsl.elaboration.trace import Trace
from nndsl.lint import lint
from nndsl.lint.silence import without_silenced
from nndsl.program import Program
from nndsl.source import Source
from nndsl.syntax.parser import parse

DEEPEST_STACK = 20_000


def check(
    source: Source, *, overrides: Mapping[str, Any] | None = None, data_path: Path | None = None,
    kept: Mapping[str, Mapping[str, Any]] | None = None, trace: Trace | None = None, read: Reader = read_spec,
) -> tuple[Program, Report]:
    """Parse, elaborate and prove one file. Nothing here imports Keras.

    Args:
        overrides: values for the file's `param`s, by name.
        data_path: what is read instead of the file that the `data` block names.
        kept: of the file of a run, whose weights are kept: by the names of `data` blocks, what is kept of their data, too.
        trace: takes down what is seen of names and calls.
        read: reads the files that are imported.

    Returns:
        The program, as far as it is without mistakes, and everything there is to say about it.
    """
    report = Report()
    with uninterrupted():
        spec = parse(source, report)
        program = elaborate(spec, report, overrides=overrides, data_path=data_path, kept=kept, trace=trace, read=read)
        return program, advised(program, report)


def advised(program: Program, report: Report) -> Report:
    """Everything there is to say about a program: what was reported, and advice, but for what is silenced in the text."""
    for advice in lint(program) if not report.errors else ():
        report.add(advice)
    return without_silenced(report, program)


@contextmanager
def _deep_stack() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, DEEPEST_STACK))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


_on_a_deep_stack = collector.Shared(_deep_stack)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Without the garbage collector, which would walk over the growing tree again and again; and with a deep stack."""
    with _on_a_deep_stack(), collector.paused():
        yield
