"""Models of Keras go out as `.nn` files and come back: the same parameters, the same results to the last bit."""

from pathlib import Path

import pytest

from nndsl.cli import main
from nndsl.syntax.formatting import formatted
from nndsl.syntax.reading import read_source
from tests.importing.networks import NETWORKS
from tests.importing.returning import assert_same, returned, with_random_weights


@pytest.mark.parametrize("name", NETWORKS)
def test_a_model_comes_back_the_same(name: str, tmp_path: Path) -> None:
    model = with_random_weights(NETWORKS[name]())
    assert_same(model, returned(model, tmp_path / f"{name}.keras"))
    source = read_source(tmp_path / f"{name}.nn")
    assert formatted(source) == source.text
    assert all(len(line) <= 125 for line in source.text.splitlines())
    if name == "residual":  # with and without a projection, its blocks are one
        assert source.text.count("block ") == 2
        assert "side = x if C == filters else (x -> ConvNorm(filters, strides=strides))" in source.text


@pytest.mark.parametrize("name", ["padded_text", "oddments", "two_towers", "frozen_base", "models_in_models", "functions"])
def test_a_model_in_hdf5_comes_back_the_same(name: str, tmp_path: Path) -> None:
    model = with_random_weights(NETWORKS[name]())
    assert_same(model, returned(model, tmp_path / f"{name}.h5"))


def test_names_are_kept_where_they_are_asked_for(tmp_path: Path) -> None:
    model = with_random_weights(NETWORKS["two_towers"]())
    assert_same(model, returned(model, tmp_path / "named.keras", "--names"))
    model = with_random_weights(NETWORKS["residual"]())
    back = returned(model, tmp_path / "residual.keras", "--names")
    assert_same(model, back)
    assert "block" not in (tmp_path / "residual.nn").read_text(encoding="utf-8"), "in a block, a name would stand for many layers"
    assert "label" in {one.name for one in back.layers}


def test_without_weights_there_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    NETWORKS["oddments"]().save(tmp_path / "m.keras")
    assert main(["import", str(tmp_path / "m.keras"), "-o", str(tmp_path / "m.nn"), "--without-weights"]) == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["m.keras", "m.nn"]
    assert "Normalization(mean=[0, 0" in (tmp_path / "m.nn").read_text(encoding="utf-8"), "what is known of the data stays known"
    capsys.readouterr()
    assert main(["import", str(tmp_path / "m.keras")]) == 0
    assert capsys.readouterr().out == (tmp_path / "m.nn").read_text(encoding="utf-8")
    assert main(["check", str(tmp_path / "m.nn")]) == 0


def test_a_part_of_two_models_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import keras

    dense, x = keras.layers.Dense(4), keras.Input((4,))
    inner = keras.Model(x, dense(x), name="inner")
    entry = keras.Input((4,))
    keras.Model(entry, dense(inner(entry))).save(tmp_path / "m.keras")
    assert main(["import", str(tmp_path / "m.keras"), "-o", str(tmp_path / "m.nn")]) == 1
    assert "NN852" in capsys.readouterr().err and not (tmp_path / "m.nn").exists()
