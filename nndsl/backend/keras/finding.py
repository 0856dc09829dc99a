"""What is found among the examples of a split: the most wrong of them, numbers beside what is true, and what filters see."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from nndsl.backend.keras import lower
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.judge import class_names, is_one_hot, joined, judge
from nndsl.backend.keras.motifs import motifs
from nndsl.backend.keras.samples import made
from nndsl.data.dataset import Dataset
from nndsl.data.fields import FieldPlan
from nndsl.data.series import layout
from nndsl.data.showing import decoded, is_image, letters_in, number_text, shown, shown_numbers
from nndsl.data.vocabulary import Vocabulary, has_vocabulary
from nndsl.diagram.forecasts import Forecast
from nndsl.evaluation import OutputFigures
from nndsl.findings import MOST_MISTAKES, MOST_PAIRS, Findings, Found, Mistake, Residuals, Shown
from nndsl.program import Training

Array: TypeAlias = np.ndarray[Any, Any]

_AGAIN = 16
"""So many images are shown beside what was made of them."""


class Asked:
    """A network that was asked about all examples of a split."""

    def __init__(self, training: Training, layers: lower.Layers, dataset: Dataset, split: str, feed: Feed):
        """Ask it.

        Args:
            feed: the examples of the split.
        """
        self.layers = layers
        self._training, self._split, self._feed, self._examples = training, split, feed, dataset[split]
        self._states = dataset.state["encoders"]
        self._judged = judge(training, layers, dataset.state)
        self._batches = list(self._judged.batches(feed))
        self._answers = joined(self._batches)

    def figures(self) -> dict[str, OutputFigures]:
        """What each output that is compared with a field gets right and wrong."""
        return self._judged.figures(self._batches, self._feed, self._examples.guesses)

    def forecasts(self) -> list[Forecast]:
        """What it says of the rows of a series that were to come, where it forecasts one."""
        reach = layout(list(self._training.data.fields.values()))
        return [] if reach is None else self._judged.forecasts(self._batches, self._feed, self._examples.guesses, reach.stride)

    def findings(self, samples: Sequence[Array]) -> Findings:
        """Everything there is to find.

        Args:
            samples: the tensors of the training's `samples`.
        """
        found = {output: self._found(output, field) for output, field in self._judged.fields.items() if field.name in self._feed}
        seen = motifs(self._training, self.layers, self._feed)
        return Findings(self._split, self._feed.count, found, self.forecasts(), made(self._training, samples), seen)

    def _found(self, output: str, field: FieldPlan) -> Found:
        (answer, mask), target = self._answers[output], self._feed.values(field.name)
        labels = self._judged.labels(output, answer, field)
        truth = target.argmax(-1) if labels is not None and is_one_hot(field) else target
        said = self._judged.numbers(output, answer) if labels is None else labels
        if truth.size != said.size:
            return Found()
        said = said.reshape(truth.shape)
        if labels is None:
            return self._numbers(field, truth, said, _counting(mask, truth))
        if truth.size == len(truth):
            return self._classes(output, field, truth.reshape(-1).astype(int), said.reshape(-1).astype(int))
        return self._positions(field, truth, said, _counting(mask, truth))

    # One class an example ------------------------------------------------------------------------

    def _classes(self, output: str, field: FieldPlan, truth: Array, said: Array) -> Found:
        """Examples of which a wrong class was said, the surest first."""
        names, wrong = class_names(field), np.flatnonzero(truth != said)
        answer = self._answers[output][0]
        shares = self._judged.probabilities(output, answer)
        if shares is None:
            sureness = np.abs(answer.reshape(len(answer), -1)).max(-1)[wrong]
        else:
            sureness = shares[wrong, said[wrong]] - shares[wrong, truth[wrong]]
        worst = wrong[np.argsort(-sureness, kind="stable")][:MOST_MISTAKES].tolist()
        remarks = [
            "" if shares is None else f"{_percent(shares[one, said[one]])} sure; {names[truth[one]]}: {_percent(shares[one, truth[one]])}"
            for one in worst
        ]
        pairs = [(Shown("", "value", names[truth[one]]), Shown("", "value", names[said[one]])) for one in worst]
        return Found(self._mistakes(field, worst, pairs, remarks), len(wrong))

    # A class for each of several positions -------------------------------------------------------

    def _positions(self, field: FieldPlan, truth: Array, said: Array, counting: Array) -> Found:
        """Examples most of whose positions have a wrong class."""
        count = len(truth)
        wrong = ((truth != said) & counting).reshape(count, -1).sum(-1)
        total = counting.reshape(count, -1).sum(-1)
        order = np.argsort(-wrong / np.maximum(total, 1), kind="stable")
        worst = [one for one in order[:MOST_MISTAKES].tolist() if wrong[one]]
        remarks = [f"{wrong[one]:,} of {total[one]:,} positions wrong" for one in worst]
        truths, saids = (self._sequences(field, values[worst]) for values in (truth, np.where(counting, said, 0)))
        return Found(self._mistakes(field, worst, list(zip(truths, saids, strict=True)), remarks), int((wrong > 0).sum()), names=self._names(field))

    def _names(self, field: FieldPlan) -> Sequence[str]:
        """The tokens that classes stand for."""
        known = class_names(field)
        return Vocabulary(field, self._training.data.source, self._states[field.name]).names(len(known)) if has_vocabulary(field) else known

    def _sequences(self, field: FieldPlan, ids: Array) -> list[Shown]:
        if has_vocabulary(field):
            return decoded(field, ids.astype(int), self._training.data, self._states[field.name])
        names = class_names(field)
        return [Shown("", "text", " ".join(names[one] for one in row[:60]) + (" …" if len(row) > 60 else ""))
                for row in ids.reshape(len(ids), -1).astype(int).tolist()]

    # Numbers -------------------------------------------------------------------------------------

    def _numbers(self, field: FieldPlan, truth: Array, said: Array, counting: Array) -> Found:
        """Examples whose numbers are farthest off."""
        units = [self._judged.in_units(field, one) for one in (truth, said)]
        known = [one for one in units if one is not None]
        known_truth, known_said = known if len(known) == 2 else (truth.astype("float64"), said.astype("float64"))
        errors = np.where(counting, np.abs(known_truth - known_said), 0.0).reshape(len(truth), -1)
        off = errors.sum(-1) / np.maximum(counting.reshape(len(truth), -1).sum(-1), 1)
        worst = np.argsort(-np.nan_to_num(off), kind="stable")[:MOST_MISTAKES].tolist()
        remarks = [f"off by {number_text(off[one])}" + (" on average" if errors.shape[1] > 1 else "") for one in worst]
        if is_image(field) or letters_in(field) is not None:
            pairs = self._seen_again(field, truth[worst], said[worst])
            first = slice(_AGAIN if is_image(field) else 0)
            return Found(self._mistakes(field, worst, pairs, remarks), truth=truth[first], again=said[first])
        pairs = [(shown_numbers("", known_truth[one]), shown_numbers("", known_said[one])) for one in worst]
        unit = "in the units of the data" if len(known) == 2 else ""
        return Found(self._mistakes(field, worst, pairs, remarks), None, _residuals(known_truth[counting], known_said[counting], unit))

    def _seen_again(self, field: FieldPlan, truth: Array, said: Array) -> list[tuple[Shown, Shown]]:
        data, states = self._training.data, self._states[field.name]
        return list(zip(*(decoded(field, values, data, states) for values in (truth, said)), strict=True))

    def _mistakes(
        self, field: FieldPlan, places: Sequence[int], pairs: Sequence[tuple[Shown, Shown]], remarks: Sequence[str]
    ) -> list[Mistake]:
        fields = [self._training.data.fields[name] for name in self._training.inputs if name in self._examples.fields]
        inputs = [one.name for one in fields if one.columns != field.columns]  # what was said before each place is what is true there
        seen = shown(self._training.data, self._examples, inputs, places, self._states)
        return [
            Mistake(self._examples.place(place), parts, truth, said, remark)
            for place, parts, (truth, said), remark in zip(places, seen, pairs, remarks, strict=True)
        ]


def _counting(mask: Array | None, values: Array) -> Array:
    """Which numbers count, shaped as they are: those that a mask does not leave out."""
    if mask is None or values.size % mask.size:
        return np.ones(values.shape, bool)
    return np.repeat(mask.reshape(-1), values.size // mask.size).reshape(values.shape)


def _residuals(truth: Array, said: Array, unit: str) -> Residuals | None:
    if not truth.size:
        return None
    step = -(-truth.size // MOST_PAIRS)
    return Residuals(truth[::step].tolist(), said[::step].tolist(), truth.size, unit)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
