"""The loop: steps, measurements and decisions, epoch after epoch, with everything kept that a later step depends on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGINT

from nndsl.backend.keras import lower
from nndsl.backend.keras.checkpoint import Checkpoint, Checkpoints, Signature, difference, signature
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.interruption import Interruption
from nndsl.backend.keras.learner import Learner, State, assign, values_of
from nndsl.backend.keras.optimize import plateau
from nndsl.diagnostics import Diagnostic, Note, UserError, error
from nndsl.monitor import Mode, best_epoch, should_stop
from nndsl.program import EarlyStopping
from nndsl.progress import Progress
from nndsl.run import Row, Run, add_metrics, write_metrics
from nndsl.source import Span

_CALL_SECONDS = 0.2
"""How long one call of the compiled loop takes: short enough for Ctrl-C and a smooth bar, long enough to cost nothing."""
_SAVING_SHARE = 0.05
"""At most this share of the time goes into saving; what a kill loses is computed again on resuming, to the same bits."""
_SAVE_WITHIN_EPOCH = 60.0
"""Seconds after which a long epoch is saved before it ends."""


@error("NN717")
def diverged(step: int, epoch: int, culprit: str, span: Span | None, kept: str) -> Diagnostic:
    """The loss became infinite, or not a number, and training stopped at that step.

    Usual reasons: a learning rate that is too high, a logarithm or division of zero, or values in the data that are not
    finite. The models that were saved before are untouched.

        optimizer = SGD(10)

    Mended:

        optimizer = SGD(0.1, clipnorm=1)
    """
    message = f"the loss is not a finite number at step {step}, in epoch {epoch}: {culprit}"
    return Diagnostic(span, message, (Note(kept),), "lower the learning rate, or set clipnorm=1 in the optimizer")


class Loop:
    """One training in one process.

    Attributes:
        history: the figures of each epoch.
        best_epoch: the epoch whose weights are the best so far.
    """

    def __init__(
        self, learner: Learner, feed: Feed, validation: Feed | None, *,
        run: Run, epochs: int, stopping: EarlyStopping | None, monitor: str, mode: Mode, progress: Progress,
    ):
        self._learner, self._feed, self._validation = learner, feed, validation
        self._run, self._epochs, self._stopping = run, epochs, stopping
        self._monitor, self._mode, self._progress = monitor, mode, progress
        self._checkpoints = Checkpoints(run.folder / "checkpoints")
        self._rules = [rule for one in learner.optimizers if (rule := plateau(one)) is not None]
        self._rules_at_start = [rule.state for rule in self._rules]
        self.history: list[Row] = run.history
        self._best: State = {}
        self.best_epoch: int | None = None
        self._saved_best: int | None = None
        self._steps_a_call = 1
        self._saved_at, self._saving_cost = time.monotonic(), 0.0
        self._saved_step = -1

    # From start to end ---------------------------------------------------------------------------

    def run(self) -> str:
        """Take all steps that are left, and save.

        Returns:
            How it ended: `finished`, `stopped early`, `interrupted` (by Ctrl-C) or `terminated` (by SIGTERM).

        Raises:
            UserError: the loss was not finite, or a file could not be written.
        """
        if self._saved_step < 0:
            self._save_checkpoint()
        write_metrics(self._run.folder / "metrics.csv", self.history)
        self._progress.begin(self._epochs, self._feed.steps, self._epoch)
        with Interruption() as interruption:
            status = self._epochs_until(interruption)
        if self._saved_step != self._learner.step:
            self._save_checkpoint()
        if status == "interrupted":
            self._end_epoch_early()
        self._save_models()
        return status

    def _epochs_until(self, interruption: Interruption) -> str:
        while self._learner.step < self._epochs * self._feed.steps:
            if should_stop(self.history, self._stopping):
                return "stopped early"
            self._take_steps(interruption)
            if self._place == 0:
                self._end_epoch()
            if interruption.asked and self._learner.step < self._epochs * self._feed.steps:
                return "interrupted" if interruption.asked == SIGINT else "terminated"
        return "finished"

    @property
    def _epoch(self) -> int:
        """The epoch (from 1) that the next step belongs to."""
        return self._learner.step // self._feed.steps + 1

    @property
    def _place(self) -> int:
        """How many steps of its epoch are taken."""
        return self._learner.step % self._feed.steps

    # Steps ---------------------------------------------------------------------------------------

    def _take_steps(self, interruption: Interruption) -> None:
        """Take steps until the epoch ends, or someone asks for an end."""
        epoch = self._epoch
        end = epoch * self._feed.steps
        while self._learner.step < end and not interruption.asked:
            before, started = self._learner.step, time.perf_counter()
            if not self._learner.train(min(before + self._steps_a_call, end)):
                self._diverge()
            self._steps_a_call = next_steps(self._steps_a_call, self._learner.step - before, time.perf_counter() - started)
            self._progress.advance(epoch, self._learner.step - end + self._feed.steps, self._learner.trackers.loss)
            if self._learner.step < end and self._due(_SAVE_WITHIN_EPOCH):
                self._save()

    def _diverge(self) -> None:
        """Say where the first number that is not finite came from.

        Raises:
            UserError: always.
        """
        step = self._learner.step
        checkpoint, _ = self._checkpoints.newest()
        self._restore(checkpoint)
        while self._learner.step < step - 1:
            self._learner.train(min(step - 1, self._epoch * self._feed.steps))
        culprit, span = self._learner.first_not_finite()
        kept = "nothing was saved yet: it is the first epoch" if self.best_epoch is None else f"the best model is that of epoch {self.best_epoch}"
        raise UserError(diverged(step, self._epoch, culprit, span, kept))

    # Between epochs ------------------------------------------------------------------------------

    def _end_epoch(self) -> None:
        row = self._figures(self._epoch - 1)
        self.history.append(row)
        add_metrics(self._run.folder / "metrics.csv", row)
        self._keep_best()
        for rule in self._rules:
            rule.update(row)
        self._progress.epoch(int(row["epoch"]), row, self.best_epoch == row["epoch"])
        if self._due():
            self._save()

    def _end_epoch_early(self) -> None:
        """Measure what was learnt of an epoch that was not finished; a resumed run does not see this."""
        if self._place:
            row = self._figures(self._epoch)
            self.history.append(row)
            add_metrics(self._run.folder / "metrics.csv", row)
            self._keep_best()
            self._progress.epoch(int(row["epoch"]), row, self.best_epoch == row["epoch"])

    def _figures(self, epoch: int) -> Row:
        """The figures of the steps since the last epoch ended, and of the validation examples."""
        trackers = self._learner.trackers
        row: Row = {"epoch": epoch, **trackers.results()}
        trackers.reset()
        if self._validation is not None:
            with self._learner.averaged():
                found = measured(self._learner, self._validation, self._progress, "validating")
            row |= {f"val_{name}": value for name, value in found.items()}
        rates = self._learner.learning_rates()
        names = ["learning_rate"] if len(rates) == 1 else [f"learning_rate_{number}" for number in range(1, len(rates) + 1)]
        return row | dict(zip(names, rates, strict=True))

    def _keep_best(self) -> None:
        self.best_epoch = best_epoch(self.history, self._monitor, self._mode)
        if self.best_epoch == self.history[-1]["epoch"]:
            with self._learner.averaged():
                self._best = values_of(self._learner.weights())

    # Saving --------------------------------------------------------------------------------------

    def _due(self, at_least: float = 0.0) -> bool:
        """Whether it is time to save: so seldom that it costs little, so often that a kill loses little."""
        return time.monotonic() - self._saved_at >= max(at_least, self._saving_cost / _SAVING_SHARE)

    def _save(self) -> None:
        """Write a checkpoint, and the models."""
        started = time.monotonic()
        self._progress.busy("saving", 0, 1)
        self._save_checkpoint()
        self._save_models()
        self._saved_at = time.monotonic()
        self._saving_cost = self._saved_at - started

    def _save_checkpoint(self) -> None:
        record = {"step": self._learner.step, "history": self.history, "best_epoch": self.best_epoch}
        best = {f"best/{name}": value for name, value in self._best.items()}
        self._checkpoints.save(self._learner.step, record, self._learner.state() | best)
        self._saved_step = self._learner.step

    def _save_models(self) -> None:
        """Write `last.keras`, and `best.keras` where there is a better one than before."""
        with self._learner.averaged():
            lower.save(self._learner.model, self._run.folder / "last.keras")
        if self.best_epoch is not None and self.best_epoch != self._saved_best:
            with self.best_in_place():
                lower.save(self._learner.model, self._run.folder / "best.keras")
            self._saved_best = self.best_epoch

    @contextmanager
    def best_in_place(self) -> Iterator[None]:
        """The weights of the best epoch in the model; those of the last come back."""
        if not self._best:
            yield
            return
        weights = self._learner.weights()
        last = values_of(weights)
        assign(weights, self._best)
        yield
        assign(weights, last)

    def resume(self) -> None:
        """Go back to the newest checkpoint.

        Raises:
            UserError: there is none that is whole, or it is of another training.
        """
        expected = signature(self._learner.state())
        checkpoint, warnings = self._checkpoints.newest(lambda found: _misfit(found, expected))
        for one in warnings:
            self._progress.say(one)
        self._restore(checkpoint)
        self._saved_step = self._learner.step

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Make everything as it was when a checkpoint was written."""
        self._learner.restore(checkpoint.arrays)
        self._learner.step = checkpoint.record["step"]
        self.history[:] = checkpoint.record["history"]
        self.best_epoch = checkpoint.record["best_epoch"]
        self._best = {name.removeprefix("best/"): one for name, one in checkpoint.arrays.items() if name.startswith("best/")}
        for rule, state in zip(self._rules, self._rules_at_start, strict=True):
            rule.state = state
            for row in self.history:
                rule.update(row)


def measured(learner: Learner, feed: Feed, progress: Progress, what: str) -> dict[str, float]:
    """The figures of a split, by name; the trackers are empty afterwards."""
    done, steps = 0, 1
    learner.trackers.reset()
    while done < feed.steps:
        started = time.perf_counter()
        stop = min(done + steps, feed.steps)
        learner.measure(feed, done, stop)
        steps = next_steps(steps, stop - done, time.perf_counter() - started)
        done = stop
        progress.busy(what, done, feed.steps)
    results = learner.trackers.results()
    learner.trackers.reset()
    return results


def next_steps(limit: int, taken: int, seconds: float) -> int:
    """How many steps the next call takes, after one of `taken` steps, of at most `limit`, took so long.

    It grows step by step, since the first call compiles, which tells nothing.
    """
    fitting = max(1, int(_CALL_SECONDS * taken / max(seconds, 1e-9)))
    if fitting >= limit:
        return min(fitting, 4 * limit + 8)
    return fitting if taken > 1 else limit


def _misfit(found: Signature, expected: Signature) -> str | None:
    """What is different in a checkpoint from what is expected; the best weights beside it are those of the layers."""
    best = {f"best/{name}": one for name, one in expected.items() if name.startswith("layer/")}
    if any(name.startswith("best/") for name in found):
        expected = expected | best
    return difference(found, expected)
