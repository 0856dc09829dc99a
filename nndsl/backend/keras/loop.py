"""The loop: steps, measurements and decisions, epoch after epoch, with everything kept that a later step depends on."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from signal import SIGINT
from typing import Any

from nndsl.backend.keras import hosts, lower
from nndsl.backend.keras.checkpoint import BEST, Checkpoint, Signature, difference, other_network, signature
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.learner import Learner
from nndsl.backend.keras.measuring import next_steps
from nndsl.backend.keras.optimize import plateau
from nndsl.backend.keras.state import State, assign, copied, kept
from nndsl.diagnostics import Diagnostic, Note, UserError, error
from nndsl.figures import Row
from nndsl.interruption import Interruption, Stopped
from nndsl.monitor import History, best_epoch, should_stop
from nndsl.program import EarlyStopping, Mode
from nndsl.progress import Progress
from nndsl.run import Run
from nndsl.source import Span

_SAVING_SHARE = 0.02
"""At most this share of the time goes into saving; what a kill loses is computed again on resuming, to the same bits."""
_SAVE_WITHIN_EPOCH = 60.0
"""Seconds after which a long epoch is saved before it ends."""


@error("NN717")
def diverged(step: int, epoch: int, culprit: str, span: Span | None, kept: str) -> Diagnostic:
    """The loss or a weight became infinite, or not a number, and training stopped at that step.

    Usual reasons: a learning rate that is too high, a logarithm or division of zero, or values in the data that are not
    finite. The models that were saved before are untouched.

        optimizer = SGD(10)

    Mended:

        optimizer = SGD(0.1, clipnorm=1)
    """
    message = f"numbers are no longer finite at step {step}, in epoch {epoch}: {culprit}"
    return Diagnostic(span, message, (Note(kept),), "lower the learning rate, or set clipnorm=1 in the optimizer")


class Loop:
    """One training, in one process or, in step, in those of a team.

    Attributes:
        history: the figures of each epoch.
        best_epoch: the epoch whose weights are the best so far.
    """

    def __init__(
        self, learner: Learner, feed: Feed, validation: Feed | None, *,
        run: Run, epochs: int, stopping: EarlyStopping | None, monitor: str | None, mode: Mode, progress: Progress,
        settle: Callable[[], None], begun: Callable[[], None], changed: Callable[[], Diagnostic | None], goes_on: Callable[[History], bool],
    ):
        """
        Args:
            settle: called before steps are taken, to choose how they are compiled.
            begun: called when the first step is taken, for which someone waits.
            changed: what to say if the data are no longer what they were; it is asked once an epoch, until it has an answer.
        """
        self._learner, self._feed, self._validation = learner, feed, validation
        self._settle, self._begun = settle, begun
        self._changed: Callable[[], Diagnostic | None] | None = changed
        self._run, self._epochs, self._stopping = run, epochs, stopping
        self._monitor, self._mode, self._progress, self._goes_on = monitor, mode, progress, goes_on
        self._team = hosts.team()
        self._checkpoints = hosts.checkpoints(run.folder / "checkpoints")
        self._rules = [rule for one in learner.optimizers if (rule := plateau(one)) is not None]
        self._rules_at_start = [rule.state for rule in self._rules]
        self.history: list[Row] = run.history
        self._best: State = {}
        self.best_epoch: int | None = None
        self._saved_best: int | None = None
        self._steps_a_call = 1
        self._saved_at, self._saving_cost = time.monotonic(), 0.0
        self._saved_step = self._started_at = -1

    # From start to end ---------------------------------------------------------------------------

    def run(self, interruption: Interruption) -> str:
        """Take all steps that are left, or those before someone asks for an end, and save.

        Returns:
            How it ended: `finished`, `stopped early`, `pruned`, `interrupted` (by Ctrl-C) or `terminated` (by SIGTERM).

        Raises:
            UserError: the loss was not finite, or a file could not be written.
        """
        self._started_at = self._saved_step
        self._run.write_history()
        self._progress.begin(self._epochs, self._feed.steps, self._epoch, self._feed.batch, self.history)
        status = self._epochs_until(interruption)
        if self._saved_step != self._learner.step:
            self.save_checkpoint()
        if status == "interrupted":
            self._end_epoch_early(interruption)
        self._save_models()
        return status

    def _epochs_until(self, interruption: Interruption) -> str:
        with suppress(Stopped):
            if self._unmeasured and not self._place:  # it was left while it was being measured
                self._end_epoch(interruption)
            while self._learner.step < self._epochs * self._feed.steps:
                if should_stop(self.history, self._stopping):
                    return "stopped early"
                if self._place == 0 and self.history and not self._team.shared(self._goes_on(self.history)):
                    return "pruned"
                interruption.pause()
                self._look_at_data()
                self._settle()
                self._take_steps(interruption)
                if self._place == 0:
                    self._end_epoch(interruption)
            return "finished"
        return "interrupted" if interruption.asked == SIGINT else "terminated"

    @property
    def _epoch(self) -> int:
        """The epoch (from 1) that the next step belongs to."""
        return self._learner.step // self._feed.steps + 1

    @property
    def _place(self) -> int:
        """How many steps of its epoch are taken."""
        return self._learner.step % self._feed.steps

    @property
    def _unmeasured(self) -> bool:
        """Whether steps were taken since the last epoch that was measured."""
        return self._learner.step > len(self.history) * self._feed.steps

    # Steps ---------------------------------------------------------------------------------------

    def _take_steps(self, interruption: Interruption) -> None:
        """Take steps until the epoch ends, or someone asks for an end; at least one call's."""
        epoch = self._epoch
        end = epoch * self._feed.steps
        while True:
            before, started = self._learner.step, time.perf_counter()
            interruption.at_once = before == self._started_at  # the first call compiles, for long, and nothing can be lost
            if self._team.any(not self._learner.train(min(before + self._steps_a_call, end))):
                self._diverge(before)
            interruption.at_once = False
            fitting = next_steps(self._steps_a_call, self._learner.step - before, time.perf_counter() - started)
            self._steps_a_call = self._team.shared(fitting)
            self._progress.advance(epoch, self._learner.step - end + self._feed.steps, self._learner.trackers.loss)
            if before == self._started_at:
                self._begun()
            if self._learner.step == end or interruption.wish() is not None:
                return
            if self._due(_SAVE_WITHIN_EPOCH):
                self._save()

    def _diverge(self, healthy: int) -> None:
        """Say where the first number that is not finite came from, and keep the best model there was.

        Args:
            healthy: a step of this epoch before which everything was finite.

        Raises:
            UserError: always.
        """
        best, history, reached = self.best_epoch, list(self.history), self._learner.step
        self._save_best()
        self._replay(healthy, history)
        step = self._back_before_failure(reached)
        culprit, span = self._learner.first_not_finite()
        self.best_epoch, self.history[:] = best, history
        kept = "no model was kept: it is the first epoch" if best is None else f"the best model is that of epoch {best}"
        raise UserError(diverged(step + 1, step // self._feed.steps + 1, culprit, span, kept))

    def _replay(self, step: int, history: list[Row]) -> None:
        """Go back to the newest checkpoint, and take the steps up to one that was passed before, with the same bits."""
        checkpoint, _ = self._checkpoints.newest()
        self._restore(checkpoint)
        while self._learner.step < step:
            self._learner.train(min(self._learner.step + self._steps_a_call, step, self._epoch * self._feed.steps))
            self._progress.busy("looking for the cause", self._learner.step, step)
            if self._place == 0:
                self._update_rules(history[self._epoch - 2])

    def _back_before_failure(self, reached: int) -> int:
        """Take one step after another until one has a result that is not finite; how many there were before, to which all returns."""
        while True:
            state, step = copied(self._learner.variables()), self._learner.step
            if not self._learner.train(step + 1) or step + 1 >= reached:
                assign(self._learner.variables(), state)
                self._learner.step = step
                return step

    def _look_at_data(self) -> None:
        """Say so, once, if the data have changed."""
        if self._changed is not None and (said := self._changed()) is not None:
            self._progress.say(said)
            self._changed = None

    # Between epochs ------------------------------------------------------------------------------

    def _end_epoch(self, interruption: Interruption) -> None:
        self._add_row(self._figures(self._epoch - 1, interruption.pause))
        self._update_rules(self.history[-1])
        if self._due():
            self._save()

    def _end_epoch_early(self, interruption: Interruption) -> None:
        """Measure what was learnt of an epoch that was not finished, if it takes but seconds; a resumed run does not see this."""
        if self._unmeasured:
            with suppress(Stopped):
                self._add_row(self._figures(len(self.history) + 1, interruption.hurry))

    def _add_row(self, row: Row) -> None:
        self._run.add_row(self._team.shared(row))
        self._keep_best()
        self._progress.epoch(int(row["epoch"]), row, self.best_epoch == row["epoch"])

    def _update_rules(self, row: Row) -> None:
        for rule in self._rules:
            rule.update(row)

    def _figures(self, epoch: int, pause: Callable[[], None]) -> Row:
        """The figures of the steps since the last epoch ended, and of the validation examples.

        Raises:
            Stopped: `pause` did; it is as if nothing had been measured.
        """
        trackers = self._learner.trackers
        row: Row = {"epoch": epoch, **trackers.results()}
        if self._validation is not None:
            with self._learner.averaged(), kept(dict(enumerate(trackers.variables))):
                found = self._learner.measuring.figures(self._validation, self._progress, "validating", pause)
            row |= {f"val_{name}": value for name, value in found.items()}
        trackers.reset()
        rates = self._learner.learning_rates()
        return row | rates

    def _keep_best(self) -> None:
        newest = int(self.history[-1]["epoch"])
        self.best_epoch = newest if self._monitor is None else best_epoch(self.history, self._monitor, self._mode)
        if self.best_epoch == self.history[-1]["epoch"]:
            with self._learner.averaged():
                self._best = copied(self._learner.weights())

    # Saving --------------------------------------------------------------------------------------

    def _due(self, at_least: float = 0.0) -> bool:
        """Whether it is time to save: so seldom that it costs little, so often that a kill loses little."""
        return self._team.shared(time.monotonic() - self._saved_at >= max(at_least, self._saving_cost / _SAVING_SHARE))

    def _save(self) -> None:
        """Write a checkpoint, and the models."""
        started = time.monotonic()
        self._progress.busy("saving", 0, 1)
        self.save_checkpoint()
        self._save_models()
        self._saved_at = time.monotonic()
        self._saving_cost = self._saved_at - started

    def save_checkpoint(self) -> None:
        """Write everything that the next step depends on; a run begins with that.

        Raises:
            UserError: it cannot be written.
        """
        record = {"step": self._learner.step, "steps": self._feed.steps, "history": self.history, "best_epoch": self.best_epoch}
        best = {f"{BEST}{name}": value for name, value in self._best.items()}
        self._checkpoints.save(self._learner.step, record, copied(self._learner.variables()) | best)
        self._saved_step = self._learner.step

    def _save_models(self) -> None:
        """Write `last.keras`, and `best.keras` where there is a better one than before."""
        with self._learner.averaged():
            self._save_each("last")
        self._save_best()

    def _save_best(self) -> None:
        if self.best_epoch is not None and self.best_epoch != self._saved_best:
            with self.best_in_place():
                self._save_each("best")
            self._checkpoints.save_best(self.best_epoch, self._best)
            self._saved_best = self.best_epoch

    def _save_each(self, which: str) -> None:
        """Write the network as `best.keras`; where there are several, each with its name: `best-generator.keras`."""
        models = self._learner.models
        for name, model in models.items():
            self._run.put(f"{which}-{name}.keras" if len(models) > 1 else f"{which}.keras", partial(lower.write, model))

    @contextmanager
    def best_in_place(self) -> Iterator[None]:
        """The weights of the best epoch in the model, if there is one; those of the last come back."""
        weights = self._learner.weights()
        with kept(weights):
            if self._best:
                assign(weights, self._best)
            yield

    @property
    def step(self) -> int:
        """How many steps are taken."""
        return self._learner.step

    def resume(self, changed: bool = False) -> None:
        """Go back to the newest checkpoint.

        Args:
            changed: keep the learning rates as they are here, and begin an epoch anew that has another number of steps.

        Raises:
            UserError: there is none that is whole, or it is of another training.
        """
        expected = signature(copied(self._learner.variables()))
        checkpoint, warnings = self._checkpoints.newest(lambda found: _misfit(found, expected))
        for one in warnings:
            self._progress.say(one)
        if (lacking := self._lacking(checkpoint.record)) is not None:
            raise UserError(other_network(checkpoint.path, f"its record lacks {lacking}"))
        with kept(self._learner.set_rates() if changed else {}):
            self._restore(checkpoint)
        if changed and checkpoint.record["steps"] != self._feed.steps:
            self._learner.step = len(self.history) * self._feed.steps
            self._learner.trackers.reset()
        self._saved_step = self._learner.step

    def _lacking(self, record: Mapping[str, Any]) -> str | None:
        """What the record of a checkpoint does not say, if there is such: it may be a stranger's."""
        figures = ["epoch", *self._learner.trackers.results()]
        figures += [f"val_{name}" for name in figures[1:]] if self._validation is not None else []
        parts = [f"`{name}`" for name in ("step", "steps", "history", "best_epoch") if name not in record]
        return next(iter(parts + [f"`{name}` of an epoch" for row in record.get("history", ()) for name in figures if name not in row]), None)

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Make everything as it was when a checkpoint was written."""
        assign(self._learner.variables(), checkpoint.arrays)
        self._learner.step = checkpoint.record["step"]
        self.history[:] = checkpoint.record["history"]
        self.best_epoch = checkpoint.record["best_epoch"]
        self._best = checkpoint.best()
        for rule, state in zip(self._rules, self._rules_at_start, strict=True):
            rule.state = state
        for row in self.history:
            self._update_rules(row)


def _misfit(found: Signature, expected: Signature) -> str | None:
    """What is different in a checkpoint from what is expected; the best weights beside it are those of the layers."""
    best = {f"{BEST}{name}": one for name, one in expected.items() if name.startswith("layer/")}
    if any(name.startswith(BEST) for name in found):
        expected = expected | best
    return difference(found, expected)
