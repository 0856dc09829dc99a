"""Several machines that train one network, on JAX: the engine is `keras.distribution.DataParallel` over the processes of `jax.distributed`."""

import atexit
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import jax
from jax.experimental import multihost_utils

from nndsl.backend.keras.unable import computed_already
from nndsl.diagnostics import UserError, render
from nndsl.team.cluster import host_and_port
from nndsl.team.relay import Relay
from nndsl.team.together import ALONE, Team

_NEVER = 7 * 24 * 3600
"""Seconds after which JAX would end the process of a worker that it has not heard of: the team notices that sooner, and ends in order."""
_COMING = 600
"""Seconds in which all workers, who have come to the team, come to JAX, too."""
_STUCK = 5.0
"""Seconds in which a computation with one who is gone is to fail; then it is left where it is."""
_OF_XLA = re.compile("[A-Z_]+: ")
"""How what XLA says of a failure begins: with its kind. Some failures are a `ValueError` to JAX."""
_team = ALONE


def team() -> Team:
    """Those who share what is computed here."""
    return _team


@contextmanager
def computing_with(team: Team) -> Iterator[None]:
    """Within, what is computed is shared by a team."""
    global _team
    before, _team = _team, team
    try:
        yield
    finally:
        _team = before


def prepare(names: Sequence[str]) -> None:
    """Use no other devices of this machine: they are left out of what several share."""


def connect(team: Team) -> None:
    """Let JAX know of all workers; afterwards it knows the devices of all of them.

    Raises:
        UserError: it has computed already.
    """
    if jax.distributed.is_initialized():
        return
    host, port = host_and_port(team.address(0))
    relay = None if team.chief else Relay(host, port)
    end = _End(team)
    try:
        jax.distributed.initialize(
            team.address(0) if relay is None else relay.address, team.size, team.number,
            initialization_timeout=_COMING, heartbeat_timeout_seconds=_NEVER, cluster_detection_method="deactivate",
        )
    except RuntimeError as failure:
        if isinstance(failure, jax.errors.JaxRuntimeError):
            raise
        raise UserError(computed_already("JAX")) from None
    team.on_loss(end.come)
    team.on_leaving(end.leave)
    with _silent():
        multihost_utils.sync_global_devices("all have come")


@contextmanager
def _silent() -> Iterator[None]:
    """Within, native code that says that it has connected says so to nobody."""
    sys.stdout.flush()
    with tempfile.TemporaryFile() as nowhere:
        streams = {number: os.dup(number) for number in (1, 2)}
        try:
            for number in streams:
                os.dup2(nowhere.fileno(), number)
            yield
        finally:
            for number, stream in streams.items():
                os.dup2(stream, number)
                os.close(stream)


class _End:
    """The end of a training in which somebody is gone, or has left: JAX would wait for them."""

    def __init__(self, team: Team):
        self._team, self._left = team, threading.Event()

    def leave(self, failure: BaseException) -> None:
        """Leave before the end, with all that is left to be said, and without JAX's farewell."""
        self._left.set()
        code = 130 if isinstance(failure, KeyboardInterrupt) else 1 if isinstance(failure, UserError | OSError | MemoryError) else 3
        atexit.register(_exit, code)

    def come(self) -> None:
        """Somebody is gone: end what waits for them, if it does not end by itself."""
        if self._left.wait(_STUCK):
            return
        loss = self._team.loss()
        for one in () if loss is None else loss.diagnostics:
            print(render(one), end="\n\n", file=sys.stderr)
        _exit(1)


def _exit(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@contextmanager
def losses_told(team: Team) -> Iterator[None]:
    """Tell of a worker that is gone as of other things that stand in the way.

    Raises:
        UserError: one is gone.
    """
    try:
        yield
    except (jax.errors.JaxRuntimeError, ValueError) as failure:
        lost = team.loss() if team.size > 1 and _OF_XLA.match(str(failure)) else None
        if lost is None:
            raise
        raise lost from None
