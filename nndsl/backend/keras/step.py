"""One step of learning: what an objective is worth on a batch, its gradients, and what the optimizer does with them."""

from collections.abc import Collection, Mapping, Sequence

import keras

from nndsl.backend.keras import engine
from nndsl.backend.keras.lower import Layers, Tensor
from nndsl.backend.keras.objective import Outcome, Valuation, reached
from nndsl.backend.keras.shares import ALL, Share
from nndsl.graph import needed_for
from nndsl.program import Measure, Objective


class Step:
    """One kind of training step: what it makes smaller, on which weights, by which optimizer.

    Attributes:
        times: how many steps of this kind one training step takes.
        variables: the weights that it changes.
    """

    def __init__(
        self, objective: Objective, layers: Layers, optimizer: keras.Optimizer, measures: Sequence[Measure] = (), remat: Collection[str] = ()
    ):
        self.optimizer = optimizer
        self.times = objective.times
        self._valuation = Valuation(objective, layers, measures, remat)
        self.variables = _learnt(objective, layers)
        self._fixed = _fixed(objective, layers, measures)
        optimizer.build(self.variables)

    def learn(self, batch: Mapping[str, Tensor], share: Share = ALL) -> Outcome:
        """Compute a batch, or a share of it, and change the weights by the whole batch."""
        before = [keras.ops.copy(one.value) for one in self._fixed]
        found, gradients = self.gradients(batch, share)
        learnt = [(one, variable) for one, variable in zip(gradients, self.variables, strict=True) if one is not None]
        engine.apply(self.optimizer, share.summed([one for one, _ in learnt]), [variable for _, variable in learnt])
        for variable, value in zip(self._fixed, before, strict=True):
            variable.assign(value)
        return found

    def gradients(self, batch: Mapping[str, Tensor], share: Share = ALL) -> tuple[Outcome, list[Tensor | None]]:
        """What a batch, or a share of it, is worth, and the gradients of its scaled loss by each of the weights; None: it has none."""

        def valued() -> tuple[Tensor, Outcome]:
            found = self._valuation.of(batch, training=True, share=share)
            return self.optimizer.scale_loss(share.weighted(found.loss)), found

        gradients, found = engine.gradients(valued, self.variables)
        return found, gradients

    def is_finite(self, weights: keras.Variable) -> bool:
        """Whether some weights are finite, and what the optimizer keeps of their gradients."""
        name = weights.path.replace("/", "_")  # as it is part of the names of what the optimizer keeps
        kept = [weights, *(one for one in self.optimizer.variables if name in one.path)]
        return all(bool(keras.ops.all(keras.ops.isfinite(one.value))) for one in kept)


def _fixed(objective: Objective, layers: Layers, measures: Sequence[Measure]) -> list[keras.Variable]:
    """The statistics of layers whose weights an objective may not change: they see its batches, and do not learn from them."""
    wanted = [objective.loss, *(ref for one in measures for ref in (one.target, one.prediction))]
    return [one for layer in reached(objective, layers, wanted, objective.updates) for one in layer.non_trainable_weights]


def _learnt(objective: Objective, layers: Layers) -> list[keras.Variable]:
    """The weights that an objective may change and depends on; for others there is no gradient."""
    graph = objective.graph
    used = {graph.nodes[number].owner for number in needed_for(graph.nodes, [objective.loss])}
    variables = (one for owner in objective.updates if owner in used for one in layers[owner].trainable_variables)
    return list({id(one): one for one in variables}.values())
