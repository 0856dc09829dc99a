"""What is said of new examples, batch by batch: whatever the batches and the blocks, it is the same; and its files are whole."""

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from nndsl.backend.keras.predictor import together
from nndsl.backend.keras.tally import Classes, Errors
from nndsl.data import rows, standard_input
from nndsl.data.dataset import Examples
from nndsl.data.forms import Texts
from nndsl.data.other_data import OtherData, batches
from nndsl.data.plan import DataPlan
from nndsl.data.room import Room
from nndsl.data.tables import RowsInMemory, Unreadable
from nndsl.diagnostics import UserError
from nndsl.driver import check
from nndsl.memory import needed
from nndsl.predictions import TABLES, Predictions, joined, written
from nndsl.source import Source
from tests.data.blocks import planned

EXAMPLES = Path(__file__).parents[1] / "examples"
TABLE = 'source = csv("t.csv")\nx = source.x -> standardize\ny = source.y -> category\n'


def table(count: int) -> str:
    return "x,y\n" + "".join(f"{number},{'ab'[number % 2]}\n" for number in range(count))


def blocks_of(data: OtherData) -> list[Examples]:
    return list(data.blocks())


# Data --------------------------------------------------------------------------------------------


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DataPlan, dict[str, object]]]:
    """The plan of a table, which is encoded in many small blocks, and what it has learnt."""
    (tmp_path / "t.csv").write_text(table(40))
    made = planned(tmp_path, TABLE)
    state = json.loads(json.dumps(made.load().state))
    monkeypatch.setattr(rows, "BLOCK", 64)
    monkeypatch.setattr("nndsl.data.encoding.BLOCK", 64)
    yield made, state


def test_other_data_come_in_blocks_that_make_up_all_of_them(plan: tuple[DataPlan, dict[str, object]], tmp_path: Path) -> None:
    made, state = plan
    (tmp_path / "new.csv").write_text(table(300))
    found = blocks_of(OtherData(made, tmp_path / "new.csv", state, ["x"]))
    assert len(found) > 10
    together = made.encode(tmp_path / "new.csv", state, ["x"])
    np.testing.assert_array_equal(np.concatenate([one.rows for one in found]), np.arange(300))
    np.testing.assert_array_equal(np.concatenate([one.fields["x"] for one in found]), together.fields["x"])
    assert together.fields["x"].std() > 1 and (np.diff(together.fields["x"]) > 0).all()


def test_all_wrong_values_are_told_however_far_apart(plan: tuple[DataPlan, dict[str, object]], tmp_path: Path) -> None:
    made, state = plan
    (tmp_path / "new.csv").write_text(table(300).replace("\n5,", "\nfive,").replace("\n250,", "\nmany,"))
    given_before: list[Examples] = []
    with pytest.raises(UserError, match='NN520: new.csv, line 7, column `x`: "five" is not a number') as wrong:
        given_before += OtherData(made, tmp_path / "new.csv", state, ["x"]).blocks()
    assert [note.message for note in wrong.value.diagnostics[0].notes] == ['line 252: "many" is not a number']


def test_columns_that_new_data_lack_are_named_at_once_with_those_that_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("length,width,mass,y\n1,2,3,a\n2,3,4,b\n")
    made = planned(tmp_path, 'source = csv("t.csv")\nsize = (source.length, source.width) -> float\nmass = source.mass -> float\ny = source.y -> category')
    state = made.load().state
    (tmp_path / "new.csv").write_text("lenght,width,colour,y\n1,2,red,a\n")
    with pytest.raises(UserError) as wrong:
        made.encode(tmp_path / "new.csv", state, ["size", "mass"])
    (said,) = wrong.value.diagnostics
    assert said.message == "new.csv has no columns `length` and `mass`, which the fields `size` and `mass` are made of"
    assert said.repair == "rename `lenght` to `length`"
    assert [note.message for note in said.notes] == ["the training did not use `colour`"]


def test_a_series_has_to_fit_into_memory(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(table(40))
    made = planned(tmp_path, 'source = csv("t.csv")\nx = source.x -> float -> windows(3)\nsplit = order(train=0.5, test=0.5)')
    state = made.load().state
    assert len(made.encode(tmp_path / "t.csv", state, ["x"])) == 38
    with pytest.raises(UserError, match="NN750: t.csv takes more than the 100 bytes .* windows over a series are cut from all of it"):
        blocks_of(OtherData(made, tmp_path / "t.csv", state, ["x"], Room(100)))


def test_a_folder_of_files_is_one_table_in_the_order_of_their_names(plan: tuple[DataPlan, dict[str, object]], tmp_path: Path) -> None:
    made, state = plan
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "b.csv").write_text("x\n3\n4\n")
    (folder / "a.csv").write_text("x,more\n1,0\n2,0\n")
    (folder / "notes.txt").write_text("none of them")
    found = made.encode(folder, state, ["x"])
    assert found.labels["file"] == ["a.csv", "a.csv", "b.csv", "b.csv"] and (np.diff(found.fields["x"]) > 0).all()
    (folder / "b.csv").write_text("x\n3\nfour\n")
    with pytest.raises(UserError, match='NN520: parts, b.csv, line 3, column `x`: "four" is not a number'):
        made.encode(folder, state, ["x"])
    (tmp_path / "none").mkdir()
    with pytest.raises(UserError, match="NN502: there is no file in .* that ends in .csv"):
        made.encode(tmp_path / "none", state, ["x"])


def test_standard_input_is_read_as_the_file_of_the_training(
    plan: tuple[DataPlan, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    made, state = plan
    for sent in (b"x\n1\nno\n", gzip.compress(b"x\n1\nno\n")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sent)))
        with pytest.raises(UserError, match='NN520: stdin.csv(.gz)?, line 3, column `x`: "no" is not a number'):
            made.encode(standard_input.DASH, state, ["x"])


@pytest.mark.parametrize(("example", "batch", "fewest", "most"), [("penguins", 32, 1024, 1024), ("authors", 64, 65, 1023), ("penguins", 5000, 5000, 5000)])
def test_examples_are_asked_about_together_as_far_as_memory_allows(example: str, batch: int, fewest: int, most: int) -> None:
    path = EXAMPLES / example / f"{example}.nn"
    program, _ = check(Source(path.name, re.sub(r"batch( +)= \d+", f"batch = {batch}", path.read_text(encoding="utf-8")), path))
    training = program.training()
    count, memory = together(training), needed(training)
    assert training.batch == batch and fewest <= count <= most
    assert memory is not None and memory.activations / batch * count <= 64 * 2**20


def test_half_a_character_in_columns_that_a_program_hands_over_is_told_as_such() -> None:
    with pytest.raises(Unreadable, match="column `sex` of the data holds half a character"):
        RowsInMemory({"sex": ["male", "\ud800"]}, {"sex": Texts()})


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 7))
def test_batches_are_of_one_size_whatever_the_blocks(sizes: list[int], size: int) -> None:
    values = np.arange(sum(sizes))
    ends = np.cumsum([0, *sizes])
    source = RowsInMemory({}, {})
    blocks = [Examples({"x": values[low:high]}, values[low:high], source, labels={"n": [*range(low, high)]}) for low, high in pairwise(ends.tolist())]
    found = list(batches(blocks, size))
    assert [len(one) for one in found[:-1]] == [size] * (len(found) - 1) and 0 < len(found[-1]) <= size
    assert [*np.concatenate([one.fields["x"] for one in found])] == [label for one in found for label in one.labels["n"]] == [*values]


# Figures -----------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60), st.integers(1, 20))
def test_classes_are_counted_in_parts_as_together(pairs: list[tuple[int, int]], size: int) -> None:
    truth, said = np.array(pairs).T
    whole, parts = Classes(list("abcd")), Classes(list("abcd"))
    whole.add(truth, said)
    for start in range(0, len(truth), size):
        parts.add(truth[start : start + size], said[start : start + size])
    figures = parts.figures()
    assert figures == whole.figures()
    assert sum(map(sum, figures.confusion)) == len(pairs)
    for place, one in enumerate(figures.classes):
        assert one.support == (truth == place).sum() == sum(figures.confusion[place])
        assert one.recall == pytest.approx((said[truth == place] == place).mean() if one.support else 0)


@given(
    st.lists(st.tuples(st.floats(-9, 9, width=32), st.floats(-9, 9, width=32)), min_size=2, max_size=60), st.integers(1, 20),
    st.sampled_from([0.0, 1e6]),
)
def test_errors_are_added_up_in_parts_as_together(pairs: list[tuple[float, float]], size: int, far: float) -> None:
    truth, said = np.array(pairs).T + far
    tally = Errors()
    for start in range(0, len(truth), size):
        tally.add(truth[start : start + size], said[start : start + size])
    figures, rest, spread = tally.figures(), truth - said, np.square(truth - truth.mean()).sum()
    assert figures["mae"] == pytest.approx(np.abs(rest).mean(), rel=1e-12)
    assert figures["rmse"] == pytest.approx(np.sqrt(np.square(rest).mean()), rel=1e-12)
    if spread > 1e-3:
        assert figures["r2"] == pytest.approx(1 - np.square(rest).sum() / spread, rel=1e-6, abs=1e-9)


def test_no_numbers_have_no_errors() -> None:
    tally = Errors()
    tally.add(np.zeros(0), np.zeros(0))
    assert tally.figures() == {"mae": 0.0, "rmse": 0.0, "r2": 0.0}


# Files -------------------------------------------------------------------------------------------

PARTS = [
    Predictions({"file": [None, "b"], "label": ["x", "y,\n"], "p": [0.25, float("nan")], "image": [[[1.0], [2.0]], [[3.0], [4.5]]]}),
    Predictions({"file": ["c"], "label": ["é"], "p": [1.0], "image": [[[5.0], [6.0]]]}),
]
ROWS = joined(PARTS).rows()


def put(path: Path) -> None:
    with written(path, TABLES[path.suffix], io.StringIO()) as file:
        for one in PARTS:
            file.add(one)


@pytest.mark.parametrize("ending", TABLES)
def test_predictions_are_the_same_in_every_kind_of_file(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"said{ending}"
    put(path)
    match ending:
        case ".csv":
            read = [dict(one) for one in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))]
            found = [{**one, "file": one["file"] or None, "p": None if one["p"] == "nan" else float(one["p"]), "image": json.loads(one["image"])} for one in read]
        case ".json":
            found = json.loads(path.read_text(encoding="utf-8"))
            assert path.read_text(encoding="utf-8") == json.dumps(ROWS, indent=2, ensure_ascii=False) + "\n" == joined(PARTS).as_json()
        case ".jsonl":
            found = list(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
        case _:
            found = [{**one, "p": None if one["p"] != one["p"] else one["p"]} for one in parquet.read_table(path).to_pylist()]
    assert found == ROWS


@pytest.mark.parametrize("ending", TABLES)
@pytest.mark.parametrize("failure", [KeyboardInterrupt, UserError])
def test_what_fails_or_is_interrupted_leaves_what_was_there(ending: str, failure: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / f"said{ending}"
    path.write_text("before")
    output = io.StringIO()
    for target in (path, None):
        with pytest.raises(failure), written(target, TABLES[ending if target else ".csv"], output) as file:
            file.add(PARTS[0])
            raise failure
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert (path.read_text(), output.getvalue()) == ("before", "")


def test_no_predictions_are_an_empty_list() -> None:
    assert (Predictions({}).as_json(), Predictions({}).as_csv()) == ("[]\n", "")
