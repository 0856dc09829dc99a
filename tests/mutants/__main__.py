"""Mutation testing of the shape rules and of the elaborator: `python -m tests.mutants --sample 600 --seed 1`.

Draws mutants, as many of each package, and runs for each the tests that reach it, the fastest first, until one fails: those without
Keras, and then, for what survives and belongs to a component, those that compare it with Keras. Prints which survive, and the share of the
others. A mutant that breaks, hangs or takes all memory is killed.
Survivors that `equivalent.txt` lists, with the reason why they change nothing that anyone could see, are counted apart.
Needs Linux or macOS (it forks), and `coverage`.
"""

import argparse
import os
from math import sqrt
from pathlib import Path
from random import Random

from tests.mutants.operators import ROOT, Mutant, mutants
from tests.mutants.rounds import survivors

PACKAGES = {
    "shape rules": ("nndsl/catalogue/*.py", "nndsl/catalogue/layers/*.py", "nndsl/catalogue/functions/*.py", "nndsl/types.py",
                    "nndsl/equations.py", "nndsl/proofs.py"),
    "elaborator": ("nndsl/elaboration/*.py",),
}
NOT_RULES = {"differences.py", "augmentations.py", "durations.py", "stopping.py", "__init__.py"}
"""Words of the training settings, and the lists that the documentation prints."""
EQUIVALENT = Path(__file__).with_name("equivalent.txt")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=600, help="how many mutants, half of each package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", type=float, default=10, help="how many seconds of tests a mutant is given in each round, the fastest first")
    parser.add_argument("--only", default="", help="only mutants of files whose path holds this")
    parser.add_argument("--quick", action="store_true", help="without the round that needs Keras")
    asked = parser.parse_args()
    os.chdir(ROOT)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    drawn = {package: _drawn(package, asked.sample // len(PACKAGES), asked.seed, asked.only) for package in PACKAGES}
    equivalent = {one for some in drawn.values() for one in some if _key(one) in _equivalent()}
    tried = [one for some in drawn.values() for one in some if one not in equivalent]
    left = survivors(tried, [path for package in PACKAGES for path in _paths(package)], asked.budget, asked.quick)
    for one in sorted(left, key=str):
        print(one)
    for package, some in drawn.items():
        print(f"{package}: {_rate(len(some), len(left & set(some)), len(equivalent & set(some)))}")


def _drawn(package: str, count: int, seed: int, only: str) -> list[Mutant]:
    paths = [path for path in _paths(package) if only in path]
    found = [one for path in paths for one in mutants(path)]
    return Random(f"{package} {seed}").sample(found, min(count, len(found)))


def _paths(package: str) -> list[str]:
    found = {path for pattern in PACKAGES[package] for path in ROOT.glob(pattern) if path.name not in NOT_RULES}
    return sorted(str(path.relative_to(ROOT)) for path in found)


def _key(mutant: Mutant) -> str:
    return f"{mutant.path} | {mutant.before} | {mutant.after}"


def _equivalent() -> set[str]:
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def _rate(drawn: int, survived: int, equivalent: int) -> str:
    """The share that was killed of those that change something, with the interval (Wilson) of 95 %."""
    tried = drawn - equivalent
    killed, square = tried - survived, 1.96**2
    if not tried:
        return "no mutants"
    wide = sqrt(killed * survived / tried + square / 4)
    low, high = ((killed + square / 2 + side * 1.96 * wide) / (tried + square) for side in (-1, 1))
    return f"{killed} of {tried} killed, {killed / tried:.1%} ({low:.1%} to {high:.1%}); {equivalent} more are equivalent"



if __name__ == "__main__":
    main()
