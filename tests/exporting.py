"""What goes where: every network of specs/ and examples/, and every layer and function, written in each format and compared.

    python -m tests.exporting networks      the table of docs/export.md; takes some minutes
    python -m tests.exporting calls         the layers and functions that ONNX or TensorFlow Lite cannot hold
"""

import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import nndsl.catalogue.functions
import nndsl.catalogue.layers  # noqa: F401 (makes them known)
from nndsl.backend.keras import lower
from nndsl.backend.keras.export.carried import Carried, model_of
from nndsl.backend.keras.export.comparison import differences, expected, made_up
from nndsl.backend.keras.export.exporting import TOLERANCE
from nndsl.backend.keras.export.formats import FORMATS
from nndsl.backend.keras.export.preparation import Exit, entrance, name_in_file
from nndsl.catalogue.applicable import Applicable, Function, Input, Layer, infer
from nndsl.costs import params
from nndsl.diagnostics import UserError
from nndsl.driver import check
from nndsl.program import Network
from nndsl.syntax.reading import read_source
from nndsl.types import Mismatch, TensorType
from tests.agreement import functions, hints
from tests.agreement.strategies import arguments, operands
from tests.graphs import GraphBuilder

ROOT = Path(__file__).parents[1]
LARGEST = 30_000_000
"""Networks with more parameters are left out: they are made of the same layers."""
SIZES = {"SpliceAI10k": 10_080}
"""How long an input is where 64 is too short."""
PLAIN = ("float32", "int32", "bool")
TRIED = 3
"""How many calls of each layer and function."""


def carried(network: Network) -> Carried:
    """A network with new weights, on its way out."""
    graph, layers = network.graph, lower.layers_of(network.graph)
    entrances = {name: entrance(name, node.type, None, (), False) for name, node in graph.inputs.items()}
    taken = [one.name for one in entrances.values()]
    exits = {name: Exit(name_in_file(name, taken), graph.type_of(ref)) for name, ref in graph.outputs.items()}
    bare = lower.model(network, layers)
    return Carried(network, bare, model_of(network, layers, entrances, exits), entrances, exits, None)


def outcome(one: Carried, format: str, size: int = 64) -> float | str:
    """How far a file is from its network, in proportion, where sizes with names are `size`; or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"net.{format}"
        try:
            FORMATS[format].write(one, path, {})
            asked = made_up(one, "", 4, size)
            return differences(one, FORMATS[format].load(path), asked, expected(one, asked)).relative
        except UserError as refused:
            return refused.diagnostics[0].message


# Networks ----------------------------------------------------------------------------------------


def networks() -> Iterator[tuple[str, Network]]:
    """Those of specs/ and examples/ that can stand alone, and those that a training learns, by name."""
    for path in sorted([*ROOT.glob("specs/*.nn"), *ROOT.glob("examples/*/*.nn")]):
        program, report = check(read_source(path, name=path.name))
        report.raise_errors()
        known = dict(program.networks)
        for training in program.trainings.values():
            known |= {one.network.name: one.network for one in training.learnt.values()}
        yield from ((f"{path.relative_to(ROOT)} {name}", one) for name, one in known.items())


def table() -> Iterator[str]:
    """The rows of the table in docs/export.md."""
    yield "| network | " + " | ".join(FORMATS) + " |"
    yield "|---|" + "---|" * len(FORMATS)
    for name, network in networks():
        size = params(network.graph)
        if isinstance(size, int) and size > LARGEST:
            continue
        one = carried(network)
        found = [outcome(one, format, SIZES.get(network.name, 64)) for format in FORMATS]
        yield f"| {name} | " + " | ".join(each if isinstance(each, str) else f"{each:.0e}" for each in found) + " |"


# Calls -------------------------------------------------------------------------------------------


def calls(kind: type[Applicable]) -> list[tuple[Applicable, tuple[TensorType, ...]]]:
    """Some calls of a layer or function, with what they take."""
    found: list[tuple[Applicable, tuple[TensorType, ...]]] = []

    @settings(max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        if issubclass(kind, Layer):
            chosen, types = data.draw(hints.TOGETHER.get(kind.__name__, arguments(kind))), data.draw(operands(kind))
        else:
            assert issubclass(kind, Function)
            chosen, types = data.draw(functions.calls(kind))
        if any(one.dtype not in PLAIN or one.constant for one in types):
            return
        try:
            component = kind.build(**chosen)
            assert isinstance(component, Applicable)
            infer(component, types)
        except Mismatch:
            return
        if len(found) < TRIED:
            found.append((component, types))

    collect()
    return found


def network_of(component: Applicable, types: tuple[TensorType, ...]) -> Network:
    """A network of one call."""
    built = GraphBuilder()
    taken = [built.apply(Input(type)) for type in types]
    built.inputs = {f"x{place}": built.nodes[ref.node] for place, ref in enumerate(taken)}
    for place, one in enumerate(built.outputs_of(component, *taken)):
        built.outputs[f"y{place}"] = one
    return built.network()


def refusals(format: str, named: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """Layers and functions, of all or of some, of which a format cannot hold some call; with the reason, or what went wrong."""
    for kind in [*Layer.registered(), *Function.registered()]:
        for component, types in calls(kind) if kind.called() in (named or [kind.called()]) else ():
            answer = tried(component, types, format)
            if isinstance(answer, str) or answer > TOLERANCE:
                yield kind.called(), f"{component!r}: {answer}"
                break


def tried(component: Applicable, types: tuple[TensorType, ...], format: str) -> float | str:
    try:
        return outcome(carried(network_of(component, types)), format)
    except Exception as failure:  # noqa: BLE001 - a traceback that a user would see
        return f"!!! {type(failure).__name__}: {str(failure)[:200]}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    if sys.argv[1:] == ["networks"]:
        for line in table():
            print(line, flush=True)
    else:
        for each in ("onnx", "tflite"):
            for name, why in refusals(each, sys.argv[2:]):
                print(f"{each}  {name}  {why}", flush=True)

