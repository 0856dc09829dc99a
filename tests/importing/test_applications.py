"""The networks of `keras.applications`, with the parameters that others have recorded for them."""

import json
from pathlib import Path

import pytest

from tests.importing.applications import imported

RECORDED = Path(__file__).parents[2].parent / "shared" / "oracles" / "keras_applications.json"
KNOWN = {one["name"]: one["params"] for one in json.loads(RECORDED.read_text(encoding="utf-8"))} if RECORDED.exists() else {}


@pytest.mark.slow
@pytest.mark.skipif(not KNOWN, reason="the recorded networks are not there")
@pytest.mark.parametrize("name", KNOWN)
def test_a_network_of_keras_comes_back_the_same(name: str, tmp_path: Path) -> None:
    row = imported(name, tmp_path)
    assert row.params == KNOWN[name]
    assert row.lines < 100
