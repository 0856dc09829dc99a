"""SARIF 2.1.0, the OASIS standard for what static analysis finds (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).

Files are told by addresses relative to the current folder, which is named `SRCROOT`. Columns count UTF-16 code units, and
`columnKind` says so: readers that do not look at it count that way, too.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nndsl import __version__
from nndsl.console import as_json_text
from nndsl.diagnostics import Diagnostic, Entry
from nndsl.formats import Found, file_of, once, remarks
from nndsl.index import complete_index
from nndsl.repairs import Edit
from nndsl.source import Source, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "SRCROOT"


def written(found: Sequence[Found]) -> str:
    found = once(found)
    codes = sorted({one.code for _, one in found})
    index = complete_index() if codes else {}
    run = {
        "tool": {"driver": {"name": "nndsl", "semanticVersion": __version__, "rules": [_rule(index[code]) for code in codes]}},
        "originalUriBaseIds": {ROOT: {"uri": Path.cwd().as_uri().rstrip("/") + "/"}},
        "columnKind": "utf16CodeUnits",
        "results": [_result(path, one, codes.index(one.code)) for path, one in found],
    }
    return as_json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _rule(entry: Entry) -> Mapping[str, Any]:
    """A code. Its texts are no templates for messages, so that their braces stand for themselves."""
    first = entry.explanation.partition("\n\n")[0].replace("\n", " ")
    return {
        "id": entry.code,
        "name": "".join(word.capitalize() for word in entry.name.split("_")),
        "shortDescription": {"text": first},
        "help": {"text": entry.explanation, "markdown": entry.explanation},
        "defaultConfiguration": {"level": entry.severity},
    }


def _result(checked: Path, diagnostic: Diagnostic, rule: int) -> Mapping[str, Any]:
    placed = [note for note in diagnostic.notes if note.span is not None]
    related = [
        {"id": number, **_location(checked, note.span), **({"message": _message(note.message)} if note.message else {})}
        for number, note in enumerate(placed)
    ]
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": _message("\n".join([diagnostic.message, *remarks(diagnostic)])),
        "locations": [_location(checked, diagnostic.span)],
        **({"relatedLocations": related} if related else {}),
        **({"fixes": [_fix(checked, diagnostic.edit, diagnostic.repair)]} if diagnostic.edit is not None else {}),
    }


def _fix(checked: Path, edit: Edit, repair: str | None) -> Mapping[str, Any]:
    """A change of the text that mends a mistake for certain."""
    replacement = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
    change = {"artifactLocation": _artifact(file_of(checked, edit.span)), "replacements": [replacement]}
    return {"artifactChanges": [change], **({} if repair is None else {"description": _message(repair)})}


def _message(text: str) -> Mapping[str, str]:
    """A message; its braces are doubled, since single ones would stand for arguments (3.11.5)."""
    return {"text": text.replace("{", "{{").replace("}", "}}")}


def _location(checked: Path, span: Span | None) -> Mapping[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(file_of(checked, span)), "region": _region(span)}}


def _artifact(file: Path) -> Mapping[str, str]:
    if file.is_absolute():
        return {"uri": file.as_uri()}
    return {"uri": quote(os.fsencode(file.as_posix())), "uriBaseId": ROOT}


def _region(span: Span | None) -> Mapping[str, int]:
    """The range of a span; its end is behind the last character. What has no place stands at the top: GitHub wants a line."""
    if span is None:
        return {"startLine": 1}
    source, last = span.source, max(span.start, span.end)
    return {
        "startLine": span.line, "startColumn": _utf16_column(source, span.start),
        "endLine": source.line_of(last), "endColumn": _utf16_column(source, last),
    }


def _utf16_column(source: Source, offset: int) -> int:
    before = source.text[source.line_start(source.line_of(offset)) : offset]
    return 1 + len(before.encode("utf-16-le", "surrogatepass")) // 2
