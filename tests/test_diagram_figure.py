"""What is drawn of a network: cards, chips, frames, and the folding of equals, which must never lie."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given

from nndsl.catalogue.activations import Relu
from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.component import Component
from nndsl.catalogue.functions.arithmetic import Add, Multiply, Subtract
from nndsl.catalogue.layers.attention import MultiHeadAttention
from nndsl.catalogue.layers.convolution import Conv2D
from nndsl.catalogue.layers.core import Dense, Embedding
from nndsl.catalogue.layers.normalization import BatchNormalization, LayerNormalization, SpectralNormalization
from nndsl.catalogue.layers.pooling import MaxPooling2D
from nndsl.catalogue.layers.recurrent import LSTM
from nndsl.catalogue.layers.regularization import Dropout
from nndsl.catalogue.layers.wrappers import Bidirectional
from nndsl.diagram import wording
from nndsl.diagram.figure import Card, Frame, Item, figure
from nndsl.graph import Owner
from nndsl.program import Network
from nndsl.types import TensorType, named
from tests.graphs import GraphBuilder
from tests.networks import networks, resnet


def everything(members: tuple[Item, ...]) -> Iterator[Item]:
    for item in members:
        yield item
        if isinstance(item, Frame):
            yield from everything(item.members)


def cards(network: Network) -> list[Card]:
    return [item for item in everything(figure(network).members) if isinstance(item, Card) and item.nodes]


def chain(*components: Layer, size: tuple[int, ...] = (8,)) -> Network:
    built = GraphBuilder()
    return built.network(y=built.chain(built.input("x", *size), *components))


# Chips -------------------------------------------------------------------------------------------


def test_convolution_normalisation_and_activation_are_one_card() -> None:
    built = GraphBuilder()
    h = built.chain(built.input("x", 8, 8, 3), Conv2D(4, 3), BatchNormalization(), Relu(), Dropout(0.5))
    _, card = cards(built.network(y=h))
    assert (card.title, card.arguments, card.chips) == ("Conv2D", "3×3, 4", ("BN", "relu", "drop 0.5"))
    assert card.params == 3 * 3 * 3 * 4 + 4 + 16


def test_a_tensor_that_is_used_twice_is_not_hidden_in_a_card() -> None:
    built = GraphBuilder()
    h = built.apply(Dense(8), built.input("x", 8))
    network = built.network(y=built.apply(Add(), h, built.apply(Relu(), h)))
    assert [card.title for card in cards(network)] == ["x", "Dense", "relu", "+"]


def test_a_layer_that_wraps_a_convolution_is_not_a_chip() -> None:
    built = GraphBuilder()
    h = built.chain(built.input("x", 8, 8, 3), Conv2D(4, 3), SpectralNormalization(Conv2D(4, 3)))
    assert [card.title for card in cards(built.network(y=h))] == ["x", "Conv2D", "SpectralNorm"]


def test_an_operation_with_a_number_is_written_out() -> None:
    built = GraphBuilder()
    h = built.apply(Subtract(), built.number(1), built.input("x", 8))
    h = built.apply(Multiply(), h, built.number(0.5))
    assert [card.title for card in cards(built.network(y=h))] == ["x", "1 − x", "x × 0.5"]


def test_self_attention_takes_its_tensor_by_one_wire_and_a_square_by_two() -> None:
    built = GraphBuilder()
    h = built.input("x", 8, 8)
    network = built.network(y=built.apply(MultiHeadAttention(2, 4), h, h), z=built.apply(Multiply(), h, h))
    assert {card.title: len(card.inputs) for card in cards(network)} == {"x": 0, "MultiHeadAttention": 1, "×": 2}


# Folding -----------------------------------------------------------------------------------------


def test_equal_neighbours_are_folded_into_one() -> None:
    _, card = cards(chain(Dense(8), Dense(8), Dense(8)))
    assert (card.times, card.params) == (3, 72)


def test_equal_blocks_are_folded_and_others_are_not() -> None:
    frames = [item for item in figure(resnet()).members if isinstance(item, Frame)]
    assert [frame.times for frame in frames] == [3, 1, 2, 1, 2]


def test_nothing_is_folded_in_full_detail() -> None:
    assert all(item.times == 1 for item in everything(figure(resnet(), "full").members))


DIFFERENT: dict[str, tuple[Layer, Layer]] = {
    "an argument": (Dense(8), Dense(8, use_bias=False)),
    "an argument that the card does not show": (Dense(8), Dense(8, trainable=False)),
    "the kind": (Dense(8), LayerNormalization()),
}


@pytest.mark.parametrize("difference", DIFFERENT)
def test_neighbours_that_differ_are_not_folded(difference: str) -> None:
    assert all(card.times == 1 for card in cards(chain(*DIFFERENT[difference])))


def test_neighbours_of_different_input_sizes_are_not_folded() -> None:
    assert all(card.times == 1 for card in cards(chain(Dense(4), Dense(4))))
    assert all(card.times == 1 for card in cards(chain(MaxPooling2D(2), MaxPooling2D(2), size=(8, 8, 3))))


def test_neighbours_are_not_folded_over_a_tensor_that_is_a_result() -> None:
    built = GraphBuilder()
    first = built.apply(Dense(8), built.input("x", 8))
    network = built.network(y=built.apply(Dense(8), first), between=first)
    assert all(card.times == 1 for card in cards(network))


def blocks_with_a_side_input(*sides: int) -> Network:
    """Equal blocks in a chain, each with one of two tensors beside it."""
    built = GraphBuilder()
    h, *beside = (built.input(name, 8) for name in ("x", "first", "second"))
    for side in sides:
        with built.block("Mix"):
            h = built.apply(Dense(8), built.apply(Add(), built.apply(Dense(8), h), beside[side]))
    return built.network(y=h, first=beside[0], second=beside[1])


def test_equal_blocks_with_a_tensor_in_common_are_folded() -> None:
    frames = [item for item in figure(blocks_with_a_side_input(0, 0, 0, 1)).members if isinstance(item, Frame)]
    assert [(frame.times, len(frame.inputs)) for frame in frames] == [(3, 2), (1, 2)]


def test_shared_weights_do_not_fold_with_own_ones() -> None:
    built, layer = GraphBuilder(), Dense(8)
    owner = Owner("shared", layer)
    h = built.apply(layer, built.input("x", 8), owner=owner)
    h = built.apply(layer, built.apply(layer, h, owner=owner), owner=owner)
    folded = cards(built.network(y=built.apply(Dense(8), h)))
    assert [(card.times, card.shared) for card in folded[1:]] == [(3, True), (1, False)]


def test_blocks_that_share_weights_in_another_way_are_not_folded() -> None:
    built, layer = GraphBuilder(), Dense(8)
    h = built.input("x", 8)
    for shared in (True, False):
        owner = Owner("weights", layer)
        with built.block("Twice"):
            h = built.chain(built.apply(layer, h, owner=owner), LayerNormalization())
            h = built.apply(layer, h, owner=owner) if shared else built.apply(Dense(8), h)
    assert all(item.times == 1 for item in figure(built.network(y=h)).members)


def _unfolded(item: Item) -> list[object]:
    """The settings of each of the calls that an item says are repeated, one list for each repetition."""
    size = len(item.nodes) // item.times
    return [
        [(node.component, node.types) for node in item.nodes[start : start + size]] for start in range(0, len(item.nodes), size)
    ]


@given(networks(most=40))
def test_every_repetition_of_a_folded_item_is_equal(network: Network) -> None:
    for item in everything(figure(network).members):
        if item.nodes:
            first, *others = _unfolded(item)
            assert all(one == first for one in others)


# Frames and words --------------------------------------------------------------------------------


def test_a_block_of_one_card_has_no_frame() -> None:
    built = GraphBuilder()
    image = built.input("x", 8, 8, 3)
    with built.block("ConvBN"):
        h = built.chain(image, Conv2D(4, 3), BatchNormalization())
    network = built.network(y=built.apply(Relu(), h))
    assert [card.chips for card in cards(network)] == [(), ("BN", "relu")]


def test_an_overview_shows_blocks_as_cards() -> None:
    members = figure(resnet(), "overview").members
    assert [item.times for item in members if isinstance(item, Card) and item.family == "block"] == [3, 1, 2, 1, 2]


ARGUMENTS: dict[str, tuple[Callable[[], Component], str]] = {
    "kernel, filters, stride, activation": (lambda: Conv2D(64, 3, strides=2, activation=Relu()), "3×3, 64 /2 · relu"),
    "a kernel of two extents": (lambda: Conv2D(64, (1, 7)), "1×7, 64"),
    "pooling": (lambda: MaxPooling2D(3, strides=2), "3×3 /2"),
    "units": (lambda: Dense(256), "256"),
    "embedding": (lambda: Embedding(8000, 256), "8000 → 256"),
    "a wrapped layer": (lambda: SpectralNormalization(Dense(8, Relu())), "Dense(8, relu)"),
    "a switch": (lambda: Bidirectional(LSTM(64, return_sequences=True)), "LSTM(64, return_sequences)"),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_arguments_that_matter_are_told(name: str) -> None:
    make, expected = ARGUMENTS[name]
    assert wording.arguments(make(), [TensorType("float32", (32, 32, 3))]) == expected


def test_every_layer_can_be_worded() -> None:
    for kind in Layer.registered():
        if not kind.required():
            component = kind()
            assert wording.title(component) and wording.chip(component) and wording.family(component)
            assert len(wording.arguments(component)) <= wording.MOST_CHARACTERS


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.00k"), (9994, "9.99k"), (9995, "10.0k"), (99_950, "100k"), (999_499, "999k"),
     (999_500, "1.00M"), (25_636_712, "25.6M"), (named("L") * 3, "3 * L")],
)  # fmt: skip
def test_counts_are_told_in_three_digits(count: int, text: str) -> None:
    assert wording.count_text(count) == text
