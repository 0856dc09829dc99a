"""`%%nn` in notebooks: `%load_ext nndsl`, and cells are `.nn` files."""

import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display

from nndsl.api import LoadedProgram, loaded
from nndsl.arguments import assignment
from nndsl.diagnostics import Diagnostic, ansi, render
from nndsl.source import Source

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

COLORS = {"1;31": "#c62828", "1;33": "#b26a00", "1;34": "#1565c0", "1;32": "#2e7d32", "1": "inherit"}
"""The styles of `ansi`, on light and on dark pages."""
_STYLE = re.compile("\033\\[([0-9;]*)m")


class Found:
    """Diagnostics, as a notebook shows them: with the excerpt, in colours where there are some."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]):
        self._diagnostics = diagnostics

    def __repr__(self) -> str:
        return "\n\n".join(render(one) for one in self._diagnostics)

    def _repr_html_(self) -> str:
        text = escape("\n\n".join(render(one, ansi) for one in self._diagnostics))
        return f"<pre>{_STYLE.sub(_tag, text)}</pre>"


def _tag(code: re.Match[str]) -> str:
    return "</b>" if code[1] == "0" else f'<b style="color: {COLORS[code[1]]}">'


@magics_class
class NNMagics(Magics):
    """The magics of nndsl."""

    @magic_arguments()
    @argument("name", nargs="?", help="the variable that gets the program")
    @argument("--set", metavar="NAME=VALUE", action="append", default=[], type=assignment, help="give a `param` another value; may be repeated")
    @argument("--data", metavar="PATH", type=Path, help="read this instead of the file that the `data` block names")
    @cell_magic
    def nn(self, line: str, cell: str) -> LoadedProgram:
        """Check a cell in the language of `.nn` files, show its networks, and keep the program in a variable.

        Relative paths start at the working directory. A wrong cell ends with what `nndsl check` would say.
        """
        options = parse_argstring(self.nn, line)
        if options.name is not None and not options.name.isidentifier():
            raise UsageError(f"%%nn: `{options.name}` cannot be the name of a variable")
        counted_from_the_magic = "\n" + cell
        source = Source(" ".join(["%%nn", *([options.name] if options.name else [])]), counted_from_the_magic)
        program = loaded(source, options.data, dict(options.set))
        if len(program.report):
            display(Found(tuple(program.report)))
        if options.name is not None and self.shell is not None:
            self.shell.push({options.name: program})
        return program


def register(shell: "InteractiveShell") -> None:
    """Make `%%nn` known to a shell."""
    shell.register_magics(NNMagics)
