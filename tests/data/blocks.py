"""`data` blocks in tests: written as in a file, planned, loaded, and their mistakes collected."""

from pathlib import Path
from textwrap import indent

from nndsl.data.dataset import Dataset
from nndsl.data.plan import DataPlan
from nndsl.diagnostics import Diagnostic, UserError, render
from nndsl.driver import check
from nndsl.source import Source

EVERYTHING = "split = order(train=1)"


def planned(folder: Path, body: str, data_path: Path | None = None) -> DataPlan:
    """The plan of a block in a file that lies in `folder`; without a split of its own, all examples are for training."""
    text = body if "split" in body else f"{body}\n{EVERYTHING}"
    source = Source("d.nn", f"data D {{\n{indent(text, '  ')}\n}}\n", folder / "d.nn")
    program, report = check(source, data_path=data_path)
    report.raise_errors()
    return program.data["D"]


def loaded(folder: Path, body: str) -> Dataset:
    return planned(folder, body).load()


def mistakes(folder: Path, body: str) -> list[Diagnostic]:
    """What is said of a block that is wrong, when it is checked or when it is loaded."""
    try:
        loaded(folder, body)
    except UserError as failure:
        return list(failure.diagnostics)
    raise AssertionError("nothing was found wrong")


def said(folder: Path, body: str) -> str:
    """The same, as people read it."""
    return "\n".join(render(one) for one in mistakes(folder, body))
