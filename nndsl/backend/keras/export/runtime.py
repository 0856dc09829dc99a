"""What loads a file: asked with arrays by name, it gives arrays by name."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

from nndsl.diagnostics import Diagnostic, UserError, error

Array: TypeAlias = np.ndarray[Any, Any]
Runtime: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]
LARGEST = 2**31 - 2**20
"""Bytes that one file of Protocol Buffers or FlatBuffers can have, but for what is not weights."""


@error("NN810")
def cannot_hold(format: str, why: str, repair: str | None = None) -> Diagnostic:
    """A format has no way to say what a network does, or a runtime does not take what was said.

    Nothing is written then. A SavedModel and a `.keras` file hold every network.

        nndsl export runs/scan/latest -o scan.tflite        # of a network with `cumsum`, say

    Mended:

        nndsl export runs/scan/latest -o scan --format savedmodel
    """
    return Diagnostic(None, f"{format} cannot hold this network: {why}", repair=repair or "export it as savedmodel or keras, which hold all networks")


def check_size(format: str, size: int) -> None:
    """Check that weights of so many bytes fit into one file.

    Raises:
        UserError: they do not.
    """
    if size > LARGEST:
        raise UserError(cannot_hold(format, f"its weights are {size / 1e9:.1f} GB, and a file can have 2 GB"))


@contextmanager
def silent() -> Iterator[list[str]]:
    """Keep to itself what native code writes to standard error; in the end, its lines are in the list."""
    lines: list[str] = []
    with tempfile.TemporaryFile() as caught:
        stderr = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            caught.seek(0)
            lines += caught.read().decode(errors="replace").splitlines()
