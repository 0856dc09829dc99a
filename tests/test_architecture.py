"""The house is as `docs/architecture.md` says: the page is read, and the code compared with it."""

import ast
import builtins
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from nndsl.index import complete_index

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "nndsl"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FRONT_DOORS = {"__init__.py", "__main__.py"}
"""`nndsl/__init__.py` holds the version and hands on to the API when asked; `__main__.py` hands on to the command line."""


@dataclass(frozen=True)
class Import:
    """One name that a module imports; `lazy`: inside of a function."""

    importer: Path
    imported: str
    line: int
    lazy: bool

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


@cache
def imports_of(module: Path) -> tuple[Import, ...]:
    return tuple(_imports(module, ast.parse((PACKAGE / module).read_text(encoding="utf-8")), lazy=False))


def _imports(module: Path, node: ast.AST, lazy: bool) -> Iterator[Import]:
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.If) and "TYPE_CHECKING" in ast.unparse(one.test):
            continue
        if isinstance(one, ast.Import):
            yield from (Import(module, alias.name, one.lineno, lazy) for alias in one.names)
        elif isinstance(one, ast.ImportFrom):
            assert one.level == 0 and one.module, f"{module}:{one.lineno}: imports are written from the root"
            yield from (Import(module, f"{one.module}.{alias.name}", one.lineno, lazy) for alias in one.names)
        else:
            yield from _imports(module, one, lazy or isinstance(one, ast.FunctionDef))


def within(imported: str) -> str | None:
    """The module or package right under `nndsl` that a name belongs to; None where it is another library's, or the root's."""
    parts = imported.split(".")
    if parts[0] != "nndsl" or len(parts) < 2:
        return None
    if (PACKAGE / parts[1]).is_dir():
        return f"{parts[1]}/"
    return f"{parts[1]}.py" if (PACKAGE / f"{parts[1]}.py").is_file() else None


def resident(module: Path) -> str:
    """The module or package right under `nndsl` that a file is, or belongs to."""
    return module.name if len(module.parts) == 1 else f"{module.parts[0]}/"


def floors() -> dict[str, int]:
    """Where the page puts each module and package: the line, counted from the top."""
    listed = PAGE.partition("\nnndsl/\n")[2].partition("```")[0]
    heads = [re.split(r" {2,}", line.strip())[0].split() for line in listed.splitlines()]
    return {f"{name.split('/')[0]}/" if "/" in name else name: number for number, head in enumerate(heads) for name in head}


def test_every_module_has_its_place_on_the_page() -> None:
    assert {resident(one) for one in MODULES} - FRONT_DOORS == set(floors())


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_from_lines_above_its_own(module: Path) -> None:
    if module.name in FRONT_DOORS and len(module.parts) == 1:
        return
    floor, home = floors(), resident(module)
    for one in imports_of(module):
        target = within(one.imported)
        if target is not None and target != home:
            assert floor[target] < floor[home], f"{one}, which is not above it"


def libraries() -> dict[str, tuple[str, ...]]:
    """The table of the page: which files and folders a library is imported by."""
    table = PAGE.partition("| library |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1:3] for row in table.splitlines() if row.startswith("| `")]
    quoted = re.compile(r"`([^`]+)`")
    return {name: tuple(quoted.findall(homes)) for names, homes in rows for name in quoted.findall(names)}


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_library_is_imported_only_where_it_lives(module: Path) -> None:
    homes = libraries()
    for one in imports_of(module):
        library = one.imported.partition(".")[0]
        if library != "nndsl" and library not in sys.stdlib_module_names:
            assert any(str(module).startswith(home) for home in homes[library]), one


def test_every_library_is_imported_where_the_page_says() -> None:
    imported = {(one.imported.partition(".")[0], str(one.importer)) for module in MODULES for one in imports_of(module)}
    for library, homes in libraries().items():
        for home in homes:
            assert any(name == library and importer.startswith(home) for name, importer in imported), (library, home)


def test_the_front_half_never_imports_the_backend() -> None:
    """Only what hands a program on to Keras knows of the backend, and only when it does so."""
    users = {str(one.importer) for module in MODULES for one in imports_of(module)
             if one.imported.startswith("nndsl.backend") and resident(module) != "backend/"}
    assert all(user == "api.py" or user.startswith(("commands/", "tuning/")) for user in users)
    assert all(one.lazy for user in users for one in imports_of(Path(user)) if one.imported.startswith("nndsl.backend"))


HEAVY = ("keras", "tensorflow", "networkx", "numpy", "pyarrow", "rich", "PIL", "yaml", "dnaio", "pysam", "pybigtools")


def loaded_by(code: str) -> set[str]:
    """The heavy libraries that a fresh process has loaded once it ran the code."""
    report = f"import sys; print(*{{name.partition('.')[0] for name in sys.modules}} & set({HEAVY!r}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*/*.nn")), ids=lambda path: path.stem)
def test_checking_an_example_loads_nothing_heavy(example: Path) -> None:
    assert loaded_by(f"import nndsl.cli; assert nndsl.cli.main(['check', {str(example)!r}]) == 0") == set()


def test_explaining_and_importing_load_nothing_heavy() -> None:
    assert loaded_by("import nndsl, nndsl.cli; assert nndsl.cli.main(['explain', 'NN301']) == 0; nndsl.loads") == set()


# Diagnostics -------------------------------------------------------------------------------------

CASES = {path.name.partition("_")[0] for path in (ROOT / "tests" / "diagnostics").glob("*.nn")}
ELSEWHERE = {
    "NN101": ("a missing file is no case", "syntax/test_reading.py"),
    "NN102": ("a byte that is no text does not fit into a case that is one", "syntax/test_reading.py"),
    "NN199": ("it comes after a hundred others", "syntax/test_parser.py"),
    "NN221": ("it takes an option of the command line", "commands/test_check.py"),
    "NN222": ("it takes an option of the command line", "commands/test_check.py"),
    "NN507": ("it takes a file of more than 64 MB", "test_data_files.py"),
    "NN512": ("it takes a package that is not installed", "test_data_genomes.py"),
    "NN524": ("classes are counted when the examples are loaded", "test_data_mistakes.py"),
    "NN525": ("the data change between check and training", "test_data_changes.py"),
    "NN526": ("it is about data to predict from", "test_data_changes.py"),
    "NN528": ("rows are counted when the examples are loaded", "test_data_series.py"),
    "NN527": ("it is about data to predict from", "test_data_changes.py"),
}
"""Codes without a case file: why, and the tests that make them happen instead."""


def by_a_case(code: str) -> bool:
    """Whether a `.nn` file alone can make a diagnostic: it speaks of neither the backend nor a run, nor of what is made of one."""
    return not code.startswith(("NN7", "NN8"))


@pytest.mark.parametrize("entry", complete_index().values(), ids=lambda entry: entry.code)
def test_a_diagnostic_is_explained(entry: object) -> None:
    explanation = entry.explanation  # type: ignore[attr-defined]
    assert explanation and explanation.partition("\n")[0].endswith("."), "it begins with a whole sentence"


@pytest.mark.parametrize("code", sorted(filter(by_a_case, complete_index())))
def test_a_diagnostic_has_a_case(code: str) -> None:
    if code in ELSEWHERE:
        reason, tests = ELSEWHERE[code]
        assert code not in CASES, f"it has a case now, so that this is out of date: {reason}"
        assert code in (ROOT / "tests" / tests).read_text(encoding="utf-8")
    else:
        assert code in CASES


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_comprehension_hides_a_builtin_that_its_function_calls(module: Path) -> None:
    """Python 3.12 takes both for the same local variable."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
        loops = (one for one in ast.walk(function) if isinstance(one, ast.ListComp | ast.SetComp | ast.DictComp))
        bound = {name.id for one in loops for part in one.generators for name in ast.walk(part.target) if isinstance(name, ast.Name)}
        called = {one.func.id for one in ast.walk(function) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)}
        assert not bound & called & set(dir(builtins)), function.name
