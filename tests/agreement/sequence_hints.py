"""Values that go together for recurrent layers, attention, and layers around a layer."""

from typing import Any

from hypothesis import strategies as st

from nndsl.catalogue.layers.activation import PReLU, Softmax
from nndsl.catalogue.layers.convolution import Conv1D, Conv2D
from nndsl.catalogue.layers.core import Dense, Embedding, ReversibleEmbedding
from nndsl.catalogue.layers.merging import Add
from nndsl.catalogue.layers.normalization import BatchNormalization, LayerNormalization
from nndsl.catalogue.layers.pooling import GlobalMaxPooling1D, MaxPooling1D
from nndsl.catalogue.layers.recurrent import GRU, LSTM, ConvLSTM1D, SimpleRNN
from nndsl.catalogue.layers.regularization import Dropout
from nndsl.catalogue.layers.reshaping import Flatten
from nndsl.catalogue.layers.wrappers import Bidirectional, TimeDistributed
from nndsl.types import TensorType


def _floats(*shapes: tuple[int, ...]) -> tuple[TensorType, ...]:
    return tuple(TensorType("float32", shape) for shape in shapes)


def _several(*several: tuple[TensorType, ...]) -> st.SearchStrategy[tuple[TensorType, ...]]:
    return st.sampled_from(several)


def _images(rank: int) -> st.SearchStrategy[tuple[TensorType, ...]]:
    """Sequences of images of so many axes, most of which fit."""
    shape = st.tuples(st.integers(1, 3), *[st.integers(3, 7 - rank)] * rank, st.integers(1, 2))
    odd = st.tuples(*[st.integers(1, 4)] * (rank + 1))
    return st.integers(0, 9).flatmap(lambda number: odd if number == 9 else shape).map(lambda one: _floats(one))


_ONE = _several(_floats((5, 3)), _floats((1, 2)), _floats((4, 1)), _floats((3, 3), (2,)), _floats((3,)), _floats((2, 3, 4)),
                _floats((3, 3), (2,), (2,)), (TensorType("int32", (3, 2)),))
_SELDOM = {"stateful": st.sampled_from([False] * 5 + [True])}
_UNITS = _SELDOM | {"units": st.sampled_from([2, 2, 2, 3])}
_SMALL = _SELDOM | {"filters": st.just(2), "dilation_rate": st.sampled_from([1, 1, 1, 2]), "strides": st.sampled_from([1, 1, 2])}
_FORWARDS: list[Any] = [
    SimpleRNN(2), LSTM(2), GRU(2, return_sequences=True), LSTM(2, return_state=True), GRU(2, return_sequences=True, return_state=True),
    LSTM(2, return_sequences=True, return_state=True), ConvLSTM1D(2, 2, padding="same", return_sequences=True), ConvLSTM1D(2, 1),
]
_BACKWARDS: list[Any] = [None, None, None, GRU(2, go_backwards=True), LSTM(3, go_backwards=True), SimpleRNN(2),
                         GRU(2, go_backwards=True, return_sequences=True), LSTM(2, go_backwards=True, return_state=True)]
_INSIDE: list[Any] = [
    Dense(3), Conv1D(2, 2), Conv2D(2, 2), LSTM(2), GRU(2, return_sequences=True), Bidirectional(SimpleRNN(2)), Flatten(), Dropout(0.5),
    BatchNormalization(), LayerNormalization(), MaxPooling1D(2), GlobalMaxPooling1D(), Embedding(9, 2), TimeDistributed(Dense(2)), ReversibleEmbedding(9, 3),
    LSTM(2, return_state=True), Add(), PReLU(), Softmax(),
]
_QUERIES = _several(
    _floats((3, 4), (3, 4)), _floats((3, 4), (5, 4)), _floats((3, 4), (5, 4), (5, 4)), _floats((3, 4), (5, 2), (5, 4)),
    _floats((3, 4), (5, 2)), _floats((3, 4), (5, 4), (4, 4)), _floats((2, 3, 4), (2, 5, 4)), _floats((4,), (4,)),
    (TensorType("float32", (3, 4)), TensorType("int32", (3, 4))),
)
_GRIDS = _several(
    _floats((3, 4), (3, 4)), _floats((3, 4), (5, 4)), _floats((3, 4), (5, 4), (5, 2)), _floats((3, 4), (5, 2), (5, 4)),
    _floats((3, 4), (3, 2)), _floats((2, 3, 4), (2, 5, 4)), _floats((2, 3, 4), (2, 3, 4)), _floats((2, 3, 4), (5, 3, 2)),
    _floats((4,), (4,)), _floats((3, 4), (2, 3, 4)), _floats((3, 4), (5, 4), (4, 4)),
)

ARGUMENTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "SimpleRNN": _UNITS,
    "LSTM": _UNITS,
    "GRU": _UNITS,
    "ConvLSTM1D": _SMALL | {"kernel_size": st.sampled_from([1, 2, 3, (2,)])},
    "ConvLSTM2D": _SMALL | {"kernel_size": st.sampled_from([1, 2, (2, 1)])},
    "ConvLSTM3D": _SMALL | {"kernel_size": st.sampled_from([1, 1, 2, (2, 1, 2)])},
    "Bidirectional": {"layer": st.sampled_from(_FORWARDS), "backward_layer": st.sampled_from(_BACKWARDS)},
    "TimeDistributed": {"layer": st.sampled_from(_INSIDE)},
    "MultiHeadAttention": {
        "num_heads": st.integers(1, 3), "key_dim": st.integers(1, 3), "output_shape": st.sampled_from([2, (2,), (2, 3)]),
        "attention_axes": st.sampled_from([1, 2, -2, (1, 2), (2, 1), -1, 0]),
    },
    "GroupQueryAttention": {"num_query_heads": st.sampled_from([2, 4]), "num_key_value_heads": st.sampled_from([1, 2, 4])},
}
"""For the arguments of some components, by name."""

OPERANDS: dict[str, st.SearchStrategy[tuple[TensorType, ...]]] = {
    "SimpleRNN": _ONE,
    "LSTM": _ONE,
    "GRU": _ONE,
    "ConvLSTM1D": _images(1),
    "ConvLSTM2D": _images(2),
    "ConvLSTM3D": _images(3),
    "Bidirectional": _several(_floats((5, 3)), _floats((1, 2)), _floats((3, 4, 2)), _floats((3, 3), (2,), (2,)),
                              _floats((3, 3), (2,), (2,), (2,), (2,)), _floats((3,)), _floats((3, 3), (2,))),
    "TimeDistributed": _several(_floats((2, 4)), _floats((2, 4, 3)), _floats((3, 4, 4, 2)), _floats((4,)), _floats((2, 2, 3, 3, 1)),
                                (TensorType("int32", (2, 3)),)),
    "Attention": _QUERIES,
    "AdditiveAttention": _QUERIES,
    "GroupQueryAttention": _QUERIES,
    "MultiHeadAttention": _GRIDS,
}
"""For the operands of some components, by name."""
