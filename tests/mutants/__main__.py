"""Mutation testing of the shape rules and of the elaborator: `python -m tests.mutants --sample 600 --seed 1`.

Draws mutants, as many of each package, and runs for each the tests that reach it, the fastest first, until one fails: those without
Keras, then, for what survives and is of the catalogue, those that compare it with Keras. Prints which survive, and the share that does not.
Survivors that `equivalent.txt` lists, with the reason why they change nothing that anyone could see, are counted apart.
Needs Linux or macOS (it forks), and `coverage`.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from random import Random

import pytest

from tests.mutants.operators import ROOT, Mutant, mutants
from tests.mutants.reach import Reach, reach
from tests.mutants.trial import OPTIONS, SURVIVED, UNFIT, InPlace, anew, forked

PACKAGES = {
    "shape rules": ("nndsl/catalogue/*.py", "nndsl/catalogue/layers/*.py", "nndsl/catalogue/functions/*.py", "nndsl/types.py",
                    "nndsl/equations.py", "nndsl/proofs.py"),
    "elaborator": ("nndsl/elaboration/*.py",),
}
NOT_RULES = {"differences.py", "augmentations.py", "durations.py", "stopping.py", "__init__.py"}
"""Words of the training settings, and the lists that the documentation prints."""
QUICK = [f"tests/test_{one}.py" for one in (
    "language", "diagnostics", "sizes", "soundness", "catalogue_calls", "catalogue_functions", "catalogue_sequences", "specs", "specs_library", "lint", "repairs",
    "foresight", "fitting", "schedules", "costs", "printer", "budget", "data_mistakes", "docs", "api")]
WITH_KERAS = [f"tests/agreement/test_{one}.py" for one in ("layers", "functions", "arguments", "layer_cases", "flops", "sight")]
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
    survivors = _survivors([one for some in drawn.values() for one in some if one not in equivalent], asked.budget, asked.quick)
    for one in survivors:
        print(one)
    for package, some in drawn.items():
        print(f"{package}: {_rate(len(some), len(survivors & set(some)), len(equivalent & set(some)))}")


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


# The rounds -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Round:
    """The tests of some files, and what they reach."""

    reach: Reach
    budget: float

    def tests(self, mutant: Mutant) -> list[str]:
        """The tests that may kill a mutant, first those named after its class, then the fastest, as many as the budget allows."""
        found = set() if mutant.imported else self.reach.of_lines(mutant.path, mutant.lines)
        found = found or self.reach.of_file(mutant.path) or set(self.reach.seconds)
        owner = mutant.within[0] if mutant.within else "\n"
        chosen, spent = list[str](), 0.0
        for test in sorted(found, key=lambda test: (owner not in test, self.reach.seconds[test])):
            spent += self.reach.seconds[test]
            if chosen and spent > self.budget:
                break
            chosen.append(test)
        return chosen

    def limit(self, tests: list[str]) -> float:
        """When a mutant has used up so many seconds of the processor, it hangs."""
        return 30 + 5 * sum(self.reach.seconds[test] for test in tests)


def _survivors(drawn: list[Mutant], budget: float, quick: bool) -> set[Mutant]:
    _import_ahead()
    paths = [path for package in PACKAGES for path in _paths(package)]
    first = Round(reach(QUICK, paths, forked), budget)
    verdicts = dict(_in_place(drawn, first))
    left = {one for one, verdict in verdicts.items() if verdict == SURVIVED}
    left |= set(_left([one for one in drawn if verdicts.get(one, UNFIT) == UNFIT], first))
    if quick:
        return left
    second = Round(reach(WITH_KERAS, paths, forked), budget)
    untouched = {one for one in left if not second.reach.of_file(one.path)}
    return untouched | set(_left(sorted(left - untouched, key=str), second))


def _import_ahead() -> None:
    """What every forked process needs, but nothing of nndsl, which mutants change, and not TensorFlow, which cannot be forked."""
    import hypothesis.strategies
    import lark  # noqa: F401
    import networkx  # noqa: F401
    import numpy  # noqa: F401
    import PIL.Image  # noqa: F401
    import pyarrow  # noqa: F401
    import rich.console  # noqa: F401
    import yaml  # noqa: F401

    hypothesis.settings.register_profile("mutants", deadline=None, derandomize=True, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate])


def _in_place(drawn: list[Mutant], first: Round) -> Iterator[tuple[Mutant, int]]:
    """What becomes of the mutants of functions' bodies, all in one session of pytest."""
    bodies = [one for one in drawn if not one.imported and not first.reach.at_import(one.path, one.lines) and first.reach.of_lines(one.path, one.lines)]
    trials = [(one, tests := first.tests(one), first.limit(tests)) for one in bodies]
    with tempfile.TemporaryDirectory() as folder, os.fdopen(os.dup(2), "w") as shown:
        said = Path(folder) / "verdicts"

        def verdict(mutant: Mutant, code: int) -> None:
            with said.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps([bodies.index(mutant), code])}\n")
            print(mutant if code == SURVIVED else ".", file=shown, flush=True)

        forked(lambda: pytest.main([*QUICK, *OPTIONS], plugins=[InPlace(trials, verdict)]))
        for line in said.read_text(encoding="utf-8").splitlines():
            place, code = json.loads(line)
            yield bodies[place], code


def _left(drawn: list[Mutant], tests: Round) -> Iterator[Mutant]:
    """The mutants that survive being imported as such."""
    for mutant in drawn:
        chosen = tests.tests(mutant)
        survived = forked(lambda: anew(mutant, chosen, tests.limit(chosen))) == SURVIVED  # noqa: B023
        print(mutant if survived else ".", file=sys.stderr, flush=True)
        if survived:
            yield mutant


if __name__ == "__main__":
    main()
