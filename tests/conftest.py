"""Options of the test suite, and how Hypothesis draws its examples: the same ones each time (`--hypothesis-profile explore`: others)."""

import pytest
from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("same")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bless", action="store_true", help="rewrite the expected renderings of the case files")
    parser.addoption("--soundness", type=int, default=500, help="how many programs, and mutations of programs, are held against Keras")


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether expectations are to be rewritten rather than compared."""
    return bool(request.config.getoption("--bless"))
