"""Repairs: what to do about a mistake, in words, and, where that is certain, as a change of the text."""

from collections.abc import Iterable
from typing import Self

from nndsl.frozen import Frozen
from nndsl.source import Source, Span


class Edit(Frozen):
    """A change of a text: `text` takes the place of what stands in `span`."""

    span: Span
    text: str


class Repair(str):
    """The words of a repair that is certain; they and the change of the text are made together, and so cannot disagree.

    Attributes:
        text: what is to be written.
        instead: in place of what: a part of the text; or a word, where the catalogue says what is wrong and knows no places.
            It is then changed only where that very word is blamed, by itself or in quotes.
    """

    text: str
    instead: Span | str

    def __new__(cls, words: str, text: str, instead: Span | str) -> Self:
        repair = super().__new__(cls, words)
        repair.text, repair.instead = text, instead
        return repair

    def edit(self, blamed: Span | None) -> Edit | None:
        """The change that mends a mistake at a place."""
        if isinstance(self.instead, Span):
            return Edit(self.instead, self.text)
        if blamed is not None and blamed.text == self.instead:
            return Edit(blamed, self.text)
        if blamed is not None and blamed.text == f'"{self.instead}"':
            return Edit(blamed, f'"{self.text}"')
        return None


def write(text: str, instead: Span | str) -> Repair:
    """Write something else in place of what is blamed."""
    return Repair(f"write `{text}`", text, instead)


def apart(edits: Iterable[Edit]) -> list[Edit]:
    """The changes in the order of their places; of two that overlap, or insert at the same place, only the first."""
    chosen: list[Edit] = []
    for edit in sorted(edits, key=lambda one: (one.span.start, one.span.end)):
        last = chosen[-1].span if chosen else None
        if last is None or edit.span.start > last.end or (edit.span.start == last.end and last.start < last.end):
            chosen.append(edit)
    return chosen


def applied(source: Source, edits: Iterable[Edit]) -> Source:
    """A source after changes that are apart."""
    parts, done = [], 0
    for edit in edits:
        parts += [source.text[done : edit.span.start], edit.text]
        done = edit.span.end
    return Source(source.name, "".join((*parts, source.text[done:])), source.path)


def is_slip(word: str, meant: str) -> bool:
    """Whether a word is another but for one slip: a letter too many, too few, wrong, or swapped with its neighbour.

    Digits do not slip: who writes `Conv4D`, or `h1`, may mean any other.
    """
    return word != meant and (_one_slip(word, meant) or _one_slip(meant, word))


def _one_slip(word: str, other: str) -> bool:
    """Whether `other` is `word` with a letter more, with another letter, or with two that are swapped."""
    start = next((place for place, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    rest, left = word[start:], other[start:]
    if any(one.isdigit() for one in (*rest[:1], *left[:1])):
        return False
    longer = len(other) == len(word) + 1 and rest == left[1:]
    changed = len(other) == len(word) and rest[1:] == left[1:]
    swapped = len(other) == len(word) and rest[:2] == left[1::-1] and rest[2:] == left[2:]
    return longer or changed or swapped
