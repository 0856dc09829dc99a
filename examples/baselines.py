"""How far one gets without a network, on the same split as each example: the most frequent answer, naive Bayes, neighbours.

    python -m examples.baselines names
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any, TypeAlias

import numpy

from examples.spelling import Reader, aligned, edits
from nndsl.driver import check
from nndsl.source import Source

Array: TypeAlias = numpy.ndarray[Any, Any]
Parts: TypeAlias = Mapping[str, Mapping[str, Array]]
"""The fields of the examples of each part of the data."""
Baseline: TypeAlias = Callable[[Parts], Mapping[str, float]]
"""By what is done, how well it does on the test examples: the plainest first, the best last."""


def parts(file: str) -> Parts:
    """The data of a file of the examples (`names/names.nn`), as a network is given them."""
    path = Path(__file__).resolve().parent / file
    program, report = check(Source(path.name, path.read_text(encoding="utf-8"), path))
    report.raise_errors()
    (data,) = program.data.values()
    return {part: examples.fields for part, examples in data.load().splits.items()}


# Classes -----------------------------------------------------------------------------------------

Features = Callable[[Array], Iterable[Hashable]]
"""What naive Bayes counts in one example, given as the network is given it."""


def endings(letters: Array) -> Iterable[Hashable]:
    """The last one, two and three letters of a name."""
    name = letters[letters > 0].tolist()
    return [tuple(name[-length:]) for length in (1, 2, 3)]


def tokens(ids: Array) -> Iterable[Hashable]:
    """The words of a sentence."""
    return ids[ids > 0].tolist()  # type: ignore[no-any-return]


def residues(vectors: Array) -> Iterable[Hashable]:
    """The amino acids of a peptide, and its pairs of neighbours."""
    letters = vectors[vectors.any(axis=-1)].argmax(axis=-1).tolist()
    return [*letters, *pairwise(letters)]


def places(vectors: Array) -> Iterable[Hashable]:
    """Which nucleotide stands at which position: the position weight matrix of a class."""
    return list(enumerate(vectors.argmax(axis=-1).tolist()))


def codons(vectors: Array) -> Iterable[Hashable]:
    """The codons of the frame that begins with the first nucleotide."""
    letters = vectors.argmax(axis=-1).tolist()
    return list(zip(letters[0::3], letters[1::3], letters[2::3], strict=True))


def runs_of_six(vectors: Array) -> Iterable[Hashable]:
    """Each nucleotide with the five that follow it."""
    letters = vectors.argmax(axis=-1).tolist()
    return list(zip(*(letters[start:] for start in range(6)), strict=False))


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


def most_frequent(target: Array) -> Mapping[str, float]:
    """How often the best single answer is right."""
    return {"one answer to everything": float(numpy.bincount(target.reshape(-1)).max() / target.size)}


def bayes(field: str, target: str, features: Features, counted: str) -> Baseline:
    """Naive Bayes over what is counted in a field."""

    def figures(data: Parts) -> Mapping[str, float]:
        train, test = data["train"], data["test"]
        model = NaiveBayes([features(one) for one in train[field]], train[target].tolist())
        right = numpy.array([model.predict(features(one)) for one in test[field]]) == test[target]
        return {**most_frequent(test[target]), f"naive Bayes over {counted}": float(right.mean())}

    return figures


def neighbour(fields: Sequence[str], target: str) -> Baseline:
    """The class of the nearest training example, by the distance of all numbers."""

    def figures(data: Parts) -> Mapping[str, float]:
        train, test = (numpy.concatenate([flat(data[part][one]) for one in fields], axis=1) for part in ("train", "test"))
        nearest = numpy.array([numpy.square(train - one).sum(axis=1).argmin() for one in test])
        right = data["train"][target][nearest] == data["test"][target]
        return {**most_frequent(data["test"][target]), "the nearest training example": float(right.mean())}

    return figures


def flat(values: Array) -> Array:
    """A row of numbers for each example; those of a class have a 1 in its place."""
    if values.dtype.kind == "i":
        values = numpy.eye(int(values.max()) + 1)[values]
    return values.reshape(len(values), -1).astype("float64")


# Everything else ---------------------------------------------------------------------------------


def next_character(data: Parts, most: int = 6) -> Mapping[str, float]:
    """What followed the same last characters most often: as many of them as were followed by it twice at least."""
    learnt, asked = ([int(data[part]["tokens"][0, 0]), *data[part]["next"].reshape(-1).tolist()] for part in ("train", "test"))
    following = [best_ends(learnt, length) for length in range(most + 1)]

    def said(place: int) -> int:
        runs = (tuple(asked[place - length : place]) for length in range(min(most, place), -1, -1))
        return next(following[len(run)][run] for run in runs if run in following[len(run)])

    right = sum(said(place) == asked[place] for place in range(1, len(asked)))
    name = f"what followed up to {most} last characters most often"
    return {**most_frequent(data["test"]["next"]), name: right / (len(asked) - 1)}


def best_ends(ids: Sequence[int], length: int) -> Mapping[tuple[int, ...], int]:
    """For each run of some ids, what follows it most often, if it does so twice."""
    runs = Counter(zip(*(ids[start:] for start in range(length + 1)), strict=False))
    ordered = sorted(runs.items(), key=lambda one: (one[1], one[0]))
    return {run[:-1]: run[-1] for run, count in ordered if count > 1}


def last_season(data: Parts) -> Mapping[str, float]:
    """The error of last week's same day, in standard deviations: the window ends with today, and the target is tomorrow."""
    test = data["test"]
    return {"last week's same day": float(numpy.abs(test["past"][:, -7] - test["next"][:, 0]).mean())}


def components(count: int) -> Baseline:
    """The squared error of images that are the mean of all, or drawn again from their first principal components."""

    def figures(data: Parts) -> Mapping[str, float]:
        train, test = (flat(data[part]["image"]) for part in ("train", "test"))
        mean = train.mean(axis=0)
        axes = numpy.linalg.svd(train - mean, full_matrices=False)[2][:count]
        again = mean + (test - mean) @ axes.T @ axes
        return {
            "the mean of all images": float(numpy.square(test - mean).mean()),
            f"{count} principal components": float(numpy.square(test - again).mean()),
        }

    return figures


def reading(data: Parts) -> Mapping[str, float]:
    """Phoneme error rates of words that are read letter by letter: edits for each phoneme that is meant."""
    words, sounds, asked, meant = ([one[one > 0].tolist() for one in data[part][field]]
                                   for part in ("train", "test") for field in ("word", "next"))
    learnt = aligned(words, sounds)

    def rate(around: int) -> float:
        reader = Reader(learnt, around)
        return sum(edits(reader.read(word), said) for word, said in zip(asked, meant, strict=True)) / sum(map(len, meant))

    return {"what each letter says most often": rate(0), "what it says among up to 3 others on each side": rate(3)}


def frequencies(letters: Array) -> Array:
    """How often each letter stands at each position: `[length, 4]`, of sequences `[n, length]`."""
    found: Array = (letters[..., None] == numpy.arange(4)).mean(axis=0)
    return found


def difference(letters: Array, held_out: Array) -> float:
    """The mean absolute difference between the frequencies of letters in some sequences and in those held out."""
    return float(numpy.abs(frequencies(letters) - frequencies(held_out)).mean())


def shuffled_sites(data: Parts) -> Mapping[str, float]:
    """How far frequencies are from those of sites held out, of what is no site."""
    train, test = (data[part]["sequence"].argmax(-1) for part in ("train", "test"))
    chance = numpy.random.default_rng(1)
    return {
        "letters at random": difference(chance.integers(0, 4, train.shape), test),
        "real sites with their letters shuffled": difference(chance.permuted(train, axis=1), test),
    }


BASELINES: Mapping[str, Baseline] = {
    "penguins/penguins.nn": neighbour(["measures", "island", "sex"], "species"),
    "digits/digits.nn": neighbour(["image"], "label"),
    "splice/splice.nn": bayes("sequence", "site", places, "positions"),
    "promoters/promoters.nn": bayes("sequence", "site", runs_of_six, "runs of 6 nucleotides"),
    "names/names.nn": bayes("name", "gender", endings, "the last 1, 2 and 3 letters"),
    "peptides/peptides.nn": bayes("peptide", "antimicrobial", residues, "amino acids and pairs of neighbours"),
    "authors/authors.nn": bayes("words", "author", tokens, "the same words"),
    "splice_human/splice_human.nn": bayes("sequence", "site", places, "positions"),
    "reading_frames/reading_frames.nn": bayes("sequence", "frame", codons, "codons"),
    "births/births.nn": last_season,
    "moby_dick/moby_dick.nn": next_character,
    "pronunciation/pronunciation.nn": reading,
    "dna_gan/dna_gan.nn": shuffled_sites,
    "autoencoder/autoencoder.nn": components(8),
    "autoencoder/vae.nn": components(8),
}
"""By the file of an example."""


if __name__ == "__main__":
    asked = sys.argv[1:] or [Path(file).parent.name for file in BASELINES]
    for file, baseline in BASELINES.items():
        if Path(file).parent.name in asked:
            for name, figure in baseline(parts(file)).items():
                print(f"{file:36}{name:58}{figure:.4f}")
