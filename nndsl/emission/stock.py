"""Functions that emitted programs hold as they stand in `pieces/`."""

import ast
import re
from functools import cache
from pathlib import Path

from nndsl.frozen import Frozen

_FOLDER = Path(__file__).parent / "pieces"
FILES = ("masking", "reading", "splitting", "encoding", "learning")


class Piece(Frozen):
    """A function or class: its text, and the names of other pieces that it needs."""

    name: str
    file: str
    text: str


@cache
def pieces() -> dict[str, Piece]:
    """All that there are by name, in the order in which programs have them."""
    found: dict[str, Piece] = {}
    for file in FILES:
        text = (_FOLDER / f"{file}.py").read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1
                found[node.name] = Piece(node.name, file, "\n".join(text.splitlines()[first : node.end_lineno]))
    return found


def needed(code: str) -> list[Piece]:
    """The pieces that some code uses, and those that these use, in their order."""
    known, wanted, waiting = pieces(), set[str](), [without_texts(code)]
    while waiting:
        text = waiting.pop()
        for name, piece in known.items():
            if name not in wanted and re.search(_use_of(name), text):
                wanted.add(name)
                waiting.append(without_texts(piece.text))
    return [piece for name, piece in known.items() if name in wanted]


def _use_of(name: str) -> str:
    """A pattern for the use of a function: its call or, of a loss, its name."""
    return rf"(?<![\w.]){name}" + (r"\b" if name.endswith("_loss") else r"\(")


def without_texts(code: str) -> str:
    """Code without comments and what stands in quotes, but for what formatted texts compute."""
    plain = re.sub(r'"""(?:.|\n)*?"""', "", code)
    return re.sub(r"#.*", "", re.sub(r'f?"(?:[^"\\\n]|\\.)*"', lambda found: " ".join(re.findall(r"\{[^}]*\}", found[0])), plain))
