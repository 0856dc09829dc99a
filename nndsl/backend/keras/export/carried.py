"""A network on its way out: its inputs and outputs with what encoders do at both ends, as one Keras model."""

from collections.abc import Mapping
from typing import Any

import keras

from nndsl.backend.keras import lower
from nndsl.backend.keras.evaluate import restore_best
from nndsl.backend.keras.export.preparation import Entrance, Exit, entrance, exit_of, name_in_file, symbol
from nndsl.backend.keras.learner import surroundings
from nndsl.backend.keras.measuring import layers_and_models
from nndsl.backend.keras.only_tensorflow import tf
from nndsl.backend.keras.state import assign, copied, weights_of
from nndsl.frozen import Frozen
from nndsl.in_keras import keras_name
from nndsl.program import Network, Training
from nndsl.progress import Progress
from nndsl.run import Run


class Carried(Frozen, eq=False):
    """A network to be written to a file.

    Attributes:
        network: as the training has it.
        bare: the network alone, as a Keras model.
        model: the same with what encoders do before it and after it; it takes and gives dictionaries, by the names in files.
        entrances, exits: by the names of the network's inputs and outputs.
        epoch: the one whose weights it has; None: those of the newest step.
    """

    network: Network
    bare: keras.Model
    model: keras.Model
    entrances: Mapping[str, Entrance]
    exits: Mapping[str, Exit]
    epoch: int | None

    def signature(self) -> dict[str, tf.TensorSpec]:
        """The inputs by name; the batch axis and sizes with names are of any length."""
        return {name: tf.TensorSpec(one.shape, one.dtype, name) for name, one in self.model.input.items()}

    def answers(self, inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """What the file is to give."""
        with lower.deep_enough(len(self.model.operations)):
            return dict(self.model(dict(inputs), training=False))


def carried(run: Run, training: Training, state: Mapping[str, Any], name: str, inside: bool) -> Carried:
    """The network of a run with its best weights, in float32, whatever it was trained in.

    Args:
        state: what the data keep, see `Dataset`.
        inside: whether what encoders do is part of it, as far as it can be.

    Raises:
        UserError: the checkpoints of the run cannot be used.
    """
    seed, network = run.settings["settings"]["seed"], training.learnt[name].network
    with surroundings(training.precision, seed):
        layers, models = layers_and_models(training)
        epoch = restore_best(run, layers, Progress())
    if training.precision != "float32":
        values = copied(weights_of(layers))
        with surroundings("float32", seed):
            layers, models = layers_and_models(training)
            assign(weights_of(layers), {key: value.astype("float32") if value.dtype.kind not in "iub" else value for key, value in values.items()})
    with surroundings("float32", seed):
        entrances, exits = _ends(training, state, name, network, inside)
        return Carried(network, models[name], model_of(network, layers, entrances, exits), entrances, exits, epoch)


def _ends(
    training: Training, state: Mapping[str, Any], name: str, network: Network, inside: bool
) -> tuple[dict[str, Entrance], dict[str, Exit]]:
    fields, states = training.data.fields, state["encoders"]
    entrances = {}
    for one, node in network.graph.inputs.items():
        field = fields.get(one)
        fits = field is not None and field.type.rank == node.type.rank
        entrances[one] = entrance(one, node.type, field if fits else None, states[one] if fits else (), inside)
    exits: dict[str, Exit] = {}
    taken = {one.name for one in entrances.values()}
    for one, ref in network.graph.outputs.items():
        target = training.targets.get(one)
        exits[one] = exit_of(name_in_file(one, taken), network.graph.type_of(ref), fields.get(target or ""), states.get(target, ()), inside)
    return entrances, exits


def model_of(network: Network, layers: lower.Layers, entrances: Mapping[str, Entrance], exits: Mapping[str, Exit]) -> keras.Model:
    """The model of a network with what encoders do at both ends; see `Carried`."""
    graph = network.graph
    with lower.deep_enough(len(graph.nodes)):
        inputs = {one.name: symbol(one) for one in entrances.values()}
        values = lower.values_of(graph, layers, {name: one.prepared(inputs[one.name]) for name, one in entrances.items()})
        outputs = {exits[name].name: exits[name].in_units(values[ref]) for name, ref in graph.outputs.items()}
        return keras.Model(inputs, outputs, name=keras_name(network.name))
