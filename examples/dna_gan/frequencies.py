"""How near the letters that a GAN writes at each position come to those of donor sites that it has not seen.

    nndsl generate runs/donorgan/latest --count 506 -o new.npz
    python -m examples.dna_gan.frequencies new.npz
"""

import sys

import numpy

from examples.baselines import Array, parts

SITE = 30
"""The position at which the intron begins."""


def frequencies(letters: Array) -> Array:
    """How often each letter stands at each position: `[60, 4]`, of sequences `[n, 60]`."""
    return (letters[..., None] == numpy.arange(4)).mean(axis=0)


def difference(letters: Array, held_out: Array) -> float:
    """The mean absolute difference between the frequencies of some sequences and those held out."""
    return float(numpy.abs(frequencies(letters) - frequencies(held_out)).mean())


def told(name: str, letters: Array, held_out: Array) -> str:
    start = (letters[:, SITE] == 2) & (letters[:, SITE + 1] == 3)
    return f"{name:42}{difference(letters, held_out):10.4f}{start.mean():10.3f}"


def main(path: str) -> None:
    data = parts("dna_gan/dna_gan.nn")
    train, test = (data[part]["sequence"].argmax(-1) for part in ("train", "test"))
    with numpy.load(path) as made:
        new = made["sample_1"].argmax(-1)
    chance = numpy.random.default_rng(1)
    print(f"{'':42}{'difference':>10}{'GT':>10}")
    print(told(f"{len(new)} sequences of {path}", new, test))
    print(told(f"the {len(train)} sites that it learnt from", train, test))
    print(told("the same, each with its letters shuffled", chance.permuted(train, axis=1), test))
    print(told("letters at random", chance.integers(0, 4, train.shape), test))
    known = {one.tobytes() for one in train}
    print(f"\nof {len(new)}, {len({one.tobytes() for one in new})} are different, and {sum(one.tobytes() in known for one in new)} "
          "were learnt by heart; some of them:")
    for one in new[:5]:
        text = "".join("ACGT"[letter] for letter in one)
        print(f"  {text[:SITE].lower()}|{text[SITE:]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
