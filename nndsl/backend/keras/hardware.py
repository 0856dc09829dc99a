"""The machine, as far as it decides the last bits of a result."""

import os
import platform
from contextlib import suppress
from typing import Any

from nndsl.backend.keras import engine


def hardware() -> dict[str, Any]:
    """What `run.yaml` says of the machine."""
    return {
        "machine": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        **engine.own_hardware(),
    }


def _processor() -> str:
    """The model: others have other instructions, which round differently."""
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as told:
        for line in told:
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor()
