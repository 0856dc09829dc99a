"""Examples by number: the same number is the same example, and neighbours have nothing in common.

Hypothesis, left to itself, goes on to vary examples that it has had already, which makes more of the same. Here each is the
second of its own series: the first is the simplest there is.
"""

from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

_Value = TypeVar("_Value")
_TWO = settings(max_examples=2, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck))


def numbered(strategy: st.SearchStrategy[_Value], number: int) -> _Value:
    """The example of a strategy with a number."""
    drawn: list[_Value] = []

    @seed(number)
    @_TWO
    @given(strategy)
    def keep(value: _Value) -> None:
        drawn.append(value)

    keep()
    return drawn[-1]
