"""From raw values to examples, block by block: what encoders learn from them, and the arrays that are made of them.

Data in memory take the same way as data that are larger: the same blocks, joined in the same order, to the same bits.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from nndsl.data.encoders import chain
from nndsl.data.encoders.numbers import finished
from nndsl.data.fields import FieldPlan
from nndsl.data.flow import in_parallel
from nndsl.data.forms import BadValues, Form, State, Texts
from nndsl.data.identity import Told, unheard
from nndsl.data.rows import BLOCK, Block, Rows, bytes_of_example
from nndsl.data.tables import Column, Table, take
from nndsl.diagnostics import Diagnostic, Note, UserError, error

if TYPE_CHECKING:
    from nndsl.data.forms import Array

States = Mapping[str, Sequence[State]]
"""What the encoders of each field have learnt."""


class Shelf(Protocol):
    """Where examples go that are encoded."""

    def add(self, part: str, name: str, values: "Array", count: int) -> None:
        """The next examples of a field of some part of the split, which has `count` of them in all."""


class Memory:
    """Arrays in memory."""

    def __init__(self) -> None:
        self._arrays: dict[str, dict[str, Array]] = {}
        self._filled: dict[tuple[str, str], int] = {}

    def add(self, part: str, name: str, values: "Array", count: int) -> None:
        import numpy

        fields, start = self._arrays.setdefault(part, {}), self._filled.get((part, name), 0)
        if len(values) == count:
            fields[name] = values
            return
        if not start:
            fields[name] = numpy.empty((count, *values.shape[1:]), values.dtype)
        fields[name][start : start + len(values)] = values
        self._filled[part, name] = start + len(values)

    def finished(self) -> "Mapping[str, Mapping[str, Array]]":
        """By part and field, all that was added."""
        return self._arrays


class Faults:
    """The values of each field that are not what they should be, as they are found."""

    def __init__(self) -> None:
        self._found: dict[str, BadValues] = {}

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def add(self, name: str, bad: BadValues) -> None:
        self._found[name] = self._found[name].with_later(bad) if name in self._found else bad

    def refuse(self, fields: Sequence[FieldPlan], table: Table) -> None:
        """Raise what there is to say of some fields, if something is wrong."""
        if self._found:
            raise UserError(*(bad_values(self._found[one.name], one, table) for one in fields if one.name in self._found))


# Learning ----------------------------------------------------------------------------------------


class _Learning:
    """The encoders of one field on their way to know everything; each takes what those before it have made."""

    def __init__(self, field: FieldPlan):
        self.field = field
        self.states: list[State] = []
        self._form: Form | None = field.form
        self._seen: Any = None
        self._skip()

    @property
    def over(self) -> bool:
        return len(self.states) == len(self.field.encoders)

    def observe(self, block: Block, rows: "Array") -> Any:
        """What the next encoder that learns has to know of some rows; can be done by several threads at once."""
        assert self._form is not None
        before = self.field.encoders[: len(self.states)]
        values = chain.encode(before, raw_values(self.field, block.columns, rows), self.states)
        return chain.observe(self.field.encoders, len(before), values, self._form)

    def join(self, seen: Any) -> None:
        encoder = self.field.encoders[len(self.states)]
        self._seen = seen if self._seen is None else encoder.joined(self._seen, seen)

    def conclude(self) -> None:
        """All training examples have been observed.

        Raises:
            BadValues: nothing can be learnt from them.
        """
        self._learn(self._seen)
        self._seen = None
        self._skip()

    def _skip(self) -> None:
        """Past the encoders that need not see the examples."""
        while not self.over and not self.field.encoders[len(self.states)].learns():
            self._learn(None)

    def _learn(self, seen: Any) -> None:
        assert self._form is not None
        place = len(self.states)
        self.states.append(chain.learnt(self.field.encoders, place, seen, self._form))
        self._form = self.field.encoders[place].form(self._form, self.states[-1])


def learn(fields: Sequence[FieldPlan], rows: Rows, training: "Array", faults: Faults, tell: Told = unheard) -> States:
    """What the encoders of some fields learn from the training rows: as many passes as encoders of one field learn.

    Fields with faults are left out.
    """
    learning = [_Learning(field) for field in fields]
    size, last = block_rows(fields), int(training[-1])
    while under_way := [one for one in learning if not one.over and one.field.name not in faults]:
        blocks = rows.blocks(sorted({column for one in under_way for column in one.field.columns}), size)
        for done, found in in_parallel(partial(_observed, under_way, training), blocks, rows.table.label):
            tell("learning about the data", min(done, last), last)
            for one, seen in zip(under_way, found, strict=True):
                if isinstance(seen, BadValues):
                    faults.add(one.field.name, seen)
                elif seen is not None and one.field.name not in faults:
                    one.join(seen)
        for one in under_way:
            if one.field.name not in faults:
                try:
                    one.conclude()
                except BadValues as bad:
                    faults.add(one.field.name, bad.moved(training))
    return {one.field.name: one.states for one in learning if one.field.name not in faults}


def _observed(learning: Sequence[_Learning], training: "Array", block: Block) -> tuple[int, list[Any]]:
    """The row after a block, and what each field has to know of it: None if no training row is there, and what is wrong if something is."""
    own = block.own(training)
    return block.start + block.count, [_attempt(one, block, own) if len(own) else None for one in learning]


def _attempt(one: _Learning, block: Block, own: "Array") -> Any:
    try:
        return one.observe(block, own)
    except BadValues as bad:
        return bad.moved(own + block.start)


# Encoding ----------------------------------------------------------------------------------------


def encode(
    fields: Sequence[FieldPlan], rows: Rows, parts: "Mapping[str, Array]", states: States, shelf: Shelf, faults: Faults,
    tell: Told = unheard,
) -> dict[str, tuple[int, ...]]:
    """Put all examples of some fields on a shelf.

    Returns:
        For each field of classes, how many training examples each class has.
    """
    import numpy

    counts = {field.name: numpy.zeros(len(field.classes), "int64") for field in fields if field.classes}
    classes = {field.name: field for field in fields if field.classes}
    columns = sorted({column for field in fields for column in field.columns})
    last = max(int(one[-1]) for one in parts.values())
    blocks = rows.blocks(columns, block_rows(fields))
    for done, found in in_parallel(partial(_encoded, fields, parts, states), blocks, rows.table.label):
        tell("encoding", min(done, last), last)
        for (name, part), values in found.items():
            if isinstance(values, BadValues):
                faults.add(name, values)
                continue
            shelf.add(part, name, values, len(parts[part]))
            if part == "train" and name in classes:
                counts[name] += class_counts(values, classes[name])
    return {name: tuple(one.tolist()) for name, one in counts.items()}


def tried(field: FieldPlan, rows: Rows, parts: "Mapping[str, Array]", states: Sequence[State], faults: Faults) -> None:
    """See whether the encoders of a field can take all rows."""
    for block in rows.blocks(field.columns, block_rows([field])):
        for own in [block.own(one) for one in parts.values()]:
            try:
                chain.encode(field.encoders, raw_values(field, block.columns, own), states)
            except BadValues as bad:
                faults.add(field.name, bad.moved(own + block.start))


def _encoded(
    fields: Sequence[FieldPlan], parts: "Mapping[str, Array]", states: States, block: Block
) -> "tuple[int, dict[tuple[str, str], Array | BadValues]]":
    """The row after a block, and its examples by field and part; of a field with bad values, these."""
    found: dict[tuple[str, str], Array | BadValues] = {}
    own = {part: block.own(rows) for part, rows in parts.items()}
    for field in fields:
        for part, rows in own.items():
            if not len(rows):
                continue
            try:
                found[field.name, part] = encoded(field, block.columns, rows, states[field.name])
            except BadValues as bad:
                found[field.name, part] = bad.moved(rows + block.start)
                break
    return block.start + block.count, found


def encoded(field: FieldPlan, columns: Mapping[str, Column], rows: "Array", states: Sequence[State]) -> "Array":
    """The examples of a field at some rows.

    Raises:
        BadValues: some values are not what they should be.
    """
    return finished(chain.encode(field.encoders, raw_values(field, columns, rows), states))


def raw_values(field: FieldPlan, columns: Mapping[str, Column], rows: "Array") -> Any:
    """The raw values of a field at some rows, in the form that its first encoder takes."""
    import numpy

    taken = [take(columns[name], rows) for name in field.columns]
    if isinstance(field.form, Texts):
        return tuple(taken)
    return taken[0] if len(taken) == 1 else numpy.stack([one.astype("float64") for one in taken], axis=1)


def class_counts(values: "Array", field: FieldPlan) -> "Array":
    """How many of some examples each class has."""
    import numpy

    count = len(field.classes or ())
    numbers = values if values.dtype.kind == "i" else values.reshape(-1, count).argmax(axis=1)
    return numpy.bincount(numbers.reshape(-1), minlength=count)


def block_rows(fields: Sequence[FieldPlan]) -> int:
    """How many rows are encoded in one go."""
    return max(1, BLOCK // max(1, bytes_of_example(fields)))


# What is said ------------------------------------------------------------------------------------


def found_at(table: Table, row: int, column: str) -> str:
    """A place in the data, as messages say it."""
    return f"{table.label}, {table.place(row)}, column `{column}`"


def others(bad: BadValues, table: Table) -> tuple[Note, ...]:
    """The further offenders: some by name, the rest by number."""
    listed = [f"{table.place(row)}: {clause}" for row, clause in bad.offenders[1:]]
    more = bad.count - len(bad.offenders)
    return (*map(Note, listed), *([Note(f"and {more} more")] if more > 0 else []))


@error("NN520")
def bad_values(bad: BadValues, field: FieldPlan, table: Table) -> Diagnostic:
    """A value in the data is not what an encoder takes.

    A number that is none, a missing value that nothing fills, a class that is not in the list, a letter that is not
    one of DNA, sequences of different lengths. The message names the file, the row (the line, as an editor counts
    it), the column and the value, and some more such rows.
    """
    row, clause = bad.offenders[0]
    column = field.columns[bad.column] if bad.column < len(field.columns) else field.columns[0]
    return Diagnostic(field.encoder_span(bad.encoder), f"{found_at(table, row, column)}: {clause}", others(bad, table), bad.repair)
