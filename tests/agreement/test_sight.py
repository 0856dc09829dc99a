"""What components say they see along a sequence, against what changes in the results of Keras when the sequence does."""

from collections import Counter
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import nndsl.catalogue.functions
import nndsl.catalogue.layers  # noqa: F401 (makes functions and layers known)
from nndsl.backend.keras.lower import call, instantiate
from nndsl.catalogue.applicable import Applicable, Function, Layer, infer
from nndsl.catalogue.sight import Sight
from nndsl.graph import Node, Owner
from nndsl.types import Mismatch, TensorType
from tests.agreement import functions, hints
from tests.agreement.keras_side import BATCH, NOWHERE
from tests.agreement.strategies import arguments, operands

EVERY = pytest.mark.parametrize("kind", [*Layer.registered(), *Function.registered()], ids=lambda one: one.called())
QUICKLY = settings(
    max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)


def drawn(kind: type[Applicable], data: st.DataObject) -> tuple[dict[str, Any], tuple[TensorType, ...]]:
    if issubclass(kind, Function):
        return data.draw(functions.calls(kind))
    assert issubclass(kind, Layer)
    return data.draw(hints.TOGETHER.get(kind.__name__, arguments(kind))), data.draw(operands(kind))


def tensor(type: TensorType, chance: np.random.Generator) -> Any:
    """Numbers that a component can take: whole ones are 1 or 2, to look up and to divide by."""
    if type.constant:
        return functions.NUMBERS[type.dtype]
    shape: Any = (BATCH, *type.shape)
    if type.is_float:
        return chance.normal(size=shape).astype("float32")
    return chance.integers(0, 2, shape) + (type.dtype != "bool")


class Applied:
    """A component with its weights, applied to arrays."""

    def __init__(self, component: Applicable, types: tuple[TensorType, ...]):
        self._types = types
        self._layer = instantiate(component) if isinstance(component, Layer) else None
        owner = None if self._layer is None else Owner("one", component)
        self._node = Node(0, "one", component, owner, (), (), NOWHERE, ())

    def __call__(self, arrays: list[Any], result: int) -> np.ndarray[Any, Any]:
        tensors = [array if type.constant else keras.ops.convert_to_tensor(array, dtype=type.dtype)
                   for array, type in zip(arrays, self._types, strict=True)]
        found = call(self._node, self._layer, tensors, self._types)[result]
        return np.asarray(keras.ops.cast(found, "float32"))


def changed(array: np.ndarray[Any, Any], places: np.ndarray[Any, Any], type: TensorType) -> np.ndarray[Any, Any]:
    """Other numbers at some places of the first axis after that of the batch."""
    other = array.copy()
    other[:, places] = tensor(type, np.random.default_rng(99))[:, places]
    return other


@EVERY
def test_a_component_sees_along_a_sequence_what_it_says(kind: type[Applicable]) -> None:
    beyond: Counter[bool] = Counter()

    @QUICKLY
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        chosen, types = drawn(kind, data)
        try:
            component = kind.build(**chosen)
            assert isinstance(component, Applicable)
            results = infer(component, types)
        except Mismatch:
            assume(False)
        arrays = [tensor(one, np.random.default_rng(5 + place)) for place, one in enumerate(types)]
        applied = Applied(component, types)
        for result, type in enumerate(results):
            for operand, sight in enumerate(component.sight(result, *types)):
                if types[operand].shape and sight is not Sight.UNKNOWN:
                    check(applied, arrays, types, operand, sight, result, type, beyond)

    agree()
    assert not beyond or beyond[True] or kind.number_by_number


def check(
    applied: Applied, arrays: list[Any], types: tuple[TensorType, ...], operand: int, sight: Sight, result: int, type: TensorType,
    beyond: Counter[bool],
) -> None:
    length = types[operand].shape[0]
    assert isinstance(length, int)
    places, at = np.arange(length), length // 2
    unseen = {Sight.SAME: places != at, Sight.PAST: places > at, Sight.NOTHING: places >= 0, Sight.BEYOND: places == min(at + 1, length - 1)}[sight]
    other = [changed(array, unseen, types[operand]) if place == operand else array for place, array in enumerate(arrays)]
    one, two = applied(arrays, result), applied(other, result)
    if sight is Sight.BEYOND:
        same = type.shape[:1] == (length,)  # places correspond
        seen = (slice(None), slice(0, at + 1)) if same and length > 1 else slice(None)
        beyond[not np.array_equal(one[seen], two[seen], equal_nan=True)] += 1
        return
    if sight is not Sight.NOTHING:
        assert type.shape[0] == length
        upto = slice(at, at + 1) if sight is Sight.SAME else slice(0, at + 1)
        one, two = one[:, upto], two[:, upto]
    np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)
