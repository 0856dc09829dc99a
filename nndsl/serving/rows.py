"""Rows as JSON, checked against the columns that a network takes: nothing of NumPy or TensorFlow sees them before."""

import json
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, NoReturn

from nndsl.data.forms import Form, Numbers, Texts, known_shape
from nndsl.diagnostics import Diagnostic, Note, UserError, did_you_mean, error
from nndsl.types import TensorType

_SHOWN = 5
"""How many wrong rows a message names."""
_LONGEST_SHOWN = 40
_HALVES = re.compile(r"\\u[dD]")
"""Half a character by its number, as JSON can write those that take two; what has only one of them is no text."""


class WrongRequest(Exception):
    """What came is not what a request is, so that nothing can be said of its rows; the text is a sentence without its full stop."""


def parsed(body: bytes) -> Any:
    """The value that a body of JSON holds.

    Raises:
        WrongRequest: it is none, or holds numbers that JSON has not.
    """
    try:
        text = body.decode("utf-8-sig")
        content = json.loads(text, parse_constant=_no_number)
        if _HALVES.search(text):
            json.dumps(content, ensure_ascii=False).encode()
        return content
    except (ValueError, RecursionError) as failure:
        raise WrongRequest(f"the body is not JSON: {_why(failure)}") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON; a missing value is null")


def _why(failure: Exception) -> str:
    if isinstance(failure, RecursionError):
        return "it is nested too deeply"
    if isinstance(failure, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(failure, UnicodeEncodeError):
        return "a text in it holds half a character"
    text = str(failure).partition("; use sys.")[0]  # what Python says to programmers of a number with too many digits
    return text[:1].lower() + text[1:] if not text.startswith(("NaN", "Infinity")) else text


def columns(content: Any, forms: Mapping[str, Form], most: int) -> dict[str, list[Any]]:
    """The columns of `{"rows": [{...}, ...]}`, as `OtherData` takes them.

    Args:
        forms: what each column is to hold.
        most: how many rows there may be.

    Raises:
        WrongRequest: it is something else.
        UserError: there are too many rows, or they do not have these columns, or hold something else in them.
    """
    if not isinstance(content, dict) or not isinstance(content.get("rows"), list) or len(content) > 1:
        raise WrongRequest('the body is not {"rows": [{...}, ...]}, with an object for each row')
    rows = content["rows"]
    if not rows:
        raise WrongRequest("the request has no rows")
    other = next((place for place, one in enumerate(rows) if not isinstance(one, dict)), None)
    if other is not None:
        raise WrongRequest(f"row {other + 1} is {_kind(rows[other])}, not an object with a value for each column")
    check_count(len(rows), most)
    _check_names(rows, forms)
    wrong: dict[str, list[tuple[int, str]]] = {}
    found = {name: _column(name, form, [row[name] for row in rows], wrong) for name, form in forms.items()}
    if wrong:
        raise UserError(*(other_values(name, forms[name], places) for name, places in wrong.items()))
    return found


def check_count(count: int, most: int) -> None:
    """Check that a request has no more rows than it may have.

    Raises:
        UserError: it has.
    """
    if count > most:
        raise UserError(too_many_rows(count, most))


def _check_names(rows: Sequence[Mapping[str, Any]], forms: Mapping[str, Form]) -> None:
    mistakes = []
    for place, row in enumerate(rows):
        missing, spare = [one for one in forms if one not in row], [one for one in row if one not in forms]
        if missing or spare:
            mistakes.append((place, missing, spare))
    if mistakes:
        raise UserError(*(other_columns(place, missing, spare, forms) for place, missing, spare in mistakes[:_SHOWN]))


def _column(name: str, form: Form, values: Sequence[Any], wrong: dict[str, list[tuple[int, str]]]) -> list[Any]:
    found = []
    for place, value in enumerate(values):
        try:
            found.append(_text(value) if isinstance(form, Texts) else _numbers(value, form.type if isinstance(form, Numbers) else None))
        except _Wrong as one:
            wrong.setdefault(name, []).append((place, str(one)))
    return found


class _Wrong(Exception):
    """A value is not what its column holds; the text is a clause."""


def _text(value: Any) -> Any:
    """What a cell of a table holds: text, a number, a truth value, or nothing."""
    if isinstance(value, dict | list):
        raise _Wrong(f"{_kind(value)} is no text")
    if isinstance(value, float):
        return _real(value)
    return None if value == "" else value


def _numbers(value: Any, type: TensorType | None) -> Any:
    assert type is not None
    if value is None and type.is_float and not type.shape:
        return float("nan")
    return _nested(value, known_shape(type), type)


def _nested(value: Any, shape: tuple[int, ...], type: TensorType) -> Any:
    """Lists in lists, as long as the shape says, with the numbers of a type in them."""
    if not shape:
        return _number(value, type)
    if not isinstance(value, list):
        raise _Wrong(f"{_kind(value)} stands where a list of {shape[0]} should")
    if len(value) != shape[0]:
        raise _Wrong(f"a list of {len(value)} stands where one of {shape[0]} should")
    return [_nested(one, shape[1:], type) for one in value]


def _number(value: Any, type: TensorType) -> Any:
    if type.dtype == "bool":
        if not isinstance(value, bool):
            raise _Wrong(f"{_kind(value)} stands where true or false should")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"{_kind(value)} stands where a number should")
    return _real(value) if type.is_float else _whole(value, type.dtype)


def _real(value: float) -> float:
    try:
        found = float(value)
    except OverflowError:
        found = float("inf")
    if not isfinite(found):
        raise _Wrong("a number is too large")
    return found


def _whole(value: float, dtype: str) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise _Wrong(f"{value} is not a whole number")
    least, most = limits(dtype)
    if not least <= value <= most:
        raise _Wrong(f"{_shown(value)} is not from {least} to {most}")
    return int(value)


def limits(dtype: str) -> tuple[int, int]:
    """The least and the greatest number of a type of whole numbers."""
    bits = int(dtype.lstrip("uint"))
    return (0, 2**bits - 1) if dtype.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f"the text {_shown(json.dumps(value, ensure_ascii=False))}"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "an object"
    return _shown(value)


def _shown(value: Any) -> str:
    text = str(value) if not isinstance(value, int) or abs(value) < 10**_LONGEST_SHOWN else f"a number of more than {_LONGEST_SHOWN} digits"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


# What is said ------------------------------------------------------------------------------------


@error("NN862")
def too_many_rows(count: int, most: int) -> Diagnostic:
    """A request to `nndsl serve` has more rows than it may have: nobody else is answered while they are computed."""
    return Diagnostic(None, f"the request has {count:,} rows, and may have {most:,}", repair="ask in parts, or serve with a greater `--max-batch`")


@error("NN863")
def other_columns(row: int, missing: Sequence[str], spare: Sequence[str], known: Mapping[str, Form]) -> Diagnostic:
    """A row that `nndsl serve` is asked about lacks a column that the network takes, or has one that it does not take.

    A missing value is `null`, where the data of the training had missing values, too.
    """
    lacks = f"lacks {_listed(missing)}" if missing else ""
    has = f"has {_listed(spare)}, which the network does not take" if spare else ""
    near = [hint for one in spare if (hint := did_you_mean(one, missing)) is not None]
    notes = (Note(f"the network takes {_listed(list(known))}"),)
    return Diagnostic(None, f"row {row + 1} {' and '.join(filter(None, [lacks, has]))}", notes, near[0] if near else None)


@error("NN864")
def other_values(column: str, form: Form, places: Sequence[tuple[int, str]]) -> Diagnostic:
    """A row that `nndsl serve` is asked about holds something else in a column than the data of the training: text, or lists of other lengths."""
    (row, clause), *others = places
    notes = [Note(f"row {place + 1}: {one}") for place, one in others[: _SHOWN - 1]]
    if len(others) >= _SHOWN:
        notes.append(Note(f"and {len(others) - _SHOWN + 1} more"))
    return Diagnostic(None, f"row {row + 1}, column `{column}`: {clause}", tuple(notes), f"the column holds {form}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{one}`" for one in names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
