"""Text as token ids: characters and words, with a vocabulary learnt from the training examples.

Id 0 is padding, id 1 a token that is not in the vocabulary; the others follow from the most frequent to the least
(of equally frequent ones, in the order of their code points), as in `keras.layers.TextVectorization`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from nndsl.catalogue.kinds import Count, Known
from nndsl.data.component import Encoder
from nndsl.data.encoders.shapes import padded, rectangular
from nndsl.data.encoders.text import no_gaps, one_text
from nndsl.data.forms import Form, Ragged, Sequences, State
from nndsl.types import TensorType

RESERVED = 2
"""The ids for padding and for unknown tokens."""
WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
LETTERS = re.compile(r"[^\W_]+")
VocabularySize = Annotated[int, Known(RESERVED + 1)]


class Tokens(Encoder, abstract=True):
    """Text as a sequence of token ids.

    Shape: `text -> int[length] < vocabulary`

    Args:
        length: how many ids each text has: shorter ones are followed by 0, longer ones are cut. Without it, as many
            as the longest training example has.
        vocabulary: at most this many different ids, those for padding and for unknown tokens included. Without it,
            every token of the training examples has an id.
    """

    joint: ClassVar[str] = " "
    """What stands between two tokens where a text is made of them."""

    length: Count | None = None
    vocabulary: VocabularySize | None = None

    def split(self, text: str) -> list[str]:
        """The tokens of a text."""
        raise NotImplementedError

    def form(self, x: Form, state: State | None) -> Form | None:
        one_text(x)
        size = self.vocabulary if self.vocabulary is not None else len(state["tokens"]) + RESERVED if state is not None else None
        if size is None:
            return None
        item = TensorType("int32", (), size)
        return Sequences(item, size) if self.length is None else rectangular(item, self.length, size)

    def learns(self) -> bool:
        return True

    def observe(self, values: Any, x: Form) -> Counter[str]:
        return Counter(token for text in _texts(values) for token in self.split(text))

    def joined(self, seen: Counter[str], later: Counter[str]) -> Counter[str]:
        seen.update(later)
        return seen

    def learnt(self, seen: Counter[str], x: Form) -> State:
        return {"tokens": most_frequent(seen, self.vocabulary)}

    def encode(self, values: Any, state: State) -> Any:
        import numpy

        ids = {token: place for place, token in enumerate(state["tokens"], start=RESERVED)}
        encoded = [[ids.get(token, 1) for token in self.split(text)] for text in _texts(values)]
        lengths = numpy.array([len(one) for one in encoded], "int64")
        sequences = Ragged(numpy.fromiter(_flat(encoded), "int32", int(lengths.sum())), lengths)
        return sequences if self.length is None else padded(sequences, self.length, truncate=True)


class Characters(Tokens):
    """Text as the ids of its characters (Unicode code points, upper and lower case apart)."""

    closed = "give the size of the vocabulary: `characters(vocabulary=100)`"
    joint = ""

    def split(self, text: str) -> list[str]:
        return list(text)


class Words(Tokens):
    """Text as the ids of its words.

    A word is a run of letters, digits and underscores (Unicode's), with apostrophes inside (`don't`); every other
    character that is not a blank is a token of its own.

    Args:
        lowercase: whether upper and lower case are one.
        punctuation: whether it counts. If not, only runs of letters and digits are words (`don't` is `don` and `t`), so that
            how a text was set, with curly or straight quotes, says nothing.
    """

    closed = "give the size of the vocabulary: `words(vocabulary=10_000)`"

    lowercase: bool = True
    punctuation: bool = True

    @property
    def pattern(self) -> re.Pattern[str]:
        """What a token is."""
        return WORD if self.punctuation else LETTERS

    def split(self, text: str) -> list[str]:
        return self.pattern.findall(text.lower() if self.lowercase else text)


def most_frequent(counts: Mapping[str, int], vocabulary: int | None) -> list[str]:
    """The tokens of a vocabulary in the order of their ids, from the first that is not reserved."""
    ordered = sorted(counts, key=lambda token: (-counts[token], token))
    return ordered if vocabulary is None else ordered[: vocabulary - RESERVED]


def _texts(values: Any) -> list[str]:
    (column,) = values
    no_gaps(column)
    return column.to_pylist()  # type: ignore[no-any-return]


def _flat(sequences: Iterable[list[int]]) -> Iterator[int]:
    return (one for sequence in sequences for one in sequence)
