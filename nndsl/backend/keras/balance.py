"""Class weights that are `balanced`: numbers, once the training examples are known."""

from dataclasses import replace

import numpy as np

from nndsl.catalogue.training import Loss
from nndsl.catalogue.training.comparison import altered, classes_of
from nndsl.data.dataset import Dataset
from nndsl.graph import Graph, Node
from nndsl.program import Training
from nndsl.types import Size


def balanced(training: Training, dataset: Dataset) -> Training:
    """The training with a weight for each class where its class weights are `balanced`.

    Every class has the same weight in sum, and the mean over the training examples is 1.
    """
    return replace(training, objectives=tuple(replace(one, graph=_balanced(one.graph, dataset)) for one in training.objectives))


def _balanced(graph: Graph, dataset: Dataset) -> Graph:
    fields = {node.id: name for name, node in graph.inputs.items()}

    def weighted(node: Node) -> Node:
        loss = node.component
        if not isinstance(loss, Loss) or loss.class_weights != "balanced":
            return node
        weights = _weights(dataset, fields[node.operands[0].node], classes_of(graph.type_of(node.operands[0])))
        return replace(node, component=altered(loss, class_weights=weights))

    return replace(graph, nodes=tuple(map(weighted, graph.nodes)))


def _weights(dataset: Dataset, field: str, classes: Size | None) -> tuple[float, ...]:
    assert isinstance(classes, int)
    numbers = np.asarray(dataset["train"].fields[field]).reshape(-1).astype(int)
    counts = np.bincount(numbers, minlength=classes)
    return tuple((counts.sum() / (classes * np.maximum(counts, 1))).tolist())
