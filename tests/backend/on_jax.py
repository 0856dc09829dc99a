"""Trainings on JAX, in a process of their own: `python -m tests.backend.on_jax FOLDER TASK...` prints what came of them, as JSON."""

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from nndsl.backend.keras.checkpoint import Checkpoints
from nndsl.backend.keras.engine import Loop
from nndsl.data import larger
from nndsl.diagnostics import UserError
from nndsl.run import Run
from tests.backend.test_remat import DEEP
from tests.backend.test_resume import Interrupting
from tests.backend.test_stream import LITTLE
from tests.backend.trainings import COUNT, blob_arrays, blobs, parts, trained

LABELS = {"label": blob_arrays()["label"], "part": parts()}
CHANCE = blobs("AdamW(learning_rate=plateau(0.05, patience=1, warmup=2 steps), use_ema=true, ema_momentum=0.8)", 2)
"""With dropout, a rate that is lowered between epochs, and averages of weights."""


def gone_on(folder: Path) -> list[dict[str, float]]:
    """The figures of the run in a folder, whose weights are those before the first step, of another backend."""
    text = (folder / "net.nn").read_text(encoding="utf-8")
    run = trained(folder, text, dict(_arrays(folder)), resume=folder / "run", despite_changes=True)
    assert run.evaluation is not None
    return [dict(row) for row in run.history] + [dict(run.evaluation.figures)]


def _arrays(folder: Path) -> Any:
    return np.load(folder / "data.npz")


def resumed(folder: Path) -> dict[str, Any]:
    """Whether a run that was interrupted in the middle of an epoch is as one that was not: when it is left, and when it has gone on."""
    whole = _state(trained(folder / "whole", CHANCE))
    run = trained(folder / "left", CHANCE, progress=Interrupting("advance", 3, signal.SIGTERM))
    left, status = _state(run), run.status
    again = _state(trained(folder / "left", CHANCE, resume=run.folder))
    return {"status": status, "left": left == whole, "resumed": again == whole}


def at_once(folder: Path) -> bool:
    """Whether many steps in one call, as on a GPU, come to what single ones do."""
    single = trained(folder / "single", CHANCE)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Loop, "_one_by_one", vars(Loop)["_at_once"])
        together = trained(folder / "together", CHANCE)
    return [dict(row) for row in together.history] == [pytest.approx(row, rel=1e-4) for row in single.history]


def shared(folder: Path) -> dict[str, Any]:
    """What two devices come to, and one; with chance; whether a run goes on to the same bits; and what is refused."""
    one, two = (trained(folder / str(count), CHANCE, devices=count) for count in (1, 2))
    figures, whole = [[dict(row) for row in run.history] for run in (one, two)], _state(two)
    left = trained(folder / "left", CHANCE, devices=2, progress=Interrupting("advance", 3, signal.SIGTERM))
    more = trained(folder / "left", CHANCE, devices=2, resume=left.folder)
    fewer = trained(folder / "2", CHANCE, devices=1, epochs=3, resume=two.folder)
    return {
        "figures": figures, "names": two.settings["hardware"]["devices"], "resumed": _state(more) == whole,
        "fewer": fewer.status, "uneven": _refusal(lambda: trained(folder / "odd", CHANCE.replace("batch     = 16", "batch     = 15"), devices=2)),
    }


def _state(run: Run) -> tuple[bytes, list[bytes]]:
    checkpoint, _ = Checkpoints(run.folder / "checkpoints").newest()
    return (run.folder / "metrics.csv").read_bytes(), [one.tobytes() for one in checkpoint.arrays.values()]


def refused(folder: Path) -> dict[str, Any]:
    """What is said of what cannot be done, and the runs that were made all the same."""
    text = (folder / "net.nn").read_text(encoding="utf-8")
    wishes: dict[str, Callable[[], object]] = {
        "backend": lambda: trained(folder, text, dict(_arrays(folder)), resume=folder / "left"),
        "remat": lambda: trained(folder / "again", DEEP.replace("SETTING", "remat = [Part]"), {"x": np.zeros((COUNT, 64), "float32"), **LABELS}),
        "stream": lambda: trained(folder / "stream", blobs(), memory=LITTLE),
    }
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(larger, "LEAST", 0)
        said = {name: _refusal(wish) for name, wish in wishes.items()}
    return {**said, "runs": [str(one) for name in ("again", "stream") for one in (folder / name / "runs").glob("task/*")]}


def _refusal(wish: Callable[[], object]) -> str:
    try:
        wish()
    except UserError as refusal:
        return str(refusal)
    return "nothing"


TASKS: dict[str, Callable[[Path], object]] = {"gone_on": gone_on, "resumed": resumed, "at_once": at_once, "shared": shared, "refused": refused}


def main() -> None:
    assert keras.config.backend() == "jax"
    folder, *tasks = sys.argv[1:]
    found = {}
    for task in tasks:
        name, _, inside = task.partition(":")
        place = Path(folder) / inside
        place.mkdir(exist_ok=True)
        found[task] = TASKS[name](place)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
