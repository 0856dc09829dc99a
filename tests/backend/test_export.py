"""Networks that leave: each format says what the network says, from raw numbers, in any number, by names; or nothing is written."""

import json
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import nndsl
from nndsl.backend.keras.export import formats
from nndsl.backend.keras.export.exporting import TOLERANCE, export
from nndsl.backend.keras.export.recurrence import plain_loops
from nndsl.cli import main
from nndsl.diagnostics import UserError
from nndsl.exported import Exported
from nndsl.run import Run
from tests.backend.trainings import parts, trained
from tests.exporting import refusals

TEXT = """
network Net {
  input measures: float[2]
  input kind: float[3]
  input class: int[6] < 9, padding=0
  h = class -> Embedding(9, 4) -> READER
  output label = concat(measures -> Dense(4, activation=gelu), h, kind) -> Dense(2, activation=softmax)
  output size = h -> Dense(1)
}

data Rows {
  source   = npz("data.npz")
  measures = source.measures -> fill(mean) -> standardize
  kind     = source.kind -> category(1, 2, 3) -> one_hot
  class    = source.tokens -> integer(below=9)
  label    = source.label -> category(no, yes)
  size     = source.size -> standardize -> reshape(1)
  split    = column(part, train=0, validation=1, test=2)
}

train Task {
  model     = Net
  data      = Rows
  loss      = (label=crossentropy, size=mse)
  optimizer = Adam(0.01)
  epochs    = 1
  precision = PRECISION
}
"""
ROOT = Path(__file__).parents[2]
COUNT = 52
FORMATS = {"keras": "net.keras", "savedmodel": "net", "onnx": "net.onnx", "tflite": "net.tflite"}


def text(reader: str = "GlobalAveragePooling1D", precision: str = "float32") -> str:
    return TEXT.replace("READER", reader).replace("PRECISION", precision)


def arrays() -> dict[str, Any]:
    """Numbers far from zero, some of them missing, and sequences that end early."""
    chance = np.random.default_rng(2)
    tokens = chance.integers(1, 9, (COUNT, 6)).astype("int32")
    tokens[::3, 4:] = 0
    measures = (chance.normal(size=(COUNT, 2)) * 3 + (2000, -70)).astype("float32")
    measures[5, 0] = np.nan
    measures[COUNT - 2, 1] = np.nan
    kind, label = chance.integers(1, 4, COUNT), np.array(["no", "yes"])[chance.integers(0, 2, COUNT)]
    return {"measures": measures, "kind": kind, "tokens": tokens, "label": label, "size": chance.normal(size=COUNT) * 50 + 400, "part": parts()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("leaving"), text(), arrays())


def exported(run: Run, folder: Path, format: str, **settings: Any) -> Exported:
    return export(run, folder / FORMATS[format], format, **settings)


def raw(rows: slice) -> dict[str, Any]:
    """What a file takes: the numbers of the data."""
    given = arrays()
    return {"measures": given["measures"][rows], "kind": given["kind"][rows].astype("int32") - 1, "class_": given["tokens"][rows]}


def said(run: Run, rows: slice) -> dict[str, Any]:
    """What `nndsl predict` says of the same."""
    columns = nndsl.predict(run, {name: value[rows] for name, value in arrays().items() if name in ("measures", "kind", "tokens")}).columns
    return {"label": np.stack([columns["label_p_no"], columns["label_p_yes"]], axis=1), "size": np.array(columns["size"])[:, None]}


def agree(found: Any, wanted: dict[str, Any]) -> None:
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(np.asarray(found[name]), value, rtol=1e-4, atol=1e-5)


# How each file is loaded is what docs/export.md shows.


def asked_keras(path: Path, inputs: dict[str, Any]) -> Any:
    return keras.saving.load_model(path)(inputs)


def asked_savedmodel(path: Path, inputs: dict[str, Any]) -> Any:
    model = tf.saved_model.load(str(path))
    return model.serve({name: tf.constant(value) for name, value in inputs.items()})


def asked_onnx(path: Path, inputs: dict[str, Any]) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    return dict(zip([one.name for one in session.get_outputs()], session.run(None, inputs), strict=True))


def asked_tflite(path: Path, inputs: dict[str, Any]) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(str(path)).get_signature_runner()(**inputs)


ASKED = {"keras": asked_keras, "savedmodel": asked_savedmodel, "onnx": asked_onnx, "tflite": asked_tflite}


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_says_of_raw_numbers_what_the_run_says(format: str, run: Run, tmp_path: Path) -> None:
    made = exported(run, tmp_path, format)
    assert made.difference <= TOLERANCE * max(1, made.greatest) and made.compared_on == "8 test examples"
    for rows in (slice(0, 1), slice(40, 52)):
        agree(ASKED[format](made.path, raw(rows)), said(run, rows))
    told = json.loads(made.beside.read_text(encoding="utf-8"))
    assert told == made.description
    assert told["inputs"]["measures"]["tensor"] == "float32[batch, 2]" and told["outputs"]["label"]["classes"] == ["no", "yes"]
    assert [one["encoder"] for one in told["inputs"]["kind"]["to_be_done_before"]] == ['category("1", "2", "3")']
    if format == "onnx":
        check_metadata(made.path)
    assert {one.name for one in tmp_path.iterdir()} == {made.path.name, *({made.beside.name} if format != "savedmodel" else ())}


def check_metadata(path: Path) -> None:
    """An ONNX file holds the classes, and its axes have names."""
    import onnx

    model = onnx.load(path)
    told = {one.key: one.value for one in model.metadata_props}
    assert json.loads(told["classes.label"]) == ["no", "yes"]
    assert {one.type.tensor_type.shape.dim[0].dim_param for one in (*model.graph.input, *model.graph.output)} == {"batch"}


def test_without_preprocessing_the_network_leaves_alone(run: Run, tmp_path: Path) -> None:
    made = exported(run, tmp_path, "keras", preprocessing=False)
    assert made.description["inputs"]["kind"]["tensor"] == "float32[batch, 3]"
    assert not any(one["done_inside"] for one in made.description["inputs"].values())
    assert made.description["outputs"]["size"]["learnt_from"][0]["encoder"] == "standardize"
    state = run.data_state()["encoders"]["measures"][1]
    given = raw(slice(0, 4))
    given["measures"] = (given["measures"] - np.array(state["mean"], "float32")) / np.array(state["deviation"], "float32")
    given["kind"] = np.eye(3, dtype="float32")[given["kind"]]
    np.testing.assert_allclose(asked_keras(made.path, given)["label"], said(run, slice(0, 4))["label"], atol=1e-4)


def test_data_that_are_gone_are_replaced_by_numbers_like_them(run: Run, tmp_path: Path) -> None:
    data = run.folder.parents[2] / "data.npz"
    content = data.read_bytes()
    data.unlink()
    try:
        made = exported(run, tmp_path, "keras")
    finally:
        data.write_bytes(content)
    assert made.compared_on.startswith("16 made-up examples, as the data cannot be read (")


@pytest.mark.parametrize("format", ["keras", "savedmodel"])
def test_a_file_that_says_something_else_is_thrown_away(format: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = tmp_path / FORMATS[format] / "saved_model.pb" if format == "savedmodel" else tmp_path / FORMATS[format]
    earlier.parent.mkdir(exist_ok=True)
    earlier.write_text("an earlier export")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    honest = formats.FORMATS[format]

    def lying(path: Path) -> Any:
        runtime = honest.load(path)
        return lambda inputs: {name: np.asarray(value) + 0.5 for name, value in runtime(inputs).items()}

    monkeypatch.setitem(formats.FORMATS, format, type(honest)(honest.write, lying, honest.runtime))
    with pytest.raises(UserError, match="NN811.*5.0e-01"):
        exported(run, tmp_path, format)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


READERS = ["LSTM(5, return_sequences=true) -> Bidirectional(GRU(3))", "GRU(3, go_backwards=true)", "SimpleRNN(4)"]


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_recurrent_layers_leave_with_their_masks(reader: str, tmp_path: Path) -> None:
    run = trained(tmp_path, text(reader), arrays())
    for format, name in FORMATS.items():
        made = export(run, tmp_path / name, format)
        agree(ASKED[format](made.path, raw(slice(40, 52))), said(run, slice(40, 52)))


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float64", "mixed_bfloat16", "bfloat16"])
def test_a_network_of_another_precision_leaves_in_float32(precision: str, tmp_path: Path) -> None:
    run = trained(tmp_path, text(precision=precision), arrays())
    for format, name in FORMATS.items():
        made = export(run, tmp_path / name, format)
        found = ASKED[format](made.path, raw(slice(40, 52)))
        assert {np.asarray(one).dtype.name for one in found.values()} == {"float32"}
        near = {"float64": 1e-5}.get(precision, 0.05)
        np.testing.assert_allclose(np.asarray(found["label"]), said(run, slice(40, 52))["label"], atol=near)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "layer", [keras.layers.LSTM(3, return_sequences=True), keras.layers.GRU(3, go_backwards=True), keras.layers.SimpleRNN(3, return_state=True)],
    ids=lambda layer: layer.name,
)
def test_the_loop_for_tflite_is_that_of_keras(layer: keras.Layer, masked: bool) -> None:
    chance = np.random.default_rng(0)
    x, mask = tf.constant(chance.normal(size=(4, 5, 2)), tf.float32), tf.constant(chance.random((4, 5)) < 0.7)
    given = {"mask": mask} if masked else {}
    wanted = layer(x, **given)
    with plain_loops():
        found = tf.function(lambda: layer(x, **given), autograph=False)()
    for one, other in zip(tf.nest.flatten(found), tf.nest.flatten(wanted), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_folder_with_something_else_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "thesis.txt").write_text("all of it")
    with pytest.raises(UserError, match="NN812"):
        exported(run, tmp_path, "savedmodel")
    assert [one.name for one in (tmp_path / "net").iterdir()] == ["thesis.txt"]


def test_too_many_weights_for_one_file_are_refused_before_it_is_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nndsl.backend.keras.export.runtime.LARGEST", 100)
    for format in ("onnx", "tflite"):
        with pytest.raises(UserError, match="NN810.*a file can have 2 GB"):
            exported(run, tmp_path, format)
    assert [*tmp_path.iterdir()] == []


DOCUMENTED = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "export.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_programs_of_the_page_load_each_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", str(ROOT / "examples" / "digits" / "digits.nn"), "--epochs", "1"]) == 0
    for format, name in FORMATS.items():
        assert main(["export", "runs/digits8x8/latest", "-o", name.replace("net", "digits"), "--format", format]) == 0
    assert len(DOCUMENTED) == len(FORMATS)
    for program in DOCUMENTED:
        capsys.readouterr()
        exec(program, {})  # noqa: S102 - it is a page of ours
        assert "[" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("format", ["onnx", "tflite"])
def test_what_a_format_cannot_hold_is_what_the_page_says(format: str) -> None:
    page = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    listed = re.search(rf"^\| `{format}` \| refuses (.*) \|$", page, re.MULTILINE)
    assert listed is not None
    found = dict(refusals(format))
    assert {name: why for name, why in found.items() if "!!!" in why} == {}
    assert sorted(found) == sorted(re.findall(r"`(\w+)`", listed[1]))


# The command -------------------------------------------------------------------------------------


def test_the_command_says_what_goes_in_and_comes_out(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.keras"
    assert main(["export", str(run.folder), "-o", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{path}  ") and " parameters, " in lines[0]
    assert '  measures  float32[batch, 2]  takes measures; `fill("mean") -> standardize` is inside' in lines
    assert '  kind      int32[batch]       takes kind after `category("1", "2", "3")`, which stays outside; `one_hot` is inside' in lines
    assert "  label     float32[batch, 2]  gives probabilities, one a class: no, yes" in lines
    assert "  size      float32[batch, 1]  gives numbers in the units of the data" in lines
    assert lines[-2].startswith("loaded by Keras in safe mode: the largest difference from the network is ")
    assert lines[-1] == f"{path}.json says what goes in and what comes out"
    assert main(["export", str(run.folder), "-o", str(tmp_path), "--format", "keras", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["path"] == str(tmp_path / "task.keras") and told["description"]["epoch"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["-o", "net.pb"], 2, "net.pb does not say what to write; add --format, one of keras, onnx, tflite, savedmodel"),
        (["-o", "net.onnx", "--format", "tflite"], 2, "net.onnx does not end in .tflite, as tflite does"),
        (["-o", "net.onnx", "--format", "savedmodel"], 2, "net.onnx is to be a folder, and ends in .onnx"),
        (["-o", "nowhere/net.keras"], 1, "its folder does not exist"),
        (["-o", "net.keras", "--network", "other"], 1, "the training has no network `other`"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[str], code: int, sentence: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(run.folder), *arguments]) == code
    assert sentence in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_a_package_that_is_not_there_is_told_before_anything_is_done(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nndsl.extras.find_spec", lambda name: None)
    for ending in ("onnx", "tflite"):
        assert main(["export", str(run.folder), "-o", str(tmp_path / f"net.{ending}")]) == 1
        assert f"error[NN745]: exporting to {ending} needs the package " in (said := capsys.readouterr().err) and "nndsl[export]" in said
