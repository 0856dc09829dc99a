"""Pictures as files: well-formed, the same every time, complete, and independent of the machine's fonts."""

import re
import struct
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nndsl import diagram
from nndsl.catalogue.layers.core import Dense
from nndsl.diagram.draw import draw, shapes
from nndsl.diagram.figure import figure
from nndsl.diagram.measure import has_glyphs, width
from nndsl.diagram.scene import Text
from nndsl.program import Network
from tests.graphs import PLACE, GraphBuilder
from tests.networks import KNOWN, chain, networks, resnet, siamese

SVG = "{http://www.w3.org/2000/svg}"


def named_network(name: str) -> Network:
    built = GraphBuilder()
    graph = built.graph(y=built.apply(Dense(2), built.input("x", 4)))
    return Network(name, None, graph, PLACE)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", KNOWN)
def test_svg_is_well_formed_and_everything_in_it_is_inside_it(name: str, dark: bool) -> None:
    root = ElementTree.fromstring(diagram.svg(KNOWN[name], dark))
    assert root.find(f"{SVG}title") is not None and root.find(f"{SVG}desc") is not None
    wide, high = float(root.attrib["width"]), float(root.attrib["height"])
    for box in root.iter(f"{SVG}rect"):
        x, y = float(box.get("x", 0)), float(box.get("y", 0))
        assert 0 <= x and x + float(box.attrib["width"]) <= wide and 0 <= y and y + float(box.attrib["height"]) <= high
    for path in root.iter(f"{SVG}path"):
        numbers = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", path.attrib["d"])]
        assert all(-1 <= one <= max(wide, high) + 1 for one in numbers)


@given(st.text(max_size=20))
@settings(max_examples=50, deadline=None)
def test_any_name_gives_well_formed_svg(name: str) -> None:
    ElementTree.fromstring(diagram.svg(named_network(name)).encode("utf-8", "replace"))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks())
def test_the_same_network_gives_the_same_bytes(network: Network) -> None:
    assert diagram.svg(network) == diagram.svg(network)


def test_every_document_has_ids_and_classes_of_its_own() -> None:
    pictures = [diagram.svg(chain(5)), diagram.svg(chain(5), dark=True), diagram.svg(siamese())]
    found = [{*re.findall(r'(?:id|class)="([^" ]+)', one)} for one in pictures]
    assert not found[0] & found[1] and not found[0] & found[2] and not found[1] & found[2]
    assert all(name.startswith(next(iter(found[0]))[:9]) for name in found[0])


def test_a_block_says_its_parameters_and_how_often_it_is_repeated() -> None:
    texts = [shape.text for shape in shapes(draw(figure(resnet())).groups) if isinstance(shape, Text)]
    assert "×3" in texts and "4.74k params each" in texts and "32×32×16" in texts


def test_texts_are_as_wide_as_the_boxes_allow() -> None:
    """Every text carries its measured width, so that a fallback font cannot run out of its box."""
    for text in ElementTree.fromstring(diagram.svg(resnet())).iter(f"{SVG}text"):
        assert float(text.attrib["textLength"]) > 0


@pytest.mark.parametrize("scale", [0.5, 1, 2])
def test_png_has_the_size_of_the_svg_times_the_scale(scale: float) -> None:
    root = ElementTree.fromstring(diagram.svg(siamese()))
    wide, high = struct.unpack(">II", diagram.png(siamese(), scale)[16:24])
    assert abs(wide - float(root.attrib["width"]) * scale) <= 1 and abs(high - float(root.attrib["height"]) * scale) <= 1


def test_png_contains_its_texts_on_a_machine_without_fonts() -> None:
    """The shipped fonts are used, never the machine's: a picture with other texts has other pixels."""
    assert diagram.png(named_network("Left")) != diagram.png(named_network("Rght"))
    assert has_glyphs("×→−·…") and not has_glyphs("漢")


def test_a_huge_png_is_made_smaller_instead_of_failing() -> None:
    picture = diagram.png(chain(400), scale=40.0, detail="full")
    wide, high = struct.unpack(">II", picture[16:24])
    assert wide * high <= 61_000_000


def test_a_wider_text_is_measured_wider() -> None:
    assert width("iii", "regular", 12) < width("mmm", "regular", 12)
    assert width("iii", "mono", 10) == width("mmm", "mono", 10) == 18


@settings(max_examples=30, deadline=None)
@given(networks())
def test_dot_and_mermaid_name_every_node_and_every_edge(network: Network) -> None:
    edges = sum(len(node.operands) for node in network.graph.nodes) + len(network.graph.outputs)
    dot, mermaid = diagram.dot(network), diagram.mermaid(network)
    assert dot.count(" -> ") == edges == mermaid.count("-->")
    for node in network.graph.nodes:
        assert f"n{node.id} [label=" in dot and re.search(rf"\bn{node.id}\[", mermaid)
    assert dot.count("{") == dot.count("}") and mermaid.count("subgraph ") == len(re.findall(r"^ *end$", mermaid, re.MULTILINE))


def test_quotes_and_backslashes_in_names_are_escaped() -> None:
    network = named_network('a"b\\c]')
    assert '"a\\"b\\\\c]"' in diagram.dot(network)
