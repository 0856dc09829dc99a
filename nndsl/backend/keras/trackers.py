"""The running figures of a pass over examples."""

from collections.abc import Sequence

import keras

from nndsl.backend.keras import replicas
from nndsl.backend.keras.objective import Outcome
from nndsl.backend.keras.optimize import metric as keras_metric
from nndsl.program import Measure, Objective


class Trackers:
    """The running figures of a pass over examples: of each objective its loss and its terms, and the measures of the first."""

    def __init__(self, objectives: Sequence[Objective], measures: Sequence[Measure]):
        self._means = [[keras.metrics.Mean(name=name) for name in one.figures] for one in objectives]
        self._measures = [keras_metric(one.metric, one.name) for one in measures]
        self.names = (*(name for one in objectives for name in one.figures), *(one.name for one in measures))
        self.all = (*(mean for one in self._means for mean in one), *self._measures)
        self._read = replicas.AtOnce(lambda: [one.result() for one in self.all])
        self._read_loss = replicas.AtOnce(self._means[0][0].result)
        self._reset = replicas.AtOnce(lambda: [one.reset_state() for one in self.all])

    def update(self, place: int, found: Outcome) -> None:
        """Take in the figures of one batch, for the objective at a place."""
        for mean, value in zip(self._means[place], (found.loss, *found.terms), strict=True):
            mean.update_state(value, sample_weight=found.examples)
        if place == 0:
            for measure, (target, prediction) in zip(self._measures, found.pairs, strict=True):
                measure.update_state(target, prediction)

    def results(self) -> dict[str, float]:
        """The figures so far, by name."""
        return {name: float(one) for name, one in zip(self.names, self._read(), strict=True)}

    @property
    def built(self) -> bool:
        """Whether all variables are there; those of some metrics depend on what they measure."""
        return all(getattr(one, "_built", True) for one in self.all)

    @property
    def loss(self) -> float:
        """The loss of the first objective so far."""
        return float(self._read_loss())

    def reset(self) -> None:
        self._reset()

    @property
    def variables(self) -> list[keras.Variable]:
        return [variable for one in self.all for variable in one.variables]
