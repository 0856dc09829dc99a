"""How much memory data may take, and where those are kept that take more."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nndsl.data.identity import Told, unheard

KEPT = ".data"
"""Where encoded data are kept, among the runs."""
SHARE = 0.5
"""Unless it is said how much, data may take this share of the memory that is free when they are loaded."""
LEAST = 512 * 2**20
"""What reading and encoding in pieces takes for itself, whatever the data: pieces of the source, blocks, and batches on their way."""
BYTES_OF_A_ROW = 40
"""What it takes besides to say of each row where it belongs."""
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True)
class Room:
    """Where data are put when they are loaded.

    Attributes:
        memory: how many bytes they may take; None: half of what is free.
        folder: where those are kept, encoded, that take more; None: they are refused.
        tell: who is told how far reading and encoding are.
        say: who is told where data are kept.
    """

    memory: int | None = None
    folder: Path | None = None
    tell: Told = unheard
    say: Callable[[str], None] = lambda text: None

    def most(self) -> int:
        """How many bytes data may take in memory."""
        return self.memory if self.memory is not None else int(free_memory() * SHARE)

    def for_all(self) -> int:
        """How many bytes all raw values and examples may take, so that there is room for making the ones of the others."""
        return max(self.most() - LEAST, self.most() // 2)


def free_memory() -> int:
    """How much memory there is for this process, about, in bytes: what the machine has free, or what a container may take."""
    import psutil

    free = [psutil.virtual_memory().available]
    for limit in _LIMITS:
        try:
            free.append(int(limit.read_text(encoding="ascii")))
        except (OSError, ValueError):  # none, or "max"
            continue
    return min(free)


def bytes_of_text(text: str) -> int:
    """A size as people write it (`2GB`, `500 MB`, `1.5 GiB`) in bytes.

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) *([kMGT])(i?)B", text.strip())
    if found is None:
        raise ValueError(f"`{text}` is no size; write one such as 2GB or 500MB")
    number, prefix, binary = found.groups()
    return int(float(number) * (1024 if binary else 1000) ** ("kMGT".index(prefix) + 1))


def bytes_text(count: float) -> str:
    """Bytes as people say them: `3.2 GB`."""
    for unit in ("bytes", "kB", "MB"):
        if count < 999.5:
            return f"{count:.0f} {unit}" if count >= 9.95 or unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
