"""Examples of one part of the data that stand in another part, too."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nndsl.data.dataset import Dataset, Examples
from nndsl.data.plan import DataPlan
from nndsl.data.series import frame_of
from nndsl.diagnostics import Diagnostic, warning

if TYPE_CHECKING:
    from nndsl.data.forms import Array

_FACTOR = 1_000_003
TOLERATED = 0.01
"""Up to this share, examples of the validation or the test may be among the training examples without a word."""


@warning("NN731")
def seen_before(part: str, count: int, total: int, place: str, other: str, plan: DataPlan) -> Diagnostic:
    """Examples that a network is tested on have just the inputs of examples that it has learnt from.

    It need only remember them, so its figures say less about new data than they seem to.

        source = csv("junctions.csv")

    Mended, by keeping each sequence once:

        source = csv("junctions.csv") -> unique(sequence)

    Where the same thing may stand in several rows, such as a patient, divide by a column that keeps them together.
    """
    message = f"{count:,} of {total:,} {part} examples have exactly the inputs of training examples ({place} has those of {other})"
    return Diagnostic(plan.source_span, message, (), "keep each once, such as by `-> unique(column)`, before they are divided")


def overlaps(plan: DataPlan, dataset: Dataset, inputs: Sequence[str]) -> Iterator[Diagnostic]:
    """What is to be said of validation and test examples whose inputs are those of training examples.

    Windows of series overlap by nature, and are not looked at.
    """
    import numpy

    parts = {part: examples for part, examples in dataset.splits.items() if len(examples)}
    if len(parts) == 1 or not inputs or any(frame_of(plan.fields[name].encoders) is not None for name in inputs):
        return
    marks = {part: _marks(examples, inputs) for part, examples in parts.items()}
    known = marks.pop("train")
    order = numpy.argsort(known, kind="stable")
    for part, found in marks.items():
        places = numpy.minimum(numpy.searchsorted(known, found, sorter=order), len(known) - 1)
        seen = numpy.flatnonzero(known[order[places]] == found)
        if len(seen) > TOLERATED * len(found):
            first = int(seen[0])
            before = dataset["train"].place(int(order[places[first]])).rpartition(", ")[2]
            yield seen_before(part, len(seen), len(found), dataset[part].place(first), before, plan)


def _marks(examples: Examples, inputs: Sequence[str]) -> "Array":
    """A number of 64 bits for each example, which is the same for the same inputs, and for hardly any others."""
    import numpy

    marks = numpy.zeros(len(examples), "int64")
    for name in inputs:
        for start, values in examples.blocks(name):
            content = numpy.ascontiguousarray(values).reshape(len(values), -1).view("uint8")
            own = numpy.fromiter((hash(one.tobytes()) for one in content), "int64", len(content))
            marks[start : start + len(own)] = marks[start : start + len(own)] * _FACTOR + own
    return marks
