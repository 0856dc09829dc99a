"""What the calls of a graph are in Keras: names, arguments and sizes, as both lowering and printing take them. Keras itself is not needed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.augmentations import Augmentation
from nndsl.catalogue.component import Component, snake_case
from nndsl.catalogue.layers.core import Embedding, ReversibleEmbedding
from nndsl.catalogue.layers.einsum import EinsumDense
from nndsl.catalogue.layers.reshaping import Reshape
from nndsl.catalogue.training.terms import Term
from nndsl.catalogue.weights import Constant, Constraint, Initializer, Regularizer
from nndsl.diagnostics import InternalError
from nndsl.graph import Graph, Owner
from nndsl.types import Symbolic, TensorType

_HOMES: tuple[tuple[type[Component], str], ...] = (
    (Layer, "layers"),
    (Initializer, "initializers"),
    (Regularizer, "regularizers"),
    (Constraint, "constraints"),
)


def home_of(component: Component) -> str:
    """The module of Keras that a component's class is in: `layers`, `initializers`, `regularizers` or `constraints`."""
    for family, home in _HOMES:
        if isinstance(component, family) and not isinstance(component, Augmentation | Term):
            return home
    raise InternalError(f"{component} is of no family that Keras knows")


def fields_made_of(component: Component) -> dict[str, Any]:
    """The fields that Keras takes when the object is made; those that it takes at each call are left out."""
    at_call = component.call_options if isinstance(component, Layer) else ()
    return {name: value for name, value in component.__dict__.items() if name not in at_call}


def initializer_name(value: Any) -> str | None:
    """What Keras calls an initializer without settings; given the name, layers make it themselves, when they need it.

    None for anything else, and for `Constant`, which Keras does not make without its value.
    """
    if not isinstance(value, Initializer) or isinstance(value, Constant) or value.changed():
        return None
    return snake_case(type(value).__name__)


def open_size(component: Component, size: Symbolic) -> int:
    """What Keras is given for a size that is a name: only a reshaping layer takes one, of which there is one at most, and which it works out."""
    if isinstance(component, Reshape):
        return -1
    raise InternalError(f"{component} is built with the size {size}, and Keras needs a number")


# Names -------------------------------------------------------------------------------------------


def keras_name(name: str) -> str:
    """The name with what Keras and TensorFlow do not take in names made an underscore."""
    return re.sub(r"[^A-Za-z0-9_.]", "_", name).lstrip("_.") or "layer"


def layer_names(graphs: Iterable[Graph]) -> dict[Owner, str]:
    """The name of the layer of each set of weights: that of its first node, made unique where an input has it already."""
    names: dict[Owner, str] = {}
    taken: set[str] = set()
    for graph in graphs:
        taken |= set(graph.inputs)
        for owner, node in graph.owners():
            if owner not in names:
                names[owner] = _unique(keras_name(node.name), taken)
    return names


def _unique(name: str, taken: set[str]) -> str:
    chosen, count = name, 0
    while chosen in taken:
        count += 1
        chosen = f"{name}_{count}"
    taken.add(chosen)
    return chosen


# What layers are told besides their fields -------------------------------------------------------


def told(graphs: Iterable[Graph]) -> dict[Owner, Mapping[str, Any]]:
    """For each set of weights the arguments that its layer has from its place in the graphs, and not from the file."""
    every = tuple(graphs)
    padded = {owner for graph in every for owner in _of_padded_ids(graph)}
    owners = dict.fromkeys(owner for graph in every for owner, _ in graph.owners())
    return {owner: {"mask_zero": True} if owner in padded else _settled(owner, every) for owner in owners}


def _of_padded_ids(graph: Graph) -> Iterator[Owner]:
    """The embeddings of ids among which 0 is padding: a mask begins with them, for inputs of Keras have none."""
    for node in graph.nodes:
        if isinstance(node.component, Embedding | ReversibleEmbedding) and node.owner is not None:
            ids = graph.type_of(node.operands[0])
            if ids.mask and ids.is_integer:
                yield node.owner


def _settled(owner: Owner, graphs: Iterable[Graph]) -> dict[str, Any]:
    """The sizes that an EinsumDense takes from its input, where all its uses agree: Keras would forget them, and build nothing after it."""
    if not isinstance(owner.component, EinsumDense):
        return {}
    sizes = {owner.component.sizes_of_result(*graph.operand_types(node)) for graph in graphs for node in graph.nodes if node.owner is owner}
    (known, *others) = sizes
    return {} if others or any(isinstance(size, Symbolic) for size in known) else {"output_shape": known}


def operation_of(function: Function) -> str:
    """The name in `keras.ops` of the function that a component stands for."""
    return function.operation or type(function).called()


def known_shape(type: TensorType) -> tuple[int | None, ...]:
    """A shape with None for sizes that have a name."""
    return tuple(None if isinstance(size, Symbolic) else size for size in type.shape)
