"""The commands, a module each: what may be written after the command's name, what its help says, and what it does.

A module is imported when its command is called, and all of them when their list is asked for.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

NAMES = (
    "check", "compile", "import", "train", "launch", "tune", "evaluate", "report", "runs", "predict", "serve", "generate", "export", "render",
    "diff", "summary", "fmt", "explain", "lsp",
)
"""In the order of the list: NAME is `COMMAND` of the module `nndsl.commands.NAME`."""


class Command(NamedTuple):
    """One command.

    Attributes:
        help: what it is for, as a sentence without its capital and its full stop.
        examples: lines for the end of its help; what stands far behind one says what it does.
        add_arguments: gives a parser the arguments of the command.
        run: does it, and returns the exit code (`nndsl.console`). It may raise `UserError` and `NoSuchName`.
        more: what else a person should know of it.
    """

    help: str
    examples: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
    more: str = ""


def named(name: str) -> Command:
    """The command of a name, which must be one of `NAMES`."""
    found = import_module(f"{__name__}.{name}").COMMAND
    assert isinstance(found, Command)
    return found
