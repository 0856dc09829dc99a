"""How to do a run again: commands, settings, versions and hashes."""

import shlex
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from nndsl.launching import arguments
from nndsl.page import table
from nndsl.records import as_yaml
from nndsl.run import Run


def reproduce_html(run: Run) -> Iterator[str]:
    """The section, part by part."""
    settings = run.settings
    if settings.get("changes"):
        yield ("<p>This run went on although its file, its data or its settings had changed, so that training once does not give it again. "
               "What was changed, and at which step:</p>")
        yield f"<pre>{escape(as_yaml(settings['changes']))}</pre>"
    yield f"<pre>{escape(chr(10).join(commands(run)))}</pre>"
    yield ("<p class=\"muted\">On the same machine, with these versions, the same seed and the same data, the first command gives the same bits. "
           "Another processor, another version or another number of threads changes last digits.</p>")
    yield table(["what", "", "SHA-256"], list(_hashes(settings)))
    yield "<h3>Settings</h3>"
    shown = {"parameters": settings["parameters"], **settings["settings"], "compilation": settings.get("compilation")}
    yield f"<pre>{escape(as_yaml({name: _brief(value) for name, value in shown.items() if value not in (None, {}, [])}))}</pre>"
    yield "<h3>Versions and machine</h3>"
    rows = [[name, _text(value)] for section in ("versions", "hardware") for name, value in settings[section].items()]
    yield table(["", ""], rows)


def commands(run: Run) -> Iterator[str]:
    """What to type to train it again, and to ask it."""
    settings, asked = run.settings, run.settings["asked"]
    told = arguments(settings["source"], settings["training"], list(asked.get("overrides", {}).items()), asked.get("data"))
    numbers = [f"--{name}={settings['settings'][name]}" for name in ("epochs", "seed") if name in settings["settings"]]
    yield f"nndsl train {shlex.join([*told, *numbers])}"
    folder = shlex.quote(str(run.folder))
    yield f"nndsl evaluate {folder}"
    yield f"nndsl report {folder}"


def _hashes(settings: Mapping[str, Any]) -> Iterator[list[str]]:
    for place, digest in settings["spec"].items():
        yield ["file", str(place), str(digest)]
    data = settings["data"]
    examples = ", ".join(f"{name} {count:,}" for name, count in data.get("examples", {}).items())
    yield ["data", f"{data.get('name', '')}: {examples} examples", str(data.get("sha256", ""))]
    for place, digest in (settings.get("weights") or {}).items():
        yield ["weights", str(place), str(digest)]


def _brief(value: Any) -> Any:
    """Settings without those that are not set."""
    if isinstance(value, dict):
        return {name: _brief(one) for name, one in value.items() if one is not None and one is not False}
    return [_brief(one) for one in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
