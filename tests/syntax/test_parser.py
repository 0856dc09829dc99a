"""What texts mean: precedence, ends of statements, words, numbers, strings, and every kind of statement."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndsl.syntax import ast
from nndsl.syntax.grammar import tables
from tests.mutations import ROOT, fences
from tests.syntax.structure import expression, parsed, shape_of, shown, statement, statements

# Samples -----------------------------------------------------------------------------------------

FILES = sorted([*(Path(__file__).parent / "samples").glob("*.nn"), *ROOT.glob("examples/*/*.nn"), *ROOT.glob("specs/**/*.nn")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_file_is_parsed_without_a_mistake(path: Path) -> None:
    assert statements(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", fences(ROOT / "docs" / "language.md"))
def test_a_sample_of_the_language_page_is_parsed_without_a_mistake(text: str) -> None:
    assert statements(text)


# Precedence --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "meant"), [
    ("a + b -> relu", "((a + b) -> relu)"),
    ("a -> b if c else d", "(a -> (b if c else d))"),
    ("a if b or c else d", "(a if (b or c) else d)"),
    ("a if b else c if d else e", "(a if b else (c if d else e))"),
    ("a or b and c", "(a or (b and c))"),
    ("a and not b", "(a and (not b))"),
    ("not not a", "(not (not a))"),
    ("not a == b", "(not (a == b))"),
    ("a == b and c != d", "((a == b) and (c != d))"),
    ("a in b or c", "((a in b) or c)"),
    ("a + b < c - d", "((a + b) < (c - d))"),
    ("a - b - c", "((a - b) - c)"),
    ("a + b * c", "(a + (b * c))"),
    ("a / b // c % d", "(((a / b) // c) % d)"),
    ("-a * b", "((- a) * b)"),
    ("a * -b", "(a * (- b))"),
    ("-a ** b", "(- (a ** b))"),
    ("a ** -b ** c", "(a ** (- (b ** c)))"),
    ("a ** b ** c", "(a ** (b ** c))"),
    ("a.b ** c[0]", "(a.b ** c[0])"),
    ("a.b(1)(2)[3].c", "a.b(1)(2)[3].c"),
    ("x -> Dense(4) * 3 -> relu", "(x -> (Dense(4) * 3) -> relu)"),
    ("x -> (a -> b) * n", "(x -> ((a -> b) * n))"),
    ("(a, b) -> c", "(<a, b> -> c)"),
    ("x -> (a if c else b) -> d", "(x -> (a if c else b) -> d)"),
])
def test_what_binds_tighter_is_taken_together(written: str, meant: str) -> None:
    assert shown(expression(written)) == meant


@pytest.mark.parametrize("looser", range(1, 8))
def test_operators_bind_in_the_order_of_the_page(looser: int) -> None:
    """From loosest to tightest, as in docs/language.md; each line against all lines below it."""
    order = [["->"], ["or"], ["and"], ["==", "!=", "<", "<=", ">", ">=", "in"], ["+", "-"], ["*", "/", "//", "%"], ["**"]]
    for loose in order[looser - 1]:
        for tight in [one for line in order[looser:] for one in line]:
            assert shown(expression(f"a {loose} b {tight} c")) == f"(a {loose} (b {tight} c))"
            assert shown(expression(f"a {tight} b {loose} c")) == f"((a {tight} b) {loose} c)"


names = st.sampled_from(["x", "width", "Dense", "input", "steps"])
operands = names | st.integers(0, 99).map(str) | st.sampled_from(['"text"', "(5%)", "3 epochs", "true", "none"])


def larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["->", "or", "and", "==", "+", "-", "*", "//", "%", "**"])
    return st.one_of(
        st.tuples(parts, operators, parts).map(lambda one: f"({' '.join(one)})"),
        st.tuples(parts, parts, parts).map(lambda one: f"({one[0]} if {one[1]} else {one[2]})"),
        st.lists(parts, max_size=3).map(lambda one: f"[{', '.join(one)}]"),
        st.lists(parts, min_size=2, max_size=3).map(lambda one: f"({', '.join(one)})"),
        st.tuples(names, st.lists(parts, max_size=2)).map(lambda one: f"{one[0]}({', '.join(one[1])})"),
        st.tuples(st.sampled_from(["-", "not "]), parts).map(lambda one: f"({one[0]}{one[1]})"),
    )


expressions = st.recursive(operands, larger, max_leaves=12)


@given(expressions)
def test_an_expression_with_all_its_brackets_means_the_same_with_more_of_them(text: str) -> None:
    assert shown(expression(text)) == shown(expression(f"(({text}))"))


@given(expressions, st.sampled_from(["\n", "\n\n  ", " # why\n", "\r\n"]))
def test_newlines_in_brackets_change_nothing(text: str, newline: str) -> None:
    spread = f"({text})".replace("(", f"({newline}").replace(", ", f",{newline}")
    assert shown(expression(spread)) == shown(expression(f"({text})"))


# Where statements end ----------------------------------------------------------------------------


def test_a_newline_ends_a_statement() -> None:
    assert shape_of("a = 1\nb = 2\n\n\n# nothing\nc = 3") == ["a: - = 1", "b: - = 2", "c: - = 3"]


@pytest.mark.parametrize("operator", ["->", "+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "in", "and", "or"])
@pytest.mark.parametrize("newline", ["\n  ", "\n", "\n\n\n", "  # so far\n  # and further\n  ", "\r\n\t"])
def test_a_line_that_starts_with_an_operator_goes_on_with_the_one_before(operator: str, newline: str) -> None:
    assert shape_of(f"h = a{newline}{operator} b\nc") == [f"h: - = (a {operator} b)", "c"]


@pytest.mark.parametrize(("written", "meant"), [
    ("x = a if c\n  else b", ["x: - = (a if c else b)"]),
    ("if a { b }\nelse { c }", ["if a { b } else { c }"]),
    ("if a { b }\nelse if c { d }\nelse { e }", ["if a { b } if c { d } else { e }"]),
    ("check a == b\n  when c == d", ["check (a == b) when (c == d)"]),
    ("minimize a\n  over b\n  with c\n  times 5", ["minimize a over b with c times 5"]),
    ("minimize a over b with c", ["minimize a over b with c times -"]),
    ("x = f(\n  1,\n  b=2,\n)", ["x: - = f(1, b=2)"]),
    ("x = [\n  1,\n\n  2\n]", ["x: - = [1, 2]"]),
    ("network A {\n}\n", ["network A {  }"]),
    ("network A { }", ["network A {  }"]),
    ("network A { a = 1\nb = 2 }", ["network A { a: - = 1; b: - = 2 }"]),
    ("", []),
    ("# only a comment", []),
    ("\n\n\n", []),
])
def test_statements_go_on_and_end_where_they_should(written: str, meant: list[str]) -> None:
    assert shape_of(written) == meant


def test_a_newline_in_braces_within_brackets_ends_no_statement_of_the_brackets() -> None:
    assert shape_of("for i in range(\n3\n) {\nh = i\n}\nx = 1") == ["for i in range(3) { h: - = i }", "x: - = 1"]


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_kind_of_newline_means_the_same(path: Path, newline: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert shape_of(text.replace("\n", newline)) == shape_of(text)


# Words -------------------------------------------------------------------------------------------

SOFT = sorted(set(tables().keywords) - tables().reserved)


def test_the_reserved_words_are_those_of_the_page() -> None:
    assert tables().reserved == {"if", "else", "for", "in", "and", "or", "not", "true", "false", "none"}


@pytest.mark.parametrize("word", SOFT)
def test_a_word_with_a_meaning_in_one_place_is_a_name_in_all_others(word: str) -> None:
    assert shape_of(f"{word} = 1") == [f"{word}: - = 1"]
    assert shape_of(f"h = {word} -> {word}({word}={word})") == [f"h: - = ({word} -> {word}({word}={word}))"]
    assert shape_of(f"input {word}: float[{word}]\noutput {word} = {word}.{word}") == [
        f"input {word}: float[{word}]", f"output {word}: - = {word}.{word}"]
    assert shape_of(f"layer {word} = {word}\nparam {word} = 1") == [f"layer {word} = {word}", f"param {word} = 1 in -"]
    assert shape_of(f"for {word} in {word} {{ {word} }}") == [f"for {word} in {word} {{ {word} }}"]
    assert shape_of(f"block {word}({word}, x={word}) {{ {word} }}") == [f"block {word}({word}, x={word}) {{ {word} }}"]
    assert shape_of(f'from "f.nn" import {word} as {word}') == [f"from 'f.nn' import {word}"]
    assert shape_of(f"check {word} == {word}") == [f"check ({word} == {word}) when -"]


@pytest.mark.parametrize("word", sorted(tables().reserved))
def test_a_reserved_word_is_still_an_attribute(word: str) -> None:
    assert shown(expression(f"source.{word}")) == f"source.{word}"


# Numbers, strings, durations ---------------------------------------------------------------------


@given(st.integers(0, 2**63 - 1))
def test_whole_numbers_are_read_back(number: int) -> None:
    for written in (str(number), f"{number:_}"):
        value = expression(written)
        assert isinstance(value, ast.Number) and type(value.value) is int and value.value == number


@given(st.floats(0, allow_nan=False, allow_infinity=False).filter(lambda one: "." in repr(one) or "e" in repr(one)))
def test_other_numbers_are_read_back(number: float) -> None:
    value = expression(repr(number))
    assert isinstance(value, ast.Number) and type(value.value) is float and value.value == number


@pytest.mark.parametrize(("written", "value"), [("1e3", 1000.0), ("1E-3", 0.001), ("1_000.5", 1000.5), ("0.25", 0.25), ("0", 0)])
def test_a_number_has_the_value_it_shows(written: str, value: float) -> None:
    number = expression(written)
    assert isinstance(number, ast.Number) and number.value == value and type(number.value) is type(value)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")))
def test_strings_are_read_back(text: str) -> None:
    value = expression('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
    assert isinstance(value, ast.String) and value.value == text


def test_escapes_in_strings_are_resolved() -> None:
    value = expression(r'"a\tb\nc\u00e9\"\\"')
    assert isinstance(value, ast.String) and value.value == 'a\tb\nc\u00e9"\\'


@pytest.mark.parametrize(("written", "meant"), [
    ("5%", "5 percent"), ("0.5%", "0.5 percent"), ("3 epochs", "3 epochs"), ("1 epoch", "1 epochs"), ("500 steps", "500 steps"),
    ("1_000 steps", "1000 steps"), ("f(5%, a=5%)", "f(5 percent, a=5 percent)"), ("[5%]", "[5 percent]"), ("5 % 3", "(5 % 3)"),
    ("5%3", "(5 % 3)"), ("5%n", "(5 % n)"), ("a % b", "(a % b)"), ("5% # of all", "5 percent"), ("5% -> f", "(5 percent -> f)"),
])
def test_durations_are_told_from_remainders(written: str, meant: str) -> None:
    assert shown(expression(written)) == meant


# Brackets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "meant"), [
    ("(a)", "a"), ("(a,)", "<a>"), ("(a, b)", "<a, b>"), ("(a, b,)", "<a, b>"), ("(a=1)", "<a=1>"), ("(a=1, b=2,)", "<a=1, b=2>"),
    ("[]", "[]"), ("[a]", "[a]"), ("[a, b,]", "[a, b]"), ("f()", "f()"), ("f(a,)", "f(a)"), ("f((a, b))", "f(<a, b>)"),
    ("f(a=(b=1))", "f(a=<b=1>)"),
])
def test_brackets_hold_groups_tuples_settings_and_lists(written: str, meant: str) -> None:
    assert shown(expression(written)) == meant


# Statements --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "meant"), [
    ('from "std/blocks.nn" import Residual', "from 'std/blocks.nn' import Residual"),
    ('from "b.nn" import A, B as C', "from 'b.nn' import A, B as C"),
    ('from "b.nn" import (A,\n  B as C,\n)', "from 'b.nn' import A, B as C"),
    ("param width = 16", "param width = 16 in -"),
    ("param width = 16 in [16, 32]", "param width = 16 in [16, 32]"),
    ("param inside = (2 in [1, 2])", "param inside = (2 in [1, 2]) in -"),
    ("input x: float[L, 4]", "input x: float[L, 4]"),
    ("input x: [H, W, C]", "input x: [H, W, C]"),
    ("input x: int[]", "input x: int[]"),
    ("input x: int[T] < 2 * n, padding=0", "input x: int[T] < (2 * n), padding=0"),
    ("output y", "output y: - = -"),
    ("output y: [4] = x -> f", "output y: [4] = (x -> f)"),
    ("output y: [4]", "output y: [4] = -"),
    ("h: [L // 2, 64] = x", "h: [(L // 2), 64] = x"),
    ("(a, b) = f", "a, b: - = f"),
    ("layer embed = Embedding(100, 64)", "layer embed = Embedding(100, 64)"),
    ("for x in [1, 2] { x }", "for x in [1, 2] { x }"),
    ("for (a, b) in c { }", "for a, b in c {  }"),
    ("check params < 400_000", "check (params < 400000) when -"),
    ("network N { }", "network N {  }"),
    ("network N() { }", "network N() {  }"),
    ("network N(a, b=2) { a }", "network N(a, b=2) { a }"),
    ('block B { "words" }', "block B 'words' {  }"),
    ('block B { "words"\n"more" }', "block B 'words' { 'more' }"),
    ("data D { a = 1 }", "data D { a: - = 1 }"),
    ("train T { a = 1 }", "train T { a: - = 1 }"),
])
def test_a_statement_means_what_it_shows(written: str, meant: str) -> None:
    assert shown(statement(written)) == meant


# Mistakes ----------------------------------------------------------------------------------------


def test_every_statement_with_a_mistake_is_told_of() -> None:
    spec, mistakes = parsed("a = (1\nb = 2\nc = [3\nd = 4\nparam = * 5\ne = 6")
    assert [one.code for one in mistakes] == ["NN121", "NN121", "NN133"]
    assert [shown(one) for one in spec.statements if not isinstance(one, ast.Broken)] == ["b: - = 2", "d: - = 4", "e: - = 6"]


def test_the_names_of_a_broken_statement_are_known() -> None:
    spec, _ = parsed('network N { input x: ( }\nparam w = * 3\nfrom "a.nn" import B, C as D)')
    assert [shown(one) for one in spec.statements] == ["broken N", "broken w", "broken B, D"]


def test_a_mistake_that_leaves_no_doubt_breaks_nothing() -> None:
    spec, mistakes = parsed("h = f(a => 1, b: 2);\nif n = 3 { h = True }")
    assert {one.code for one in mistakes} >= {"NN113", "NN134", "NN112"}
    assert isinstance(spec.statements[-1], ast.If)


def test_after_a_hundred_mistakes_the_rest_is_not_looked_at() -> None:
    _, mistakes = parsed("x = $\n" * 150)
    assert len(mistakes) == 101
    assert mistakes[-1].code == "NN199"
    assert "100 mistakes" in mistakes[-1].message


def test_deep_nesting_is_refused_and_long_chains_are_not() -> None:
    assert statements("x = " + " + ".join(["1"] * 5000)) and statements("x = a" + " -> f" * 5000)
    for deep in ("(" * 500 + "1" + ")" * 500, "-" * 5000 + "1", "1" + " ** 1" * 5000, "a if b else " * 5000 + "c", "a" + ".b" * 100):
        assert {one.code for one in parsed(f"x = {deep}")[1]} == {"NN124"}, deep[:20]
