"""Every layer and function of the catalogue, in a model that is saved, loaded without nndsl, and asked again."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st

import nndsl.catalogue.functions
import nndsl.catalogue.layers  # noqa: F401 (makes them known)
from nndsl.backend.keras import lower
from nndsl.catalogue.applicable import Applicable, Function, Layer, infer
from nndsl.catalogue.component import ArgumentError, Component
from nndsl.graph import Ref
from nndsl.program import Network
from nndsl.types import Mismatch, TensorType
from tests.agreement import functions, hints, strategies
from tests.graphs import GraphBuilder

COMPONENTS: list[type[Applicable]] = [*Function.registered(), *Layer.registered()]
QUICKLY = settings(max_examples=300, phases=[Phase.generate], deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
Case = tuple[Applicable, tuple[TensorType, ...]]


def taken(component: type[Component], arguments: dict[str, Any], types: tuple[TensorType, ...]) -> Case | None:
    """The call, if the catalogue takes it, of numbers that any process can make and compare."""
    if any(one.dtype not in ("float32", "int32", "bool") for one in types) or all(one.constant for one in types):
        return None
    try:
        built = component.build(**arguments)
        assert isinstance(built, Applicable)
        return (built, types) if infer(built, types) else None
    except (Mismatch, ArgumentError):
        return None


def case_of(component: type[Component]) -> Case:
    """A small call of a component."""
    if issubclass(component, Function):
        strategy = functions.calls(component)
    else:
        assert issubclass(component, Layer)
        chosen = hints.TOGETHER.get(component.__name__, strategies.arguments(component))
        strategy = st.tuples(chosen, strategies.operands(component))
    arguments, types = find(strategy, lambda call: taken(component, *call) is not None, settings=QUICKLY)
    case = taken(component, arguments, types)
    assert case is not None
    return case


def network_of(component: Applicable, types: tuple[TensorType, ...]) -> Network:
    built = GraphBuilder()
    refs = []
    for place, type in enumerate(types):
        if type.constant:
            refs.append(built.number(functions.NUMBERS[type.dtype]))
        else:
            refs.append(built.input(f"x{place}", *type.shape, dtype=type.dtype))
    result = built.apply(component, *refs)
    count = len(built.nodes[-1].types)
    return built.network("One", **{f"y{place}": Ref(result.node, place) for place in range(count)})


def numbers(types: tuple[TensorType, ...]) -> dict[str, Any]:
    random = np.random.default_rng(3)
    drawn: dict[str, Callable[..., Any]] = {"float32": lambda shape: random.uniform(0.1, 0.9, shape), "int32": lambda shape: random.integers(0, 2, shape),
             "bool": lambda shape: random.integers(0, 2, shape)}
    return {
        f"x{place}": drawn[type.dtype]((3, *type.shape)).astype(type.dtype) for place, type in enumerate(types) if not type.constant
    }


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of each component, its inputs, what it gives, and what it gives in another process."""
    folder = tmp_path_factory.mktemp("models")
    for component in COMPONENTS:
        built, types = case_of(component)
        model = lower.model(network_of(built, types))
        feeds = numbers(types)
        lower.save(model, folder / f"{component.__name__}.keras")
        np.savez(folder / f"{component.__name__}.inputs.npz", **feeds)
        given = model(lower.alone(feeds), training=False)
        results = [given[name] for name in sorted(given)] if isinstance(given, dict) else [given]
        np.savez(folder / f"{component.__name__}.expected.npz", *[np.asarray(keras.ops.cast(one, "float32")) for one in results])
    script = Path(__file__).with_name("loading.py")
    subprocess.run([sys.executable, script, folder], check=True, cwd=folder, env={**os.environ, "PYTHONPATH": ""}, capture_output=True)
    return folder


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda one: one.__name__)
def test_a_model_with_it_is_saved_and_loads_without_nndsl(component: type[Component], loaded: Path) -> None:
    failure = loaded / f"{component.__name__}.failure"
    assert not failure.exists(), failure.read_text()
    expected = np.load(loaded / f"{component.__name__}.expected.npz")
    outputs = np.load(loaded / f"{component.__name__}.outputs.npz")
    assert len(expected) == len(outputs)
    for name in expected:
        np.testing.assert_array_equal(outputs[name], expected[name])
