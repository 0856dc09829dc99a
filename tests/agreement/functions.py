"""What the functions' fields do not say: operands that fit, arguments that go together, and where Keras differs."""

from typing import Any

from hypothesis import strategies as st

from nndsl.catalogue.component import REQUIRED, Constant, Function
from nndsl.catalogue.functions.reshaping import Reshape
from nndsl.catalogue.kinds import Either, Tuple
from nndsl.types import TensorType
from tests.agreement import strategies

NUMBERS: dict[str, Any] = {"int32": 2, "float32": 0.5, "bool": True}
"""The number that stands for a constant of each dtype."""

ONLY_AS_LAYER = (Reshape,)
"""Functions that are always a layer in Keras, because it knows the size of a batch."""

OMITTED: dict[str, str] = {
    "one_hot.sparse": "tensors are dense",
    "einsum.kwargs": "they choose an algorithm, on one backend only",
}
"""Arguments that Keras has and the catalogue has not, each with the reason."""

OTHERWISE_NAMED: dict[str, list[str]] = {
    "slice": ["x", "start", "stop", "axis", "step"],
    "reverse_complement": ["x"],
    "float": ["x"],
}
"""Functions that Keras has under another name, or with other arguments, and theirs in the catalogue."""

OTHER_DEFAULTS: dict[str, str] = {
    "concatenate.axis": "Keras' default is the batch axis",
    "stack.axis": "Keras' default is before the batch axis",
    "split.axis": "Keras' default is the batch axis",
    "one_hot.num_classes": "it can be left out where the operand knows it",
}
"""Defaults that are not those of Keras, each with the reason."""

_MIXES = "it mixes the examples of a batch"
_PYTHON = "it takes Python code"
_MAKES = "it makes a tensor of nothing, or asks what a file knows when it is compiled"
_OTHER = "another function, or a layer, does it"
_RARE = "it is seldom part of a network"

LEFT_OUT: dict[str, str] = {}

STRICTER: dict[str, str] = {
    "works number by number": "a broadcast that nobody wrote",
    "computes with float numbers": "ids are not quantities",
    "computes with numbers": "truth values are not quantities",
    "takes truth values": "a number is not a truth value until it is compared",
    "or two of truth values": "numbers and truth values are not mixed",
    "which is the batch axis": "examples stay apart",
    "needs to be told along which axis": "examples stay apart",
    "needs the order of the axes": "examples stay apart",
    "takes positions, which are whole numbers": "a position is not a quantity",
    "takes categories, which are whole numbers": "a category is not a quantity",
    "takes tensors, not a number": "what takes only numbers is worked out when the file is compiled",
    "at least one tensor": "what takes only numbers is worked out when the file is compiled",
    "needs at least two": "one tensor alone is not joined with anything",
    "reaches outside": "Python cuts a slice off silently",
    "leaves nothing": "a tensor without numbers",
    "needs matrices": "a batch of vectors is taken for a matrix by Keras",
    "has no position": "TensorFlow gives zeros on some devices and stops on others",
    "which names an axis twice": "Keras flips twice, which is never meant",
    "needs `x_min` at most": "no number lies between them",
    "divides by `alpha`": "all results are infinite or not numbers",
    "takes one-hot DNA": "Keras knows no DNA",
    "takes no constant_values": "Keras ignores or refuses them",
    "the batch axis is not written": "examples stay apart",
    "numbers for the": "Keras would write the batch axis",
    "takes a pair of numbers": "Keras would write the batch axis",
    "takes cuts in ascending order": "a tensor without numbers, or with numbers twice",
    "needs each axis from 1": "Keras counts the batch axis along",
    "of a vector has": "Keras raises only with some backends",
    "of a matrix has": "Keras raises only with some backends",
    "takes one axis, of vectors": "Keras raises only with some backends",
}
"""Words of refusals that Keras does not share, each with the reason."""

FLOATS = ["float32", "float32", "float16", "bfloat16"]
DTYPES = [*FLOATS, "int32", "int32", "int64", "uint8", "bool"]
_SHAPES = st.one_of(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.lists(st.integers(1, 4), max_size=3)).map(tuple)


def typed(shape: tuple[int, ...], dtypes: list[str] = DTYPES) -> st.SearchStrategy[TensorType]:
    return st.sampled_from(dtypes).map(lambda dtype: TensorType(dtype, shape))


@st.composite
def alike(draw: st.DrawFn, count: int, dtypes: list[str] = DTYPES, numbers: bool = False) -> tuple[TensorType, ...]:
    """Operands of one shape, now and then with an axis of size 1 or another shape, or a number."""
    shape = draw(_SHAPES)
    return tuple(draw(_one_of_them(shape, dtypes, numbers)) for _ in range(count))


@st.composite
def _one_of_them(draw: st.DrawFn, shape: tuple[int, ...], dtypes: list[str], numbers: bool) -> TensorType:
    form = draw(st.sampled_from(["same", "same", "same", "stretched", "number" if numbers else "same", "other"]))
    if form == "number":
        return Constant(draw(st.sampled_from([2, 0.5]))).infer()
    if form == "stretched":
        shape = tuple(draw(st.sampled_from([1, size])) for size in shape)
    return draw(typed(draw(_SHAPES) if form == "other" else shape, dtypes))


@st.composite
def _matrices(draw: st.DrawFn) -> tuple[TensorType, ...]:
    stack, (m, k, n) = draw(st.lists(st.integers(1, 3), max_size=2)), draw(st.tuples(*[st.integers(1, 4)] * 3))
    odd = draw(st.integers(0, 4)) == 0
    dtypes = DTYPES if odd else FLOATS
    return draw(typed((*stack, m, k), dtypes)), draw(typed((*stack, k + draw(st.integers(0, 1)) * odd, n), dtypes))


@st.composite
def _where(draw: st.DrawFn) -> tuple[TensorType, ...]:
    shape = draw(_SHAPES)
    condition = draw(_one_of_them(shape, ["bool", "bool", "bool", "float32"], False))
    return condition, *(draw(_one_of_them(shape, DTYPES, True)) for _ in range(2))


@st.composite
def _take_along(draw: st.DrawFn) -> tuple[TensorType, ...]:
    shape = draw(st.lists(st.integers(2, 4), min_size=1, max_size=3).map(tuple))
    other = draw(st.sampled_from([shape, (1, *shape[1:]), (*shape[:-1], 1)]))
    return draw(typed(shape)), draw(typed(other, ["int32", "int32", "int64", "float32"]))


_EINSUMS = ["bij,bjk->bik", "bi,bi->b", "bij->bji", "bqd,bkd->bqk", "bi,bj->bij", "bij->bi", "bi,bij,bj->b"]


@st.composite
def _einsum(draw: st.DrawFn) -> tuple[TensorType, ...]:
    return tuple(draw(typed((3,) * draw(st.integers(1, 2)), FLOATS)) for _ in range(draw(st.integers(1, 3))))


_RANKED = st.integers(1, 3).flatmap(lambda rank: st.tuples(*[st.integers(2, 4)] * rank))
OPERANDS: dict[str, st.SearchStrategy[tuple[TensorType, ...]]] = {
    "matmul": _matrices(),
    "where": _where(),
    "take_along_axis": _take_along(),
    "einsum": _einsum(),
    "one_hot": st.tuples(st.builds(TensorType, st.sampled_from(["int32", "int64", "uint8", "float32"]), _SHAPES,
                                   st.sampled_from([None, 3, 5]))),
    "reverse_complement": st.tuples(st.sampled_from([(5, 4), (2, 5, 4), (4,), (5, 3)]).flatmap(lambda one: typed(one, FLOATS))),
    "squeeze": st.tuples(st.lists(st.integers(1, 2), max_size=3).map(tuple).flatmap(typed)),
}
for _name in ("logical_and", "logical_or", "logical_xor", "logical_not", "all", "any"):
    OPERANDS[_name] = alike(1 if _name in ("logical_not", "all", "any") else 2, ["bool"] * 5 + ["int32", "float32"])


def operands(function: type[Function]) -> st.SearchStrategy[tuple[TensorType, ...]]:
    """Operands, most of which fit."""
    if function.called() in OPERANDS:
        return OPERANDS[function.called()]
    if function.operands()[0].variadic:
        return st.integers(1, 3).flatmap(alike)
    return alike(len(function.operands()), numbers=function.takes_numbers)


_AXIS = st.sampled_from([1, 1, -1, -1, 2, -2, 3, 0])
_AXES = st.one_of(_AXIS, st.sampled_from([(1,), (-1,), (1, 2), (-1, -2), (2, 1), (1, -1), (0, 1)]))
_PADS = st.tuples(st.integers(0, 2), st.integers(0, 2))
ARGUMENTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "einsum": st.fixed_dictionaries({"subscripts": st.sampled_from(_EINSUMS)}),
    "reshape": st.sampled_from([(-1,), (-1, 1), (1, -1), (2, -1), (4,), (2, 2), (), (6,), (-1, -1)]).map(lambda one: {"newshape": one}),
    "transpose": st.sampled_from([(0, 1), (1,), (2, 1), (0, 2, 1), (0, 1, 2), (3, 1, 2), (0, 2, 3, 1), (1, 0), None]).map(
        lambda one: {"axes": one}),
    "pad": st.fixed_dictionaries(
        {"pad_width": st.lists(_PADS, min_size=1, max_size=3).map(tuple)},
        optional={"mode": st.sampled_from(["constant", "reflect", "symmetric"]), "constant_values": st.just(0.5)}),
    "slice": st.fixed_dictionaries({"start": st.integers(-2, 2), "stop": st.sampled_from([None, 1, 2, 3, -1])},
                                   optional={"axis": st.sampled_from([1, -1, 2]), "step": st.integers(1, 2)}),
    "take": st.fixed_dictionaries({"indices": st.sampled_from([0, -1, 1, (0,), (0, 0), (1, 0, -1), 3]), "axis": _AXIS}),
}


@st.composite
def arguments(draw: st.DrawFn, function: type[Function]) -> dict[str, Any]:
    """Arguments, most of which fit."""
    if function.called() in ARGUMENTS:
        return draw(ARGUMENTS[function.called()])
    chosen = draw(strategies.arguments(function))
    for name in ("axis", "source", "destination", "axis1", "axis2"):
        field = function.fields().get(name)
        if field is not None and (field.default is None or field.default is REQUIRED or name in chosen):
            several = isinstance(field.kind, Either) and any(isinstance(one, Tuple) for one in field.kind.kinds)
            chosen[name] = draw(_AXES if several else _AXIS)
    return chosen


def example(function: type[Function]) -> Function:
    """The function with some arguments."""
    plain = {"bool": True}
    given: dict[str, Any] = {"dtype": "float32", "newshape": (-1,), "pad_width": ((0, 0),), "subscripts": "bi->b", **plain}
    return function(**{name: given.get(name, 1) for name, field in function.fields().items() if field.default is REQUIRED})

