"""Repairs that are certain: as changes of the text, they do what their words say, and mend what they are for."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nndsl.cli import main
from nndsl.diagnostics import did_you_mean
from nndsl.driver import check
from nndsl.mending import mend
from nndsl.repairs import Edit, Repair, apart, applied, is_slip
from nndsl.source import Source, Span
from tests.mutations import specimens

WORDS = st.text("abcXY_", min_size=1, max_size=8)


@pytest.mark.parametrize("source", specimens(), ids=lambda source: source.name)
def test_what_is_mended_is_gone(source: Source) -> None:
    program, report, mended = mend(source)
    assert all(one.repair is not None and one.edit is not None and one.edit.text in (*one.repair, one.edit.text) for one in mended)
    assert bool(mended) == (program.source.text != source.text)
    assert not {(one.code, one.message) for one in mended} & {(one.code, one.message) for one in report}


@pytest.mark.parametrize("source", specimens(), ids=lambda source: source.name)
def test_mending_again_changes_nothing(source: Source) -> None:
    program, _, mended = mend(source)
    if mended:
        assert mend(program.source)[2] == []


MENDED = {
    "h = image => Dense(4)": "h = image -> Dense(4)",
    "h = image → Dense(4)": "h = image -> Dense(4)",
    "h = image -> Dense(4, use_bias=True)": "h = image -> Dense(4, use_bias=true)",
    "h = image -> Dense(4, use_bais=true)": "h = image -> Dense(4, use_bias=true)",
    "h = image -> Dense(4, activation='relu')": 'h = image -> Dense(4, activation="relu")',
    "h = image -> dense(4)": "h = image -> Dense(4)",
    "h = image -> Dens(4)": "h = image -> Dense(4)",
    "h = imgae -> Dense(4)": "h = image -> Dense(4)",
    "h = image -> Dense(4) -> BatchNorm": "h = image -> Dense(4, use_bias=false) -> BatchNorm",
    "h = image -> Dense(units: 4)": "h = image -> Dense(units= 4)",
    "h = image > Dense(4)": "h = image -> Dense(4)",
    "h = image -> Dense(4 if 3 > 2&&true else 5)": "h = image -> Dense(4 if 3 > 2 and true else 5)",
    'h = image -> Dense(4, kernel_initializer="he_norml")': 'h = image -> Dense(4, kernel_initializer="he_normal")',
}


@pytest.mark.parametrize("wrong", MENDED)
def test_a_certain_repair_is_applied(wrong: str) -> None:
    program, report, _ = mend(_in_network(wrong))
    assert program.source.text == _in_network(MENDED[wrong]).text
    assert not len(report), [one.message for one in report]


UNCERTAIN = ("h = image -> Conv4D(4, 3)", "h = image | Dense(4)", "h = image -> Dense(4) -> Zzzzz", "h = ime -> Dense(4)")


@pytest.mark.parametrize("wrong", UNCERTAIN)
def test_a_repair_that_is_a_guess_is_left_to_the_author(wrong: str) -> None:
    source = _in_network(wrong)
    assert check(source)[1].errors
    assert mend(source)[0].source.text == source.text


def _in_network(statement: str) -> Source:
    return Source("net.nn", f"network Net {{\n  input image: float[8]\n  {statement}\n  output y = h -> relu\n}}\n")


IMPORTS = {
    'from "std/blocks.nn" import Residual\n\nnetwork': "\nnetwork",
    'from "std/blocks.nn" import Residual, ConvBN\nblock B() { ConvBN(3) }\nnetwork':
        'from "std/blocks.nn" import ConvBN\nblock B() { ConvBN(3) }\nnetwork',
    'from "std/blocks.nn" import ConvBN, Residual\nblock B() { ConvBN(3) }\nnetwork':
        'from "std/blocks.nn" import ConvBN\nblock B() { ConvBN(3) }\nnetwork',
}


@pytest.mark.parametrize("wrong", IMPORTS)
def test_an_unused_import_is_deleted(wrong: str) -> None:
    rest = " N {\n  input x: float[3]\n  output y = x -> Dense(2)\n}\n"
    assert mend(Source("net.nn", wrong + rest))[0].source.text == IMPORTS[wrong] + rest


def test_no_warning_is_mended_at_the_price_of_an_error() -> None:
    text = "network N {\n  input x: float[4]\n  output y = x -> Dense(4) -> BatchNorm -> relu\n  check trainable == 28\n}\n"
    program, report, mended = mend(Source("net.nn", text))
    assert program.source.text == text and not mended
    assert [one.code for one in report] == ["NN420"]


def test_a_bias_stays_where_a_call_makes_several_layers() -> None:
    text = "block B(norm) { Dense(4) -> (BatchNorm if norm else relu) }\n" + _in_network("h = image -> B(true) -> B(false)").text
    _, report = check(Source("net.nn", text))
    assert [(one.code, one.edit) for one in report] == [("NN420", None)]


@given(WORDS, WORDS)
def test_a_slip_goes_both_ways(word: str, other: str) -> None:
    assert is_slip(word, other) == is_slip(other, word)
    assert not is_slip(word, word)


@given(WORDS, st.integers(0, 8), st.sampled_from("abcXY_"))
def test_one_letter_more_is_a_slip(word: str, place: int, letter: str) -> None:
    assert is_slip(word[:place] + letter + word[place:], word)


def test_of_two_near_words_neither_is_certain() -> None:
    assert isinstance(did_you_mean("widht", ["width", "height"]), Repair)
    assert not isinstance(did_you_mean("heigt", ["height", "weigt"]), Repair)
    assert not isinstance(did_you_mean("ab", ["abc"]), Repair)


def test_a_word_is_only_changed_where_it_stands() -> None:
    source = Source("a.nn", 'x = "sam" sam p')
    repair = did_you_mean("sam", ["same"])
    assert isinstance(repair, Repair)
    edits = [repair.edit(Span(source, *place)) for place in ((4, 9), (10, 13), (14, 15))]
    assert [edit.text if edit else None for edit in edits] == ['"same"', "same", None]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12))))
def test_changes_that_are_apart_can_all_be_made(places: list[tuple[int, int]]) -> None:
    source = Source("a.nn", "abcdefghijkl")
    chosen = apart(Edit(Span(source, min(one), max(one)), "#") for one in places)
    kept = len(source.text) - sum(one.span.end - one.span.start for one in chosen)
    text = applied(source, chosen).text
    assert text.count("#") == len(chosen) and len(text) == kept + len(chosen)
    assert bool(chosen) == bool(places)


def test_check_fix_changes_the_file_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.nn"
    path.write_text(_in_network("h = image => Dens(4)").text, encoding="utf-8", newline="")
    assert main(["check", "--fix", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == _in_network("h = image -> Dense(4)").text
    shown = capsys.readouterr()
    assert "mended NN111" in shown.err and "mended NN201" in shown.err and "good" in shown.out


def test_check_fix_leaves_a_file_alone_that_it_cannot_mend(tmp_path: Path) -> None:
    path = tmp_path / "net.nn"
    path.write_text(_in_network("h = image | Dense(4)").text, encoding="utf-8")
    before = path.stat().st_mtime_ns
    assert main(["check", "--fix", str(path)]) == 1
    assert path.stat().st_mtime_ns == before


def test_check_fix_refuses_standard_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--fix", "-"]) == 2
    assert "standard input" in capsys.readouterr().err
