"""The encoders of one field, one after the other.

NumPy is not to warn on the way: what is not a number, or is infinite, is found and named at the end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nndsl.data.component import Encoder
from nndsl.data.forms import BadValues, Form, State


def fit(encoders: Sequence[Encoder], values: Any, start: Form) -> tuple[list[State], Any]:
    """Let each encoder learn from training examples that the ones before it have encoded.

    Returns:
        The state of each encoder, and the encoded examples.

    Raises:
        BadValues: some values are not what they should be; it says which encoder found them.
    """
    states: list[State] = []
    form: Form | None = start
    for place, encoder in enumerate(encoders):
        assert form is not None
        with _found_by(place):
            states.append(encoder.fit(values, form))
            values = encoder.encode(values, states[-1])
        form = encoder.form(form, states[-1])
    return states, values


def observe(encoders: Sequence[Encoder], place: int, values: Any, form: Form) -> Any:
    """What the encoder at a place has to know of some training examples that the ones before it have encoded.

    Raises:
        BadValues: some values are not what they should be.
    """
    with _found_by(place):
        return encoders[place].observe(values, form)


def learnt(encoders: Sequence[Encoder], place: int, seen: Any, form: Form) -> State:
    """What the encoder at a place has learnt from all that it has observed.

    Raises:
        BadValues: nothing can be learnt from it.
    """
    with _found_by(place):
        return encoders[place].learnt(seen, form)


def encode(encoders: Sequence[Encoder], values: Any, states: Sequence[State]) -> Any:
    """Encode with what was learnt before.

    Raises:
        BadValues: some values are not what they should be; it says which encoder found them.
    """
    for place, (encoder, state) in enumerate(zip(encoders, states, strict=True)):
        with _found_by(place):
            values = encoder.encode(values, state)
    return values


def decode(encoders: Sequence[Encoder], values: Any, states: Sequence[State]) -> Any:
    """Values in the units of the data, in double precision, and in the shape that these have; None where some encoder has no way back, or none changes units."""
    import numpy

    values = values.astype("float64")
    before = values
    for encoder, state in zip(reversed(encoders), reversed(states), strict=True):
        values = encoder.decode(values, state)
        if values is None:
            return None
    return None if numpy.may_share_memory(values, before) else values  # the same numbers in another shape have the same units


@contextmanager
def _found_by(place: int) -> Iterator[None]:
    """Bad values are those of the encoder at a place."""
    import numpy

    try:
        with numpy.errstate(over="ignore", invalid="ignore"):
            yield
    except BadValues as bad:
        bad.encoder = place
        raise
