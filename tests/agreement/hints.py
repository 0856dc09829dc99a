"""What the kinds of the fields do not say: values that go together often enough to be worth trying."""

from typing import Any

from hypothesis import strategies as st

from nndsl.catalogue.layers.convolution import Conv1D, Conv2D
from nndsl.catalogue.layers.core import Dense, Embedding, ReversibleEmbedding
from nndsl.types import TensorType
from tests.agreement import sequence_hints

NOT_AS_ARGUMENTS = {"glu"}
"""Activations that change the shape, which a layer that applies one does not expect."""

_PERMUTATIONS = st.integers(1, 3).flatmap(lambda rank: st.permutations(range(1, rank + 1))).map(tuple)
_EINSUMS: list[dict[str, Any]] = [
    {"equation": "abc,cd->abd", "output_shape": (None, 5)},
    {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d"},
    {"equation": "abc,cde->abde", "output_shape": (None, 2, 5), "bias_axes": "de"},
    {"equation": "ab,bc->ac", "output_shape": 5, "bias_axes": "c"},
    {"equation": "...x,xy->...y", "output_shape": 7, "bias_axes": "y"},
    {"equation": "ab...,bc->ac...", "output_shape": 3, "bias_axes": "c"},
    {"equation": "abc,bc->abc", "output_shape": (None, 4)},
    {"equation": "ab,bc->bc", "output_shape": (3, 5)},
    {"equation": "ab, bc->ac", "output_shape": 5},
]

ARGUMENTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Conv1D": {"filters": st.sampled_from([2, 4, 6]), "groups": st.sampled_from([1, 1, 1, 2, 3])},
    "Conv2D": {"filters": st.sampled_from([2, 4, 6]), "groups": st.sampled_from([1, 1, 1, 2])},
    "Conv3D": {"filters": st.sampled_from([2, 4, 6]), "groups": st.sampled_from([1, 1, 1, 2])},
    "GroupNormalization": {"groups": st.sampled_from([-1, 0, 1, 2, 3]), "axis": st.sampled_from([-1, -1, -1, 1, 2, -2, 0])},
    "Permute": {"dims": st.one_of(_PERMUTATIONS, st.just((1, 3)))},
    "Reshape": {"target_shape": st.sampled_from([(-1,), (-1, 1), (1, -1), (2, -1), (-1, 2), (-1, 3, 1), (4,), (2, 2), (-1, -1)])},
    "Rescaling": {"scale": st.sampled_from([0.5, (1.0,), (1.0, 2.0, 3.0)]), "offset": st.sampled_from([1.0, (1.0, 2.0, 3.0)])},
    "SpectralNormalization": {"layer": st.sampled_from([Dense(3), Conv1D(2, 2), Conv2D(2, 2, padding="same"), Embedding(5, 3), ReversibleEmbedding(5, 3)])},
    "Dot": {"axes": st.sampled_from([1, -1, 2, (1, 2), (2, 1), (-1, 1), (1, 1), 3])},
    "Embedding": {"input_dim": st.integers(4, 9)},
    "ReversibleEmbedding": {"input_dim": st.integers(4, 9), "output_dim": st.sampled_from([3, 4])},
    **sequence_hints.ARGUMENTS,
}
"""For the arguments of some components, by name."""


def _shapes(*several: tuple[tuple[int, ...], ...]) -> st.SearchStrategy[tuple[TensorType, ...]]:
    return st.sampled_from([tuple(TensorType("float32", shape) for shape in shapes) for shapes in several])


OPERANDS: dict[str, st.SearchStrategy[tuple[TensorType, ...]]] = {
    "Dot": _shapes(((3,), (3,)), ((3, 3), (3, 3)), ((2, 3), (3, 2)), ((3, 4), (3,)), ((2, 3, 4), (4, 3, 2))),
    "EinsumDense": _shapes(((3, 4),), ((4,),), ((4, 4),), ((2, 3, 4),), ((3, 3, 4),), ((5, 1),)),
    "GroupNormalization": _shapes(((64,),), ((3, 32),), ((3, 6),), ((2, 3, 32),), ((6, 6, 6),), ((5,),)),
    "SpectralNormalization": _shapes(((4,),), ((5, 3),), ((6, 6, 2),), ((2,),)),
    "Permute": st.sampled_from([(TensorType("float32", (2, 3)),), (TensorType("int32", (2, 3, 4)),), (TensorType("bool", (5,)),)]),
    "ReversibleEmbedding": st.sampled_from([
        (TensorType(dtype, shape),) for dtype, shape in
        [("int32", (5,)), ("int32", ()), ("int64", (2, 3)), ("float32", (5, 3)), ("float32", (4,)), ("float32", (2, 5, 3)), ("bool", (3,))]
    ]),
    **sequence_hints.OPERANDS,
}
"""For the operands of some components, by name."""

TOGETHER: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "EinsumDense": st.sampled_from(_EINSUMS),
    "Normalization": st.sampled_from([
        {"mean": 0.5, "variance": 2.0},
        {"axis": None, "mean": 0.5, "variance": 2.0},
        {"mean": (1.0, 2.0, 3.0), "variance": (1.0, 2.0, 3.0)},
        {"axis": 1, "mean": (1.0, 2.0), "variance": (1.0, 2.0), "invert": True},
        {"mean": (1.0, 2.0), "variance": 1.0},
        {},
    ]),
}
"""Sets of arguments that only make sense together, by name."""
