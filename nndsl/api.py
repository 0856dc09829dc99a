"""nndsl in Python: `program = nndsl.load("digits.nn")`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nndsl.diagnostics import Report, UserError, ansi, render
from nndsl.driver import check
from nndsl.program import Program
from nndsl.source import Source
from nndsl.syntax.reading import read_source

if TYPE_CHECKING:
    import keras
    import networkx

    from nndsl.evaluation import Evaluation
    from nndsl.exported import Exported
    from nndsl.generation import Written
    from nndsl.predictions import Predictions
    from nndsl.run import Run


class Refused(UserError):
    """The file, the data, a run or the machine stands in the way. Its text is the diagnostics, as the command line prints them.

    Attributes:
        diagnostics: one for each mistake, with its code and its place.
    """

    def __str__(self) -> str:
        return "\n\n".join(render(one) for one in self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: where the user's file is wrong, not where Python was when it was told."""
        return "\n\n".join(render(one, ansi) for one in self.diagnostics).splitlines()


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except UserError as wrong:
        raise Refused(*wrong.diagnostics) from None


class LoadedProgram:
    """A checked file: what its networks are, and what can be done with them. A notebook shows it as diagrams.

    Where a method takes a `name`, it may be left out if there is only one to choose from; otherwise `NoSuchName` is raised.

    Attributes:
        checked: networks, data and trainings, as the compiler knows them.
        report: the warnings of the check.
    """

    def __init__(self, checked: Program, report: Report, parameters: dict[str, Any], data_path: Path | None):
        self.checked = checked
        self.report = report
        self._parameters = parameters
        self._data_path = data_path

    @property
    def graph(self) -> "networkx.MultiDiGraph[int]":
        """The graph of the only network, or of that of the only training; see `Graph.networkx`."""
        return self.checked.network().graph.networkx

    def model(self, name: str | None = None) -> "keras.Model":
        """A new Keras model of a network, or of that of a training."""
        from nndsl.backend.keras import lower

        return lower.model(self.checked.network(name))

    def train(
        self, name: str | None = None, *, epochs: int | None = None, seed: int | None = None,
        folder: str | Path = "runs", resume: str | Path | None = None, despite_changes: bool = False, memory: int | None = None,
        devices: int | Literal["all"] = 1, health: bool = False, tensorboard: bool = False, mlflow: str | None = None,
    ) -> "Run":
        """Train as a `train` block says; where `TF_CONFIG` lists several machines, on all of them, each of which calls this.

        Args:
            epochs: how many, instead of what the file says.
            seed: another seed than the file's.
            folder: where run folders are made.
            resume: the folder of a run to go on with.
            despite_changes: go on although the file, the data or the settings have changed since.
            memory: how many bytes the data may take (half of what is free); those that take more are encoded into files beside the runs.
            devices: how many of each machine share each batch.
            health: whether gradients and units are looked at before each epoch; what is found goes to `health.csv`.
            tensorboard: whether event files are written into the run's folder.
            mlflow: the URI of an MLflow server or database that is told of the run.

        Returns:
            The run: its folder, its history, its evaluation on the test examples.

        Raises:
            Refused: the data are wrong, or the run cannot be written or resumed.
        """
        from nndsl.backend.keras.train import train
        from nndsl.live import progress_on
        from nndsl.team.cluster import cluster_from
        from nndsl.team.joining import joined
        from nndsl.tracking import followed

        with _worded(), joined(cluster_from(os.environ)) as team:
            training = self.checked.training(name)
            progress = followed(progress_on(), training.name, tensorboard, mlflow) if team.chief else None
            return train(
                self.checked, training, progress=progress, folder=Path(folder), epochs=epochs, seed=seed,
                resume=Path(resume) if resume is not None else None, despite_changes=despite_changes, overrides=self._parameters,
                data_path=self._data_path, memory=memory, devices=devices, team=team, health=health,
            )

    def svg(self, name: str | None = None, *, dark: bool = False) -> str:
        """The diagram of a network."""
        from nndsl import diagram

        return diagram.svg(self.checked.network(name), dark=dark)

    def html(self, name: str | None = None, *, dark: bool = False) -> str:
        """A page that shows a network and its source: blocks open and close, cards tell what they are. It needs nothing but a browser."""
        from nndsl import diagram

        return diagram.html(self.checked.network(name), dark=dark)

    def training_svg(self, name: str | None = None, *, dark: bool = False) -> str:
        """The picture of a training: what each of its steps makes smaller, and which weights it updates."""
        from nndsl import diagram

        return diagram.training_svg(self.checked.training(name), dark)

    def summary(self, name: str | None = None) -> str:
        """A table of a network: layer, shape, parameters, FLOPs; and totals."""
        from nndsl import printer

        return printer.summary(self.checked.network(name))

    def _repr_html_(self) -> str:
        return "".join(self._html(name) for name in self.checked.networks) or escape(repr(self))

    def _html(self, name: str) -> str:
        documentation = self.checked.networks[name].documentation or ""
        return f"<figure>{self.svg(name)}<figcaption><b>{escape(name)}</b> {escape(documentation)}</figcaption></figure>"

    def __repr__(self) -> str:
        return f"<nndsl program {self.checked.source.name}: {', '.join([*self.checked.networks, *self.checked.trainings])}>"


def load(path: str | Path, *, data: str | Path | None = None, **parameters: Any) -> LoadedProgram:
    """Read and check a `.nn` file.

    Args:
        data: what is read instead of the file that the `data` block names.
        parameters: values for each `param` of the file.

    Raises:
        Refused: the file is wrong; the text is what `nndsl check` prints.
    """
    with _worded():
        source = read_source(Path(path))
    return loaded(source, data, parameters)


def loads(text: str, *, name: str = "<text>", data: str | Path | None = None, **parameters: Any) -> LoadedProgram:
    """Check a text as `load` checks a file; relative paths in it start at the current folder.

    Raises:
        Refused: the text is wrong.
    """
    return loaded(Source(name, text), data, parameters)


def loaded(source: Source, data: str | Path | None, parameters: dict[str, Any]) -> LoadedProgram:
    """Check a source, wherever it is from.

    Raises:
        Refused: it is wrong.
    """
    data_path = Path(data) if data is not None else None
    with _worded():
        checked, report = check(source, overrides=parameters, data_path=data_path)
        report.raise_errors()
    return LoadedProgram(checked, report, parameters, data_path)


def evaluate(run: "str | Path | Run") -> "Evaluation":
    """The figures of a run's best model on the test examples.

    Args:
        run: what `train` returned, or its folder: `runs/NAME/001`, `runs/NAME/latest`.

    Raises:
        Refused: there is no such run, or its file or data are not what they were.
    """
    from nndsl.backend.keras.evaluate import evaluate

    with _worded():
        return evaluate(_opened(run))


def predict(run: "str | Path | Run", data: str | Path | Mapping[str, Any], network: str | None = None) -> "Predictions":
    """What a run's best model says of new examples.

    Args:
        run: what `train` returned, or its folder.
        data: a file of the kind that the network learnt from, or its columns by name; it needs no targets.
        network: which one, of a training with several.

    Raises:
        Refused: there is no such run, or the data do not fit.
    """
    from nndsl.backend.keras.evaluate import predict

    with _worded():
        return predict(_opened(run), data if isinstance(data, Mapping) else Path(data), network)


def generate(
    run: "str | Path | Run", prompt: str | None = None, data: str | Path | None = None, *, length: int | None = None, count: int | None = None,
    temperature: float | None = None, top_k: int | None = None, beam: int | None = None, seed: int = 0,
) -> "Written | list[Any]":
    """What a run's best model makes.

    A language model goes on with `prompt`. A decoder writes a sequence for `prompt`, for each row of the file `data`, or,
    without either, for each test example; then `errors` of the result tells how many tokens are wrong. Of a training
    with `samples`, as many arrays as it names tensors.

    Args:
        run: what `train` returned, or its folder.
        length: how many tokens are written, at most.
        count: how many texts (1), or samples (64).
        temperature: what logits are divided by before a token is drawn; 0 takes the most probable (language models: 1, others: 0).
        top_k: only the so many most probable tokens are drawn from.
        beam: how many beginnings a search for the most probable text keeps; nothing is drawn.
        seed: of what is drawn.

    Raises:
        Refused: there is no such run, it makes nothing, or the prompt or the data do not fit.
        NotApplicable: an argument does not go with what the run has learnt.
    """
    from nndsl.backend.keras.generate import generate
    from nndsl.generation import Wish

    wish = Wish(prompt, Path(data) if data is not None else None, length, count, temperature, top_k, beam, seed)
    with _worded():
        return generate(_opened(run), wish)


def export(
    run: "str | Path | Run", path: str | Path, format: Literal["keras", "savedmodel", "onnx", "tflite"], *, network: str | None = None, preprocessing: bool = True
) -> "Exported":
    """Write a run's best model as a file that other programs load, and compare it with the network.

    Args:
        run: what `train` returned, or its folder.
        path: the file, or the folder of a SavedModel.
        network: which one, of a training with several.
        preprocessing: whether what encoders of numbers do is part of the file.

    Returns:
        What was written: its description, and the largest difference from the network.

    Raises:
        Refused: there is no such run, the format cannot hold the network, or the file would say something else.
    """
    from nndsl.backend.keras.export.exporting import export

    with _worded():
        return export(_opened(run), Path(path), format, network=network, preprocessing=preprocessing)


def _opened(run: "str | Path | Run") -> "Run":
    from nndsl.run import Run

    return run if isinstance(run, Run) else Run.open(run)
