"""Building the Keras model of a checked network against building it by hand."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import nndsl
from benchmarks.by_hand import BY_HAND
from benchmarks.measures import Measure, in_turns, main, milliseconds, timed

FILE = Path(__file__).parent / "networks.nn"


def run(small: bool) -> Sequence[Measure]:
    program, found = nndsl.load(FILE), []
    for name, build in BY_HAND.items():
        built, written = program.model(name), build()
        more = float(abs(built.count_params() - written.count_params()))
        found.append(Measure(f"{name}: difference in parameters", f"{built.count_params():,}", f"{written.count_params():,}", more, 0))
        taken = in_turns(lambda: built_in(lambda: program.model(name)), lambda: built_in(build), 2 if small else 21)
        found.append(Measure(f"{name}: time to build", milliseconds(taken.ours), milliseconds(taken.peer), taken.ratio, 1.1))
    return found


def built_in(build: Callable[[], keras.Model]) -> float:
    """The seconds that a model takes, begun with nothing left of those before."""
    keras.backend.clear_session()
    return timed(build)


if __name__ == "__main__":
    main("compile: from a checked network to a Keras model", run)
