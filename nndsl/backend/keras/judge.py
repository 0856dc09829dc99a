"""What a network says of examples: labels and probabilities, and how often each class is found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

import keras
import numpy as np

from nndsl.backend.keras import engine, lower
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.objective import Computation
from nndsl.backend.keras.state import weights_of
from nndsl.backend.keras.tally import Tally
from nndsl.catalogue.training import Loss
from nndsl.catalogue.training.comparison import SIGNS
from nndsl.data.encoders import chain
from nndsl.data.encoders.frames import Horizon
from nndsl.data.forms import State
from nndsl.data.plan import FieldPlan
from nndsl.data.series import frame_of
from nndsl.diagram.forecasts import Forecast
from nndsl.evaluation import OutputFigures
from nndsl.graph import Graph, Ref
from nndsl.in_keras import known_shape
from nndsl.passes.expose_logits import final_activation
from nndsl.program import Training

Array: TypeAlias = np.ndarray[Any, Any]
Answers: TypeAlias = Mapping[str, tuple[Array, Array | None]]
"""By output, what is said of some examples, `[n, ...]`, and which positions count."""
Batch: TypeAlias = tuple[slice, Answers]
"""Which examples, and what is said of them."""


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
        self._inputs = {name: graph.inputs[name].type for name in self._computation.fields}
        self._ask = engine.asked(self._asked, self._inputs, weights_of(layers).values())

    def _asked(self, feeds: Mapping[str, lower.Tensor], count: lower.Tensor) -> list[tuple[lower.Tensor, lower.Tensor | None]]:
        found = self._computation(feeds, count=count, training=False)
        return [(keras.ops.cast(one, "float32"), lower.mask_of(one)) for one in found]

    def answers(self, fields: Mapping[str, Any]) -> Answers:
        """What the network says of some examples."""
        with lower.deep_enough(len(self._graph.nodes)):
            found = self._ask(fields)
        return dict(zip(self._said, found, strict=True))

    @property
    def fields(self) -> Mapping[str, FieldPlan]:
        """For each output that has one, the field that tells what its numbers mean."""
        return self._fields

    def zeros(self) -> dict[str, Array]:
        """An example of the types that it takes."""
        return {name: np.zeros((1, *known_shape(one)), one.dtype) for name, one in self._inputs.items()}

    def batches(self, feed: Feed) -> Iterator[Batch]:
        """What the network says of all examples of a feed, batch by batch."""
        for place in range(feed.steps if self._said else 0):
            with feed.delivering():
                fields = feed.taken(place)
            yield slice(place * feed.batch, (place + 1) * feed.batch), self.answers(fields)

    def figures(
        self, batches: Iterable[Batch], feed: Feed, guesses: Mapping[str, Array]
    ) -> dict[str, OutputFigures]:
        """For each output that a loss or metric compares with a field, what it gets right and wrong; of a class, for each class.

        Of numbers, the errors; beside them, those in the units of the data, where encoders changed these, and those of a
        seasonal forecast, where the file asks for one. What a mask leaves out does not count.

        Args:
            batches: of the feed.
            guesses: by the names of fields, the seasonal forecasts.
        """
        tallies = {name: Tally() for name, field in self._fields.items() if field.name in feed}
        for rows, answers in batches:
            for name, tally in tallies.items():
                field = self._fields[name]
                guess = guesses[field.name][rows] if field.name in guesses else None
                self._count(tally, name, feed.values(field.name, rows), *answers[name], guess)
        return {name: tally.figures() for name, tally in tallies.items()}

    @property
    def forecasting(self) -> bool:
        """Whether some output says numbers of rows to come."""
        return any(isinstance(frame_of(one.encoders), Horizon) and not _class_count(one) for one in self._fields.values())

    def forecasts(self, batches: Sequence[Batch], feed: Feed, guesses: Mapping[str, Array], stride: int) -> list[Forecast]:
        """What the network says of rows to come, for each output whose target is numbers of such.

        Args:
            batches, guesses: as for `figures`.
            stride: how many rows further the next example stands.
        """
        found = []
        for output, field in self._fields.items():
            frame = frame_of(field.encoders)
            if field.name in feed and isinstance(frame, Horizon) and not _class_count(field):
                truth, said = feed.values(field.name), np.concatenate([answers[output][0] for _, answers in batches])
                if truth.size == said.size:
                    found.append(self._forecast(field, frame, truth, said, guesses.get(field.name), stride))
        return found

    def _forecast(self, field: FieldPlan, frame: Horizon, truth: Array, said: Array, guess: Array | None, stride: int) -> Forecast:
        def rows(numbers: Array) -> Array:
            decoded = self.in_units(field, numbers)
            return (numbers if decoded is None else decoded).reshape(len(numbers), frame.length, -1)

        known, guessed = rows(truth), None if guess is None else rows(guess)
        each = known.shape[-1] // len(field.columns)
        columns = field.columns if each == 1 else tuple(f"{name} {place}" for name in field.columns for place in range(each))
        return Forecast(columns, known, rows(said), guessed, frame.season or 0, frame.ahead, stride)

    def _count(self, tally: Tally, output: str, target: Array, answer: Array, mask: Array | None, guess: Array | None) -> None:
        field = self._fields[output]
        labels = self.labels(output, answer, field)
        truth = target.argmax(-1) if labels is not None and is_one_hot(field) else target
        if truth.size != (answer if labels is None else labels).size:  # labels without places of their own, as CTC has them
            return
        counting = np.ones(truth.size, bool) if mask is None or truth.size % mask.size else np.repeat(mask.reshape(-1), truth.size // mask.size)
        if labels is not None:
            tally.add_classes(class_names(field), truth.reshape(-1)[counting].astype(np.int64), labels.reshape(-1)[counting])
            return
        for whose, forecast in {"": self.numbers(output, answer), "season_": guess}.items():
            if forecast is not None:
                decoded = [self.in_units(field, one) for one in (target, forecast)]
                plain, units = ([one.reshape(-1)[counting] for one in both if one is not None] for both in ((target, forecast), decoded))
                tally.add_numbers(whose, plain[0], plain[1], (units[0], units[1]) if len(units) == 2 else None)

    def labels(self, output: str, answer: Array, field: FieldPlan) -> Array | None:
        """The number of the most probable class of each example (or position); None where the target is no class."""
        if _class_count(field) == 0:
            return None
        rank = field.type.rank - is_one_hot(field)
        if answer.ndim - 1 > rank and answer.shape[-1] > 1:
            return np.asarray(answer.argmax(-1))
        return np.asarray(answer > (0 if self._says_logits(output) or self._says_scores(output) else 0.5), np.int64)

    def numbers(self, output: str, answer: Array) -> Array:
        """What an output says of numbers: where a loss takes it as logits, what these stand for."""
        activation = next((one.activations[0] for one in self._losses.get(output, ()) if one.takes_logits and one.activations), None)
        if activation == "sigmoid":
            return np.asarray((1 + np.tanh(answer / 2)) / 2)
        return _softmax(answer) if activation == "softmax" else answer

    def _says_logits(self, output: str) -> bool:
        """Whether a loss takes the output itself as logits."""
        return any(one.takes_logits for one in self._losses.get(output, ()))

    def _says_scores(self, output: str) -> bool:
        """Whether a loss takes the output as scores, whose signs decide."""
        return any(one.targets() == SIGNS for one in self._losses.get(output, ()))

    def columns(self, answers: Answers) -> dict[str, list[Any]]:
        """What the network says of each example, in columns."""
        columns: dict[str, list[Any]] = {}
        for name, (answer, _) in answers.items():
            prefix = f"{name}_" if len(self._said) > 1 else ""
            field = self._fields.get(name)
            labels = None if field is None else self.labels(name, answer, field)
            if field is not None and labels is not None:
                columns |= self._class_columns(name, prefix, answer, labels, field)
                continue
            numbers = None if field is None else self.in_units(field, answer)
            numbers = answer if numbers is None else numbers
            columns[name] = numbers.tolist() if numbers.shape[1:] != (1,) else numbers[:, 0].tolist()
        return columns

    def in_units(self, field: FieldPlan, numbers: Array) -> Array | None:
        """Numbers as the data have them; None where these are the same, where there is no way back, or where they are no such field."""
        if any(isinstance(one, int) for one in field.type.shape) and numbers.size != len(numbers) * prod(field.type.shape):
            return None
        decoded: Array | None = chain.decode(field.encoders, numbers.reshape(len(numbers), *field.type.shape), self._states[field.name])
        return None if decoded is None else decoded.reshape(numbers.shape)

    def _class_columns(self, name: str, prefix: str, answer: Array, labels: Array, field: FieldPlan) -> dict[str, list[Any]]:
        names = np.array(class_names(field), object)
        columns: dict[str, list[Any]] = {name: names[labels.reshape(len(answer)) if labels.size == len(answer) else labels].tolist()}
        if labels.size != len(answer):
            return columns
        shares = self.probabilities(name, answer)
        if shares is None:
            raw = answer.reshape(len(answer), -1)
            scores = {f"{prefix}score_{one}": raw[:, place].tolist() for place, one in enumerate(names)} if raw.shape[1] > 1 else {}
            return columns | (scores or {f"{prefix}score": raw[:, 0].tolist()})
        return columns | {f"{prefix}p_{one}": shares[:, place].tolist() for place, one in enumerate(names)}

    def probabilities(self, name: str, answer: Array) -> Array | None:
        """How probable an output says that each class is, `[n, classes]`, where it says one class an example; None if it says scores."""
        shares = answer.reshape(len(answer), -1)
        if self._says_scores(name):
            return None
        if shares.shape[1] == 1:
            yes = (1 + np.tanh(shares[:, 0] / 2)) / 2 if self._says_logits(name) else shares[:, 0]
            return np.stack([1 - yes, yes], axis=1)
        if self._says_logits(name):
            return _softmax(shares)
        return shares


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


def joined(batches: Sequence[Batch]) -> Answers:
    """What the network says of all examples, by output: `[n, ...]`, and which positions count."""
    parts = [answers for _, answers in batches]
    return {name: (_one([part[name][0] for part in parts]), _one([part[name][1] for part in parts])) for name in (parts[0] if parts else ())}


def _one(parts: Sequence[Any]) -> Any:
    return None if parts[0] is None else np.concatenate(parts)


def _softmax(logits: Array) -> Array:
    shares = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(shares / shares.sum(-1, keepdims=True))


def _class_count(field: FieldPlan) -> int:
    """How many classes a field stands for; 0 if it holds numbers."""
    if field.classes is not None:
        return len(field.classes)
    if field.type.dtype == "bool":
        return 2
    return field.type.below if isinstance(field.type.below, int) else 0


def class_names(field: FieldPlan) -> list[str]:
    if field.classes is not None:
        return list(field.classes)
    return ["false", "true"] if field.type.dtype == "bool" else [str(one) for one in range(_class_count(field))]


def is_one_hot(field: FieldPlan) -> bool:
    return field.type.is_float and field.classes is not None and field.type.rank > 0
