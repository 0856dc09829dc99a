"""What goes in and what comes out, as JSON Schema: for OpenAPI, and an example of it for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from nndsl.data.encoders.categories import Bool, Category
from nndsl.data.encoders.letters import Letters
from nndsl.data.encoders.missing import Fill
from nndsl.data.encoders.numbers import Integer, NumberEncoder
from nndsl.data.fields import FieldPlan
from nndsl.data.forms import Form, Numbers, State, Texts, known_shape
from nndsl.serving.rows import limits
from nndsl.types import TensorType

Schema = dict[str, Any]

_WORDS = "some text"


def row(fields: Sequence[FieldPlan], states: Mapping[str, Sequence[State]], forms: Mapping[str, Form]) -> Schema:
    """An object with a value for each column that some fields are made of.

    Args:
        states: by the names of fields, what their encoders have learnt.
        forms: of the columns.
    """
    made_of = {column: field for field in reversed(fields) for column in field.columns}
    properties = {name: _column(name, made_of[name], states[made_of[name].name], form) for name, form in forms.items()}
    return {"type": "object", "properties": properties, "required": list(forms), "additionalProperties": False}


def _column(name: str, field: FieldPlan, states: Sequence[State], form: Form) -> Schema:
    if isinstance(form, Numbers):
        return _array(form.type, known_shape(form.type))
    filled = any(isinstance(one, Fill) for one in field.encoders)
    schema = _text(name, field, states, form)
    if filled:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return {**schema, "description": _made(field)}


def _made(field: FieldPlan) -> str:
    steps = " -> ".join(one.called() for one in field.encoders)
    return f"`{field.name}` of the network: {field.type}" + (f", through {steps}" if steps else "")


def _text(column: str, field: FieldPlan, states: Sequence[State], form: Form) -> Schema:
    """A cell of a table, by the first encoder that does more than to fill what is missing."""
    for encoder, state in zip(field.encoders, states, strict=False):
        match encoder:
            case Fill():
                continue
            case Category():
                return {"type": "string", "enum": list(state["classes"])}
            case Bool():
                return {"type": "boolean"}
            case Integer():
                return {"type": "integer", **({} if encoder.below is None else {"minimum": 0, "maximum": encoder.below - 1})}
            case NumberEncoder():
                return {"type": "number", "example": _usual(field, states, column)}
            case Letters():
                return _letters(encoder, state, form)
        break
    return {"type": "string", "example": _WORDS[0] if "character" in field.columns else _WORDS}


def _usual(field: FieldPlan, states: Sequence[State], column: str) -> float:
    """A number as the training had them: the mean, where an encoder has learnt that."""
    means = next((one["mean"] for one in states if "mean" in one), None)
    if isinstance(means, list):
        means = means[field.columns.index(column)] if len(means) == len(field.columns) else None
    return float(f"{means:.4g}") if isinstance(means, int | float) else 1.0


def _letters(encoder: Letters, state: State, form: Form) -> Schema:
    length = encoder.length or state.get("length") or (form.length if isinstance(form, Texts) else None)
    alphabet = encoder.alphabet
    schema: Schema = {"type": "string", "example": (alphabet * (length or len(alphabet)))[: length or len(alphabet)]}
    return schema if length is None or encoder.truncate else {**schema, "maxLength": length}


def _array(type: TensorType, shape: Sequence[int]) -> Schema:
    """Lists in lists, as long as the shape says."""
    if shape:
        return {"type": "array", "minItems": shape[0], "maxItems": shape[0], "items": _array(type, shape[1:])}
    if type.dtype == "bool":
        return {"type": "boolean"}
    if type.is_float:
        return {"type": "number"}
    least, most = limits(type.dtype)
    return {"type": "integer", "minimum": least, "maximum": most}


def prediction(columns: Mapping[str, Sequence[Any]], classes: Mapping[str, Sequence[str]]) -> Schema:
    """An object with what is said of an example.

    Args:
        columns: what was said of some.
        classes: the names of the classes of those outputs that say such.
    """
    shares = {name for name in columns if any(name.endswith(f"p_{one}") for names in classes.values() for one in names)}
    properties = {name: _said(values[0], classes.get(name), name in shares) for name, values in columns.items()}
    return {"type": "object", "properties": properties, "required": list(columns)}


def _said(value: Any, classes: Sequence[str] | None, share: bool) -> Schema:
    if isinstance(value, list):
        return {"type": "array", "items": _said(value[0], classes, share) if value else {}}
    if isinstance(value, str):
        return {"type": "string", **({} if classes is None else {"enum": list(classes)})}
    if isinstance(value, int):
        return {"type": "integer"}
    return {"type": ["number", "null"], **({"minimum": 0, "maximum": 1} if share else {})}


def example(schema: Schema) -> Any:
    """A value that a schema allows."""
    if "example" in schema:
        return schema["example"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema["type"]:
        case "object":
            return {name: example(one) for name, one in schema["properties"].items()}
        case "array":
            return [example(schema["items"])] * schema["minItems"]
        case "boolean" | ["boolean", _]:
            return True
    return 0
