"""Other data than those of the training, encoded as these were: what predictions are made from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.data.broken import broken_source
from nndsl.data.dataset import Examples
from nndsl.data.dividing import no_examples, readable, too_short
from nndsl.data.encoding import Faults, Memory
from nndsl.data.encoding import encode as put
from nndsl.data.fields import FieldPlan
from nndsl.data.forms import Form, Numbers, Texts
from nndsl.data.larger import too_large
from nndsl.data.loading import encode_windows
from nndsl.data.plan import DataPlan
from nndsl.data.room import Room
from nndsl.data.rows import Rows, bytes_of_example, held
from nndsl.data.series import layout
from nndsl.data.tables import DataError, RowsInMemory, Table, as_list, known_form, take
from nndsl.diagnostics import Diagnostic, UserError, did_you_mean, error

if TYPE_CHECKING:
    from nndsl.data.forms import Array


def encode(plan: DataPlan, data: Path | Mapping[str, Any], state: Mapping[str, Any], names: Sequence[str]) -> Examples:
    """See `DataPlan.encode`."""
    fields = [plan.fields[name] for name in names]
    table = _other_data(plan, data, state)
    for field in fields:
        _check_columns(field, table, state["columns"])
    used = {column for field in fields for column in field.columns}
    room = Room()
    with readable(plan):
        pieces = held(table, sorted({*used, *table.identity}), bytes_of_example(fields), room.for_all())
    if pieces is None:
        raise UserError(too_large(table.label, "what is predicted is predicted at once", room.most(), plan.source_span))
    rows = Rows(table, pieces)
    count = rows.count()
    if not count:
        raise UserError(no_examples(table, 0, plan.source_span))
    arrays, places = _encoded(fields, rows, count, state["encoders"])
    labels = {name: as_list(take(values, places)) for name, values in rows.whole(table.identity).items()}
    return Examples(arrays, places, table, labels=labels)


def _encoded(
    fields: Sequence[FieldPlan], rows: Rows, count: int, states: Mapping[str, Any]
) -> "tuple[Mapping[str, Array], Array]":
    """The fields by name, and the rows that examples stand at."""
    import numpy

    reach = layout(fields, with_baselines=False)
    everything = numpy.arange(count)
    if reach is None:
        shelf, faults = Memory(), Faults()
        put(fields, rows, {"train": everything}, states, shelf, faults)
        faults.refuse(fields, rows.table)
        return shelf.finished()["train"], everything
    anchors = reach.anchors_to_the_end(count)
    if not len(anchors):
        raise UserError(too_short(rows.table.label, count, reach.least_rows(), None))
    arrays: dict[str, Array] = {}
    mistakes: list[Diagnostic] = []
    for field in fields:
        try:
            arrays[field.name] = encode_windows(field, rows, {"train": everything}, {"train": anchors}, states[field.name])[1]["train"]
        except UserError as failure:
            mistakes += failure.diagnostics
    if mistakes:
        raise UserError(*mistakes)
    return arrays, anchors


def _other_data(plan: DataPlan, data: Path | Mapping[str, Any], state: Mapping[str, Any]) -> Table:
    if isinstance(data, Path):
        return plan.open(data)
    try:
        return RowsInMemory(data, {name: known_form(one) for name, one in state["columns"].items()})
    except DataError as failure:
        raise UserError(broken_source(failure, None)) from None


def _check_columns(field: FieldPlan, table: Table, records: Mapping[str, Any]) -> None:
    """Check that a field is made of the same columns as in the training."""
    for column in field.columns:
        if column not in table.columns:
            raise UserError(missing_column(column, field, table))
        found, wanted = table.columns[column], known_form(records[column])
        same = found in (wanted, Texts()) if isinstance(wanted, Texts) else False
        if isinstance(found, Numbers) and isinstance(wanted, Numbers):
            kinds = field.type.is_float or found.type.is_float == wanted.type.is_float  # whole numbers become real ones anyway
            same = found.type.shape == wanted.type.shape and kinds
        if not same:
            raise UserError(other_form(column, found, wanted, table))


# What is said ------------------------------------------------------------------------------------


@error("NN526")
def missing_column(column: str, field: FieldPlan, table: Table) -> Diagnostic:
    """Other data, to predict from, lack a column that an input of the network is made of."""
    listed = ", ".join(f"`{one}`" for one in list(table.columns)[:20]) or "none"
    repair = did_you_mean(column, table.columns) or f"its columns are {listed}"
    return Diagnostic(None, f"{table.label} has no column `{column}`, which the field `{field.name}` is made of", (), repair)


@error("NN527")
def other_form(column: str, found: Form, wanted: Form, table: Table) -> Diagnostic:
    """A column of other data, to predict from, holds something else than in training."""
    return Diagnostic(None, f"column `{column}` of {table.label} holds {found}, where the training had {wanted}")
