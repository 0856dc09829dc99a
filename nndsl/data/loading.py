"""From a plan to arrays: rows are chosen, divided, learnt from and encoded, in this order."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nndsl.data.broken import absent_from_split, broken_source
from nndsl.data.dataset import Dataset, Examples
from nndsl.data.encoders import chain
from nndsl.data.encoders.numbers import finished
from nndsl.data.fields import FieldPlan, final_type
from nndsl.data.forms import BadValues, Form, Numbers, State, Texts
from nndsl.data.plan import DataPlan, together, unknown_column
from nndsl.data.series import encode_field, layout
from nndsl.data.splits import AbsentValue
from nndsl.data.tables import Column, DataError, Table, digest, form_record, read_whole, take
from nndsl.diagnostics import Diagnostic, Note, UserError, error
from nndsl.source import Span

if TYPE_CHECKING:
    from nndsl.data.forms import Array

FieldColumns = Mapping[str, tuple[str, ...]]
"""The columns of each field."""


def load(plan: DataPlan, state: Mapping[str, Any] | None) -> Dataset:
    """See `DataPlan.load`."""
    table = plan.open()
    _check_columns(plan, table)
    columns_of = {name: field.columns for name, field in plan.fields.items()}
    used = {column for columns in columns_of.values() for column in columns}
    columns = read_columns(plan, table, sorted({*used, *deciding_columns(plan, table, columns_of)}))
    parts = _assigned(plan, table, columns, columns_of)
    anchors = _anchors(plan, parts)
    states: dict[str, list[State]] = {}
    encoded: dict[str, dict[str, Array]] = {}
    guesses: dict[str, dict[str, Array]] = {}
    mistakes: list[Diagnostic] = []
    for name, field in plan.fields.items():
        before = state["encoders"][name] if state is not None else None
        try:
            if anchors is None:
                states[name], encoded[name] = encode_alone(field, columns, parts, before, table)
            else:
                states[name], encoded[name], guesses[name] = encode_windows(field, columns, parts, anchors, before, table)
            _check_unchanged(plan, field, states[name])
        except UserError as failure:
            mistakes += failure.diagnostics
    if mistakes:
        raise UserError(*mistakes)
    counts = {name: class_counts(encoded[name]["train"], field) for name, field in plan.fields.items() if field.classes}
    if state is None:
        _check_classes(plan, counts)
    return Dataset(
        {
            part: Examples({name: one[part] for name, one in encoded.items()}, rows, table, {name: one[part] for name, one in guesses.items() if one})
            for part, rows in (parts if anchors is None else anchors).items()
        },
        {"columns": {name: form_record(table.columns[name]) for name in sorted(used)}, "encoders": states},
        digest_of(plan, table),
        counts,
    )


def learn(plan: DataPlan, table: Table, field: FieldPlan, parts: "Mapping[str, Array]") -> list[State]:
    """What the encoders of a field learn from the training rows; that they can take the other rows too is seen at once.

    Raises:
        UserError: some values are not what they should be.
    """
    columns = read_columns(plan, table, field.columns)
    rows = parts["train"]
    try:
        states, _ = chain.fit(field.encoders, _values(field, columns, rows), field.form)
        for part, rows in parts.items():
            if part != "train":
                chain.encode(field.encoders, _values(field, columns, rows), states)
    except BadValues as bad:
        raise UserError(bad_values(bad, field, table, rows)) from None
    return states


# Rows --------------------------------------------------------------------------------------------


def deciding_columns(plan: DataPlan, table: Table, columns_of: FieldColumns) -> tuple[str, ...]:
    """The columns that decide which rows are examples, and to which part they belong."""
    used = dict.fromkeys(column for columns in columns_of.values() for column in columns)
    needed = [column for step in plan.steps for column in step.needs(table.columns, used)]
    return tuple(dict.fromkeys([*needed, *filter(None, [_split_column(plan, columns_of)])]))


def _split_column(plan: DataPlan, columns_of: FieldColumns) -> str | None:
    stratum = plan.split.stratifies()
    return columns_of[stratum][0] if stratum is not None else plan.split.reads()


def assign(plan: DataPlan, table: Table, columns_of: FieldColumns) -> "Mapping[str, Array]":
    """For each part of the split its rows of the source, in ascending order.

    Raises:
        UserError: the data are not what they should be, or a part is empty.
    """
    names = deciding_columns(plan, table, columns_of)
    columns = read_columns(plan, table, names if names or table.count is not None else list(table.columns)[:1])
    return _assigned(plan, table, columns, columns_of)


def _assigned(plan: DataPlan, table: Table, columns: Mapping[str, Column], columns_of: FieldColumns) -> "Mapping[str, Array]":
    import numpy

    count = len(next(iter(columns.values()))) if columns else table.count or 0
    rows = numpy.arange(count)
    used = dict.fromkeys(column for names in columns_of.values() for column in names)
    for step in plan.steps:
        looked_at = {name: take(columns[name], rows) for name in step.needs(table.columns, used)}
        rows = rows[step.keep(looked_at, len(rows))]
    if not len(rows):
        raise UserError(no_examples(table, count, plan.source_span))
    name = _split_column(plan, columns_of)
    try:
        parts = plan.split.assign(len(rows), take(columns[name], rows) if name is not None else None)
    except BadValues as bad:
        raise UserError(unplaced_rows(bad, name or "", table, rows, plan.split_span)) from None
    except AbsentValue as absent:
        raise UserError(absent_from_split(absent, table.label, plan.split_span)) from None
    empty = [part for part, places in parts.items() if not len(places)]
    if empty:
        raise UserError(empty_split(empty[0], len(rows), plan))
    return {part: rows[places] for part, places in parts.items()}


def read_columns(plan: DataPlan, table: Table, names: Sequence[str]) -> dict[str, Column]:
    try:
        return read_whole(table, names)
    except DataError as failure:
        raise UserError(broken_source(failure, plan.source_span)) from None


def digest_of(plan: DataPlan, table: Table) -> str:
    """The hash of the source's contents."""
    try:
        return digest(table)
    except DataError as failure:
        raise UserError(broken_source(failure, plan.source_span)) from None


# Fields ------------------------------------------------------------------------------------------


def _values(field: FieldPlan, columns: Mapping[str, Column], rows: "Array") -> Any:
    """The raw values of a field at some rows, in the form that its first encoder takes."""
    import numpy

    taken = [take(columns[name], rows) for name in field.columns]
    if isinstance(field.form, Texts):
        return tuple(taken)
    return taken[0] if len(taken) == 1 else numpy.stack([one.astype("float64") for one in taken], axis=1)


def encode_alone(
    field: FieldPlan, columns: Mapping[str, Column], parts: "Mapping[str, Array]", states: Sequence[State] | None, table: Table,
) -> "tuple[list[State], dict[str, Array]]":
    """One field for all parts of the split. Only training examples are learnt from, and none if there are states already."""
    encoded: dict[str, Array] = {}
    rows = parts["train"]
    try:
        if states is None:
            states, values = chain.fit(field.encoders, _values(field, columns, rows), field.form)
            encoded["train"] = finished(values)
        for part, rows in parts.items():
            if part not in encoded:
                encoded[part] = finished(chain.encode(field.encoders, _values(field, columns, rows), states))
    except BadValues as bad:
        raise UserError(bad_values(bad, field, table, rows)) from None
    return list(states), encoded


def encode_windows(
    field: FieldPlan, columns: Mapping[str, Column], parts: "Mapping[str, Array]", anchors: "Mapping[str, Array]",
    states: Sequence[State] | None, table: Table,
) -> "tuple[list[State], dict[str, Array], dict[str, Array]]":
    """One field of a block with windows; the training rows are the first of the series."""
    import numpy

    rows = numpy.concatenate(list(parts.values()))
    try:
        return encode_field(field, _values(field, columns, rows), _values(field, columns, parts["train"]), anchors, states)
    except BadValues as bad:
        raise UserError(bad_values(bad, field, table, rows)) from None


def _anchors(plan: DataPlan, parts: "Mapping[str, Array]") -> "Mapping[str, Array] | None":
    """For each part the rows that have an example, in a block with windows; None in others."""
    reach = layout(list(plan.fields.values()))
    if reach is None:
        return None
    anchors = {part: reach.anchors(int(rows[0]), int(rows[-1]) + 1) for part, rows in parts.items()}
    for part, rows in parts.items():
        if not len(anchors[part]):
            raise UserError(too_short(f"the {part} split", len(rows), reach.least_rows(int(rows[0])), plan.split_span))
    return anchors


def _check_columns(plan: DataPlan, table: Table) -> None:
    """Every column that the file names is there still, and fields are made of what they were made of when it was checked."""
    named = [*(name for step in plan.steps for name in step.named()), *filter(None, [plan.split.reads()])]
    missing = [name for name in named if name not in table.columns]
    if missing:
        raise UserError(unknown_column(missing[0], list(table.columns), table.label, plan.source_span))
    for field in plan.fields.values():
        if any(name not in table.columns for name in field.columns):
            raise UserError(data_changed(field, plan.source_span))
        if together([table.columns[name] for name in field.columns]) != field.form:
            raise UserError(data_changed(field, plan.source_span))


def _check_unchanged(plan: DataPlan, field: FieldPlan, states: Sequence[State]) -> None:
    form: Form | None = field.form
    for encoder, state in zip(field.encoders, states, strict=True):
        assert form is not None
        form = encoder.form(form, state)
    if not isinstance(form, Numbers) or final_type(form.type) != field.type or form.classes != field.classes:
        raise UserError(data_changed(field, plan.source_span))


def class_counts(values: "Array", field: FieldPlan) -> tuple[int, ...]:
    """How often each class of a field occurs among some of its encoded values."""
    import numpy

    count = len(field.classes or ())
    numbers = values if values.dtype.kind == "i" else values.reshape(-1, count).argmax(axis=1)
    return tuple(numpy.bincount(numbers.reshape(-1), minlength=count).tolist())


def _check_classes(plan: DataPlan, counts: Mapping[str, tuple[int, ...]]) -> None:
    mistakes = []
    for name, numbers in counts.items():
        classes = plan.fields[name].classes or ()
        absent = [one for one, number in zip(classes, numbers, strict=True) if not number]
        if absent:
            mistakes.append(absent_classes(absent, plan.fields[name]))
    if mistakes:
        raise UserError(*mistakes)


# What is said ------------------------------------------------------------------------------------


def _place(table: Table, row: int, column: str) -> str:
    return f"{table.label}, {table.place(row)}, column `{column}`"


def _others(bad: BadValues, table: Table, rows: "Array") -> tuple[Note, ...]:
    """The further offenders: some by name, the rest by number."""
    listed = [f"{table.place(int(rows[place]))}: {clause}" for place, clause in bad.offenders[1:]]
    more = bad.count - len(bad.offenders)
    return (*map(Note, listed), *([Note(f"and {more} more")] if more > 0 else []))


@error("NN520")
def bad_values(bad: BadValues, field: FieldPlan, table: Table, rows: "Array") -> Diagnostic:
    """A value in the data is not what an encoder takes.

    A number that is none, a missing value that nothing fills, a class that is not in the list, a letter that is not
    one of DNA, sequences of different lengths. The message names the file, the row (the line, as an editor counts
    it), the column and the value, and some more such rows.
    """
    place, clause = bad.offenders[0]
    column = field.columns[bad.column] if bad.column < len(field.columns) else field.columns[0]
    message = f"{_place(table, int(rows[place]), column)}: {clause}"
    return Diagnostic(field.encoder_span(bad.encoder), message, _others(bad, table, rows), bad.repair)


@error("NN521")
def unplaced_rows(bad: BadValues, column: str, table: Table, rows: "Array", span: Span) -> Diagnostic:
    """The column that divides the examples has a value that the split does not know, or none.

        split = column(part, train=train, test=test)      # and some rows say `valid`

    Mended:

        split = column(part, train=train, validation=valid, test=test)
    """
    place, clause = bad.offenders[0]
    message = f"{_place(table, int(rows[place]), column)}: {clause}"
    return Diagnostic(span, message, _others(bad, table, rows), bad.repair)


@error("NN522")
def no_examples(table: Table, count: int, span: Span) -> Diagnostic:
    """A source has no rows, or the steps after it leave none."""
    if not count:
        return Diagnostic(span, f"{table.label} has no rows", (), "give it examples: at least one for each part of a split")
    message = f"the steps over rows leave none of the {count} rows of {table.label}"
    return Diagnostic(span, message, (), "take a step out, or name fewer columns in it")


@error("NN523")
def empty_split(part: str, count: int, plan: DataPlan) -> Diagnostic:
    """A part of the split that the file asks for has no examples.

    The share is too small for so few examples, or no row says that it belongs there.
    """
    reads = plan.split.reads()
    examples = f"{count} example{'s' * (count != 1)}"
    share = f"the {part} split is empty: its share of {examples} is none"
    message = f"the {part} split is empty: no row of the {count} belongs there" if reads else share
    repair = f"write `{part}=none`, or what column `{reads}` says of these rows" if reads else "give it a greater share, or 0"
    return Diagnostic(plan.split_span, message, (), repair)


@error("NN528")
def too_short(what: str, count: int, least: int, span: Span | None) -> Diagnostic:
    """A part of the split, or a file to predict from, has fewer rows than one example needs.

    The rows of `horizon` lie in the part of their example, and windows reach back from there; there is no row before the
    first, and none after the last.
    """
    message = f"{what} has {count} row{'s' * (count != 1)}, where an example takes {least}"
    return Diagnostic(span, message, (), "take shorter windows, or more rows")


def named_classes(classes: Sequence[str]) -> str:
    """Some classes by name, as a part of a sentence."""
    listed = " and ".join(f"`{one}`" for one in classes[:5]) + (f" and {len(classes) - 5} more" if len(classes) > 5 else "")
    return f"the class{'es' * (len(classes) > 1)} {listed}"


@error("NN524")
def absent_classes(absent: Sequence[str], field: FieldPlan) -> Diagnostic:
    """A class has no training example, so that no network could learn it.

    It is misspelt in the list of classes, or so rare that none of its examples came into the training split:
    `stratify` keeps at least one example of each class there.
    """
    message = f"no training example of `{field.name}` has {named_classes(absent)}"
    span = next((use.span for use in field.spec.encoders if use.encoder.called() == "category"), field.span)
    return Diagnostic(span, message, (), f"delete {'them' if len(absent) > 1 else 'it'} from the list, or stratify the split: `stratify={field.name}`")


@error("NN525")
def data_changed(field: FieldPlan, span: Span) -> Diagnostic:
    """The data are not what they were when the file was checked, or when the network was trained."""
    return Diagnostic(span, f"the data changed: the field `{field.name}` is no longer {field.type}", (), "check the file again")
