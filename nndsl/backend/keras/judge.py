"""What a network says of examples: labels and probabilities, and how often each class is found."""

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

import keras
import numpy as np

from nndsl.backend.keras import engine, lower
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.objective import Computation
from nndsl.backend.keras.state import weights_of
from nndsl.catalogue.training import Loss
from nndsl.catalogue.training.comparison import SIGNS
from nndsl.data.encoders import chain
from nndsl.data.encoders.frames import Horizon
from nndsl.data.forms import State
from nndsl.data.plan import FieldPlan
from nndsl.data.series import frame_of
from nndsl.diagram.forecasts import Forecast
from nndsl.evaluation import ClassFigures, OutputFigures, Predictions
from nndsl.graph import Graph, Ref
from nndsl.passes.expose_logits import final_activation
from nndsl.program import Training

Array: TypeAlias = np.ndarray[Any, Any]
Answers: TypeAlias = Mapping[str, tuple[Array, Array | None]]

_MOST_CONFUSED = 200
"""Up to this many classes, it is counted which is taken for which."""


class Judge:
    """A network with its weights, asked about examples."""

    def __init__(
        self, graph: Graph, said: Mapping[str, Ref], layers: lower.Layers, fields: Mapping[str, FieldPlan],
        losses: Mapping[str, Sequence[Loss]], states: Mapping[str, Sequence[State]],
    ):
        """
        Args:
            said: for each output, the tensor of the graph that holds it.
            fields: for each output that has one, the field that tells what its numbers mean.
            losses: for each output, those that it was taught with.
            states: by the names of fields, what their encoders have learnt.
        """
        self._graph, self._said, self._fields, self._losses, self._states = graph, said, fields, losses, states
        self._computation = Computation(graph, layers, list(said.values()))
        self._ask = engine.compiled(self._asked, (), engine.reads(weights_of(layers).values()))

    def _asked(self, feeds: Mapping[str, lower.Tensor]) -> tuple[tuple[lower.Tensor, ...], tuple[lower.Tensor | None, ...]]:
        count = keras.ops.shape(next(iter(feeds.values())))[0]
        found = self._computation({name: feeds[name] for name in self._computation.fields}, count=count, training=False)
        return tuple(keras.ops.cast(one, "float32") for one in found), tuple(map(lower.mask_of, found))

    def answers(self, feed: Feed) -> Answers:
        """By output, what the network says of all examples, `[n, ...]`, and which positions count."""
        parts = []
        with lower.deep_enough(len(self._graph.nodes)), feed.delivering():
            for place in range(feed.steps if self._said else 0):
                parts.append(self._ask(feed.taken(place)))
        return {
            name: (_joined([values[index] for values, _ in parts]), _joined([masks[index] for _, masks in parts]))
            for index, name in enumerate(self._said)
        }

    def figures(self, answers: Answers, feed: Feed, guesses: Mapping[str, Array]) -> dict[str, OutputFigures]:
        """For each output that a loss or metric compares with a field, what it gets right and wrong; of a class, for each class.

        Of numbers, the errors; beside them, those in the units of the data, where encoders changed these, and those of a
        seasonal forecast, where the file asks for one. What a mask leaves out does not count.

        Args:
            guesses: by the names of fields, the seasonal forecasts.
        """
        return {
            name: self._figures(name, feed.values(field.name), *answers[name], guesses.get(field.name))
            for name, field in self._fields.items() if field.name in feed
        }

    def forecasts(self, answers: Answers, feed: Feed, guesses: Mapping[str, Array], stride: int) -> list[Forecast]:
        """What the network says of rows to come, for each output whose target is numbers of such.

        Args:
            guesses: as for `figures`.
            stride: how many rows further the next example stands.
        """
        numbers = {name: (field, feed.values(field.name)) for name, field in self._fields.items() if field.name in feed}
        return [
            self._forecast(field, frame, truth, answers[output][0], guesses.get(field.name), stride)
            for output, (field, truth) in numbers.items()
            if isinstance(frame := frame_of(field.encoders), Horizon) and not _class_count(field) and truth.size == answers[output][0].size
        ]

    def _forecast(self, field: FieldPlan, frame: Horizon, truth: Array, said: Array, guess: Array | None, stride: int) -> Forecast:
        def rows(numbers: Array) -> Array:
            decoded = self._in_units(field, numbers)
            return (numbers if decoded is None else decoded).reshape(len(numbers), frame.length, -1)

        known, guessed = rows(truth), None if guess is None else rows(guess)
        each = known.shape[-1] // len(field.columns)
        columns = field.columns if each == 1 else tuple(f"{name} {place}" for name in field.columns for place in range(each))
        return Forecast(columns, known, rows(said), guessed, frame.season or 0, frame.ahead, stride)

    def _figures(self, output: str, target: Array, answer: Array, mask: Array | None, guess: Array | None) -> OutputFigures:
        field = self._fields[output]
        labels = self._labels(output, answer, field)
        truth = target.argmax(-1) if labels is not None and _is_one_hot(field) else target
        if truth.size != (answer if labels is None else labels).size:  # labels without places of their own, as CTC has them
            return OutputFigures()
        counting = np.ones(truth.size, bool) if mask is None or truth.size % mask.size else np.repeat(mask.reshape(-1), truth.size // mask.size)
        if labels is None:
            return OutputFigures(errors=dict(self._errors(target, {"": answer, "season_": guess}, field, counting)))
        return _class_figures(_class_names(field), truth.reshape(-1)[counting].astype(np.int64), labels.reshape(-1)[counting])

    def _errors(
        self, target: Array, said: Mapping[str, Array | None], field: FieldPlan, counting: Array
    ) -> Iterator[tuple[str, float]]:
        """The errors of some forecasts, as the network counts and as the data do."""
        truth = self._in_units(field, target)
        for whose, forecast in said.items():
            if forecast is None:
                continue
            yield from ((f"{whose}{name}", value) for name, value in _errors(target, forecast, counting).items())
            decoded = self._in_units(field, forecast)
            if truth is not None and decoded is not None:
                errors = _errors(truth, decoded, counting)
                yield from ((f"{whose}{name}_in_units", errors[name]) for name in ("mae", "rmse"))

    def _labels(self, output: str, answer: Array, field: FieldPlan) -> Array | None:
        """The number of the most probable class of each example (or position); None where the target is no class."""
        if _class_count(field) == 0:
            return None
        rank = field.type.rank - _is_one_hot(field)
        if answer.ndim - 1 > rank and answer.shape[-1] > 1:
            return np.asarray(answer.argmax(-1))
        return np.asarray(answer > (0 if self._says_logits(output) or self._says_scores(output) else 0.5), np.int64)

    def _says_logits(self, output: str) -> bool:
        """Whether a loss takes the output itself as logits."""
        return any(one.takes_logits for one in self._losses.get(output, ()))

    def _says_scores(self, output: str) -> bool:
        """Whether a loss takes the output as scores, whose signs decide."""
        return any(one.targets() == SIGNS for one in self._losses.get(output, ()))

    def predictions(self, feed: Feed) -> Predictions:
        """What the network says of each example, in columns."""
        columns: dict[str, list[Any]] = {}
        for name, (answer, _) in self.answers(feed).items():
            prefix = f"{name}_" if len(self._said) > 1 else ""
            field = self._fields.get(name)
            labels = None if field is None else self._labels(name, answer, field)
            if field is not None and labels is not None:
                columns |= self._class_columns(name, prefix, answer, labels, field)
                continue
            numbers = None if field is None else self._in_units(field, answer)
            numbers = answer if numbers is None else numbers
            columns[name] = numbers.tolist() if numbers.shape[1:] != (1,) else numbers[:, 0].tolist()
        return Predictions(columns)

    def _in_units(self, field: FieldPlan, numbers: Array) -> Array | None:
        """Numbers as the data have them; None where these are the same, where there is no way back, or where they are no such field."""
        if any(isinstance(one, int) for one in field.type.shape) and numbers.size != len(numbers) * prod(field.type.shape):
            return None
        decoded: Array | None = chain.decode(field.encoders, numbers.reshape(len(numbers), *field.type.shape), self._states[field.name])
        return decoded

    def _class_columns(self, name: str, prefix: str, answer: Array, labels: Array, field: FieldPlan) -> dict[str, list[Any]]:
        names = np.array(_class_names(field), object)
        columns: dict[str, list[Any]] = {name: names[labels.reshape(len(answer)) if labels.size == len(answer) else labels].tolist()}
        if labels.size != len(answer):
            return columns
        shares = answer.reshape(len(answer), -1)
        if self._says_scores(name):
            scores = {f"{prefix}score_{one}": shares[:, place].tolist() for place, one in enumerate(names)} if shares.shape[1] > 1 else {}
            return columns | (scores or {f"{prefix}score": shares[:, 0].tolist()})
        if shares.shape[1] == 1:
            yes = (1 + np.tanh(shares[:, 0] / 2)) / 2 if self._says_logits(name) else shares[:, 0]
            shares = np.stack([1 - yes, yes], axis=1)
        elif self._says_logits(name):
            shares = np.exp(shares - shares.max(-1, keepdims=True))
            shares /= shares.sum(-1, keepdims=True)
        return columns | {f"{prefix}p_{one}": shares[:, place].tolist() for place, one in enumerate(names)}


def judge(training: Training, layers: lower.Layers, state: Mapping[str, Any], learnt: str | None = None) -> Judge:
    """The judge of a training's predictions, or of those of one of its networks by itself.

    Args:
        state: what the data keep, see `Dataset`.
    """
    graph, said = training.objectives[0].graph, training.predictions
    fields = {name: training.data.fields[field] for name, field in training.targets.items()}
    losses = {name: [node.component for node in graph.nodes if isinstance(node.component, Loss) and node.operands[1] == ref]
              for name, ref in said.items()}
    if learnt is not None:
        graph = training.learnt[learnt].network.graph
        said, fields = graph.outputs, {name: field for name, field in fields.items() if name in graph.outputs}
        finished = [name for name, ref in said.items() if final_activation(graph, ref)[1] is not None]
        losses = {name: [one for one in found if not (one.takes_logits and name in finished)] for name, found in losses.items()}
    return Judge(graph, said, layers, fields, losses, state["encoders"])


def _joined(parts: list[Any]) -> Any:
    return None if parts[0] is None else np.concatenate([np.asarray(one) for one in parts])


def _class_figures(names: list[str], truth: Array, labels: Array) -> OutputFigures:
    """The figures of each class, from the class that each example has and the one that it is given."""
    count = len(names)
    right, given, support = (np.bincount(one, minlength=count).tolist() for one in (truth[truth == labels], labels, truth))
    classes = tuple(ClassFigures.of(*one) for one in zip(names, right, given, support, strict=True))
    if count > _MOST_CONFUSED:
        return OutputFigures(classes)
    confusion = np.bincount(truth * count + labels, minlength=count**2).reshape(count, count)
    return OutputFigures(classes, tuple(map(tuple, confusion.tolist())))


def _errors(target: Array, answer: Array, counting: Array) -> dict[str, float]:
    """Mean absolute error, root mean square error, and the share of the variance that is explained, of the numbers that count."""
    truth, said = (one.astype(np.float64).reshape(-1)[counting] for one in (target, answer))
    if not truth.size:
        return {"mae": 0.0, "rmse": 0.0, "r2": 0.0}
    rest, spread = np.square(truth - said), np.square(truth - truth.mean())
    r2 = 1 - rest.sum() / spread.sum() if spread.sum() else 0.0
    return {"mae": float(np.abs(truth - said).mean()), "rmse": float(np.sqrt(rest.mean())), "r2": float(r2)}


def _class_count(field: FieldPlan) -> int:
    """How many classes a field stands for; 0 if it holds numbers."""
    if field.classes is not None:
        return len(field.classes)
    if field.type.dtype == "bool":
        return 2
    return field.type.below if isinstance(field.type.below, int) else 0


def _class_names(field: FieldPlan) -> list[str]:
    if field.classes is not None:
        return list(field.classes)
    return ["false", "true"] if field.type.dtype == "bool" else [str(one) for one in range(_class_count(field))]


def _is_one_hot(field: FieldPlan) -> bool:
    return field.type.is_float and field.classes is not None and field.type.rank > 0
