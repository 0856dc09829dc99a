"""What a trained network may be asked to make, and what it then has made."""

from dataclasses import dataclass
from pathlib import Path

from nndsl.predictions import Predictions


class NotApplicable(ValueError):
    """A wish that the training of a run cannot fulfil, as a sentence."""


@dataclass(frozen=True)
class Wish:
    """How a network is to write. What is None is left to the kind of network.

    Attributes:
        prompt: the text that it goes on with, or that it translates.
        data: a file of texts that it translates.
        length: how many tokens it writes, at most.
        count: how many texts (or samples) it makes.
        temperature: what the logits are divided by before a token is drawn; 0 takes the most probable one.
        top_k: only the so many most probable tokens are drawn from.
        beam: how many texts are kept at a time, in search of the most probable one; nothing is drawn.
        seed: of what is drawn.
    """

    prompt: str | None = None
    data: Path | None = None
    length: int | None = None
    count: int | None = None
    temperature: float | None = None
    top_k: int | None = None
    beam: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """
        Raises:
            NotApplicable: a number is out of its bounds.
        """
        for name, least in (("length", 1), ("count", 1), ("temperature", 0), ("top_k", 1), ("beam", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and not least <= value < float("inf"):
                raise NotApplicable(f"`{name.replace('_', '-')}` is a number of at least {least}, not {value}")

    def refuse(self, *names: str, because: str) -> None:
        """
        Raises:
            NotApplicable: one of these is wished for.
        """
        for name in names:
            if getattr(self, name) is not None:
                raise NotApplicable(f"`{name.replace('_', '-')}` does not go with {because}")


@dataclass(frozen=True)
class TokenErrors:
    """How far generated sequences are from what they should be.

    Attributes:
        edits: how many tokens would have to be put in, taken out or replaced, in all (Levenshtein, 1966).
        tokens: how many tokens the right sequences have, in all.
        exact: how many sequences are right.
        count: how many there are.
    """

    edits: int
    tokens: int
    exact: int
    count: int

    @property
    def rate(self) -> float:
        """Edits for each token that should have been written: the word error rate of words, the phoneme error rate of phonemes."""
        return self.edits / self.tokens if self.tokens else 0.0

    def __str__(self) -> str:
        share = self.exact / self.count
        return f"token error rate {self.rate:.4f} ({self.edits:,} edits of {self.tokens:,} tokens), {share:.1%} of {self.count:,} exactly right"


@dataclass(frozen=True)
class Written(Predictions):
    """Texts that a network wrote, in columns: `text`; or the source and `generated`, and the `target` where it is known.

    Attributes:
        continues: whether they are texts of a language model rather than translations.
        errors: how far they are from the targets.
        interrupted: whether fewer, or shorter ones, were written than asked for.
    """

    continues: bool = False
    errors: TokenErrors | None = None
    interrupted: bool = False

    def as_text(self) -> str:
        """The texts alone: one a line, or with an empty line between them where some have several."""
        between = "\n\n" if any("\n" in one for one in self.texts) else "\n"
        return "".join(f"{one}\n" for one in [between.join(self.texts)] if self.texts)

    @property
    def texts(self) -> list[str]:
        """What was written, with the prompt that it goes on with."""
        return list(self.columns["text" if self.continues else "generated"])
