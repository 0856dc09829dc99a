"""The command `nndsl`, and `python -m nndsl`: a process of its own for one command."""

import gc
import signal
import sys
from types import FrameType
from typing import NoReturn

from nndsl import collector

_ENDS = [one for one in signal.Signals if one.name in ("SIGTERM", "SIGHUP")]
"""What ends a process: somebody asks for it, or its terminal is closed."""


def start() -> int:
    """Run the command that this process was started for.

    It ends the process, so what is left in memory then is not looked through for garbage once more.
    """
    _unwind_at_the_end()
    with collector.paused():
        from nndsl.cli import main
    try:
        return main()
    finally:
        gc.freeze()


def _unwind_at_the_end() -> None:
    """Let what ends this process unwind it as Ctrl-C does, so that nothing half-written is left; a second time it ends at once.

    The exit code is what a shell reports for the signal. What is ignored, as under `nohup`, stays so.
    """
    for one in _ENDS:
        if signal.getsignal(one) is signal.SIG_DFL:
            signal.signal(one, _unwind)


def _unwind(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(start())
