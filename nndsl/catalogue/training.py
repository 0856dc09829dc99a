"""What a network learns with: losses, metrics, optimizers, schedules."""

from nndsl.catalogue.component import Applicable, Component


class Loss(Applicable):
    """A loss of Keras, one number for each example: `infer(target, prediction)` is `float[]`."""

    noun = "a loss"
    naming = "both"


class Metric(Component):
    """A metric of Keras, over a target and a prediction."""

    noun = "a metric"
    naming = "both"


class Schedule(Component):
    """A learning rate that changes from step to step."""

    noun = "a learning-rate schedule"
    naming = "snake"


class Optimizer(Component):
    """An optimizer of Keras."""

    noun = "an optimizer"
