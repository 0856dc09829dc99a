"""Which known motifs the filters of a network of DNA have become.

    nndsl train examples/promoters/promoters.nn
    python -m examples.promoters.motifs runs/drosophilapromoters/latest

A filter is made a motif by what makes it fire: the subsequences of test examples at which it is above half of its greatest
value are counted, letter by letter (Alipanahi et al., 2015). It is compared with a motif by the correlation of their frequencies
over the positions that overlap, at the best of all overlaps and strands, as in Tomtom (Gupta et al., 2007). How good the best of
all filters would be by chance is seen from the same motif with its positions shuffled.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy

from examples.baselines import Array, parts

CORE_PROMOTER = {
    "TATA box": "STATAWAAR", "initiator": "TCAKTY", "DRE": "WATCGATW", "motif 1": "YGGTCACACTR", "E-box": "AWCAGCTGWT",
    "MTE": "CSARCSSAAC",
}
"""Motifs of the core promoters of Drosophila, as their consensus (Ohler et al., 2002; MTE: Lim et al., 2004)."""
LETTERS = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC", "N": "ACGT",
}
SHUFFLES = 1000
OVERLAP = 6
"""The least number of positions by which two motifs are compared."""
FIRED = 20
"""A filter that fires less often is no motif."""


def known() -> dict[str, Array]:
    """By name, the frequencies of the letters at each position, `[length, 4]`."""
    consensus = {name: numpy.array([[one in LETTERS[code] for one in "ACGT"] for code in text]) for name, text in CORE_PROMOTER.items()}
    jaspar = json.loads((Path(__file__).parent / "jaspar_motifs.json").read_text(encoding="utf-8"))["motifs"]
    counted = {f"{one['name']} ({one['id']})": numpy.array([one["pfm"][letter] for letter in "ACGT"]).T for one in jaspar}
    return {name: counts / counts.sum(axis=1, keepdims=True) for name, counts in {**consensus, **counted}.items()}


def filters(run: Path, sequences: Array) -> dict[int, Array]:
    """By number, the filters of a run's first convolution as motifs, `[width, 4]`; those that hardly fire are left out."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    model = keras.models.load_model(run / "best.keras")
    layers = [type(one).__name__ for one in model.layers]
    width = model.layers[layers.index("Conv1D")].kernel_size[0]
    fired = keras.Model(model.inputs, model.layers[layers.index("Activation")].output).predict(sequences, verbose=0)
    windows = numpy.lib.stride_tricks.sliding_window_view(sequences, width, axis=1).swapaxes(2, 3)
    inside = fired[:, (width - 1) // 2 :][:, : windows.shape[1]]  # `padding=same` has these positions before the first window
    found = {number: windows[inside[..., number] > inside[..., number].max() / 2] for number in range(inside.shape[-1])}
    return {number: seen.mean(axis=0) for number, seen in found.items() if len(seen) >= FIRED}


def likeness(motifs: Array, others: Array) -> Array:
    """The greatest correlation of motifs `[m, width, 4]` with others `[n, length, 4]` over all overlaps and strands: `[m, n]`."""
    best: Array = numpy.maximum(_one_strand(motifs, others), _one_strand(motifs, others[:, ::-1, ::-1]))
    return best


def _one_strand(motifs: Array, others: Array) -> Array:
    width, length = motifs.shape[1], others.shape[1]
    best = numpy.full((len(motifs), len(others)), -1.0)
    for shift in range(OVERLAP - length, width - OVERLAP + 1):
        begin, end = max(shift, 0), min(shift + length, width)
        ours, theirs = (_directions(one) for one in (motifs[:, begin:end], others[:, begin - shift : end - shift]))
        best = numpy.maximum(best, ours @ theirs.T)
    return best


def _directions(motifs: Array) -> Array:
    """Motifs as vectors of length 1: how far each frequency is from 1/4."""
    flat = motifs.reshape(len(motifs), -1) - 0.25
    found: Array = flat / numpy.maximum(numpy.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    return found


def comparison(found: Mapping[int, Array]) -> list[tuple[str, int, float, float]]:
    """For each known motif: its name, the filter that is most like it, how much, and how probable that is by chance."""
    chance = numpy.random.default_rng(1)
    numbers, learnt = list(found), numpy.stack(list(found.values()))
    rows = []
    for name, motif in known().items():
        like = likeness(learnt, motif[None])[:, 0]
        shuffled = likeness(learnt, numpy.stack([chance.permutation(motif) for _ in range(SHUFFLES)])).max(axis=0)
        p = (1 + (shuffled >= like.max()).sum()) / (1 + SHUFFLES)
        rows.append((name, numbers[int(like.argmax())], float(like.max()), float(p)))
    return sorted(rows, key=lambda row: (row[3], -row[2]))


def text_of(motif: Array) -> str:
    """The most frequent letter of each position; in lower case where it is not half of them, a dot where it is hardly one."""
    shown = zip(motif.argmax(axis=1), motif.max(axis=1), strict=True)
    return "".join("." if share < 0.4 else "ACGT"[one] if share >= 0.6 else "acgt"[one] for one, share in shown)


def main(run: str) -> None:
    found = filters(Path(run), parts("promoters/promoters.nn")["test"]["sequence"])
    rows = comparison(found)
    print(f"{len(found)} filters fire; for each of {len(rows)} known motifs, the one that is most like it\n")
    print(f"{'motif':26}{'its consensus':24}{'filter':>6}  {'fires at':14}{'correlation':>11}{'p':>8}")
    motifs = known()
    for name, number, like, p in rows:
        print(f"{name:26}{text_of(motifs[name]):24}{number:>6}  {text_of(found[number]):14}{like:>11.3f}{p:>8.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
