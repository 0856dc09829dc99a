"""Arguments outside of their bounds: what the catalogue refuses of numbers, words and lists, Keras refuses too, or it is on the list.

A value of another kind altogether (a word for a number, 1 for true) is refused at once, where Keras may never look.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from nndsl.catalogue.applicable import Applicable, Function, Layer
from nndsl.catalogue.differences import OUT_OF_BOUNDS
from nndsl.types import BadArgument
from tests.backend.test_lower_saved import case_of
from tests.programs.refused import Refusal, keras_takes

COMPONENTS: list[type[Applicable]] = [*Layer.registered(), *Function.registered()]
TRIED: tuple[Any, ...] = (0, -1, -2, 1_000, -0.5, 0.0, 1.0, 1.5, 2.0, (0, 0), (0,), (-1, 2), (1, 2, 3, 4), "nonsense")
RIGHT: tuple[Any, ...] = (1, 2, 3, 5, 0.5, 0.25, 3.0, 100.0, (1, 1), (2, 3), (1,), (1, 1, 1, 1))


def out_of_bounds(component: type[Applicable]) -> Iterator[tuple[str, Any]]:
    """Values of the right sort that the fields of a component do not take."""
    for name, field in component.fields().items():
        words = field.kind.options()
        for value in TRIED if name not in ("name", "seed", "dtype") else ():
            alike = [one for one in (*RIGHT, *words) if type(one) is type(value) and (not isinstance(one, tuple) or len(one) == len(value))]
            if not field.kind.takes(value) and any(field.kind.takes(one) for one in alike):
                yield name, value


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda one: one.__name__)
def test_a_value_out_of_bounds_is_refused_by_keras_too_or_listed(component: type[Applicable]) -> None:
    built, types = case_of(component)
    taken = {}
    for name, value in out_of_bounds(component):
        wrong = component(**{**built.__dict__, name: value})
        if name not in OUT_OF_BOUNDS and keras_takes(Refusal(wrong, types, BadArgument("is out of bounds"))):
            taken[name] = value
    assert not taken


def test_what_is_listed_is_an_argument() -> None:
    assert set(OUT_OF_BOUNDS) <= {name for one in COMPONENTS for name in one.fields()}
