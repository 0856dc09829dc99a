"""Pages of one HTML file, which load nothing: their frame, their looks on light ground, dark ground and paper, and tables."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1a1f26; --muted: #66707d; --rule: #dfe3e8; --faint: #edf0f3; --panel: #f6f8fa;
  --blue: #3b6db5; --gold: #b5830f; --red: #b3382f; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ground: #14181d; --ink: #eef1f4; --muted: #a0aab6; --rule: #333c46; --faint: #232a32; --panel: #1d232a;
    --blue: #6f9de0; --gold: #dba93a; --red: #e57f77; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 Inter, system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 1168px; margin: 32px auto; padding: 0 24px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; } h2 { font-size: 19px; margin: 44px 0 10px; padding-top: 14px; border-top: 1px solid var(--rule); }
h3 { font-size: 15px; margin: 22px 0 6px; } p { margin: 6px 0; max-width: 80ch; } .muted, figcaption { color: var(--muted); }
svg, img { max-width: 100%; height: auto; } figure { margin: 0; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; border-bottom: 2px solid var(--rule); } td { border-bottom: 1px solid var(--faint); vertical-align: top; }
th, td { padding: 5px 18px 5px 0; } td.number, th.number { text-align: right; white-space: nowrap; } a { color: var(--blue); } td.best { font-weight: 600; color: var(--blue); }
code, pre { font: 13px/1.55 'JetBrains Mono', ui-monospace, monospace; } code { overflow-wrap: anywhere; }
pre { background: var(--panel); padding: 12px 16px; border-radius: 6px; overflow-x: auto; margin: 8px 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(540px, 100%), 1fr)); gap: 8px 16px; }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 12px; } h2, h3, p.muted { break-after: avoid; } figure, tr { break-inside: avoid; }
  pre { white-space: pre-wrap; } td { overflow-wrap: anywhere; } .charts { grid-template-columns: 1fr 1fr; } }
"""


def page(title: str, parts: Iterable[str], style: str = "") -> str:
    """A page of one file. No browser lets it load anything, or run any code.

    Args:
        parts: its content, as HTML.
        style: rules besides those of all pages.
    """
    return "\n".join([
        "<!doctype html>",
        (f'<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
         '<meta name="viewport" content="width=device-width, initial-scale=1">'),
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style></head><body>",
        *parts,
        "</body></html>",
        "",
    ])


def number_text(value: float | None) -> str:
    """A number as people compare it: four decimals of what is about 1, four digits of others."""
    if value is None:
        return ""
    size = abs(value)
    if size == 0 or 1e-3 <= size < 1e3:
        return f"{value:.4f}"
    return f"{value:,.0f}" if 1e3 <= size < 1e15 else f"{value:.4g}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = (), links: Mapping[str, str] = {}) -> str:
    """A table of texts.

    Args:
        numbers: the columns that stand to the right.
        links: where some texts lead.
    """
    kinds = [' class="number"' if place in numbers else "" for place in range(len(heads))]
    head = "".join(f"<th{kind}>{escape(one)}</th>" for kind, one in zip(kinds, heads, strict=True))
    lines = ("".join(f"<td{kind}>{_linked(one, links.get(one))}</td>" for kind, one in zip(kinds, row, strict=True)) for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(f"<tr>{one}</tr>" for one in lines)}</tbody></table></div>'


def _linked(text: str, place: str | None) -> str:
    return escape(text) if place is None else f'<a href="{escape(place)}">{escape(text)}</a>'
