"""Training: from a checked program to a run folder."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import keras

from nndsl import diagram
from nndsl import run as runs
from nndsl.backend.keras import compilation, hosts, replicas, samples
from nndsl.backend.keras.balance import balanced
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.finding import Asked
from nndsl.backend.keras.hardware import hardware
from nndsl.backend.keras.health import Health, not_shared
from nndsl.backend.keras.identity import Change, changes, goes_on_changed, surroundings_changed
from nndsl.backend.keras.learner import Learner, surroundings
from nndsl.backend.keras.loop import Loop
from nndsl.backend.keras.saved import digests
from nndsl.backend.keras.shortage import shortage_told
from nndsl.backend.keras.targets import check_targets
from nndsl.backend.keras.unable import check_trainable
from nndsl.catalogue.training import Loss
from nndsl.data.dataset import Dataset
from nndsl.data.kept import Stored
from nndsl.data.larger import changed_since
from nndsl.data.room import KEPT, Room, free_memory
from nndsl.diagnostics import Diagnostic, UserError
from nndsl.diagram.curves import curves_svg
from nndsl.diagram.forecasts import forecasts_svg
from nndsl.evaluation import Evaluation
from nndsl.interruption import Interruption, Stopped
from nndsl.lint.examples import advice
from nndsl.live import progress_on
from nndsl.memory import needed, short_of_memory
from nndsl.monitor import History
from nndsl.program import Mode, Program, Training
from nndsl.progress import Progress
from nndsl.records import plain
from nndsl.report.writing import NO_TEST, NOT_MEASURED, write_after_training
from nndsl.run import Run, run_differs
from nndsl.supervision import tell_folder
from nndsl.team.together import ALONE, Team


@dataclass(frozen=True)
class Settings:
    """What decides a run besides the file and the data."""

    epochs: int
    batch: int
    seed: int
    precision: str


def train(
    program: Program,
    training: Training,
    *,
    folder: Path = Path("runs"),
    epochs: int | None = None,
    seed: int | None = None,
    resume: Path | None = None,
    despite_changes: bool = False,
    overrides: Mapping[str, Any] | None = None,
    data_path: Path | None = None,
    memory: int | None = None,
    progress: Progress | None = None,
    place: Path | None = None,
    goes_on: Callable[[History], bool] = lambda history: True,
    devices: replicas.Wanted = 1,
    team: Team = ALONE,
    health: bool = False,
) -> Run:
    """Train, and keep everything in a run folder, that of the chief where several machines train together.

    The first Ctrl-C ends the epoch early: what was learnt is kept, measured and saved. The first SIGTERM saves and
    leaves. A second signal leaves at once.

    Args:
        folder: where run folders are made.
        epochs, seed: instead of those of the file.
        resume: the folder of a run to go on with, to the same result as if it had never been interrupted.
        despite_changes: go on also with another file, other data or other settings, as far as the weights fit.
        overrides, data_path: what the program was checked with, for the record.
        memory: how many bytes the data may take; those that take more are encoded into files beside the runs. Without it, half
            of what is free.
        progress: who is told; without it, a bar on a terminal and lines elsewhere.
        place: the run's own folder, which is made, instead of the next in `folder`.
        goes_on: asked after each epoch, of all figures so far, whether training is worth going on.
        devices: how many of this machine share each batch, and as many of each other one.
        health: whether gradients and units are looked at before each epoch; what is found goes to `health.csv`.
        team: the machines that train together; each calls this with the same, but for `resume`, where the chief's counts.

    Returns:
        The run, with its history and its evaluation on the test split.

    Raises:
        UserError: the data, the disk, the schedule or the run to resume make it impossible; or the loss was not finite.
    """
    progress = progress or (progress_on() if team.chief else Progress())
    check_trainable(training, keras.config.backend())
    names = replicas.devices(devices, team)
    if len(names) > 1:
        replicas.check_shareable(training, len(names))
        if health:
            raise UserError(not_shared())
    if team.shared(resume is not None):
        asked = _asked(overrides, data_path, memory)
        run = hosts.opened(team, resume or folder)
        return _resume(run, program, training, epochs, seed, progress, goes_on, asked, despite_changes, names, team, health)
    settings = _settings(training, epochs, seed, {})
    dataset = _loaded(training, folder if place is None else runs.root_of(place), memory, progress)
    if len(names) > 1:
        replicas.check_in_memory(dataset)
    check_targets(training, dataset)
    for one in advice(program, training, dataset):
        progress.say(one)
    training = balanced(training, dataset)
    record = _identity(program, training, dataset, settings, names)
    hosts.check_same(team, record)
    record["asked"] = _asked(overrides, data_path, memory)
    record["memory"] = _expected(training, dataset, progress)
    with surroundings(settings.precision, settings.seed), replicas.together(names, team), shortage_told(training.span):
        course = _Course(training, dataset, settings, progress, goes_on, health, place is None)
        run = hosts.begun(team, lambda: runs.new_folder(folder, training.name) if place is None else runs.made_folder(place), record)
        with run.locked():
            with run.removed_if_it_fails():
                loop = course.loop(run)
                _write_record(run, program, training, dataset)
                loop.save_checkpoint()
            if place is None:
                run.become_latest()
            return course.train(run, loop)


def _resume(
    run: Run, program: Program, training: Training, epochs: int | None, seed: int | None, progress: Progress,
    goes_on: Callable[[History], bool], asked: Mapping[str, Any], despite_changes: bool, devices: Sequence[str], team: Team,
    health: bool,
) -> Run:
    """Go on with a run, to the same result as if it had never been interrupted."""
    with run.locked():
        settings = _settings(training, epochs, seed, run.settings["settings"])
        dataset = _loaded(training, runs.root_of(run.folder), asked["memory"] or run.settings["asked"].get("memory"), progress)
        if len(devices) > 1:
            replicas.check_in_memory(dataset)
        check_targets(training, dataset)
        training = balanced(training, dataset)
        now = {**_identity(program, training, dataset, settings, devices), "asked": asked}
        hosts.check_same(team, now)
        for one in surroundings_changed(run.settings, now):
            progress.say(one)
        changed = [Change(*one) for one in team.shared(list(changes(run.settings, now)))]
        if changed and not despite_changes:
            raise UserError(run_differs(run.folder, *changed[0]))
        run.settings["settings"]["epochs"] = settings.epochs
        with surroundings(settings.precision, settings.seed), replicas.together(devices, team), shortage_told(training.span):
            course = _Course(training, dataset, settings, progress, goes_on, health)
            loop = course.loop(run)
            loop.resume(bool(changed))
            if changed:
                for change in changed:
                    progress.say(goes_on_changed(change))
                run.change(now, loop.step, [one._asdict() for one in changed])
                _write_record(run, program, training, dataset)
            return course.train(run, loop)


def _loaded(training: Training, root: Path, memory: int | None, progress: Progress) -> Dataset:
    try:
        return training.data.load(room=Room(memory, root / KEPT, progress.busy, progress.say))
    except BaseException:
        progress.end()
        raise


def _settings(training: Training, epochs: int | None, seed: int | None, then: Mapping[str, Any]) -> Settings:
    """What is asked for, else what the run to resume had, else what the file says."""
    return Settings(
        epochs if epochs is not None else then.get("epochs", training.epochs),
        training.batch,
        seed if seed is not None else then.get("seed", training.seed),
        training.precision,
    )


# What a run is -----------------------------------------------------------------------------------


def _identity(program: Program, training: Training, dataset: Dataset, settings: Settings, devices: Sequence[str]) -> dict[str, Any]:
    """Everything that decides the result of a run, for `run.yaml`."""
    return {
        "training": training.name,
        "status": "running",
        "backend": keras.config.backend(),
        "settings": {
            "epochs": settings.epochs,
            "batch": settings.batch,
            "seed": settings.seed,
            "precision": settings.precision,
            "loss": [plain(node.component) for node in training.objectives[0].graph.nodes if isinstance(node.component, Loss)],
            "optimizer": [plain(one.optimizer) for one in training.objectives],
            "metrics": [one.name for one in training.measures],
            "early_stopping": plain(training.early_stopping),
        },
        "parameters": plain(program.parameters),
        "networks": {
            name: {"network": one.network.name, "arguments": plain(one.network.arguments)} for name, one in training.learnt.items()
        },
        "data": {"name": training.data.name, "sha256": dataset.sha256, "examples": {name: len(one) for name, one in dataset.splits.items()}},
        "weights": digests(one.graph for one in training.objectives),
        "source": runs.place_of(program.source),
        "spec": {runs.place_of(one): runs.text_hash(one.text) for one in program.sources},
        "versions": runs.versions(keras.config.backend()),
        "hardware": hardware() | ({"devices": list(devices)} if len(devices) > 1 else {}),
    }


def _expected(training: Training, dataset: Dataset, progress: Progress) -> dict[str, int] | None:
    """How many bytes a training will take, as far as sizes tell; who waits is told, and warned if there are not as many."""
    fields = [one for examples in dataset.splits.values() for one in examples.fields.values() if not isinstance(one, Stored)]
    expected, free = needed(training, sum(one.nbytes for one in fields)), free_memory()
    if expected is None:
        return None
    if expected.to_come > free:
        progress.say(short_of_memory(training, expected, free))
    else:
        progress.expect(str(expected))
    return expected.parts


def _asked(overrides: Mapping[str, Any] | None, data_path: Path | None, memory: int | None) -> dict[str, Any]:
    """What was asked for beside the file, for whoever evaluates the run."""
    return {"overrides": plain(overrides or {}), "data": None if data_path is None else str(data_path.resolve()), "memory": memory}


def _write_record(run: Run, program: Program, training: Training, dataset: Dataset) -> None:
    """What a run's folder holds from the start."""
    runs.save_sources(run, program.sources)
    run.settings.setdefault("started", _now())
    run.settings["better"] = {name: mode for name, mode in training.modes.items() if mode is not None and not name.startswith("val_")}
    run.save_json("data.json", dataset.state)
    run.save_settings()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


# The course of a run -----------------------------------------------------------------------------


class _Course:
    """One training in one process, from the first step to the evaluation."""

    def __init__(
        self, training: Training, dataset: Dataset, settings: Settings, progress: Progress, goes_on: Callable[[History], bool], health: bool,
        reported: bool = True,
    ):
        """
        Args:
            health: whether gradients and units are looked at before each epoch.
            reported: whether the run gets a page; trials of a search share one.
        """
        self._health, self._reported = health, reported
        self._training, self._dataset, self._settings, self._progress, self._goes_on = training, dataset, settings, progress, goes_on
        self._feeds = {
            name: Feed(examples.fields, training.input_types, settings.batch, settings.seed) for name, examples in dataset.splits.items() if len(examples)
        }
        started = time.monotonic()
        self._learner = Learner(training, self._feeds["train"], settings.epochs)
        if waiting := compilation.wait_told(time.monotonic() - started, sum(one.size for one in training.objectives)):
            progress.say(waiting)
        for one in self._learner.warnings:
            progress.say(one)

    def loop(self, run: Run) -> Loop:
        """What takes the steps, at the first of them."""
        monitor, mode = self._monitored()
        steps = self._feeds["train"].steps
        health = Health(self._learner, run, self._progress) if self._health else None

        def before_epoch() -> None:
            if health is not None:
                health.look(self._learner.step // steps + 1)
            compilation.settle(self._learner, run, steps, steps * self._settings.epochs, self._progress)

        compilation.begin(self._training.jit_compile, self._learner, run)
        return Loop(
            self._learner, self._feeds["train"], self._feeds.get("validation"), run=run, epochs=self._settings.epochs,
            stopping=self._training.early_stopping, monitor=monitor, mode=mode, progress=self._progress,
            settle=before_epoch, begun=partial(self._draw, run), changed=self._changed, goes_on=self._goes_on,
        )

    def _draw(self, run: Run) -> None:
        """Draw what learns."""
        for name, one in self._training.learnt.items():
            chart = "diagram.svg" if len(self._training.learnt) == 1 else f"diagram-{name}.svg"
            run.write(chart, diagram.svg(one.written))

    def _changed(self) -> Diagnostic | None:
        """What to say if a file of the data is not what it was when it was read."""
        file = self._dataset.files.changed()
        name = hosts.team().any(None if file is None else file.name)
        return None if name is None else changed_since(name, self._training.data.source_span)

    def _monitored(self) -> tuple[str | None, Mode]:
        """What tells the best model: what early stopping watches, else the loss, on validation examples if there are any.

        Of several objectives, which may be opposed, none tells: the last model is the best.
        """
        rule = self._training.early_stopping
        if rule is None and len(self._training.objectives) > 1:
            return None, "min"
        if rule is None:
            return ("val_loss" if "validation" in self._feeds else "loss"), "min"
        return rule.monitor, rule.mode

    def train(self, run: Run, loop: Loop) -> Run:
        """Take all steps that are left, measure and draw; `run.yaml` says how it ended, whatever happened."""
        before, started = run.settings.get("seconds", 0.0), time.monotonic()
        run.drop_evaluation()
        tell_folder(run.folder)
        self._progress.opened(run)
        interruption = Interruption(agree=hosts.team().any)
        try:
            with interruption, hosts.losses_told(hosts.team()), shortage_told(self._training.span):
                status = loop.run(interruption)
                run.settings |= {"status": status, "best_epoch": loop.best_epoch, "ended": _now()}
                run.settings["seconds"] = round(before + time.monotonic() - started, 1)
                self._finish(run, loop, interruption)
        except (UserError, KeyboardInterrupt) as end:
            run.settings |= {"status": "failed" if isinstance(end, UserError) else "interrupted", "best_epoch": loop.best_epoch}
            with suppress(UserError):  # what is told is the first failure
                run.save_settings()
            raise
        finally:
            self._progress.end()
            self._progress.closed(run)
        return run

    def _finish(self, run: Run, loop: Loop, interruption: Interruption) -> None:
        """What is drawn and measured when the steps are taken."""
        run.save_settings()
        run.write("curves.svg", curves_svg(run.history, loop.best_epoch))
        if run.status in ("terminated", "pruned"):
            return
        with loop.best_in_place():
            arrays = self._samples()
            self._show_samples(run, arrays)
            asked = self._evaluate(run, loop.best_epoch, interruption) if "test" in self._feeds else None
            if self._reported:
                self._report(run, asked, arrays)

    def _evaluate(self, run: Run, best: int | None, interruption: Interruption) -> Asked | None:
        """What the best model is worth on the test examples; None if that takes long, and someone waits for the end."""
        feed = self._feeds["test"]
        try:
            figures = self._learner.measuring.figures(feed, self._progress, "evaluating", interruption.hurry)
        except Stopped:
            self._progress.say(f"the test examples were not measured, which takes long; `nndsl evaluate {run.folder}` does it")
            return None
        asked = self._asked("test")
        run.evaluation = Evaluation("test", feed.count, best, figures, asked.figures())
        run.save_json("evaluation.json", run.evaluation.as_dict())
        if forecasts := asked.forecasts():
            run.write("forecast.svg", forecasts_svg(forecasts, "test"))
        return asked

    def _asked(self, split: str) -> Asked:
        return Asked(self._training, self._learner.layers, self._dataset, split, self._feeds[split])

    def _report(self, run: Run, asked: Asked | None, arrays: list[samples.Array]) -> None:
        """The page of the run, from what was found out already; of data without test examples, from those that show best what was learnt."""
        self._progress.busy("writing the report", 0, 1)
        stopped, shown = asked is None and "test" in self._feeds, self._dataset.shown
        missing = [NOT_MEASURED.format(run.folder)] if stopped else [] if "test" in self._feeds else [NO_TEST.format(shown)]
        write_after_training(run, lambda: None if stopped else (asked or self._asked(shown)).findings(arrays), missing, self._progress.say)

    def _samples(self) -> list[samples.Array]:
        """What the best model makes."""
        if not self._training.samples:
            return []
        feed = self._feeds[self._dataset.shown] if samples.start_from_data(self._training) else None
        return samples.samples(self._training, self._learner.layers, feed)

    def _show_samples(self, run: Run, arrays: list[samples.Array]) -> None:
        """What the best model makes, as files that people can look at."""
        for name, content in samples.files(samples.made(self._training, arrays)).items():
            run.write(name, content)
