"""Examples on a page: images as images, letters and texts as texts, numbers as numbers or as a line."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from nndsl.diagram.sheet import as_png, brought_into_range
from nndsl.findings import Mistake, Shown

STYLE = """
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 14px; margin: 10px 0; }
.card { border: 1px solid var(--rule); border-radius: 6px; padding: 10px 12px; break-inside: avoid; font-size: 14px; min-width: 0; }
.card dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 10px; margin: 6px 0 0; } .card dt { color: var(--muted); } .card dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.card .wrong { color: var(--red); font-weight: 600; } .card .place { color: var(--muted); font-size: 13px; overflow-wrap: anywhere; } .card code { font-size: 12px; }
img.example { image-rendering: pixelated; width: 112px; border: 1px solid var(--rule); border-radius: 3px; display: block; }
.card .text, .card .letters { margin: 5px 0; overflow-wrap: anywhere; border-left: 3px solid var(--rule); padding-left: 9px; line-height: 1.4; }
dd img.example { width: 72px; }
img.sheet { image-rendering: pixelated; border-radius: 3px; background: #ffffff; }
.line { fill: none; stroke: var(--blue); stroke-width: 1.5; }
"""


def mistakes_html(mistakes: Sequence[Mistake]) -> str:
    """Examples that were wrong, a card each."""
    return f'<div class="cards">{"".join(map(_card, mistakes))}</div>'


def _card(one: Mistake) -> str:
    rows = [("true", _value(one.truth)), ("said", f'<span class="wrong">{_value(one.said)}</span>')]
    images = "".join(_image(part.value) for part in one.seen if part.kind == "image")
    rows += [(part.name, _value(part)) for part in one.seen if part.kind in ("value", "numbers")]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{html}</dd>" for name, html in rows)
    written = "".join(f'<div class="{part.kind}">{_value(part)}</div>' for part in one.seen if part.kind in ("letters", "text"))
    remark = f"<div>{escape(one.remark)}</div>" if one.remark else ""
    return f'<div class="card">{images}<dl>{listed}</dl>{remark}{written}<div class="place">{escape(one.place)}</div></div>'


def _value(part: Shown) -> str:
    match part.kind:
        case "image":
            return _image(part.value)
        case "letters":
            return f"<code>{escape(part.value)}</code>"
        case "numbers":
            return _drawn(part.value)
    return escape(part.value) or '<span class="muted">nothing</span>'


def _image(array: Any) -> str:
    return f'<img class="example" alt="" src="{data_url(as_png([brought_into_range(array[None])], framed=False))}">'


def sheet(arrays: Sequence[Any]) -> str:
    """Images of several kinds, one under the other."""
    return f'<img class="sheet" alt="" src="{data_url(as_png([brought_into_range(one) for one in arrays]))}">'


def data_url(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"


def _drawn(numbers: Sequence[float]) -> str:
    """Numbers as a small line."""
    low, high = min(numbers), max(numbers)
    spread = (high - low) or 1.0
    points = " ".join(f"{200 * place / max(1, len(numbers) - 1):.1f},{37 - 34 * (one - low) / spread:.1f}" for place, one in enumerate(numbers))
    told = f"{len(numbers)} numbers from {low:.4g} to {high:.4g}"
    return f'<svg width="200" height="40" viewBox="0 0 200 40" role="img" aria-label="{told}"><title>{told}</title><polyline class="line" points="{points}"/></svg>'


def texts(lines: Sequence[str]) -> Iterator[str]:
    """Lines of letters."""
    yield f"<pre>{escape(chr(10).join(lines))}</pre>"
