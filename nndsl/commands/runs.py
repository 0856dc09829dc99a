"""`nndsl runs`."""

from argparse import ArgumentParser, Namespace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from nndsl.arguments import add_format
from nndsl.commands import Command
from nndsl.console import GOOD, as_json_text, misused, wants_json

if TYPE_CHECKING:
    from nndsl.archive.entries import Entry

_RUNS = Path("runs")
_COMPARE = "compare"


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("paths", metavar="DIR|RUN", nargs="*", type=Path, help="a folder of runs to list (default: runs); or runs to compare")
    parser.add_argument("--name", metavar="NAME", help="only runs of this training; `*` stands for any letters")
    parser.add_argument("--sort", metavar="FIGURE", help="the best first, by a figure such as val_accuracy or test_loss; or by started, seconds or epochs")
    parser.add_argument("--html", metavar="OUT", type=Path, help="write it as a page, with curves over each other where runs are compared")
    add_format(parser, "a list with one object for each run; of a comparison, one object")


def _run(options: Namespace) -> int:
    if options.html is not None and options.html.suffix.lower() not in (".html", ".htm"):
        return misused("runs", f"{options.html} does not end in .html, which is what is written")
    from nndsl.archive.entries import entries, entry, is_run

    paths = list(options.paths)
    asked = bool(paths) and str(paths[0]) == _COMPARE and not paths[0].exists()
    paths = paths[asked:]
    compared = asked or len(paths) > 1
    if compared and len(paths) < 2:
        return misused("runs", "name two runs or more to compare, such as runs/digits8x8/001 runs/digits8x8/002")
    if compared:
        return _compared(options, [entry(one) for one in paths])
    root = paths[0] if paths else _RUNS
    return _listed(options, [entry(root)] if paths and is_run(root) else entries(root), root)


def _listed(options: Namespace, found: "list[Entry]", root: Path) -> int:
    from nndsl.archive.entries import TIMES, as_dict, sorted_by
    from nndsl.archive.page import runs_page
    from nndsl.archive.tables import list_text

    if options.name is not None:
        found = [one for one in found if fnmatchcase(one.folder.parent.name.lower(), options.name.lower())]
    if options.sort is not None and found:
        found = sorted_by(found, options.sort)
    figure = options.sort if options.sort not in TIMES else None
    if options.html is not None:
        return _written(options.html, runs_page(found, f"Runs in {root}", False, options.html.parent, figure), len(found))
    if wants_json(options):
        print(as_json_text([as_dict(one) for one in found]))
    else:
        of = f" of {options.name}" if options.name is not None else ""
        print(list_text(found, figure) if found else f"there are no runs{of} in {root}; `nndsl train FILE` makes some")
    return GOOD


def _compared(options: Namespace, found: "list[Entry]") -> int:
    from nndsl.archive.comparing import differences
    from nndsl.archive.entries import as_dict, best_of, sorted_by
    from nndsl.archive.page import runs_page
    from nndsl.archive.tables import compared_text
    from nndsl.diagnostics import UserError
    from nndsl.run import not_a_run

    if broken := [one for one in found if one.problem is not None]:
        raise UserError(*(not_a_run(one.folder, one.problem or "") for one in broken))
    if options.sort is not None:
        found = sorted_by(found, options.sort)
    if options.html is not None:
        title = " and ".join(one.name for one in found[:3]) + (" and more" if len(found) > 3 else "")
        return _written(options.html, runs_page(found, title, True, options.html.parent), len(found))
    if wants_json(options):
        names = dict.fromkeys(name for one in found for name in one.figures)
        best = {name: [str(one.folder) for one in best_of(found, name)] for name in names}
        print(as_json_text({"runs": [as_dict(one) for one in found], "differences": differences(found), "best": best}))
    else:
        print(compared_text(found))
    return GOOD


def _written(path: Path, html: str, count: int) -> int:
    from nndsl.files import write_file

    write_file(path, html.encode())
    print(f"{path}  {count} run{'s' * (count != 1)}")
    return GOOD


COMMAND = Command(
    "list the runs there are, or compare some: what differs in their settings, and what came of it",
    """\
  nndsl runs                                           all in the folder `runs`
  nndsl runs --name digits8x8 --sort val_accuracy      the best first
  nndsl runs runs/digits8x8/001 runs/digits8x8/002     compare two
  nndsl runs compare runs/digits8x8/0* --html compared.html
""",
    _add_arguments, _run,
    more="""\
A run is `running` while a process works at it, and `killed` if it has not ended and none does: `nndsl train FILE --resume RUN`
goes on with it. A folder that cannot be read is listed too, and why. Trials of a search are listed by
`nndsl runs runs/NAME/tune-001/trials`.""",
)
