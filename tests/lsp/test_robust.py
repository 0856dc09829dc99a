"""Nothing that is typed brings the server down: whatever the text and the place, every feature has an answer."""

import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nndsl.lsp import actions, completion, diagnostics, hints, hover, navigation, outline
from nndsl.lsp.desk import Desk
from nndsl.lsp.places import places
from nndsl.source import Source
from tests.mutations import mutants, specimens

_unhurried = settings(deadline=None, suppress_health_check=list(HealthCheck))
PLACES = 6


def answers(source: Source, seed: int) -> None:
    """Ask everything that an editor may ask, at the end and at some places of a text."""
    desk = Desk()
    uri = "untitled:text" if source.path is None else source.path.as_uri()
    desk.put(uri, source.text)
    analysis = desk.analysis(uri)
    assert analysis is not None
    for told in diagnostics.diagnostics(desk, analysis).values():
        assert all(one.code and one.message for one in told)
    end = len(source.text)
    starts = [one.span.start for one in analysis.names.in_order()]
    assert starts == sorted(starts)
    hints.hints(analysis, 0, end, desk.encoding)
    outline.symbols(desk, analysis.parsed)
    outline.folds(desk, analysis.parsed)
    actions.actions(desk, analysis, 0, end, None)
    assert actions.formatting(desk, source) is not None
    chosen = random.Random(seed)
    for offset in [end, *(chosen.randint(0, end) for _ in range(PLACES)), *chosen.sample(starts, min(PLACES, len(starts)))]:
        hover.hover(desk, analysis, offset)
        completion.completion(desk, analysis.source, offset)
        navigation.definition(desk, analysis, offset)
        navigation.references(desk, analysis, offset, True)
        navigation.highlights(desk, analysis, offset)
        renamed(desk, uri, offset)


def renamed(desk: Desk, uri: str, offset: int) -> None:
    analysis = desk.analysis(uri)
    assert analysis is not None
    try:
        edit = navigation.rename(desk, analysis, offset, "some_other_name")
    except navigation.CannotRename as reason:
        assert str(reason)
        return
    for changes in (edit.changes or {}).values():
        assert all((a.range.end.line, a.range.end.character) <= (b.range.start.line, b.range.start.character) for a, b in pairwise(changes))


@pytest.mark.parametrize("source", specimens(), ids=lambda source: source.name)
def test_everything_can_be_asked_of_a_file(source: Source) -> None:
    answers(source, 1)


@settings(_unhurried, max_examples=150)
@given(mutants(), st.integers(0, 1000))
def test_everything_can_be_asked_of_a_file_after_accidents(source: Source, seed: int) -> None:
    answers(source, seed)


@settings(_unhurried, max_examples=50)
@given(st.text(), st.integers(0, 1000))
def test_everything_can_be_asked_of_any_text(text: str, seed: int) -> None:
    answers(Source("text.nn", text), seed)


@pytest.mark.slow
@settings(_unhurried, max_examples=5000)
@given(mutants(), st.integers(0, 1000))
def test_everything_can_be_asked_of_very_many_texts(source: Source, seed: int) -> None:
    answers(source, seed)


@given(st.text("a日😀é\r\n\u2028\t", max_size=40), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_a_place_there_and_back_is_the_same(text: str, encoding: str) -> None:
    at = places(Source("text.nn", text), encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":  # between the two is no place
            before = at.offset(at.position(offset))
            assert before == offset or text[before:offset] in ("\r", "\n"), "behind a line is its end"


def test_places_are_counted_in_the_units_of_the_client() -> None:
    source = Source("text.nn", '# 😀日é\r\nx = "😀" x\n')
    column = {encoding: places(source, encoding).position(source.text.rindex("x")).character for encoding in ("utf-8", "utf-16", "utf-32")}
    assert column == {"utf-8": 11, "utf-16": 9, "utf-32": 8}
    assert places(source, "utf-16").position(source.text.rindex("x")).line == 1
