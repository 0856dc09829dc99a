"""What one elaboration shares between all its bodies: the report, the budget, the overrides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from nndsl.diagnostics import Diagnostic, Note, Report, error
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.trace import Trace
from nndsl.source import Source, Span
from nndsl.syntax import ast
from nndsl.syntax.parser import parse
from nndsl.syntax.reading import read_source
from nndsl.syntax.statement_mistakes import too_many_mistakes

MOST_STEPS, STEPS_A_CHARACTER = 500_000, 25
"""What a file may expand to: so much, and more the more is written, since what is written out was meant."""
CALL = 40
"""How many steps a call in the graph counts for, by the time that it takes: so loops can make about 12,500 of them."""
STEPS_A_NODE = 10
"""How much of the budget it takes to measure a graph, for each of its nodes."""
MOST_MISTAKES = 100
Reader: TypeAlias = Callable[[Path, str, Report], ast.Spec]


def read_spec(path: Path, name: str, report: Report) -> ast.Spec:
    """The syntax of a file that is imported; its mistakes go to the report.

    Raises:
        UserError: it cannot be read.
    """
    return parse(read_source(path, name=name), report)


@dataclass(eq=False, slots=True)
class Session:
    """One elaboration of one file and what it imports.

    Attributes:
        overrides: values for the file's `param`s, from the command line.
        trace: what editors want to know; None where nobody asks.
        read: gives the syntax of a file that is imported, by its path and by what messages call it.
        bound: by its place, each name that a body binds, with whether any expansion of the body used it.
        expanding: the blocks and networks that are being expanded, the innermost last.
        entered: the identities of all that were.
        misfits: the `input` statements whose type has been complained of.
        trained: whether this is the file of a run, whose weights are kept, so that none are read from elsewhere.
        steps: how many expressions may still be evaluated; calls and long lists count for several.
    """

    report: Report
    overrides: Mapping[str, Any] = field(default_factory=dict)
    trained: bool = False
    trace: Trace | None = None
    read: Reader = read_spec
    bound: dict[Span, tuple[str, bool]] = field(default_factory=dict)
    misfits: set[Span] = field(default_factory=set)
    expanding: list[ast.Definition] = field(default_factory=list)
    entered: set[int] = field(default_factory=set)
    steps: int = field(default_factory=lambda: MOST_STEPS)

    def allow_for(self, source: Source) -> None:
        """Make the budget larger by what is written in a file."""
        self.steps += STEPS_A_CHARACTER * len(source.text)

    def saw(self, span: Span, value: Any) -> None:
        """A name has this value at this place."""
        if self.trace is not None:
            self.trace.name(span, value)

    def enter(self, definition: ast.Definition) -> None:
        """Begin to expand a block or network."""
        self.expanding.append(definition)
        self.entered.add(id(definition))

    def count_step(self, span: Span, steps: int = 1) -> None:
        """Take steps off the budget.

        Raises:
            OutOfBudget: it is used up.
        """
        self.steps -= steps
        if self.steps < 0:
            raise OutOfBudget(over_budget(span))

    def count_mistakes(self, span: Span) -> None:
        """Give up after so many mistakes that more would help nobody.

        Raises:
            OutOfBudget: there are so many.
        """
        if len(self.report) >= MOST_MISTAKES and self.report.errors >= MOST_MISTAKES:
            raise OutOfBudget(too_many_mistakes(span, MOST_MISTAKES))


class OutOfBudget(Complaint):
    """The expansion was given up; nothing more is looked at."""

    def within(self, span: Span, what: str) -> "OutOfBudget":
        """The same, with a note about a loop around it."""
        assert self.diagnostic is not None
        notes = self.diagnostic.notes
        if span not in [one.span for one in notes]:
            self.diagnostic = replace(self.diagnostic, notes=(*notes, Note(what, span)))
        return self


@error("NN211")
def over_budget(span: Span) -> Diagnostic:
    """The loops and repetitions of this file expand to more than can be meant.

    Everything is decided when a file is compiled, so expansion has to end within a budget: half a million steps,
    and 25 for each character that is written. An evaluated expression is a step, a call in the graph is forty, and
    a list counts by its length. Nested loops multiply.

        for i in range(100000) { for j in range(100000) { h = h -> Dense(8) } }
    """
    return Diagnostic(
        span,
        "the loops and repetitions of this file expand to more than can be meant; it was given up here",
        repair="let them run less often, or over shorter lists",
    )
