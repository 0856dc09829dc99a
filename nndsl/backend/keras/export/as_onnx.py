"""ONNX: written by tf2onnx from TensorFlow's graph, in operations that every runtime has."""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy

from nndsl.backend.keras.export.carried import Carried
from nndsl.backend.keras.export.constant import constant
from nndsl.backend.keras.export.runtime import Array, Runtime, cannot_hold, check_size, silent
from nndsl.diagnostics import UserError
from nndsl.types import Symbolic

_OPSET = 17
_BATCH = "batch"
_PLACE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : |Load model from \S+ failed: ?")
"""What onnxruntime says before it comes to the point."""


def write(one: Carried, path: Path, texts: Mapping[str, str]) -> None:
    """Write an `.onnx` file; texts become metadata.

    Raises:
        UserError: ONNX has no operation for something.
    """
    check_size("ONNX", sum(4 * variable.value.shape.num_elements() for variable in one.model.variables))
    model = _converted(one)
    _name_axes(one, model)
    import onnx

    onnx.helper.set_model_props(model, dict(texts))
    path.write_bytes(model.SerializeToString())


def _converted(one: Carried) -> Any:
    """What tf2onnx makes of a network.

    Raises:
        UserError: it fails.
    """
    import onnx
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    function = constant(one, "ONNX")
    try:
        with silent():
            model, _ = tf2onnx.convert.from_function(function, [one.signature()], opset=_OPSET, custom_op_handlers=_handlers())
        _check_known(model)
        onnx.checker.check_model(model)
    except UserError:
        raise
    except Exception as failure:  # noqa: BLE001 - its exceptions have no common class
        raise UserError(cannot_hold("ONNX", f"its converter fails ({_first_line(failure)})")) from None
    model.producer_name, model.graph.name = "nndsl", one.model.name
    return model


def _handlers() -> dict[str, Any]:
    """What tf2onnx does not know, by operations of ONNX: `Erfc` is in the exact form of GELU, `Expm1` in CELU."""

    def unity(context: Any, node: Any) -> Any:
        from tf2onnx import utils

        return context.make_const(utils.make_name("one"), numpy.array(1, utils.map_onnx_to_numpy_type(context.get_dtype(node.output[0])))).output[0]

    def put(context: Any, node: Any, last: str, operands: list[Any]) -> None:
        kind, shape, output = context.get_dtype(node.output[0]), context.get_shape(node.output[0]), node.output[0]
        context.remove_node(node.name)
        context.make_node(last, operands, outputs=[output], dtypes=[kind], shapes=[shape])

    def complement(context: Any, node: Any, name: str, arguments: Any) -> None:
        put(context, node, "Sub", [unity(context, node), context.make_node("Erf", node.input).output[0]])

    def less_one(context: Any, node: Any, name: str, arguments: Any) -> None:
        put(context, node, "Sub", [context.make_node("Exp", node.input).output[0], unity(context, node)])

    def of_one_more(context: Any, node: Any, name: str, arguments: Any) -> None:
        put(context, node, "Log", [context.make_node("Add", [node.input[0], unity(context, node)]).output[0]])

    return {"Erfc": (complement, []), "Expm1": (less_one, []), "Log1p": (of_one_more, [])}


def _check_known(model: Any) -> None:
    """Check that all operations are ONNX's own.

    Raises:
        UserError: some are TensorFlow's, since tf2onnx knows of no others that do the same.
    """
    import onnx

    foreign = sorted({node.op_type for node in _nodes(model.graph) if node.domain not in ("", "ai.onnx") or not onnx.defs.has(node.op_type)})
    if foreign:
        listed = " and ".join(f"`{one}`" for one in foreign[:3])
        raise UserError(cannot_hold("ONNX", f"it has nothing that computes {listed} of TensorFlow"))


def _nodes(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _name_axes(one: Carried, model: Any) -> None:
    """Call the axes of any length what the file calls them."""
    types = {each.name: each.type for each in one.entrances.values()} | {each.name: each.type for each in one.exits.values()}
    for value in (*model.graph.input, *model.graph.output):
        names = [_BATCH, *(str(size) if isinstance(size, Symbolic) else None for size in types[value.name].shape)]
        for axis, name in zip(value.type.tensor_type.shape.dim, names, strict=False):
            if name is not None and not axis.dim_value:
                axis.dim_param = name


def load(path: Path) -> Runtime:
    """An inference session of onnxruntime on the CPU.

    Raises:
        UserError: it does not take the file.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as failure:  # noqa: BLE001 - its exceptions have no common class
        raise UserError(cannot_hold("ONNX", f"onnxruntime refuses it ({_first_line(failure)})")) from None

    def asked(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        names = [one.name for one in session.get_outputs()]
        try:
            return dict(zip(names, session.run(names, dict(inputs)), strict=True))
        except Exception as failure:  # noqa: BLE001
            raise UserError(cannot_hold("ONNX", f"onnxruntime cannot compute it ({_first_line(failure)})")) from None

    return asked


def _first_line(failure: Exception) -> str:
    return _PLACE.sub("", str(failure)).strip().partition("\n")[0][:200]
