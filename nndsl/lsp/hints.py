"""Shapes at the ends of lines, as editors show them."""

from lsprotocol import types

from nndsl.line_ends import line_ends
from nndsl.lsp.desk import Analysis
from nndsl.lsp.places import places


def hints(analysis: Analysis, start: int, end: int, encoding: str) -> list[types.InlayHint]:
    """The hints between two places of the text."""
    at = places(analysis.source, encoding)
    return [
        types.InlayHint(at.position(place), f": {text}", types.InlayHintKind.Type, padding_left=True)
        for place, text in line_ends(analysis.parsed.spec, analysis.program, analysis.trace) if start <= place <= end
    ]
