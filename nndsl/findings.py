"""What is found among examples when a training is over: what was most wrong, how far numbers are off, what was made, what filters see."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from nndsl.frozen import Frozen

Kind = Literal["image", "letters", "text", "value", "numbers"]
MOST_MISTAKES = 12
"""So many examples of an output are shown that were most wrong."""
MOST_PAIRS = 1500
"""So many numbers are drawn beside what is true."""


class Shown(Frozen, eq=False):
    """A part of an example, as a person sees it.

    Attributes:
        name: of the field or column; empty where nothing else could be meant.
        value: of an image an array `[height, width]`, with 1 or 3 channels or none; of numbers a list of them; else a text.
    """

    name: str
    kind: Kind
    value: Any


class Mistake(Frozen, eq=False):
    """An example of which something wrong was said.

    Attributes:
        place: where it comes from: "penguins.csv, line 18".
        seen: what the network saw of it.
        truth, said: what is true of it, and what was said.
        remark: how wrong that is, in words.
    """

    place: str
    seen: Sequence[Shown]
    truth: Shown
    said: Shown
    remark: str


class Residuals(Frozen, eq=False):
    """Numbers beside what is true, at most `MOST_PAIRS` of all.

    Attributes:
        count: how many there are in all.
        unit: whether they are `in the units of the data`, or as the network counts.
    """

    truth: Sequence[float]
    said: Sequence[float]
    count: int
    unit: str


class Found(Frozen, eq=False):
    """What is found of one output.

    Attributes:
        mistakes: the examples that were most wrong, the worst first.
        wrong: of how many examples something wrong was said, where there is right and wrong.
        residuals: of numbers.
        names: of the classes, where they are tokens, which have but numbers elsewhere.
        truth, again: of images that are to be made again, the first of them, `[n, height, width]` or with channels.
    """

    mistakes: Sequence[Mistake] = ()
    wrong: int | None = None
    residuals: Residuals | None = None
    names: Sequence[str] = ()
    truth: Any = None
    again: Any = None


class Made(Frozen, eq=False):
    """Examples of a tensor that a training names in `samples`.

    Attributes:
        name: what the file calls it; empty where it does not.
        array: `[n, ...]`.
        letters: the alphabet, where its last axis stands for letters.
    """

    name: str
    array: Any
    letters: str = ""


class Motif(Frozen, eq=False):
    """What a filter sees in sequences.

    Attributes:
        filter: its number, from 0.
        frequencies: for each position, those of all letters.
        places: from how many places of how many `sequences` they are counted.
        influence: by how much the loss of an example changes, to first order and on average, if it says the same everywhere.
    """

    filter: int
    frequencies: Sequence[Sequence[float]]
    places: int
    sequences: int
    influence: float


class Motifs(Frozen, eq=False):
    """What the filters of a layer see, those with the greatest influence first.

    Attributes:
        layer: its name.
        letters: the alphabet.
        filters: how many it has.
        silent: how many of them are nowhere active.
        examples: how many examples were looked at.
    """

    layer: str
    letters: str
    filters: int
    silent: int
    examples: int
    shown: Sequence[Motif]


class Findings(Frozen, eq=False):
    """Everything that is found among the examples of a split.

    Attributes:
        count: how many examples it has.
        outputs: by name.
        forecasts: of series (`nndsl.diagram.forecasts.Forecast`).
        made: the samples of a training that makes something.
        motifs: of sequences of letters, for each layer of filters over them that a network begins with.
    """

    split: str
    count: int
    outputs: Mapping[str, Found]
    forecasts: Sequence[Any] = ()
    made: Sequence[Made] = ()
    motifs: Sequence[Motifs] = ()
