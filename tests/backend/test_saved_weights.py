"""`weights` of a file are what networks start with, alone, inside of others and in training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nndsl
from nndsl.api import LoadedProgram
from nndsl.diagnostics import UserError

RNG = np.random.default_rng(0)
ARRAYS: dict[str, Any] = {
    name: RNG.normal(size=shape).astype(np.float32)
    for name, shape in {"stem/kernel": (2, 3), "stem/bias": (3,), "w": (3, 1), "b": (1,)}.items()
}

NETWORK = """
network Small {
  input x: float[2]
  layer stem = Dense(3, activation=tanh)
  output y = x -> stem -> Dense(1, activation=sigmoid)
  weights = npz("small.npz", stem="stem", dense_1=["w", "b"])
}
"""
DATA = """
data Rows {
  source = csv("rows.csv")
  x = (source.a, source.b) -> float
  y = source.y -> float
  split = random(train=0.8, test=0.2)
}
"""
SHORT = "train Tuned { model = Small  \n data = Rows \n loss = mse \n optimizer = SGD(1e-9) \n epochs = 1 }"
WRITTEN_OUT = """
train Tuned {
  data = Rows
  layer net = Small
  minimize bce(x -> net, y) over net with SGD(1e-9)
  epochs = 1
}
"""

@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.savez(tmp_path / "small.npz", **ARRAYS)
    rows = RNG.uniform(size=(20, 2)).round(3)
    (tmp_path / "rows.csv").write_text("a,b,y\n" + "\n".join(f"{a},{b},{int(a > b)}" for a, b in rows) + "\n")
    return tmp_path


def load(folder: Path, *parts: str) -> LoadedProgram:
    (folder / "spec.nn").write_text("\n".join(parts))
    return nndsl.load(folder / "spec.nn")


def expected(x: Any) -> Any:
    hidden = np.tanh(x @ ARRAYS["stem/kernel"] + ARRAYS["stem/bias"])
    return 1 / (1 + np.exp(-(hidden @ ARRAYS["w"] + ARRAYS["b"])))


X = RNG.normal(size=(5, 2)).astype(np.float32)


def test_a_network_alone_starts_with_the_weights_of_its_file(folder: Path) -> None:
    np.testing.assert_allclose(load(folder, NETWORK).model()(X), expected(X), atol=1e-6)


def test_each_use_of_a_network_inside_of_another_starts_with_them(folder: Path) -> None:
    outer = "network Outer { input x: float[2] \n layer shared = Small \n output z = concat(x -> Small, x -> shared, x * 2 -> shared) }"
    found = np.asarray(load(folder, NETWORK, outer).model("Outer")(X))
    np.testing.assert_allclose(found, np.concatenate([expected(X), expected(X), expected(2 * X)], axis=1), atol=1e-6)


@pytest.mark.parametrize("train", [SHORT, WRITTEN_OUT], ids=["short", "written out"])
def test_a_training_starts_with_them_and_its_run_needs_the_file_no_more(folder: Path, train: str) -> None:
    run = load(folder, NETWORK, DATA, train).train(folder=folder / "runs")
    (folder / "small.npz").unlink()
    found = nndsl.predict(run.folder, {"a": X[:, 0].tolist(), "b": X[:, 1].tolist()})
    np.testing.assert_allclose(np.ravel(found.columns["y"]), expected(X)[:, 0], atol=1e-5)


def test_a_run_is_not_resumed_with_other_weights(folder: Path) -> None:
    run = load(folder, NETWORK, DATA, SHORT).train(folder=folder / "runs")
    np.savez(folder / "small.npz", **{**ARRAYS, "b": ARRAYS["b"] + 1})
    with pytest.raises(UserError, match=r"small\.npz \(SHA-256\)"):
        load(folder, NETWORK, DATA, SHORT).train(resume=run.folder, epochs=2)


def test_a_layer_that_gets_nothing_starts_at_random(folder: Path) -> None:
    program = load(folder, NETWORK.replace('["w", "b"]', "none"))
    assert not list(program.report)
    model = program.model()
    np.testing.assert_array_equal(model.get_layer("dense").kernel, ARRAYS["stem/kernel"])
    assert not np.array_equal(model.get_layer("dense_1").kernel, ARRAYS["w"])


def test_numbers_that_are_not_finite_are_refused(folder: Path) -> None:
    np.savez(folder / "small.npz", **{**ARRAYS, "b": ARRAYS["b"] * np.nan})
    with pytest.raises(UserError, match="`b` holds numbers that are not finite"):
        load(folder, NETWORK).model()


def test_a_file_that_changed_since_the_check_is_refused(folder: Path) -> None:
    program = load(folder, NETWORK)
    np.savez(folder / "small.npz", **{**ARRAYS, "b": np.zeros(2)})
    with pytest.raises(UserError, match="NN728: .*not what it was"):
        program.model()
    (folder / "small.npz").unlink()
    with pytest.raises(UserError, match="cannot be read"):
        program.model()


def test_a_tensor_may_be_called_weights(folder: Path) -> None:
    text = "network Pool { input x: float[4, 2] \n weights = x -> Dense(2) -> softmax(axis=1) \n output y = sum(weights * x, axis=1) }"
    assert load(folder, text).model().output_shape == (None, 2)


@pytest.mark.parametrize("kind", ["block Part { Dense(1)", "train T {\n data = Rows \n minimize mse(x, y) over x with SGD(0.1)"])
def test_weights_stand_in_a_network_only(folder: Path, kind: str) -> None:
    with pytest.raises(UserError, match="weights"):
        load(folder, DATA, kind + '\n weights = "small.npz" }\nnetwork N { input x: float[2]\n output y = x -> Part }')
