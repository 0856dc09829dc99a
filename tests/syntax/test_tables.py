"""The parse tables: made once, kept in the user's cache, and made anew when they would be wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from nndsl.syntax import grammar

PARSE = """
import sys
from nndsl.diagnostics import Report
from nndsl.source import Source
from nndsl.syntax.parser import parse
report = Report()
assert len(parse(Source("a.nn", "h = x -> Dense(64)"), report).statements) == 1 and not report.errors
print("lark" in sys.modules)
"""


def lark_is_imported(cache: Path | str) -> bool:
    """Whether a fresh process needs Lark to parse, with its cache in a folder."""
    done = subprocess.run([sys.executable, "-c", PARSE], env={"XDG_CACHE_HOME": str(cache), "HOME": "/nonexistent"},
                          cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the tables in a new cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = grammar.cache_file()
    assert file is not None and tmp_path in file.parents
    return file


def test_a_second_process_parses_without_lark(kept: Path) -> None:
    assert lark_is_imported(kept.parents[1])
    assert kept.exists()
    assert not lark_is_imported(kept.parents[1])


@pytest.mark.parametrize("damage", [
    lambda content: b"", lambda content: content[:1000], lambda content: content.replace(b"1", b"2", 5), lambda content: b"\x00" + content,
    lambda content: b"00000000\n[]",
])
def test_damaged_tables_are_made_anew(kept: Path, damage: object) -> None:
    grammar.tables.__wrapped__()
    broken = damage(kept.read_bytes())  # type: ignore[operator]
    kept.write_bytes(broken)
    made = grammar.tables.__wrapped__()
    assert len(made.actions) > 100 and kept.read_bytes() != broken
    assert grammar.tables.__wrapped__() == made


def test_tables_of_another_grammar_are_made_anew(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = grammar.tables.__wrapped__()
    changed = tmp_path / "nn.lark"
    text = grammar._grammar_file().read_text(encoding="utf-8")
    changed.write_text(text.replace('"layer"', '"shared"'), encoding="utf-8")
    monkeypatch.setattr(grammar, "_grammar_file", lambda: changed)
    after = grammar.tables.__wrapped__()
    assert (before.keywords.get("layer"), before.keywords.get("shared")) == ("LAYER", None)
    assert (after.keywords.get("layer"), after.keywords.get("shared")) == (None, "LAYER")


def test_kept_tables_are_read_and_not_made(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = grammar.tables.__wrapped__()
    monkeypatch.setattr(grammar, "_made_from", lambda text: pytest.fail("made again"))
    assert grammar.tables.__wrapped__() == made


def test_without_a_folder_that_can_be_written_the_tables_are_made_each_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert lark_is_imported(blocked)
    assert lark_is_imported(blocked)


def test_a_relative_cache_folder_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert grammar.cache_file() == tmp_path / ".cache" / "nndsl" / f"grammar-{sys.implementation.cache_tag}.json"
