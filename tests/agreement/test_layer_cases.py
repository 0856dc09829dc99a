"""The cases that the authors of Keras test their layers with: `keras_layer_cases.json`."""

import inspect
import json
from pathlib import Path
from typing import Any

import keras
import pytest

import nndsl.catalogue.layers  # noqa: F401 (makes the layers known)
from nndsl.catalogue.applicable import Layer, infer
from nndsl.catalogue.component import ArgumentError, Component
from nndsl.catalogue.differences import LEFT_OUT, OMITTED_ARGUMENTS, STRICTER
from nndsl.catalogue.weights import Constraint, Initializer, Regularizer
from nndsl.types import Mismatch, TensorType

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "keras_layer_cases.json").read_text())["cases"]
FAMILIES = {"layers": Layer, "initializers": Initializer, "regularizers": Regularizer, "constraints": Constraint}


def omitted(layer: str, argument: str) -> bool:
    return argument in OMITTED_ARGUMENTS or f"{layer}.{argument}" in OMITTED_ARGUMENTS


def in_scope(case: dict[str, Any]) -> bool:
    """Whether a case is about a layer, channels last, that takes from a file all the arguments that are set."""
    layer, arguments = case["layer"], case["init_kwargs"]
    known = inspect.signature(getattr(keras.layers, layer).__init__).parameters
    unusual = [
        name for name, value in arguments.items()
        if (omitted(layer, name) or name not in known) and value not in (None, False, "channels_last")
    ]
    objects = [one for one in arguments.values() if isinstance(one, dict) and "class_name" not in one]
    return layer not in LEFT_OUT and not unusual and not objects


def in_words(case: dict[str, Any]) -> str:
    return f"{case['layer']}-{CASES.index(case)}"


def component_of(family: type[Component], name: str, arguments: dict[str, Any]) -> Component:
    member = family.find(name)
    assert member is not None, name
    kept = {argument: value_of(value) for argument, value in arguments.items() if argument in member.fields()}
    return member.build(**kept)


def value_of(value: object) -> object:
    """A value as it is written in a file; Keras records components as dictionaries."""
    if isinstance(value, dict):
        return component_of(FAMILIES[value["module"].split(".")[-1]], value["class_name"], value["config"])
    return value


def operands_of(case: dict[str, Any]) -> tuple[TensorType, ...]:
    shapes = case["input_shape"]
    several = list(shapes.values()) if isinstance(shapes, dict) else shapes if isinstance(shapes[0], list) else [shapes]
    return tuple(TensorType(case["input_dtype"] or "float32", tuple(shape[1:])) for shape in several)


def refused_for_a_reason(refusal: Mismatch) -> bool:
    return any(one.words in refusal.message for one in STRICTER)


@pytest.mark.parametrize("case", [one for one in CASES if in_scope(one)], ids=in_words)
def test_a_layer_gives_what_the_authors_of_keras_expect(case: dict[str, Any]) -> None:
    operands = operands_of(case)
    try:
        layer = component_of(Layer, case["layer"], case["init_kwargs"])
        assert isinstance(layer, Layer)
        results = infer(layer, operands)
    except Mismatch as refusal:
        assert refused_for_a_reason(refusal), refusal.message
        pytest.skip(f"refused for a reason: {refusal.message}")
    except ArgumentError:
        with pytest.raises((ValueError, TypeError)):
            getattr(keras.layers, case["layer"])(**case["init_kwargs"])
        return
    weights = layer.weights(*operands)
    expected = case["expected"]
    for shape in (case["expected_output_shape"], case["derived_output_shape"]):
        assert shape is None or shape_of(shape) == [one.shape for one in results]
    if case["derived_output_shape"] is not None:
        assert sum(one.size for one in weights) == case["derived_params"]
    assert sum(one.trainable for one in weights) == expected.get("trainable_weights", sum(one.trainable for one in weights))
    assert sum(not one.trainable for one in weights) == expected.get("non_trainable_weights", sum(not one.trainable for one in weights))


def shape_of(shape: list[Any]) -> list[tuple[int, ...]]:
    return [tuple(one[1:]) for one in shape] if isinstance(shape[0], list) else [tuple(shape[1:])]


def test_most_cases_are_in_scope() -> None:
    assert sum(map(in_scope, CASES)) >= 170
