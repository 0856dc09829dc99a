"""Kills trainings, resumes them, and compares what they leave with what those leave that nobody interrupted."""

import hashlib
import multiprocessing
import signal
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from tests.kills import trainer
from tests.kills.configurations import CONFIGURATIONS
from tests.kills.trainer import Counts, Plan

_LONGEST = 300.0
"""Seconds after which a training that neither ends nor dies is taken for hung."""
_LARGEST = 60_000
"""Bytes of the largest file that these trainings write, about."""


class Broken(AssertionError):
    """A training did not end as it should."""


@dataclass
class Killer:
    """Trains in processes forked from one that has loaded TensorFlow already."""

    folder: Path
    seed: int = 0
    whole: dict[str, tuple[Counts, dict[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.kills.trainer"])
        self._chance = Random(self.seed)

    def reference(self, name: str) -> tuple[Counts, dict[str, str]]:
        """What a training that nobody interrupts counts and leaves."""
        if name not in self.whole:
            folder = self.prepared(name, "whole")
            counts = self.train(folder, None)
            if not isinstance(counts, Counts):
                raise Broken(f"{name}: it ended otherwise: {counts}")
            self.whole[name] = counts, left_in(folder)
        return self.whole[name]

    def prepared(self, name: str, what: str) -> Path:
        """A new folder with the file and the data of a configuration."""
        folder = self.folder / f"{name.replace(' ', '_')}_{what}"
        folder.mkdir()
        np.savez(folder / "data.npz", **CONFIGURATIONS[name].arrays)
        (folder / "net.nn").write_text(CONFIGURATIONS[name].text, encoding="utf-8")
        return folder

    def train(self, folder: Path, plan: Plan | None) -> Any:
        """Train, from where it is; what the process said in the end, or None if it was killed as planned."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=trainer.run, args=(theirs, folder, plan, self._chance.randrange(2**32)))
        process.start()
        theirs.close()
        process.join(_LONGEST)
        if process.is_alive():
            process.kill()
            raise Broken(f"it did not end: {folder}, {plan}")
        if process.exitcode in (-signal.SIGKILL, -signal.SIGALRM, -signal.SIGXFSZ) and plan is not None:
            return None
        if process.exitcode:
            raise Broken(f"it failed with exit code {process.exitcode}: {folder}, {plan}")
        return ours.recv()

    def killed(self, name: str, what: str, *plans: Plan) -> int:
        """Kill a training by one plan after the other, let it end, and compare.

        Returns:
            How many of the plans killed it; others came too late.

        Raises:
            Broken: something is different.
        """
        _, expected = self.reference(name)
        folder, kills = self.prepared(name, what), 0
        for plan in (*plans, None):
            said = self.train(folder, plan)
            kills += said is None
            if isinstance(said, str) and said.startswith(("NN713", "NN715")):  # killed before there was anything to resume
                (folder / "runs" / "task" / "latest").unlink()
                said = self.train(folder, None)
            if isinstance(said, str):
                raise Broken(f"{name}, {plans}: {said}")
            if isinstance(said, Counts):
                break
        found = left_in(folder)
        if found != expected:
            different = sorted(one for one in found.keys() | expected.keys() if found.get(one) != expected.get(one))
            raise Broken(f"{name}, killed by {plans}: {', '.join(different)} differ in {folder}")
        return kills

    def plan(self, name: str) -> Plan:
        """A moment at random: mostly a step or a place in a file."""
        counts, _ = self.reference(name)
        match self._chance.choice(("told", "told", "file", "byte", "time")):
            case "told":
                return Plan("told", self._chance.randint(1, counts.told))
            case "file":
                return Plan("file", self._chance.randint(1, counts.file))
            case "byte":
                return Plan("byte", self._chance.randint(0, _LARGEST))
        return Plan("time", self._chance.randint(1, 400))


def left_in(folder: Path) -> dict[str, str]:
    """What the newest run in a folder holds at its end, each part by its hash. What tells the time is left out, and older checkpoints."""
    run = max(path for path in (folder / "runs" / "task").iterdir() if path.name.isdecimal())
    found = {}
    newest = max((run / "checkpoints").glob("step-*"))
    for path in sorted(run.rglob("*")):
        name = str(path.relative_to(run))
        if path.is_dir() or path.name in ("run.yaml", "report.html", ".lock") or (path.name.startswith("step-") and path != newest):
            continue
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                found[name] = _hash(archive.read("model.weights.h5"))  # what else is in it holds dates, and addresses in memory
        else:
            found[name] = _hash(path.read_bytes())
    return found


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

