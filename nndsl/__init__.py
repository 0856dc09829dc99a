"""nndsl: a language, compiler and trainer for neural networks."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nndsl.api import LoadedProgram, Refused, evaluate, export, generate, load, loads, predict

__version__ = "0.1.0"
__all__ = ["LoadedProgram", "Refused", "__version__", "evaluate", "export", "generate", "load", "loads", "predict"]


def __getattr__(name: str) -> Any:
    """The names of `nndsl.api`, imported when they are first used: the command line does not need them."""
    if name in __all__:
        from nndsl import api

        return getattr(api, name)
    raise AttributeError(f"module 'nndsl' has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext nndsl` calls: the magic `%%nn` is known from then on."""
    from nndsl.notebook import register

    register(shell)
