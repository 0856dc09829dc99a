"""The records in the folder of a run, which may be a stranger's: read as data, and of the form that they have of every run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECTIONS: dict[str, type] = {
    "training": str, "status": str, "settings": dict, "parameters": dict, "data": dict, "source": str, "spec": dict,
    "versions": dict, "hardware": dict, "asked": dict,
}
"""What every `run.yaml` holds."""
_INNER: dict[str, dict[str, Any]] = {
    "settings": {"epochs": int, "seed": int}, "data": {"name": str, "sha256": str}, "asked": {"overrides": dict, "data": str | None},
}
"""What some of these hold in turn."""
LARGEST_RECORD = 256 * 2**20
"""Bytes that one of the files of JSON or YAML may have."""


def is_of_a_run(settings: Any) -> bool:
    """Whether what a `run.yaml` says has the form that it has of every run: it may be a stranger's."""
    if not _holds(settings, SECTIONS) or not all(_holds(settings[name], kinds) for name, kinds in _INNER.items()):
        return False
    spec = settings["spec"]
    return settings["source"] in spec and all(isinstance(one, str) for pair in spec.items() for one in pair)


def _holds(value: Any, kinds: Mapping[str, Any]) -> bool:
    return isinstance(value, dict) and all(name in value and isinstance(value[name], kind) for name, kind in kinds.items())


def read_json(path: Path) -> Any:
    """What a record of JSON says.

    Raises:
        ValueError: it is none, or larger than any record.
    """
    return json.loads(read_text(path))


def read_text(path: Path) -> str:
    """The text of a record.

    Raises:
        ValueError: it is no text, or larger than any record.
    """
    if path.stat().st_size > LARGEST_RECORD:
        raise ValueError(f"{path.name} has more than {LARGEST_RECORD // 2**20} MiB")
    return path.read_text(encoding="utf-8")
