"""The garbage collector, kept from walking over what is only growing, or about to end with its process."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Without collections, while nothing is made that could be garbage."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            _call_everything_old()
            gc.enable()


def _call_everything_old() -> None:
    """Move all that was made meanwhile to the oldest generation, or the collector would walk over it as soon as it is back."""
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()
