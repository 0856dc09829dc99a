"""Two versions as one picture: what changed is marked by a sign and not by colour alone, and nothing lies on anything else."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nndsl.comparison.changes import compared
from nndsl.comparison.picture import figure, svg
from nndsl.diagram.draw import draw
from nndsl.diagram.figure import Card, Detail, Frame, Item, Mark
from nndsl.diagram.marks import ROLES, SIGNS
from nndsl.diagram.scene import Circle, Scene, Text
from nndsl.program import Network
from tests.drawn import Drawn, check_boxes, check_wires
from tests.networks import networks
from tests.test_comparison import BASE, between, edited

DETAILS: tuple[Detail, ...] = ("full", "blocks", "overview")


def items(members: tuple[Item, ...]) -> Iterator[Item]:
    for item in members:
        yield item
        if isinstance(item, Frame):
            yield from items(item.members)


def marked(old: str, new: str, detail: Detail = "blocks") -> list[tuple[Mark, str]]:
    """What is marked, in the order of the picture: the mark, and what is marked."""
    found = items(figure(between(old, new), detail).members)
    return [(item.mark, f"{item.title} {item.arguments}".strip() if isinstance(item, Card) else f"block {item.name}") for item in found if item.mark]


def signs(scene: Scene) -> list[str]:
    shapes = [shape for group in scene.groups for shape in group.shapes]
    return sorted(shape.role.removeprefix("sign-") for shape in shapes if isinstance(shape, Circle) and shape.role.startswith("sign-"))


MANY = edited(("Dense(n)", "Dense(n, use_bias=false)"), ("-> relu", "-> gelu"), (" -> Dropout(0.5)", ""), ("* 2 -> Dense(64)", "* 3 -> LayerNorm -> Dense(65)"))


def test_what_was_added_removed_and_changed_is_marked() -> None:
    assert marked(BASE, edited((" -> Dropout(0.5)", ""), ("-> Dense(64)\n", "-> LayerNorm -> Dense(65)\n"))) == [
        ("removed", "Dropout 0.5"), ("added", "LayerNorm"), ("changed", "Dense 64 → 65"),
    ]


def test_a_whole_block_is_marked_once() -> None:
    assert marked(BASE, edited(("* 2", "* 3"))) == [("added", "block Res")]
    assert marked(edited(("* 2", "* 3")), BASE) == [("removed", "block Res")]


def test_one_layer_in_the_place_of_another_tells_both() -> None:
    assert marked(BASE, edited(("-> relu", "-> gelu"))) == [("changed", "relu → gelu")]


def test_a_closed_block_is_marked_if_anything_in_it_changed() -> None:
    found = marked(BASE, edited(("-> relu", "-> gelu")), "overview")
    assert [mark for mark, _ in found] == ["changed"] and found[0][1].startswith("Res")


def test_equal_networks_have_nothing_marked() -> None:
    assert marked(BASE, BASE) == []
    assert signs(draw(figure(between(BASE, BASE)))) == []


@pytest.mark.parametrize("detail", DETAILS)
def test_every_mark_has_its_sign_and_the_legend_counts(detail: Detail) -> None:
    one = figure(between(BASE, MANY), detail)
    scene = draw(one)
    expected = [ROLES[item.mark] for item in items(one.members) if item.mark] + [ROLES[mark] for mark, _ in one.legend]
    assert signs(scene) == sorted(expected)
    assert {mark for mark, _ in one.legend} == set(SIGNS)
    texts = [shape.text for group in scene.groups for shape in group.shapes if isinstance(shape, Text)]
    assert {"5 added", "1 removed", "5 changed"} <= set(texts)


def test_parameters_are_those_of_the_version_that_a_layer_is_from() -> None:
    cards = [one for one in items(figure(between(BASE, edited((" -> Dense(64)\n", " -> Dense(70)\n")))).members) if isinstance(one, Card)]
    assert [card.params for card in cards if card.mark == "changed"] == [70 * 65]


@pytest.mark.parametrize("detail", DETAILS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(old=networks(most=15), new=networks(most=15))
def test_any_two_networks_are_drawn_without_overlaps(detail: Detail, old: Network, new: Network) -> None:
    one = Drawn(figure(compared(old, new), detail))
    check_boxes(one)
    check_wires(one)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(most=15), networks(most=15), st.booleans())
def test_the_same_versions_give_the_same_bytes(old: Network, new: Network, dark: bool) -> None:
    assert svg(compared(old, new), dark) == svg(compared(old, new), dark)
