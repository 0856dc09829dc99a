"""Examples: what a plan becomes when it is loaded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nndsl.data.identity import Snapshot
from nndsl.data.tables import Table

if TYPE_CHECKING:
    from nndsl.data.forms import Array

_BYTES_AT_ONCE = 2**24


@dataclass(frozen=True, eq=False)
class Examples:
    """Some examples, encoded.

    Attributes:
        fields: by name, an array `[n, *type.shape]` of the field's dtype; of data that are larger than the memory, one on the
            disk (`nndsl.data.kept.Stored`).
        rows: for each example, its row in the source, counted from 0; with windows, the row that it stands at.
        table: the source.
        guesses: by the name of a field with a seasonal baseline, what that says; shaped as the field.
        labels: by column, what the source calls each example, where it has names for them.
    """

    fields: Mapping[str, Any]
    rows: "Array"
    table: Table
    guesses: "Mapping[str, Array]" = field(default_factory=dict)
    labels: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> "Examples":
        """Some neighbouring examples."""
        fields, guesses = ({name: values[part] for name, values in one.items()} for one in (self.fields, self.guesses))
        return Examples(fields, self.rows[part], self.table, guesses, {name: values[part] for name, values in self.labels.items()})

    def blocks(self, name: str) -> "Iterator[tuple[int, Array]]":
        """A field, some examples at a time, with the index of the first of them."""
        values = self.fields[name]
        step = max(1, _BYTES_AT_ONCE * len(self) // max(1, values.nbytes))
        for start in range(0, len(self), step):
            yield start, values[start : start + step]

    def place(self, index: int) -> str:
        """Where an example comes from: "penguins.csv, line 18"."""
        return f"{self.table.label}, {self.table.place(int(self.rows[index]))}"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Everything that a training needs.

    Attributes:
        splits: `train`, `validation` and `test`, as far as there are such.
        state: what has to be kept to encode other data in the same way, as plain values that JSON can hold.
        sha256: the hash of the contents of the source, as hexadecimal digits.
        files: those of the source, as they were when they had been read.
        counts: for each field of classes, how many training examples each class has, in the order of the classes.
    """

    splits: Mapping[str, Examples]
    state: Mapping[str, Any]
    sha256: str
    counts: Mapping[str, tuple[int, ...]]
    files: Snapshot

    def __getitem__(self, split: str) -> Examples:
        return self.splits[split]

    @property
    def shown(self) -> str:
        """The split that shows best what has been learnt: the test examples if there are any, else the validation's, else the training's."""
        return next(name for name in ("test", "validation", "train") if len(self.splits.get(name, ())))
