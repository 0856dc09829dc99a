"""What of that which decides the result of a run has changed since it was started."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nndsl.diagnostics import Diagnostic, warning

_HASH_SHOWN = 12


class Change(NamedTuple):
    """Something that was otherwise when a run was started."""

    what: str
    then: object
    now: object


@warning("NN721")
def other_surroundings(what: str, then: object, now: object) -> Diagnostic:
    """A run goes on under other versions, or on another machine, than it was started: its last digits may differ."""
    return Diagnostic(None, f"this run was started with {what} {then}, and goes on with {now}: its last digits may differ")


@warning("NN762")
def goes_on_changed(change: Change) -> Diagnostic:
    """A run goes on with another file, other data or other settings than it was started with, since that was asked for.

    Its result is that of neither, and cannot be had again by training once. `run.yaml` keeps what was changed, and when.
    """
    return Diagnostic(None, f"this run was started with another {change.what}: {change.then} then, and {change.now} from now on")


def surroundings_changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """What is to be said of another machine and of other versions; on another backend, of what both have."""
    same_backend = _backend(then) == _backend(now)
    for section in ("versions", "hardware"):
        for name, value in now[section].items():
            before = then[section].get(name)
            if before != value and (same_backend or name in then[section]):
                yield other_surroundings(name, before, value)


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """What differs between two records of a run in its file, its data and its settings; but for the number of epochs."""
    yield from _changed("training", then["training"], now["training"])
    yield from _changed("backend of Keras", _backend(then), _backend(now))
    for name, value in now["parameters"].items():
        yield from _changed(f"value of `{name}`", then["parameters"].get(name), value)
    for name, value in now["settings"].items():
        if name != "epochs":
            place, before, after = _first_difference(name, then["settings"].get(name), value)
            yield from _changed(f"`{place}`", before, after)
    for place, digest in now["spec"].items():
        yield from _changed(f"text of {place} (SHA-256)", _shown(then["spec"].get(place)), _shown(digest))
    for place, digest in now["weights"].items():
        yield from _changed(f"content of {place} (SHA-256)", _shown(then.get("weights", {}).get(place)), _shown(digest))
    yield from _changed("data (SHA-256)", _shown(then["data"]["sha256"]), _shown(now["data"]["sha256"]))


def differences(chiefs: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Change]:
    """What differs between the records of two machines that are to make one run: wherever their files lie, in whichever folders."""
    yield from changes(*({**one, "spec": {Path(place).name: digest for place, digest in one["spec"].items()}} for one in (chiefs, theirs)))
    yield from _changed("number of epochs", chiefs["settings"]["epochs"], theirs["settings"]["epochs"])
    for name, version in theirs["versions"].items():
        yield from _changed(f"version of {name}", chiefs["versions"].get(name), version)


def _backend(record: Mapping[str, Any]) -> str:
    """What Keras computed with; earlier runs do not say so, since it was always the same."""
    found: str = record.get("backend", "tensorflow")
    return found


def _changed(what: str, then: object, now: object) -> Iterator[Change]:
    if then != now:
        yield Change(what, then, now)


def _shown(digest: str | None) -> str:
    return (digest or "none")[:_HASH_SHOWN]


def _first_difference(place: str, then: Any, now: Any) -> tuple[str, Any, Any]:
    """Where two settings first differ (`optimizer.Adam.learning_rate`), and what they are there."""
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        pairs = [(place, one, other) for one, other in zip(then, now, strict=True)]
    elif isinstance(then, dict) and isinstance(now, dict) and then.keys() == now.keys():
        pairs = [(f"{place}.{name}", one, now[name]) for name, one in then.items()]
    else:
        return place, then, now
    return next((_first_difference(*pair) for pair in pairs if pair[1] != pair[2]), (place, then, now))
