"""What one elaboration shares between all its bodies: the report, the budget, the overrides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nndsl.diagnostics import Diagnostic, Report, error
from nndsl.elaboration.builder import Complaint
from nndsl.source import Span
from nndsl.syntax import ast

MOST_STEPS = 2_000_000
CALL = 40
"""How many steps a call in the graph counts for: so there are at most 50,000 of them."""



@dataclass(eq=False, slots=True)
class Session:
    """One elaboration of one file and what it imports.

    Attributes:
        overrides: values for the file's `param`s, from the command line.
        bound: by its place, each name that a body binds, with whether any expansion of the body used it.
        steps: how many expressions were evaluated, and calls made.
    """

    report: Report
    overrides: Mapping[str, Any] = field(default_factory=dict)
    bound: dict[Span, tuple[str, bool]] = field(default_factory=dict)
    expanding: list[ast.Definition] = field(default_factory=list)
    steps: int = 0

    def count_step(self, span: Span, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise OutOfBudget(over_budget(span))


class OutOfBudget(Complaint):
    """The expansion was given up; nothing more is looked at."""


@error("NN211")
def over_budget(span: Span) -> Diagnostic:
    """The loops and repetitions of this file expand to more than can be meant.

    Everything is decided when a file is compiled, so expansion has to end within a budget of two million
    steps: an evaluated expression is one, and a call in the graph is forty. Nested loops multiply.

        for i in range(100000) { for j in range(100000) { h = h -> Dense(8) } }
    """
    return Diagnostic(
        span,
        f"the file expands to more than {MOST_STEPS:,} steps; it was given up here",
        repair="make the loops or repetitions smaller",
    )
