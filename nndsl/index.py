"""The complete index of diagnostics, read from the text of every module: importing them all would import Keras."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from nndsl.diagnostics import Entry, InternalError


@cache
def complete_index() -> Mapping[str, Entry]:
    """Every code with its explanation.

    Raises:
        InternalError: two functions report under one code.
    """
    index: dict[str, Entry] = {}
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        for entry in _entries(path.read_text(encoding="utf-8")):
            if entry.code in index:
                raise InternalError(f"{entry.code} stands for two diagnostics: {index[entry.code].name} and {entry.name}")
            index[entry.code] = entry
    return index


def _entries(text: str) -> Iterator[Entry]:
    """The functions of a module that stand under `@error("NN...")` or `@warning("NN...")`."""
    if '("NN' not in text:
        return
    for function in ast.parse(text).body:
        if not isinstance(function, ast.FunctionDef):
            continue
        for decorator in function.decorator_list:
            match decorator:
                case ast.Call(func=ast.Name(id="error" | "warning" as severity), args=[ast.Constant(value=str(code))]):
                    yield Entry(code, severity, function.name, ast.get_docstring(function) or "")
