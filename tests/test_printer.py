"""The table of a network, as text and as data."""

import json

from hypothesis import given

from nndsl import costs, printer
from nndsl.catalogue.layers.convolution import Conv2D
from nndsl.catalogue.layers.core import Dense
from nndsl.program import Network
from nndsl.types import named
from tests.graphs import GraphBuilder
from tests.networks import networks, resnet, siamese


def test_a_table_names_layers_shapes_parameters_and_operations() -> None:
    built = GraphBuilder()
    h = built.chain(built.input("image", 8, 8, 3), Conv2D(4, 3, padding="same"))
    lines = printer.summary(built.network("Small", y=h)).splitlines()
    assert lines[0] == "Small"
    (row,) = [line.split() for line in lines if "Conv2D" in line]
    assert row == ["conv2d_1", "Conv2D(4,", "3,", "padding=same)", "float[8,", "8,", "4]", "112", "14,080"]
    assert lines[-2].split() == ["parameters", "112"]


def test_a_layer_that_shares_weights_says_whose() -> None:
    rows = printer.rows(siamese())
    assert [row.shares for row in rows if row.call.startswith("Dense(32")] == [None, rows[2].name]
    assert f"as {rows[2].name}" in printer.summary(siamese())


def test_frozen_parameters_are_told_apart() -> None:
    built = GraphBuilder()
    h = built.chain(built.input("x", 4), Dense(4, trainable=False), Dense(4))
    assert "parameters  40 (20 trainable)" in printer.summary(built.network(y=h))


def test_named_sizes_stay_names() -> None:
    built = GraphBuilder()
    network = built.network(y=built.apply(Dense(2), built.input("x", named("L"), 4)))
    assert "float[L, 2]" in printer.summary(network)
    assert json.loads(printer.as_json(network))["flops"] == "18 * L"


def test_a_narrow_table_folds_and_loses_nothing() -> None:
    narrow = printer.summary(resnet(), width=60)
    assert max(map(len, narrow.splitlines())) <= 60
    assert "".join(printer.summary(resnet(), width=400).split()).count("Conv2D") == narrow.replace("\n", "").count("Conv2D")


def test_a_plain_table_has_no_colours_and_a_styled_one_has() -> None:
    assert "\x1b" not in printer.summary(siamese()) and "\x1b" in printer.summary(siamese(), styled=True)


@given(networks())
def test_the_layers_of_the_data_add_up_to_its_totals(network: Network) -> None:
    data = json.loads(printer.as_json(network))
    for quantity, total in (("params", costs.params(network.graph)), ("flops", costs.flops(network.graph))):
        assert sum(layer[quantity] for layer in data["layers"]) == data[quantity] == total
    assert len(data["layers"]) == sum(type(node.component).__name__ != "Constant" for node in network.graph.nodes)
