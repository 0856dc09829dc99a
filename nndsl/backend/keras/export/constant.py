"""A network as one function of TensorFlow whose weights are constants: what converters to other formats start from."""

from collections.abc import Mapping

from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from nndsl.backend.keras.export.carried import Carried
from nndsl.backend.keras.export.runtime import cannot_hold
from nndsl.backend.keras.only_tensorflow import tf
from nndsl.diagnostics import UserError


def constant(one: Carried, format: str) -> tf.types.experimental.GenericFunction:
    """The function of a network; it takes and gives dictionaries by the names in files.

    Raises:
        UserError: the network changes a variable, as layers do that draw at random.
    """
    taken, given = (sorted(end.name for end in ends.values()) for ends in (one.entrances, one.exits))
    traced = tf.function(one.answers, autograph=False).get_concrete_function(one.signature())
    changed = next((node.name for node in traced.graph.get_operations() if node.type.startswith("Assign")), None)
    if changed is not None:
        layer = changed.split("/")[-2]
        raise UserError(cannot_hold(format, f"the layer `{layer}` draws at random each time, and changes a variable for that"))
    frozen = convert_variables_to_constants_v2(traced, lower_control_flow=False)
    assert len(frozen.inputs) == len(taken), "a network keeps something else than variables and constants"

    def serve(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return dict(zip(given, tf.nest.flatten(frozen(*(inputs[name] for name in taken))), strict=True))

    return tf.function(serve, input_signature=[one.signature()], autograph=False)
