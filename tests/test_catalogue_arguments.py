"""What each argument of the catalogue takes, in words, and its default: `arguments.txt` lists the arguments of a family by their names,
and below each what it takes, of which components. `pytest --bless` rewrites what they take."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import nndsl.catalogue.augmentations
import nndsl.catalogue.functions
import nndsl.catalogue.layers
import nndsl.catalogue.stopping
import nndsl.catalogue.training
import nndsl.catalogue.weights  # noqa: F401 (makes the components known)
from nndsl.catalogue.component import REQUIRED, Component, Field
from tests.approved import approved, compare

ARGUMENTS = Path(__file__).with_name("arguments.txt")
FAMILIES = {one.noun: one for one in Component.families if one.__module__.startswith("nndsl.catalogue.")}
COMPONENTS = sorted({one for family in FAMILIES.values() for one in family.registered()}, key=str)


@pytest.mark.parametrize("noun", approved(ARGUMENTS))
def test_what_an_argument_takes_is_as_expected(noun: str, bless: bool) -> None:
    def say(argument: str) -> Iterator[str]:
        alike: dict[str, list[str]] = {}
        for one in FAMILIES[noun].registered():
            if argument in one.fields():
                alike.setdefault(_said(one.fields()[argument]), []).append(one.called())
        yield from (f"{said}: {', '.join(names)}" for said, names in alike.items())

    compare(ARGUMENTS, noun, say, bless)


def _said(field: Field) -> str:
    default = "" if field.default is REQUIRED else f" = {field.default!r}"
    return f"{field.kind.expected}{default}{', by its name only' if field.keyword_only else ''}{', as many as there are' if field.variadic else ''}"


def test_every_argument_of_every_component_is_listed() -> None:
    for noun, family in FAMILIES.items():
        assert {name for one in family.registered() for name in one.fields()} == set(approved(ARGUMENTS).get(noun, {})), noun


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda one: one.__name__)
def test_an_argument_takes_its_default(component: type[Component]) -> None:
    for field in component.fields().values():
        if field.default is not REQUIRED and not field.variadic:
            assert field.kind.convert(field.default) == field.default, field.name
