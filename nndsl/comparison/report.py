"""What is said of two versions: tables of changed layers with what they cost, totals, and changed settings; or plain values."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from nndsl.catalogue.applicable import Constant
from nndsl.comparison.changes import Change, Comparison, Kind
from nndsl.comparison.files import Files
from nndsl.comparison.settings import Setting
from nndsl.costs import Cost
from nndsl.graph import Node
from nndsl.types import Size

if TYPE_CHECKING:
    from rich.table import Table

PLAIN_WIDTH = 140
"""How wide a table is that does not go to a terminal."""
LONGEST_PAIR = 70
SIGNS: dict[Kind, str] = {"added": "+", "removed": "-", "changed": "~", "follows": "·"}
COLOURS: dict[Kind, str] = {"added": "green", "removed": "red", "changed": "yellow", "follows": "dim"}

Keys: TypeAlias = tuple[str, ...]
"""Those of the blocks around a call, the outermost first."""


@dataclass(frozen=True)
class Row:
    """One call that changed, or all of a block that was added or removed, so often in a row.

    Attributes:
        what: what is applied, before and after; a block: how many layers it has.
        types: those of its outputs, before and after; a block: of what it gives last.
        old, new: what it costs.
    """

    kind: Kind
    name: str
    what: str
    types: str
    old: Cost
    new: Cost
    times: int = 1


def rows(comparison: Comparison) -> list[Row]:
    """The changes, with whole blocks that were added or removed as one, and equal neighbours among these as one."""
    whole = _whole_blocks(comparison)
    single: list[Row] = []
    for block, group in groupby(comparison.changes, key=lambda change: whole.get(change.node) or id(change)):
        changes = list(group)
        single.append(_block_row(changes, block) if isinstance(block, tuple) and len(changes) > 1 else _row(changes[0]))
    return [_repeated(list(equals)) for _, equals in groupby(single, key=_looks)]


def _whole_blocks(comparison: Comparison) -> dict[Node, Keys]:
    """For calls that were added or removed: the outermost block around them all of which was."""
    found = {}
    for kind, graph in (("added", comparison.new.graph), ("removed", comparison.old.graph)):
        changed = [change.node for change in comparison.changes if change.kind == kind]
        all_of, changed_of = _sizes(graph.nodes), _sizes(changed)
        for node in changed:
            whole = next((keys for keys in _around(node) if changed_of[keys] == all_of[keys]), None)
            if whole is not None:
                found[node] = whole
    return found


def _around(node: Node) -> Iterator[Keys]:
    keys = tuple(frame.key for frame in node.scope)
    return (keys[:depth] for depth in range(1, len(keys) + 1))


def _sizes(nodes: Iterable[Node]) -> Counter[Keys]:
    """How many of some calls are in each block."""
    return Counter(keys for node in nodes if not isinstance(node.component, Constant) for keys in _around(node))


def _row(change: Change) -> Row:
    before, after = (one.call if one else None for one in (change.old, change.new))
    told = ", ".join((_arrow(before, after), *change.remarks))
    types = _arrow(*(", ".join(one.types) if one else None for one in (change.old, change.new)))
    old, new = (one.cost if one else Cost() for one in (change.old, change.new))
    return Row(change.kind, change.node.name, told, types, old, new)


def _block_row(changes: Sequence[Change], block: Keys) -> Row:
    last, costs = _row(changes[-1]), [_row(change) for change in changes]
    old, new = sum((one.old for one in costs), Cost()), sum((one.new for one in costs), Cost())
    return Row(last.kind, changes[0].node.scope[len(block) - 1].name, f"a block of {len(changes)} layers", last.types, old, new)


def _looks(row: Row) -> object:
    """Equal for rows that are one with a number; rows of single calls keep their names."""
    if not row.what.startswith("a block of "):
        return id(row)
    return row.kind, row.name, row.what, row.types, row.old.params, row.old.flops, row.new.params, row.new.flops


def _repeated(equals: list[Row]) -> Row:
    first = equals[0]
    old, new = sum((one.old for one in equals), Cost()), sum((one.new for one in equals), Cost())
    return Row(first.kind, first.name, first.what, first.types, old, new, len(equals))


def _arrow(before: str | None, after: str | None) -> str:
    if before is None or after is None or before == after:
        return (after if before is None else before) or ""
    return f"{before} -> {after}"


# As text -----------------------------------------------------------------------------------------


def text(files: Files, *, styled: bool = False, width: int | None = None) -> str:
    """What is said to people.

    Args:
        styled: with the colours of a terminal.
        width: how wide a table may be, in characters.
    """
    from rich.console import Console

    written = StringIO()
    console = Console(file=written, force_terminal=styled, no_color=not styled, width=width or PLAIN_WIDTH, highlight=False)
    for comparison in files.comparisons:
        if comparison.is_same:
            console.print(f"{_name(comparison)}: the networks are the same", markup=False, style=None)
            continue
        if comparison.changes:
            console.print(_table(comparison))
        else:
            console.print(_name(comparison), markup=False, style="bold")
        for line in (*comparison.outputs, *totals(comparison)):
            console.print(line, markup=False, soft_wrap=True)
        console.print()
    for line in (*_only_in_one(files), *_settings(files.settings)):
        console.print(line, markup=False, soft_wrap=True)
    if not files.comparisons and files.is_same:
        console.print("neither file has a network that can stand alone, and their settings are the same", markup=False)
    return "\n".join(line.rstrip() for line in written.getvalue().strip("\n").splitlines())


def _name(comparison: Comparison) -> str:
    return _arrow(comparison.old.name, comparison.new.name)


def _table(comparison: Comparison) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=Text(_name(comparison), "bold"), title_justify="left", pad_edge=False)
    for heading in ("", "layer", "", "shape"):
        table.add_column(heading, overflow="fold")
    for heading in ("parameters", "FLOPs"):
        table.add_column(heading, justify="right", overflow="fold")
    for row in rows(comparison):
        name = f"{row.name} ×{row.times}" if row.times > 1 else row.name
        cells = (SIGNS[row.kind], name, row.what, row.types, _before_after(row, "params"), _before_after(row, "flops"))
        table.add_row(*(Text(cell) for cell in cells), style=COLOURS[row.kind])
    return table


def _before_after(row: Row, what: str) -> str:
    before, after = getattr(row.old, what), getattr(row.new, what)
    if row.kind == "added":
        return f"+{_count(after)}" if after != 0 else "0"
    if row.kind == "removed":
        return f"-{_count(before)}" if before != 0 else "0"
    return _arrow(_count(before), _count(after))


def totals(comparison: Comparison) -> Iterator[str]:
    """How many layers changed, and what both versions cost."""
    kinds = Counter(change.kind for change in comparison.changes)
    words = {"added": "added (+)", "removed": "removed (-)", "changed": "changed (~)", "follows": "of another shape or size for it (·)"}
    counted = ", ".join(f"{kinds[kind]} {word}" for kind, word in words.items() if kinds[kind])  # type: ignore[index]
    if counted:
        yield f"layers      {counted}"
    old, new = comparison.costs
    yield f"parameters  {difference(old.params, new.params)}"
    yield f"FLOPs       {difference(old.flops, new.flops)}"


def difference(old: Size, new: Size) -> str:
    """Two counts, and how far they are apart: `1,290 -> 2,570  (+1,280, +99.2 %)`."""
    if old == new:
        return f"{_count(new)}  (as before)"
    told = f"{_count(old)} -> {_count(new)}"
    if not isinstance(old, int) or not isinstance(new, int):
        return told
    percent = f", {(new - old) / old:+.1%}".replace("%", " %") if old else ""
    return f"{told}  ({new - old:+,}{percent})"


def _count(size: Size) -> str:
    return f"{size:,}" if isinstance(size, int) else str(size)


def _only_in_one(files: Files) -> Iterator[str]:
    yield from (f"- network {name}: only in {files.old_name}" for name in files.only_old)
    yield from (f"+ network {name}: only in {files.new_name}" for name in files.only_new)


def _settings(settings: Sequence[Setting]) -> Iterator[str]:
    """Settings under what they belong to, their values in a column."""
    for of, group in groupby(settings, key=lambda one: one.of):
        those = list(group)
        yield "params" if of == "param" else of
        column = max(len(one.name) for one in those)
        for one in those:
            yield from _setting(one, one.name.ljust(column))


def _setting(setting: Setting, name: str) -> Iterator[str]:
    """A setting in one line; in two where its values are long, or have an arrow in them."""
    old, new = setting.old, setting.new
    if old is None or new is None:
        yield f"  {'+' if old is None else '-'} {name}  {new if old is None else old}"
    elif "->" in old + new or len(old + new) > LONGEST_PAIR:
        yield from (f"  ~ {name}  {old}", f"    {'now'.rjust(len(name))}  {new}")
    else:
        yield f"  ~ {name}  {old} -> {new}"


# As data -----------------------------------------------------------------------------------------


def as_data(files: Files) -> dict[str, Any]:
    """The same as plain values; sizes that depend on a name are texts."""
    return {
        "same": files.is_same,
        "networks": [_network(comparison) for comparison in files.comparisons],
        "only_old": list(files.only_old),
        "only_new": list(files.only_new),
        "settings": [{"of": one.of, "name": one.name, "old": one.old, "new": one.new} for one in files.settings],
    }


def _network(comparison: Comparison) -> dict[str, Any]:
    old, new = comparison.costs
    return {
        "old": comparison.old.name,
        "new": comparison.new.name,
        "same": comparison.is_same,
        "changes": [_change(change) for change in comparison.changes],
        "outputs": list(comparison.outputs),
        "params": [_number(old.params), _number(new.params)],
        "trainable": [_number(old.trainable), _number(new.trainable)],
        "flops": [_number(old.flops), _number(new.flops)],
    }


def _change(change: Change) -> dict[str, Any]:
    versions = {
        name: one and {"name": one.node.name, "call": one.call, "outputs": list(one.types), "line": one.node.span.line,
                       "params": _number(one.cost.params), "flops": _number(one.cost.flops)}
        for name, one in (("old", change.old), ("new", change.new))
    }  # fmt: skip
    return {"kind": change.kind, "blocks": list(change.blocks), **versions, "remarks": list(change.remarks)}


def _number(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)
