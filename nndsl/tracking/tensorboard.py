"""Event files for TensorBoard, in the folder of a run: `tensorboard --logdir runs`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.extras import need
from nndsl.progress import Progress

if TYPE_CHECKING:
    from nndsl.run import Run

FOLDER = "tensorboard"
"""In the folder of a run; below it, `train` and `validation`, whose curves of the same name TensorBoard lays over each other."""


class TensorBoard(Progress):
    """Writes the figures of each epoch, and those on the test examples at the last."""

    def __init__(self) -> None:
        """
        Raises:
            UserError: TensorBoard is not installed.
        """
        need("--tensorboard", "tensorboard", "tensorboard")
        self._folder: Path | None = None
        self._writers: dict[str, Any] = {}
        self._last = 0

    def opened(self, run: "Run") -> None:
        self._folder = run.folder / FOLDER

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        self._last = epoch
        for name, value in figures.items():
            if name != "epoch":
                self._write("validation" if name.startswith("val_") else "train", name.removeprefix("val_"), value, epoch)
        for one in self._writers.values():
            one.flush()

    def closed(self, run: "Run") -> None:
        if run.evaluation is not None:
            for name, value in run.evaluation.figures.items():
                self._write(run.evaluation.split, name, value, run.evaluation.epoch or self._last)
        for one in self._writers.values():
            one.close()

    def _write(self, kind: str, name: str, value: float, epoch: int) -> None:
        from tensorboard.summary import Writer

        assert self._folder is not None
        if kind not in self._writers:
            self._writers[kind] = Writer(str(self._folder / kind))
        self._writers[kind].add_scalar(name, value, epoch)
