"""What the service says of itself to people."""

import json
import shlex
from html import escape

from nndsl.serving.schema import example
from nndsl.serving.service import JSON, Service

_LONGEST_EXAMPLE = 2000
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }}
pre {{ background: #f4f4f4; padding: .8rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }}
td, th {{ text-align: left; padding: .1rem 1.5rem .1rem 0; vertical-align: top }}
@media (prefers-color-scheme: dark) {{ body {{ color: #ddd; background: #181818 }} pre {{ background: #262626 }} a {{ color: #8bf }} }}
</style>
<h1>{name}</h1>
<p>{what}</p>
<table>
<tr><th>column<th>takes
{columns}
</table>
<p>It says {said}.</p>
<pre>{curl}</pre>
<p><a href="docs">Try it</a> · <a href="openapi.json">OpenAPI</a> · <a href="health">health</a> · <a href="metrics">metrics</a></p>
</html>
"""


def description(service: Service) -> str:
    """A few sentences on what is served."""
    network = service.asked.training.learnt[service.asked.network].network
    parts = [f"The network {network.name}, as the training {service.name} left it."]
    if network.documentation:
        parts.append(network.documentation)
    if service.series is not None:
        least = service.series.least_rows()
        parts.append(f"The rows of a request are a series, in their order; an example takes {least} of them, and the last one ends at the last row.")
    return " ".join(parts)


def home(service: Service, address: str) -> str:
    """The page at the root: what is served, what it takes, and how to ask."""
    row = service.row_schema()
    columns = "\n".join(
        f"<tr><td><code>{escape(name)}</code><td>{escape(_in_words(one))}" for name, one in row["properties"].items()
    )
    said = ", ".join(f"<code>{escape(one)}</code>" for one in service.blank.columns)
    return _PAGE.format(
        name=escape(service.name), what=escape(description(service)), columns=columns, said=said, curl=escape(_curl(service, row, address)),
    )


def _curl(service: Service, row: dict[str, object], address: str) -> str:
    count = 1 if service.series is None else service.series.least_rows()
    text = json.dumps({"rows": [example(row)] * count}, ensure_ascii=False)
    data = shlex.quote(text) if len(text) <= _LONGEST_EXAMPLE else "@rows.json"
    return f"curl {address}predict -H 'Content-Type: {JSON}' -d {data}"


def _in_words(schema: dict[str, object]) -> str:
    """What a value of a schema is."""
    match schema:
        case {"enum": [*names]}:
            return "one of " + ", ".join("null" if one is None else str(one) for one in names)
        case {"type": "array", "minItems": count, "items": dict(items)}:
            return f"a list of {count}: {_in_words(items)}"
        case {"type": [kind, "null"]}:
            return f"{kind} or null"
        case {"type": kind, "minimum": least, "maximum": most}:
            return f"{kind} from {least} to {most}"
    return str(schema.get("type"))
