"""Data in memory: what a plan becomes when it is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nndsl.data.tables import Table

if TYPE_CHECKING:
    from nndsl.data.forms import Array


@dataclass(frozen=True, eq=False)
class Examples:
    """Some examples, encoded.

    Attributes:
        fields: by name, an array `[n, *type.shape]` of the field's dtype.
        rows: for each example, its row in the source, counted from 0; with windows, the row that it stands at.
        table: the source.
        guesses: by the name of a field with a seasonal baseline, what that says; shaped as the field.
        labels: by column, what the source calls each example, where it has names for them.
    """

    fields: "Mapping[str, Array]"
    rows: "Array"
    table: Table
    guesses: "Mapping[str, Array]" = field(default_factory=dict)
    labels: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

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
        counts: for each field of classes, how many training examples each class has, in the order of the classes.
    """

    splits: Mapping[str, Examples]
    state: Mapping[str, Any]
    sha256: str
    counts: Mapping[str, tuple[int, ...]]

    def __getitem__(self, split: str) -> Examples:
        return self.splits[split]

    @property
    def shown(self) -> str:
        """The split that shows best what has been learnt: the test examples if there are any, else the validation's, else the training's."""
        return next(name for name in ("test", "validation", "train") if len(self.splits.get(name, ())))
