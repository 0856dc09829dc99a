"""What every metric is, and how it fits itself to what it compares."""

from typing import Annotated, ClassVar, Literal

from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Known
from nndsl.catalogue.training import comparison
from nndsl.catalogue.training.comparison import Activation, Final
from nndsl.types import TensorType

Amount = Annotated[int, Known(1)]
"""A known whole number of at least 1."""

CLASSIFYING: tuple[Final, ...] = ("sigmoid", "softmax")

Mode = Literal["min", "max"]
SEVERAL = "would be several figures, one for each {}, and a log has room for one"


class Metric(Component):
    """A figure over the targets and outputs of many examples.

    Attributes:
        activations: the final activations that make what it takes; empty where any numbers will do.
        mode: whether lower (`min`) or higher (`max`) is better; None where neither is, for sure.
    """

    noun = "a metric"
    naming = "both"
    activations: ClassVar[tuple[Final, ...]] = ()
    mode: ClassVar[Mode | None] = None

    def direction(self) -> Mode | None:
        """Which way is better, as `mode` says it of the whole class."""
        return self.mode

    def compare(self, target: TensorType, prediction: TensorType) -> None:
        """Check that it can be computed of a target and an output, and is one number.

        Raises:
            Mismatch: it cannot.
        """
        comparison.same_numbers(target, prediction)

    def targets(self) -> tuple[float, float]:
        """Between which numbers its targets lie; those of what takes probabilities are probabilities too."""
        return (0.0, 1.0) if self.activations else comparison.ANY

    def fit(self, target: TensorType, activation: Activation, prediction: TensorType) -> tuple["Metric", str]:
        """The metric in the form that fits an output, and why, as a sentence (empty where nothing was chosen).

        Args:
            prediction: the output itself, after its final activation.
            activation: the function that made the output, along its last axis; None: none, so its numbers are logits.

        Raises:
            Mismatch: the metric cannot take this target or this output.
        """
        self.compare(target, prediction)
        fitting = comparison.counted_from_the_front(self, prediction)
        if activation is not None or not self.activations or self.takes_logits:
            return in_step(fitting, target, prediction), ""
        if "from_logits" in self.fields():
            logits = comparison.altered(fitting, from_logits=True)
            return in_step(logits, target, prediction), f"`{self.called()}` takes the output as logits"
        missing = self.activations[0]
        chosen = Prepared(metric=self, activation=missing, aligned=needs_alignment(target, prediction))
        return chosen, applied(self, missing)

    @property
    def takes_logits(self) -> bool:
        """Whether it takes the numbers before the final activation."""
        return bool(self.__dict__.get("from_logits", False))


class Prepared(Metric, abstract=True):
    """A metric whose operands are brought into its form first.

    Attributes:
        one_hot: whether class numbers become one-hot vectors, as long as the last axis of the output.
        activation: what is applied to the output; None: nothing.
        aligned: whether both operands are given equally many axes, and one at least, by axes of size 1 at the end.
    """

    metric: Metric
    one_hot: bool = False
    activation: Final | None = None
    aligned: bool = False

    def targets(self) -> tuple[float, float]:
        return self.metric.targets()

    def direction(self) -> Mode | None:
        return self.metric.direction()

    @property
    def takes_logits(self) -> bool:
        return self.metric.takes_logits


def needs_alignment(target: TensorType, prediction: TensorType) -> bool:
    """Whether Keras' metrics would compare number with number only after both have equally many axes, one at least."""
    shapes = (target.shape, prediction.shape)
    return prediction.is_float and comparison.alike(*shapes) and (shapes[0] != shapes[1] or not shapes[0])


def in_step(metric: Metric, target: TensorType, prediction: TensorType) -> Metric:
    """The metric of operands that have equally many axes, one at least, where that matters."""
    return Prepared(metric=metric, aligned=True) if needs_alignment(target, prediction) else metric


def applied(metric: Metric, activation: str) -> str:
    """Why an activation is applied to an output before a metric."""
    return f"`{metric.called()}` needs probabilities, so {activation} is applied to the output, which has no final activation"
