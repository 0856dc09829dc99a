"""Advice: what is allowed, compiles and learns, and is yet hardly ever meant. Each lint is one function, beside its warning.

A warning is silenced where it stands, with a reason: see `nndsl.lint.silence`.
"""

from collections.abc import Iterator

from nndsl.diagnostics import Diagnostic
from nndsl.lint import networks, trainings
from nndsl.program import Program


def lint(program: Program) -> Iterator[Diagnostic]:
    """What there is to say about a program without errors."""
    learnt = [one.written for training in program.trainings.values() for one in training.learnt.values()]
    for network in [*program.networks.values(), *learnt]:
        for advise in networks.LINTS:
            yield from advise(network.graph)
    for training in program.trainings.values():
        for look in trainings.LINTS:
            yield from look(training)
