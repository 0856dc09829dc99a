"""Checking files of 1,000 to 100,000 statements: the time and the memory that a statement takes, whatever the size."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache

from benchmarks.measures import Measure, main

STATEMENTS = """\
  h = x -> Dense(64, activation=relu) -> Dropout(0.1)
  g: [64] = h -> BatchNorm -> relu
  k = concat(g, x) * 2 -> Dense(64)
  n = 3 * 4 + 2
  x = x + k
  m: [32] = x -> Dense(32) if n == 14 else x
  s = x -> Reshape((8, 8)) -> Conv1D(2 * 4, 3, padding=same) -> Flatten
  x = x + s
  c = concat(m, x) -> Dense(64)
  x = (x + c) -> LayerNorm
"""
"""Ten statements of a network: layers, functions, arithmetic, a condition, stated shapes."""


def text(statements: int) -> str:
    return f"network Long {{\n  input x: float[64]\n{STATEMENTS * (statements // 10)}  output y = x\n}}\n"


def one_check(statements: int) -> None:
    """Print what checking a file takes: the seconds of the processor, and the bytes of memory."""
    from nndsl.driver import check
    from nndsl.source import Source

    check(Source("warm.nn", text(10)))
    before, source = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Source("long.nn", text(statements))
    started = time.process_time()
    _, report = check(source)
    seconds = time.process_time() - started
    assert not len(report), next(iter(report))
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps([seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit]))


@cache
def best_of(statements: int, rounds: int) -> tuple[float, float]:
    """The least seconds, and bytes, of several processes."""
    command = [sys.executable, "-m", "benchmarks.linear", "--one", str(statements)]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(rounds)]
    return min(seconds for seconds, _ in found), min(size for _, size in found)


def run(small: bool) -> Sequence[Measure]:
    sizes = (100, 1000) if small else (1000, 10_000, 100_000)
    rounds = dict(zip(sizes, (9, 3, 2), strict=False))
    found = {size: best_of(size, 1 if small else rounds[size]) for size in sizes}
    measures = [
        Measure(f"{size:,} statements, {memory / size:,.0f} bytes each: seconds", f"{seconds / size * 1e6:.0f} us each", "", seconds,
                3 if size == 10_000 else None)
        for size, (seconds, memory) in found.items()
    ]
    each = [seconds / size for size, (seconds, _) in found.items()]
    return [*measures, Measure("a statement: slowest / fastest size", "", "", max(each) / min(each), 1.3)]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one_check(int(sys.argv[2]))
    else:
        main("linear: checking long files, in processor time", run)
