"""Options of the test suite, and how Hypothesis draws its examples: the same ones each time (`--hypothesis-profile explore`: others)."""

import signal
import threading

import pytest
from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="rewrite the expected renderings of the case files")
    parser.addoption("--soundness", type=int, default=500, help="how many programs, and mutations of programs, are held against Keras")


def pytest_configure(config: pytest.Config) -> None:
    """Ctrl-C interrupts, as on a terminal, also where the suite runs in the background, whose processes ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether expectations are to be rewritten rather than compared."""
    return bool(request.config.getoption("--bless"))
