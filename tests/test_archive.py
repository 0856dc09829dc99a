"""Runs in folders: listed, sorted, compared, also where a folder is damaged, or was made to do harm."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from nndsl.archive.comparing import differences, histories
from nndsl.archive.entries import best_of, entries, entry, sorted_by
from nndsl.cli import main
from nndsl.diagnostics import UserError
from nndsl.records import as_yaml
from nndsl.run import locked

ROOT = Path(__file__).parents[1]
SETTINGS: dict[str, Any] = {
    "training": "Digits", "status": "finished", "started": "2026-01-02T03:04:05+00:00", "seconds": 61.0, "best_epoch": 2,
    "settings": {
        "epochs": 3, "seed": 1, "optimizer": [{"Adam": {"learning_rate": 0.1}}], "metrics": ["accuracy"], "early_stopping": None,
    },
    "parameters": {"width": 8}, "data": {"name": "D", "sha256": "ab" * 32, "examples": {"train": 3}}, "source": "/x/digits.nn",
    "spec": {"/x/digits.nn": "cd" * 32}, "versions": {"keras": "3.15"}, "hardware": {"cores": 2}, "asked": {"overrides": {}, "data": None},
    "better": {"loss": "min", "accuracy": "max"},
}


def made(folder: Path, *, losses: tuple[float, ...] = (0.5, 0.25, 0.75), accuracy: float = 0.9, **settings: Any) -> Path:
    """The folder of a run, as a training leaves it, as far as a list needs it."""
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "run.yaml").write_text(as_yaml({**SETTINGS, **settings}), encoding="utf-8")
    rows = [f"{number},{loss},{loss + 1}" for number, loss in enumerate(losses, 1)]
    (folder / "metrics.csv").write_text("\n".join(["epoch,loss,val_loss", *rows, ""]), encoding="utf-8")
    told = {"split": "test", "examples": 9, "epoch": 2, "figures": {"loss": losses[1], "accuracy": accuracy}, "outputs": {}}
    (folder / "evaluation.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "spec.nn").write_text(f"# width {settings.get('parameters', SETTINGS['parameters'])}\nnetwork N\n", encoding="utf-8")
    return folder


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs of one training and one of another."""
    monkeypatch.chdir(tmp_path)
    made(tmp_path / "runs" / "digits" / "001")
    made(tmp_path / "runs" / "digits" / "010", losses=(0.5, 0.125), accuracy=0.8, parameters={"width": 16}, status="stopped early")
    made(tmp_path / "runs" / "apes" / "002", losses=(0.5, 0.5), accuracy=0.7, training="Apes")
    (tmp_path / "runs" / "digits" / "latest").symlink_to("010")
    (tmp_path / "runs" / ".data").mkdir()
    return tmp_path / "runs"


def test_a_list_has_every_run_once_by_name_and_number(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [one.name for one in entries(runs)] == ["apes/002", "digits/001", "digits/010"]
    assert [one.name for one in entries(runs / "digits")] == ["digits/001", "digits/010"]
    assert main(["runs"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["run", "state", "started", "took", "epochs", "best", "epoch", "on", "test", "examples"]
    assert lines[1].split("  ")[0] == "digits/001"
    assert re.split(" {2,}", lines[1]) == ["digits/001", "finished", "2026-01-02 03:04", "1 min 1 s", "3/3", "2: val_loss 1.25", "accuracy 0.9"]
    assert main(["runs", "--name", "ap*"]) == 0
    assert capsys.readouterr().out.count("\n") == 2


def test_the_best_comes_first_whichever_way_is_good(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = entries(runs)
    assert [one.name for one in sorted_by(found, "test_accuracy")] == ["digits/001", "digits/010", "apes/002"]
    assert [one.name for one in sorted_by(found, "val_loss")] == ["digits/010", "digits/001", "apes/002"]
    assert [one.name for one in best_of(found, "test_accuracy")] == ["digits/001"]
    assert main(["runs", "--sort", "accurracy"]) == 1
    said = capsys.readouterr().err
    assert "error[NN831]: no run has the figure `accurracy`" in said and "test_accuracy" in said


def test_a_figure_that_is_not_finite_is_never_the_best(runs: Path) -> None:
    made(runs / "digits" / "011", losses=(float("nan"), float("nan")))
    assert sorted_by(entries(runs), "loss")[-1].name == "digits/011"
    assert [one.name for one in best_of(entries(runs), "loss")] == ["digits/010"]


def test_comparing_tells_what_differs_and_marks_the_best(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = [entry(runs / "digits" / "001"), entry(runs / "digits" / "latest")]
    assert differences(pair) == {"param width": ["8", "16"]}
    assert main(["runs", "runs/digits/001", "runs/digits/latest"]) == 0
    said = capsys.readouterr().out
    assert "test_accuracy         0.9*        0.8" in said and "+# width {'width': 16}" in said
    assert main(["runs", "compare", "runs/digits/001", "runs/digits/010", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["best"]["val_loss"] == [str(runs / "digits" / "010")] and len(told["runs"]) == 2


def test_the_page_of_a_comparison_has_the_curves_of_all(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(runs / "digits" / "012", training="<script>alert(1)</script>", parameters={"<b>": "</pre>"})
    assert main(["runs", "compare", "runs/digits/001", "runs/digits/012", "--html", "both.html"]) == 0
    assert capsys.readouterr().out == "both.html  2 runs\n"
    html = Path("both.html").read_text(encoding="utf-8")
    seen: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append(tag)

    Reader().feed(html)
    assert seen.count("svg") == 2 and seen.count("polyline") == 4
    assert not {"script", "b", "link", "img"} & set(seen)
    assert {name: [one.name for one, _ in pairs] for name, pairs in histories(entries(runs / "digits")).items()}["loss"] == ["digits/001", "digits/010", "digits/012"]
    assert main(["runs", "--html", "all.html"]) == 0 and main(["runs", "--html", "all.pdf"]) == 2
    assert "<svg" not in Path("all.html").read_text(encoding="utf-8")


def test_a_page_of_runs_leads_to_the_page_of_each_that_has_one(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = made(runs / "a & b" / "001")
    (folder / "report.html").write_text("<h1>one</h1>", encoding="utf-8")
    monkeypatch.chdir(runs / "digits")
    (runs / "pages").mkdir()
    assert main(["runs", str(runs), "--html", "../pages/all.html"]) == 0
    html = (runs / "pages" / "all.html").read_text(encoding="utf-8")
    assert re.findall(r'<a href="([^"]*)">([^<]*)</a>', html) == [("../a%20%26%20b/001/report.html", "a &amp; b/001")]


def test_a_run_that_has_not_ended_runs_or_was_killed(runs: Path) -> None:
    folder = made(runs / "digits" / "003", status="running")
    assert entry(folder).state == "killed"
    with locked(folder):
        assert entry(folder).state == "running"





def _no_yaml(folder: Path) -> None:
    (folder / "run.yaml").unlink()


def _cut(folder: Path) -> None:
    text = (folder / "run.yaml").read_text(encoding="utf-8")
    (folder / "run.yaml").write_text(text[: len(text) // 2], encoding="utf-8")


def _code(folder: Path) -> None:
    (folder / "run.yaml").write_text("training: !!python/object/apply:os.mkdir ['trapped']\n", encoding="utf-8")


def _deep(folder: Path) -> None:
    (folder / "run.yaml").write_text("[" * 100_000, encoding="utf-8")


def _dashes(folder: Path) -> None:
    (folder / "run.yaml").write_text("- " * 100_000, encoding="utf-8")


def _garbage(folder: Path) -> None:
    (folder / "metrics.csv").write_bytes(b"epoch,loss\n1,\x00\xff\n")


def _wrong_evaluation(folder: Path) -> None:
    (folder / "evaluation.json").write_text('{"split": [], "outputs": [1], "figures": 3}', encoding="utf-8")


def _half_evaluation(folder: Path) -> None:
    (folder / "evaluation.json").write_text('{"split": "te', encoding="utf-8")


def _wide(folder: Path) -> None:
    (folder / "metrics.csv").write_text("epoch,loss\n1," + "9" * 200_000 + "\n", encoding="utf-8")


def _other_history(folder: Path) -> None:
    (folder / "metrics.csv").write_text("a,b\n1,2\n", encoding="utf-8")


@pytest.mark.parametrize("harm", [_no_yaml, _cut, _code, _deep, _dashes, _garbage, _wrong_evaluation, _half_evaluation, _wide, _other_history])
def test_a_damaged_run_is_listed_in_words(harm: Callable[[Path], None], runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    harm(runs / "digits" / "001")
    assert main(["runs", "--json"]) == 0
    told = {Path(one["run"]).name: one for one in json.loads(capsys.readouterr().out)}
    assert len(told) == 3 and told["001"]["state"] == "unreadable" and told["001"]["problem"]
    assert main(["runs"]) == 0
    assert f"digits/001 cannot be read: {told['001']['problem']}" in capsys.readouterr().out
    assert main(["runs", "runs/digits/001", "runs/digits/010"]) == 1
    assert "error[NN715]" in capsys.readouterr().err
    assert not Path("trapped").exists()


def test_a_file_that_refers_to_itself_again_and_again_ends_soon(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = as_yaml({**SETTINGS, "parameters": None}).replace("parameters: null", "parameters: &a0\n  x: 1\n" + "")
    bomb = "\n".join(f"bomb{place}: &a{place} {{l: *a{place - 1}, r: *a{place - 1}}}" for place in range(1, 60))
    (runs / "digits" / "001" / "run.yaml").write_text(f"{text}\n{bomb}\nhardware: *a59\n", encoding="utf-8")
    assert main(["runs", "runs/digits/001", "runs/digits/010"]) == 0
    assert "param width" in capsys.readouterr().out


def test_no_folder_no_runs_and_too_few_are_said(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match="NN830"):
        entries(runs / "nowhere")
    assert main(["runs", "nowhere"]) == 1 and "error[NN830]" in capsys.readouterr().err
    assert main(["runs", "runs/.data"]) == 0 and "there are no runs in runs/.data" in capsys.readouterr().out
    assert main(["runs", "compare", "runs/digits/001"]) == 2
    assert main(["runs", "runs/digits/001"]) == 0 and "digits/001" in capsys.readouterr().out


def test_listing_runs_loads_neither_tensorflow_nor_numpy(runs: Path) -> None:
    code = f"import sys; from nndsl.cli import main; assert main(['runs', {str(runs)!r}]) == 0; print(*{{'tensorflow', 'keras', 'numpy'}} & set(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
