"""`nndsl diff`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from nndsl.arguments import add_format, add_look, add_values
from nndsl.commands import Command
from nndsl.console import (
    GOOD,
    WRONG_FILE,
    as_json_text,
    count_errors,
    is_colourful,
    misused,
    print_diagnostics,
    wants_json,
    width_of,
)
from nndsl.diagram import PICTURES

if TYPE_CHECKING:
    from nndsl.comparison.files import Files
    from nndsl.program import Program


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", type=Path, help="the old .nn file; `-` reads it from standard input")
    parser.add_argument("new", metavar="NEW", type=Path, help="the new one; `-` likewise")
    parser.add_argument("name", metavar="NAME", nargs="?", help="compare this network only (default: all, and the settings)")
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="also draw it: an .svg, .png or .pdf file")
    add_look(parser)
    add_values(parser)
    parser.add_argument("--exit-code", action="store_true", help="return 1 where there is a difference, as `git diff --exit-code` does")
    add_format(parser, "one object with the changed layers of each network, the totals and the settings")


def _run(options: Namespace) -> int:
    from nndsl.comparison import report
    from nndsl.comparison.files import compare
    from nndsl.extras import need

    mistake = _misuse(options)
    if mistake is not None:
        return misused("diff", mistake)
    if options.output is not None and _ending(options) == ".pdf":
        need("drawing a PDF", "typst", "pdf")
    files = compare(_program(options.old, options.new, {}, options), _program(options.new, options.old, dict(options.overrides), options), options.name)
    drawn = _picture(files, options) if options.output is not None else None
    if wants_json(options):
        print(as_json_text(report.as_data(files)))
    else:
        print(report.text(files, styled=is_colourful(sys.stdout), width=width_of(sys.stdout)))
    if drawn is not None:
        _write(drawn, options)
    return WRONG_FILE if options.exit_code and not files.is_same else GOOD


def _misuse(options: Namespace) -> str | None:
    """What does not go together, if anything."""
    if str(options.old) == str(options.new) == "-":
        return "only one of the two can be read from standard input"
    if options.output is None:
        given = [name for name in ("dark", "detail", "direction") if getattr(options, name)]
        return f"--{given[0]} is for a picture: name its file with -o" if given else None
    return None if _ending(options) in PICTURES else f"{options.output} ends in none of {', '.join(PICTURES)}"


def _ending(options: Namespace) -> str:
    ending: str = options.output.suffix.lower()
    return ending


def _program(path: Path, other: Path, overrides: dict[str, object], options: Namespace) -> "Program":
    """A file without errors. What comes from standard input stands, for what it names, where the other file is.

    Raises:
        UserError: there are errors.
    """
    from dataclasses import replace

    from nndsl.checking import source_at
    from nndsl.diagnostics import UserError
    from nndsl.driver import check

    source = source_at(path)
    if source.path is None:
        source = replace(source, path=other)
    program, report = check(source, overrides=overrides, data_path=options.data)
    diagnostics = tuple(report)
    if count_errors(diagnostics):
        raise UserError(*diagnostics)
    print_diagnostics(diagnostics)
    return program


def _picture(files: "Files", options: Namespace) -> str:
    from nndsl.comparison.files import the_only
    from nndsl.comparison.picture import svg

    return svg(the_only(files), options.dark, options.detail or "blocks", options.direction or "down")


def _write(svg: str, options: Namespace) -> None:
    from nndsl.diagram import as_file
    from nndsl.files import write_file

    write_file(options.output, as_file(svg, _ending(options)))
    if not wants_json(options):
        print(options.output)


COMMAND = Command(
    "compare two versions of a file: layers added, removed and changed, what it costs, and changed settings",
    """\
  nndsl diff old.nn new.nn
  nndsl diff old.nn new.nn -o changes.svg                one picture, with what changed marked
  nndsl diff digits.nn digits.nn --set width=64          what another value of a `param` makes of it
  nndsl diff - digits.nn                                 behind `git show HEAD:digits.nn |`: what changed since the last commit
""",
    _add_arguments, _run,
    more="Names of tensors and blocks, comments and layout make no difference. --set gives values to the `param`s of NEW.",
)
