"""Runs, from the command line: made, and asked afterwards."""

import json
from pathlib import Path

import pytest

from nndsl.cli import main
from tests.commands.asked import PENGUINS, Command


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short training of the penguins."""
    runs = tmp_path_factory.mktemp("runs")
    assert main(["train", str(PENGUINS), "--epochs", "2", "--runs", str(runs), "--seed", "7"]) == 0
    return runs / "penguinspecies" / "001"


def test_training_ends_with_the_accuracy_and_the_path(nndsl: Command) -> None:
    said = nndsl("train", str(PENGUINS), "--epochs", "1", "--set", "width=8")
    first, second = said.out.splitlines()
    assert said.code == 0
    assert first.startswith("accuracy ") and "on 69 test examples, by the model of epoch 1" in first
    assert second == f"run: {Path('runs/penguinspecies/001').resolve()}"
    assert said.err.startswith("epoch 1/1  loss ") and said.err.count("\n") == 1


def test_a_run_is_evaluated_as_it_was(nndsl: Command, run: Path) -> None:
    said = nndsl("evaluate", str(run.parent / "latest"))
    assert said.code == 0
    assert "on 69 test examples" in said.out and "\n  Gentoo " in said.out
    figures = json.loads(nndsl("evaluate", str(run), "--json").out)
    assert figures["examples"] == 69
    assert figures["figures"] == json.loads((run / "evaluation.json").read_text(encoding="utf-8"))["figures"]


def test_predictions_are_a_table_or_json_one_for_each_row(nndsl: Command, run: Path) -> None:
    rows = (PENGUINS.parent / "penguins.csv").read_text(encoding="utf-8").splitlines()[:4]
    Path("new.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    table = nndsl("predict", str(run), "new.csv")
    assert table.code == 0
    assert table.out.splitlines()[0] == "species,p_Adelie,p_Chinstrap,p_Gentoo" and len(table.out.splitlines()) == 4
    told = json.loads(nndsl("predict", str(run), "new.csv", "--json").out)
    assert [one["species"] for one in told] == [line.partition(",")[0] for line in table.out.splitlines()[1:]]
    assert nndsl("predict", str(run), "new.csv", "-o", "said.csv").out == "said.csv  3 predictions\n"
    refused = nndsl("predict", str(run), "new.csv", "-o", "said.npz")
    assert (refused.code, refused.err) == (2, "nndsl predict: said.npz ends in none of .csv, .json, .jsonl, .parquet\n")
    assert Path("said.csv").read_text(encoding="utf-8") == table.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["evaluate", "nowhere"], "NN715"),
        (["evaluate", "good.nn"], "NN715"),
        (["predict", "nowhere", "new.csv"], "NN715"),
        (["summary", "wrong.nn"], "NN202"),
        (["summary", "nope.nn"], "NN101"),
    ],
    ids=" ".join,
)
def test_a_failure_is_one_clear_message_or_json(nndsl: Command, arguments: list[str], code: str) -> None:
    said = nndsl(*arguments)
    assert (said.code, said.out) == (1, "")
    assert f"error[{code}]" in said.err and said.err.endswith("1 error\n")
    told = nndsl(*arguments, "--json")
    assert (told.code, told.err) == (1, "")
    assert [one["code"] for one in json.loads(told.out)["diagnostics"]] == [code]


def test_a_wrong_name_is_json_too(nndsl: Command) -> None:
    said = nndsl("summary", "good.nn", "Nett", "--json")
    assert said.code == 2
    assert json.loads(said.out)["diagnostics"][0]["message"] == "the file has no network called Nett; did you mean Net?"


def test_a_run_that_cannot_be_resumed_or_written_is_said(nndsl: Command, run: Path) -> None:
    Path("file").touch()
    assert "error[NN715]" in nndsl("train", str(PENGUINS), "--resume", "nowhere").err
    assert "error[NN718]" in nndsl("train", str(PENGUINS), "--resume", str(run), "--set", "width=64").err
    assert "error[NN711]" in nndsl("train", str(PENGUINS), "--runs", "file").err
    assert "error[NN502]" in nndsl("train", str(PENGUINS), "--data", "nope.csv").err
    assert sorted(path.name for path in Path().iterdir()) == ["file", "good.nn", "two.nn", "wrong.nn"]


def test_figures_that_are_no_numbers_are_null_in_json() -> None:
    from nndsl.evaluation import Evaluation, OutputFigures
    from nndsl.predictions import Predictions

    nan, inf = float("nan"), float("inf")
    evaluation = Evaluation("test", 1, None, {"loss": nan}, {"y": OutputFigures(errors={"mae": -inf})})
    assert json.loads(evaluation.as_json(), parse_constant=pytest.fail)["figures"] == {"loss": None}
    assert json.loads(Predictions({"y": [[nan, 1.0], [2.0, inf]]}).as_json(), parse_constant=pytest.fail) == [{"y": [None, 1.0]}, {"y": [2.0, None]}]
