"""What stands beside a file: which values of the data its inputs are, and what its outputs mean, for people and programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import nndsl
from nndsl.backend.keras.export.carried import Carried
from nndsl.backend.keras.export.preparation import Entrance, Exit, Learnt
from nndsl.data.encoders.letters import Letters
from nndsl.data.encoders.tokens import RESERVED, Words
from nndsl.passes.expose_logits import final_activation
from nndsl.printer import component_text
from nndsl.records import plain
from nndsl.run import Run
from nndsl.types import TensorType


def described(run: Run, one: Carried, training: str, format: str) -> dict[str, Any]:
    """The description of a file."""
    return {
        "network": one.network.name, "format": format, "training": training, "epoch": one.epoch, "written_by": f"nndsl {nndsl.__version__}",
        "spec_sha256": next(iter(run.settings["spec"].values())),
        "inputs": {each.name: _input(each) for each in one.entrances.values()},
        "outputs": {each.name: _output(one, name, each) for name, each in one.exits.items()},
    }


def as_text(description: Mapping[str, Any]) -> str:
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n"


def metadata(description: Mapping[str, Any]) -> dict[str, str]:
    """The same as texts by name, for formats that have a place for such: the whole of it, and the classes of each output."""
    classes = {f"classes.{name}": json.dumps(one["classes"], ensure_ascii=False) for name, one in description["outputs"].items() if "classes" in one}
    return {"description": as_text(description), **classes}


def shape_text(type: TensorType) -> str:
    """A tensor of a file: `float32[batch, 28, 28]`."""
    return f"{type.dtype}[{', '.join(['batch', *map(str, type.shape)])}]"


def _input(one: Entrance) -> dict[str, Any]:
    told: dict[str, Any] = {"tensor": shape_text(one.type)}
    if isinstance(one.type.below, int):
        told["below"] = one.type.below
    if one.field is not None:
        told["columns"] = list(one.field.columns)
        told["to_be_done_before"] = _steps(one.outside)
        told["done_inside"] = _steps(one.inside)
    return told


def _steps(learnt: Sequence[Learnt]) -> list[dict[str, Any]]:
    return [_step(encoder, state) for encoder, state in learnt]


def _step(encoder: Any, state: Mapping[str, Any]) -> dict[str, Any]:
    told = {"encoder": component_text(encoder), "what": type(encoder).summary()}
    if isinstance(encoder, Letters):
        told |= {"letters": encoder.alphabet, "mixtures": dict(encoder.mixtures)}
    if isinstance(encoder, Words):
        told |= {"in_lower_case": encoder.lowercase, "a_token_matches": encoder.pattern.pattern}
    if "tokens" in state:
        told |= {"first_token_is": RESERVED, "padding_is": 0, "unknown_is": 1}
    return told | {name: plain(value) for name, value in state.items()}


def _output(one: Carried, name: str, end: Exit) -> dict[str, Any]:
    told: dict[str, Any] = {"tensor": shape_text(end.type), "meaning": meaning(one, name)}
    if end.field is not None:
        told["columns"] = list(end.field.columns)
        if end.field.classes is not None:
            told["classes"] = list(end.field.classes)
        elif not end.undone:
            told["learnt_from"] = _steps(end.learnt)
    return told


def meaning(one: Carried, name: str) -> str:
    """What an output holds, in a few words."""
    end, (_, activation) = one.exits[name], final_activation(one.network.graph, one.network.graph.outputs[name])
    classes = () if end.field is None else end.field.classes or ()
    single = end.type.shape[-1:] == (1,) or not end.type.shape
    if activation == "sigmoid" and single and len(classes) == 2:
        return f"the probability of {classes[1]}, not {classes[0]}"
    if activation == "softmax":
        return "probabilities" + (", one a class" if classes else ", one a token" if end.field is not None and end.field.vocabulary else "")
    if activation == "sigmoid":
        return "probabilities" if end.field is not None and end.field.type.dtype == "bool" else "numbers from 0 to 1"
    if classes:
        return "a score, above 0 for the second class" if single else "scores, one a class: the greatest is the answer"
    return "numbers in the units of the data" if end.undone else "numbers, as the network has them"
