"""What the page of a run is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nndsl.elaboration.trace import Trace
from nndsl.evaluation import Evaluation
from nndsl.findings import Findings
from nndsl.program import Program, Training
from nndsl.reopening import reopened_program, training_of
from nndsl.run import Run


@dataclass(frozen=True, eq=False)
class Opened:
    """The file of a run, as it was elaborated again from the copies in its folder.

    Attributes:
        trace: what was seen at the places of its text.
    """

    program: Program
    training: Training
    trace: Trace


@dataclass(frozen=True, eq=False)
class View:
    """A run, and what was found out about it.

    Attributes:
        opened: its file; None if that cannot be read any more.
        evaluation: the figures on the test examples, if they were measured.
        findings: what was found among examples, if these could be looked at.
        missing: what is not there, and why, as a sentence each.
    """

    run: Run
    opened: Opened | None
    evaluation: Evaluation | None
    findings: Findings | None
    missing: Sequence[str] = ()


def opened(run: Run, state: Mapping[str, Any]) -> Opened:
    """The file of a run.

    Raises:
        UserError: what the run has kept is gone, or has been changed.
    """
    trace = Trace()
    program = reopened_program(run, state, trace)
    return Opened(program, training_of(run, program), trace)
