"""nndsl in Python: `program = nndsl.load("digits.nn")`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.diagnostics import Report, UserError, render
from nndsl.driver import check
from nndsl.program import Program
from nndsl.source import Source
from nndsl.syntax.reading import read_source

if TYPE_CHECKING:
    import keras
    import networkx

    from nndsl.run import Run


class LoadedProgram:
    """A checked file: what its networks are, and what can be done with them.

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
        """A new Keras model of a network: the one named, or the only one.

        Raises:
            NoSuchName: there is none of that name, or more than one and no name.
            UserError: a size that Keras needs is still open.
        """
        from nndsl.backend.keras import lower

        return lower.model(self.checked.network(name))

    def train(self, name: str | None = None, *, epochs: int | None = None, seed: int | None = None,
              folder: str | Path = "runs", resume: str | Path | None = None) -> "Run":
        """Train as a `train` block says: the one named, or the only one.

        Args:
            epochs: how many, instead of what the file says.
            seed: another seed than the file's.
            folder: where run folders are made.
            resume: the folder of a run to go on with.

        Returns:
            The run: its folder, its history, its evaluation on the test examples.

        Raises:
            NoSuchName: there is none of that name, or more than one and no name.
            UserError: the data are wrong, or the run cannot be written or resumed.
        """
        from nndsl.backend.keras.train import train

        return train(
            self.checked, self.checked.training(name), folder=Path(folder), epochs=epochs, seed=seed,
            resume=Path(resume) if resume is not None else None, overrides=self._parameters, data_path=self._data_path,
        )

    def svg(self, name: str | None = None, *, dark: bool = False) -> str:
        """The diagram of a network: the one named, or the only one."""
        from nndsl import diagram

        return diagram.svg(self.checked.network(name), dark=dark)

    def summary(self, name: str | None = None) -> str:
        """A table of a network: layer, shape, parameters, FLOPs; and totals."""
        from nndsl import printer

        return printer.summary(self.checked.network(name))

    def _repr_html_(self) -> str:
        return "".join(f"<div>{self.svg(name)}</div>" for name in self.checked.networks)

    def __repr__(self) -> str:
        return f"<nndsl program {self.checked.source.name}: {', '.join([*self.checked.networks, *self.checked.trainings])}>"


def load(path: str | Path, *, data: str | Path | None = None, **parameters: Any) -> LoadedProgram:
    """Read and check a `.nn` file.

    Args:
        data: what is read instead of the file that the `data` block names.
        parameters: values for the file's `param`s.

    Raises:
        InvalidProgram: the file is wrong; the message is what `nndsl check` prints.
    """
    try:
        source = read_source(Path(path))
    except UserError as unreadable:
        raise InvalidProgram(*unreadable.diagnostics) from None
    return _loaded(source, parameters, Path(data) if data is not None else None)


def loads(text: str, *, name: str = "<text>", **parameters: Any) -> LoadedProgram:
    """Check a text as `load` checks a file; relative paths in it start at the current folder."""
    return _loaded(Source(name, text), parameters, None)


def _loaded(source: Source, parameters: dict[str, Any], data_path: Path | None) -> LoadedProgram:
    checked, report = check(source, overrides=parameters, data_path=data_path)
    if report.errors:
        raise InvalidProgram(*report)
    return LoadedProgram(checked, report, parameters, data_path)


class InvalidProgram(UserError):
    """A file is wrong. Its text is the diagnostics, as the command line prints them."""

    def __str__(self) -> str:
        return "\n\n".join(render(one) for one in self.diagnostics)
