"""What a trained network is worth, and what it says: the figures of a split, and predictions for new data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from nndsl import run as runs
from nndsl.backend.keras import lower
from nndsl.backend.keras.checkpoint import Checkpoints
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.learner import Learner, assign, surroundings
from nndsl.backend.keras.loop import measured
from nndsl.backend.keras.objective import Computation
from nndsl.catalogue.activations import Sigmoid
from nndsl.catalogue.applicable import Input
from nndsl.data.plan import FieldPlan
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.driver import check
from nndsl.evaluation import Evaluation, OutputFigures, Predictions, classification
from nndsl.program import Program, Training
from nndsl.progress import Progress, progress_on
from nndsl.run import Run
from nndsl.source import Source

Array: TypeAlias = np.ndarray[Any, Any]


@error("NN722")
def no_examples(run: Run, split: str) -> Diagnostic:
    """A run cannot be evaluated on a split that its data does not have."""
    return Diagnostic(None, f"the data of {run.folder} has no {split} examples", repair=f"give the split a {split} part, and train anew")


@error("NN723")
def spec_changed(run: Run, path: str) -> Diagnostic:
    """A file that the trained file imports is no longer what it was, so the network of the run cannot be built again."""
    return Diagnostic(None, f"{path} is not what it was when {run.folder} was trained", repair="restore it, or train anew")


# Whole commands ----------------------------------------------------------------------------------


def evaluate(run: Run, split: str = "test", progress: Progress | None = None) -> Evaluation:
    """The figures of a run's best model on a split of its data.

    Raises:
        UserError: the run, its file or its data are not what they were; or there is no such split.
    """
    program, training = reopened(run)
    dataset = training.data.load(state=run.read_json("data.json"))
    if dataset.sha256 != run.settings["data"]["sha256"]:
        raise UserError(runs.run_differs(run.folder, "data (SHA-256)", run.settings["data"]["sha256"][:12], dataset.sha256[:12]))
    if not len(dataset.splits.get(split, ())):
        raise UserError(no_examples(run, split))
    progress = progress or progress_on()
    with surroundings(training.precision, run.settings["settings"]["seed"]):
        types = {name: node.type for one in training.objectives for name, node in one.graph.inputs.items()}
        feed = Feed(dataset.splits[split].fields, types, training.batch)
        learner = Learner(training, feed, run.settings["settings"]["epochs"])
        best = _restore_best(run, learner.weights(), progress)
        try:
            progress.begin(1, feed.steps, 1)
            figures = measured(learner, feed, progress, "evaluating")
            return Judge(training, learner.layers).evaluation(split, feed, figures, best)
        finally:
            progress.end()


def predict(run: Run, data: Path | Mapping[str, Any]) -> Predictions:
    """What a run's best model says of new data.

    For each output: of a classification, the `label`, and the probability of each class; otherwise its numbers.

    Args:
        data: a file of the kind that the network learnt from, or columns by name; targets are not needed.

    Raises:
        UserError: the run or its file are not what they were; or the data do not fit.
    """
    program, training = reopened(run)
    inputs = training.network.graph.inputs
    examples = training.data.encode(data, run.read_json("data.json"), list(inputs))
    with surroundings(training.precision, run.settings["settings"]["seed"]):
        layers = lower.layers_of(training.network.graph, *(one.graph for one in training.objectives))
        lower.model(training.network, layers)
        _restore_best(run, lower.weights_of(layers), Progress())
        judge = Judge(training, layers)
        return judge.predictions(Feed(examples.fields, {name: node.type for name, node in inputs.items()}, training.batch))


def reopened(run: Run) -> tuple[Program, Training]:
    """The program of a run, from the copy of its file, with the parameters that it was trained with.

    Raises:
        UserError: an imported file or the data have changed so much that it is no longer valid.
    """
    settings = run.settings
    where = Path(settings["source"])
    try:
        text = (run.folder / "spec.nn").read_text(encoding="utf-8")
    except OSError as failure:
        raise UserError(runs.not_a_run(run.folder, f"its spec.nn cannot be read ({failure.strerror})")) from None
    asked = settings["asked"]
    data = None if asked["data"] is None else Path(asked["data"])
    program, report = check(Source(where.name, text, where), overrides=asked["overrides"], data_path=data)
    report.raise_errors()
    for one in program.sources:
        if settings["spec"].get(runs.place_of(one)) != runs.text_hash(one.text):
            raise UserError(spec_changed(run, runs.place_of(one)))
    return program, program.trainings[settings["training"]]


def _restore_best(run: Run, weights: Mapping[str, Any], progress: Progress) -> int | None:
    """Give the weights the values of the best epoch (of the newest step, if there is none yet); the epoch."""
    checkpoint, warnings = Checkpoints(run.folder / "checkpoints").newest()
    for one in warnings:
        progress.say(one)
    best = checkpoint.record["best_epoch"]
    arrays = {name.removeprefix("best/"): one for name, one in checkpoint.arrays.items() if name.startswith("best/")}
    assign(weights, arrays or checkpoint.arrays)
    return best if best is None else int(best)


# One model ---------------------------------------------------------------------------------------


class Judge:
    """A network with its weights, asked about examples."""

    def __init__(self, training: Training, layers: lower.Layers):
        self._training = training
        graph = training.objectives[0].graph
        self._outputs = tuple(training.predictions)
        self._computation = Computation(graph, layers, list(training.predictions.values()))
        self._ask = tf.function(self._asked, autograph=False)
        self._depth = len(graph.nodes)

    def _asked(self, feeds: Mapping[str, tf.Tensor]) -> tuple[tuple[tf.Tensor, ...], tuple[tf.Tensor | None, ...]]:
        found = self._computation({name: feeds[name] for name in self._computation.fields}, training=False)
        return tuple(tf.cast(one, tf.float32) for one in found), tuple(getattr(one, "_keras_mask", None) for one in found)

    def answers(self, feed: Feed) -> dict[str, tuple[Array, Array | None]]:
        """By output, what the network says of all examples, `[n, ...]`, and which positions count."""
        parts = []
        with lower.deep_enough(self._depth):
            for place in range(feed.steps):
                parts.append(self._ask(feed.in_order(tf.constant(place, tf.int64))))
        return {
            name: (_joined([values[index] for values, _ in parts]), _joined([masks[index] for _, masks in parts]))
            for index, name in enumerate(self._outputs)
        }

    def evaluation(self, split: str, feed: Feed, figures: Mapping[str, float], epoch: int | None) -> Evaluation:
        """The figures of a split, with those of each class."""
        answers = self.answers(feed)
        outputs = {
            name: self._figures(name, feed.fields[field].numpy(), *answers[name]) for name, field in self._training.targets.items()
        }
        return Evaluation(split, feed.count, epoch, figures, outputs)

    def _figures(self, output: str, target: Array, answer: Array, mask: Array | None) -> OutputFigures:
        field = self._training.data.fields[self._training.targets[output]]
        labels = self._labels(output, answer, field)
        if labels is None:
            return OutputFigures(errors=_errors(target, answer))
        counts = _class_count(field)
        truth = target.argmax(-1) if _is_one_hot(field) else target
        truth, labels = truth.reshape(labels.shape).astype(np.int64), labels
        chosen = mask.reshape(labels.shape) if mask is not None and mask.size == labels.size else np.ones(labels.shape, bool)
        confusion = np.zeros((counts, counts), np.int64)
        np.add.at(confusion, (truth[chosen], labels[chosen]), 1)
        return classification(_class_names(field), confusion.tolist())

    def _labels(self, output: str, answer: Array, field: FieldPlan) -> Array | None:
        """The number of the most probable class of each example (or position); None where the target is no class."""
        if _class_count(field) == 0:
            return None
        rank = field.type.rank - _is_one_hot(field)
        if answer.ndim - 1 > rank and answer.shape[-1] > 1:
            return answer.argmax(-1)
        return (self._probability(output, answer) > 0.5).astype(np.int64)

    def _probability(self, output: str, answer: Array) -> Array:
        """The probability of `yes`: what the network says, or the sigmoid of it where it says logits."""
        if self._says_logits(output):
            return 1 / (1 + np.exp(-answer))
        return answer

    def _says_logits(self, output: str) -> bool:
        node = self._training.objectives[0].graph[self._training.predictions[output]]
        last = node.component.__dict__.get("activation", node.component)
        return not isinstance(last, Sigmoid | Input) and type(last).__name__ != "Softmax"

    def predictions(self, feed: Feed) -> Predictions:
        """What the network says of each example, in columns."""
        columns: dict[str, list[Any]] = {}
        for name, (answer, _) in self.answers(feed).items():
            prefix = f"{name}_" if len(self._outputs) > 1 else ""
            field = self._training.data.fields.get(self._training.targets.get(name, ""))
            labels = None if field is None else self._labels(name, answer, field)
            if field is None or labels is None:
                columns[name] = answer.tolist() if answer.shape[1:] != (1,) else answer[:, 0].tolist()
            else:
                columns |= self._class_columns(name, prefix, answer, labels, field)
        return Predictions(columns)

    def _class_columns(self, name: str, prefix: str, answer: Array, labels: Array, field: FieldPlan) -> dict[str, list[Any]]:
        names = np.array(_class_names(field), object)
        columns: dict[str, list[Any]] = {name: names[labels.reshape(len(answer)) if labels.size == len(answer) else labels].tolist()}
        if labels.size != len(answer):
            return columns
        shares = answer.reshape(len(answer), -1)
        if shares.shape[1] == 1:
            yes = self._probability(name, shares[:, 0])
            shares = np.stack([1 - yes, yes], axis=1)
        elif self._says_logits(name):
            shares = np.exp(shares - shares.max(-1, keepdims=True))
            shares /= shares.sum(-1, keepdims=True)
        return columns | {f"{prefix}p_{one}": shares[:, place].tolist() for place, one in enumerate(names)}


def _joined(parts: list[Any]) -> Any:
    return None if parts[0] is None else np.concatenate([one.numpy() for one in parts])


def _errors(target: Array, answer: Array) -> dict[str, float]:
    """Mean absolute error, root mean square error, and the share of the variance that is explained."""
    truth, said = target.astype(np.float64).reshape(-1), answer.astype(np.float64).reshape(-1)
    if truth.shape != said.shape:
        return {}
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
