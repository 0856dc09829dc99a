"""The complete index of diagnostics: every module that can report one, imported."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import walk_packages

from nndsl.diagnostics import INDEX, Entry

_HEAVY = "nndsl.backend."
"""Modules under here import Keras; what they can report is declared beside them, in modules that do not."""


def complete_index() -> Mapping[str, Entry]:
    """Every code with its explanation."""
    import nndsl

    for module in walk_packages(nndsl.__path__, "nndsl."):
        if not module.name.startswith(_HEAVY) and not module.name.endswith("__main__"):
            import_module(module.name)
    return INDEX
