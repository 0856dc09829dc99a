"""What an objective is worth on a batch: its graph computed, its loss, its terms, and what is measured there."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import keras

from nndsl.backend.keras import engine, terms
from nndsl.backend.keras.lower import Apply, Layers, Tensor, call, mask_of, results_of
from nndsl.backend.keras.optimize import loss as keras_loss
from nndsl.backend.keras.recomputed import Recomputed, recomputed
from nndsl.backend.keras.shares import ALL, Share
from nndsl.catalogue.applicable import Input
from nndsl.catalogue.training import Loss
from nndsl.catalogue.training.terms import GradientPenalty, Interpolation, Noise, Term
from nndsl.graph import Graph, Node, Owner, Ref, needed_for
from nndsl.program import Measure, Objective
from nndsl.types import TensorType


def example_losses(loss: keras.losses.Loss, target: Tensor, prediction: Tensor, share: Share = ALL) -> Tensor:
    """One number for each example, whose mean over the batch is what Keras gives with `sum_over_batch_size`.

    Masks count as in Keras: positions that are masked out weigh nothing, and the mean is over those that are left in
    the whole batch. A loss over logits gets them even where the prediction went through its softmax or sigmoid
    (Keras leaves the logits with the result), which stays exact in half precision.
    """
    mask = mask_of(prediction)
    if isinstance(target, bool | int | float):
        target = keras.ops.full_like(prediction, target)
    logits = getattr(prediction, "_keras_logits", None)
    if logits is not None and getattr(loss, "from_logits", False):
        prediction = logits
    if len(target.shape) == len(prediction.shape) == 1:  # Keras would average over the batch, its last axis
        target, prediction = keras.ops.expand_dims(target, -1), keras.ops.expand_dims(prediction, -1)
    if mask is not None and len(target.shape) == len(prediction.shape) - 1 and prediction.shape[-1] == 1:
        target = keras.ops.expand_dims(target, -1)  # Keras would average over the positions that the mask tells apart
    with engine.fused_losses():
        values = loss.call(keras.ops.cast(target, loss.dtype), keras.ops.cast(prediction, loss.dtype))
    for one in (mask, mask_of(values)):
        if one is not None:
            values = values * _mask_weights(one, values, share)
    if not len(values.shape):
        return keras.ops.broadcast_to(values, (keras.ops.shape(prediction)[0],))
    return keras.ops.mean(values, axis=tuple(range(1, len(values.shape))))


def _by_class(losses: Tensor, loss: Loss, target: Tensor) -> Tensor:
    """The losses of examples, `[n]`, each as often as its class counts."""
    if loss.class_weights is None:
        return losses
    weights = keras.ops.convert_to_tensor(loss.class_weights, losses.dtype)
    return losses * keras.ops.take(weights, keras.ops.cast(keras.ops.reshape(target, (-1,)), "int32"))


def _mask_weights(mask: Tensor, values: Tensor, share: Share) -> Tensor:
    """0 where masked out, and elsewhere so much more that the mean over the whole batch is the mean over what counts."""
    counts = keras.ops.cast(mask, values.dtype)
    total, counting = share.summed([keras.ops.cast(keras.ops.size(counts), values.dtype), keras.ops.sum(counts)])
    weights = counts * keras.ops.divide_no_nan(total, counting)
    while len(weights.shape) < len(values.shape):
        weights = keras.ops.expand_dims(weights, -1)
    return weights


class Computation(keras.Layer):
    """A part of a graph as one Keras layer, so that Keras keeps its weights, its penalties and its mode.

    Called with the inputs by name and the number of examples, it gives the wanted tensors in order.
    """

    def __init__(self, graph: Graph, layers: Layers, wanted: Sequence[Ref], remat: Collection[str] = (), name: str | None = None):
        """
        Args:
            remat: names of blocks: what they compute in a training step is computed again on the way back.
        """
        super().__init__(name=name, autocast=False)
        nodes = [graph.nodes[number] for number in sorted(needed_for(graph.nodes, wanted))]
        self.graph = graph
        self.wanted = tuple(wanted)
        self.fields = tuple(name for name, node in graph.inputs.items() if node in nodes)
        self.parts = list(dict.fromkeys(layers[node.owner] for node in nodes if node.owner is not None))
        self._by_owner = MappingProxyType(dict(layers))  # not a dict: Keras would take its layers for parts of this one
        self._critics = MappingProxyType({node.id: _between(graph, *node.operands) for node in nodes if isinstance(node.component, GradientPenalty)})
        later = {one for critic in self._critics.values() for one in critic}
        self._nodes = tuple(node for node in nodes if node not in later and not isinstance(node.component, Input))
        self._recomputed = tuple(recomputed(graph, self._nodes, remat, wanted, layers))
        losses = {node.id: keras_loss(node.component) for node in nodes if isinstance(node.component, Loss)}
        self._losses_by_node = MappingProxyType(losses)
        self.built = True  # else Keras would follow it once more, to find out what it builds

    def call(self, feeds: Mapping[str, Tensor], count: Tensor, training: bool | None = None, share: Share = ALL) -> tuple[Tensor, ...]:
        compute = partial(self._results, partial(self._apply, count, training, share))
        values: dict[Ref, Tensor] = {Ref(self.graph.inputs[name].id): feeds[name] for name in self.fields}
        for part in self._recomputed if training else self._nodes:
            values |= part(values, compute) if isinstance(part, Recomputed) else compute(part, values)
        return tuple(values[ref] for ref in self.wanted)

    def _results(self, apply: Apply, node: Node, values: Mapping[Ref, Tensor]) -> dict[Ref, Tensor]:
        """What a call gives; `values` holds its operands."""
        if isinstance(node.component, GradientPenalty):
            return self._penalty(node, values, apply)
        return results_of(self.graph, node, self._by_owner, values, apply)

    def _penalty(self, node: Node, values: Mapping[Ref, Tensor], apply: Apply) -> dict[Ref, Tensor]:
        """A penalty on the gradient of a critic's scores, with all that the critic computes."""
        scores, points = node.operands
        critic = self._critics[node.id]

        def judged(at: Tensor) -> tuple[Tensor, list[Tensor]]:
            known = {**values, points: at}
            for one in critic:
                known |= results_of(self.graph, one, self._by_owner, known, apply)
            return known[scores], [known[ref] for ref in refs]

        refs = [Ref(one.id, output) for one in critic for output in range(len(one.types))]
        gradient, found = engine.gradient(judged, values[points], self.parts)
        return {**dict(zip(refs, found, strict=True)), Ref(node.id): terms.gradient_penalty(gradient)}

    def _apply(
        self, count: Tensor, training: bool | None, share: Share, node: Node, layer: keras.Layer | None,
        operands: Sequence[Tensor], types: Sequence[TensorType],
    ) -> tuple[Tensor, ...]:
        match node.component:
            case Loss() as loss:
                target, prediction = operands
                losses = example_losses(self._losses_by_node[node.id], target, prediction, share)
                return (_by_class(losses, loss, target) if training else losses,)
            case Noise() if layer is not None:
                return (layer.draw(count, bool(training), share),)
            case Interpolation() if layer is not None:
                return (layer.mix(*operands, bool(training), share),)
            case Term() as term:
                return (terms.computed(term, operands),)
        return call(node, layer, operands, types)


def _between(graph: Graph, end: Ref, start: Ref) -> tuple[Node, ...]:
    """The calls on the way from one tensor to another."""
    reached = {start.node}
    for number in sorted(needed_for(graph.nodes, [end])):
        if any(ref.node in reached for ref in graph.nodes[number].operands):
            reached.add(number)
    return tuple(graph.nodes[number] for number in sorted(reached - {start.node}))


class Outcome(NamedTuple):
    """What a step finds on one batch.

    Attributes:
        loss: the mean over the batch, with the penalties on weights.
        terms: the means of the named terms of the loss.
        pairs: for each measure, target and prediction.
        examples: how many there are.
    """

    loss: Tensor
    terms: tuple[Tensor, ...]
    pairs: tuple[tuple[Tensor, Tensor], ...]
    examples: Tensor


class Valuation:
    """What an objective is worth on a batch, and what is measured there."""

    def __init__(self, objective: Objective, layers: Layers, measures: Sequence[Measure] = (), remat: Collection[str] = ()):
        self._terms = len(objective.terms)
        pairs = [ref for measure in measures for ref in (measure.target, measure.prediction)]
        self._computation = Computation(objective.graph, layers, [objective.loss, *objective.terms.values(), *pairs], remat)
        self._penalized = reached(objective, layers, [objective.loss])

    def of(self, batch: Mapping[str, Tensor], training: bool = False, share: Share = ALL) -> Outcome:
        """Compute a batch.

        Args:
            training: whether dropout, noise, batch statistics and the weights of classes are those of training.
            share: which part of the batch of all devices it is.
        """
        count = keras.ops.shape(next(iter(batch.values())))[0]
        feeds = {name: batch[name] for name in self._computation.fields}
        losses, *others = self._computation(feeds, count=count, training=training, share=share)
        terms, pairs = others[: self._terms], others[self._terms :]
        penalties = [keras.ops.cast(one, losses.dtype) for layer in self._penalized for one in layer.losses]
        return Outcome(
            keras.ops.mean(losses) + sum(penalties),
            tuple(keras.ops.mean(one) for one in terms),
            tuple(zip(pairs[::2], pairs[1::2], strict=True)),
            count,
        )


def reached(objective: Objective, layers: Layers, wanted: Sequence[Ref], but: Collection[Owner] = ()) -> list[keras.Layer]:
    """The layers that some tensors of an objective depend on, each once."""
    nodes = [objective.graph.nodes[number] for number in sorted(needed_for(objective.graph.nodes, wanted))]
    return list(dict.fromkeys(layers[one.owner] for one in nodes if one.owner is not None and one.owner not in but))
