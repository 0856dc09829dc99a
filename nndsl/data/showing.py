"""Examples as people see them: images, letters, texts, and the values of rows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nndsl.data.dataset import Examples
from nndsl.data.encoders import chain
from nndsl.data.encoders.frames import Frame
from nndsl.data.encoders.letters import Letters
from nndsl.data.fields import FieldPlan
from nndsl.data.forms import Numbers, Texts, known_shape
from nndsl.data.plan import DataPlan
from nndsl.data.rows import read_whole
from nndsl.data.tables import DataError, as_list, take
from nndsl.data.vocabulary import Vocabulary, has_vocabulary
from nndsl.diagnostics import UserError
from nndsl.findings import Shown

if TYPE_CHECKING:
    from nndsl.data.forms import Array

_READ_AGAIN = 16 * 2**20
"""A source is read again for the values of some rows if that takes no more than so many bytes."""
_LEAST_SIDE = 4
"""Pixels; a smaller array is no image."""
_FEW = 8
"""So many numbers are written; more are drawn."""
_LONGEST = 400
"""So many characters of a text are shown."""


def letters_in(field: FieldPlan) -> Letters | None:
    """The encoder of a field of letters: DNA, RNA or protein."""
    return next((one for one in field.encoders if isinstance(one, Letters)), None)


def is_image(field: FieldPlan) -> bool:
    """Whether the tensors of a field are images."""
    shape = known_shape(field.type)
    if letters_in(field) is not None or any(isinstance(one, Frame) for one in field.encoders) or field.classes is not None:
        return False
    if not (len(shape) == 3 and shape[2] in (1, 3)) and not (len(shape) == 2 and isinstance(field.form, Numbers)):
        return False
    return min(shape[:2]) >= _LEAST_SIDE


def is_shown(field: FieldPlan) -> bool:
    """Whether a person sees anything in it: tensors of numbers with several axes say nothing."""
    return field.type.rank <= 1 or is_image(field) or letters_in(field) is not None


def decoded(field: FieldPlan, values: "Array", plan: DataPlan, states: Sequence[Any]) -> list[Shown]:
    """Tensors of a field as a person sees them, `[n, *type.shape]`.

    Args:
        states: what the encoders of the field learnt.
    """
    alphabet = letters_in(field)
    if is_image(field):
        return [Shown(field.name, "image", one) for one in values]
    if alphabet is not None and values.ndim == 3:
        return [Shown(field.name, "letters", text) for text in written(values, alphabet.alphabet)]
    if has_vocabulary(field):
        known = Vocabulary(field, plan.source, states)
        return [Shown(field.name, "text", _cut(known.text(ids))) for ids in values.tolist()]
    if field.classes is not None and values.ndim == 1:
        return [Shown(field.name, "value", field.classes[int(one)]) for one in values]
    if field.classes is not None and field.type.is_float and values.ndim == 2:
        return [Shown(field.name, "value", field.classes[int(one)]) for one in values.argmax(-1)]
    units = None if field.type.dtype == "bool" else chain.decode(field.encoders, values, states)
    return [shown_numbers(field.name, one) for one in (values if units is None else units)]


def shown_numbers(name: str, values: "Array") -> Shown:
    """A few numbers as text, more of them as numbers to draw."""
    flat = values.reshape(-1)
    if flat.size > _FEW:
        return Shown(name, "numbers", flat.astype("float64").tolist())
    return Shown(name, "value", ", ".join(number_text(one) for one in flat.astype("float64").tolist()))


def number_text(value: float) -> str:
    """A number as people write it, in four digits that count."""
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e15 else f"{value:.4g}"


def written(values: "Array", alphabet: str) -> list[str]:
    """Vectors for letters as texts, `[n, length, alphabet]`: the most probable letter, N (of proteins X) where none is."""
    import numpy

    unknown = "N" if len(alphabet) <= 4 else "X"
    table = numpy.array([*alphabet, unknown])
    places = numpy.where(values.max(-1) > 0, values.argmax(-1), len(alphabet))
    return ["".join(row) for row in table[places]]


def shown(plan: DataPlan, examples: Examples, names: Sequence[str], places: Sequence[int], states: Mapping[str, Any]) -> list[list[Shown]]:
    """Some examples as people see them, each as its fields; what is a value or a text in the source, as it stands there.

    Args:
        names: the fields.
        places: which examples.
        states: by field, what its encoders learnt.
    """
    import numpy

    if not places:
        return []
    fields = [plan.fields[name] for name in names if _stands_in_source(plan.fields[name]) or is_shown(plan.fields[name])]
    plainly = {field.name for field in fields if _stands_in_source(field)}
    read = _values(plan, examples, [field for field in fields if field.name in plainly], places)
    parts: list[list[Shown]] = [[] for _ in places]
    for field in fields:
        if field.name in plainly and read is not None:
            for column in field.columns:
                for place, one in enumerate(read.pop(column, ())):
                    parts[place].append(one)
            continue
        rows = numpy.asarray(examples.fields[field.name][numpy.asarray(places)])
        for place, one in enumerate(decoded(field, rows, plan, states[field.name])):
            parts[place].append(one)
    return parts


def _stands_in_source(field: FieldPlan) -> bool:
    """Whether its columns hold one value or text a row, which people read."""
    if any(isinstance(one, Frame) for one in field.encoders):
        return False
    return isinstance(field.form, Texts) or (isinstance(field.form, Numbers) and len(field.form.type.shape) == int(len(field.columns) > 1))


def _values(plan: DataPlan, examples: Examples, fields: Sequence[FieldPlan], places: Sequence[int]) -> dict[str, list[Shown]] | None:
    """By column, what stands in the source; None if that would take long, or cannot be had."""
    columns = {column: "letters" if letters_in(field) else "text" if has_vocabulary(field) else "value" for field in fields for column in field.columns}
    try:
        if not columns or plan.bytes_to_read(examples.table, columns) > _READ_AGAIN:
            return None
        whole = read_whole(examples.table, list(columns))
        rows = examples.rows[list(places)]
        return {
            name: [Shown(name, kind, _cut(_text(one))) for one in as_list(take(whole[name], rows))]  # type: ignore[arg-type]
            for name, kind in columns.items()
        }
    except (UserError, DataError, IndexError):
        return None


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - what is not a number
        return "—"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
