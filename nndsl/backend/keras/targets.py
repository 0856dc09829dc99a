"""Targets as the data have them, held against what losses and metrics take."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nndsl.catalogue.training import Loss, Metric
from nndsl.catalogue.training.comparison import ANY
from nndsl.catalogue.training.losses import SparseCategoricalCrossentropy
from nndsl.data.dataset import Dataset
from nndsl.data.fields import FieldPlan
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.graph import Graph, Node, Ref
from nndsl.program import Training
from nndsl.types import Symbolic

_ROUNDING = 1e-5


class _Taken(NamedTuple):
    """What a loss or metric takes as its target.

    Attributes:
        field: the target.
        ignored: the number of a class that stands for none.
    """

    component: Loss | Metric
    field: FieldPlan
    least: float
    most: float
    ignored: int | None = None


@error("NN729")
def target_out_of_range(taken: _Taken, place: str, value: float) -> Diagnostic:
    """A target is not what its loss or metric takes: a probability (0 to 1), a count (0 or more), a sign (-1 to 1), one of the classes of the output.

    Computed all the same, the figures would mean nothing.

        price = source.price -> float
        loss  = crossentropy

    Mended:

        loss = mse
    """
    wanted = f"from {taken.least:g} to {taken.most:g}" if taken.most < ANY[1] else f"of {taken.least:g} or more"
    message = f"{place}: {taken.component.called()} takes targets {wanted}, and `{taken.field.name}` is {value:g} here"
    repair = "compare numbers by `mse` or `mae`, or encode the field: `category`, `scale(...)`"
    if isinstance(taken.component, SparseCategoricalCrossentropy):
        message = f"{message}: the output has {taken.most + 1:g} classes"
        repair = "give the output as many units as there are classes, or encode the field: `category`"
    return Diagnostic(taken.field.span, message, (), repair)


def check_targets(training: Training, dataset: Dataset) -> None:
    """Check that every target lies where the loss or metric that takes it can compare it.

    Raises:
        UserError: one does not.
    """
    for taken in _compared(training):
        field, least, most = taken.field, taken.least, taken.most
        learnt = any(dataset.state["encoders"][field.name])  # then other examples may lie a little outside
        for examples in (dataset["train"],) if learnt else dataset.splits.values():
            for start, block in examples.blocks(field.name):
                values = block.reshape(len(block), -1)
                outside = (values < least - _ROUNDING) | (values > most + _ROUNDING)
                wrong = np.flatnonzero((outside if taken.ignored is None else outside & (values != taken.ignored)).any(axis=1))
                if wrong.size:
                    row = values[wrong[0]]
                    value = float(row[np.argmax(np.maximum(least - row, row - most))])
                    raise UserError(target_out_of_range(taken, examples.place(start + int(wrong[0])), value))


def _compared(training: Training) -> Iterator[_Taken]:
    """What losses and metrics take that take numbers between bounds, where the types of fields leave these open."""
    for graph, node in ((one.graph, node) for one in training.objectives for node in one.graph.nodes):
        if isinstance(node.component, Loss) and (field := _field(training, graph, node.operands[0])) is not None:
            yield from _between_bounds(node.component, field)
            yield from _of_classes(node, field, graph)
    for one in training.measures:
        if (field := _field(training, training.objectives[0].graph, one.target)) is not None:
            yield from _between_bounds(one.metric, field)


def _field(training: Training, graph: Graph, target: Ref) -> FieldPlan | None:
    """The field that a target is, if it is one as it stands in the data."""
    name = next((name for name, node in graph.inputs.items() if node.id == target.node), None)
    return None if name is None else training.data.fields[name]


def _between_bounds(component: Loss | Metric, field: FieldPlan) -> Iterator[_Taken]:
    if field.type.is_float and component.targets() != ANY:
        yield _Taken(component, field, *component.targets())


def _of_classes(node: Node, field: FieldPlan, graph: Graph) -> Iterator[_Taken]:
    component = node.component
    if isinstance(component, SparseCategoricalCrossentropy) and field.type.is_integer and field.type.below is None:
        classes = graph.type_of(node.operands[1]).shape[-1]
        if not isinstance(classes, Symbolic):
            yield _Taken(component, field, 0, classes - 1, component.ignore_class)
