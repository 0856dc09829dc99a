"""Other data than those of the training, encoded as these were: what predictions are made from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.data.broken import broken_source
from nndsl.data.dataset import Examples
from nndsl.data.dividing import no_examples, readable, too_short
from nndsl.data.encoding import Faults, block_rows, encoded
from nndsl.data.fields import FieldPlan
from nndsl.data.flow import in_parallel
from nndsl.data.forms import BadValues, Form, Numbers, Texts
from nndsl.data.larger import WINDOWS, too_large
from nndsl.data.loading import encode_windows
from nndsl.data.plan import DataPlan
from nndsl.data.room import Room
from nndsl.data.rows import Block, Rows, bytes_of_example, held
from nndsl.data.series import Layout, frame_of, layout
from nndsl.data.standard_input import DASH, StandardInput
from nndsl.data.tables import DataError, RowsInMemory, Table, as_list, known_form, take
from nndsl.data.together import Together, files_in
from nndsl.diagnostics import Diagnostic, Note, UserError, closest, error

if TYPE_CHECKING:
    from nndsl.data.forms import Array


ROW = "row"
"""What tells examples with windows apart: the row that each stands at, counted from 1. What is forecast comes after it."""
_FEW = 1000
"""Up to so many rows are encoded right away."""


class OtherData:
    """Other data, opened: their examples come in order, some at a time, encoded as in the training.

    Tables, arrays, sequences and images are never in memory as a whole; windows over a series, and running text, are cut
    from all of it.

    Attributes:
        table: the source.
    """

    def __init__(
        self, plan: DataPlan, data: Path | Table | Mapping[str, Any], state: Mapping[str, Any], names: Sequence[str], room: Room | None = None
    ):
        """
        Args:
            data: a file (or folder) of the kind of the source, `-` for the standard input, a table, or columns by name, each a
                sequence of values.
            state: what the encoders learnt in the training.
            names: of the fields to encode; only their columns are needed.
            room: how much memory the data may take where they are needed as a whole.

        Raises:
            UserError: the data are not there, or have other columns than those of the training.
        """
        self._plan, self._states, self._room = plan, state["encoders"], room or Room()
        self._fields = [plan.fields[name] for name in names]
        self._stdin = StandardInput(plan.source) if data == DASH else None
        self.table = data if isinstance(data, Table) else self._found(data if self._stdin is None else self._stdin.path, state)
        _check_columns(self._fields, self.table, state["columns"])

    def _found(self, data: Path | Mapping[str, Any], state: Mapping[str, Any]) -> Table:
        """The data; a folder of files is one table, unless its rows would be a series over the ends of files."""
        plan = self._plan
        try:
            if isinstance(data, Path):
                files = None if layout(self._fields) is not None else files_in(data, plan.source)
                return plan.open(data) if files is None else Together(data, [plan.open(one) for one in files])
            return RowsInMemory(data, {name: known_form(one) for name, one in state["columns"].items()})
        except DataError as failure:
            raise UserError(broken_source(failure, None)) from None

    @property
    def count(self) -> int | None:
        """How many examples there are, where that is known without reading them."""
        return self.table.count if layout(self._fields, with_baselines=False) is None else None

    def blocks(self) -> Iterator[Examples]:
        """All examples, in order; of data with windows as views of the series, which are cheap to cut.

        Raises:
            UserError: the data are not what they should be; it names file, row and column. All of them are looked at before.
        """
        reach = layout(self._fields, with_baselines=False)
        with readable(self._plan):
            yield from self._by_row() if reach is None else self._by_window(reach)

    def _columns(self) -> list[str]:
        return sorted({*(column for field in self._fields for column in field.columns), *self.table.identity})

    def _by_row(self) -> Iterator[Examples]:
        """What is encoded before something wrong is found is given; then only more that is wrong is looked for."""
        faults, done = Faults(), 0
        self._check_room()
        for block, fields in self._encoded_blocks():
            done += block.count
            arrays = {}
            for name, found in fields.items():
                if isinstance(found, BadValues):
                    faults.add(name, found)
                else:
                    arrays[name] = found
            if block.count and not faults:
                yield self._examples(arrays, block)
        faults.refuse(self._fields, self.table)
        if not done:
            raise UserError(no_examples(self.table, 0, self._plan.source_span))

    def _encoded_blocks(self) -> "Iterable[tuple[Block, dict[str, Array | BadValues]]]":
        """Every block of rows with its fields; few rows are not worth a thread."""
        names, size = self._columns(), block_rows(self._fields)
        if self.table.count is not None and self.table.count <= min(size, _FEW):
            return map(self._encoded, Rows(self.table, list(self.table.read(names))).blocks(names, size))
        return in_parallel(self._encoded, Rows(self.table).blocks(names, size), self.table.label)

    def _examples(self, arrays: "Mapping[str, Array]", block: Block) -> Examples:
        import numpy

        labels = {name: as_list(block.columns[name]) for name in self.table.identity}
        return Examples(arrays, numpy.arange(block.start, block.start + block.count), self.table, labels=labels)

    def _encoded(self, block: Block) -> "tuple[Block, dict[str, Array | BadValues]]":
        import numpy

        rows = numpy.arange(block.count)
        found: dict[str, Array | BadValues] = {}
        for field in self._fields:
            try:
                found[field.name] = encoded(field, block.columns, rows, self._states[field.name])
            except BadValues as bad:
                found[field.name] = bad.moved(rows + block.start)
        return block, found

    def _check_room(self) -> None:
        """A source that cannot be read in pieces has to fit into memory."""
        why, most = self.table.whole, self._room.most()
        if why is not None and self.table.bytes_to_read(self._columns()) > most:
            raise UserError(too_large(self.table.label, why, most, self._plan.source_span))

    def _by_window(self, reach: Layout) -> Iterator[Examples]:

        pieces = held(self.table, self._columns(), bytes_of_example(self._fields) // reach.stride, self._room.most())
        if pieces is None:
            raise UserError(too_large(self.table.label, WINDOWS, self._room.most(), self._plan.source_span))
        rows = Rows(self.table, pieces)
        count = rows.count()
        if not count:
            raise UserError(no_examples(self.table, 0, self._plan.source_span))
        anchors = reach.anchors_to_the_end(count)
        if not len(anchors):
            raise UserError(too_short(self.table.label, count, reach.least_rows(), None))
        arrays = self._windows(rows, anchors)
        named = {name: as_list(take(values, anchors)) for name, values in rows.whole(self.table.identity).items()}
        yield Examples(arrays, anchors, self.table, labels={ROW: (anchors + 1).tolist(), **named})

    def _windows(self, rows: Rows, anchors: "Array") -> "dict[str, Array]":
        """Of each field, no row is looked at after the last one that it reaches: what is to be forecast need not be known."""
        import numpy

        arrays: dict[str, Array] = {}
        mistakes: list[Diagnostic] = []
        for field in self._fields:
            frame, states = frame_of(field.encoders), self._states[field.name]
            reached = numpy.arange(anchors[-1] + (0 if frame is None else frame.offsets()[-1]) + 1)
            try:
                arrays[field.name] = encode_windows(field, rows, {"train": reached}, {"train": anchors}, states)[1]["train"]
            except UserError as failure:
                mistakes += failure.diagnostics
        if mistakes:
            raise UserError(*mistakes)
        return arrays


def encode(plan: DataPlan, data: Path | Mapping[str, Any], state: Mapping[str, Any], names: Sequence[str]) -> Examples:
    """See `DataPlan.encode`."""
    import numpy

    blocks = list(OtherData(plan, data, state, names).blocks())
    if len(blocks) == 1:
        return blocks[0]
    arrays = {name: numpy.concatenate([one.fields[name] for one in blocks]) for name in names}
    labels = {name: [label for one in blocks for label in one.labels[name]] for name in blocks[0].labels}
    return Examples(arrays, numpy.concatenate([one.rows for one in blocks]), blocks[0].table, labels=labels)


def batches(blocks: Iterable[Examples], size: int) -> Iterator[Examples]:
    """The same examples, so many at a time; the last ones may be fewer."""
    import numpy

    left: Examples | None = None
    for block in blocks:
        whole = block if left is None else Examples(
            {name: numpy.concatenate([left.fields[name], values]) for name, values in block.fields.items()},
            numpy.concatenate([left.rows, block.rows]), block.table,
            labels={name: [*left.labels[name], *values] for name, values in block.labels.items()},
        )
        full = len(whole) - len(whole) % size
        yield from (whole[start : start + size] for start in range(0, full, size))
        left = whole[full:] if full < len(whole) else None
    if left is not None:
        yield left


def _check_columns(fields: Sequence[FieldPlan], table: Table, records: Mapping[str, Any]) -> None:
    """Check that fields are made of the same columns as in the training."""
    columns = {column: field for field in fields for column in field.columns}
    missing = {column: field for column, field in columns.items() if column not in table.columns}
    if missing:
        spare = [one for one in table.columns if one not in records]
        raise UserError(missing_columns({one: field.name for one, field in missing.items()}, spare, table))
    mistakes = []
    for column, field in columns.items():
        found, wanted = table.columns[column], known_form(records[column])
        if not _is_same(field, found, wanted):
            mistakes.append(other_form(column, found, wanted, table))
    if mistakes:
        raise UserError(*mistakes)


def _is_same(field: FieldPlan, found: Form, wanted: Form) -> bool:
    """Whether a field can be made of a column that holds this, too."""
    if isinstance(found, Numbers) and isinstance(wanted, Numbers):
        kinds = field.type.is_float or found.type.is_float == wanted.type.is_float  # whole numbers become real ones anyway
        return found.type.shape == wanted.type.shape and kinds
    return isinstance(wanted, Texts) and found in (wanted, Texts())


# What is said ------------------------------------------------------------------------------------


@error("NN526")
def missing_columns(missing: Mapping[str, str], spare: Sequence[str], table: Table) -> Diagnostic:
    """Other data, to predict from, lack columns that inputs of the network are made of.

    Args:
        missing: each of them, and the field that is made of it.
        spare: the columns of the data that the training did not use.
    """
    fields = list(dict.fromkeys(missing.values()))
    said = f"{_counted('column', missing)}, which {_counted('the field', fields)} {'is' if len(fields) == 1 else 'are'} made of"
    near = {one: closest(one, spare) for one in missing}
    renamed = [f"`{other}` to `{one}`" for one, other in near.items() if other is not None]
    listed = ", ".join(f"`{one}`" for one in list(table.columns)[:20]) or "none"
    besides = [one for one in spare if one not in near.values()] if renamed else []
    notes = [Note(f"the training did not use {', '.join(f'`{one}`' for one in besides[:20])}")] if besides else []
    return Diagnostic(None, f"{table.label} has no {said}", tuple(notes), f"rename {_listed(renamed)}" if renamed else f"its columns are {listed}")


def _counted(what: str, names: Iterable[str]) -> str:
    """Some names, after what they are."""
    shown = [f"`{one}`" for one in names]
    return f"{what}{'s' * (len(shown) > 1)} {_listed(shown)}"


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


@error("NN527")
def other_form(column: str, found: Form, wanted: Form, table: Table) -> Diagnostic:
    """A column of other data, to predict from, holds something else than in training."""
    return Diagnostic(None, f"column `{column}` of {table.label} holds {found}, where the training had {wanted}")
