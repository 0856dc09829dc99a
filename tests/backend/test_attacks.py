"""Files of strangers that are made to run code, to write elsewhere or to take all memory: one sentence, and nothing happens."""

import hashlib
import io
import json
import os
import resource
import shutil
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import yaml

from nndsl.backend.keras import checkpoint
from nndsl.backend.keras.export import as_keras
from nndsl.cli import main
from tests.backend.trainings import blob_arrays, blobs, write

MARK = f"nndsl_was_here_{os.getpid()}"
"""The file that an attack makes where it succeeds."""
MOST_MEMORY = 512 * 2**20
HUGE = 2**40
Attack = Callable[[Path], object]

_heard: list[str] = []
_listening: list[bool] = []


def _listen(event: str, arguments: Any) -> None:
    if _listening and event in ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "pickle.find_class"):
        _heard.append(f"{event}{arguments!r}")


sys.addaudithook(_listen)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `net.nn`, `data.npz`, and a run."""
    folder = tmp_path_factory.mktemp("good")
    write(folder, blobs(epochs=1))
    assert main(["train", str(folder / "net.nn"), "--runs", str(folder / "runs")]) == 0
    return folder


@pytest.fixture
def run(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run, from a folder of which `net.nn` and `data.npz` can be seen."""
    folder = tmp_path / "runs" / "task" / "001"
    shutil.copytree(good / "runs" / "task" / "001", folder)
    monkeypatch.chdir(good)
    return folder


@pytest.fixture(autouse=True)
def nothing_happens(tmp_path: Path, good: Path) -> Iterator[None]:
    """No code runs, no memory is taken, no file is left."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _heard.clear()
    _listening.append(True)
    try:
        yield
    finally:
        _listening.clear()
    assert _heard == []
    assert not [*tmp_path.parent.rglob(MARK), *good.rglob(MARK), *Path("/tmp").glob(MARK)]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_MEMORY


def asked(command: str, run: Path) -> int:
    out = run.parent / "out.onnx"
    arguments = {
        "evaluate": ["evaluate", str(run)], "predict": ["predict", str(run), "data.npz"], "export": ["export", str(run), "-o", str(out)],
        "resume": ["train", "net.nn", "--resume", str(run), "--epochs", "2"],
    }
    code = main(arguments[command])
    assert code == 0 or not [*run.parent.glob("out*"), *run.parent.glob(".out*")]
    return code


# Records -----------------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n" for before, one in zip("abcdefghij", "bcdefghijk", strict=True))
DEEP = "[" * 100_000
ALL = ["evaluate", "resume", *(pytest.param(one, marks=pytest.mark.slow) for one in ("predict", "export"))]
"""Every command that opens a run; two of them show what the others do."""

def text(name: str, content: str) -> Attack:
    return lambda run: (run / name).write_text(content, encoding="utf-8")


def setting(*path: str, value: object) -> Attack:
    def attack(run: Path) -> None:
        settings = yaml.safe_load((run / "run.yaml").read_text(encoding="utf-8"))
        inner = settings
        for one in path[:-1]:
            inner = inner[one]
        inner[path[-1]] = value
        (run / "run.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")

    return attack


def checkpoints(header: bytes) -> Attack:
    """Checkpoints with a right checksum, whose header is anything."""

    def attack(run: Path) -> None:
        whole = b"nndsl checkpoint 1\n" + len(header).to_bytes(8, "little") + header
        for path in (run / "checkpoints").iterdir():
            path.write_bytes(whole + hashlib.sha256(whole).digest())

    return attack


def described(record: object, *arrays: object) -> Attack:
    return checkpoints(json.dumps({"record": record, "arrays": arrays}).encode())


def recorded(record: dict[str, Any]) -> Attack:
    """Checkpoints that are good but for what they say of the run."""

    def attack(run: Path) -> None:
        for path in (run / "checkpoints").iterdir():
            found = checkpoint.read(path)
            checkpoint.write(path, {**found.record, **record}, found.arrays)

    return attack


RECORDS: dict[str, Attack] = {
    "run.yaml that calls os.system": text("run.yaml", f"!!python/object/apply:os.system ['touch {MARK}']"),
    "run.yaml with a module": text("run.yaml", "settings: !!python/module:antigravity\n"),
    "run.yaml as deep as the stack": text("run.yaml", DEEP[:1000]),
    "run.yaml that grows": text("run.yaml", BOMB),
    "run.yaml without settings": setting("settings", value={}),
    "run.yaml whose seed is a list": setting("settings", "seed", value=[1]),
    "run.yaml that asked for nothing": setting("asked", value={}),
    "run.yaml without a name for its data": setting("data", value={}),
    "run.yaml without files": setting("spec", value={}),
    "run.yaml of another training": setting("training", value="Other"),
    "evaluation.json as deep as the stack": text("evaluation.json", DEEP),
    "checkpoints of 2**40 numbers": described({}, ["layer/dense/0", "float32", [HUGE]]),
    "checkpoints of no numbers in 2**70 rows": described({}, ["layer/dense/0", "float32", [2**70, 0]]),
    "checkpoints of objects": described({}, ["layer/dense/0", "object", [1]]),
    "checkpoints with a header as deep as the stack": checkpoints(DEEP.encode()),
    "checkpoints whose header is longer than they are": lambda run: [
        path.write_bytes(b"nndsl checkpoint 1\n" + struct.pack("<Q", HUGE)) for path in (run / "checkpoints").iterdir()
    ],
    "checkpoints whose best epoch is text": recorded({"best_epoch": "os.system"}),
    "checkpoints whose step is text": recorded({"step": "1"}),
    "checkpoints whose step is too large": recorded({"step": 10**30}),
    "checkpoints whose history is text": recorded({"history": "x"}),
}


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("command", ALL)
def test_a_record_of_a_stranger_is_refused_in_a_sentence(
    name: str, command: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RECORDS[name](run)
    assert asked(command, run) == 1
    assert "error[NN71" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [DEEP, '{"columns": {}, "encoders": {}}', '{"columns": {"x": 1, "label": 1}, "encoders": {"x": 1, "label": [{"classes": 1}]}}',
     '{"columns": {}, "encoders": {"label": [{"classes": ["__import__(\'os\')"]}], "x": []}}'],
    ids=["deep", "empty", "numbers", "code"],
)
def test_what_a_stranger_says_of_the_data_is_refused(content: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "data.json").write_text(content, encoding="utf-8")
    for command in ("evaluate", "predict", "export"):
        assert asked(command, run) == 1
        assert "error[NN" in capsys.readouterr().err


def test_a_run_goes_on_only_from_a_record_that_says_all(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded({"history": [{"epoch": 1}]})(run)
    assert asked("resume", run) == 1
    assert "its record lacks `" in capsys.readouterr().err


# Files of Keras ----------------------------------------------------------------------------------


def lambda_file(path: Path) -> None:
    """A model with a layer that is code."""
    attack = eval(f"lambda x: (__import__('os').system('touch /tmp/{MARK}'), x)[1]")  # the name has to be in the code
    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(attack, output_shape=(4,))])
    _listening.clear()
    model.save(path)
    Path(f"/tmp/{MARK}").unlink(missing_ok=True)
    _heard.clear()
    _listening.append(True)


def rewritten(change: Callable[[dict[str, bytes]], object]) -> Attack:
    """A model of one dense layer, whose archive is changed."""

    def attack(path: Path) -> None:
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")]).save(path)
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        change(members)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)

    return attack


def configured(**changed: object) -> Attack:
    """The layer is something else, by its config."""

    def change(members: dict[str, bytes]) -> None:
        config = json.loads(members["config.json"])
        config["config"]["layers"][1].update(changed)
        members["config.json"] = json.dumps(config).encode()

    return rewritten(change)


def with_huge_weights(members: dict[str, bytes]) -> None:
    import h5py

    stored = io.BytesIO(members["model.weights.h5"])
    with h5py.File(stored, "r+") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        group.create_dataset("0", shape=(HUGE,), dtype="float32", chunks=(2**20,), compression="gzip")
    members["model.weights.h5"] = stored.getvalue()


KERAS_FILES: dict[str, Attack] = {
    "a Lambda": lambda_file,
    "a call of os.system": configured(module="os", class_name="system", config={"command": f"touch /tmp/{MARK}"}, registered_name=None),
    "a call of eval": configured(module="builtins", class_name="eval", config={"source": f"open('/tmp/{MARK}', 'w')"}, registered_name="builtins>eval"),
    "a module to import": configured(module="antigravity", class_name="Dense", registered_name="antigravity>Dense"),
    "weights of 2**40 numbers": rewritten(with_huge_weights),
    "weights outside": rewritten(lambda members: members.pop("model.weights.h5")),
}


def test_the_attacks_are_real(tmp_path: Path) -> None:
    """Who lets them, sees code run: that nothing happens elsewhere says something."""
    lambda_file(tmp_path / "stranger.keras")
    keras.saving.load_model(tmp_path / "stranger.keras", safe_mode=False)(np.zeros((1, 4), "float32"))
    np.load(io.BytesIO(member(np.array([Call()]))), allow_pickle=True)
    assert {one.partition("(")[0] for one in _heard} == {"os.system", "pickle.find_class"}
    assert Path(f"/tmp/{MARK}").exists()
    Path(f"/tmp/{MARK}").unlink()
    _heard.clear()


@pytest.mark.parametrize("name", KERAS_FILES)
def test_a_keras_file_of_a_stranger_runs_no_code(name: str, tmp_path: Path) -> None:
    path = tmp_path / "stranger.keras"
    KERAS_FILES[name](path)
    with pytest.raises((ValueError, TypeError, KeyError, OSError, MemoryError)):
        as_keras.load(path)
    assert "antigravity" not in sys.modules


def test_a_keras_file_cannot_write_elsewhere(tmp_path: Path) -> None:
    rewritten(lambda members: members.update({f"../{MARK}": b"x", f"/tmp/{MARK}": b"x"}))(tmp_path / "stranger.keras")
    as_keras.load(tmp_path / "stranger.keras")


@pytest.mark.parametrize("command", ["evaluate", *(pytest.param(one, marks=pytest.mark.slow) for one in ("predict", "export", "resume"))])
def test_models_in_a_run_are_never_read_back(command: str, run: Path) -> None:
    for which, name in (("best.keras", "a Lambda"), ("last.keras", "a call of os.system")):
        KERAS_FILES[name](run / which)
    assert asked(command, run) == 0


@pytest.mark.parametrize("command", ["evaluate", "export", "check"])
def test_a_model_is_no_run_and_no_program(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lambda_file(tmp_path / "stranger.keras")
    more = ["-o", str(tmp_path / "x.onnx")] if command == "export" else []
    assert main([command, str(tmp_path / "stranger.keras"), *more]) == 1
    assert "error[NN" in capsys.readouterr().err


# Arrays ------------------------------------------------------------------------------------------


class Call:
    """An object whose pickle is a call."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch /tmp/{MARK}",)


def member(array: Any = None, header: dict[str, object] | None = None, content: bytes = b"") -> bytes:
    """An NPY file, of an array or of a header with some content."""
    stored = io.BytesIO()
    if header is None:
        np.save(stored, array, allow_pickle=True)
        return stored.getvalue()
    np.lib.format.write_array_header_1_0(stored, header)
    return stored.getvalue() + content


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def claimed(shape: tuple[int, ...], fortran: bool = False) -> bytes:
    return member(header={"descr": "<f4", "fortran_order": fortran, "shape": shape}, content=b"\0" * 64)


LABELS = {f"{name}.npy": member(value) for name, value in blob_arrays().items() if name != "x"}
ARRAYS: dict[str, dict[str, bytes]] = {
    "a pickle": {"x.npy": member(np.array([Call()] * 52)), **LABELS},
    "2**40 rows": {"x.npy": claimed((HUGE, 4)), **LABELS},
    "2**40 rows, turned": {"x.npy": claimed((HUGE, 4), fortran=True), **LABELS},
    "2**40 columns": {"x.npy": claimed((52, HUGE)), **LABELS},
    "a header that is code": {"x.npy": b"\x93NUMPY\x01\x00\x3a\x00" + f"__import__('os').system('touch /tmp/{MARK}')".encode().ljust(58), **LABELS},
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_of_a_stranger_are_refused_as_data(name: str, good: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = archive(tmp_path / "stranger.npz", ARRAYS[name])
    assert main(["predict", str(run), str(path)]) == 1
    assert main(["train", str(good / "net.nn"), "--data", str(path), "--runs", str(tmp_path / "other")]) == 1
    assert capsys.readouterr().err.count("error[NN") >= 2


WEIGHTED = """
network Net {
  input x: float[4]
  weights = npz("w.npz", dense=["kernel", "bias"])
  output y = x -> Dense(3)
}
"""
GOOD = {"kernel.npy": member(np.ones((4, 3), "float32")), "bias.npy": member(np.zeros(3, "float32"))}


@pytest.mark.parametrize(
    "members",
    [{"kernel.npy": member(np.array([[Call()] * 3] * 4))}, {"kernel.npy": claimed((HUGE, 3))}, {"kernel": claimed((HUGE, 3))}],
    ids=["a pickle", "2**40 rows", "2**40 rows under the same name"],
)
def test_weights_of_a_stranger_are_refused(members: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.nn").write_text(WEIGHTED, encoding="utf-8")
    archive(tmp_path / "w.npz", {**GOOD, **members})
    assert main(["compile", str(tmp_path / "net.nn"), "-o", str(tmp_path / "net.keras")]) == 1
    assert "error[NN" in capsys.readouterr().err
