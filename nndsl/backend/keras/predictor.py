"""A trained network with its weights, asked about examples that it has not seen."""

from collections.abc import Iterable, Iterator

from nndsl.backend.keras.judge import Judge
from nndsl.backend.keras.shortage import shortage_told
from nndsl.data.dataset import Examples
from nndsl.data.other_data import batches
from nndsl.memory import needed
from nndsl.predictions import Predictions
from nndsl.program import Training

_MOST, _BYTES = 1024, 64 * 2**20
"""Up to so many examples are asked about at once, if a step of the training would keep no more bytes of them."""


def together(training: Training) -> int:
    """How many examples are asked about at once: as many as in the batches of the training, or more where they are small.

    Most of the time that a small network takes for a batch does not depend on how many examples are in it.
    """
    memory = needed(training)
    room = 0 if memory is None else training.batch * _BYTES // memory.activations
    return max(training.batch, min(_MOST, room))


class Predictor:
    """What says something of examples, so many at a time.

    Attributes:
        batch: how many.
    """

    def __init__(self, judge: Judge, batch: int):
        self._judge, self.batch = judge, batch

    def batches(self, blocks: Iterable[Examples]) -> Iterator[Predictions]:
        """What the network says of examples, in their order, with the names that their source has for them.

        Raises:
            UserError: there is not enough memory; or the examples are not what they should be.
        """
        for examples in batches(blocks, self.batch):
            with shortage_told():
                columns = self._judge.columns(self._judge.answers(examples.fields))
            labels = {name: values for name, values in examples.labels.items() if name not in columns}
            yield Predictions({**labels, **columns})

    def tried(self) -> Predictions:
        """What it says of an example of zeros. The first question compiles; later ones are answered sooner."""
        return Predictions(self._judge.columns(self._judge.answers(self._judge.zeros())))
