"""From text to token ids and back: what the ids of a field stand for."""

from collections.abc import Iterable, Sequence

from nndsl.data.component import DataSource
from nndsl.data.encoders.language import Shift, Token
from nndsl.data.encoders.tokens import RESERVED, Tokens
from nndsl.data.fields import FieldPlan
from nndsl.data.forms import State
from nndsl.data.running import Text


class Vocabulary:
    """The tokens of a field that is made by `characters`, `words` or `token`.

    Attributes:
        size: how many ids they take, with those for padding (0) and for unknown tokens (1).
        start: the id that a sequence begins with that was moved to the right; None where it was not.
        is_cut: whether tokens of the training examples may have no id of their own.
    """

    def __init__(self, field: FieldPlan, source: DataSource, states: Sequence[State]):
        """
        Args:
            states: what the encoders of the field learnt.
        """
        encoder, state = next(one for one in zip(field.encoders, states, strict=True) if isinstance(one[0], Tokens | Token))
        assert isinstance(encoder, Tokens | Token)
        self._tokens: Sequence[str] = state["tokens"]
        self._places = {token: place for place, token in enumerate(self._tokens, start=RESERVED)}
        self._source = encoder if isinstance(encoder, Tokens) else source if isinstance(source, Text) else None
        self.size = len(self._tokens) + RESERVED
        self.is_cut = encoder.vocabulary is not None and self.size >= encoder.vocabulary
        moved = [state["start"] for one, state in zip(field.encoders, states, strict=True) if isinstance(one, Shift) and one.places > 0]
        self.start: int | None = moved[0] if moved else None

    def names(self, count: int) -> list[str]:
        """What the first `count` ids stand for, as people can read it."""
        signs = {" ": "␣", "\n": "⏎", "\t": "⇥"}
        known = ["end", "unknown", *("".join(signs.get(one, one) for one in token) for token in self._tokens)]
        return [known[one] if one < len(known) else str(one) for one in range(count)]

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text; those of a table with a row for each token stand between blanks."""
        return text.split() if self._source is None else self._source.split(text)

    def ids(self, text: str) -> list[int]:
        """The ids of the tokens of a text; 1 for those that have none."""
        return [self._places.get(token, 1) for token in self.tokens(text)]

    def strangers(self, text: str) -> list[str]:
        """The tokens of a text that have no id, each once."""
        return [token for token in dict.fromkeys(self.tokens(text)) if token not in self._places]

    def text(self, ids: Iterable[int]) -> str:
        """The text of ids up to the end of the sequence, the first 0; what is unknown is shown as U+FFFD."""
        tokens = []
        for one in ids:
            if one == 0:
                break
            tokens.append(self._tokens[one - RESERVED] if RESERVED <= one < self.size else "\N{REPLACEMENT CHARACTER}")
        return self._joint.join(tokens)

    def continued(self, prompt: str, ids: Iterable[int]) -> str:
        """A text, and that of the ids that come after it."""
        return self._joint.join(filter(None, [prompt, self.text(ids)]))

    @property
    def _joint(self) -> str:
        return " " if self._source is None else self._source.joint


def has_vocabulary(field: FieldPlan) -> bool:
    """Whether a field is a sequence of token ids, whose text is known."""
    return any(isinstance(one, Tokens | Token) for one in field.encoders) and field.type.rank == 1
