"""What is shipped works where nothing but the package is: sdist, wheel from the sdist, a fresh environment, another folder.

The fresh environment borrows the libraries of the one that runs the tests, so that TensorFlow is not fetched once more.
"""

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from nndsl import __version__

ROOT = Path(__file__).parents[1]
JUNK = ("__pycache__", "node_modules", ".vsix", ".pyc", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "/runs/", ".venv", ".keras", ".lock")
SPEC = """\
from "std/blocks.nn" import Residual

param width = 4

network Small(classes=10) {
  input image: float[8, 8, 1]
  output label = image -> Residual(width, stride=2) -> Flatten -> Dense(classes, activation=softmax)
}

data Digits {
  source = dataset(digits) -> limit(200)
  image  = source.x -> reshape(8, 8, 1) -> scale(1 / 16)
  label  = source.y -> category
  split  = random(train=0.8, test=0.2, stratify=label)
}

train Digits8x8 {
  model     = Small(classes=Digits.label.classes)
  data      = Digits
  loss      = crossentropy
  optimizer = Adam(learning_rate=0.01)
  metrics   = [accuracy]
  epochs    = 1
}
"""


class Shipped(NamedTuple):
    """The two archives of a release."""

    sdist: Path
    wheel: Path


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Shipped:
    """The sdist of this checkout, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    return Shipped(*(next(folder.glob(f"*{ending}")) for ending in (".tar.gz", ".whl")))


@pytest.fixture(scope="module")
def fresh(shipped: Shipped, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment that has the wheel, and borrows everything else."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    python = folder / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(shipped.wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (next(folder.glob("lib/python*/site-packages")) / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n", encoding="utf-8")
    return folder / "bin"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "small.nn").write_text(SPEC, encoding="utf-8")
    return tmp_path


def run(program: Path, *arguments: str, cwd: Path) -> str:
    """What a program of the fresh environment prints; it must succeed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment = {**kept, "XDG_CACHE_HOME": str(cwd / "cache"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


# What is in the archives -------------------------------------------------------------------------


def test_the_wheel_holds_every_module_and_all_that_they_read(shipped: Shipped) -> None:
    names = names_in(shipped.wheel)
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "nndsl").rglob("*.py")}
    read = {f"nndsl/{path.relative_to(ROOT)}" for pattern in ("grammars/*.lark", "specs/**/*.nn") for path in ROOT.glob(pattern)}
    fonts = {str(path.relative_to(ROOT)) for path in (ROOT / "nndsl" / "diagram" / "fonts").iterdir() if path.is_file()}
    viewer = {str(path.relative_to(ROOT)) for path in (ROOT / "nndsl" / "diagram" / "viewer").iterdir()}
    assert modules | read | fonts | viewer <= names
    assert {"nndsl/grammars/nn.lark", "nndsl/specs/std/blocks.nn"} <= read


def test_every_data_set_in_the_wheel_has_its_licence(shipped: Shipped) -> None:
    shipped_data = {name for name in names_in(shipped.wheel) if name.startswith("nndsl/datasets/")}
    assert shipped_data == {
        f"nndsl/datasets/{name}" for name in (
            "penguins.csv", "penguins.LICENCE.txt", "digits8x8.npz", "digits.LICENCE.txt",
            "splice_junctions_uci.csv.gz", "splice.LICENCE.txt",
        )
    }


def test_the_wheel_holds_the_package_and_nothing_else(shipped: Shipped) -> None:
    names = names_in(shipped.wheel)
    assert {name.partition("/")[0] for name in names} == {"nndsl", f"nndsl-{__version__}.dist-info"}
    assert not [name for name in names if any(junk in name for junk in JUNK) or "vscode" in name]


def test_the_sdist_holds_what_it_takes_to_test_and_no_junk(shipped: Shipped) -> None:
    with tarfile.open(shipped.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "pyproject.toml", "grammars/nn.lark", "docs/language.md", "tests/test_packaging.py"} <= names
    assert {f"examples/{name}/{name}.nn" for name in ("digits", "penguins", "splice")} <= names
    assert not [name for name in names if any(junk in f"/{name}" for junk in JUNK)]


# What it does elsewhere --------------------------------------------------------------------------


def test_the_package_is_imported_from_the_fresh_environment(fresh: Path, elsewhere: Path) -> None:
    where = run(fresh / "python", "-c", "import nndsl; print(nndsl.__file__)", cwd=elsewhere).strip()
    assert Path(where).is_relative_to(fresh.parent)
    assert run(fresh / "nndsl", "--version", cwd=elsewhere) == f"nndsl {__version__}\n"


def test_an_installed_command_checks_compiles_draws_and_explains(fresh: Path, elsewhere: Path) -> None:
    assert run(fresh / "nndsl", "check", "small.nn", cwd=elsewhere).startswith("small.nn: good\n")
    assert run(fresh / "nndsl", "explain", "NN301", cwd=elsewhere).startswith("NN301 (error)")
    for drawn in ("small.png", "small.html"):
        run(fresh / "nndsl", "render", "small.nn", "-o", drawn, cwd=elsewhere)
    run(fresh / "nndsl", "compile", "small.nn", "-o", "small.keras", cwd=elsewhere)
    assert {"small.png", "small.html", "small.keras"} <= {path.name for path in elsewhere.iterdir()}


def test_pygments_finds_the_lexer_by_its_names_and_by_files(fresh: Path, elsewhere: Path) -> None:
    found = "get_lexer_by_name('nn'), get_lexer_by_name('nndsl'), get_lexer_for_filename('a.nn')"
    code = f"from pygments.lexers import *; print(*[type(one).__name__ for one in ({found})])"
    assert run(fresh / "python", "-c", code, cwd=elsewhere) == "NNLexer NNLexer NNLexer\n"


def test_an_installed_command_trains_on_data_that_come_with_it(fresh: Path, elsewhere: Path) -> None:
    said = run(fresh / "nndsl", "train", "small.nn", cwd=elsewhere)
    assert "on 40 test examples" in said
    assert (elsewhere / "runs" / "digits8x8" / "001" / "best.keras").exists()
    assert run(fresh / "nndsl", "evaluate", "runs/digits8x8/latest", cwd=elsewhere).splitlines()[0] == said.splitlines()[0]


def test_every_shipped_data_set_is_found(fresh: Path, elsewhere: Path) -> None:
    code = "from nndsl.data.packaged import FILES, packaged; print(*[packaged(name) for name in FILES], sep='\\n')"
    for path in map(Path, run(fresh / "python", "-c", code, cwd=elsewhere).split()):
        assert path.is_relative_to(fresh.parent) and path.is_file()
