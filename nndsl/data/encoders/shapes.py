"""The shape of what an example is: padded to one length, or arranged anew."""

from math import prod
from typing import TYPE_CHECKING, Any

from nndsl.catalogue.kinds import Count, Rest
from nndsl.data.component import Encoder
from nndsl.data.encoders.text import described
from nndsl.data.forms import Form, Numbers, Ragged, Sequences, State, refuse
from nndsl.types import BadArgument, Mismatch, elements

if TYPE_CHECKING:
    from nndsl.data.forms import Array


class Pad(Encoder):
    """Sequences brought to one length: zeros are put after shorter ones (0 is the token id of padding, and no letter at all).

    Shape: `[T, *item] -> [length, *item]`

    Args:
        length: how many items each sequence has afterwards.
        truncate: cut longer sequences at their end, instead of refusing them.
    """

    length: Count
    truncate: bool = False

    def form(self, x: Form, state: State | None) -> Form | None:
        match x:
            case Sequences(item, vocabulary):
                return rectangular(item, self.length, vocabulary)
            case Numbers(type) if type.rank:
                return rectangular(type.with_shape(*type.shape[1:]), self.length, x.vocabulary)
        raise Mismatch(f"takes sequences, not {described(x)}")

    def encode(self, values: Any, state: State) -> "Array":
        import numpy

        if isinstance(values, numpy.ndarray):
            count, length = values.shape[:2]
            values = Ragged(values.reshape(-1, *values.shape[2:]), numpy.full(count, length))
        return padded(values, self.length, self.truncate)


def rectangular(item: Any, length: int, vocabulary: int | None) -> Numbers:
    """The form of sequences of one length."""
    from dataclasses import replace

    return Numbers(replace(item, shape=(length, *item.shape), below=vocabulary), vocabulary=vocabulary)


def padded(sequences: Ragged, length: int, truncate: bool) -> "Array":
    """Sequences as an array `[n, length, *item]`, with zeros after the shorter ones.

    Raises:
        BadValues: a sequence is longer, and is not to be cut.
    """
    import numpy

    lengths = sequences.lengths
    if not truncate:
        refuse(
            lengths > length,
            lambda row: f"the sequence has {lengths[row]} items, more than {length}",
            repair="give a greater length, or cut the sequence: `truncate=true`",
        )
    if (lengths == length).all():
        return sequences.items.reshape(-1, length, *sequences.items.shape[1:])
    items = sequences.items
    if (lengths > length).any():
        starts = numpy.repeat(sequences.ends() - lengths, lengths)
        items = items[numpy.arange(len(items)) - starts < length]
    result = numpy.zeros((len(lengths), length, *items.shape[1:]), items.dtype)
    result[numpy.arange(length) < lengths[:, None]] = items
    return result


class Even(Encoder, abstract=True):
    """What comes after encoders that leave sequences of different lengths, where the file does not say it.

    Token ids have one for padding: they are padded to the longest training example, and cut there in the others.
    Letters have none: all sequences must have one length.
    """

    closed = "give the length: `-> pad(length)`"

    def form(self, x: Form, state: State | None) -> Form | None:
        assert isinstance(x, Sequences)
        return None if state is None else rectangular(x.item, state["length"], x.vocabulary)

    def learns(self) -> bool:
        return True

    def observe(self, values: Any, x: Form) -> tuple[int, int]:
        """The length of the first sequence, and of the longest."""
        return int(values.lengths[0]), int(values.lengths.max())

    def joined(self, seen: tuple[int, int], later: tuple[int, int]) -> tuple[int, int]:
        return seen[0], max(seen[1], later[1])

    def learnt(self, seen: tuple[int, int], x: Form) -> State:
        assert isinstance(x, Sequences)
        tokens = x.vocabulary is not None
        return {"length": max(1, seen[tokens]), "pads": tokens}

    def encode(self, values: Any, state: State) -> "Array":
        length = state["length"]
        if state["pads"]:
            return padded(values, length, truncate=True)
        refuse(
            values.lengths != length,
            lambda row: f"the sequence has {values.lengths[row]} letters, where the first training example has {length}",
            repair="bring all to one length: `-> pad(length)` puts zeros after shorter ones, `truncate=true` cuts longer ones",
        )
        return values.items.reshape(-1, length, *values.items.shape[1:])  # type: ignore[no-any-return]


class Reshape(Encoder):
    """The same numbers in another shape: `reshape(8, 8, 1)` gives an image its axis of channels.

    Args:
        shape: the sizes of all axes but the batch axis.
    """

    shape: Rest[Count]

    def form(self, x: Form, state: State | None) -> Form | None:
        if not isinstance(x, Numbers):
            raise Mismatch(f"takes a tensor, not {described(x)}")
        if prod(self.shape) != elements(x.type.shape):
            raise BadArgument(f"makes {prod(self.shape)} numbers of {elements(x.type.shape)} ({x})", x.type, argument="shape")
        below = x.type.below
        from dataclasses import replace

        return Numbers(replace(x.type, shape=self.shape, below=below), x.classes, x.vocabulary)

    def learnt(self, seen: Any, x: Form) -> State:
        """The shape that comes in: nothing has to be seen for it, and the way back leads to it."""
        assert isinstance(x, Numbers)
        return {"shape": list(x.type.shape)}

    def encode(self, values: Any, state: State) -> "Array":
        return values.reshape(len(values), *self.shape)  # type: ignore[no-any-return]

    def decode(self, values: "Array", state: State) -> "Array | None":
        return values.reshape(len(values), *state["shape"]) if "shape" in state else None  # older trainings did not keep it
