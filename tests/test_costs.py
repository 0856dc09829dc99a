"""What graphs cost: weights once for each owner, arithmetic once for each call."""

from hypothesis import given

from nndsl import costs
from nndsl.catalogue.activations import Relu
from nndsl.catalogue.functions.arithmetic import Add
from nndsl.catalogue.layers.convolution import Conv1D
from nndsl.catalogue.layers.core import Dense
from nndsl.catalogue.layers.normalization import BatchNormalization
from nndsl.costs import Cost
from nndsl.graph import Owner
from nndsl.program import Network
from nndsl.types import named
from tests.graphs import GraphBuilder
from tests.networks import networks, resnet


def test_a_dense_layer_counts_its_kernel_and_bias_and_two_operations_for_each_weight() -> None:
    built = GraphBuilder()
    graph = built.graph(y=built.apply(Dense(3), built.input("x", 5)))
    assert costs.total(graph) == Cost(params=18, trainable=18, flops=2 * 5 * 3 + 3)


def test_shared_weights_count_once_and_their_arithmetic_at_every_call() -> None:
    built, layer = GraphBuilder(), Dense(4)
    owner = Owner("shared", layer)
    first, second = (built.apply(layer, built.input(name, 4), owner=owner) for name in ("a", "b"))
    graph = built.graph(y=built.apply(Add(), first, second))
    assert costs.params(graph) == 20
    assert costs.flops(graph) == 2 * (2 * 16 + 4) + 4
    assert [cost.params for cost in costs.by_node(graph) if cost.flops == 36] == [20, 0]


def test_statistics_and_frozen_layers_are_not_trainable() -> None:
    built = GraphBuilder()
    h = built.chain(built.input("x", 8), Dense(8, trainable=False), BatchNormalization())
    graph = built.graph(y=h)
    assert (costs.params(graph), costs.trainable(graph)) == (72 + 32, 16)


def test_flops_of_a_named_length_are_an_expression_in_it() -> None:
    built, length = GraphBuilder(), named("L")
    graph = built.graph(y=built.chain(built.input("x", length, 4), Conv1D(8, 3, padding="same"), Relu()))
    assert costs.flops(graph) == length * (2 * 3 * 4 * 8 + 8 + 8)


def test_resnet_20_has_the_published_number_of_weights() -> None:
    """He et al. (2015), table 6: 0.27 million; exactly, with projections at two blocks and biases where these networks have them."""
    graph = resnet().graph
    convolutions = 3 * 9 * 16 + 6 * 9 * 16**2 + 9 * (16 * 32 + 5 * 32**2) + 9 * (32 * 64 + 5 * 64**2)
    projections = 16 * 32 + 32 + 32 * 64 + 64
    normalizations = 2 * (7 * 16 + 6 * 32 + 6 * 64)
    assert costs.trainable(graph) == convolutions + projections + normalizations + 64 * 10 + 10
    assert costs.params(graph) - costs.trainable(graph) == normalizations


@given(networks())
def test_nodes_add_up_to_the_total(network: Network) -> None:
    graph = network.graph
    total = sum(costs.by_node(graph), Cost())
    assert total == costs.total(graph) == Cost(costs.params(graph), costs.trainable(graph), costs.flops(graph))
