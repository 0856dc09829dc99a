"""What `nndsl summary` says of a network: a table of its layers with shapes, parameters and FLOPs, and totals.

The data come first (`rows`, `as_data`); the table is drawn in one place, from them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nndsl import costs, scaling
from nndsl.catalogue.applicable import Constant, Input
from nndsl.catalogue.component import Component, Field, describe
from nndsl.costs import Cost
from nndsl.graph import Node
from nndsl.program import Network
from nndsl.types import Size

if TYPE_CHECKING:
    from rich.table import Table

PLAIN_WIDTH = 120
"""How wide a table is that does not go to a terminal."""


@dataclass(frozen=True, slots=True)
class Row:
    """One call of a network.

    Attributes:
        name: the call's name, unique in the network; that of the Keras layer where it owns one.
        call: what is applied, with the arguments that differ from their defaults.
        blocks: the names of the blocks it came from, outermost first.
        types: the types of its outputs.
        cost: its parameters (at the first use of its weights) and FLOPs.
        shares: the call whose weights it uses, if it is not the first that uses them.
    """

    name: str
    call: str
    blocks: tuple[str, ...]
    types: tuple[str, ...]
    cost: Cost
    shares: str | None


def rows(network: Network) -> tuple[Row, ...]:
    """Every input, layer and function, in the order of the data; numbers written in the file are left out."""
    graph = network.graph
    first = {owner: node for owner, node in graph.owners()}
    return tuple(
        Row(
            node.name,
            call_text(node),
            tuple(frame.name for frame in node.scope),
            tuple(map(str, node.types)),
            cost,
            first[node.owner].name if node.owner is not None and first[node.owner] is not node else None,
        )
        for node, cost in zip(graph.nodes, costs.by_node(graph), strict=True)
        if not isinstance(node.component, Constant)
    )


def call_text(node: Node) -> str:
    """What a node applies, much as it is written in a file: `Conv2D(32, 3, padding=same)`."""
    return "input" if isinstance(node.component, Input) else component_text(node.component)


def component_text(component: Component) -> str:
    """A component, much as it is written in a file."""
    fields = component.fields()
    told = component.changed()
    leading: list[str] = []
    for name, field in fields.items():
        if name not in told or field.keyword_only:
            break
        value = told.pop(name)
        leading += [_argument(one, field) for one in (value if field.variadic else [value])]
    arguments = [*leading, *(f"{name}={_argument(value, fields[name])}" for name, value in told.items() if name != "name")]
    return type(component).called() + (f"({', '.join(arguments)})" if arguments else "")


def _argument(value: Any, field: Field) -> str:
    """A value as it is written in a file."""
    if isinstance(value, Component) and value.changed():
        fields = value.fields()
        inner = ", ".join(f"{name}={_argument(one, fields[name])}" for name, one in value.changed().items())
        return f"{type(value).called()}({inner})"
    if isinstance(value, str) and field.kind.knows(value):
        return value
    return describe(value).strip("`")


# As text -----------------------------------------------------------------------------------------


def summary(network: Network, *, styled: bool = False, width: int | None = None, devices: int = 1) -> str:
    """A table of a network: layer, shape, parameters, FLOPs; and totals.

    Args:
        styled: with the colours and the width of this terminal.
        width: how wide the table may be, in characters.
        devices: how many share each batch in training.
    """
    from io import StringIO

    from rich.console import Console

    room = width or (None if styled else PLAIN_WIDTH)
    console = Console(file=StringIO(), force_terminal=styled, no_color=not styled, width=room, highlight=False)
    console.print(_table(network))
    for line in (*_totals(network), *_exchange(network, devices)):
        console.print(line, markup=False)
    written: StringIO = console.file  # type: ignore[assignment]
    return "\n".join(line.rstrip() for line in written.getvalue().strip("\n").splitlines())


def _table(network: Network) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=Text(network.name, "bold"), title_justify="left", pad_edge=False)
    table.add_column("layer", overflow="fold")
    table.add_column("", style="dim", overflow="fold")
    table.add_column("shape", overflow="fold")
    table.add_column("parameters", justify="right", overflow="fold")
    table.add_column("FLOPs", justify="right", overflow="fold")
    for row in rows(network):
        params = f"as {row.shares}" if row.shares else _count(row.cost.params)
        cells = (row.name, row.call, "\n".join(row.types), params, _count(row.cost.flops))
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _totals(network: Network) -> Iterator[str]:
    total = costs.total(network.graph)
    fixed = total.params - total.trainable
    yield f"parameters  {_count(total.params)}" + (f" ({_count(total.trainable)} trainable)" if fixed != 0 else "")
    yield f"FLOPs       {_count(total.flops)} for one example, forward"


def _exchange(network: Network, devices: int) -> Iterator[str]:
    if devices > 1:
        gradients, sent = scaling.gradient_bytes(network.graph), scaling.sent_bytes(network.graph, devices)
        yield f"gradients   {_count(gradients)} bytes a step, of which each of {devices} devices sends and receives {_count(sent)}"


def _count(size: Size) -> str:
    if size == 0:
        return "0"
    return f"{size:,}" if isinstance(size, int) else str(size)


# As data -----------------------------------------------------------------------------------------


def as_data(network: Network, devices: int = 1) -> dict[str, Any]:
    """The same as plain values; sizes that depend on a name are texts."""
    exchange = {"gradient_bytes": scaling.gradient_bytes(network.graph), "sent_bytes": scaling.sent_bytes(network.graph, devices)}
    total = costs.total(network.graph)
    return {
        "name": network.name,
        "layers": [
            {
                "name": row.name,
                "call": row.call,
                "blocks": list(row.blocks),
                "outputs": list(row.types),
                **_plain(row.cost),
                "shares": row.shares,
            }
            for row in rows(network)
        ],
        "outputs": {name: str(network.graph.type_of(ref)) for name, ref in network.graph.outputs.items()},
        **_plain(total),
        **({name: _number(one) for name, one in exchange.items()} if devices > 1 else {}),
    }


def _plain(cost: Cost) -> dict[str, int | str]:
    values = {"params": cost.params, "trainable": cost.trainable, "flops": cost.flops}
    return {name: _number(value) for name, value in values.items()}


def _number(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)


def as_json(network: Network, devices: int = 1) -> str:
    """The same as JSON."""
    return json.dumps(as_data(network, devices), indent=2, ensure_ascii=False)
