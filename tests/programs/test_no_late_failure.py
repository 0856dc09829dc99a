"""No late failure: what `check` accepts, Keras builds, runs forward and trains, exactly as was said; what it rejects, Keras rejects too.

Programs are numbered, and those of a number are always the same: `--soundness 20000` makes more of them. A failure shows
the text of its program.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import tensorflow as tf

from nndsl.catalogue.differences import BEYOND_KERAS
from nndsl.diagnostics import Report, UserError
from nndsl.driver import check
from nndsl.program import Program
from nndsl.source import Source
from tests.programs.drawing import numbered
from tests.programs.learning import Text, programs
from tests.programs.mutating import mutants
from tests.programs.realized import realize
from tests.programs.refused import Refusal, keras_takes, refusals

TOGETHER = 50
"""How many programs are one test: few enough to be shared out among processors."""
COMPILED = 25
"""Every so many of them are trained as the command does it, and not step by step."""
PRECISIONS = ("mixed_bfloat16", "mixed_float16", "float64", "bfloat16")
LACKING, ON_THIS_MACHINE = "NN644", "NN765"
"""What TensorFlow does not compute in a precision: never, and on machines without a GPU."""
IN_A_PRECISION = 8
"""Every so many of them are trained in one of those."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "batch" in metafunc.fixturenames:
        metafunc.parametrize("batch", range(-(-metafunc.config.getoption("soundness") // TOGETHER)))


def checked(text: Text, folder: Path) -> tuple[Program, Report, list[Refusal]]:
    with refusals() as refused:
        program, report = check(Source("net.nn", text.text, text.save(folder)))
    return program, report, refused


def failures(text: Text, number: int, folder: Path, valid: bool) -> Iterator[str]:
    """What is wrong with what `check` says of a program."""
    program, report, refused = checked(text, folder)
    if report.errors:
        if valid and any(one.severity == "error" and one.code != LACKING for one in report):
            yield f"a program that is right is refused: {[one.message for one in report if one.severity == 'error']}"
        yield from (f"Keras takes what the catalogue refuses: {one}" for one in refused if not one.is_listed and keras_takes(one))
        own = {one.code for one in report if one.severity == "error"} if not refused else set()
        yield from (f"{code} is refused for no reason that is published" for code in sorted(own) if not code.startswith(tuple(BEYOND_KERAS)))
        return
    try:
        try:
            realize(program, text.sizes, compiled=number % COMPILED == 0)
        except tf.errors.InvalidArgumentError:
            realize(program, text.sizes, compiled=True)  # some of TensorFlow works only where it is compiled
    except Exception as failure:  # noqa: BLE001 (whatever it is, it comes too late)
        if not isinstance(failure, UserError) or {one.code for one in failure.diagnostics} != {ON_THIS_MACHINE}:
            yield f"too late: {type(failure).__name__}: {failure}"


def in_a_precision(text: Text, number: int) -> Text:
    """A program, or one in so many of them with another precision."""
    if number % IN_A_PRECISION:
        return text
    precision = PRECISIONS[number // IN_A_PRECISION % len(PRECISIONS)]
    return replace(text, text=text.text.replace("train Task {", f"train Task {{\n  precision = {precision}"))


def say(found: list[tuple[int, str, str]]) -> None:
    if found:
        pytest.fail("\n\n".join(f"# program {number}\n{text}\n{what}" for number, text, what in found), pytrace=False)


def test_what_is_accepted_is_built_run_and_trained_as_was_said(batch: int, tmp_path: Path) -> None:
    found = []
    for number in range(batch * TOGETHER, (batch + 1) * TOGETHER):
        text = in_a_precision(numbered(programs(), number), number)
        found += [(number, text.text, what) for what in failures(text, number, tmp_path, valid=True)]
    say(found)


def test_what_is_accepted_after_a_change_is_too_and_what_is_rejected_keras_rejects(batch: int, tmp_path: Path) -> None:
    found = []
    for number in range(batch * TOGETHER, (batch + 1) * TOGETHER):
        right = numbered(programs(), number)
        text = Text(numbered(mutants(right.text), number), right.sizes, right.arrays)
        found += [(number, text.text, what) for what in failures(text, number, tmp_path, valid=False)]
    say(found)
