"""How near the letters that a GAN writes at each position come to those of donor sites that it has not seen.

    nndsl generate runs/donorgan/latest --count 506 -o new.npz
    python -m examples.dna_gan.frequencies new.npz
"""

import sys

import numpy

from examples.baselines import Array, difference, frequencies, parts, shuffled_sites

SITE = 30
"""The position at which the intron begins."""
AROUND = range(SITE - 3, SITE + 6)
"""Where the spliceosome reads."""


def starting(letters: Array) -> float:
    """The share of sequences whose intron begins with GT."""
    return float(((letters[:, SITE] == 2) & (letters[:, SITE + 1] == 3)).mean())


def at_the_site(letters: Array) -> str:
    """The most frequent letter of each position around the site, with its share."""
    return "  ".join(f"{'ACGT'[one.argmax()]} {one.max():.2f}" for one in frequencies(letters)[AROUND])


def text_of(letters: Array) -> str:
    """A sequence, the intron in capitals."""
    text = "".join("ACGT"[one] for one in letters)
    return text[:SITE].lower() + text[SITE:]


def main(path: str) -> None:
    data = parts("dna_gan/dna_gan.nn")
    train, test = (data[part]["sequence"].argmax(-1) for part in ("train", "test"))
    with numpy.load(path) as made:
        new = made["sample_1"].argmax(-1)
    print(f"difference of frequencies from those of {len(test)} sites held out")
    rows = {f"{len(new)} sequences that were made": difference(new, test), f"the {len(train)} sites learnt from": difference(train, test)}
    for name, figure in {**rows, **shuffled_sites(data)}.items():
        print(f"  {name:42}{figure:.4f}")
    print(f"around the site\n  held out  {at_the_site(test)}\n  made      {at_the_site(new)}")
    known, different = {one.tobytes() for one in train}, {one.tobytes() for one in new}
    print(f"with GT: {starting(test):.3f} of those held out, {starting(new):.3f} of those made")
    print(f"of {len(new)} made, {len(different)} are different, and {len(different & known)} are sites learnt from; some of them:")
    for one in new[:4]:
        print(f"  {text_of(one)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
