"""Every node knows its place, and every message points at the right characters, whatever the text is made of."""

from pathlib import Path
from typing import Any, get_args

import pytest

from nndsl.diagnostics import render
from nndsl.syntax import ast
from tests.syntax.structure import expression, nodes, parsed, shape_of, shown, statement, statements
from tests.syntax.test_parser import FILES

SAMPLES = [path.read_text(encoding="utf-8") for path in FILES]


def every_node(text: str) -> list[Any]:
    return [one for part in statements(text) for one in nodes(part)]


@pytest.mark.parametrize("text", SAMPLES)
def test_the_text_at_the_place_of_an_expression_means_that_expression(text: str) -> None:
    for node in every_node(text):
        if isinstance(node, get_args(ast.Expression)):
            assert shown(expression(f"({node.span.text})")) == shown(node)


@pytest.mark.parametrize("text", SAMPLES)
def test_the_text_at_the_place_of_a_statement_means_that_statement(text: str) -> None:
    for node in every_node(text):
        if isinstance(node, get_args(ast.Statement)):
            assert shown(statement(node.span.text)) == shown(node)


@pytest.mark.parametrize("text", SAMPLES)
def test_names_stand_where_they_are_said_to_stand(text: str) -> None:
    for node in every_node(text):
        match node:
            case ast.Target(span=span, name=name) | ast.Keyword(name=name, name_span=span) | ast.Attribute(name=name, name_span=span):
                assert span.text == name
            case ast.Definition(head=head, kind=kind, name=name):
                assert head.text.split() == [kind, name]
            case ast.Parameter(span=span, name=name) | ast.ImportedName(span=span, name=name):
                assert span.text.startswith(name)


@pytest.mark.parametrize("text", SAMPLES)
def test_what_belongs_to_a_node_stands_inside_of_it(text: str) -> None:
    for outer in every_node(text):
        for inner in nodes(outer):
            assert outer.span.start <= inner.span.start <= inner.span.end <= outer.span.end


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_byte_order_mark_and_tabs_change_no_meaning(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert shape_of("\ufeff" + text.replace("  ", "\t")) == shape_of(text)


@pytest.mark.parametrize(("text", "excerpt"), [
    ("h = a ? b", "1 | h = a ? b\n   |       ^"),
    ("\th =\ta ? b", "1 |     h =    a ? b\n   |              ^"),
    ('h = "日本" ? b', '1 | h = "日本" ? b\n   |            ^'),
    ('h = "e\u0301" ? b', '1 | h = "e\u0301" ? b\n   |         ^'),
    ('h = "\U0001f600" ? b', '1 | h = "\U0001f600" ? b\n   |          ^'),
    ("\ufeffh = a ? b", "1 | \ufeffh = a ? b\n   |       ^"),
    ("a\r\nh = a ? b\r\nc", "2 | h = a ? b\n   |       ^"),
    ("a\n\n\nh = größe\n", "4 | h = größe\n   |     ^^^^^"),
    ("h = a ? b # 日本", "1 | h = a ? b # 日本\n   |       ^"),
])
def test_the_caret_stands_under_the_character(text: str, excerpt: str) -> None:
    _, mistakes = parsed(text)
    assert excerpt in render(mistakes[0])


def test_columns_count_characters_and_lines_count_newlines() -> None:
    _, mistakes = parsed('a = 1\r\n\th = "日本" ? b')
    span = mistakes[0].span
    assert span is not None and (span.line, span.column, span.text) == (2, 11, "?")


def test_of_a_very_long_line_the_part_around_the_mistake_is_shown() -> None:
    _, mistakes = parsed("h = " + "a + " * 200 + "? + " + "b + " * 200 + "c")
    line, pointer = render(mistakes[0]).splitlines()[3:5]
    assert len(line) < 180
    assert line[pointer.index("^")] == "?"


def test_a_mark_at_the_end_of_a_line_stands_after_it() -> None:
    _, mistakes = parsed("h = a ->\nb = 2")
    assert "1 | h = a ->\n   |       ^^" in render(mistakes[0])
    _, mistakes = parsed("for x in y")
    assert "1 | for x in y\n   |           ^" in render(mistakes[0])


def test_a_mistake_over_several_lines_is_marked_to_the_end_of_its_first_line() -> None:
    _, mistakes = parsed("(a,\n b) + 1 = 2")
    assert "1 | (a,\n   | ^^^" in render(mistakes[0])
