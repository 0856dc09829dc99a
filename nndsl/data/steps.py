"""Steps over rows: which rows of a source become examples."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from nndsl.catalogue.kinds import Count, Label, Rest
from nndsl.data.component import RowStep
from nndsl.data.tables import Column

if TYPE_CHECKING:
    from nndsl.data.forms import Array


class Unique(RowStep):
    """Keep the first of all rows that are equal in some columns.

    Written before the split, it keeps copies of one example from being in training and test at once.

    Args:
        columns: the columns to compare; without them, all.
    """

    columns: Rest[Label] = ()

    def named(self) -> tuple[str, ...]:
        return self.columns

    def needs(self, all_columns: Iterable[str], used: Iterable[str]) -> tuple[str, ...]:
        return self.columns or tuple(all_columns)

    def keep(self, columns: Mapping[str, Column], count: int) -> "Array":
        import numpy

        keys = numpy.stack([codes(column) for column in columns.values()], axis=1)
        _, first = numpy.unique(keys, axis=0, return_index=True)
        return numpy.sort(first)


class DropMissing(RowStep):
    """Leave out rows with a missing value.

    Args:
        columns: the columns to look at; without them, those that fields are made of.
    """

    columns: Rest[Label] = ()

    def named(self) -> tuple[str, ...]:
        return self.columns

    def needs(self, all_columns: Iterable[str], used: Iterable[str]) -> tuple[str, ...]:
        return self.columns or tuple(used)

    def keep(self, columns: Mapping[str, Column], count: int) -> "Array":
        import numpy

        complete = numpy.ones(count, bool)
        for column in columns.values():
            complete &= ~missing(column)
        return complete.nonzero()[0]


class Limit(RowStep):
    """Keep the first rows only.

    Args:
        count: how many.
    """

    thins = False

    count: Count

    def keep(self, columns: Mapping[str, Column], count: int) -> "Array":
        import numpy

        return numpy.arange(min(count, self.count))


def codes(column: Column) -> "Array":
    """For each value of a column a number, `int64[n]`: equal values have equal numbers, a missing value has -1."""
    import numpy

    if isinstance(column, numpy.ndarray):
        flat = numpy.ascontiguousarray(column.reshape(len(column), -1))
        rows = flat.view(f"V{flat.dtype.itemsize * flat.shape[1]}").reshape(-1)
        return numpy.unique(rows, return_inverse=True)[1].astype("int64")
    return column.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False).astype("int64")  # type: ignore[no-any-return]


def missing(column: Any) -> "Array":
    """Whether each value of a column is missing, or has a missing part."""
    import numpy

    if not isinstance(column, numpy.ndarray):
        return column.is_null().to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
    if column.dtype.kind != "f":
        return numpy.zeros(len(column), bool)
    gaps = numpy.isnan(column).reshape(len(column), -1)
    return gaps.max(axis=1, initial=False)  # type: ignore[no-any-return]
