"""What is said of the weights that a network is to start with: what stands after `weights =`, a line each in `filling.txt`.

`few` and `many` in them are networks of two and of eight layers; the file of the first has arrays for both of its layers, and that of the
second the arrays `a/kernel` to `h/bias`, but for the last.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nndsl.driver import check
from nndsl.source import Source
from tests.approved import approved, compare, told

FILLING = Path(__file__).with_name("filling.txt")
NETWORKS = {
    "few": "param number = 3\nnetwork N {\n  input x: float[2]\n  layer stem = Dense(number)\n  output y = x -> stem -> Dense(1, use_bias=false)\n  weights = WRITTEN\n}\n",
    "many": f"network N {{\n  input x: float[2]\n  output y = x -> {' -> '.join(['Dense(2)'] * 8)}\n  weights = WRITTEN\n}}\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("filling")
    few = {"stem/kernel": (2, 3), "stem/bias": (3,), "w": (3, 1), "b": (1,), "dense/kernel": (1, 3)}
    arrays: dict[str, Any] = {name: np.zeros(shape, "float32") for name, shape in few.items()}
    np.savez(made / "few.npz", **arrays, whole=np.zeros((3, 1), int))
    many = {f"{one}/{kind}": shape for one in "abcdefgh" for kind, shape in (("kernel", (2, 2)), ("bias", (2,)))}
    arrays = {name: np.zeros(shape, "float32") for name, shape in many.items() if name != "h/bias"}
    np.savez(made / "many.npz", **arrays)
    (made / "text.npz").write_text("no archive")
    return made


@pytest.mark.parametrize("group", approved(FILLING))
def test_weights_of_a_file_fit_or_it_is_said_why_not(group: str, folder: Path, bless: bool) -> None:
    def said(written: str) -> Iterator[str]:
        program, report = check(Source("net.nn", NETWORKS[group].replace("WRITTEN", written), folder / "net.nn"))
        for one in report:
            yield from (line.replace(str(folder), "...") for line in told(one))
        if not report.errors:
            saved = program.networks["N"].graph.saved
            yield "; ".join(f"{owner.name}: {', '.join(one.names)}" for owner, one in saved.items()) or "nothing"

    compare(FILLING, group, said, bless)
