"""Runs, asked afterwards: the figures of a split, and predictions for new data."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nndsl import run as runs
from nndsl.backend.keras import lower
from nndsl.backend.keras.checkpoint import BEST, Checkpoints, Signature, difference, signature
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.judge import judge
from nndsl.backend.keras.learner import surroundings
from nndsl.backend.keras.measuring import Measuring, layers_and_models
from nndsl.backend.keras.state import assign, copied, weights_of
from nndsl.data.dataset import Dataset
from nndsl.data.room import KEPT, Room
from nndsl.diagnostics import Diagnostic, Report, UserError, error
from nndsl.driver import check
from nndsl.elaboration.modules import place_of
from nndsl.elaboration.session import Reader, read_spec
from nndsl.evaluation import Evaluation, Predictions
from nndsl.program import Training
from nndsl.progress import Progress, progress_on
from nndsl.run import Run
from nndsl.source import Source
from nndsl.syntax.ast import Spec
from nndsl.syntax.parser import parse


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
    with surroundings(training.precision, run.settings["settings"]["seed"]):
        layers, _ = layers_and_models(training)
        epoch = restore_best(run, layers, progress)
        feed = Feed(dataset[split].fields, training.input_types, training.batch)
        progress.begin(1, feed.steps, 1)
        try:
            figures = Measuring(training, layers).figures(feed, progress, "evaluating")
            judged = judge(training, layers, state)
            return Evaluation(split, feed.count, epoch, figures, judged.figures(judged.answers(feed), feed, dataset[split].guesses))
        finally:
            progress.end()


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
    training, state = reopened(run)
    chosen = _chosen(training, network)
    inputs = training.learnt[chosen].network.graph.inputs
    with runs.as_kept(run):
        examples = training.data.encode(data, state, list(inputs))
    with surroundings(training.precision, run.settings["settings"]["seed"]):
        layers, _ = layers_and_models(training)
        restore_best(run, layers, Progress())
        feed = Feed(examples.fields, {name: node.type for name, node in inputs.items()}, training.batch)
        said = judge(training, layers, state, chosen).predictions(feed)
        labels = {name: values for name, values in examples.labels.items() if name not in said.columns}
        return Predictions({**labels, **said.columns})


def _chosen(training: Training, name: str | None) -> str:
    """The network that predicts: the one named, or the only one; its inputs are fields of the data."""
    if name is None and len(training.learnt) == 1:
        name = next(iter(training.learnt))
    if name is None or name not in training.learnt:
        raise UserError(which_network(name, list(training.learnt)))
    missing = [one for one in training.learnt[name].network.graph.inputs if one not in training.data.fields]
    if missing:
        raise UserError(no_field_for_input(name, missing[0], training.data.name))
    return name


def reopened(run: Run) -> tuple[Training, Mapping[str, Any]]:
    """The training of a run, from the copies of its files, with the parameters that it was trained with; and what it learnt from its data.

    The data need not be there.

    Raises:
        UserError: what the run has kept is gone, or has been changed.
    """
    settings, texts, state = run.settings, runs.kept_sources(run), run.data_state()
    where, asked = Path(settings["source"]), settings["asked"]
    source = Source(where.name, texts.pop(settings["source"]), where)
    path = None if asked["data"] is None else Path(asked["data"])
    with runs.as_kept(run):
        program, report = check(source, overrides=asked["overrides"], data_path=path, kept={settings["data"]["name"]: state}, read=_copies(texts))
    report.raise_errors()
    if settings["training"] not in program.trainings:
        raise UserError(runs.not_a_run(run.folder, f"its file has no training `{settings['training']}`"))
    return program.trainings[settings["training"]], state


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


def _copies(texts: Mapping[str, str]) -> Reader:
    """Reads imported files from the copies that a run keeps, by their places."""

    def read(path: Path, name: str, report: Report) -> Spec:
        text = texts.get(place_of(path))
        return read_spec(path, name, report) if text is None else parse(Source(name, text, path), report)

    return read


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
