"""Optimizers: those of `keras.optimizers`."""

from typing import Annotated

from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Known, NonNegative, Number, Positive, Rate
from nndsl.catalogue.training.schedules import Schedule
from nndsl.types import BadArgument

LearningRate = Positive | Schedule
Momentum = Annotated[float, Number(least=0, below=1)]
Amount = Annotated[int, Known(1)]


class Optimizer(Component, kw_only=True):
    """A way to change weights by gradients.

    Attributes:
        weight_decay: the share of each weight that is taken away at a step, times the learning rate.
        clipnorm, clipvalue, global_clipnorm: limits of the norm of each gradient, of each of its numbers, of all gradients
            together; one of them at most.
        use_ema: keep moving averages of the weights, which replace them at the end, or every `ema_overwrite_frequency` steps.
        loss_scale_factor: what the loss is multiplied by, and gradients divided by again.
        gradient_accumulation_steps: how many steps' gradients are averaged before weights change.
    """

    noun = "an optimizer"
    weight_decay: NonNegative | None = None
    clipnorm: Positive | None = None
    clipvalue: Positive | None = None
    global_clipnorm: Positive | None = None
    use_ema: bool = False
    ema_momentum: Rate = 0.99
    ema_overwrite_frequency: Amount | None = None
    loss_scale_factor: Positive | None = None
    gradient_accumulation_steps: Annotated[int, Known(2)] | None = None

    def validate(self) -> None:
        clips = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if self.__dict__[name] is not None]
        if len(clips) > 1:
            named = " and ".join(f"`{one}`" for one in clips)
            raise BadArgument(f"takes only one of {named}", argument=clips[1], repair="keep one of them")


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if asked for (Nesterov's, if `nesterov`)."""

    learning_rate: LearningRate = 0.01
    momentum: Rate = 0.0
    nesterov: bool = False


class RMSprop(Optimizer):
    """Gradients divided by the root of the moving average of their squares (Hinton, 2012)."""

    learning_rate: LearningRate = 0.001
    rho: Momentum = 0.9
    momentum: Momentum = 0.0
    epsilon: NonNegative = 1e-7
    centered: bool = False


class Adam(Optimizer):
    """Adaptive moments (Kingma and Ba, 2014)."""

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: NonNegative = 1e-7
    amsgrad: bool = False


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    learning_rate: LearningRate = 0.001
    weight_decay: NonNegative | None = 0.004
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: NonNegative = 1e-7
    amsgrad: bool = False


class Adadelta(Optimizer):
    """Steps measured by the recent sizes of gradients and of steps (Zeiler, 2012)."""

    learning_rate: LearningRate = 0.001
    rho: Momentum = 0.95
    epsilon: NonNegative = 1e-7


class Adagrad(Optimizer):
    """Gradients divided by the root of the sum of their squares (Duchi et al., 2011)."""

    learning_rate: LearningRate = 0.001
    initial_accumulator_value: NonNegative = 0.1
    epsilon: NonNegative = 1e-7


class Adamax(Optimizer):
    """Adam with the maximum norm (Kingma and Ba, 2014)."""

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: NonNegative = 1e-7


class Nadam(Optimizer):
    """Adam with Nesterov momentum (Dozat, 2015)."""

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: NonNegative = 1e-7


class Adafactor(Optimizer):
    """Adaptive steps with little memory: second moments by rows and columns (Shazeer and Stern, 2018)."""

    learning_rate: LearningRate = 0.001
    beta_2_decay: Annotated[float, Number(below=0)] = -0.8
    epsilon_1: NonNegative = 1e-30
    epsilon_2: NonNegative = 1e-3
    clip_threshold: Positive = 1.0
    relative_step: bool = True


class Ftrl(Optimizer):
    """Follow the regularised leader (McMahan et al., 2013)."""

    learning_rate: LearningRate = 0.001
    learning_rate_power: Annotated[float, Number(most=0)] = -0.5
    initial_accumulator_value: NonNegative = 0.1
    l1_regularization_strength: NonNegative = 0.0
    l2_regularization_strength: NonNegative = 0.0
    l2_shrinkage_regularization_strength: NonNegative = 0.0
    beta: float = 0.0


class Lion(Optimizer):
    """The sign of a momentum (Chen et al., 2023)."""

    learning_rate: LearningRate = 0.001
    beta_1: Annotated[float, Number(above=0, most=1)] = 0.9
    beta_2: Momentum = 0.99


class Lamb(Optimizer):
    """Adam with a step for each layer in proportion to its weights, for large batches (You et al., 2019)."""

    learning_rate: LearningRate = 0.001
    beta_1: Momentum = 0.9
    beta_2: Momentum = 0.999
    epsilon: NonNegative = 1e-7


class Muon(Optimizer):
    """Orthogonalised momentum for matrices, AdamW for everything else (Jordan et al., 2024).

    `exclude_layers` are patterns: weights whose path matches one are left to AdamW.
    """

    not_computed_in = ("float64",)

    learning_rate: LearningRate = 0.001
    adam_beta_1: Momentum = 0.9
    adam_beta_2: Momentum = 0.999
    adam_weight_decay: NonNegative | None = 0.004
    epsilon: NonNegative = 1e-7
    weight_decay: NonNegative | None = 0.004
    exclude_layers: tuple[str, ...] | None = None
    exclude_embeddings: bool = True
    muon_a: float = 3.4445
    muon_b: float = -4.775
    muon_c: float = 2.0315
    adam_lr_ratio: Positive = 1
    momentum: Momentum = 0.95
    ns_steps: Amount = 5
    nesterov: bool = True
    rms_rate: Positive | None = 0.2


class ScheduleFreeAdamW(Optimizer):
    """AdamW with an average of the weights in the place of a schedule (Defazio et al., 2024)."""

    learning_rate: LearningRate = 0.0025
    beta_1: Annotated[float, Number(above=0, below=1)] = 0.9
    beta_2: Momentum = 0.999
    epsilon: NonNegative = 1e-8
    warmup_steps: Annotated[int, Known(0)] = 0
