"""Windows over series, running text and shifted sequences: every example is its slice, and no part sees a later one."""

import gzip
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nndsl.data.dataset import Dataset
from nndsl.data.encoders.frames import Horizon, Windows
from nndsl.data.series import Layout
from nndsl.diagnostics import UserError
from tests.data.blocks import loaded, planned, said

IN_A_FOLDER = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SPLIT = "split = order(train=0.6, validation=0.2, test=0.2)"


def series(folder: Path, values: Any) -> None:
    numpy.savez(folder / "s.npz", v=numpy.asarray(values, "float32"))


def forecast(folder: Path, values: Any, past: str = "windows(4)", following: str = "horizon(2)") -> Dataset:
    series(folder, values)
    return loaded(folder, f'source = npz("s.npz")\npast = source.v -> {past}\nnext = source.v -> {following}\n{SPLIT}')


@IN_A_FOLDER
@given(
    rows=st.integers(30, 80), length=st.integers(1, 5), horizon=st.integers(1, 3), ahead=st.integers(1, 3), stride=st.integers(1, 4),
    season=st.none() | st.integers(1, 5),
)
def test_an_example_is_a_slice_and_its_future_lies_in_its_part(
    tmp_path: Path, rows: int, length: int, horizon: int, ahead: int, stride: int, season: int | None
) -> None:
    following = f"horizon({horizon}, ahead={ahead}" + (f", season={season})" if season else ")")
    data = forecast(tmp_path, numpy.arange(rows), f"windows({length}, stride={stride})", following)
    tenths = round(rows * 0.2 + 1e-9) if rows % 5 else rows // 5
    bounds = {"train": (0, rows - 2 * tenths), "validation": (rows - 2 * tenths, rows - tenths), "test": (rows - tenths, rows)}
    for part, examples in data.splits.items():
        start, stop = bounds[part]
        for place, row in enumerate(examples.rows):
            assert examples.fields["past"][place].tolist() == list(range(row - length + 1, row + 1))
            assert examples.fields["next"][place].tolist() == list(range(row + ahead, row + ahead + horizon))
            assert start <= row + ahead and row + ahead + horizon <= stop
            if season:
                guess = examples.guesses["next"][place]
                assert (guess <= row).all() and ((examples.fields["next"][place] - guess) % season == 0).all()
                assert (guess > row - season).all()
        assert (numpy.diff(examples.rows) == stride).all()
        assert examples.rows[-1] + stride + ahead + horizon > stop, "no example is left out at the end"
        if part != "train":
            assert examples.rows[0] + ahead == start, "and none at the start: what was known before may be used"


def test_windows_that_overlap_take_no_memory_of_their_own(tmp_path: Path) -> None:
    data = forecast(tmp_path, numpy.arange(100), "windows(20)", "horizon(5)")
    past, following = data["train"].fields["past"], data["test"].fields["next"]
    assert numpy.shares_memory(past[0, 1:], past[1, :-1]) and numpy.shares_memory(following[0, 1:], following[1, :-1])


@IN_A_FOLDER
@given(values=st.lists(st.floats(-100, 100, width=32), min_size=30, max_size=40), later=st.floats(-1e4, 1e4, width=32))
def test_what_is_trained_on_does_not_depend_on_later_rows(tmp_path: Path, values: list[float], later: float) -> None:
    chain = "standardize -> windows(4)", "standardize -> horizon(2)"
    before = forecast(tmp_path, values, *chain)
    boundary = int(before["train"].rows[-1]) + 2 + 1
    after = forecast(tmp_path, values[:boundary] + [later] * (len(values) - boundary), *chain)
    assert before.state == after.state
    for name, array in before["train"].fields.items():
        assert (array == after["train"].fields[name]).all()


@given(first=st.integers(-9, 0), last=st.integers(0, 5), stride=st.integers(1, 4), count=st.integers(1, 40))
def test_to_predict_the_last_row_that_can_have_an_example_has_one(first: int, last: int, stride: int, count: int) -> None:
    anchors = Layout(first, last, first, stride).anchors_to_the_end(count).tolist()
    assert all(row + first >= 0 and row + last < count for row in anchors)
    if count >= last - first + 1:
        assert anchors[-1] == count - 1 - last and anchors[0] + first < stride
    else:
        assert not anchors


@given(
    first=st.integers(-9, 0), own=st.integers(0, 9), last=st.integers(0, 5), stride=st.integers(1, 4), start=st.integers(0, 20), count=st.integers(0, 30)
)
def test_a_part_has_an_example_from_so_many_rows_on_as_are_said(first: int, own: int, last: int, stride: int, start: int, count: int) -> None:
    reach = Layout(first, last, min(first + own, last), stride)
    assert (len(reach.anchors(start, start + count)) > 0) == (count >= reach.least_rows(start))


def test_what_is_to_be_forecast_need_not_be_known(tmp_path: Path) -> None:
    head = "day,births\n"
    (tmp_path / "t.csv").write_text(head + "".join(f"{day},{day * 10}\n" for day in range(20)))
    block = 'source = csv("t.csv")\npast = source.births -> standardize -> windows(3)\nday = source.day -> float -> horizon(2)'
    plan = planned(tmp_path, f"{block}\nnext = source.births -> standardize -> horizon(2)\n{SPLIT}")
    state = plan.load().state
    known = "5,50\n6,60\n7,70\n8,80\n"
    for unknown in ("9,\n10,\n", "9,?\n10,99999\n"):
        (tmp_path / "new.csv").write_text(head + known + unknown)
        found = plan.encode(tmp_path / "new.csv", state, ["past", "day"])
        assert found.fields["day"].tolist() == [[8, 9], [9, 10]]
        assert found.labels["row"] == [3, 4], "after which the rows come that are forecast"
        (tmp_path / "new.csv").write_text(head + known + "9,90\n10,100\n")
        numpy.testing.assert_array_equal(found.fields["past"], plan.encode(tmp_path / "new.csv", state, ["past"]).fields["past"][:2])
    (tmp_path / "new.csv").write_text(head + known.replace("80", "") + "9,\n10,\n")
    with pytest.raises(UserError, match="NN520: new.csv, line 5, column `births`: the value is missing"):
        plan.encode(tmp_path / "new.csv", state, ["past", "day"])


def test_a_forecast_is_made_for_the_row_after_the_last(tmp_path: Path) -> None:
    series(tmp_path, numpy.arange(30))
    plan = planned(tmp_path, f'source = npz("s.npz")\npast = source.v -> windows(4)\nnext = source.v -> horizon(1)\n{SPLIT}')
    examples = plan.encode({"v": numpy.arange(6.0)}, plan.load().state, ["past"])
    assert examples.fields["past"].tolist() == [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5]] and examples.rows.tolist() == [3, 4, 5]
    with pytest.raises(UserError, match="has 3 rows, where an example takes 4"):
        plan.encode({"v": numpy.arange(3.0)}, plan.load().state, ["past"])


def test_several_columns_are_channels_and_other_fields_are_those_of_the_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,c\n" + "".join(f"{n},{-n},{'xy'[n % 2]}\n" for n in range(20)))
    body = 'source = csv("t.csv")\npast = (source.a, source.b) -> windows(3)\nday = source.c -> category(x, y)\n'
    body += "days = source.c -> category(x, y) -> one_hot -> windows(3)\nnext = source.a -> horizon(1)\n" + SPLIT
    types = {name: str(field.type) for name, field in planned(tmp_path, body).fields.items()}
    assert types == {"past": "float[3, 2]", "day": "int[] < 2", "days": "float[3, 2]", "next": "float[1]"}
    train = loaded(tmp_path, body)["train"]
    assert train.fields["past"][0].tolist() == [[0, 0], [1, -1], [2, -2]]
    assert train.fields["day"].tolist() == [row % 2 for row in train.rows]


def test_windows_without_a_future_lie_in_one_part(tmp_path: Path) -> None:
    series(tmp_path, numpy.arange(30))
    data = loaded(tmp_path, f'source = npz("s.npz")\nx = source.v -> windows(3)\n{SPLIT}')
    assert {name: (part.fields["x"].min(), part.fields["x"].max()) for name, part in data.splits.items()} == {
        "train": (0, 17), "validation": (18, 23), "test": (24, 29),
    }


def test_a_part_shorter_than_an_example_is_a_mistake(tmp_path: Path) -> None:
    series(tmp_path, numpy.arange(30))
    body = f'source = npz("s.npz")\npast = source.v -> windows(4)\nnext = source.v -> horizon(7)\n{SPLIT}'
    assert "error[NN528]: the validation split has 6 rows, where an example takes 7" in said(tmp_path, body)


def test_a_missing_value_of_a_series_is_named_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("v\n" + "".join("NA\n" if n == 25 else f"{n}\n" for n in range(30)))
    body = f'source = csv("t.csv")\npast = source.v -> windows(4)\nnext = source.v -> horizon(1)\n{SPLIT}'
    assert "t.csv, line 27, column `v`: the value is missing" in said(tmp_path, body)


def test_encoders_after_a_window_name_the_row_that_it_stands_at(tmp_path: Path) -> None:
    series(tmp_path, [0.0] * 12 + [0.5] + [0.0] * 17)
    body = f'source = npz("s.npz")\nx = source.v -> windows(2) -> integer\n{SPLIT}'
    assert "0.5 is not a whole number" in said(tmp_path, body) and "index 13, column" in said(tmp_path, body)


@pytest.mark.parametrize(("frame", "offsets"), [(Windows(length=3), [-2, -1, 0]), (Windows(length=3, ahead=1), [-1, 0, 1]),
                                                (Horizon(length=2, ahead=3), [3, 4])])
def test_where_the_rows_of_a_window_lie(frame: Any, offsets: list[int]) -> None:
    assert list(frame.offsets()) == offsets


# Text --------------------------------------------------------------------------------------------

NOVEL = "Call me Ishmael.\r\nSome years ago, never mind how long.\nIt is a way I have: Qq"


def novel(folder: Path, more: str) -> str:
    (folder / "n.txt.gz").write_bytes(gzip.compress(NOVEL.encode()))
    return f'source = text("n.txt.gz"{more})\n'


def test_the_target_of_each_character_is_the_next(tmp_path: Path) -> None:
    body = novel(tmp_path, "") + "tokens = source.character -> token -> windows(5, stride=5)\n"
    data = loaded(tmp_path, body + "next = source.character -> token -> windows(5, ahead=1)\nsplit = order(train=0.7, test=0.3)")
    vocabulary = ["", "?", *data.state["encoders"]["tokens"][0]["tokens"]]
    written = {part: "".join(vocabulary[one] for one in data[part].fields["tokens"].reshape(-1)) for part in data.splits}
    text = NOVEL.replace("\r\n", "\n")
    assert text.startswith(written["train"]) and "Q" not in vocabulary and "?" in written["test"]
    for examples in data.splits.values():
        tokens, following = examples.fields["tokens"].reshape(-1), examples.fields["next"].reshape(-1)
        assert (tokens[1:] == following[:-1]).all()
    assert data["test"].place(0) == "n.txt.gz, line 3, character 3"


def test_the_words_of_a_text_can_be_its_rows(tmp_path: Path) -> None:
    data = loaded(tmp_path, novel(tmp_path, ", by=word") + "x = source.word -> token(vocabulary=9) -> windows(4)\nsplit = order(train=1)")
    assert data["train"].fields["x"].shape == (21 - 3, 4) and data["train"].fields["x"].max() < 9
    assert data["train"].place(2) == "n.txt.gz, line 2, word 2", "an example stands at the last row of its window"


words = st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=8)


@IN_A_FOLDER
@given(words=words)
def test_a_decoder_is_given_what_came_before_and_taught_what_comes(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "t.csv").write_text("w\n" + "".join(f"{one}\n" for one in words))
    body = 'source = csv("t.csv")\nnext = source.w -> characters(length=6)\nbefore = source.w -> characters(length=6) -> shift(1)\n'
    body += "left = source.w -> characters(length=6) -> shift(-1)"
    plan, data = planned(tmp_path, body), loaded(tmp_path, body)
    start = plan.fields["next"].vocabulary
    assert plan.fields["before"].vocabulary == start + 1 == plan.fields["before"].type.below  # type: ignore[operator]
    fields = data["train"].fields
    assert (fields["before"][:, 0] == start).all() and (fields["before"][:, 1:] == fields["next"][:, :-1]).all()
    assert (fields["left"][:, :-1] == fields["next"][:, 1:]).all() and not fields["left"][:, -1].any()
    for word, before, following in zip(words, fields["before"], fields["next"], strict=True):
        assert (before != 0).sum() == len(word) + 1, "so many places count"
        assert following[len(word)] == 0, "the last of them teaches the end"
