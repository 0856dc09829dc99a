"""ONNX: written by tf2onnx from TensorFlow's graph, in operations that every runtime has."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nndsl.backend.keras.export.carried import Carried
from nndsl.backend.keras.export.constant import constant
from nndsl.backend.keras.export.runtime import Array, Runtime, cannot_hold, check_size, silent
from nndsl.diagnostics import UserError
from nndsl.types import Symbolic

_OPSET = 17
_BATCH = "batch"


def write(one: Carried, path: Path, texts: Mapping[str, str]) -> None:
    """Write an `.onnx` file; texts become metadata.

    Raises:
        UserError: ONNX has no operation for something.
    """
    check_size("ONNX", sum(4 * variable.value.shape.num_elements() for variable in one.model.variables))
    model = _converted(one)
    _check_known(model)
    _name_axes(one, model)
    import onnx

    onnx.helper.set_model_props(model, dict(texts))
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def _converted(one: Carried) -> Any:
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    with silent():
        model, _ = tf2onnx.convert.from_function(constant(one), [one.signature()], opset=_OPSET, custom_op_handlers=_handlers())
    model.producer_name, model.graph.name = "nndsl", one.model.name
    return model


def _handlers() -> dict[str, Any]:
    """What tf2onnx does not know: the complement of the error function, which is in the exact form of GELU."""

    def complement(context: Any, node: Any, name: str, arguments: Any) -> None:
        kind, shape = context.get_dtype(node.output[0]), context.get_shape(node.output[0])
        from tf2onnx import utils

        error = context.make_node("Erf", node.input, dtypes=[kind], shapes=[shape])
        unity = context.make_const(utils.make_name("one"), _ones(utils.map_onnx_to_numpy_type(kind)))
        output = node.output[0]
        context.remove_node(node.name)
        context.make_node("Sub", [unity.output[0], error.output[0]], outputs=[output], dtypes=[kind], shapes=[shape])

    return {"Erfc": (complement, [])}


def _ones(dtype: Any) -> Any:
    import numpy

    return numpy.array(1, dtype)


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
    return str(failure).strip().partition("\n")[0][:200]
