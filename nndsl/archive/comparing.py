"""What is different between runs: their settings, their files, their figures."""

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from math import inf, isfinite
from typing import Any

from nndsl.archive.entries import Entry
from nndsl.figures import Row
from nndsl.monitor import figures

_SHOWN_HASH = 12
_MOST_SETTINGS, _DEEPEST = 2000, 12
"""So much of the settings of a run is compared: a file that was forged may refer to itself."""
_SECTIONS = {"parameters": "param", "settings": "", "versions": "version", "hardware": "machine"}


def differences(found: Sequence[Entry]) -> dict[str, list[str]]:
    """By the names of settings that differ, what each run has."""
    flat = [dict(_decided(one)) for one in found]
    names = dict.fromkeys(name for one in flat for name in one)
    told = {name: [one.get(name, "") for one in flat] for name in names}
    return {name: values for name, values in told.items() if len(set(values)) > 1}


def _decided(one: Entry) -> Iterator[tuple[str, str]]:
    """Everything that decides the result of a run, by names."""
    if one.run is None:
        return
    settings = one.run.settings
    spec = settings["spec"]
    yield "training", str(settings["training"])
    yield "file (SHA-256)", " ".join(_short(digest) for digest in spec.values())
    yield "data (SHA-256)", _short(settings["data"].get("sha256"))
    left = [_MOST_SETTINGS]
    for section, called in _SECTIONS.items():
        yield from _flat(settings[section], (called,), left)


def _flat(value: Any, place: tuple[str, ...], left: list[int]) -> Iterator[tuple[str, str]]:
    left[0] -= 1
    if left[0] < 0 or len(place) > _DEEPEST:
        return
    parts: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        parts = [(str(name), one) for name, one in value.items()]
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        parts = [(str(number) if len(value) > 1 else "", one) for number, one in enumerate(value, 1)]
    if not parts:
        yield " ".join(filter(None, place)), "none" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    for name, one in parts:
        yield from _flat(one, (*place, name), left)


def _short(digest: Any) -> str:
    return str(digest or "")[:_SHOWN_HASH]


def histories(found: Sequence[Entry]) -> dict[str, list[tuple[Entry, list[Row]]]]:
    """By figure, the runs that have it, with the epochs in which it is a number."""
    rows = {one: one.run.history for one in found if one.run is not None}
    names = dict.fromkeys(name for history in rows.values() for row in history for name in figures(row))
    having = {
        name: [(one, [row for row in history if isfinite(row.get(name, inf))]) for one, history in rows.items()]
        for name in names
    }
    return {name: [(one, points) for one, points in pairs if points] for name, pairs in having.items()}


def changed_lines(one: Entry, other: Entry) -> list[str]:
    """What was changed from the file of one run to that of another, as a unified diff; empty if nothing was, or one is gone."""
    try:
        then, now = ((entry.folder / "spec.nn").read_text(encoding="utf-8").splitlines() for entry in (one, other))
    except (OSError, ValueError):
        return []
    return list(unified_diff(then, now, one.name, other.name, lineterm="", n=1))
