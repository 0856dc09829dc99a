"""The text of a spec as HTML: in colours, with the shapes that editors show at the ends of lines."""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import pairwise

from nndsl.diagnostics import Report
from nndsl.highlighting import coloured
from nndsl.line_ends import line_ends
from nndsl.report.view import Opened
from nndsl.source import Source
from nndsl.syntax.parser import parse

STYLE = """
.spec { counter-reset: line; padding-left: 0; } .spec span.line { display: block; padding-left: 58px; text-indent: -58px; }
.spec span.line::before { counter-increment: line; content: counter(line); display: inline-block; width: 34px; margin-right: 24px; text-indent: 0;
  text-align: right; color: var(--muted); user-select: none; }
.spec .shape { color: var(--muted); font-size: 12px; background: var(--faint); border-radius: 3px; padding: 0 5px; margin-left: 8px;
  user-select: none; white-space: nowrap; display: inline-block; text-indent: 0; }
.c1 { color: var(--muted); } .kd, .k, .kn, .ow { color: #8a3fa0; } .nc { color: #2e6da8; } .na { color: #6a5a2f; } .mi, .m, .kc { color: #b0541a; }
.s2 { color: #2f7d4a; } .nf { color: #1f7a80; } .kt { color: #8a3fa0; }
@media screen and (prefers-color-scheme: dark) { .kd, .k, .kn, .ow, .kt { color: #cf96e0; } .nc { color: #7fb2e8; } .na { color: #cbb981; }
  .mi, .m, .kc { color: #e59f6c; } .s2 { color: #85c99b; } .nf { color: #6cc5cb; } }
"""


def spec_html(source: Source, opened: Opened | None) -> str:
    """A source, line by line.

    Args:
        opened: what is known of its file; without it, there are no shapes.
    """
    hints = {} if opened is None else dict(line_ends(parse(source, Report()), opened.program, opened.trace))
    lines = "".join(_pieces(source.text, hints)).split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return '<pre class="spec">' + "".join(f'<span class="line">{one or " "}</span>' for one in lines) + "</pre>"


def _pieces(text: str, hints: Mapping[int, str]) -> Iterator[str]:
    """The text in colours, with each hint where it belongs; no element reaches over the end of a line."""
    for start, kind, piece in coloured(text):
        cuts = sorted({start, start + len(piece), *(place for place in hints if start < place < start + len(piece))})
        for low, high in pairwise(cuts):
            yield _hint(hints, low)
            yield "\n".join(_span(kind, part) for part in text[low:high].replace("\r", "").split("\n"))
    yield _hint(hints, len(text))


def _span(kind: str, text: str) -> str:
    return f'<span class="{kind}">{escape(text)}</span>' if kind and text.strip() else escape(text)


def _hint(hints: Mapping[int, str], place: int) -> str:
    return f'<span class="shape">{escape(hints[place])}</span>' if place in hints else ""
