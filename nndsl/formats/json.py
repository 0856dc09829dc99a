"""A list with one object for each diagnostic."""

from collections.abc import Sequence

from nndsl.console import as_json_text
from nndsl.diagnostics import as_json
from nndsl.formats import Found


def written(found: Sequence[Found]) -> str:
    return as_json_text([as_json(one) for _, one in found]) + "\n"
