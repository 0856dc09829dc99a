"""Runs, asked afterwards: the figures of a split, and predictions for new data."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from nndsl import run as runs
from nndsl.backend.keras import lower
from nndsl.backend.keras.checkpoint import BEST, Checkpoints, Signature, difference, signature
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.finding import Asked
from nndsl.backend.keras.judge import judge
from nndsl.backend.keras.learner import surroundings
from nndsl.backend.keras.measuring import Measuring, layers_and_models
from nndsl.backend.keras.predictor import Predictor, together
from nndsl.backend.keras.samples import Array, samples, start_from_data
from nndsl.backend.keras.state import assign, copied, weights_of
from nndsl.data.dataset import Dataset
from nndsl.data.forms import Form
from nndsl.data.other_data import OtherData
from nndsl.data.room import KEPT, Room
from nndsl.data.tables import Table, known_form
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.evaluation import Evaluation, OutputFigures
from nndsl.live import progress_on
from nndsl.predictions import Predictions, joined
from nndsl.program import Training
from nndsl.progress import Progress
from nndsl.reopening import reopened
from nndsl.report.view import View
from nndsl.report.writing import NO_TEST, told, view_of
from nndsl.run import Run


@error("NN722")
def no_examples(run: Run, split: str) -> Diagnostic:
    """A run cannot be evaluated on a split that its data does not have."""
    return Diagnostic(None, f"the data of {run.folder} has no {split} examples", repair=f"give the split a {split} part, and train anew")


@error("NN724")
def which_network(name: str | None, known: list[str]) -> Diagnostic:
    """A training has several networks, and it is not clear which one is to predict."""
    message = "the training has several networks" if name is None else f"the training has no network `{name}`"
    return Diagnostic(None, message, repair=f"add --network, one of {', '.join(known)}")


@error("NN725")
def no_field_for_input(network: str, name: str, data: str) -> Diagnostic:
    """A network that takes something else than fields of the data, such as noise, cannot predict from data."""
    return Diagnostic(None, f"`{network}` takes `{name}`, and the data `{data}` has no such field")


def evaluate(run: Run, split: str = "test", progress: Progress | None = None) -> Evaluation:
    """The figures of a run's best model on a split of its data.

    Raises:
        UserError: the run, its file or its data are not what they were; or there is no such split.
    """
    training, state = reopened(run)
    progress = progress or progress_on()
    dataset = data_of(run, training, state, progress)
    if not len(dataset.splits.get(split, ())):
        raise UserError(no_examples(run, split))
    with surroundings(training.precision, run.settings["settings"]["seed"]), _measured(run, training, dataset, split, progress) as (layers, feed, evaluated):
        judged = judge(training, layers, state)
        return evaluated(judged.figures(judged.batches(feed), feed, dataset[split].guesses))


def report(run: Run, progress: Progress | None = None) -> View:
    """Everything about a run that can be found out now, for its page. What cannot is said there, with the reason.

    Raises:
        UserError: the run cannot be opened.
    """
    progress = progress or progress_on()
    try:
        training, state = reopened(run)
        dataset = data_of(run, training, state, progress)
        split = dataset.shown
        with surroundings(training.precision, run.settings["settings"]["seed"]):
            evaluation, asked = _asked_about(run, training, dataset, split, progress)
            findings = asked.findings(_samples(training, asked.layers, dataset))
    except UserError as wrong:
        return view_of(run, None, [f"Nothing could be found out about examples: {told(wrong)}."])
    if split != "test":
        return view_of(run, findings, [NO_TEST.format(split)])
    run.evaluation = evaluation
    return view_of(run, findings)


def _asked_about(run: Run, training: Training, dataset: Dataset, split: str, progress: Progress) -> tuple[Evaluation, Asked]:
    """The figures of the best model on a split, and the model, with all that it says of the examples."""
    with _measured(run, training, dataset, split, progress) as (layers, feed, evaluated):
        asked = Asked(training, layers, dataset, split, feed)
        return evaluated(asked.figures()), asked


@contextmanager
def _measured(
    run: Run, training: Training, dataset: Dataset, split: str, progress: Progress
) -> Iterator[tuple[lower.Layers, Feed, Callable[[Mapping[str, OutputFigures]], Evaluation]]]:
    """The layers with the weights of the best epoch, the examples of a split, and what makes their evaluation of the figures of each output."""
    layers, _ = layers_and_models(training)
    epoch = restore_best(run, layers, progress)
    feed = Feed(dataset[split].fields, training.input_types, training.batch)
    progress.begin(1, feed.steps, 1)
    try:
        figures = Measuring(training, layers).figures(feed, progress, "evaluating")
        yield layers, feed, partial(Evaluation, split, feed.count, epoch, figures)
    finally:
        progress.end()


def _samples(training: Training, layers: lower.Layers, dataset: Dataset) -> list[Array]:
    """What the best model makes, where the training names samples."""
    if not training.samples:
        return []
    feed = Feed(dataset[dataset.shown].fields, training.input_types, training.batch) if start_from_data(training) else None
    return samples(training, layers, feed)


def predict(run: Run, data: Path | Mapping[str, Any], network: str | None = None) -> Predictions:
    """What a run's best model says of new data.

    Where the source has names for its rows, these; then for each output: of a classification, the label, and the
    probability of each class; otherwise its numbers, in the units of the data.

    Args:
        data: a file of the kind that the network learnt from, or columns by name; targets are not needed.
        network: which one, of a training with several.

    Raises:
        UserError: the run or its file are not what they were; or the data do not fit.
    """
    return joined(list(predictions(run, data, network)))


def predictions(
    run: Run, data: Path | Mapping[str, Any], network: str | None = None, memory: int | None = None, progress: Progress | None = None
) -> Generator[Predictions, None, None]:
    """The same, batch by batch: data and predictions may be larger than the memory.

    Args:
        memory: how many bytes data may take that cannot be read in pieces; None: half of what is free.
        progress: who is told how far that is.

    Raises:
        UserError: as for `predict`, perhaps after some batches.
    """
    asked = Answerer(run, network)
    others = asked.other(data, Room(memory))
    progress, done = progress or Progress(), 0
    with asked.answering() as predictor:
        for one in predictor.batches(others.blocks()):
            yield one
            done += len(one)
            progress.busy(f"predicting, {done:,} examples", done, others.count or 0)


class Answerer:
    """A run that is to be asked about examples: what it takes is known, and nothing of TensorFlow has been made yet.

    Attributes:
        network: which of its networks.
        inputs: the fields that this takes, by name.
        state: what was learnt from the training examples to encode data.
    """

    def __init__(self, run: Run, network: str | None = None):
        """
        Raises:
            UserError: the run or its file are not what they were; or it is not clear which network is meant.
        """
        self._run = run
        self.training, self.state = reopened(run)
        self.network = _predicting(self.training, network)
        self.inputs = {name: self.training.data.fields[name] for name in self.training.learnt[self.network].network.graph.inputs}

    def other(self, data: Path | Table | Mapping[str, Any], room: Room | None = None) -> OtherData:
        """Data to ask it about.

        Raises:
            UserError: they are not there, or have other columns than those of the training.
        """
        with runs.as_kept(self._run):
            return OtherData(self.training.data, data, self.state, list(self.inputs), room)

    @property
    def columns(self) -> dict[str, Form]:
        """The columns of the data that its inputs are made of, and what they hold."""
        names = dict.fromkeys(column for field in self.inputs.values() for column in field.columns)
        return {name: known_form(self.state["columns"][name]) for name in names}

    @contextmanager
    def answering(self) -> Iterator[Predictor]:
        """The network with the weights of the best epoch; within, it can be asked, by this thread.

        Raises:
            UserError: the weights are gone, or damaged.
        """
        training = self.training
        with surroundings(training.precision, self._run.settings["settings"]["seed"]):
            layers, _ = layers_and_models(training)
            restore_best(self._run, layers, Progress())
            yield Predictor(judge(training, layers, self.state, self.network), together(training))


def named(training: Training, name: str | None) -> str:
    """The network that is meant: the one named, or the only one.

    Raises:
        UserError: it is not clear which.
    """
    if name is None and len(training.learnt) == 1:
        return next(iter(training.learnt))
    if name is None or name not in training.learnt:
        raise UserError(which_network(name, list(training.learnt)))
    return name


def _predicting(training: Training, name: str | None) -> str:
    """The network that predicts; its inputs are fields of the data."""
    chosen = named(training, name)
    missing = [one for one in training.learnt[chosen].network.graph.inputs if one not in training.data.fields]
    if missing:
        raise UserError(no_field_for_input(chosen, missing[0], training.data.name))
    return chosen


def data_of(run: Run, training: Training, state: Mapping[str, Any], progress: Progress) -> Dataset:
    """The data of a run, encoded as they were in its training.

    Args:
        progress: who is told how far that is.

    Raises:
        UserError: they are not there, or not what they were.
    """
    room = Room(run.settings["asked"].get("memory"), runs.root_of(run.folder) / KEPT, progress.busy, progress.say)
    with runs.as_kept(run):
        dataset, then = training.data.load(state=state, room=room), run.settings["data"]["sha256"]
    if dataset.sha256 != then:
        raise UserError(runs.run_differs(run.folder, "data (SHA-256)", then[:12], dataset.sha256[:12]))
    return dataset


def restore_best(run: Run, layers: lower.Layers, progress: Progress) -> int | None:
    """Give the weights the values of the best epoch (of the newest step, if there is none yet); the epoch."""
    weights = weights_of(layers)
    expected = signature(copied(weights))

    def misfit(found: Signature) -> str | None:
        best = {name.removeprefix(BEST): one for name, one in found.items() if name.startswith(BEST)}
        return difference(best or {name: one for name, one in found.items() if name in expected}, expected)

    checkpoint, warnings = Checkpoints(run.folder / "checkpoints").best(misfit)
    for one in warnings:
        progress.say(one)
    assign(weights, checkpoint.best() or checkpoint.arrays)
    epoch: int | None = checkpoint.record.get("best_epoch")
    return epoch
