"""Every layer of the catalogue against the installed Keras."""

import inspect
from collections import Counter
from dataclasses import replace
from typing import Any

import keras
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import nndsl.catalogue.layers  # noqa: F401 (makes the layers known)
from nndsl.catalogue.applicable import Layer, infer
from nndsl.catalogue.component import REQUIRED, Component
from nndsl.catalogue.differences import LEFT_OUT, OMITTED_ARGUMENTS, STRICTER
from nndsl.catalogue.layers.reshaping import Reshape
from nndsl.types import Mismatch, Size, TensorType, TooSmall, named, substitute
from tests.agreement import hints
from tests.agreement.keras_side import of_any_size, outcome
from tests.agreement.strategies import arguments, operands

LAYERS = Layer.registered()
EVERY_LAYER = pytest.mark.parametrize("layer", LAYERS, ids=lambda one: one.__name__)
QUICKLY = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
SHARED = ("name", "trainable")


def omitted(layer: str, argument: str) -> bool:
    return argument in OMITTED_ARGUMENTS or f"{layer}.{argument}" in OMITTED_ARGUMENTS


def keras_arguments(layer: str) -> dict[str, object]:
    """The arguments of the Keras layer that the catalogue should have, with their defaults."""
    parameters = list(inspect.signature(getattr(keras.layers, layer).__init__).parameters.values())[1:]
    return {
        one.name: REQUIRED if one.default is inspect.Parameter.empty else one.default
        for one in parameters
        if one.kind is not inspect.Parameter.VAR_KEYWORD and one.name not in SHARED and not omitted(layer, one.name)
    }


def same_default(ours: object, theirs: object) -> bool:
    if isinstance(ours, Component) and isinstance(theirs, str):
        found = type(ours).find(theirs)
        return found is type(ours) and ours == found()
    return ours is theirs if ours is REQUIRED or theirs is REQUIRED else ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)


@EVERY_LAYER
def test_a_layer_has_the_arguments_of_keras_in_order(layer: type[Layer]) -> None:
    ours = [name for name in layer.fields() if name not in (*SHARED, *layer.call_options)]
    assert ours == list(keras_arguments(layer.__name__))


@EVERY_LAYER
def test_a_layer_has_the_defaults_of_keras(layer: type[Layer]) -> None:
    theirs = keras_arguments(layer.__name__)
    differing = {
        name: (field.default, theirs[name])
        for name, field in layer.fields().items()
        if name in theirs and not same_default(field.default, theirs[name])
    }
    assert not differing


@EVERY_LAYER
def test_a_layer_is_documented_with_its_shape(layer: type[Layer]) -> None:
    assert layer.summary().endswith((".", "`"))
    assert "Shape: " in (inspect.getdoc(layer) or "")


def test_every_layer_of_keras_is_in_the_catalogue_or_left_out_for_a_reason() -> None:
    exported = {name: one for name, one in vars(keras.layers).items() if inspect.isclass(one) and issubclass(one, keras.Layer)}
    missing = {one.__name__ for name, one in exported.items() if name not in Layer.members and name not in LEFT_OUT}
    assert missing == set()
    assert not set(LEFT_OUT) & set(Layer.members)


def test_an_omitted_argument_is_one_that_keras_has() -> None:
    for entry in OMITTED_ARGUMENTS:
        owner, _, argument = entry.rpartition(".")
        places = [owner] if owner else [one.__name__ for one in LAYERS]
        assert any(argument in inspect.signature(getattr(keras.layers, one).__init__).parameters for one in places), entry


def drawn(layer: type[Layer], data: st.DataObject) -> tuple[dict[str, Any], tuple[TensorType, ...]]:
    """Arguments of a layer, and operands."""
    chosen = data.draw(hints.TOGETHER.get(layer.__name__, arguments(layer)))
    types = data.draw(operands(layer))
    types = tuple(one if not one.is_float or one.rank < 2 else masked(one, data) for one in types)
    return chosen, types


def masked(type: TensorType, data: st.DataObject) -> TensorType:
    return TensorType(type.dtype, type.shape, mask=data.draw(st.integers(0, 3)) == 0)


def listed_as_stricter(layer: type[Layer], refusal: Mismatch) -> bool:
    return any(one.words in refusal.message and (not one.components or layer.__name__ in one.components) for one in STRICTER)


@EVERY_LAYER
def test_what_the_catalogue_takes_keras_takes_with_the_same_result(layer: type[Layer]) -> None:
    taken: Counter[bool] = Counter()

    @QUICKLY
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        chosen, types = drawn(layer, data)
        component = layer(**chosen)
        try:
            component = layer.build(**chosen)
            results = infer(component, types)
        except Mismatch as refusal:
            taken[False] += 1
            if not listed_as_stricter(layer, refusal):
                with pytest.raises(Exception):  # noqa: B017 (Keras raises what it likes)
                    outcome(component, types)
                    pytest.fail(f"Keras takes {component} of {types}, and the catalogue {refusal.message}", pytrace=False)
            return
        taken[True] += 1
        found = outcome(component, types)
        assert found.shapes == tuple(one.shape for one in results)
        assert found.dtypes == tuple(one.dtype for one in results)
        assert found.masks == tuple(one.mask for one in results)
        assert found.weights == tuple(replace(one, about=None) for one in component.weights(*types))

    agree()
    assert taken[True] >= 3, f"of 20 examples, only {taken[True]} were taken: a hint is needed"


def opened(type: TensorType, data: st.DataObject) -> tuple[TensorType, dict[str, Size]]:
    """The type with names for some of its sizes, and what they stand for."""
    names = {f"S{axis}": size for axis, size in enumerate(type.shape) if data.draw(st.integers(0, 5)) > (axis == type.rank - 1) * 4}
    shape = tuple(named(f"S{axis}") if f"S{axis}" in names else size for axis, size in enumerate(type.shape))
    return replace(type, shape=shape, below=None), names


@EVERY_LAYER
def test_what_is_known_of_sizes_with_names_is_true_of_every_size(layer: type[Layer]) -> None:
    @settings(QUICKLY, max_examples=40)
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        chosen, types = drawn(layer, data)
        open_type, names = opened(types[0], data)
        open_types = tuple(open_type if one is types[0] else one for one in types)
        try:
            component = layer.build(**chosen)
            assert isinstance(component, Layer)
            results = infer(component, open_types)
        except Mismatch:
            return
        try:
            concrete = infer(component, types)
        except TooSmall:
            return
        filled = tuple(replace(one, shape=tuple(substitute(size, names) for size in one.shape)) for one in results)
        assert filled == concrete
        assert component.weights(*types) == component.weights(*open_types)
        assert substitute(component.flops(open_types, results), names) == component.flops(types, concrete)

    agree()


@EVERY_LAYER
def test_keras_computes_with_the_sizes_that_may_have_names(layer: type[Layer]) -> None:
    @settings(QUICKLY, max_examples=8)
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        chosen, types = drawn(layer, data)
        open_type, _ = opened(types[0], data)
        open_types = tuple(open_type if one is types[0] else one for one in types)
        try:
            component = layer.build(**chosen)
            assert isinstance(component, Layer)
            results = infer(component, open_types)
            concrete = infer(component, types)
        except Mismatch:
            return
        assert of_any_size(component, open_types, types) == tuple(one.shape for one in concrete), results

    agree()


def test_numbers_can_be_arranged_by_a_size_with_a_name() -> None:
    length = named("L")
    reshape, operand = Reshape((length * 2, 2)), TensorType("float32", (length, 4))
    assert infer(reshape, (operand,)) == (TensorType("float32", (length * 2, 2)),)
    assert of_any_size(reshape, (operand,), (TensorType("float32", (3, 4)),)) == ((6, 2),)
