"""`%%nn`, in IPython's own shell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import nndsl

ROOT = Path(__file__).parents[1]
CELL = """\
param width = 4
network Net {
  input x: float[3]
  output y = x -> Dense(width)
}
"""


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell in an empty folder, with the extension."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    one = InteractiveShell.instance()
    one.run_line_magic("load_ext", "nndsl")
    yield one
    InteractiveShell.clear_instance()


def run(shell: InteractiveShell, cell: str) -> tuple[Any, str]:
    """A cell's result, and everything it shows as text."""
    with capture_output() as shown:
        result = shell.run_cell(cell)
    return result, shown.stdout


def test_a_cell_is_a_program_with_diagrams_under_its_name(shell: InteractiveShell) -> None:
    result, _ = run(shell, f"%%nn net\n{CELL}")
    assert result.success
    program = shell.user_ns["net"]
    assert result.result is program and isinstance(program, nndsl.LoadedProgram)
    assert list(program.checked.networks) == ["Net"]
    assert shell.display_formatter is not None
    data, _ = shell.display_formatter.format(program)
    assert "<svg" in data["text/html"] and data["text/plain"] == "<nndsl program %%nn net: Net>"
    assert run(shell, "net.checked.network().graph.outputs['y']")[0].success


def test_a_name_may_be_left_out(shell: InteractiveShell) -> None:
    before = set(shell.user_ns)
    assert isinstance(run(shell, f"%%nn\n{CELL}")[0].result, nndsl.LoadedProgram)
    assert {name for name in set(shell.user_ns) - before if not name.startswith("_")} == set()


def test_values_and_data_are_given_on_the_line_of_the_magic(shell: InteractiveShell) -> None:
    assert run(shell, f"%%nn net --set width=7\n{CELL}")[0].success
    assert shell.user_ns["net"].checked.parameters["width"] == 7
    table = "data D {\n  source = csv(\"none.csv\")\n  x = source.a -> standardize\n  split = random(train=0.8, test=0.2)\n}\n"
    Path("rows.csv").write_text("a\n1\n2\n", encoding="utf-8")
    assert run(shell, f"%%nn rows --data rows.csv\n{table}")[0].success
    assert not run(shell, f"%%nn rows\n{table}")[0].success


def test_a_wrong_cell_shows_where_counted_as_the_cell_is_and_stops(shell: InteractiveShell) -> None:
    result, said = run(shell, "%%nn net\n" + CELL.replace("width)", "width, unitz=3)"))
    assert isinstance(result.error_in_exec, nndsl.Refused)
    assert "%%nn net:5:32" in said and "output y = x -> Dense(width, unitz=3)" in said and "units" in said
    assert "Traceback" not in said and "net" not in shell.user_ns


def test_a_warning_is_shown_with_its_excerpt_and_the_program_is_there(shell: InteractiveShell) -> None:
    with capture_output() as shown:
        shell.run_cell("%%nn net\n" + CELL.replace("param", "param other = 3  # <&>\nparam"))
    warning = shown.outputs[0]
    assert "warning[NN401]" in warning.data["text/plain"] and "\033" not in warning.data["text/plain"]
    html = warning.data["text/html"]
    assert html.startswith("<pre>") and html.count("<b ") == html.count("</b>") > 2
    assert "param other = 3  # &lt;&amp;&gt;" in html and "\033" not in html
    assert "net" in shell.user_ns


@pytest.mark.parametrize("line", ["net --set width", "3x", "net more", "--what"])
def test_a_wrong_use_of_the_magic_is_said_in_a_line(shell: InteractiveShell, line: str) -> None:
    result, said = run(shell, f"%%nn {line}\n{CELL}")
    assert type(result.error_in_exec).__name__ == "UsageError"
    assert "Traceback" not in said and "net" not in shell.user_ns


def test_imports_start_at_the_working_directory(shell: InteractiveShell) -> None:
    Path("part.nn").write_text("block Part(n) { Dense(n) }\n", encoding="utf-8")
    result, _ = run(shell, '%%nn net\nfrom "part.nn" import Part\n' + CELL.replace("Dense", "Part"))
    assert result.success


def test_what_python_raises_of_a_wrong_file_is_shown_without_a_traceback(shell: InteractiveShell) -> None:
    result, said = run(shell, "import nndsl; nndsl.loads('network {}')")
    assert isinstance(result.error_in_exec, nndsl.Refused)
    assert "error[NN" in said and "Traceback" not in said
