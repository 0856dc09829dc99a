"""A run: one training, and the folder that holds everything about it.

    runs/NAME/001/
      spec.nn             the file (`sources/` where it imports others), as it was
      run.yaml            everything that was decided: settings, versions, seeds, hashes of spec and data
      metrics.csv         one line an epoch
      best.keras          the model at its best epoch, and last.keras, the model at the last
      checkpoints/        what --resume goes on from
      data.json           what encoders learnt from the training examples
      curves.svg          loss and metrics; diagram.svg, the network; forecast.svg, of a series: what came and what was said
      evaluation.json     figures on the test split
      report.html         all that as one page
    runs/NAME/latest      the newest
"""

import csv
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.elaboration import modules
from nndsl.evaluation import Evaluation
from nndsl.figures import METRICS, Row, add_metrics, read_metrics, write_metrics
from nndsl.files import remove_leftovers, replaced, unwritable, write_text
from nndsl.records import as_yaml, is_of_a_run, plain, read_json, read_yaml
from nndsl.source import Source

LATEST = "latest"
REPORT = "report.html"


@error("NN715")
def not_a_run(path: Path, why: str) -> Diagnostic:
    """A path does not lead to the folder of a run: `runs/NAME/001`, or `runs/NAME/latest`."""
    return Diagnostic(None, f"{path} is not a run: {why}", repair="give a folder such as runs/NAME/001, or runs/NAME/latest")


@error("NN716")
def run_is_busy(path: Path) -> Diagnostic:
    """Another process is training in the folder of this run. Two would write over each other."""
    return Diagnostic(None, f"another process is training in {path}", repair="wait for it, or stop it with Ctrl-C")


@error("NN718")
def run_differs(path: Path, what: str, then: object, now: object) -> Diagnostic:
    """A run can be resumed only with the file, the data and the settings that it was started with.

    Otherwise its result would be that of neither. Who wants that all the same says so: with `--despite-changes` the run goes
    on from its last checkpoint, and `run.yaml` keeps what was changed, and when.
    """
    message = f"the run {path} was started with another {what}: {then} then, {now} now"
    return Diagnostic(None, message, repair="restore it, train anew without --resume, or go on with --resume and --despite-changes")


@dataclass
class Run:
    """One training.

    Attributes:
        folder: where everything about it is.
        settings: what `run.yaml` says.
        history: the figures of each epoch.
        evaluation: the figures on the test split; None before the run is over, or without a test split.
    """

    folder: Path
    settings: dict[str, Any]
    history: list[Row] = field(default_factory=list)
    evaluation: Evaluation | None = None

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """The run in a folder, `runs/NAME/001` or `runs/NAME/latest`.

        Raises:
            UserError: there is none.
        """
        folder = resolved(Path(path))
        try:
            settings = read_yaml(folder / "run.yaml")
        except FileNotFoundError:
            why = "there is no run.yaml in it" if folder.is_dir() else "there is no such folder"
            raise UserError(not_a_run(Path(path), why)) from None
        except (OSError, ValueError, RecursionError) as failure:
            raise UserError(not_a_run(Path(path), f"its run.yaml cannot be read ({_first_line(failure)})")) from None
        if not is_of_a_run(settings):
            raise UserError(not_a_run(Path(path), "its run.yaml is not that of a run"))
        try:
            told = folder / "evaluation.json"
            evaluation = Evaluation.from_dict(read_json(told)) if told.exists() else None
            return cls(folder, settings, read_metrics(folder / METRICS), evaluation)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error):
            raise UserError(not_a_run(Path(path), "its metrics.csv or evaluation.json is not what was written")) from None

    @property
    def status(self) -> str:
        """`running` (also of a run that was killed), `finished`, `stopped early`, `interrupted`, `terminated` or `failed`."""
        return str(self.settings["status"])

    @property
    def best(self) -> Row | None:
        """The figures of the epoch whose model was kept as the best."""
        return next((row for row in self.history if row["epoch"] == self.settings.get("best_epoch")), None)

    def save_settings(self) -> None:
        """Write `run.yaml`.

        Raises:
            UserError: it cannot be written.
        """
        self.write("run.yaml", as_yaml(self.settings))

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file beside the others, whole or not at all.

        Raises:
            UserError: it cannot be written.
        """
        self.put(name, lambda beside: beside.write_bytes(content.encode() if isinstance(content, str) else content))

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """Let a file be written beside the others, whole or not at all, at the path that `write` gets.

        Raises:
            UserError: it cannot be written.
        """
        path = self.folder / name
        with replaced(path) as beside:
            if path.parent != self.folder:
                path.parent.mkdir(exist_ok=True)
            write(beside)

    def write_history(self) -> None:
        """Write the whole of `metrics.csv`.

        Raises:
            UserError: it cannot be written.
        """
        write_metrics(self.folder / METRICS, self.history)

    def add_row(self, row: Row) -> None:
        """Take in the figures of one epoch.

        Raises:
            UserError: they cannot be written.
        """
        self.history.append(row)
        add_metrics(self.folder / METRICS, row)

    def locked(self) -> AbstractContextManager[None]:
        """Keep other processes from training in its folder; see `locked`."""
        return locked(self.folder)

    def removed_if_it_fails(self) -> AbstractContextManager[None]:
        """Remove its folder again if what is to be written into it first cannot be."""
        return removed_if_it_fails(self.folder)

    def become_latest(self) -> None:
        """Let `latest` lead to it."""
        point_latest(self.folder)

    def change(self, now: Mapping[str, Any], step: int, changed: Sequence[Mapping[str, Any]]) -> None:
        """Go on as another run: what it is now, from which step on, and what that changes, for the record."""
        told = [{name: plain(value) for name, value in one.items()} for one in changed]
        self.settings["changes"] = [*self.settings.get("changes", []), {"step": step, "changed": told}]
        self.settings |= {name: value for name, value in now.items() if name not in ("status", "versions", "hardware")}

    def drop_evaluation(self) -> None:
        """Forget the figures on the test split: the run goes on."""
        self.evaluation = None
        (self.folder / "evaluation.json").unlink(missing_ok=True)

    def save_json(self, name: str, content: Any) -> None:
        """Write a file of JSON beside the others.

        Raises:
            UserError: it cannot be written.
        """
        self.write(name, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def data_state(self) -> dict[str, Any]:
        """What was learnt from the training examples to encode data (`Dataset.state`).

        Raises:
            UserError: its file is gone, or is not what was written.
        """
        why = "its data.json is not what was written"
        try:
            state = read_json(self.folder / "data.json")
        except (OSError, ValueError, RecursionError) as failure:
            why, state = f"its data.json cannot be read ({_first_line(failure)})", None
        if isinstance(state, dict) and all(isinstance(state.get(name), dict) for name in ("columns", "encoders")):
            return state
        raise UserError(not_a_run(self.folder, why))


@contextmanager
def as_kept(run: Run) -> Iterator[None]:
    """Where what a run keeps of its data is used: if it is not what was written, by whoever, that is said.

    Raises:
        UserError: it is not.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as failure:
        why = f"its data.json is not what was written ({type(failure).__name__}: {_first_line(failure)})"
        raise UserError(not_a_run(run.folder, why)) from failure


def _first_line(failure: Exception) -> str:
    return str(failure).partition("\n")[0]


# Folders -----------------------------------------------------------------------------------------


def resolved(path: Path) -> Path:
    """The folder of a run; `latest` is followed, whether it is a link or a file that names its folder."""
    if path.is_file() and path.name == LATEST:
        path = path.parent / path.read_text(encoding="utf-8").strip()
    return path.resolve() if path.exists() else path


def new_folder(root: Path, training: str) -> Path:
    """Make the next folder of a training, `root/NAME/001`; one that is there is never used again.

    Raises:
        UserError: it cannot be made.
    """
    home = root / training.lower()
    try:
        home.mkdir(parents=True, exist_ok=True)
        number = max((int(one.name) for one in home.iterdir() if one.name.isdecimal()), default=0)
        while True:
            number += 1
            with suppress(FileExistsError):
                (home / f"{number:03}").mkdir()
                (home / f"{number:03}" / "checkpoints").mkdir()
                return (home / f"{number:03}").resolve()
    except OSError as failure:
        raise unwritable(home, failure) from None


def root_of(folder: Path) -> Path:
    """Where the runs are among which a run is."""
    return folder.resolve().parent.parent


def made_folder(folder: Path) -> Path:
    """Make a folder for a run, which must not be there yet.

    Raises:
        UserError: it cannot be made, or is there.
    """
    try:
        (folder / "checkpoints").mkdir(parents=True)
    except OSError as failure:
        raise unwritable(folder, failure) from None
    return folder.resolve()


@contextmanager
def removed_if_it_fails(folder: Path) -> Iterator[None]:
    """Remove a new folder again if what is to be written into it first cannot be."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def point_latest(folder: Path) -> None:
    """Let `latest` beside a run's folder point to it: a link, or where links cannot be, a file with its name."""
    latest, beside = folder.parent / LATEST, folder.parent / f".{LATEST}.{os.getpid()}"
    try:
        with suppress(FileNotFoundError):
            beside.unlink()
        beside.symlink_to(folder.name, target_is_directory=True)
        os.replace(beside, latest)
    except OSError:
        write_text(latest, f"{folder.name}\n")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from training in a folder, and clear away what one that was killed has left half written.

    The lock goes with the process, however it ends.

    Raises:
        UserError: another process has it, or the folder cannot be written.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        yield
        return
    try:
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as failure:
        raise unwritable(folder, failure) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(run_is_busy(folder)) from None
        except OSError as failure:
            raise unwritable(folder, failure) from None
        for one in (folder, folder / "checkpoints"):
            remove_leftovers(one)
        yield
    finally:
        os.close(descriptor)


def is_locked(folder: Path) -> bool:
    """Whether a process trains in a folder."""
    try:
        import fcntl

        descriptor = os.open(folder / ".lock", os.O_RDONLY)
    except (ImportError, OSError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


# Records -----------------------------------------------------------------------------------------


def save_sources(run: Run, sources: Sequence[Source]) -> None:
    """Copy the file, and then those that it imports, into a run's folder.

    Raises:
        UserError: they cannot be written.
    """
    run.write("spec.nn", sources[0].text)
    for number, one in enumerate(sources[1:], 1):
        run.write(f"sources/{_copy_of(place_of(one), number)}", one.text)


def kept_sources(run: Run) -> dict[str, str]:
    """The texts of a run's file, and of those that it imports, by their places, from the copies in its folder.

    Raises:
        UserError: a copy is gone, or is not what was written.
    """
    texts = {}
    for number, (place, digest) in enumerate(run.settings["spec"].items()):
        copy = run.folder / (Path("sources") / _copy_of(place, number) if number else "spec.nn")
        try:
            texts[place] = copy.read_bytes().decode()  # with the line ends that it has
        except (OSError, UnicodeDecodeError) as failure:
            raise UserError(not_a_run(run.folder, f"its copy of {place} cannot be read ({failure})")) from None
        if text_hash(texts[place]) != digest:
            raise UserError(not_a_run(run.folder, f"its copy of {place} is not what was trained"))
    return texts


def _copy_of(place: str, number: int) -> str:
    return f"{number:02}_{Path(place).name}"


def place_of(source: Source) -> str:
    """What a source is called in `run.yaml`; a text that is in no file, by its name in the current folder."""
    return modules.place_of(source.path or Path(source.name))


def text_hash(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def versions(backend: str) -> dict[str, str]:
    """The versions of what decides the bits of a result.

    Args:
        backend: what Keras computes with.
    """
    own = {name: version(name) for name in ("keras", backend, "numpy")}
    return {"nndsl": _own_version(), "python": sys.version.split()[0], **own}


def _own_version() -> str:
    import nndsl

    return str(nndsl.__version__)
