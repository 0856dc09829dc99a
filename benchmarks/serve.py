"""How soon, and how often, a served network answers: some clients ask one row at a time over HTTP, beside asking it without HTTP."""

import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measures import Measure, main, milliseconds

SPEC = Path(__file__).parents[1] / "examples" / "penguins" / "penguins.nn"
ROW = {"bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181, "body_mass_g": 3750, "sex": "male", "island": "Torgersen"}
CLIENTS = 8


def nndsl(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "nndsl", *arguments]


def connected(port: int, process: "subprocess.Popen[str]") -> None:
    """Wait until the service answers."""
    while process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the service has ended")


def asked(port: int, rows: int, times: int) -> list[float]:
    """How many seconds each of some requests takes, over one connection."""
    connection, seconds = http.client.HTTPConnection("127.0.0.1", port, timeout=60), []
    body = json.dumps({"rows": [ROW] * rows})
    for _ in range(times):
        started = time.perf_counter()
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        seconds.append(time.perf_counter() - started)
        if answer.status != 200:
            sys.exit(content.decode())
    return seconds


def without_http(run: Path) -> Callable[[], Any]:
    """The same question asked of the service itself, in this process."""
    from nndsl.backend.keras.evaluate import Answerer
    from nndsl.run import Run
    from nndsl.serving.service import JSON, Service

    service = Service(Answerer(Run.open(run)), 1000)
    body = json.dumps({"rows": [ROW]}).encode()
    return lambda: service.ask(body, JSON).result()


def run(small: bool) -> Sequence[Measure]:
    times = 5 if small else 200
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(nndsl("train", str(SPEC), "--epochs", "1", "--runs", folder), check=True, capture_output=True)
        home = Path(folder) / "penguinspecies" / "001"
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = int(listener.getsockname()[1])
        process = subprocess.Popen(nndsl("serve", str(home), "--port", str(port)), stdout=subprocess.PIPE, text=True)
        try:
            connected(port, process)
            return measures(port, home, times)
        finally:
            process.terminate()
            process.wait(timeout=30)


def measures(port: int, home: Path, times: int) -> Sequence[Measure]:
    asked(port, 1, times)
    alone = sorted(asked(port, 1, times))
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as clients:
        together = sorted(second for one in clients.map(lambda _: asked(port, 1, times), range(CLIENTS)) for second in one)
    rate = len(together) / (time.perf_counter() - started)
    large = sorted(asked(port, 1000, max(3, times // 20)))
    ask = without_http(home)
    ask()
    plain = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        plain.append(time.perf_counter() - started)
    middle, last = len(alone) // 2, int(0.99 * len(together))
    direct = sorted(plain)[middle]
    return [
        Measure("a row over HTTP / without: median", milliseconds(alone[middle]), milliseconds(direct), alone[middle] / direct, None),
        Measure(f"{CLIENTS} clients at once: the slowest of 100, seconds", milliseconds(together[last]), "", together[last], None),
        Measure(f"{CLIENTS} clients at once: seconds for each answer", f"{rate:.0f} a second", "", 1 / rate, None),
        Measure("1,000 rows in one request: seconds", milliseconds(large[len(large) // 2]), "", large[len(large) // 2], None),
    ]


if __name__ == "__main__":
    main("serve: a trained network over HTTP", run)
