"""What functions mean: broadcasts, axes, slices, strands and costs. (That they agree with Keras is in `agreement/`.)"""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nndsl.catalogue.functions  # noqa: F401 (makes the functions known)
from nndsl.backend.keras.lower import call_function
from nndsl.catalogue.activations import Activation, Gelu, Glu, Relu, Softmax
from nndsl.catalogue.applicable import Constant, Function, infer
from nndsl.catalogue.broadcasting import broadcast
from nndsl.catalogue.functions.arithmetic import Add, Cast, Exp, Multiply
from nndsl.catalogue.functions.arranging import Concatenate, Flip, OneHot, ReverseComplement, Slice
from nndsl.catalogue.functions.matrices import Einsum, Matmul
from nndsl.catalogue.functions.reductions import Argmax, Sum
from nndsl.catalogue.functions.reshaping import ExpandDims, Reshape, Transpose
from nndsl.catalogue.layers.core import Dense
from nndsl.types import BadArgument, Mismatch, SizesDiffer, TensorType, TooSmall, named

SHAPES = st.lists(st.integers(1, 4), max_size=4).map(tuple)
L = named("L")


def floats(*shape: object) -> TensorType:
    return TensorType("float32", shape)  # type: ignore[arg-type]


@given(SHAPES, SHAPES)
def test_a_broadcast_is_one_of_numpy_at_equal_rank_or_refused(one: tuple[int, ...], other: tuple[int, ...]) -> None:
    try:
        expected = numpy.broadcast_shapes(one, other) if len(one) == len(other) else None
    except ValueError:
        expected = None
    if expected is None:
        with pytest.raises(SizesDiffer):
            broadcast((floats(*one), floats(*other)))
    else:
        assert broadcast((floats(*one), floats(*other))) == expected


@given(SHAPES, st.data())
def test_the_repair_of_a_missing_axis_repairs(shape: tuple[int, ...], data: st.DataObject) -> None:
    """The axes that the message says to add make the operands fit, before the axes that they share or after them."""
    kept = data.draw(st.integers(0, len(shape)))
    small = floats(*(shape[len(shape) - kept :] if data.draw(st.booleans()) else shape[:kept]))
    if kept == len(shape):
        return
    with pytest.raises(SizesDiffer) as refusal:
        infer(Add(), (floats(*shape), small))
    written = (refusal.value.repair or "").partition("expand_dims(axis=")[2].partition(")")[0]
    axes = tuple(int(one) for one in written.strip("[]").split(","))
    (mended,) = infer(ExpandDims(axes), (small,))
    assert infer(Add(), (floats(*shape), mended))[0].shape == shape


def test_a_size_with_a_name_is_equal_only_to_itself() -> None:
    assert infer(Add(), (floats(L, 4), floats(L, 4)))[0].shape == (L, 4)
    with pytest.raises(SizesDiffer, match=r"\[L, 4\] and \[8, 4\] differ: L is not 8"):
        infer(Add(), (floats(L, 4), floats(8, 4)))


WITH_AXIS = [one for one in Function.registered() if "axis" in one.fields()]


@pytest.mark.parametrize("function", WITH_AXIS, ids=lambda one: one.called())
def test_no_function_runs_over_the_batch_axis(function: type[Function]) -> None:
    usual = {"repeats": 2, "shift": 1, "indices": 0, "indices_or_sections": 2}
    chosen = {name: value for name, value in usual.items() if name in function.fields()}
    dtype = {"one_hot": "int32", "all": "bool", "any": "bool"}.get(function.called(), "float32")
    operands: tuple[TensorType, ...] = (TensorType(dtype, (4, 1 if function.called() == "squeeze" else 4), below=3 if dtype == "int32" else None),)
    if function.called() == "take_along_axis":
        operands = (*operands, TensorType("int32", (4, 4)))
    if function.takes_list:
        operands = operands * 2
    assert infer(function(**chosen, axis=-1), operands)
    with pytest.raises(BadArgument, match="batch axis"):
        infer(function(**chosen, axis=0), operands)


@given(st.integers(1, 6), st.integers(-8, 8), st.none() | st.integers(-8, 8), st.integers(1, 3))
def test_a_slice_is_a_slice_of_python_that_stays_inside(size: int, start: int, stop: int | None, step: int) -> None:
    expected = list(range(size))[start:stop:step]
    inside = all(-size <= bound <= size for bound in (start, stop) if bound is not None)
    if inside and expected:
        assert infer(Slice(start, stop, 1, step), (floats(size, 4),))[0].shape == (len(expected), 4)
    else:
        with pytest.raises(TooSmall):
            infer(Slice(start, stop, 1, step), (floats(size, 4),))


def test_a_slice_from_the_end_of_an_open_axis_has_a_known_size() -> None:
    assert infer(Slice(-3), (floats(L, 4),))[0].shape == (3, 4)
    assert infer(Slice(1, -1), (floats(L, 4),))[0].shape == (L - 2, 4)


def test_a_slice_of_numbers_is_that_of_python() -> None:
    numbers = numpy.arange(24).reshape(2, 6, 2).astype("float32")
    kept = call_function(Slice(1, -1, 1, 2), [numbers], [floats(6, 2)])
    assert numpy.array_equal(kept, numbers[:, 1:-1:2])


def test_the_opposite_strand_reads_backwards_with_complementary_letters() -> None:
    opposite = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}
    strand = "AACGTNA"
    one_hot = numpy.array([[letter == one for one in "ACGT"] for letter in strand], dtype="float32")[None]
    expected = "".join(opposite[one] for one in reversed(strand))
    found = numpy.array(call_function(ReverseComplement(), [one_hot], [floats(7, 4)]))[0]
    assert "".join("ACGT"[row.argmax()] if row.any() else "N" for row in found) == expected


def test_only_dna_has_an_opposite_strand() -> None:
    for shape in [(7, 20), (4,), ()]:
        with pytest.raises(Mismatch, match="one-hot DNA"):
            infer(ReverseComplement(), (floats(*shape),))


def test_categories_know_how_many_they_are() -> None:
    ids = TensorType("int32", (L,), below=20)
    assert infer(OneHot(), (ids,))[0] == floats(L, 20)
    assert OneHot().keras_arguments(ids)["num_classes"] == 20
    with pytest.raises(BadArgument, match="needs to know how many categories"):
        infer(OneHot(), (TensorType("int32", (L,)),))
    with pytest.raises(BadArgument, match="10 places for categories up to 19"):
        infer(OneHot(10), (ids,))


def test_what_numbers_mean_goes_with_them_where_they_only_move() -> None:
    ids = TensorType("int32", (6, 2), below=20)
    for function in (Slice(1), Transpose((2, 1)), Concatenate(), Reshape((-1,)), Cast("int64")):
        operands = (ids, ids) if isinstance(function, Concatenate) else (ids,)
        assert infer(function, operands)[0].below == 20
    assert infer(Add(), (ids, ids))[0].below is None
    assert infer(Concatenate(), (ids, TensorType("int32", (6, 2), below=3)))[0].below is None
    assert infer(Argmax(-1), (floats(5, 7),))[0] == TensorType("int32", (5,), below=7)


def test_an_order_of_axes_can_leave_out_the_batch_axis() -> None:
    x = floats(2, 3, 4)
    assert infer(Transpose((0, 3, 1, 2)), (x,)) == infer(Transpose((3, 1, 2)), (x,)) == (floats(4, 2, 3),)
    assert Transpose((3, 1, 2)).keras_arguments(x) == {"axes": (0, 3, 1, 2)}
    with pytest.raises(BadArgument, match="each axis from 1 to 3 once"):
        infer(Transpose((1, 0, 2)), (x,))


def test_a_product_of_matrices_costs_a_product_and_a_sum_for_each_triple() -> None:
    operands = (floats(5, 2, 3), floats(5, 3, 7))
    results = infer(Matmul(), operands)
    assert Matmul().flops(operands, results) == 2 * 5 * 2 * 3 * 7
    einsum = Einsum("bsij,bsjk->bsik")
    assert infer(einsum, operands) == results
    assert einsum.flops(operands, results) == Matmul().flops(operands, results)


def test_a_sum_costs_its_operand_and_a_product_its_result() -> None:
    x = floats(L, 4)
    assert Sum(1).flops((x,), infer(Sum(1), (x,))) == L * 4
    stretched = (floats(L, 4), floats(1, 4))
    assert Multiply().flops(stretched, infer(Multiply(), stretched)) == L * 4


def test_a_mask_survives_what_leaves_positions_where_they_are() -> None:
    masked, once = TensorType("float32", (L, 4), mask=True), TensorType("float32", (1, 4), mask=True)
    for function, operands in [(Relu(), (masked,)), (Add(), (masked, masked)), (Concatenate(), (masked, floats(L, 2))), (Exp(), (masked,)),
                               (Add(), (floats(L, 4), masked)), (Add(), (masked, Constant(1).infer())), (Gelu(approximate=True), (masked,))]:
        assert infer(function, operands)[0].mask, function
    for function, operands in [(Flip(1), (masked,)), (Softmax(1), (masked,)), (Sum(1), (masked,)), (Add(), (floats(L, 4), once)), (Exp(), (floats(L, 4),))]:
        assert not infer(function, operands)[0].mask, function


def test_a_number_takes_part_in_arithmetic_but_in_nothing_else() -> None:
    number = Constant(2).infer()
    assert infer(Multiply(), (number, floats(L, 4)))[0] == floats(L, 4)
    with pytest.raises(BadArgument, match="takes tensors, not a number"):
        infer(Dense(3), (number,))
    with pytest.raises(BadArgument, match="at least one tensor"):
        infer(Multiply(), (number, number))


def test_a_layer_holds_only_activations_that_keras_stores() -> None:
    assert Dense.build(3, activation=Relu(negative_slope=0.1))
    for activation in (Gelu(approximate=True), Glu()):
        with pytest.raises(BadArgument, match="cannot hold this") as refusal:
            Dense.build(3, activation=activation)
        assert refusal.value.repair == f"apply it after the layer, with -> {activation.called()}"


def test_every_activation_without_settings_is_a_layer_but_glu() -> None:
    usable = {one for one in Activation.registered() if not one.required()}
    assert {one for one in usable if one().as_layer() is None} == {Glu}
