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
def test_a_function_has_the_operands_and_arguments_of_keras(function: type[Function]) -> None:
    theirs = [name for name in keras_parameters(function) if f"{function.called()}.{name}" not in hints.OMITTED]
    ours = [one.name for one in function.operands()] + list(function.fields())
    assert hints.OTHERWISE_NAMED.get(function.called(), ours) == ours
    assert sorted(ours) == sorted(theirs) or function.called() in hints.OTHERWISE_NAMED


@EVERY_FUNCTION
def test_a_function_has_the_defaults_of_keras(function: type[Function]) -> None:
    theirs = keras_parameters(function)
    for name, field in function.fields().items():
        if function.called() in hints.OTHERWISE_NAMED or f"{function.called()}.{name}" in hints.OTHER_DEFAULTS:
            continue
        expected = REQUIRED if theirs[name] is inspect.Parameter.empty else theirs[name]
        assert field.default == expected, name


def test_every_exception_is_one() -> None:
    """A list of exceptions that names something that Keras does not have, or has now, is out of date."""
    for entry in hints.OMITTED:
        name, _, argument = entry.partition(".")
        found = Function.find(name)
        assert found is not None and argument in keras_parameters(found), entry
        assert argument not in found.fields(), entry
    for entry in hints.OTHER_DEFAULTS:
        name, _, argument = entry.partition(".")
        found = Function.find(name)
        assert found is not None and keras_parameters(found)[argument] != found.fields()[argument].default, entry


def test_every_activation_of_keras_is_in_the_catalogue() -> None:
    theirs = {name for name, one in vars(keras.activations).items() if inspect.isfunction(one)}
    assert theirs - {"get", "serialize", "deserialize"} == set(Activation.names())


def test_every_function_of_keras_is_in_the_catalogue_or_left_out_for_a_reason() -> None:
    theirs = {name for name, one in vars(keras.ops).items() if inspect.isfunction(one)}
    assert theirs - set(Function.names()) == set(hints.LEFT_OUT)


def tensor(type: TensorType, make: Callable[..., Any]) -> Any:
    return hints.NUMBERS[type.dtype] if type.constant else make((BATCH, *type.shape), dtype=type.dtype)


def symbol(type: TensorType) -> Any:
    return hints.NUMBERS[type.dtype] if type.constant else keras.KerasTensor((None, *type.shape), dtype=type.dtype)


def listed(result: Any) -> list[Any]:
    return list(result) if isinstance(result, list | tuple) else [result]


def described(result: Any) -> list[tuple[tuple[int | None, ...], str]]:
    """The shapes without the batch axis, and the dtypes, of what Keras gave."""
    return [(tuple(one.shape[1:]), keras.backend.standardize_dtype(one.dtype)) for one in listed(result)]


def as_function(function: Function, tensors: list[Any], types: tuple[TensorType, ...]) -> Any:
    return call_function(function, tensors, types)


def as_layer(function: Function, tensors: list[Any], types: tuple[TensorType, ...]) -> Any:
    layer = function.as_layer(*types)
    assert layer is not None
    made = instantiate(layer)
    return made(tensors) if layer.takes_list else made(*tensors)


def forms_of(function: Function, types: tuple[TensorType, ...]) -> list[Callable[..., Any]]:
    """The ways in which it can be applied in Keras."""
    if isinstance(function, hints.ONLY_AS_LAYER):
        return [as_layer]
    return [as_function] if function.as_layer(*types) is None else [as_function, as_layer]


@EVERY_FUNCTION
def test_what_the_catalogue_takes_keras_takes_with_the_same_result(function: type[Function]) -> None:
    taken: Counter[bool] = Counter()

    @QUICKLY
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        chosen = data.draw(hints.arguments(function))
        types = data.draw(hints.operands(function))
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
        for form in forms_of(component, types):
            assert described(form(component, [tensor(one, keras.ops.ones) for one in types], types)) == promised
            assert described(form(component, [symbol(one) for one in types], types)) == promised

    agree()
    assert taken[True] >= 5, f"of 25 examples, only {taken[True]} were taken: a hint is needed"


def check_refusal(function: Function, types: tuple[TensorType, ...], refusal: Mismatch) -> None:
    """What the catalogue refuses, Keras refuses too, or mixes the examples of a batch, or it is a listed decision."""
    if any(words in refusal.message for words in hints.STRICTER):
        return
    with pytest.raises(Exception):  # noqa: B017 (Keras raises what it likes)
        call_function(function, [tensor(one, keras.ops.ones) for one in types], types)
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
