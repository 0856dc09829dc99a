"""What the functions' fields do not say: operands that fit, and arguments that go together with them."""

from typing import Any

from hypothesis import strategies as st

from nndsl.catalogue.applicable import Constant, Function
from nndsl.catalogue.component import REQUIRED
from nndsl.catalogue.kinds import Either, Tuple
from nndsl.types import TensorType
from tests.agreement import strategies

Call = tuple[dict[str, Any], tuple[TensorType, ...]]

NUMBERS: dict[str, Any] = {"int32": 2, "float32": 0.5, "bool": True}
"""The number that stands for a constant of each dtype."""

FLOATS = ["float32", "float32", "float32", "float16", "bfloat16"]
DTYPES = [*FLOATS, "int32", "int32", "int64", "uint8", "bool"]
TRUTHS = ["bool"] * 5 + ["int32", "float32"]
SINGLE = ["float32"] * 6 + ["float16", "int32"]
OF_SINGLE = {"arctan2", "exp2", "logaddexp", "normalize", "reciprocal", "logsumexp"}
OF_TRUTHS = {"logical_and", "logical_or", "logical_xor", "logical_not", "all", "any"}
_SHAPES = st.one_of(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.lists(st.integers(1, 4), max_size=3)).map(tuple)
_AXIS = st.sampled_from([1, 1, -1, -1, 2, -2, 3, 0])
_AXES = st.one_of(_AXIS, st.sampled_from([(1,), (-1,), (1, 2), (-1, -2), (2, 1), (1, -1), (0, 1)]))


def typed(shape: tuple[int, ...], dtypes: list[str] = DTYPES) -> st.SearchStrategy[TensorType]:
    return st.sampled_from(dtypes).map(lambda dtype: TensorType(dtype, shape))


@st.composite
def alike(draw: st.DrawFn, count: int, dtypes: list[str] = DTYPES, numbers: bool = False) -> tuple[TensorType, ...]:
    """Operands of one shape, now and then with an axis of size 1 or another shape, or a number."""
    shape = draw(_SHAPES)
    return tuple(draw(_one_of_them(shape, dtypes, numbers)) for _ in range(count))


@st.composite
def _one_of_them(draw: st.DrawFn, shape: tuple[int, ...], dtypes: list[str], numbers: bool) -> TensorType:
    form = draw(st.sampled_from(["same"] * 5 + ["stretched", "number" if numbers else "same", "other"]))
    if form == "number":
        return Constant(draw(st.sampled_from([2, 0.5]))).infer()
    if form == "stretched":
        shape = tuple(draw(st.sampled_from([1, size])) for size in shape)
    return draw(typed(draw(_SHAPES) if form == "other" else shape, dtypes))


def operands(function: type[Function]) -> st.SearchStrategy[tuple[TensorType, ...]]:
    """Operands, most of which fit."""
    if function.called() == "where":
        return st.tuples(alike(1, TRUTHS), alike(2, numbers=True)).map(lambda parts: (*parts[0], *parts[1])) | _where()
    dtypes = TRUTHS if function.called() in OF_TRUTHS else SINGLE if function.called() in OF_SINGLE else DTYPES
    if function.operands()[0].variadic:
        return st.integers(1, 3).flatmap(lambda count: alike(count, [*FLOATS, "int32"]))
    return alike(len(function.operands()), dtypes, numbers=function.takes_numbers)


@st.composite
def _where(draw: st.DrawFn) -> tuple[TensorType, ...]:
    shape = draw(_SHAPES)
    return draw(typed(shape, TRUTHS)), *(draw(_one_of_them(shape, FLOATS, True)) for _ in range(2))


@st.composite
def arguments(draw: st.DrawFn, function: type[Function]) -> dict[str, Any]:
    """Arguments, most of which fit."""
    chosen = draw(strategies.arguments(function))
    for name in ("axis", "source", "destination", "axis1", "axis2"):
        field = function.fields().get(name)
        if field is not None and (field.default in (None, REQUIRED) or name in chosen):
            several = isinstance(field.kind, Either) and any(isinstance(one, Tuple) for one in field.kind.kinds)
            chosen[name] = draw(_AXES if several else _AXIS)
    return chosen


# Arguments and operands that only make sense together --------------------------------------------


@st.composite
def _matmul(draw: st.DrawFn) -> Call:
    stack, (m, k, n) = draw(st.lists(st.integers(1, 3), max_size=2)), draw(st.tuples(*[st.integers(1, 4)] * 3))
    odd = draw(st.integers(0, 4)) == 0
    dtypes = DTYPES if odd else FLOATS
    one, other = (*stack, m, k), (*stack, k + draw(st.integers(0, 1)) * odd, n)
    cut = draw(st.sampled_from([0, 0, 0, 1]))
    return {}, (draw(typed(one, dtypes)), draw(typed(other[cut:], dtypes)))


@st.composite
def _einsum(draw: st.DrawFn) -> Call:
    subscripts = draw(st.sampled_from(["bij,bjk->bik", "bi,bi->b", "bij->bji", "bqd,bkd->bqk", "bi,bj->bij", "bij->bi",
                                       "bi,bij,bj->b", "bii->bi", "ij,jk->ik"]))
    ranks = [len(one) - 1 for one in subscripts.partition("->")[0].split(",")]
    sizes = st.sampled_from([3, 3, 3, 3, 3, 2])
    return {"subscripts": subscripts}, tuple(draw(typed(tuple(draw(sizes) for _ in range(rank)), FLOATS)) for rank in ranks)


@st.composite
def _take_along_axis(draw: st.DrawFn) -> Call:
    shape = draw(st.lists(st.integers(2, 4), min_size=1, max_size=3).map(tuple))
    other, axis = draw(st.sampled_from([(shape, 1), ((1, *shape[1:]), 1), ((*shape[:-1], 1), -1), (shape[1:], 1)]))
    return {"axis": axis}, (draw(typed(shape)), draw(typed(other, ["int32", "int32", "int64", "float32"])))


@st.composite
def _moveaxis(draw: st.DrawFn) -> Call:
    source, destination = draw(st.sampled_from([(1, 2), (-1, 1), (2, 2), ((1, 2), (2, 1)), ((1, 2), (-1, 1)), ((1, 2), 1), (0, 1)]))
    return {"source": source, "destination": destination}, (draw(typed(draw(st.sampled_from([(2, 3), (2, 3, 4), (3,)])))),)


@st.composite
def _transpose(draw: st.DrawFn) -> Call:
    axes = draw(st.sampled_from([(0, 1), (1,), (2, 1), (0, 2, 1), (0, 1, 2), (3, 1, 2), (0, 2, 3, 1), (1, 0), None]))
    rank = len(axes or ()) - (0 in (axes or ())) + draw(st.sampled_from([0, 0, 0, 1]))
    return {"axes": axes}, (draw(typed((2, 3, 4, 5)[:rank])),)


@st.composite
def _squeeze(draw: st.DrawFn) -> Call:
    axis = draw(st.sampled_from([None, 1, -1, 2, (1,), (1, 2), 0]))
    return {"axis": axis}, (draw(typed(draw(st.lists(st.sampled_from([1, 1, 2]), min_size=1, max_size=3).map(tuple)))),)


@st.composite
def _pad(draw: st.DrawFn) -> Call:
    widths = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=3).map(tuple))
    mode = draw(st.sampled_from(["constant", "reflect", "symmetric"]))
    value = draw(st.sampled_from([None, 0.5, 2.0])) if mode == "constant" else None
    shape = draw(st.tuples(*[st.integers(1, 4)] * len(widths)))
    return {"pad_width": widths, "mode": mode, "constant_values": value}, (draw(typed(shape)),)


def _both(arguments: st.SearchStrategy[dict[str, Any]], types: st.SearchStrategy[TensorType]) -> st.SearchStrategy[Call]:
    return st.tuples(arguments, types.map(lambda one: (one,)))


_RANKED = st.integers(1, 3).flatmap(lambda rank: st.tuples(*[st.integers(2, 4)] * rank)).flatmap(typed)
_SQUARES = st.sampled_from([(2, 4, 4), (4, 4, 2), (4, 2, 8), (2, 2, 9), (3, 3, 4), (4, 4)]).flatmap(typed)
_SIDE = st.fixed_dictionaries({"block_size": st.sampled_from([2, 2, 3])})
TOGETHER: dict[str, st.SearchStrategy[Call]] = {
    "matmul": _matmul(),
    "einsum": _einsum(),
    "take_along_axis": _take_along_axis(),
    "moveaxis": _moveaxis(),
    "transpose": _transpose(),
    "squeeze": _squeeze(),
    "pad": _pad(),
    "reshape": _both(
        st.sampled_from([(-1,), (-1, 1), (1, -1), (2, -1), (4,), (2, 2), (6,), (-1, -1)]).map(lambda one: {"newshape": one}),
        st.sampled_from([(4,), (2, 2), (2, 1, 2), (6,), (3, 2)]).flatmap(typed)),
    "slice": _both(
        st.fixed_dictionaries({"start": st.integers(-2, 2), "stop": st.sampled_from([None, 1, 2, 3, -1])},
                              optional={"axis": st.sampled_from([1, -1, 2]), "step": st.integers(1, 2)}), _RANKED),
    "take": _both(
        st.fixed_dictionaries({"indices": st.sampled_from([0, -1, 1, (0,), (0, 0), (1, 0, -1), 3]), "axis": _AXIS}), _RANKED),
    "split": _both(
        st.fixed_dictionaries({"indices_or_sections": st.sampled_from([1, 2, 2, 3, (1,), (1, 2), (2, 1)])},
                              optional={"axis": _AXIS}), _RANKED),
    "glu": _both(st.fixed_dictionaries({}, optional={"axis": _AXIS}), st.sampled_from([(4,), (2, 4), (4, 2), (3, 2)]).flatmap(typed)),
    "depth_to_space": _both(_SIDE, _SQUARES),
    "space_to_depth": _both(_SIDE, _SQUARES),
    "reverse_complement": _both(st.just({}), st.sampled_from([(5, 4), (2, 5, 4), (3, 4), (4,), (5, 3)]).flatmap(
        lambda shape: typed(shape, FLOATS))),
    "one_hot": st.tuples(
        st.fixed_dictionaries({}, optional={"num_classes": st.sampled_from([3, 5]), "axis": st.sampled_from([1, -1, 2, 0]),
                                            "dtype": st.sampled_from(["float32", "int32", "bool", "float16"])}),
        st.tuples(st.builds(TensorType, st.sampled_from(["int32", "int64", "uint8", "float32"]), _SHAPES,
                            st.sampled_from([None, 3, 5])))),
}


def calls(function: type[Function]) -> st.SearchStrategy[Call]:
    """Arguments and operands, most of which go together."""
    together = TOGETHER.get(function.called())
    return st.tuples(arguments(function), operands(function)) if together is None else together


def example(function: type[Function]) -> Function:
    """The function with some arguments."""
    given: dict[str, Any] = {"dtype": "float32", "newshape": (-1,), "pad_width": ((0, 0),), "subscripts": "bi->b"}
    return function(**{name: given.get(name, 1) for name, field in function.fields().items() if field.default is REQUIRED})
