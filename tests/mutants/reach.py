"""Which tests reach which lines, and how long they take: measured once for each file of tests, and kept until something changes."""

import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import _lru_cache_wrapper
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.operators import ROOT

KEPT = Path(tempfile.gettempdir()) / "nndsl-mutants"
Lines = dict[str, list[int]]


class Reach:
    """What tests reach.

    Attributes:
        seconds: what each test takes, by its id.
    """

    def __init__(self, measured: dict[str, tuple[float, Lines]], imported: Lines) -> None:
        self._imported = {path: set(lines) for path, lines in imported.items()}
        self.seconds = {test: seconds for test, (seconds, _) in measured.items()}
        self._of: dict[str, dict[int, set[str]]] = {}
        for test, (_, lines) in measured.items():
            for path, numbers in lines.items():
                for number in numbers:
                    self._of.setdefault(path, {}).setdefault(number, set()).add(test)

    def of_lines(self, path: str, lines: range) -> set[str]:
        known = self._of.get(path, {})
        return set().union(*(known.get(line, ()) for line in lines))

    def at_import(self, path: str, lines: range) -> bool:
        """Whether lines have run before the first test does."""
        return not self._imported.get(path, set()).isdisjoint(lines)

    def of_file(self, path: str) -> set[str]:
        """The tests that run any function of a file."""
        return set().union(*self._of.get(path, {}).values())


def reach(files: list[str], paths: list[str], run: Callable[[Callable[[], object]], object]) -> Reach:
    """What the tests of some files reach of some modules.

    Args:
        run: calls a function in a process of its own.
    """
    measured: dict[str, Any] = {}
    common = _digest(_common_files())
    KEPT.mkdir(exist_ok=True)
    imports = KEPT / f"{sha256((common + str(files)).encode()).hexdigest()}.json"
    if not imports.exists():
        run(lambda: imports.write_text(json.dumps(_traced([*files, "--collect-only"], paths, None)[""]), encoding="utf-8"))
    for file in files:
        kept = KEPT / f"{sha256((common + file + _digest(_files_of(file))).encode()).hexdigest()}.json"
        if not kept.exists():
            print(f"measuring what {file} reaches", file=sys.stderr)
            run(lambda file=file, kept=kept: _measure(file, paths, kept))  # type: ignore[misc]
        measured.update(json.loads(kept.read_text(encoding="utf-8")))
    return Reach(measured, json.loads(imports.read_text(encoding="utf-8")))


def _common_files() -> Iterator[Path]:
    for folder, pattern in (("nndsl", "*.py"), ("grammars", "*.lark"), ("specs", "*.nn"), ("tests", "*.py")):
        for path in (ROOT / folder).rglob(pattern):
            if not path.name.startswith("test_") and path.parent != Path(__file__).parent:
                yield path


def _files_of(file: str) -> Iterator[Path]:
    yield ROOT / file
    if "diagnostics" in (ROOT / file).read_text(encoding="utf-8"):
        yield from (ROOT / "tests" / "diagnostics").glob("*.nn")


def _digest(paths: Iterator[Path]) -> str:
    found = sha256()
    for path in sorted(paths):
        found.update(path.read_bytes())
    return found.hexdigest()


def _measure(file: str, paths: list[str], kept: Path) -> None:
    watch = _Watch()
    lines = _traced([file], paths, watch)
    kept.write_text(json.dumps({test: (seconds, lines.get(test, {})) for test, seconds in watch.seconds.items()}), encoding="utf-8")


def _traced(arguments: list[str], paths: list[str], watch: "_Watch | None") -> dict[str, Lines]:
    """The lines that run in a session of pytest, by the test that runs them; those before the first test by the name ""."""
    import coverage

    os.environ["COVERAGE_CORE"] = "ctrace"  # the other one knows no contexts
    tracer = coverage.Coverage(data_file=None, config_file=False, include=[str(ROOT / one) for one in paths])
    tracer.start()
    if watch is not None:
        watch.tracer = tracer
    pytest.main([*arguments, "-q", "-p", "no:cacheprovider"], plugins=[watch] if watch else [])
    tracer.stop()
    lines: dict[str, Lines] = {"": {}}
    data = tracer.get_data()
    for path in data.measured_files():
        for line, tests in data.contexts_by_lineno(path).items():
            for test in tests:
                lines.setdefault(test, {}).setdefault(os.path.relpath(path, ROOT), []).append(line)
    return lines


class _Watch:
    """Tells the tracer which test runs; what a test finds in a cache it would not reach, so caches are emptied before it."""

    def __init__(self) -> None:
        self.tracer: Any = None
        self._caches: list[Any] = []
        self.seconds: dict[str, float] = {}

    def pytest_collection_finish(self) -> None:
        self._caches = caches()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        empty(self._caches)
        self.tracer.switch_context(item.nodeid)
        start = time.perf_counter()
        result = yield
        self.seconds[item.nodeid] = time.perf_counter() - start
        self.tracer.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            raise pytest.UsageError(f"{report.nodeid} fails without any mutant:\n{report.longreprtext}")


def caches() -> list[Any]:
    """The caches of functions of the front half; the parser's holds nothing that a mutant could change."""
    return [one for one in gc.get_objects() if isinstance(one, _lru_cache_wrapper)
            and one.__module__.startswith("nndsl.") and not one.__module__.startswith("nndsl.syntax")]


def empty(found: list[Any]) -> None:
    for one in found:
        one.cache_clear()
