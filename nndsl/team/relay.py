"""A way to a port of another machine that goes silent, and does not end, when that machine is gone."""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

_PATIENCE = 10.0
"""Seconds that a connection may take."""
_AT_ONCE = 2**16


class Relay:
    """Hands on what is said between a program of this machine and a port of another one.

    The service of JAX lets a process abort, without a word to it, as soon as the connection with it breaks. Here, who
    is gone is noticed by the team, which ends in order; until then nobody is to hear of it.

    Attributes:
        address: where the program reaches the other machine, `host:port`.
    """

    def __init__(self, host: str, port: int):
        self._there = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._silent: list[socket.socket] = []
        _start(self._accept)

    def _accept(self) -> None:
        while True:
            here, _ = self._listener.accept()
            _start(self._connect, here)

    def _connect(self, here: socket.socket) -> None:
        """Connect; what cannot be reached yet is tried again by the program, if its connection ends."""
        try:
            there = socket.create_connection(self._there, _PATIENCE)
        except OSError:
            here.close()
            return
        there.settimeout(None)
        _start(self._outwards, here, there)
        _hand_on(there, here)
        self._silent.append(here)

    def _outwards(self, here: socket.socket, there: socket.socket) -> None:
        _hand_on(here, there)
        for one in (here, there):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    """Hand on all that comes, until the end."""
    with suppress(OSError):
        while part := source.recv(_AT_ONCE):
            target.sendall(part)


def _start(work: Callable[..., None], *arguments: socket.socket) -> None:
    Thread(target=work, args=arguments, daemon=True).start()
