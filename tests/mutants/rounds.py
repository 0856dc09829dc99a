"""The rounds of tests that a mutant goes through."""

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from tests.mutants.operators import Mutant
from tests.mutants.reach import Reach, reach
from tests.mutants.trial import OPTIONS, SURVIVED, UNFIT, InPlace, OfComponent, Only, anew, files_of, forked

QUICK = [f"tests/test_{one}.py" for one in (
    "language", "accidents", "diagnostics", "expressions", "sizes", "soundness", "catalogue_calls", "catalogue_arguments", "catalogue_functions", "catalogue_sequences", "specs", "specs_library", "lint", "repairs",
    "foresight", "one_message", "receptive_field", "linear", "fitting", "schedules", "costs", "printer", "budget", "filling", "trainings", "data_mistakes", "docs", "api")]
WITH_KERAS = [f"tests/agreement/test_{one}.py" for one in ("layers", "functions", "arguments", "layer_cases", "flops", "sight")]


@dataclass(frozen=True)
class Round:
    """The tests of some files, and what they reach."""

    reach: Reach
    budget: float

    def tests(self, mutant: Mutant) -> list[str]:
        """The tests that may kill a mutant, as many as the budget allows, and one of each file.

        Those that are named after its class come first, then those that reach it, or its file, and the fastest first. What is made
        when a file is imported can be seen by any test.
        """
        reached = set() if mutant.imported else self.reach.of_lines(mutant.path, mutant.lines)
        close = reached or self.reach.of_file(mutant.path)
        owner = mutant.within[0] if mutant.within else "\n"
        names = (f"[{owner}]", f"[{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', owner).lower()}]")

        def place(test: str) -> tuple[bool, bool, float]:
            return not test.endswith(names), test not in close, self.reach.seconds[test]

        chosen, files, spent = list[str](), set[str](), 0.0
        for test in sorted(reached or self.reach.seconds, key=place):
            spent += self.reach.seconds[test]
            if spent <= self.budget or not files.issuperset(files_of([test])):
                chosen.append(test)
                files.update(files_of([test]))
        return chosen

    def runs_in_tests_alone(self, mutant: Mutant) -> bool:
        """Whether a test runs it, and nothing before the tests."""
        return bool(self.reach.of_lines(mutant.path, mutant.lines)) and not self.reach.at_import(mutant.path, mutant.lines)

    def limit(self, tests: list[str]) -> float:
        """When a mutant has used up so many seconds of the processor, it hangs."""
        return 30 + 5 * sum(self.reach.seconds[test] for test in tests)


def survivors(drawn: list[Mutant], paths: list[str], budget: float, quick: bool) -> set[Mutant]:
    """The mutants that no test kills.

    Args:
        paths: the files that mutants are of.
        budget: how many seconds of tests a mutant is given.
        quick: whether to leave out the tests that need Keras.
    """
    _import_ahead()
    first = Round(reach(QUICK, paths, forked), budget)
    verdicts = dict(_in_place(drawn, first))
    for mutant in drawn:
        if verdicts.get(mutant, UNFIT) == UNFIT:
            tests = first.tests(mutant)
            verdicts[mutant] = _anew(mutant, files_of(tests), Only(tests), first.limit(tests))
        if verdicts[mutant] == SURVIVED and not quick:
            verdicts[mutant] = _anew(mutant, WITH_KERAS, OfComponent(mutant), 600)
    return {mutant for mutant, verdict in verdicts.items() if verdict == SURVIVED}


def _anew(mutant: Mutant, files: list[str], selection: object, seconds: float) -> int:
    verdict = forked(lambda: anew(mutant, files, selection, seconds))
    _show(mutant, verdict, sys.stderr)
    return verdict


def _show(mutant: Mutant, verdict: int, file: TextIO) -> None:
    print(f"{'survives' if verdict == SURVIVED else 'killed'}: {mutant}", file=file, flush=True)


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
    bodies = [one for one in drawn if not one.imported and first.runs_in_tests_alone(one)]
    trials = [(one, tests := first.tests(one), first.limit(tests)) for one in bodies]
    with tempfile.TemporaryDirectory() as folder, os.fdopen(os.dup(2), "w") as shown:
        said = Path(folder) / "verdicts"

        def verdict(mutant: Mutant, code: int) -> None:
            with said.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps([bodies.index(mutant), code])}\n")
            _show(mutant, code, shown)

        forked(lambda: pytest.main([*QUICK, *OPTIONS], plugins=[InPlace(trials, verdict)]))
        for line in said.read_text(encoding="utf-8").splitlines():
            place, code = json.loads(line)
            yield bodies[place], code
