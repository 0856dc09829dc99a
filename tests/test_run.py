"""The folder of a run: its number, its lock, its metrics, its record; and what a person sees of a run."""

import io
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nndsl import run as runs
from nndsl.diagnostics import UserError
from nndsl.evaluation import ClassFigures, Evaluation, OutputFigures
from nndsl.figures import Row, add_metrics, read_metrics, write_metrics
from nndsl.index import complete_index
from nndsl.live import Live, progress_on
from nndsl.monitor import best_epoch, should_stop
from nndsl.predictions import Predictions
from nndsl.program import EarlyStopping
from nndsl.progress import Lines, Progress, duration_text
from nndsl.records import SECTIONS, as_yaml
from nndsl.run import Run

# Folders -----------------------------------------------------------------------------------------


def test_runs_that_start_at_the_same_time_get_folders_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        folders = list(threads.map(lambda _: runs.new_folder(tmp_path, "Task"), range(24)))
    assert sorted(folder.name for folder in folders) == [f"{number:03}" for number in range(1, 25)]
    assert all((folder / "checkpoints").is_dir() for folder in folders)


def test_a_number_is_not_used_again_and_may_have_more_than_three_digits(tmp_path: Path) -> None:
    (tmp_path / "task" / "999").mkdir(parents=True)
    assert runs.new_folder(tmp_path, "Task").name == "1000"
    (tmp_path / "task" / "999").rmdir()
    assert runs.new_folder(tmp_path, "Task").name == "1001"


def test_latest_points_to_the_newest_also_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("link", "file"):
        folder = runs.new_folder(tmp_path, "task")
        runs.point_latest(folder)
        latest = tmp_path / "task" / "latest"
        assert latest.is_symlink() == (kind == "link")
        assert runs.resolved(latest) == folder
        latest.unlink()
        monkeypatch.setattr(Path, "symlink_to", _no_links)


def _no_links(*_: object, **__: object) -> None:
    raise OSError("no links here")


def test_one_process_at_a_time_trains_in_a_folder(tmp_path: Path) -> None:
    with runs.locked(tmp_path), pytest.raises(UserError, match="NN716: another process is training in"), runs.locked(tmp_path):
        pass
    with runs.locked(tmp_path):
        assert (tmp_path / ".lock").exists()


def test_a_blocking_failure_within_the_lock_is_not_taken_for_the_lock(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), runs.locked(tmp_path):
        raise BlockingIOError


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="NN711: cannot write .*: permission denied"):
        runs.new_folder(tmp_path, "task")


def test_a_new_folder_is_gone_if_its_first_files_cannot_be_written(tmp_path: Path) -> None:
    folder = runs.new_folder(tmp_path, "task")
    with pytest.raises(OSError, match="full"), runs.removed_if_it_fails(folder):
        (folder / "spec.nn").write_text("something")
        raise OSError("full")
    assert not folder.exists()


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "training: T\n", "a: [\n", "\x00", "training: T\nstatus: [1]\n"])
def test_a_run_yaml_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(text)
    with pytest.raises(UserError, match="NN715: .* is not a run: its run.yaml"):
        Run.open(tmp_path)


@pytest.mark.parametrize(("name", "text"), [("metrics.csv", "epoch,loss\none,two\n"), ("metrics.csv", "a\n1,2\n"), ("evaluation.json", "[]"), ("evaluation.json", "{")])
def test_figures_that_somebody_has_changed_are_told(name: str, text: str, tmp_path: Path) -> None:
    sections = {name: "x" if kind is str else {} for name, kind in SECTIONS.items()} | {
        "settings": {"epochs": 1, "seed": 0}, "data": {"name": "D", "sha256": "0"}, "asked": {"overrides": {}, "data": None}, "spec": {"x": "0"},
    }
    (tmp_path / "run.yaml").write_text(as_yaml(sections))
    assert Run.open(tmp_path).status == "x"
    (tmp_path / name).write_text(text)
    with pytest.raises(UserError, match="NN715: .* is not what was written"):
        Run.open(tmp_path)


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"columns": {}, "encoders": []}', "\udcff"])
def test_what_was_learnt_from_data_is_told_where_it_cannot_be_read(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "data.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UserError, match="NN715: .* is not a run: its data.json"):
        Run(tmp_path, {}).data_state()


TESTS = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("test_*.py"))


@pytest.mark.parametrize("code", sorted(code for code in complete_index() if code.startswith("NN7")))
def test_a_diagnostic_of_runs_is_made_to_happen(code: str) -> None:
    """What is expected somewhere: of a text that is printed, of a message, or as the code of what was found."""
    assert re.search(rf"{code}\b.*[:\]]|== [\[(]?\"{code}\"|\"{code}\" in said", TESTS)


# Metrics -----------------------------------------------------------------------------------------

numbers = st.floats(allow_nan=False)
histories = st.lists(st.tuples(st.integers(1, 9), numbers, numbers), max_size=5).map(
    lambda rows: [dict(zip(("epoch", "loss", "val_loss"), row, strict=True)) for row in rows]
)


@settings(max_examples=50)
@given(history=histories, written=st.integers(0, 5))
def test_metrics_are_read_to_the_last_digit_however_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, history: list[Row], written: int
) -> None:
    path = tmp_path_factory.mktemp("metrics") / "metrics.csv"
    write_metrics(path, history[:written])
    for row in history[written:]:
        add_metrics(path, row)
    assert read_metrics(path) == history


def test_a_line_that_was_cut_off_is_no_line(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    write_metrics(path, [{"epoch": 1, "loss": 0.5}])
    whole = path.read_bytes()
    add_metrics(path, {"epoch": 2, "loss": 0.25})
    for length in range(len(whole), path.stat().st_size):
        path.write_bytes((whole + b"2,0.25\n")[:length])
        assert read_metrics(path) == [{"epoch": 1, "loss": 0.5}]


# Decisions between epochs ------------------------------------------------------------------------


def epochs_of_keras(figures: list[float], mode: str, patience: int, delta: float) -> int:
    """After how many epochs Keras stops."""
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    callback = keras.callbacks.EarlyStopping(monitor="figure", mode=mode, patience=patience, min_delta=delta)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, figure in enumerate(figures):
        callback.on_epoch_end(epoch, {"figure": figure})
        if model.stop_training:
            return epoch + 1
    return len(figures)


@settings(max_examples=60, deadline=None)
@given(
    figures=st.lists(st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.3, 1.0]), min_size=1, max_size=25), mode=st.sampled_from(["min", "max"]),
    patience=st.integers(0, 4), delta=st.sampled_from([0.0, 0.07]),
)
def test_training_stops_when_that_of_keras_would(figures: list[float], mode: str, patience: int, delta: float) -> None:
    rule = EarlyStopping("figure", patience, delta, mode)  # type: ignore[arg-type]
    rows = [{"figure": figure} for figure in figures]
    stops = [count for count in range(1, len(rows) + 1) if should_stop(rows[:count], rule)]
    assert (stops or [len(rows)])[0] == epochs_of_keras(figures, mode, patience, delta)


def test_the_best_epoch_is_the_first_of_equals_and_never_one_that_is_not_finite() -> None:
    rows = [{"epoch": place, "loss": value} for place, value in enumerate([float("nan"), 2.0, 1.0, 1.0, float("-inf")], 1)]
    assert best_epoch(rows, "loss", "min") == 3
    assert best_epoch(rows, "loss", "max") == 2
    assert best_epoch(rows[:1], "loss", "min") is None
    assert best_epoch([], "loss", "min") is None


# What a person sees ------------------------------------------------------------------------------

FIGURES = {"epoch": 2, "loss": 0.123456, "accuracy": 0.9, "made_learning_rate": 0.01, "learning_rate": 0.01}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO) -> str:
    """What a stream is told of a run."""
    progress = progress_on(stream)
    progress.begin(10, 50, 1)
    progress.advance(1, 50, 0.5)
    progress.busy("validating", 1, 2)
    progress.epoch(2, FIGURES, best=True)
    progress.say("[something] worth knowing")
    progress.end()
    return stream.getvalue()


def test_a_pipe_gets_a_line_an_epoch() -> None:
    assert isinstance(progress_on(io.StringIO()), Lines)
    first, second = told(io.StringIO()).splitlines()
    assert first.startswith("epoch  2/10  loss 0.1235  accuracy 0.9  0.")
    assert first.endswith(" s  best")
    assert second == "[something] worth knowing"


def test_a_pipe_gets_a_line_a_minute_where_something_takes_long() -> None:
    stream, now = io.StringIO(), [0.0]
    progress = Lines(stream, clock=lambda: now[0])
    for second in range(0, 200, 10):
        now[0] = second
        progress.busy("encoding", second, 200)
    assert stream.getvalue().splitlines() == ["encoding: 30%", "encoding: 60%", "encoding: 90%"]


def test_a_terminal_gets_a_bar_of_data_that_take_longer_than_a_second() -> None:
    stream, now = Terminal(), [0.0]
    progress = Live(stream, clock=lambda: now[0])
    progress.busy("encoding", 1, 9)
    assert not stream.getvalue()
    now[0] = 2.0
    progress.busy("encoding", 2, 9)
    progress.begin(10, 50, 1)
    progress.end()
    assert "encoding" in stream.getvalue() and "epoch  1/10" in stream.getvalue()


def test_a_terminal_gets_the_same_lines_above_a_bar() -> None:
    assert isinstance(progress_on(Terminal()), Live)
    shown = told(Terminal())
    assert "epoch  2/10  loss 0.1235  accuracy 0.9" in shown
    assert "[something] worth knowing" in shown


@pytest.mark.parametrize(
    ("seconds", "figures"),
    [
        ([30], "loss 0.5"),
        ([30, 0.1], "loss 0.5"),
        ([30, 0.1, 1.9], "loss 0.5  50 steps/s  7.0 s left"),
        ([30, 0.1, 1.9, 148], "loss 0.5  1 s a step  5 min 0 s left"),
    ],
)
def test_a_bar_tells_the_speed_and_the_time_left_once_it_knows_them(seconds: list[float], figures: str) -> None:
    """What 10 epochs of 50 steps show after so many; the first, which compiles, does not count."""
    stream, now = Terminal(), 100.0
    bar = Live(stream, lambda: now)
    bar.begin(10, 50, 1)
    for epoch, passed in enumerate(seconds, 1):
        now += passed
        bar.advance(epoch, 50, 0.5)
    bar.end()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert re.findall(r"epoch +(\d+)/10 ━+ ([^\r\n]+)", shown)[-1] == (str(len(seconds)), figures)


@pytest.mark.parametrize(("lines", "drawn"), [("40", True), ("20", False)])
def test_a_terminal_with_room_gets_curves_and_each_the_learning_rate_and_the_memory(
    lines: str, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", lines)
    stream, now = Terminal(), [0.0]
    live = Live(stream, lambda: now[0])
    rows = [{"epoch": place, "loss": 1 / place, "val_loss": 2 / place, "accuracy": 0.9, "learning_rate": 0.01} for place in (1, 2, 3)]
    live.begin(9, 50, 3, 32, rows[:2])
    for step in (25, 50):
        now[0] += 5
        live.advance(3, step, 0.5)
    live.busy("validating", 1, 4)
    live.epoch(3, rows[2], best=True)
    live.advance(4, 1, 0.5)
    live.end()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert re.search(r"validating +160 examples/s +1 min", shown), "what takes its time between steps leaves the speed standing"
    assert "160 examples/s" in shown and "learning rate 0.01   memory " in shown
    assert ("validation" in shown and "accuracy\n" in re.sub(" +\n", "\n", shown)) is drawn


def test_someone_who_wants_to_hear_nothing_can_be_told_everything() -> None:
    silent = Progress()
    silent.begin(1, 1, 1)
    silent.epoch(1, FIGURES, best=False)
    silent.end()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.97, "10 s"), (59.7, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")]
)
def test_a_time_is_told_as_people_say_it(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


# Figures -----------------------------------------------------------------------------------------


def test_figures_that_would_divide_by_0_are_0() -> None:
    assert ClassFigures.of("rare", 0, 0, 0) == ClassFigures("rare", 0, 0, 0, 0)
    half = ClassFigures.of("half", 2, 4, 8)
    assert (half.precision, half.recall, half.support) == (0.5, 0.25, 8)
    assert half.f1 == pytest.approx(1 / 3)


def test_an_evaluation_is_the_same_after_json() -> None:
    output = OutputFigures((ClassFigures.of("a", 1, 2, 2), ClassFigures.of("b", 0, 1, 1)), ((1, 1), (1, 0)), {})
    one = Evaluation("test", 3, None, {"loss": 0.5}, {"y": output})
    assert Evaluation.from_dict(one.as_dict()) == one
    assert one.headline() == "loss 0.5000 on 3 test examples, by the model"
    assert [line.split() for line in one.table().splitlines()[-2:]] == [["a", "1", "1"], ["b", "1", "0"]]


@pytest.mark.parametrize(("season", "said"), [(None, ""), (30.0, ""), (9.5, " (worse than a season before: 9.5)")])
def test_an_error_is_told_in_the_units_of_the_data_and_whether_a_plain_guess_is_better(season: float | None, said: str) -> None:
    errors = {"mae": 0.1, "mae_in_units": 12.346, **({} if season is None else {"season_mae_in_units": season})}
    one = Evaluation("test", 3, 7, {"loss": 0.5}, {"births": OutputFigures(errors=errors)})
    assert one.headline() == f"loss 0.5000, births off by 12.35{said} on 3 test examples, by the model of epoch 7"


def test_predictions_with_several_numbers_fit_into_a_cell() -> None:
    assert Predictions({"y": [[0.5, 1.0]], "z": ["a,b"]}).as_csv() == 'y,z\n"[0.5, 1.0]","a,b"\n'
    assert len(Predictions({})) == 0
