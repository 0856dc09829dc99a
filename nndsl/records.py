"""The records in the folder of a run, which may be a stranger's: read as data, and of the form that they have of every run.

The only module that reads and writes YAML.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from nndsl.catalogue.component import Component
from nndsl.program import EarlyStopping

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Eight times as fast where LibYAML is there, as in all wheels."""
_MOST_YAML, _DEEPEST = 16 * 2**20, 200
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


def read_yaml(path: Path) -> Any:
    """What a record of YAML says, as plain values; nothing that it says is run.

    Raises:
        ValueError: it is none, larger than any record, or nested more deeply.
    """
    text = read_text(path, _MOST_YAML)
    try:
        if _nested_at_most(text) > _DEEPEST and any(depth > _DEEPEST for depth in _depths(text)):
            raise ValueError("it is nested too deeply")
        return yaml.load(text, _LOADER)
    except yaml.YAMLError as failure:
        raise ValueError(str(failure)) from failure


def _nested_at_most(text: str) -> int:
    """An upper bound, found fast, of how deeply a text is nested: LibYAML would overflow the stack, and end the process."""
    return max(map(len, re.findall(r"^[ \t?-]*", text, re.MULTILINE))) + text.count("[") + text.count("{")


def _depths(text: str) -> Iterator[int]:
    depth = 0
    for event in yaml.parse(text, _LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        yield depth


def read_json(path: Path) -> Any:
    """What a record of JSON says.

    Raises:
        ValueError: it is none, or larger than any record.
    """
    return json.loads(read_text(path))


def read_text(path: Path, most: int = LARGEST_RECORD) -> str:
    """The text of a record.

    Raises:
        ValueError: it is no text, or larger than any record.
    """
    if path.stat().st_size > most:
        raise ValueError(f"it is larger than {most:,} bytes")
    return path.read_text(encoding="utf-8")


def plain(value: Any) -> Any:
    """A value as YAML and JSON hold it: components with all their arguments, sizes as text."""
    if isinstance(value, Component):
        return {type(value).called(): {name: plain(one) for name, one in value.__dict__.items()}}
    if isinstance(value, EarlyStopping):
        return {name: plain(getattr(value, name)) for name in value.__match_args__}
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return str(value)


def as_yaml(value: Any) -> str:
    """Plain values as YAML, in their order."""
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120))
