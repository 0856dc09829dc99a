"""Every file in `tests/diagnostics/` makes the diagnostic that it is named after, and looks as in the `.txt` beside it.

`pytest --bless` rewrites the `.txt` files; it cannot accept another code than that in the file's name.
"""

from pathlib import Path

import pytest

from nndsl.diagnostics import Diagnostic, render
from nndsl.driver import check
from nndsl.syntax.reading import read_source

CASES = sorted((Path(__file__).parent / "diagnostics").glob("*.nn"))


def diagnostics_of(path: Path) -> list[Diagnostic]:
    _, report = check(read_source(path, name=path.name))
    return list(report)


def case_code(path: Path) -> str:
    return path.name.partition("_")[0]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_reports_the_code_it_is_named_after_and_no_other_error(path: Path) -> None:
    found = diagnostics_of(path)
    assert case_code(path) in {one.code for one in found}
    assert {one.code for one in found if one.severity == "error"} <= {case_code(path)}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_looks_as_expected(path: Path, bless: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)  # messages name files by their path from the current folder
    shown = "\n\n".join(render(one) for one in diagnostics_of(path)).replace(str(path.parent), "...") + "\n"
    expected = path.with_suffix(".txt")
    if bless and case_code(path) in shown:
        expected.write_text(shown, encoding="utf-8", newline="")
    assert expected.exists(), "run `pytest --bless` and read what it wrote"
    assert shown == expected.read_text(encoding="utf-8")


def test_every_expectation_belongs_to_a_case() -> None:
    folder = Path(__file__).parent / "diagnostics"
    assert {one.stem for one in folder.glob("NN*.txt")} <= {one.stem for one in CASES}
