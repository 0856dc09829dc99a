"""Reading aloud without a network: letters are aligned with their sounds, and each says what it says most often there."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf, log
from typing import TypeAlias

Ids: TypeAlias = Sequence[int]
Chunk: TypeAlias = tuple[int, ...]
"""What one letter says: no sound, one, or two (an x)."""
Costs: TypeAlias = Mapping[tuple[int, Chunk], float]
"""How unlikely it is that a letter says something, in nats."""

_MOST = 2
_UNSEEN = 12.0
_ROUNDS = 5


class Reader:
    """What letters say, learnt from words and their sounds.

    Args:
        words: with what each of their letters says.
        around: how many letters on each side of a letter are looked at, if those were seen before; else fewer.
    """

    def __init__(self, words: Sequence[tuple[Ids, Sequence[Chunk]]], around: int) -> None:
        self._around = around
        seen: dict[Ids, Counter[Chunk]] = defaultdict(Counter)
        for letters, chunks in words:
            for place, chunk in enumerate(chunks):
                for width in range(around + 1):
                    seen[_letters_at(letters, place, width)][chunk] += 1
        self._says = {letters: max(counts, key=lambda one: (counts[one], one)) for letters, counts in seen.items()}

    def read(self, letters: Ids) -> list[int]:
        """The sounds of a word."""
        said: list[int] = []
        for place in range(len(letters)):
            known = (_letters_at(letters, place, width) for width in range(self._around, -1, -1))
            said += next((self._says[one] for one in known if one in self._says), ())
        return said


def _letters_at(letters: Ids, place: int, width: int) -> Ids:
    """The letters up to so far beside a place, with a 0 where the word has ended."""
    padded = (*[0] * width, *letters, *[0] * width)
    return padded[place : place + 2 * width + 1]


def aligned(words: Sequence[Ids], sounds: Sequence[Ids]) -> list[tuple[Ids, list[Chunk]]]:
    """The words with what each of their letters says; those with more than two sounds a letter are left out.

    What letters say and what they say in each word are found by turns, each from the other, beginning at the diagonal.
    """
    costs: Costs = {}
    for _ in range(_ROUNDS):
        paths = [(word, path) for word, said in zip(words, sounds, strict=True) if (path := _cheapest(word, said, costs)) is not None]
        counts = Counter((letter, chunk) for word, path in paths for letter, chunk in zip(word, path, strict=True))
        totals = Counter(letter for word, _ in paths for letter in word)
        costs = {(letter, chunk): log(totals[letter] / count) for (letter, chunk), count in counts.items()}
    return paths


def _cheapest(letters: Ids, sounds: Ids, costs: Costs) -> list[Chunk] | None:
    """The way to give each letter its sounds, in order, that costs least."""
    best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
    for place, letter in enumerate(letters, 1):
        found: dict[int, tuple[float, int]] = {}
        for begin, (before, _) in best[-1].items():
            for end in range(begin, min(begin + _MOST, len(sounds)) + 1):
                askew = abs(end / len(sounds) - place / len(letters))
                cost = before + costs.get((letter, tuple(sounds[begin:end])), _UNSEEN) + askew
                if cost < found.get(end, (inf, 0))[0]:
                    found[end] = (cost, begin)
        best.append(found)
    if len(sounds) not in best[-1]:
        return None
    ends = [len(sounds)]
    for step in reversed(best[1:]):
        ends.append(step[ends[-1]][1])
    return [tuple(sounds[begin:end]) for begin, end in pairwise(reversed(ends))]


def edits(said: Ids, meant: Ids) -> int:
    """How many sounds have to be put in, taken out or replaced, at least (Levenshtein, 1966)."""
    row = list(range(len(meant) + 1))
    for place, sound in enumerate(said, 1):
        corner, row[0] = row[0], place
        for column, other in enumerate(meant, 1):
            corner, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, corner + (sound != other))
    return row[-1]
