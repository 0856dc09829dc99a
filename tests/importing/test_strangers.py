"""No model file of a stranger runs code, fills the memory or writes where it should not: each is refused in a sentence."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from nndsl.cli import main
from nndsl.importing.spec import Options, import_model, write_files
from nndsl.progress import Progress
from tests.importing.strangers import DENSE, PLAIN, archive, functional, hdf5, layer, numbers, tensor

MARK = "touched"


def refused(folder: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a file that is refused; nothing is written, and nothing of it was run."""
    before = sorted(folder.iterdir())
    assert main(["import", str(model), "-o", str(folder / "out.nn")]) == 1
    assert sorted(folder.iterdir()) == before, "nothing is written"
    assert not (folder / MARK).exists(), "nothing was run"
    said = capsys.readouterr().err
    assert "Traceback" not in said and "bug" not in said
    return said


def test_a_plain_model_is_imported(tmp_path: Path) -> None:
    assert main(["import", str(archive(tmp_path / "m.keras", PLAIN)), "-o", str(tmp_path / "out.nn")]) == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["m.keras", "out.nn", "out.npz"]
    assert main(["check", str(tmp_path / "out.nn")]) == 0


def test_it_is_told_how_many_of_the_weights_are_copied(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    class Told(Progress):
        def busy(self, what: str, done: int, total: int) -> None:
            told.append((done, total))

    imported = import_model(archive(tmp_path / "m.keras", PLAIN), Options())
    assert write_files(imported, tmp_path / "out.nn", tmp_path / "out.npz", Told()) == 60
    assert told == [(0, 15), (12, 15)]


def _command(folder: Path) -> dict[str, Any]:
    return {"command": f"touch {folder / MARK}"}


CODE: dict[str, Callable[[Path], dict[str, Any]]] = {
    "a Lambda": lambda folder: layer("Lambda", {"function": {"class_name": "__lambda__", "config": {"code": "4wEA"}}}),
    "a class of another module": lambda folder: layer("system", _command(folder), module="os", registered="system"),
    "a registered class": lambda folder: layer("Mine", {}, module="mine", registered="Custom>Mine"),
    "an initializer of another module": lambda folder: layer("Dense", DENSE | {"kernel_initializer": {
        "module": "os", "class_name": "system", "config": _command(folder), "registered_name": None}}),
    "a function as an activation": lambda folder: layer("Activation", {"activation": {
        "module": "builtins", "class_name": "function", "config": "exec", "registered_name": "function"}}),
    "a graph of TensorFlow": lambda folder: layer("TFSMLayer", {"filepath": str(folder)}),
}


@pytest.mark.parametrize("what", CODE)
def test_code_is_named_and_never_run(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    modules = {"mine"} - set(sys.modules)
    said = refused(tmp_path, archive(tmp_path / "m.keras", functional(CODE[what](tmp_path))), capsys)
    assert "NN856" in said and "is never run" in said
    assert not modules & set(sys.modules), "nothing is imported by name"


@pytest.mark.parametrize("name", ["../../evil", "/evil", "a/../../evil", "..\\evil", "c:evil"])
def test_a_member_outside_of_the_archive_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    said = refused(tmp_path / "in", archive(tmp_path / "in" / "m.keras", PLAIN, more=[(name, "x")]), capsys)
    assert "NN851" in said and "outside of the archive" in said
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, '{"config":' * 500 + "1" + "}" * 500])
def test_a_description_that_is_nested_too_deep_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "NN851" in refused(tmp_path, archive(tmp_path / "m.keras", text=text), capsys)


@pytest.mark.parametrize("text", ['{"a":', "[1, 2]", '"text"', '{"class_name": 3, "config": 5}', "{}", '{"a": ' + "9" * 5000 + "}",
                                  '{"class_name": "Functional", "config": {"layers": "x", "input_layers": 5}}', "\x00"])
def test_a_description_of_nothing_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(tmp_path, archive(tmp_path / "m.keras", text=text), capsys).count("error[") == 1


def test_a_member_that_would_grow_is_refused_before_it_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for model in (archive(tmp_path / "weights.keras", PLAIN, bytes(2**25), packed=True),
                  archive(tmp_path / "config.keras", text=" " * 2**25, packed=True)):
        assert "would grow to 33,554,432 bytes" in refused(tmp_path, model, capsys)


def _huge(file: Any) -> None:
    numbers(file)
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", shape=(10**6, 10**6), dtype="float32", chunks=(1000, 1000))


def _in_large_pieces(file: Any) -> None:
    numbers(file)
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", shape=(4, 3), dtype="float32", maxshape=(None, None), chunks=(30_000, 30_000))


def _elsewhere(file: Any) -> None:
    numbers(file)
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "x")


def _in_another_file(file: Any) -> None:
    numbers(file)
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", shape=(4, 3), dtype="float32", external=[("/etc/passwd", 0, 48)])


def _texts(file: Any) -> None:
    numbers(file)
    del file["layers/dense/vars/0"]
    file.create_dataset("layers/dense/vars/0", data=[["a"] * 3] * 4, dtype=h5py.string_dtype())


def _not_a_number(file: Any) -> None:
    numbers(file)
    file["layers/dense/vars/1"][1] = np.nan


def _missing(file: Any) -> None:
    numbers(file)
    del file["layers/dense/vars/1"]


LIES = {
    "NN854]: the weights of m.keras cannot be used: layers/dense/vars/0 is [1000000, 1000000]": _huge,
    "packed in pieces that are larger than the array": _in_large_pieces,
    "is a link to another place": _elsewhere,
    "lies in another file": _in_another_file,
    "holds object, and not numbers": _texts,
    "holds NaN or infinity": _not_a_number,
    "there is no array layers/dense/vars/1": _missing,
}


@pytest.mark.parametrize("said", LIES)
def test_weights_that_are_not_what_they_should_be_are_refused(said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in refused(tmp_path, archive(tmp_path / "m.keras", PLAIN, hdf5(LIES[said])), capsys)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = archive(tmp_path / "whole.keras", PLAIN).read_bytes()
    weights = hdf5(numbers)
    for content in (b"", b"hello" * 100, whole[: len(whole) // 2], whole[:-30], weights, weights[: len(weights) // 2]):
        (tmp_path / "m.keras").write_bytes(content)
        assert "NN850" in refused(tmp_path, tmp_path / "m.keras", capsys)
    assert "NN850" in refused(tmp_path, archive(tmp_path / "cut.keras", PLAIN, weights[: len(weights) // 2]), capsys)
    assert "NN850" in refused(tmp_path, tmp_path / "nowhere.keras", capsys)


def test_models_in_models_that_multiply_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inner: dict[str, Any] = layer("Dense", {"units": 4}, name="inner")
    for depth in range(25):
        nested = functional(inner, name=f"level_{depth}")
        nested["inbound_nodes"] = [{"args": [tensor("x")], "kwargs": {}}, {"args": [tensor(nested["config"]["name"])], "kwargs": {}}]
        nested["name"] = nested["config"]["name"]
        nested["config"]["output_layers"][1] = 1 if depth else 0
        inner = nested
    model = functional(inner)
    model["config"]["output_layers"][1] = 2
    assert "more than 20,000 calls" in refused(tmp_path, archive(tmp_path / "m.keras", model), capsys)


def test_everything_that_cannot_be_expressed_is_named_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(tmp_path, archive(tmp_path / "m.keras", functional(
        layer("Conv1D", {"filters": 3, "kernel_size": [3], "data_format": "channels_first"}, name="first"),
        layer("RNN", {"cell": {}}, name="second", takes="first"),
        layer("Dense", DENSE | {"dtype": {"class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}}, name="third", takes="second"),
        layer("Danse", DENSE, name="fourth", takes="third"),
    )), capsys)
    assert "`first` (Conv1D) has data_format=\"channels_first\"" in said
    assert "`second` (RNN) cannot be expressed" in said
    assert "`third` (Dense) has dtype=\"mixed_float16\"" in said
    assert "`fourth` (Danse) cannot be expressed" in said and "did you mean `Dense`" in said
    assert "4 errors" in said


def test_a_model_that_was_never_built_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [layer("Dense", DENSE)]}, "registered_name": None}
    assert "NN855" in refused(tmp_path, archive(tmp_path / "m.keras", model), capsys)
    own = {"module": "mine", "class_name": "Mine", "config": {}, "registered_name": "Mine"}
    assert "NN856" in refused(tmp_path, archive(tmp_path / "m.keras", own), capsys)


def test_an_array_in_a_description_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    added = layer("Add", {}, module="keras.src.ops.numpy")
    added["inbound_nodes"][0]["args"].append({"class_name": "__tensor__", "config": {"value": [1.0, 2.0, 3.0, 4.0]}})
    assert "`layer` (Add) cannot be expressed: it takes an array that is a part of the model" in refused(
        tmp_path, archive(tmp_path / "m.keras", functional(added)), capsys)


@pytest.mark.parametrize("said,written", [(9.999999747378752e-6, "L2(1e-5)"), (1e300, "L2(1e+300)"), (0.1, "L2(0.1)"), (1 / 3, "L2(1 / 3)")])
def test_the_factor_of_a_regularizer_is_written_as_it_was_told(said: float, written: str, tmp_path: Path) -> None:
    penalty = {"module": "keras.regularizers", "class_name": "L2", "config": {"l2": said}, "registered_name": None}
    model = archive(tmp_path / "m.keras", functional(layer("Dense", DENSE | {"kernel_regularizer": penalty})))
    assert main(["import", str(model), "-o", str(tmp_path / "out.nn")]) == 0
    assert f"kernel_regularizer={written}" in (tmp_path / "out.nn").read_text(encoding="utf-8")


def test_a_call_that_the_language_refuses_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(tmp_path, archive(tmp_path / "m.keras", functional(layer("Conv2D", {"filters": 3, "kernel_size": [3, 3]}))), capsys)
    assert "NN857]: the layer `layer`: Conv2D needs a tensor of shape [height, width, channels]" in said


def test_names_cannot_break_out_of_the_text(tmp_path: Path) -> None:
    name = 'a"\n} network X {\n'
    assert main(["import", str(archive(tmp_path / "m.keras", functional(layer("Dense", DENSE, name=name), name=name))), "-o", str(tmp_path / "o.nn")]) == 0
    assert main(["check", str(tmp_path / "o.nn")]) == 0
    assert (tmp_path / "o.nn").read_text(encoding="utf-8").count("network ") == 1
