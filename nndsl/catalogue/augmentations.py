"""Augmentations that Keras has no layer for: what varies examples at random, in training only.

They stand in the `augment` of a data block, where the layers of Keras can stand too: `RandomFlip`, `GaussianNoise`.
"""

from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.functions.arranging import ReverseComplement as ReverseComplementFunction
from nndsl.catalogue.kinds import Count, Rate
from nndsl.types import TensorType, WrongRank


class Augmentation(Layer):
    """What varies an example: `infer` gives the type that it takes."""

    noun = "an augmentation"
    naming = "snake"


class ReverseComplement(Augmentation):
    """The other strand of DNA or RNA, one-hot in the order ACGT or ACGU, with a probability.

    Shape: `[length, 4] -> [length, 4]`
    """

    probability: Rate = 0.5

    def infer(self, x: TensorType) -> TensorType:
        return ReverseComplementFunction().infer(x)


class Shift(Augmentation):
    """A sequence, moved by up to `most` positions to either side, each way equally likely; zeros take the places left empty.

    Shape: `[length, ...] -> [length, ...]`
    """

    most: Count

    def infer(self, x: TensorType) -> TensorType:
        if not x.shape:
            raise WrongRank("moves sequences, of shape [length, ...]", x)
        return x
