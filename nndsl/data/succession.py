"""Fields that hold the same sequence, one some places later than the other: what models of the next token are taught with."""

from nndsl.data.component import Encoder
from nndsl.data.encoders.frames import Frame
from nndsl.data.encoders.language import Shift
from nndsl.data.fields import FieldPlan


def places_ahead(field: FieldPlan, other: FieldPlan) -> int | None:
    """How many places later in their sequence a field begins than another; None where they do not hold the same sequence.

    `windows(100, ahead=1)` begins one place later than `windows(100)`, as does `characters` than `characters -> shift(1)`.
    """
    if field.columns != other.columns:
        return None
    (start, own), (other_start, others) = _beginning(field), _beginning(other)
    return start - other_start if own == others else None


def _beginning(field: FieldPlan) -> tuple[int, list[Encoder | int]]:
    """The place of a sequence that a field begins with, and what else makes it: encoders, and how long its windows are."""
    start, others = 0, list[Encoder | int]()
    for encoder in field.encoders:
        match encoder:
            case Shift():
                start -= encoder.places
            case Frame():
                start += encoder.offsets()[0]
                others.append(len(encoder.offsets()))
            case _:
                others.append(encoder)
    return start, others
