"""Missing values, filled in."""

from typing import TYPE_CHECKING, Any

from nndsl.catalogue.kinds import Label
from nndsl.data.component import Encoder
from nndsl.data.encoders.numbers import as_numbers, number_form, present
from nndsl.data.encoders.text import described
from nndsl.data.forms import BadValues, Form, State, Texts
from nndsl.types import Mismatch

if TYPE_CHECKING:
    from nndsl.data.forms import Array

STATISTICS = ("mean", "median", "most_frequent")


class Fill(Encoder):
    """Missing values filled in.

    Args:
        value: a number, a text, or a statistic of the training examples, for each column: `mean` and `median` of
            numbers, `most_frequent` (of equally frequent ones, the first in order) of numbers or text.
    """

    value: float | Label

    def form(self, x: Form, state: State | None) -> Form | None:
        if self._is_text:
            if not isinstance(x, Texts):
                raise Mismatch(f"puts a text in, and takes columns of text, not {described(x)}")
            return Texts(x.columns)
        if isinstance(x, Texts) and self.value == "most_frequent":
            return Texts(x.columns)
        return number_form(x)

    @property
    def _is_text(self) -> bool:
        return isinstance(self.value, str) and self.value not in STATISTICS

    def fit(self, values: Any, x: Form) -> State:
        if self.value not in STATISTICS:
            return {}
        if isinstance(values, tuple) and self.value == "most_frequent":
            return {"values": [_most_frequent_text(column, place) for place, column in enumerate(values)]}
        numbers = as_numbers(values)
        present(numbers)
        return {"values": _statistic(numbers, str(self.value)).tolist()}

    def encode(self, values: Any, state: State) -> Any:
        import numpy

        if isinstance(values, tuple) and (self._is_text or self.value == "most_frequent"):
            return tuple(column.fill_null(one) for column, one in zip(values, self._texts(len(values), state), strict=True))
        numbers = as_numbers(values)
        filling = numpy.array(state.get("values", self.value), numbers.dtype)
        return numpy.where(numpy.isnan(numbers), filling, numbers)

    def decode(self, values: "Array", state: State) -> "Array":
        return values

    def _texts(self, count: int, state: State) -> list[str]:
        return list(state["values"]) if self.value == "most_frequent" else [str(self.value)] * count


def _statistic(numbers: "Array", name: str) -> "Array":
    """A statistic for each place of a tensor, over the examples that have a number there."""
    import numpy

    if name == "mean":
        return numpy.asarray(numpy.nanmean(numbers, axis=0, dtype="float64"))
    if name == "median":
        return numpy.asarray(numpy.nanmedian(numbers, axis=0))
    columns = numbers.reshape(len(numbers), -1).T
    return numpy.array([_mode(column) for column in columns]).reshape(numbers.shape[1:])


def _mode(column: "Array") -> float:
    import numpy

    values, counts = numpy.unique(column[~numpy.isnan(column)], return_counts=True)
    return float(values[counts.argmax()])


def _most_frequent_text(column: Any, place: int) -> str:
    counts = column.drop_null().value_counts().to_pylist()
    if not counts:
        raise BadValues([(0, "no training example has a value, so there is none to fill in")], 1, place)
    return str(min(counts, key=lambda one: (-one["counts"], one["values"]))["values"])
