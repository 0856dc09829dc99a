"""`nndsl report`."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from nndsl.arguments import add_format, add_run
from nndsl.commands import Command
from nndsl.console import GOOD, as_json_text, misused, wants_json


def _add_arguments(parser: ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, help="the file to write (default: report.html in the folder of the run)")
    add_format(parser, "one object: the page, its sections, and what is not there")


def _run(options: Namespace) -> int:
    from nndsl.files import write_file
    from nndsl.run import REPORT, Run

    if options.output is not None and options.output.suffix.lower() not in (".html", ".htm"):
        return misused("report", f"{options.output} does not end in .html, which is what is written")
    run = Run.open(options.folder)
    from nndsl.backend.keras.evaluate import report
    from nndsl.report.document import report_html, sections_of

    view = report(run)
    html, path = report_html(view), options.output or run.folder / REPORT
    write_file(path, html.encode())
    if wants_json(options):
        print(as_json_text({"page": str(path), "sections": sections_of(html), "missing": list(view.missing)}))
    else:
        print(path)
        for one in view.missing:
            print(f"  {one}")
    return GOOD


COMMAND = Command(
    "make the page of a run again: report.html, one file with everything about it",
    """\
  nndsl report runs/digits8x8/latest
  nndsl report runs/digits8x8/001 -o digits.html       one file, to send to others
""",
    _add_arguments, _run,
    more="""\
`nndsl train` makes the page when it ends; this makes it for runs that were killed, or that are older. It shows the file with its
shapes, the network, curves, the learning rate, who is taken for whom, what was most wrong, what was made, and how to do it
again. It loads nothing from anywhere. What needs the data is left out where they are gone, and it is said.""",
)
