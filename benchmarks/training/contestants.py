"""Those who train a network, each in a process of its own: nndsl, `model.fit`, and a loop written by hand.

A contestant builds everything and says so; then it trains one epoch whenever it is told to, and says how long it took.
"""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from nndsl.monitor import History
from nndsl.progress import Progress

NETWORKS = Path(__file__).parent / "networks.nn"
_ENDLESS = 10_000
"""More epochs than are ever asked for."""


@dataclass(frozen=True)
class Contest:
    """What all contestants are given.

    Attributes:
        name: that of the training in `networks.nn`.
        examples: an NPZ file with `x`, and `y` if there are classes; whole batches of them.
        batch: how many examples a batch has.
        run: the folder of nndsl's run. The others begin with the weights of its first checkpoint.
    """

    name: str
    examples: Path
    batch: int
    run: Path

    def arrays(self) -> Sequence[np.ndarray[Any, Any]]:
        with np.load(self.examples) as file:
            return [file[name] for name in ("x", "y") if name in file.files]


@dataclass(frozen=True)
class Epoch:
    """What a contestant says of an epoch.

    Attributes:
        seconds: of this epoch.
        loss: the mean over the examples, or of several objectives that of the first.
        first_step: the seconds that passed from the start of building until the first step was taken.
    """

    seconds: float
    loss: float
    first_step: float


class Clock:
    """The time that a contestant takes, without that in which it waits to be told to go on."""

    def __init__(self, line: Connection):
        self._line, self._since, self._first_step = line, time.perf_counter(), 0.0

    def built(self) -> None:
        """Everything is ready for the first step."""
        built = time.perf_counter() - self._since
        self._line.send(None)
        self._line.recv()
        self._since = time.perf_counter()
        self._first_step = -built

    def stepped(self) -> None:
        """A step is taken."""
        if self._first_step <= 0:
            self._first_step = time.perf_counter() - self._since - self._first_step

    def ended(self, loss: float) -> None:
        """An epoch is over."""
        self._line.send(Epoch(time.perf_counter() - self._since, loss, self._first_step))
        self._line.recv()
        self._since = time.perf_counter()


# nndsl ---------------------------------------------------------------------------------------------


class _Follower(Progress):
    """Tells a clock how a run of nndsl goes."""

    def __init__(self, clock: Clock):
        self._clock = clock

    def begin(self, epochs: int, steps: int, first: int, batch: int = 0, history: History = ()) -> None:
        self._clock.built()

    def advance(self, epoch: int, done: int, loss: float) -> None:
        self._clock.stepped()

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        self._clock.ended(next(value for name, value in figures.items() if name != "epoch"))


def by_nndsl(contest: Contest, line: Connection) -> None:
    """All that `nndsl train` does, with its run folder."""
    file = contest.examples.with_name(NETWORKS.name)
    shutil.copy(NETWORKS, file)
    trained(file, contest.name, contest.run, line)


def trained(file: Path, name: str, run: Path, line: Connection) -> None:
    """Train what a file describes."""
    import keras  # noqa: F401  (its import is nobody's time)

    import nndsl
    from nndsl.backend.keras.train import train

    follower = _Follower(Clock(line))
    checked = nndsl.load(file).checked
    train(checked, checked.training(name), place=run, epochs=_ENDLESS, progress=follower)


# Keras ---------------------------------------------------------------------------------------------


def _begin_alike(models: Sequence[Any], run: Path) -> None:
    """Give models, in their order, the weights that a run of nndsl began with."""
    from nndsl.backend.keras.checkpoint import Checkpoints

    checkpoint, _ = Checkpoints(run / "checkpoints").newest()
    values = [value for name, value in checkpoint.arrays.items() if name.startswith("layer/") and value.dtype == np.float32]
    weights = [one for model in models for one in model.weights if one.dtype == "float32"]
    for variable, value in zip(weights, values, strict=True):
        variable.assign(value)


def by_fit(contest: Contest, line: Connection, jit_compile: bool | str = "auto") -> None:
    """`model.fit` on arrays."""
    import keras

    from benchmarks.training.by_hand import TASKS

    class Follower(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            clock.stepped()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            clock.ended(logs[task.figures[0].name])

    clock = Clock(line)
    task = TASKS[contest.name]()
    task.fitted.jit_compile = jit_compile
    clock.built()
    _begin_alike(task.models, contest.run)
    task.fitted.fit(*contest.arrays(), batch_size=contest.batch, epochs=_ENDLESS, verbose=0, callbacks=[Follower()])


def by_fit_without_xla(contest: Contest, line: Connection) -> None:
    """`model.fit` on arrays, `jit_compile=False`."""
    by_fit(contest, line, jit_compile=False)


def by_loop(contest: Contest, line: Connection) -> None:
    """An epoch as one graph: a loop over an order of the examples, that gathers whole batches."""
    import tensorflow as tf

    from benchmarks.training.by_hand import TASKS

    clock = Clock(line)
    task, arrays = TASKS[contest.name](), [tf.constant(one) for one in contest.arrays()]
    count = len(arrays[0])
    rows = tf.range(count, dtype=tf.int64)

    def steps(epoch: tf.Tensor, start: tf.Tensor, stop: tf.Tensor) -> None:
        seed = tf.stack([tf.constant(0, tf.int64), epoch, tf.constant(0, tf.int64)])
        order = tf.reshape(tf.raw_ops.RandomIndexShuffle(index=rows, seed=seed, max_index=count - 1, rounds=4), (-1, contest.batch))

        def body(place: tf.Tensor) -> tf.Tensor:
            task.step(*(tf.gather(one, order[place]) for one in arrays))
            return place + 1

        tf.while_loop(lambda place: place < stop, body, (start,))

    compiled = tf.function(steps, autograph=False, input_signature=[tf.TensorSpec([], tf.int64)] * 3)
    clock.built()
    _begin_alike(task.models, contest.run)
    for epoch in range(_ENDLESS):
        if epoch == 0:
            compiled(0, 0, 1)
            clock.stepped()
        compiled(epoch, int(epoch == 0), count // contest.batch)
        loss, *_ = [float(one.result()) for one in task.figures]
        for one in task.figures:
            one.reset_state()
        clock.ended(loss)


CONTESTANTS: dict[str, Callable[[Contest, Connection], None]] = {
    "nndsl": by_nndsl, "fit": by_fit, "fit, no XLA": by_fit_without_xla, "by hand": by_loop,
}
