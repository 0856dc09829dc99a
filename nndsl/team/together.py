"""Those who train together, and what they agree on."""

import json
import socket
import threading
from collections.abc import Callable
from typing import TypeVar

from nndsl.diagnostics import Diagnostic, InternalError, Note, UserError, error
from nndsl.team.cluster import Cluster
from nndsl.team.line import LEFT, SILENCE, VALUE, Line

_GRACE = 1.0
"""Seconds between the news that a worker is gone and the end of what waits for it: those who left alike leave by themselves."""
_NEWS = SILENCE + 5
"""How long, after a connection of TensorFlow's broke, it takes at most to hear who is gone."""
_Value = TypeVar("_Value")


@error("NN776")
def worker_lost(which: str, how: str, run: str | None) -> Diagnostic:
    """A machine that was training with others is gone: it was killed, crashed, or cannot be reached any more. The others stop.

    What was saved is whole, and the run goes on from its last checkpoint, with as many machines or others; also with one.
    """
    return Diagnostic(None, f"{which} {how}, so that the others stop", *_to_go_on(run))


@error("NN777")
def worker_stopped(which: str, why: str, run: str | None) -> Diagnostic:
    """A machine that was training with others has stopped, and told them why: the same goes for all of them."""
    return Diagnostic(None, f"{which} has stopped: {why}", *_to_go_on(run))


def _to_go_on(run: str | None) -> tuple[tuple[Note, ...], str]:
    if run is None:
        return (Note("the training had not begun"),), "start it again on all machines"
    return (Note(f"what was saved is in {run}"),), f"go on with --resume {run}, on as many machines or others"


class Team:
    """Those who train one network together; here, one who is alone.

    All of them do the same, in the same order, and whatever depends on time or chance they ask for here.

    Attributes:
        number: which of them this one is.
        size: how many they are.
    """

    number, size = 0, 1

    @property
    def chief(self) -> bool:
        """Whether this one decides, and writes."""
        return self.number == 0

    def called(self, number: int) -> str:
        """What messages call a worker."""
        return f"worker {number}"

    def gathered(self, value: _Value) -> list[_Value]:
        """What each of them has, as JSON gives it."""
        return [value]

    def shared(self, value: _Value) -> _Value:
        """What the chief has, as JSON gives it."""
        return value

    def sent(self, content: bytes) -> bytes:
        """The bytes that the chief has."""
        return content

    def any(self, value: _Value) -> _Value:
        """What the first of them has that has something, else what this one has."""
        return next((one for one in self.gathered(value) if one), value)

    def run_in(self, folder: str) -> str:
        """The folder of the run, which the chief knows, and which is told to whoever must go on with it."""
        return folder

    def loss(self) -> UserError | None:
        """Who is gone, if a connection just broke because somebody is."""
        return None

    def on_loss(self, told: Callable[[], None]) -> None:
        """What ends the waiting for one who is gone, in whichever way it waits."""

    def on_leaving(self, told: Callable[[BaseException], None]) -> None:
        """Who is told when this one leaves before the end, and why."""

    def address(self, number: int) -> str:
        """Where a worker is reached, `host:port`."""
        raise InternalError("who is alone reaches nobody")


ALONE = Team()


class Connected(Team):
    """One of several.

    Attributes:
        lines: the connections, by the number of who is at the other end: at the chief to all others, at these to the chief.
    """

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.number, self.size = cluster.index, len(cluster.workers)
        self.lines: dict[int, Line] = {}
        self._over = threading.Event()
        self._broken = threading.Event()
        self._told: Callable[[], None] = lambda: None
        self._leaving: Callable[[BaseException], None] = lambda failure: None
        self._run: str | None = None

    def called(self, number: int) -> str:
        return self.cluster.called(number)

    def gathered(self, value: _Value) -> list[_Value]:
        if not self.chief:
            self._send(json.dumps(value).encode())
            found: list[_Value] = json.loads(self._next(0))
            return found
        all_of_them = [json.loads(json.dumps(value)), *(json.loads(self._next(number)) for number in sorted(self.lines))]
        self._send(json.dumps(all_of_them).encode())
        return all_of_them

    def shared(self, value: _Value) -> _Value:
        found: _Value = json.loads(self.sent(json.dumps(value).encode() if self.chief else b""))
        return found

    def sent(self, content: bytes) -> bytes:
        if not self.chief:
            return self._next(0)
        self._send(content)
        return content

    def _send(self, content: bytes) -> None:
        for line in self.lines.values():
            line.send(VALUE, content)

    def _next(self, number: int) -> bytes:
        content = self.lines[number].next()
        if content is None:
            raise self._loss_of(number)
        return content

    def _loss_of(self, number: int) -> UserError:
        """What is told of a line that has ended: who is gone, as far as the other end knew."""
        left = self.lines[number].left
        which = self.called(left.get("worker", number))
        if "why" in left:
            return UserError(worker_stopped(which, left["why"], self._run))
        return UserError(worker_lost(which, left["how"], self._run))

    def run_in(self, folder: str) -> str:
        self._run = self.shared(folder)
        return self._run

    def loss(self) -> UserError | None:
        self._broken.wait(_NEWS)
        ended = next((number for number, line in self.lines.items() if line.left), None)
        return None if ended is None else self._loss_of(ended)

    def on_loss(self, told: Callable[[], None]) -> None:
        self._told = told
        if self._broken.is_set():
            told()

    def on_leaving(self, told: Callable[[BaseException], None]) -> None:
        self._leaving = told

    def address(self, number: int) -> str:
        return self.cluster.workers[number]

    def meet(self, number: int, connection: socket.socket) -> None:
        """Keep a connection with another one, who has said who it is."""
        self.lines[number] = Line(connection, self._lost)

    def _lost(self) -> None:
        self._broken.set()
        if not self._over.wait(_GRACE):
            self._told()

    def part(self) -> None:
        """Leave when all are done."""
        self.gathered(None)
        self._close()

    def leave(self, failure: BaseException) -> None:
        """Leave before the end, and tell the others why."""
        lost = next((line.left | {"worker": line.left.get("worker", number)} for number, line in self.lines.items() if line.left), None)
        left = lost or {"worker": self.number, "why": _in_words(failure)}
        for line in self.lines.values():
            line.send(LEFT, json.dumps(left).encode())
        self._close()
        self._leaving(failure)

    def _close(self) -> None:
        self._over.set()
        for line in self.lines.values():
            line.close()


def _in_words(failure: BaseException) -> str:
    if isinstance(failure, UserError):
        first = failure.diagnostics[0]
        return f"{first.code}: {first.message}"
    return "it was interrupted" if isinstance(failure, KeyboardInterrupt | SystemExit) else f"nndsl has a bug: {failure!r}"
