"""What is different where several machines train one network: what they agree on, and that only one of them writes.

All run the same program, in the same order. What depends on time or chance they ask their `team()`. The chief's run folder is the only one.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.backend.keras import engine
from nndsl.backend.keras.checkpoint import Array, Checkpoint, Checkpoints, Misfit, parsed
from nndsl.backend.keras.identity import differences
from nndsl.diagnostics import Diagnostic, UserError
from nndsl.figures import Row
from nndsl.run import Run
from nndsl.team.joining import workers_differ
from nndsl.team.together import Team

if TYPE_CHECKING or not engine.IS_JAX:
    from nndsl.backend.keras.hosts_on_tensorflow import losses_told, of_all, team
else:
    from nndsl.backend.keras.hosts_on_jax import losses_told, of_all, team

__all__ = ["Elsewhere", "begun", "check_same", "checkpoints", "losses_told", "of_all", "opened", "team"]


def check_same(team: Team, record: Mapping[str, Any]) -> None:
    """Check that all workers are about to make the same run.

    Raises:
        UserError: one is not.
    """
    chiefs, *others = team.gathered(record)
    for number, theirs in enumerate(others, 1):
        for what, ours, differing in differences(chiefs, theirs):
            raise UserError(workers_differ(team.called(number), what, ours, differing))


# The run folder, which only the chief has ----------------------------------------------------------


class Elsewhere(Run):
    """The run of a worker that is not the chief: it has the figures and the settings, and writes nothing."""

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """The chief does."""

    def write_history(self) -> None:
        """The chief does."""

    def add_row(self, row: Row) -> None:
        self.history.append(row)

    def drop_evaluation(self) -> None:
        self.evaluation = None

    def locked(self) -> AbstractContextManager[None]:
        return nullcontext()

    def removed_if_it_fails(self) -> AbstractContextManager[None]:
        return nullcontext()

    def become_latest(self) -> None:
        """The chief does."""


def begun(team: Team, make: Callable[[], Path], record: dict[str, Any]) -> Run:
    """A new run, in the folder that the chief makes."""
    if team.chief:
        return Run(Path(team.run_in(str(make()))), record)
    return Elsewhere(Path(team.run_in("")), record)


def opened(team: Team, path: Path) -> Run:
    """The run that the chief finds in a folder; others need no such folder.

    Raises:
        UserError: there is none.
    """
    if not team.chief:
        return Elsewhere(Path(team.run_in("")), team.shared({}), team.shared([]))
    run = Run.open(path)
    team.run_in(str(run.folder))
    team.shared(run.settings)
    team.shared(run.history)
    return run


def checkpoints(folder: Path) -> Checkpoints:
    """Those of a run, for all who train it."""
    return Checkpoints(folder) if team().size == 1 else _Shared(folder)


class _Shared(Checkpoints):
    """Checkpoints that the chief writes and reads; the others get the bytes of what it reads."""

    def save(self, step: int, record: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
        if team().chief:
            super().save(step, record, arrays)

    def save_best(self, epoch: int, weights: Mapping[str, Array]) -> None:
        if team().chief:
            super().save_best(epoch, weights)

    def newest(self, misfit: Misfit = lambda found: None) -> tuple[Checkpoint, list[Diagnostic]]:
        if team().chief:
            found, warnings = super().newest(misfit)
            team().sent(found.path.read_bytes())
            return found, warnings
        content = team().sent(b"")
        return parsed(self.folder, BytesIO(content), len(content), misfit), []
