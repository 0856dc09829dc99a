"""From a typed graph to Keras: layers by their names, calls one by one, and models that load without nndsl.

A component is made by name, `getattr(keras.layers, "Dense")(units=64)`, and so are the initializers, regularizers and
activations among its fields. `call` is the one place where a node is applied, to symbols while a model is built and
to numbers while an objective is computed: both see the same layers, the same masks and the same arithmetic.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any, TypeAlias

import keras
from keras.src import backend as keras_backend  # which alone knows where masks are kept

from nndsl.backend.keras import augment, terms
from nndsl.backend.keras.saved import fill
from nndsl.backend.keras.unable import check_able
from nndsl.catalogue.activations import Activation
from nndsl.catalogue.applicable import Applicable, Constant, Function, Input, Layer
from nndsl.catalogue.augmentations import Augmentation
from nndsl.catalogue.component import Component
from nndsl.catalogue.functions.arranging import Positions
from nndsl.catalogue.functions.matrices import Einsum
from nndsl.catalogue.layers.attention import GroupQueryAttention, MultiHeadAttention
from nndsl.catalogue.training.terms import Term
from nndsl.diagnostics import InternalError
from nndsl.files import replaced
from nndsl.graph import Graph, Node, Owner, Ref, needed_for
from nndsl.in_keras import (
    fields_made_of,
    home_of,
    initializer_name,
    keras_name,
    known_shape,
    layer_names,
    open_size,
    operation_of,
    told,
)
from nndsl.program import Network
from nndsl.types import Symbolic, TensorType

Tensor: TypeAlias = Any
"""A symbol (`keras.KerasTensor`), a tensor of the backend, or a Python number where the file has one."""
Layers: TypeAlias = Mapping[Owner, keras.Layer]

_FRAMES_PER_NODE = 4
"""Keras follows a chain of layers by recursion, with this many Python frames a layer at most."""


# Objects -----------------------------------------------------------------------------------------


def instantiate(component: Component, **settings: Any) -> Any:
    """The Keras object that a component describes.

    Args:
        settings: further arguments of the Keras class, which win over the component's.
    """
    if isinstance(component, Activation):
        return _activation(component)
    if isinstance(component, Term):
        return terms.layer_of(component, **settings)
    if isinstance(component, Augmentation):
        return augment.layer_of(component, **settings)
    taken = _arguments(component) | settings
    trainable = taken.pop("trainable", True)  # which not every layer takes when it is made
    made = _keras_class(component)(**taken)
    if not trainable:
        made.trainable = False
    return made


def _arguments(component: Component) -> dict[str, Any]:
    """The fields of a component as Keras takes them when the object is made."""
    return {name: _argument(component, value) for name, value in fields_made_of(component).items()}


def _activation(component: Activation) -> Any:
    """An activation as an argument: its name, or the layer of its kind where it has settings of its own."""
    if not component.changed():
        return type(component).called()
    form = component.as_layer()
    if form is None:
        raise InternalError(f"{component} has settings, and Keras has no layer that holds them")
    return instantiate(form)


def _keras_class(component: Component) -> Callable[..., Any]:
    made: Callable[..., Any] = getattr(getattr(keras, home_of(component)), type(component).__name__)
    return made


def _argument(component: Component, value: Any) -> Any:
    if (name := initializer_name(value)) is not None:
        return name
    if isinstance(value, Component):
        return instantiate(value)
    if isinstance(value, Symbolic):
        return open_size(component, value)
    if isinstance(value, tuple):
        return tuple(_argument(component, one) for one in value)
    return str(value) if isinstance(value, str) else value


class _MadeWhenAsked(dict[Owner, keras.Layer]):
    """The layers of some graphs. Each is made when it is first asked for, and so before those that come after it are.

    Layers draw the seeds of their initial weights when they are made, and some of them more when they are built. So they draw
    in the order in which they are applied, as those of a program do that is written by hand.
    """

    def __init__(self, graphs: Sequence[Graph]):
        super().__init__()
        self._names, self._told = layer_names(graphs), told(graphs)

    def __missing__(self, owner: Owner) -> keras.Layer:
        self[owner] = made = instantiate(owner.component, name=self._names[owner], **self._told[owner])
        return made


def layers_of(*graphs: Graph) -> dict[Owner, keras.Layer]:
    """One Keras layer for each set of weights in the graphs, with the name of its first node."""
    made = layers_as_applied(*graphs)
    for graph in graphs:
        for owner, _ in graph.owners():
            made[owner]
    return made


def layers_as_applied(*graphs: Graph) -> dict[Owner, keras.Layer]:
    """The same, but each is made when it is first asked for, as a program does that is written by hand."""
    return _MadeWhenAsked(graphs)


# Calls -------------------------------------------------------------------------------------------


def call(node: Node, layer: keras.Layer | None, operands: Sequence[Tensor], types: Sequence[TensorType]) -> tuple[Tensor, ...]:
    """Apply one node: its layer if it owns one, else its function.

    Args:
        layer: the layer of the node's owner.
        operands: the tensors or numbers it takes, in order.
        types: the types of the operands.

    Returns:
        As many tensors as the node has types.

    Raises:
        UserError: the backend cannot compute it.
    """
    component = node.component
    if isinstance(component, Constant):
        return (component.value,)
    check_able(node, keras.config.backend())
    masks = [mask_of(one) for one in operands]
    results = _several(_called(node, layer, operands, types))
    for operand, mask in zip(operands, masks, strict=True):
        if mask is not None and mask_of(operand) is None:
            set_mask(operand, mask)  # MultiHeadAttention of Keras takes the masks of its operands away
    return _masked(component, results, masks, types)


def _called(node: Node, layer: keras.Layer | None, operands: Sequence[Tensor], types: Sequence[TensorType]) -> Any:
    component = node.component
    if layer is None and isinstance(component, Function):
        form = component.as_layer(*types)
        if form is None:
            return named(keras_name(node.name), call_function(component, operands, types), operands)
        component, layer = form, instantiate(form, name=keras_name(node.name))
    if layer is None or not isinstance(component, Layer):
        raise InternalError(f"the node {node.name} has no layer")
    return _call_layer(component, layer, operands, types)


def named(name: str, result: Any, operands: Sequence[Tensor]) -> Any:
    """The result of a function, whose operations have the name of the node: Keras would number them past names that layers have."""
    known = {id(one) for one in operands}
    waiting, count = [one for one in _several(result) if isinstance(one, keras.KerasTensor)], 0
    while waiting:
        tensor = waiting.pop()
        if id(tensor) in known:
            continue
        known.add(id(tensor))
        made_by = tensor._keras_history.operation
        if id(made_by) not in known:
            known.add(id(made_by))
            made_by.name, count = f"{name}.{count}" if count else name, count + 1
        waiting += made_by._inbound_nodes[-1].arguments.keras_tensors
    return result


def mask_of(tensor: Tensor) -> Tensor | None:
    """The mask that Keras lets travel with a tensor."""
    return keras_backend.get_keras_mask(tensor)


def set_mask(tensor: Tensor, mask: Tensor | None) -> None:
    """Let a mask travel with a tensor."""
    keras_backend.set_keras_mask(tensor, mask)


def _masked(
    component: Applicable, results: tuple[Tensor, ...], operand_masks: Sequence[Tensor | None], types: Sequence[TensorType]
) -> tuple[Tensor, ...]:
    """The results with the masks that the catalogue says they have, where Keras has lost them on the way."""
    said = component.masked(*types)
    masks = [mask for mask in operand_masks if mask is not None]
    for result, masked in zip(results, said if isinstance(said, tuple) else (said,) * len(results), strict=True):
        if masked and masks and mask_of(result) is None:
            set_mask(result, reduce(keras.ops.logical_or, masks))
    return results


def _several(result: Any) -> tuple[Tensor, ...]:
    return tuple(result) if isinstance(result, list | tuple) else (result,)


def _call_layer(component: Layer, layer: keras.Layer, operands: Sequence[Tensor], types: Sequence[TensorType]) -> Any:
    options = component.call_arguments(*types)
    if component.takes_list:
        return layer(list(operands), **options)
    first, *others = operands
    for operand in component.operands()[1:]:
        if operand.variadic and others:
            options[operand.name] = others
        elif others:
            options[operand.name] = others.pop(0)
    if isinstance(component, MultiHeadAttention | GroupQueryAttention):  # whose masks Keras does not make part of the model
        known = zip(component.operands()[1:], map(mask_of, operands[1:]), strict=False)
        options |= {f"{operand.name}_mask": mask for operand, mask in known if mask is not None}
    result = layer(first, **options)
    if isinstance(component, MultiHeadAttention | GroupQueryAttention) and isinstance(result, tuple):
        set_mask(result[1], None)  # the softmax inside leaves its own with the scores
    return result


def call_function(component: Function, operands: Sequence[Tensor], types: Sequence[TensorType]) -> Any:
    """Apply the function of `keras.ops` that a component stands for."""
    settings = {name: _argument(component, value) for name, value in component.keras_arguments(*types).items()}
    function = getattr(keras.ops, operation_of(component))
    if isinstance(component, Einsum):
        return function(component.subscripts, *operands)
    if isinstance(component, Positions):
        counted = keras.ops.ones_like(keras.ops.get_item(operands[0], component.alone(*types)), dtype="int32")
        return function(counted, axis=1) - 1
    return function(list(operands), **settings) if component.takes_list else function(*operands, **settings)


# Graphs ------------------------------------------------------------------------------------------

Apply: TypeAlias = Callable[[Node, keras.Layer | None, Sequence[Tensor], Sequence[TensorType]], tuple[Tensor, ...]]


def values_of(
    graph: Graph, layers: Layers, feeds: Mapping[str, Tensor], wanted: Iterable[Ref] | None = None, apply: Apply = call
) -> dict[Ref, Tensor]:
    """The tensors of a graph.

    Args:
        feeds: by name, the tensors of its inputs; those that nothing wanted depends on may be missing.
        wanted: compute only what these tensors need; None: everything.
        apply: what applies a node; objectives add losses to `call`.
    """
    needed = range(len(graph.nodes)) if wanted is None else needed_for(graph.nodes, wanted)
    values: dict[Ref, Tensor] = {Ref(node.id): feeds[name] for name, node in graph.inputs.items() if node.id in needed}
    for node in graph.nodes:
        if node.id in needed and not isinstance(node.component, Input):
            values |= results_of(graph, node, layers, values, apply)
    return values


def results_of(graph: Graph, node: Node, layers: Layers, values: Mapping[Ref, Tensor], apply: Apply = call) -> dict[Ref, Tensor]:
    """What a call gives; `values` holds its operands."""
    layer = None if node.owner is None else layers[node.owner]
    results = apply(node, layer, [values[ref] for ref in node.operands], graph.operand_types(node))
    return {Ref(node.id, output): _of_known_sizes(node, one, type) for output, (one, type) in enumerate(zip(results, node.types, strict=True))}


def _of_known_sizes(node: Node, tensor: Tensor, type: TensorType) -> Tensor:
    """A tensor with all its sizes, where Keras does not see that they are known: `x[0:1]` of an axis of any length has one entry."""
    shape = known_shape(type)
    if not isinstance(tensor, keras.KerasTensor) or None in shape or tuple(tensor.shape[1:]) == shape:
        return tensor
    found = named(f"{keras_name(node.name)}.sizes", keras.ops.reshape(tensor, (-1, *shape)), [tensor])
    set_mask(found, mask_of(tensor))
    return found


def symbols(graph: Graph) -> dict[str, Tensor]:
    """A Keras input for each input of a graph: sizes with names become axes of any length."""
    return {name: keras.Input(known_shape(node.type), dtype=node.type.dtype, name=keras_name(name)) for name, node in graph.inputs.items()}


def model(network: Network, layers: Layers | None = None) -> keras.Model:
    """The functional Keras model of a network.

    A single input or output is taken and given as it is, several as dictionaries by name. New layers have new weights,
    or those of the file that the network names.

    Raises:
        UserError: that file cannot be used.
    """
    graph = network.graph
    with deep_enough(len(graph.nodes)):
        inputs = symbols(graph)
        used = layers_as_applied(graph) if layers is None else layers
        values = values_of(graph, used, inputs)
        if layers is None:
            fill(used, [graph])
        outputs = {name: values[ref] for name, ref in graph.outputs.items()}
        return keras.Model(alone(inputs), alone(outputs), name=keras_name(network.name))


def alone(named: Mapping[str, Tensor]) -> Any:
    """A single tensor as it is, several by name: what the model of a network takes and gives."""
    return dict(named) if len(named) != 1 else next(iter(named.values()))


@contextmanager
def deep_enough(nodes: int) -> Iterator[None]:
    """Let Keras follow a chain of so many layers: Python's limit of 1,000 frames is less than some networks have."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 1_000 + _FRAMES_PER_NODE * nodes))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def save(made: keras.Model, path: Path) -> None:
    """Write a model to a `.keras` file, whole or not at all.

    Raises:
        UserError: the disk is full, or the folder cannot be written.
    """
    with replaced(path) as beside:
        write(made, beside)


def write(made: keras.Model, path: Path) -> None:
    """Write a model to a `.keras` file right where it is to be."""
    with deep_enough(len(made.operations)):
        made.save(path)
