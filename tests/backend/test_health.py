"""What is seen of gradients and units before each epoch: the numbers, and what is said of bad ones; and that looking changes nothing."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nndsl.backend.keras import replicas
from nndsl.backend.keras.checkpoint import Checkpoints, read
from nndsl.diagnostics import Diagnostic, UserError
from nndsl.progress import Progress
from nndsl.run import Run
from tests.backend.trainings import COUNT, blobs, trained

SICK = """
network Net {
  input x: float[4]
  deep = x -> Dense(8, activation=sigmoid) * 9
  dead = x -> Dense(8, activation=relu, bias_initializer=Constant(-1000))
  output label = concat(deep, dead) -> Dense(3, activation=softmax)
}
"""


class Listening(Progress):
    def __init__(self) -> None:
        self.told: list[Diagnostic] = []

    def say(self, message: str | Diagnostic) -> None:
        if isinstance(message, Diagnostic):
            self.told.append(message)


def seen(run: Run) -> list[dict[str, Any]]:
    return list(csv.DictReader((run.folder / "health.csv").read_text().splitlines()))


def state(run: Run) -> dict[str, Any]:
    return dict(Checkpoints(run.folder / "checkpoints").newest()[0].arrays)


def test_looking_changes_no_bit_and_a_run_that_goes_on_tells_of_each_epoch_once(tmp_path: Path) -> None:
    plain, watched = (trained(tmp_path, blobs(epochs=2), health=health) for health in (False, True))
    assert plain.history == watched.history
    assert all(np.array_equal(one, state(watched)[name]) for name, one in state(plain).items())
    with (watched.folder / "health.csv").open("a") as file:
        file.write("what,somebody\nhas,added,1,2,3,4,5,6,7,8,9\n")
    more = trained(tmp_path, blobs(epochs=2), epochs=3, resume=watched.folder, health=True)
    assert [(row["epoch"], row["layer"]) for row in seen(more) if row["gradient"]] == [(epoch, one) for epoch in "123" for one in ("dense", "dense_1")]
    assert [(row["layer"], row["units"]) for row in seen(more) if row["units"]] == [("dense", "8")] * 3


def test_a_gradient_is_what_plain_descent_takes_off_the_weights(tmp_path: Path) -> None:
    text = blobs("SGD(learning_rate=1.0)", epochs=1).replace("-> Dropout(0.2) ", "").replace("batch     = 16", f"batch = {COUNT}")
    run = trained(tmp_path, text, health=True)
    checkpoints = sorted((run.folder / "checkpoints").glob("step-*"))
    before, after = (read(one).arrays for one in (checkpoints[0], checkpoints[-1]))
    for row in seen(run)[:2]:
        names = [name for name in before if name.startswith("layer/") and f"/{row['layer']}/" in name]
        taken = np.concatenate([(before[name] - after[name]).reshape(-1) for name in names])
        assert float(row["gradient"]) == pytest.approx(np.sqrt(np.mean(taken**2)), rel=1e-4)


def test_vanishing_gradients_and_dead_units_are_told_once_by_layer_and_line(tmp_path: Path) -> None:
    text = blobs().replace(blobs()[: blobs().index("data Blobs")], SICK)
    listening = Listening()
    trained(tmp_path, text, progress=listening, health=True)
    told = [(one.code, one.span.line if one.span else 0, one.message) for one in listening.told]
    assert [(code, line) for code, line, _ in told if code == "NN845"] == [("NN845", 5)]
    assert "8 of the 8 units of `dense_9` are 0 for all 16 examples of a batch" in told[-1][2] + told[0][2] + told[1][2]
    vanished = [message for code, line, message in told if code == "NN843" and line == 4]
    assert vanished and all("`dense_9`" not in message for message in vanished) and vanished[0].startswith("the gradients of `dense` vanish: ")


def test_exploding_gradients_are_told(tmp_path: Path) -> None:
    listening = Listening()
    steep = blobs("Adam(1e-3)").replace("Dense(8, activation=relu)", "Rescaling(10_000) -> Dense(8, activation=relu)")
    trained(tmp_path, steep, progress=listening, health=True)
    assert "NN844" in {one.code for one in listening.told}


def test_health_is_not_looked_at_where_devices_share_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "devices", lambda wanted, team: ["one", "another"])
    with pytest.raises(UserError) as caught:
        trained(tmp_path, blobs(), devices=2, health=True)
    assert caught.value.diagnostics[0].code == "NN846"
