"""Fields of a `data` block: as they are written, and as they are planned."""

from collections.abc import Mapping
from dataclasses import replace

from nndsl.data.component import Encoder
from nndsl.data.forms import Form
from nndsl.frozen import Frozen
from nndsl.source import Span
from nndsl.types import TensorType


class ColumnRef(Frozen):
    """A column of the source, as a field names it."""

    name: str
    span: Span


class EncoderUse(Frozen):
    """An encoder in the arrows of a field."""

    encoder: Encoder
    span: Span


class FieldSpec(Frozen):
    """A field as it is written: columns, through encoders."""

    name: str
    span: Span
    columns: tuple[ColumnRef, ...]
    encoders: tuple[EncoderUse, ...]


class FieldPlan(Frozen, eq=False):
    """One field, with its type.

    Attributes:
        form: what its columns hold before the first encoder.
        encoders: those that are written, and the one that brings sequences to one length, if it is needed.
        type: of one example: float32, int32 or bool.
        classes: the names of the classes that its numbers stand for.
        vocabulary: how many token ids it has, with those for padding and for unknown tokens.
    """

    spec: FieldSpec
    form: Form
    encoders: tuple[Encoder, ...]
    type: TensorType
    classes: tuple[str, ...] | None = None
    vocabulary: int | None = None

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def span(self) -> Span:
        return self.spec.span

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the source that it is made of."""
        return tuple(column.name for column in self.spec.columns)

    def attributes(self) -> Mapping[str, int]:
        """What a file may say of it: `Photos.label.classes`, `Text.tokens.length`."""
        shape = [size for size in self.type.shape if isinstance(size, int)]
        known = {"classes": len(self.classes) if self.classes is not None else None, "vocabulary": self.vocabulary}
        if self.type.rank == 1:
            known["columns" if len(self.columns) > 1 else "length"] = shape[0]
        elif self.type.rank == 2:
            known["length"] = shape[0]
        elif self.type.rank == 3:
            known |= dict(zip(("height", "width", "channels"), shape, strict=True))
        return {name: value for name, value in known.items() if value is not None}

    def attribute(self, name: str) -> int | None:
        """One of `attributes`, or None."""
        return self.attributes().get(name)

    def encoder_span(self, place: int | None) -> Span:
        """Where the encoder at a place is written; the field, if it is not written."""
        return self.spec.encoders[place].span if place is not None and place < len(self.spec.encoders) else self.spec.span


def final_type(type: TensorType) -> TensorType:
    """The type that numbers have in the end: real numbers are float32, whole ones int32."""
    return replace(type, dtype="bool" if type.dtype == "bool" else "float32" if type.is_float else "int32")
