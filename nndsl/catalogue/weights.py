"""What a layer can be told about its weights: how they start, what their size costs, where they must stay."""

from nndsl.catalogue.component import Component


class Initializer(Component):
    """How a weight gets its first values."""

    noun = "an initializer"
    naming = "both"


class Regularizer(Component):
    """A penalty on a weight, added to the loss."""

    noun = "a regularizer"
    naming = "both"


class Constraint(Component):
    """A projection applied to a weight after every step."""

    noun = "a constraint"
    naming = "both"
