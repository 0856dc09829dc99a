"""What only objectives are made of: noise, divergences, penalties. Losses are terms of objectives too."""

from typing import ClassVar

from nndsl.catalogue.applicable import Applicable
from nndsl.catalogue.kinds import Count, Positive, Rest
from nndsl.catalogue.rules import FLOAT
from nndsl.types import BadArgument, SizesDiffer, TensorType, WrongDtype, WrongRank, shape_text


class Term(Applicable, abstract=True):
    """A tensor that a `train` block computes, and no network."""

    noun = "a term of an objective"
    naming = "snake"
    takes_numbers = True

    written: ClassVar[str | None] = None
    """How it is called in a file, where its operands are not what is written."""


class Noise(Term, abstract=True):
    """Random numbers, drawn anew for every batch. In evaluation they are the same in each batch."""

    sizes: Rest[Count]

    def validate(self) -> None:
        if not self.sizes:
            raise BadArgument("needs the sizes of what it draws", repair=f"write {self.called()}(64)")


class Normal(Noise):
    """Noise of a normal distribution: `normal(64)`.

    Shape: `-> [*sizes]`
    """

    sizes: Rest[Count]
    mean: float = 0.0
    stddev: Positive = 1.0

    def infer(self) -> TensorType:
        return TensorType(FLOAT, self.sizes)


class Uniform(Noise):
    """Noise that is uniform between two numbers: `uniform(64, minval=-1, maxval=1)`.

    Shape: `-> [*sizes]`
    """

    sizes: Rest[Count]
    minval: float = 0.0
    maxval: float = 1.0

    def validate(self) -> None:
        super().validate()
        if not self.minval < self.maxval:
            raise BadArgument("needs a `minval` below its `maxval`", argument="maxval")

    def infer(self) -> TensorType:
        return TensorType(FLOAT, self.sizes)


class KlNormal(Term):
    """The Kullback-Leibler divergence of a normal distribution from the standard normal one, summed over its axes, in nats.

    `0.5 * sum(exp(log_var) + mean ** 2 - 1 - log_var)` (Kingma & Welling, 2014, appendix B).

    Shape: `mean [...], log_var [...] -> []`
    """

    def infer(self, mean: TensorType, log_var: TensorType) -> TensorType:
        _alike(mean, log_var, "a log-variance for each mean")
        return TensorType(FLOAT, ())


class Contrastive(Term):
    """The contrastive loss of two embeddings: `same * d ** 2 + (1 - same) * max(margin - d, 0) ** 2`, with `d` their distance.

    Hadsell, Chopra & LeCun (2006), without their factor of one half.

    Shape: `a [...], b [...], same [] -> []`
    """

    margin: Positive = 1.0

    def infer(self, a: TensorType, b: TensorType, same: TensorType) -> TensorType:
        _alike(a, b, "two embeddings of one shape")
        if same.shape not in ((), (1,)) or same.below not in (None, 2):
            raise WrongRank(f"needs 1 for two of a kind and 0 for others, not {same}", same)
        return TensorType(FLOAT, ())


class Interpolation(Term, abstract=True):
    """A point between two tensors, at random for each example: where `gradient_penalty` looks. No file calls it by name.

    Shape: `real [...], fake [...] -> [...]`
    """

    def infer(self, real: TensorType, fake: TensorType) -> TensorType:
        _alike(real, fake, "two tensors of one shape")
        return TensorType(FLOAT, real.shape)


class GradientPenalty(Term):
    """How far the norm of a critic's gradient is from 1, squared: `(norm - 1) ** 2` (Gulrajani et al., 2017).

    The gradient is that of the critic's scores at points between real and fake examples, at random for each.

    Shape: `scores [...], points [...] -> []`
    """

    written = "gradient_penalty(critic, real, fake)"

    def infer(self, scores: TensorType, points: TensorType) -> TensorType:
        return TensorType(FLOAT, ())


def _alike(one: TensorType, other: TensorType, needed: str) -> None:
    for tensor in (one, other):
        if not tensor.is_float:
            raise WrongDtype(f"needs real numbers, not {tensor}", tensor)
    if one.shape != other.shape:
        raise SizesDiffer(f"needs {needed}, and they are {shape_text(one.shape)} and {shape_text(other.shape)}", one, other)
