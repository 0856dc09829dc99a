"""Layouts of known and of arbitrary networks: nothing lies on anything else, and everything is there."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.peers import DETAILS
from nndsl.diagram.draw import draw
from nndsl.diagram.figure import Card, Detail, Frame, figure
from nndsl.diagram.layout import Direction, lay_out
from nndsl.program import Network
from tests.drawn import Drawn, check_boxes, check_complete, check_wires, crossings, on_small_pages
from tests.networks import KNOWN, chain, encoders, networks, resnet

DIRECTIONS: tuple[Direction, ...] = ("down", "right")


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_known_networks_are_drawn_without_overlaps(name: str, detail: Detail, direction: Direction) -> None:
    drawn = Drawn(KNOWN[name], detail, direction)
    check_boxes(drawn)
    check_wires(drawn)
    check_complete(drawn, KNOWN[name])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), st.sampled_from(DETAILS), st.sampled_from(DIRECTIONS))
def test_any_network_is_drawn_without_overlaps(network: Network, detail: Detail, direction: Direction) -> None:
    drawn = Drawn(network, detail, direction)
    check_boxes(drawn)
    check_wires(drawn)
    check_complete(drawn, network)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(encoders(), networks()), st.sampled_from(DETAILS), st.sampled_from(DIRECTIONS))
def test_any_network_is_drawn_on_small_pages_without_overlaps(network: Network, detail: Detail, direction: Direction) -> None:
    with on_small_pages():
        drawn = Drawn(network, detail, direction)
    check_boxes(drawn)
    check_wires(drawn)
    check_complete(drawn, network)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_an_encoder_and_a_decoder_are_the_arms_of_a_u(direction: Direction) -> None:
    drawn = Drawn(KNOWN["encoder and decoder"], "full", direction)
    cards = {item.title if item.look == "terminal" else item.nodes[0].id: item for item in drawn.boxes if isinstance(item, Card)}
    image, mask, halves = drawn.boxes[cards["image"]], drawn.boxes[cards["mask"]], (drawn.layout.right - drawn.layout.left) / 2
    assert cards["mask"] in drawn.rising and cards["image"] not in drawn.rising
    assert image[2] < halves < mask[0] and max(image[1], mask[1]) < drawn.layout.height / 4
    skips = [points for wire, points in drawn.layout.wires if wire.position == 1 and wire.target in drawn.layout.items]
    assert len(skips) == 3 and all(points[1][1] == points[2][1] > points[0][1] == points[3][1] for points in skips)


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in ("cells", "several outputs of a node")])
def test_series_parallel_networks_are_drawn_without_crossings(name: str) -> None:
    assert crossings(Drawn(KNOWN[name])) <= (2 if "blocks" in name and "encoder" in name else 0)


def test_a_chain_is_straight() -> None:
    drawn = Drawn(chain(8))
    assert len({seat.x for seat in drawn.layout.seats}) == 1


def test_equal_blocks_are_drawn_equally() -> None:
    drawn = Drawn(resnet(), "full")
    sizes: dict[tuple[str, object], set[tuple[float, float]]] = {}
    for item, box in drawn.boxes.items():
        if isinstance(item, Frame):
            sizes.setdefault((item.name, item.params), set()).add((round(box[2] - box[0], 3), round(box[3] - box[1], 3)))
    assert len(sizes) == 5 and all(len(found) == 1 for found in sizes.values())


def test_a_long_network_is_wrapped_into_columns() -> None:
    layout = lay_out(figure(chain(120), "full"))
    assert layout.height < 3 * (layout.left + layout.right)


def test_a_long_network_that_flows_to_the_right_is_wrapped_into_rows() -> None:
    scene = draw(figure(chain(120), "full"), "right")
    assert 1.2 < scene.width / scene.height < 2.4


def test_what_flows_to_the_right_has_its_inputs_left_and_its_results_right() -> None:
    layout = lay_out(figure(chain(5)), "right")
    boxes = [layout.box(seat) for seat in layout.seats]
    assert len({box.y + box.height / 2 for box in boxes}) == 1
    assert [box.x for box in boxes] == sorted({box.x for box in boxes}) and all(box.width > box.height for box in boxes)
