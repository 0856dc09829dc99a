"""Building the Keras model of a checked network against building it by hand."""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import nndsl
from benchmarks.by_hand import BY_HAND
from benchmarks.measures import Measure, in_turns, main, milliseconds, timed

FILE = Path(__file__).parent / "networks.nn"
Build: TypeAlias = Callable[[], keras.Model]


def run(small: bool) -> Sequence[Measure]:
    program = nndsl.load(FILE)
    compared = [of(name, partial(program.model, name), by_hand, 2 if small else 21) for name, by_hand in BY_HAND.items()]
    return [measure for measures in compared for measure in measures]


def of(name: str, build: Build, by_hand: Build, rounds: int) -> Sequence[Measure]:
    """The parameters of a network, and the time to build it."""
    ours, peer = build().count_params(), by_hand().count_params()
    taken = in_turns(lambda: built_in(build), lambda: built_in(by_hand), rounds)
    return [
        Measure(f"{name}: difference in parameters", f"{ours:,}", f"{peer:,}", abs(ours - peer), 0),
        Measure(f"{name}: time to build", milliseconds(taken.ours), milliseconds(taken.peer), taken.ratio, 1.1),
    ]


def built_in(build: Build) -> float:
    """The seconds that a model takes, begun with nothing left of those before."""
    keras.backend.clear_session()
    return timed(build)


if __name__ == "__main__":
    main("compile: from a checked network to a Keras model", run)
