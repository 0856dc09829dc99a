"""Reading a text again after an edit gives what reading it anew gives: the same syntax at the same places, and the same mistakes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndsl.diagnostics import Report
from nndsl.driver import uninterrupted
from nndsl.lsp.desk import Desk
from nndsl.lsp.diagnostics import diagnostics
from nndsl.source import Source, Span
from nndsl.syntax import ast, rereading
from nndsl.syntax.parser import parse
from nndsl.syntax.rereading import parse_again
from tests.mutations import edited, edits, specimens

FILE = """\
from "std/blocks.nn" import Residual

param width = 16 in [16, 32]   # channels

block Stem(filters) {
  input x: [H, W, C]
  for kernel in [3, 5] {
    x = x -> Conv2D(filters, kernel, padding=same)
    x = x -> relu
  }
  output y = x
}

network Net {
  "Learns."
  input image: float[8, 8, 3]
  h = image -> Stem(width)
  k = h -> Residual(width)
  if width == 16 {
    k = k -> relu
  } else {
    k = k -> gelu
  }
  output label = k
    -> Flatten -> Dense(10)
  check params < 1_000_000
}
"""
WITHOUT_MISTAKES = [one for one in specimens() if not len(report := Report()) and parse(one, report) and not len(report)]


def read(source: Source) -> tuple[ast.Spec, Report]:
    report = Report()
    return parse(source, report), report


def agrees(before: str, after: str) -> None:
    """Reading a text again after another is the same as reading it."""
    source, report = Source("net.nn", after), Report()
    again = parse_again(source, report, read(Source("net.nn", before))[0])
    anew, expected = read(source)
    assert again == anew
    assert list(report) == list(expected)


def leapt_over(monkeypatch: pytest.MonkeyPatch, before: str, after: str) -> None:
    """The text was not read as a whole, and agrees."""
    with monkeypatch.context() as context:
        context.setattr(rereading, "parse", lambda source, report: pytest.fail("the text was read as a whole"))
        agrees(before, after)


@given(st.data())
def test_real_files_after_accidents_are_read_again_as_they_are_read_anew(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(WITHOUT_MISTAKES)).text
    for edit in data.draw(st.lists(edits, min_size=1, max_size=5)):
        after = edited(text, edit)
        agrees(text, after)
        if not len(read(Source("net.nn", after))[1]):
            text = after


@given(st.integers(0, len(FILE)), st.integers(0, 40), st.sampled_from([
    "", "\n", " ", "x", "3", "(", "{", "}", '"', "#", "\r", "->", "=", "}\n", "\n}", "{\n", "when ", "over", "check a == b\n", "check a\n",
    "minimize x\n", "h = h -> relu\n", "  -> relu\n", "+ h", "if h {\n", "network B {\n", "}\nnetwork B {\n", "# note\n", "5%", "\ufeff", "→",
]))
def test_whatever_is_put_anywhere_is_read_as_it_is_read_anew(place: int, length: int, inserted: str) -> None:
    agrees(FILE, FILE[:place] + inserted + FILE[place + length :])


@pytest.mark.parametrize(("before", "after"), [
    ("(width)", "(2 * width)"),
    ("  k = h ->", "  q = 3\n  k = h ->"),
    ("  k = h -> Residual(width)\n", ""),
    ("gelu", "relu"),
    ("kernel, padding", "2 * kernel, padding"),
    ("Residual(width)", "Residual(width) -> relu  # twice"),
    ('"Learns."', '"Learns much."'),
    ("# channels", "# the channels of all"),
    ("network Net {", "# A note.\nnetwork Net(depth=3) {"),
    ("    -> Flatten", "    -> relu -> Flatten"),
    ("params < 1", "params < 2"),
])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_small_change_leaves_most_of_a_file_as_it_was(monkeypatch: pytest.MonkeyPatch, before: str, after: str, line_end: str) -> None:
    assert before in FILE
    leapt_over(monkeypatch, FILE.replace("\n", line_end), FILE.replace(before, after).replace("\n", line_end))


@pytest.mark.parametrize(("before", "after"), [
    ("block A {\n  x\n}\nwhen -> f\n", "block A {\n  check x\n}\nwhen -> f\n"),
    ("train T {\n  minimize a\n  b = 3\n  c = 4\n}\n", "train T {\n  minimize a\n  over -> b\n  c = 4\n}\n"),
    ("train T {\n  check a\n  b = 3\n}\n", "train T {\n  check a\n  when b\n}\n"),
    ("block A {\n  -x\n}\n", "block A {\n  y = 3\n  -x\n}\n"),
    ("param p = 1\nz = 2\nx = 3 } + 4\ny = 5\n}\n", "param p = 1\nnetwork A {\nz = 2\nx = 3 } + 4\ny = 5\n}\n"),
    ("param a = 3\nparam b = 4\n", "param a = 3\nparam b = 4\n}\n"),
    ("param a = 3\rparam b = 4\nparam c = 5\n", "param a = 3\rparam b = 6\nparam c = 5\n"),
    ("block A {\n  x\n  y }\n", "block A {\n  x\n  y # }\n"),
    ("param a = 3\n", ""),
    ("", "param a = 3\n"),
])
def test_what_stands_beside_a_change_can_mean_something_else_by_it(before: str, after: str) -> None:
    agrees(before, after)


@pytest.mark.parametrize("terms", [3_000, 30_000])
def test_a_sum_of_thousands_of_terms_is_read_again(terms: int) -> None:
    long = f"network A {{\n  x = {' + '.join(['1'] * terms)}\n  y = 3\n}}\n"
    source = Source("net.nn", long.replace("y = 3", "y = 4"))
    with uninterrupted():
        again, (anew, _) = parse_again(source, Report(), read(Source("net.nn", long))[0]), read(source)
    assert places_of_sum(again) == places_of_sum(anew)
    assert len(places_of_sum(again)) == terms


def places_of_sum(spec: ast.Spec) -> list[Span]:
    """Where the sum ends that is the first statement of the first body, and each sum at the left of another."""
    (network,) = spec.statements
    assert isinstance(network, ast.Definition) and isinstance(network.body[0], ast.Binding)
    value, found = network.body[0].value, [network.body[0].value.span]
    while isinstance(value, ast.Binary):
        value = value.left
        found.append(value.span)
    return found


@given(st.data())
def test_a_desk_says_of_an_edited_text_what_it_says_of_a_new_one(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([one for one in WITHOUT_MISTAKES if len(one.text) < 3000]))
    uri = (source.path or Path("net.nn")).resolve().as_uri()
    desk, text = Desk(), source.text
    for edit in data.draw(st.lists(edits, min_size=1, max_size=3)):
        desk.put(uri, text)
        desk.analysis(uri)
        text = edited(text, edit)
    desk.put(uri, text)
    fresh = Desk()
    fresh.put(uri, text)
    told = [diagnostics(one, analysis) for one in (desk, fresh) if (analysis := one.analysis(uri)) is not None]
    assert told[0] == told[1]
