"""How far one gets without a network: one answer to everything, and naive Bayes, on the same split as each example.

    python examples/baselines.py names
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise
from math import log
from pathlib import Path

import numpy

from nndsl.driver import check
from nndsl.source import Source

Features = Callable[[numpy.ndarray], Iterable[Hashable]]
"""What naive Bayes counts in one example, given as the network is given it."""


def endings(letters: numpy.ndarray) -> Iterable[Hashable]:
    """The last one, two and three letters of a name."""
    name = letters[letters > 0].tolist()
    return [tuple(name[-length:]) for length in (1, 2, 3)]


def tokens(ids: numpy.ndarray) -> Iterable[Hashable]:
    """The words of a sentence."""
    return ids[ids > 0].tolist()  # type: ignore[no-any-return]


def residues(vectors: numpy.ndarray) -> Iterable[Hashable]:
    """The amino acids of a peptide, and its pairs of neighbours."""
    letters = vectors[vectors.any(axis=-1)].argmax(axis=-1).tolist()
    return [*letters, *pairwise(letters)]


def places(vectors: numpy.ndarray) -> Iterable[Hashable]:
    """Which nucleotide stands at which position: the position weight matrix of a class."""
    return list(enumerate(vectors.argmax(axis=-1).tolist()))


def codons(vectors: numpy.ndarray) -> Iterable[Hashable]:
    """The codons of the frame that begins with the first nucleotide."""
    letters = vectors.argmax(axis=-1).tolist()
    return list(zip(letters[0::3], letters[1::3], letters[2::3], strict=True))


EXAMPLES: dict[str, tuple[str, str, Features]] = {
    "names": ("name", "gender", endings),
    "peptides": ("peptide", "antimicrobial", residues),
    "authors": ("words", "author", tokens),
    "splice_human": ("sequence", "site", places),
    "reading_frames": ("sequence", "frame", codons),
}
"""Each example's input, its target, and what naive Bayes counts."""


class NaiveBayes:
    """Naive Bayes over counted features, each seen once more than it was (Laplace)."""

    def __init__(self, examples: Sequence[Iterable[Hashable]], classes: Sequence[int]) -> None:
        self.classes = Counter(classes)
        self.seen: dict[int, Counter[Hashable]] = defaultdict(Counter)
        for features, one in zip(examples, classes, strict=True):
            self.seen[one].update(features)
        self.known = len(set().union(*self.seen.values()))
        self.totals = {one: counts.total() for one, counts in self.seen.items()}

    def score(self, features: Iterable[Hashable], one: int) -> float:
        """The logarithm of how likely an example and its class are together."""
        total, seen = log(self.totals[one] + self.known), self.seen[one]
        return log(self.classes[one]) + sum(log(seen[feature] + 1) - total for feature in features)

    def predict(self, features: Iterable[Hashable]) -> int:
        known = list(features)
        return max(self.classes, key=lambda one: self.score(known, one))


def baselines(name: str) -> tuple[float, float]:
    """The accuracy on test examples of the best single answer to all of them, and of naive Bayes."""
    path = Path(__file__).resolve().parent / name / f"{name}.nn"
    program, report = check(Source(path.name, path.read_text(encoding="utf-8"), path))
    report.raise_errors()
    (data,) = program.data.values()
    field, target, features = EXAMPLES[name]
    train, test = (data.load().splits[part].fields for part in ("train", "test"))
    model = NaiveBayes([features(one) for one in train[field]], train[target].tolist())
    said = numpy.array([model.predict(features(one)) for one in test[field]])
    return float(numpy.bincount(test[target]).max() / len(said)), float((test[target] == said).mean())


if __name__ == "__main__":
    for example in sys.argv[1:] or EXAMPLES:
        constant, bayes = baselines(example)
        print(f"{example:16}one answer to everything {constant:.4f}   naive Bayes {bayes:.4f}")
