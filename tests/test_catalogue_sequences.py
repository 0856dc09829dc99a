"""Recurrent layers, attention and merging: states, masks and costs. (That they agree with Keras is in `agreement/`.)"""

import inspect

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nndsl.catalogue.layers  # noqa: F401 (makes the layers known)
from nndsl.catalogue.applicable import Layer, infer
from nndsl.catalogue.layers.activation import PReLU, Softmax
from nndsl.catalogue.layers.attention import Attention, GroupQueryAttention, MultiHeadAttention
from nndsl.catalogue.layers.convolution import Conv2D
from nndsl.catalogue.layers.core import Dense
from nndsl.catalogue.layers.merging import Add, Dot
from nndsl.catalogue.layers.recurrent import GRU, LSTM, ConvLSTM2D, SimpleRNN
from nndsl.catalogue.layers.wrappers import Bidirectional, TimeDistributed
from nndsl.types import BadArgument, Mismatch, SizesDiffer, SizeUnknown, TensorType, elements, named

L, T = named("L"), named("T")
SMALL = st.integers(1, 5)


def floats(*shape: object) -> TensorType:
    return TensorType("float32", shape)  # type: ignore[arg-type]


def masked(*shape: object) -> TensorType:
    return TensorType("float32", shape, mask=True)  # type: ignore[arg-type]


def size(layer: Layer, *operands: TensorType) -> object:
    return sum(one.size for one in layer.weights(*operands))


def cost(layer: Layer, *operands: TensorType) -> object:
    return layer.flops(operands, infer(layer, operands))


WITH_OPTIONS = [one for one in Layer.registered() if one.call_options]


@pytest.mark.parametrize("layer", WITH_OPTIONS, ids=lambda one: one.__name__)
def test_the_options_of_a_call_are_options_of_the_call_in_keras(layer: type[Layer]) -> None:
    taken = inspect.signature(getattr(keras.layers, layer.__name__).call).parameters
    for name in layer.call_options:
        assert taken[name].default == layer.fields()[name].default


@given(SMALL, SMALL, SMALL)
def test_recurrent_layers_have_the_parameters_of_their_papers(length: int, i: int, u: int) -> None:
    x = floats(length, i)
    assert size(SimpleRNN(u), x) == u * (i + u + 1)
    assert size(LSTM(u), x) == 4 * u * (i + u + 1)
    assert size(GRU(u), x) == 3 * u * (i + u + 2)
    assert size(GRU(u, reset_after=False), x) == 3 * u * (i + u + 1)
    assert size(Bidirectional(LSTM(u)), x) == 2 * size(LSTM(u), x)  # type: ignore[operator]


def test_the_cost_of_a_recurrent_layer_grows_with_the_sequence() -> None:
    per_step = 8 * 16 * (4 + 16) + 4 * 16 + 5 * 16 + 4 * 16
    assert cost(LSTM(16), floats(L, 4)) == L * per_step
    assert cost(Bidirectional(LSTM(16)), floats(L, 4)) == L * per_step * 2
    assert cost(Bidirectional(LSTM(16, return_sequences=True), merge_mode="sum"), floats(L, 4)) == L * (2 * per_step + 16)


def test_a_convolutional_lstm_without_time_costs_its_convolutions() -> None:
    """One step is four convolutions of the input and four of the state, and the gates."""
    one_step = floats(1, 6, 6, 2)
    layer = ConvLSTM2D(3, 3, padding="same", use_bias=False)
    convolution = Conv2D(12, 3, padding="same", use_bias=False)
    convolutions = cost(convolution, floats(6, 6, 2)) + cost(convolution, floats(6, 6, 3))  # type: ignore[operator]
    assert cost(layer, one_step) == convolutions + 9 * elements((6, 6, 3))


def test_states_go_in_and_come_out() -> None:
    layer = LSTM(16, return_state=True, return_sequences=True)
    assert infer(layer, (floats(L, 4),)) == (floats(L, 16), floats(16), floats(16))
    assert infer(layer, (floats(L, 4), floats(16), floats(16)))[0] == floats(L, 16)
    with pytest.raises(BadArgument, match="has a state of 2 tensors, and is given 1"):
        infer(layer, (floats(L, 4), floats(16)))
    with pytest.raises(SizesDiffer, match=r"of shape \[16\], and is given \[8\]"):
        infer(layer, (floats(L, 4), floats(16), floats(8)))
    both = Bidirectional(layer, merge_mode=None)
    assert infer(both, (floats(L, 4),)) == (floats(L, 16), floats(L, 16), *[floats(16)] * 4)


def test_a_mask_goes_with_the_sequence_and_ends_with_it() -> None:
    x = masked(L, 4)
    assert infer(LSTM(8, return_sequences=True), (x,))[0].mask
    assert not infer(LSTM(8), (x,))[0].mask
    assert [one.mask for one in infer(GRU(8, return_sequences=True, return_state=True), (x,))] == [True, False]
    assert [one.mask for one in infer(Bidirectional(GRU(8, return_sequences=True), merge_mode=None), (x,))] == [True, True]
    assert infer(Attention(), (x, floats(T, 4)))[0].mask
    assert not infer(Attention(), (floats(T, 4), x))[0].mask
    assert [one.mask for one in infer(Add(), (x, x))] == [True]
    assert [one.mask for one in infer(Add(), (x, floats(L, 4)))] == [False]
    assert not infer(Dot(1), (x, x))[0].mask


def test_a_softmax_layer_refuses_a_mask_that_it_would_misread() -> None:
    with pytest.raises(BadArgument, match="the mask of positions for one of numbers"):
        infer(Softmax(), (masked(L, 4),))


def test_a_bidirectional_layer_needs_a_layer_of_each_direction() -> None:
    with pytest.raises(BadArgument, match="a layer that does not go backwards itself"):
        Bidirectional.build(LSTM(4, go_backwards=True))
    with pytest.raises(BadArgument, match="one of its layers with go_backwards=true"):
        Bidirectional.build(LSTM(4), backward_layer=LSTM(4))
    with pytest.raises(BadArgument, match="the same return_sequences in both layers"):
        Bidirectional.build(LSTM(4), backward_layer=LSTM(4, go_backwards=True, return_sequences=True))
    assert infer(Bidirectional(GRU(4), backward_layer=LSTM(4, go_backwards=True)), (floats(L, 2),)) == (floats(8),)


def test_what_a_recurrent_layer_cannot_do_is_refused() -> None:
    with pytest.raises(BadArgument, match="from one batch to the next"):
        LSTM.build(4, stateful=True)
    with pytest.raises(SizeUnknown, match="unrolled only over a known number of steps"):
        infer(LSTM(4, unroll=True), (floats(L, 2),))
    with pytest.raises(SizeUnknown, match="how many positions"):
        infer(TimeDistributed(Dense(4)), (floats(L, 5, 2),))


@given(SMALL, SMALL, SMALL, SMALL)
def test_a_dense_layer_at_each_position_is_a_dense_layer(time: int, length: int, channels: int, units: int) -> None:
    x = floats(time, length, channels)
    assert infer(TimeDistributed(Dense(units)), (x,)) == infer(Dense(units), (x,))
    assert cost(TimeDistributed(Dense(units)), x) == cost(Dense(units), x)
    assert TimeDistributed(Dense(units)).weights(x) == Dense(units).weights(x)


@given(SMALL, SMALL, SMALL, SMALL, st.booleans(), st.booleans())
def test_attention_with_a_key_head_for_each_query_head_is_multi_head_attention(
    queries: int, values: int, heads: int, width: int, use_bias: bool, use_gate: bool
) -> None:
    operands = (floats(queries, 6), floats(values, 6))
    many = MultiHeadAttention(heads, width, use_bias=use_bias, use_gate=use_gate)
    grouped = GroupQueryAttention(width, heads, heads, use_bias=use_bias, use_gate=use_gate)
    assert infer(many, operands) == infer(grouped, operands)
    assert many.weights(*operands) == grouped.weights(*operands)
    assert cost(many, *operands) == cost(grouped, *operands)


def test_the_cost_of_attention_grows_with_pairs_of_positions() -> None:
    layer = MultiHeadAttention(2, 3, use_bias=False)
    maps = 4 * 2 * 6 * 6 * L
    assert cost(layer, floats(L, 6), floats(L, 6)) == maps + 2 * L * L * (2 * 3 + 2 * 3 + 3)
    assert cost(Attention(), floats(L, 6), floats(T, 6)) == L * T * (2 * 6 + 3 + 2 * 6)


def test_attention_names_what_does_not_fit() -> None:
    with pytest.raises(SizesDiffer, match="compares queries with values of the same size, and has 4 and 5"):
        infer(Attention(), (floats(L, 4), floats(T, 5)))
    with pytest.raises(SizesDiffer, match="as many keys as values"):
        infer(MultiHeadAttention(2, 3), (floats(L, 4), floats(T, 4), floats(L, 4)))
    with pytest.raises(BadArgument, match="cannot share out 6 heads of queries evenly among 4"):
        GroupQueryAttention.build(8, 6, 4)
    with pytest.raises(BadArgument, match="returns scores only where"):
        infer(MultiHeadAttention(2, 3, return_attention_scores=True), (floats(L, 4), floats(T, 4)))


def test_a_size_that_is_a_name_cannot_shape_a_weight() -> None:
    with pytest.raises(SizeUnknown):
        infer(PReLU(), (floats(L, 4),))
    assert PReLU(shared_axes=1).weights(floats(L, 4))[0].shape == (1, 4)
    assert infer(PReLU(shared_axes=1), (floats(L, 4),)) == (floats(L, 4),)


def test_one_tensor_is_not_merged() -> None:
    with pytest.raises(Mismatch, match="needs at least two"):
        infer(Add(), (floats(L, 4),))
