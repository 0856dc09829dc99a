"""Real `.nn` files, and what becomes of them under small accidents: for tests that no text is too broken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from nndsl.source import Source
from nndsl.syntax.reading import read_source

ROOT = Path(__file__).parents[1]
EXPENSIVE = {"NN211_expands_too_far.nn"}
"""Cases that take seconds by intention: they go to the end of a budget."""

_FENCE = re.compile(r"^```nn\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_UNITS = {
    "token": re.compile(r"[ \t]+|\w+|->|//|\*\*|[<>=!]=|[^\w \t]"),
    "line": re.compile(r"[^\n]*\n|[^\n]+"),
    "character": re.compile(r"(?s:.)"),
}
_ACTIONS = ("delete", "duplicate", "swap", "insert", "truncate")
_INSERTED = (
    *"()[]{}=:,.*+-/%<>\"'#;|&!\\\n\t\r\x00\ufeff\u2028\u00a0é日→×",
    *("->", "==", "**", "//", "0", "-1", "0.5", "1e999", "1_000", "99999999999999999999", "5%", "3 epochs", "500 steps"),
    *("network", "block", "data", "train", "input", "output", "layer", "param", "check", "when", "minimize", "over", "with", "times"),
    *("for", "in", "if", "else", "and", "or", "not", "true", "false", "none", "from", "import", "as", "def", "return", "True"),
    *("relu", "Dense", "Dense(2)", "-> Flatten", "* 3", "same", "L", "L // 2", "x", "float[4]", "int[T] < 9", "range(3)", "axis=1", "\n}\n"),
)


@dataclass(frozen=True, slots=True)
class Edit:
    """One accident: what happens to which of a text's tokens, lines or characters."""

    unit: str
    action: str
    place: int
    count: int
    inserted: str


def fences(page: Path) -> list[str]:
    """The samples of the language in a page."""
    return _FENCE.findall(page.read_text(encoding="utf-8"))


@cache
def specimens() -> tuple[Source, ...]:
    """Every `.nn` file of the repository, and every sample of the page of the language."""
    return tuple(_specimens())


def _specimens() -> Iterator[Source]:
    for folder in ("examples", "specs", "tests/diagnostics", "tests/syntax"):
        for path in sorted((ROOT / folder).rglob("*.nn")):
            if path.name not in EXPENSIVE:
                yield read_source(path, name=path.relative_to(ROOT).as_posix())
    page = ROOT / "docs" / "language.md"
    for number, text in enumerate(fences(page)):
        yield Source(f"language_{number}.nn", text, page.parent / f"language_{number}.nn")


def edited(text: str, edit: Edit) -> str:
    """The text after an accident."""
    parts = _UNITS[edit.unit].findall(text)
    place = edit.place % (len(parts) + 1)
    chosen = parts[place : place + edit.count]
    match edit.action:
        case "delete":
            parts[place : place + edit.count] = []
        case "duplicate":
            parts[place:place] = chosen
        case "swap":
            parts[place : place + edit.count] = reversed(chosen)
        case "insert":
            parts.insert(place, edit.inserted)
        case "truncate":
            del parts[place:]
    return "".join(parts)


edits = st.builds(
    Edit,
    st.sampled_from(sorted(_UNITS)),
    st.sampled_from(_ACTIONS),
    st.integers(0, 10_000),
    st.integers(1, 3),
    st.sampled_from(_INSERTED),
)


@st.composite
def mutants(draw: st.DrawFn) -> Source:
    """A real file after one to four accidents; imports and data are looked for where the file lies."""
    source = draw(st.sampled_from(specimens()))
    text = source.text
    for edit in draw(st.lists(edits, min_size=1, max_size=4)):
        text = edited(text, edit)
    return Source(source.name, text, source.path)
