"""What was added, removed and changed between two versions of a network, and what it costs."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nndsl import costs
from nndsl.catalogue.applicable import Constant, Input
from nndsl.comparison.alignment import Matching, aligned
from nndsl.costs import Cost
from nndsl.graph import Graph, Node, Owner
from nndsl.printer import call_text
from nndsl.program import Network

Kind: TypeAlias = Literal["added", "removed", "changed", "follows"]
"""`follows`: nothing of it was changed but its shape or its size, because of what it takes."""


@dataclass(frozen=True)
class Version:
    """A call in one of the versions.

    Attributes:
        node: the call.
        call: what is applied, as it would be written in a file.
        types: those of its outputs.
        cost: its parameters (at the first use of its weights) and FLOPs.
    """

    node: Node
    call: str
    types: tuple[str, ...]
    cost: Cost


@dataclass(frozen=True)
class Change:
    """One call that is not the same in both versions.

    Attributes:
        old, new: the call in the version that has it.
        remarks: what was changed besides arguments, in words.
    """

    kind: Kind
    old: Version | None
    new: Version | None
    remarks: tuple[str, ...] = ()

    @property
    def node(self) -> Node:
        """The call, in the new version if it is there."""
        one = self.new or self.old
        assert one is not None
        return one.node

    @property
    def blocks(self) -> tuple[str, ...]:
        return tuple(frame.name for frame in self.node.scope)


@dataclass(frozen=True)
class Comparison:
    """Two versions of a network.

    Attributes:
        pairs: the ids of calls in the new version by those of the same calls in the old one.
        changes: in the order of the new version, with what was removed where it stood.
        outputs: what became of the results, in words.
    """

    old: Network
    new: Network
    pairs: dict[int, int]
    changes: tuple[Change, ...]
    outputs: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return not self.changes and not self.outputs

    @property
    def costs(self) -> tuple[Cost, Cost]:
        """Those of the old and of the new version."""
        return costs.total(self.old.graph), costs.total(self.new.graph)


def compared(old: Network, new: Network) -> Comparison:
    """What became of a network."""
    pairs = aligned(old.graph, new.graph)
    matching = Matching(old.graph, new.graph, pairs)
    versions = _versions(old.graph), _versions(new.graph)
    owners = _first_uses(old.graph), _first_uses(new.graph)
    changes = []
    for before, after in _in_order(old.graph, new.graph, pairs):
        if before is None or after is None:
            one, other = (None if before is None else versions[0][before]), (None if after is None else versions[1][after])
            changes.append(Change("removed" if after is None else "added", one, other))
            continue
        first, second = versions[0][before], versions[1][after]
        remarks = (*_taking(matching, first.node, second.node), *_sharing(old.graph, new.graph, pairs, owners, first.node, second.node))
        if first.call != second.call or remarks:
            changes.append(Change("changed", first, second, remarks))
        elif first.types != second.types or _differ(first.cost, second.cost):
            changes.append(Change("follows", first, second))
    return Comparison(old, new, pairs, tuple(changes), tuple(_outputs(matching)))


def _versions(graph: Graph) -> list[Version]:
    by_node = costs.by_node(graph)
    return [Version(node, _call(graph, node), tuple(map(str, node.types)), cost) for node, cost in zip(graph.nodes, by_node, strict=True)]


def _call(graph: Graph, node: Node) -> str:
    """What a node applies, with the numbers among its operands: `multiply(_, 0.5)`."""
    if isinstance(node.component, Input):
        return f"input {node.label or node.name}: {node.type}"
    numbers = [graph[ref].component for ref in node.operands]
    told = call_text(node)
    if not any(isinstance(one, Constant) for one in numbers):
        return told
    operands = ", ".join(f"{one.value:g}" if isinstance(one, Constant) else "_" for one in numbers)
    name, _, rest = told.partition("(")
    return f"{name}({operands}{', ' + rest if rest else ')'}"


def _differ(one: Cost, other: Cost) -> bool:
    return one.params != other.params or one.flops != other.flops


def _in_order(old: Graph, new: Graph, pairs: dict[int, int]) -> Iterator[tuple[int | None, int | None]]:
    """All calls of both versions, pairs as pairs: in the order of the new version, what was removed before what came in its place."""
    removed = [node.id for node in old.nodes if node.id not in pairs and not isinstance(node.component, Constant)]
    before = {after: one for one, after in pairs.items()}
    kept = [node.id for node in new.nodes if node.id in before]
    for node in new.nodes:
        if isinstance(node.component, Constant):
            continue
        place = bisect_left(kept, node.id)
        following = before[kept[place]] if place < len(kept) else len(old.nodes)
        while removed and removed[0] < following:
            yield removed.pop(0), None
        yield before.get(node.id), node.id
    yield from ((one, None) for one in removed)


def _first_uses(graph: Graph) -> dict[Owner, int]:
    return {owner: node.id for owner, node in graph.owners()}


def _taking(matching: Matching, old: Node, new: Node) -> Iterator[str]:
    if matching.take_the_same(old, new):
        return
    before, after = len(old.operands), len(new.operands)
    yield f"takes {after} tensors, not {before}" if before != after else "takes another tensor" if after == 1 else "takes other tensors"


def _sharing(
    old: Graph, new: Graph, pairs: dict[int, int], owners: tuple[dict[Owner, int], dict[Owner, int]], one: Node, other: Node
) -> Iterator[str]:
    """What became of weights that a call shares with an earlier one."""
    before = owners[0][one.owner] if one.owner is not None else one.id
    after = owners[1][other.owner] if other.owner is not None else other.id
    if (before == one.id) == (after == other.id) and (before == one.id or pairs.get(before) == after):
        return
    yield f"has the weights of {new.nodes[after].name}" if after != other.id else f"has weights of its own, no longer those of {old.nodes[before].name}"


def _outputs(matching: Matching) -> Iterator[str]:
    """What became of the results."""
    old, new = matching.old.outputs, matching.new.outputs
    yield from (f"- output {name}" for name in old if name not in new)
    yield from (f"+ output {name}: {matching.new.type_of(ref)}" for name, ref in new.items() if name not in old)
    for name in (name for name in new if name in old):
        if not matching.same_tensor(old[name], new[name]):
            yield f"~ output {name} is another tensor"
