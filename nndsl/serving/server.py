"""The process that serves: its port, its signals, its end."""

import errno
import ipaddress
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nndsl.diagnostics import Diagnostic, UserError, error

if TYPE_CHECKING:
    from fastapi import FastAPI

_WAITING = 128
"""Connections that may wait while the network is loaded."""


@error("NN860")
def port_in_use(host: str, port: int) -> Diagnostic:
    """Another program listens at the port that a network is to be served at."""
    return Diagnostic(None, f"another program listens at {host}:{port}", repair="choose another one: --port 0 takes one that is free")


@error("NN861")
def cannot_listen(host: str, port: int, reason: str) -> Diagnostic:
    """A network cannot be served at an address: this machine does not have it, or its port is not for everyone."""
    return Diagnostic(None, f"cannot listen at {host}:{port}: {reason}", repair="choose an address of this machine, and a port of 1024 or more")


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; whoever comes before anyone answers waits.

    Raises:
        UserError: the port is in use, or may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_WAITING)
        # It has to know that it is TCP: asyncio sends short answers at once (TCP_NODELAY) only over such sockets.
        return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, listener.detach())
    except OSError as failure:
        if failure.errno == errno.EADDRINUSE:
            raise UserError(port_in_use(host, port)) from None
        reason = os.strerror(failure.errno) if failure.errno is not None and failure.errno > 0 else failure.strerror or str(failure)
        raise UserError(cannot_listen(host, port, reason[:1].lower() + reason[1:])) from None


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address(listener: socket.socket) -> str:
    """The URL of a socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(made: "FastAPI", listener: socket.socket) -> None:
    """Answer until SIGINT or SIGTERM; requests that are under way get a second more."""
    import uvicorn

    settings = uvicorn.Config(  # its own configuration of `logging` would close the streams of others
        made, log_config=None, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1, server_header=False, ws="none",
    )
    with _noted():
        uvicorn.Server(settings).run(sockets=[listener])


@contextmanager
def _noted() -> Iterator[None]:
    """uvicorn ends in good order at a signal and then sends it again, for those who had been asked before: nobody is."""
    before = {one: signal.signal(one, lambda number, frame: None) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, former in before.items():
            signal.signal(one, former)
