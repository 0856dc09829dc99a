"""Colours: the Pygments lexer and the TextMate grammar agree with the language's own parser."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pygments.token import Error, Keyword, Name, Number, Operator

from docs.make import EXTENSION
from nndsl import highlighting
from nndsl.diagnostics import Report
from nndsl.highlighting import NNLexer
from nndsl.source import Source
from nndsl.syntax.grammar import tables
from nndsl.syntax.lexing import Lexer
from nndsl.syntax.parser import parse

ROOT = Path(__file__).parents[1]
GOOD = sorted(path for folder in ("specs", "examples", "tests/syntax/samples", "benchmarks") for path in (ROOT / folder).rglob("*.nn"))
CASES = sorted(
    path for path in (ROOT / "tests" / "diagnostics").glob("*.nn") if not re.match("NN1", path.name) and path.read_bytes().isascii()
)
SOFT = sorted(set(tables().keywords) - tables().reserved)


def coloured(text: str) -> dict[int, tuple[Any, str]]:
    """What the lexer makes of a text, by place."""
    return {place: (kind, value) for place, kind, value in NNLexer().get_tokens_unprocessed(text)}


def mistakes_of_syntax(text: str) -> int:
    report = Report()
    parse(Source("text.nn", text), report)
    return len(report)


@pytest.mark.parametrize("path", [*GOOD, *CASES], ids=lambda path: path.name)
def test_every_character_has_its_colour_and_none_is_an_error(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = coloured(text)
    assert "".join(value for _, value in found.values()) == text
    assert [value for kind, value in found.values() if kind in Error] == []


@pytest.mark.parametrize("path", [*GOOD, *CASES], ids=lambda path: path.name)
def test_a_word_that_may_be_a_name_is_coloured_as_what_the_parser_takes_it_for(path: Path) -> None:
    """It is a name if the file still has no mistake of syntax with any other name in its place."""
    text = path.read_text(encoding="utf-8")
    found, lexer = coloured(text), Lexer(Source("text.nn", text), Report())
    lexer.run()
    for kind, start, end in lexer.tokens:
        if text[start:end] in SOFT and kind in tables().keywords.values():
            is_name = mistakes_of_syntax(text[:start] + "h" * (end - start) + text[end:]) == 0
            assert (found[start][0] in Name) == is_name, text[text.rfind("\n", 0, start) + 1 : end]


@pytest.mark.parametrize(("text", "expected"), [
    ("data = Digits", {0: Name}),
    ("check params < 3 when width == 2", {0: Keyword, 17: Keyword}),
    ("check data when x", {0: Keyword, 6: Name, 11: Keyword}),
    ("check (a + b) < 3", {0: Keyword}),
    ("input over: float[3]", {0: Keyword, 6: Name, 12: Keyword.Type}),
    ("steps = 3 steps", {0: Name, 10: Keyword}),
    ("(epochs, step) = over", {1: Name, 9: Name, 17: Name}),
    ('from "a.nn" import data as train, step', {0: Keyword.Namespace, 12: Keyword.Namespace, 19: Name, 24: Keyword.Namespace, 27: Name, 34: Name}),
    ("minimize data over step with times(1) times 2", {0: Keyword, 9: Name, 14: Keyword, 19: Name, 24: Keyword, 29: Name.Function, 38: Keyword}),
    ("network data(input=3) {", {0: Keyword.Declaration, 8: Name.Class, 13: Name.Attribute}),
    ("x = not a in b", {0: Name, 4: Operator.Word, 10: Keyword}),
    ("h = x -> Dense(5%, unit=none) if check else relu(x)",
     {9: Name.Class, 15: Number, 19: Name.Attribute, 24: Keyword.Constant, 30: Keyword, 33: Name, 39: Keyword, 44: Name.Function}),
])
def test_a_word_looks_like_what_it_is(text: str, expected: dict[int, object]) -> None:
    found = coloured(text)
    assert {place: found[place][0] for place in expected} == expected


def test_the_words_with_a_look_are_those_of_the_grammar() -> None:
    soft = (
        *highlighting.DEFINITIONS, *highlighting.STATEMENTS, *highlighting.IMPORTS, *highlighting.CLAUSES, *highlighting.UNITS,
    )
    reserved = (*highlighting.CONTROL, *highlighting.LOGIC, *highlighting.VALUES)
    assert sorted(soft) == SOFT
    assert set(reserved) == tables().reserved
    assert set(highlighting.PUNCTUATION) <= set(tables().terminals)


def test_the_package_registers_the_lexer_with_pygments() -> None:
    """That Pygments finds it, in an installation, is a matter of `test_packaging.py`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (place,) = project["entry-points"]["pygments.lexers"].values()
    assert place == f"{NNLexer.__module__}:{NNLexer.__name__}"


# TextMate ----------------------------------------------------------------------------------------


def textmate_tokens(line: str) -> Iterator[tuple[str, str]]:
    """What a line's characters look like by the grammar in the extension: at each place, the first pattern that matches there."""
    grammar = json.loads((EXTENSION / "syntaxes" / "nn.tmLanguage.json").read_text(encoding="utf-8"))
    patterns = [(re.compile(one["match"]), one) for one in grammar["patterns"]]
    place = 0
    while place < len(line):
        place += 1
        for pattern, rule in patterns:
            match = pattern.match(line, place - 1)
            if match is not None:
                groups = rule.get("captures") or {"0": {"name": rule["name"]}}
                yield from ((match[int(group)], look["name"]) for group, look in groups.items())
                place = match.end()
                break


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_the_textmate_grammar_colours_as_the_lexer_does(path: Path) -> None:
    """Line by line, as editors do, the same pieces of text have a look."""
    text = path.read_text(encoding="utf-8")
    looks = {look.scope: look.token for rule in highlighting.rules() for look in rule.looks}
    ours = [(value, looks[scope]) for line in text.splitlines() for value, scope in textmate_tokens(line)]
    lexed = [(value, kind) for kind, value in coloured(text).values() if value.strip()]
    assert [(value, kind) for value, kind in ours] == lexed
