"""Every function and activation of the catalogue against the installed Keras."""

import inspect
from collections import Counter
from collections.abc import Callable
from itertools import product
from typing import Any

import keras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nndsl.catalogue.functions  # noqa: F401 (makes the functions known)
from nndsl.backend.keras.lower import call_function, instantiate
from nndsl.catalogue.activations import Activation
from nndsl.catalogue.broadcasting import result_dtype
from nndsl.catalogue.component import REQUIRED, Constant, Function, infer
from nndsl.catalogue.functions.differences import LEFT_OUT, OMITTED_ARGUMENTS, OTHER_DEFAULTS, OWN, STRICTER
from nndsl.types import Mismatch, TensorType
from tests.agreement import functions as hints

FUNCTIONS = sorted({member for member in Function.members.values()}, key=lambda one: one.__name__)
EVERY_FUNCTION = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda one: one.called())
QUICKLY = settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
BATCH = 2


def in_keras(function: type[Function]) -> Callable[..., Any]:
    """The function of Keras that one of the catalogue stands for."""
    home = keras.activations if issubclass(function, Activation) else keras.ops
    found: Callable[..., Any] = getattr(home, function.operation or function.called())
    return found


def keras_parameters(function: type[Function]) -> dict[str, Any]:
    return {name: one.default for name, one in inspect.signature(in_keras(function)).parameters.items()}


@EVERY_FUNCTION
def test_a_function_has_the_operands_and_arguments_of_keras_in_order(function: type[Function]) -> None:
    if function.called() in OWN:
        assert list(keras_parameters(function)) != [*(one.name for one in function.operands()), *function.fields()]
        return
    theirs = [name for name in keras_parameters(function) if f"{function.called()}.{name}" not in OMITTED_ARGUMENTS]
    ours = [*(one.name for one in function.operands()), *function.fields()]
    assert ours == sorted(theirs, key=lambda name: name in function.fields())


@EVERY_FUNCTION
def test_a_function_has_the_defaults_of_keras(function: type[Function]) -> None:
    theirs = keras_parameters(function)
    for name, field in function.fields().items():
        if function.called() not in OWN and f"{function.called()}.{name}" not in OTHER_DEFAULTS:
            assert field.default == (REQUIRED if theirs[name] is inspect.Parameter.empty else theirs[name]), name


def test_every_difference_is_one() -> None:
    """A list of differences that names something that Keras does not have, or has now, is out of date."""
    for entry in OMITTED_ARGUMENTS:
        name, _, argument = entry.partition(".")
        found = Function.find(name)
        assert found is not None and argument in keras_parameters(found) and argument not in found.fields(), entry
    for entry in OTHER_DEFAULTS:
        name, _, argument = entry.partition(".")
        found = Function.find(name)
        assert found is not None and keras_parameters(found)[argument] != found.fields()[argument].default, entry


def test_every_activation_of_keras_is_in_the_catalogue() -> None:
    theirs = {name for name, one in vars(keras.activations).items() if inspect.isfunction(one)}
    assert theirs - {"get", "serialize", "deserialize"} == set(Activation.names())


def test_every_function_of_keras_is_in_the_catalogue_or_left_out_for_a_reason() -> None:
    theirs = {name for name, one in vars(keras.ops).items() if inspect.isfunction(one)}
    assert theirs - set(Function.names()) == set(LEFT_OUT)


@EVERY_FUNCTION
def test_a_function_is_documented(function: type[Function]) -> None:
    assert function.summary().endswith((".", ":", "`"))


def tensor(type: TensorType, make: Callable[..., Any]) -> Any:
    return hints.NUMBERS[type.dtype] if type.constant else make((BATCH, *type.shape), dtype=type.dtype)


def symbol(type: TensorType) -> Any:
    return hints.NUMBERS[type.dtype] if type.constant else keras.KerasTensor((None, *type.shape), dtype=type.dtype)


def listed(result: Any) -> list[Any]:
    return list(result) if isinstance(result, list | tuple) else [result]


def described(result: Any) -> list[tuple[tuple[int | None, ...], str]]:
    """The shapes without the batch axis, and the dtypes, of what Keras gave."""
    return [(tuple(one.shape[1:]), keras.backend.standardize_dtype(one.dtype)) for one in listed(result)]


def applied(function: Function, tensors: list[Any], types: tuple[TensorType, ...]) -> Any:
    """What the function makes of tensors, lowered to a layer where there is one."""
    layer = function.as_layer(*types)
    if layer is None:
        return call_function(function, tensors, types)
    made = instantiate(layer)
    return made(tensors) if layer.takes_list else made(*tensors)


@EVERY_FUNCTION
def test_what_the_catalogue_takes_keras_takes_with_the_same_result(function: type[Function]) -> None:
    taken: Counter[bool] = Counter()

    @QUICKLY
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        chosen, types = data.draw(hints.calls(function))
        try:
            component = function.build(**chosen)
            assert isinstance(component, Function)
            results = infer(component, types)
        except Mismatch as refusal:
            taken[False] += 1
            check_refusal(function(**chosen), types, refusal)
            return
        taken[True] += 1
        promised = [(one.shape, one.dtype) for one in results]
        assert described(applied(component, [tensor(one, keras.ops.ones) for one in types], types)) == promised
        assert described(applied(component, [symbol(one) for one in types], types)) == promised

    agree()
    assert taken[True] >= 5, f"of 25 examples, only {taken[True]} were taken: a hint is needed"


def check_refusal(function: Function, types: tuple[TensorType, ...], refusal: Mismatch) -> None:
    """What the catalogue refuses, Keras refuses too, or it is a listed decision."""
    if any(words in refusal.message for words in STRICTER):
        return
    with pytest.raises(Exception):  # noqa: B017 (Keras raises what it likes)
        applied(function, [tensor(one, keras.ops.ones) for one in types], types)
        pytest.fail(f"Keras takes {function} of {types}, and the catalogue {refusal.message}", pytrace=False)


DTYPES = ["bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "int64", "bfloat16", "float16", "float32", "float64"]


@pytest.mark.parametrize("one", DTYPES)
def test_dtypes_combine_as_in_keras(one: str) -> None:
    for other in DTYPES:
        ours = result_dtype([TensorType(one, ()), TensorType(other, ())])
        assert ours == keras.backend.result_type(one, other)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_number_takes_the_dtype_that_a_python_number_takes(dtype: str) -> None:
    for number, sort in ((3, int), (0.5, float)):
        ours = result_dtype([TensorType(dtype, ()), Constant(number).infer()])
        assert ours == keras.backend.result_type(dtype, sort)


@EVERY_FUNCTION
def test_a_function_that_takes_numbers_takes_them_at_every_place(function: type[Function]) -> None:
    """Numbers of the file, but not for all operands: that would be arithmetic of compile time."""
    if not function.takes_numbers:
        with pytest.raises(Mismatch, match="takes tensors, not a number"):
            infer(hints.example(function), tuple(Constant(2.0).infer() for _ in function.operands()))
        return
    places = len(function.operands())
    for constants in product([False, True], repeat=places):
        types = tuple(Constant(2.0).infer() if one else TensorType("float32", (3,)) for one in constants)
        if function.called() == "where":
            types = (TensorType("bool", (3,)), *types[1:])
        if all(one.constant for one in types):
            with pytest.raises(Mismatch, match="at least one tensor"):
                infer(function(), types)
        else:
            assert infer(function(), types)[0].shape == (3,)
