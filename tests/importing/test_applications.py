"""The networks of `keras.applications`, with the parameters that others have recorded for them."""

import json
import re
from pathlib import Path

import pytest

import nndsl
from nndsl import costs
from nndsl.cli import main
from tests.importing.applications import imported

PAGE = (Path(__file__).parents[2] / "docs" / "importing.md").read_text(encoding="utf-8")
RECORDED = Path(__file__).parents[2].parent / "shared" / "oracles" / "keras_applications.json"
KNOWN = {one["name"]: one["params"] for one in json.loads(RECORDED.read_text(encoding="utf-8"))} if RECORDED.exists() else {}


@pytest.mark.slow
@pytest.mark.skipif(not KNOWN, reason="the recorded networks are not there")
@pytest.mark.parametrize("name", KNOWN)
def test_a_network_of_keras_comes_back_the_same(name: str, tmp_path: Path) -> None:
    row = imported(name, tmp_path)
    assert row.params == KNOWN[name]
    assert row.lines < 100


def test_the_page_shows_a_network_that_is_one() -> None:
    (sample,) = re.findall(r"^```nn\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert costs.params(nndsl.loads(sample).checked.network().graph) == 25_636_712


@pytest.mark.slow
def test_the_page_shows_what_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import keras

    keras.applications.ResNet50(weights=None).save(tmp_path / "resnet50.keras")
    assert main(["import", str(tmp_path / "resnet50.keras")]) == 0
    assert f"```nn\n{capsys.readouterr().out}```" in PAGE
