"""TensorFlow Lite, which LiteRT loads: built of its own operations alone, so that no other library is needed."""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from nndsl.backend.keras.export.carried import Carried
from nndsl.backend.keras.export.constant import constant
from nndsl.backend.keras.export.recurrence import plain_loops
from nndsl.backend.keras.export.runtime import Array, Runtime, cannot_hold, check_size, silent
from nndsl.backend.keras.only_tensorflow import tf
from nndsl.diagnostics import UserError

_FOREIGN = re.compile(r"'?tf\.(\w+)'? op is neither a custom op nor a flex op|failed to legalize operation 'tf\.(\w+)'")


def write(one: Carried, path: Path, texts: Mapping[str, str]) -> None:
    """Write a `.tflite` file with one signature, `serving_default`; it has no place for texts.

    Raises:
        UserError: TensorFlow Lite has no operation for something.
    """
    check_size("TensorFlow Lite", sum(4 * variable.value.shape.num_elements() for variable in one.model.variables))
    module = tf.Module()
    with plain_loops():
        module.serve = constant(one, "TensorFlow Lite")
    path.write_bytes(_converted(module))


def _converted(module: tf.Module) -> bytes:
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    with silent() as said, TemporaryDirectory() as folder:
        try:
            tf.saved_model.save(module, folder, signatures=module.serve.get_concrete_function(), options=options)
            converter = tf.lite.TFLiteConverter.from_saved_model(folder)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
            found: bytes = converter.convert()
        except Exception as failure:  # noqa: BLE001 - its exceptions have no common class
            reason = str(failure)
        else:
            return found
    raise UserError(cannot_hold("TensorFlow Lite", _why("\n".join([reason, *said]))))


def _why(text: str) -> str:
    """What the converter says, in words."""
    names = sorted({one or other for one, other in _FOREIGN.findall(text)})
    if names:
        return f"it has nothing of its own that computes {' and '.join(f'`{one}`' for one in names[:3])} of TensorFlow"
    line = next((line for line in text.splitlines() if "error:" in line), text.strip().partition("\n")[0])
    return f"its converter fails ({line.rpartition('error:')[2].strip()[:200]})"


def load(path: Path) -> Runtime:
    """The signature of a file, run by LiteRT.

    Raises:
        UserError: it does not take the file.
    """
    from ai_edge_litert.interpreter import Interpreter

    def asked(inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        with silent():
            try:
                found: Mapping[str, Array] = Interpreter(model_path=str(path)).get_signature_runner()(**inputs)
            except (ValueError, RuntimeError) as failure:
                reason = str(failure).strip().partition("\n")[0][:200]
            else:
                return found
        raise UserError(cannot_hold("TensorFlow Lite", f"LiteRT cannot compute it ({reason})"))

    return asked
