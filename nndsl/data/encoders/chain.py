"""The encoders of one field, one after the other.

NumPy is not to warn on the way: what is not a number, or is infinite, is found and named at the end.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
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
        try:
            with _silently():
                states.append(encoder.fit(values, form))
                values = encoder.encode(values, states[-1])
        except BadValues as bad:
            bad.encoder = place
            raise
        form = encoder.form(form, states[-1])
    return states, values


def encode(encoders: Sequence[Encoder], values: Any, states: Sequence[State]) -> Any:
    """Encode with what was learnt before.

    Raises:
        BadValues: some values are not what they should be; it says which encoder found them.
    """
    for place, (encoder, state) in enumerate(zip(encoders, states, strict=True)):
        try:
            with _silently():
                values = encoder.encode(values, state)
        except BadValues as bad:
            bad.encoder = place
            raise
    return values


def decode(encoders: Sequence[Encoder], values: Any, states: Sequence[State]) -> Any:
    """Values in the units of the data, in double precision; None where some encoder has no way back, or none changes units."""
    values = values.astype("float64")
    before = values
    for encoder, state in zip(reversed(encoders), reversed(states), strict=True):
        values = encoder.decode(values, state)
        if values is None:
            return None
    return None if values is before else values


def _silently() -> AbstractContextManager[None]:
    import numpy

    return numpy.errstate(over="ignore", invalid="ignore")
