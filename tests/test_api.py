"""nndsl in Python: what a person types into a notebook."""

from pathlib import Path

import pytest

import nndsl
from nndsl.diagnostics import UserError
from nndsl.driver import check
from nndsl.program import NoSuchName
from nndsl.run import Run
from nndsl.syntax.reading import read_source

EXAMPLES = Path(__file__).parents[1] / "examples"
PENGUINS = EXAMPLES / "penguins" / "penguins.nn"
NET = """\
param width = 4
param sizes = [3, 2]

network Net {
  "Small < large"
  input x: float[3]
  h = x -> Dense(width, activation=relu)
  for size in sizes { h = h -> Dense(size) }
  output y = h -> Dense(2)
}
"""
WRONG = NET.replace("relu", "rellu")


def test_a_file_is_loaded_with_what_it_declares() -> None:
    program = nndsl.load(PENGUINS)
    assert set(program.checked.networks) == {"PenguinNet"}
    assert set(program.checked.trainings) == {"PenguinSpecies"}
    assert repr(program) == f"<nndsl program {PENGUINS}: PenguinNet, PenguinSpecies>"


def test_every_public_name_is_there() -> None:
    assert all(hasattr(nndsl, name) for name in nndsl.__all__)
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        nndsl.laod  # noqa: B018


def test_parameters_are_set_by_keyword() -> None:
    assert "Dense(9, relu)" in nndsl.loads(NET, width=9).summary()
    assert "Dense(7)" in nndsl.loads(NET, sizes=[7]).summary()


def test_the_graph_is_a_networkx_graph_from_inputs_to_outputs() -> None:
    import networkx

    graph = nndsl.loads(NET).graph
    assert isinstance(graph, networkx.MultiDiGraph)
    assert networkx.is_directed_acyclic_graph(graph)
    assert graph.number_of_nodes() == 5 and graph.number_of_edges() == 4


def test_a_model_is_one_of_keras_with_the_parameters_that_the_check_counted() -> None:
    import keras

    from nndsl import costs

    program = nndsl.loads(NET, width=5)
    model = program.model()
    assert isinstance(model, keras.Model)
    assert model.count_params() == costs.params(program.checked.network().graph)
    assert program.model() is not model


def test_a_summary_and_a_diagram_are_texts() -> None:
    program = nndsl.loads(NET)
    assert "parameters  45" in program.summary("Net")
    assert program.svg().startswith("<svg") and program.svg(dark=True) != program.svg()


def test_a_notebook_shows_every_network_with_its_name_and_documentation() -> None:
    program = nndsl.loads(NET + NET.replace("Net", "Other").partition("\n\n")[2])
    html = program._repr_html_()
    assert html.count("<svg") == 2
    assert "<b>Net</b> Small &lt; large" in html and "<b>Other</b>" in html


def test_a_notebook_can_show_two_programs_without_their_styles_meeting() -> None:
    """Names within an SVG are global in a page."""
    import re

    one, other = nndsl.loads(NET), nndsl.loads(NET, width=9)
    ids = [set(re.findall(r'\bid="([^"]+)"', program._repr_html_())) for program in (one, other)]
    assert all(ids) and not ids[0] & ids[1]


# Refusals ----------------------------------------------------------------------------------------


def test_a_wrong_file_raises_what_the_command_line_prints() -> None:
    with pytest.raises(nndsl.Refused) as refused:
        nndsl.loads(WRONG, name="net.nn")
    text = str(refused.value)
    assert text.startswith("error[NN203]: `activation` of Dense is an activation or none, not `rellu`\n --> net.nn:7:36\n")
    assert "did you mean `relu`?" in text
    assert [one.code for one in refused.value.diagnostics] == ["NN203"]
    assert isinstance(refused.value, UserError)


def test_all_mistakes_are_raised_at_once() -> None:
    with pytest.raises(nndsl.Refused) as refused:
        nndsl.loads(WRONG.replace("Dense(2)", "Dense(2, unitz=3)"))
    assert [one.code for one in refused.value.diagnostics] == ["NN203", "NN202"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda folder: nndsl.load(folder / "nope.nn"), "NN101"),
        (lambda folder: nndsl.load(folder), "NN101"),
        (lambda folder: nndsl.loads(NET, widht=3), "NN221"),
        (lambda folder: nndsl.loads(NET, width="wide"), "NN222"),
        (lambda folder: nndsl.load(PENGUINS, data=folder / "nope.csv"), "NN502"),
        (lambda folder: nndsl.evaluate(folder / "nope"), "NN715"),
        (lambda folder: nndsl.predict(folder / "nope", "new.csv"), "NN715"),
        (lambda folder: nndsl.load(PENGUINS).train(resume=folder / "nope"), "NN715"),
    ],
)
def test_everything_that_cannot_be_done_is_refused_with_a_code(call: object, code: str, tmp_path: Path) -> None:
    with pytest.raises(nndsl.Refused) as refused:
        call(tmp_path)  # type: ignore[operator]
    assert refused.value.diagnostics[0].code == code
    assert str(refused.value).startswith(f"error[{code}]: ")


def test_a_name_that_is_not_there_is_no_such_name() -> None:
    program = nndsl.loads(NET)
    with pytest.raises(NoSuchName, match="no network called Nett; did you mean Net?"):
        program.model("Nett")
    with pytest.raises(NoSuchName, match="the file has no training"):
        program.train()


def test_warnings_are_in_the_report() -> None:
    program = nndsl.loads("param unused = 3\n" + NET)
    assert [one.code for one in program.report] == ["NN401"]


def test_the_report_is_that_of_the_command_line() -> None:
    _, report = check(read_source(PENGUINS))
    assert list(nndsl.load(PENGUINS).report) == list(report)


# Runs --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return nndsl.load(PENGUINS, width=8).train(epochs=2, seed=3, folder=tmp_path_factory.mktemp("runs"))


def test_a_training_is_a_run_with_its_history(run: Run) -> None:
    assert [row["epoch"] for row in run.history] == [1, 2]
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(run.history[0])
    assert run.status == "finished"
    assert run.evaluation is not None and run.evaluation.examples == 69
    assert run.settings["parameters"] == {"width": 8} and run.settings["settings"]["seed"] == 3


def test_a_run_is_evaluated_by_itself_or_by_its_folder(run: Run) -> None:
    assert run.evaluation is not None
    for given in (run, run.folder, str(run.folder)):
        assert nndsl.evaluate(given).figures == pytest.approx(dict(run.evaluation.figures))


def test_predictions_are_made_for_files_and_for_columns(run: Run) -> None:
    columns = {
        "bill_length_mm": [39.1, 46.5], "bill_depth_mm": [18.7, 17.9], "flipper_length_mm": [181, 192], "body_mass_g": [3750, 3500],
        "sex": ["male", "female"], "island": ["Torgersen", "Dream"],
    }
    said = nndsl.predict(run, columns)
    assert len(said) == 2
    assert set(said.columns) == {"species", "p_Adelie", "p_Chinstrap", "p_Gentoo"}
    assert len(nndsl.predict(run.folder, PENGUINS.parent / "penguins.csv")) == 344


def test_a_run_goes_on_where_it_ended(run: Run, tmp_path: Path) -> None:
    program = nndsl.load(PENGUINS, width=8)
    first = program.train(epochs=1, seed=3, folder=tmp_path)
    resumed = program.train(epochs=2, resume=first.folder)
    assert resumed.folder == first.folder
    assert [{**row, "seconds": 0.0} for row in resumed.history] == [{**row, "seconds": 0.0} for row in run.history]


def test_a_text_without_a_file_is_trained_and_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PENGUINS.read_text(encoding="utf-8").replace('csv("penguins.csv")', "dataset(penguins)")
    monkeypatch.chdir(tmp_path)
    trained = nndsl.loads(text).train(epochs=1)
    monkeypatch.chdir("/")
    assert nndsl.evaluate(trained.folder).examples == 69
