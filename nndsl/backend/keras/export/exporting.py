"""From a run to a file that other programs load: prepared, written, loaded again, compared, and only then put in its place."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nndsl.backend.keras.evaluate import named
from nndsl.backend.keras.export.carried import Carried, carried
from nndsl.backend.keras.export.comparison import differences, examples_of, expected
from nndsl.backend.keras.export.description import as_text, described, metadata
from nndsl.backend.keras.export.formats import FORMATS
from nndsl.backend.keras.learner import surroundings
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.exported import Exported
from nndsl.files import replaced, replaced_folder
from nndsl.program import Training
from nndsl.progress import Progress
from nndsl.reopening import reopened
from nndsl.run import Run

TOLERANCE = 1e-4
"""How far a file may be from the network, relative to the greatest number of an output, or to 1 if that is greater."""


@error("NN811")
def says_something_else(runtime: str, difference: float, greatest: float, words: str) -> Diagnostic:
    """A file was written, and what loads it says something else than the network: it is thrown away.

    Sums in another order differ in the last digits; what is allowed is a ten-thousandth of the greatest number. More than
    that also comes about where what is inside loses digits: numbers far from zero, as dates in seconds are, have
    no room in 32 bits.
    """
    message = f"{runtime} says something else than the network: the largest difference is {difference:.1e}, of numbers up to {greatest:.3g}, on {words}"
    return Diagnostic(None, message, repair="try --without-preprocessing, which lets you encode the data in double precision; or another format")


@error("NN812")
def in_the_way(path: Path) -> Diagnostic:
    """A folder is to become a SavedModel, and it is there and holds something else."""
    return Diagnostic(None, f"{path} is a folder that holds something else than a SavedModel", repair="choose another name, or remove it first")


def export(
    run: Run, path: Path, format: str, *, network: str | None = None, preprocessing: bool = True, progress: Progress | None = None
) -> Exported:
    """Write the network of a run, with its best weights, to a file that its own runtime loads.

    Args:
        format: one of `FORMATS`.
        network: which one, of a training with several.
        preprocessing: whether what encoders of numbers do is part of the file.

    Raises:
        UserError: the run is not what it was; the format cannot hold the network, or the file would say something else;
            or it cannot be written. Then nothing is left behind.
    """
    progress = progress or Progress()
    _check_free(path, format)
    training, state = reopened(run)
    name = named(training, network)
    with _written(path, format) as (place, told):
        one = carried(run, training, state, name, preprocessing)
        description = described(run, one, training.name, format)
        progress.busy("writing", 0, 2)
        FORMATS[format].write(one, place, metadata(description))
        progress.busy("comparing", 1, 2)
        found = _compared(run, training, state, one, place, format, progress)
        told.write_text(as_text(description), encoding="utf-8")
        size = _size(place)
    beside = _description_of(path, format)
    return Exported(path, format, int(one.bare.count_params()), size, description, beside, FORMATS[format].runtime, TOLERANCE, *found)


def _compared(
    run: Run, training: Training, state: Mapping[str, Any], one: Carried, place: Path, format: str, progress: Progress
) -> tuple[float, float, str]:
    """The largest difference between file and network, the greatest number that it is one of, and on what.

    Raises:
        UserError: it is too large.
    """
    with surroundings("float32", run.settings["settings"]["seed"]):
        asked = examples_of(run, training, state, one, progress)
        found = differences(one, FORMATS[format].load(place), asked, expected(one, asked))
    if not found.relative <= TOLERANCE:
        raise UserError(says_something_else(FORMATS[format].runtime, found.largest, found.greatest, asked.words))
    return found.largest, found.greatest, asked.words


# Files -------------------------------------------------------------------------------------------


def _check_free(path: Path, format: str) -> None:
    """Check that what would be replaced is an earlier export.

    Raises:
        UserError: it is something else.
    """
    if format == "savedmodel" and path.is_dir() and any(path.iterdir()) and not (path / "saved_model.pb").is_file():
        raise UserError(in_the_way(path))


def _description_of(path: Path, format: str) -> Path:
    """Where the description of a file is: in the folder of a SavedModel, else beside."""
    return path / "description.json" if format == "savedmodel" else path.with_name(f"{path.name}.json")


@contextmanager
def _written(path: Path, format: str) -> Iterator[tuple[Path, Path]]:
    """Places to write a file and its description at; what is there in the end is put where it is to be."""
    if format == "savedmodel":
        with replaced_folder(path) as beside:
            yield beside, _description_of(beside, format)
        return
    with replaced(_description_of(path, format)) as told, replaced(path) as beside:
        beside.touch()  # a folder that cannot be written is told before anything else is done
        yield beside, told


def _size(place: Path) -> int:
    return sum(one.stat().st_size for one in place.rglob("*") if one.is_file()) if place.is_dir() else place.stat().st_size
