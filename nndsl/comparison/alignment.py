"""Which calls of two networks are the same.

Blocks are compared as trees, the outermost parts first: parts that are equal in every setting and shape, then in every setting,
then of one kind, then of one family, as one activation is in the place of another; the order is kept. What is left over is looked for once more wherever it stands: it may have been put into a
block, or a branch may have been written before another. Names of tensors and layers do not matter, and those of blocks only
where nothing else tells them apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

from nndsl.catalogue.applicable import Constant, Input
from nndsl.graph import Graph, Node, Ref
from nndsl.printer import call_text

Key: TypeAlias = tuple[object, ...]
Keys: TypeAlias = tuple[Key, Key, Key, Key]
COMMUTATIVE = ("Add", "Multiply", "Maximum", "Minimum", "Average")
MIXED = (".core", ".arranging", ".arithmetic")
"""Modules whose members have nothing in common that would let one take the place of another."""
SETTINGS, KIND, FAMILY = 1, 2, 3
"""The keys after the first: see `_node_keys`."""


@dataclass(frozen=True, eq=False)
class Block:
    """One expansion of a block, with its parts in the order of the file."""

    name: str
    parts: tuple["Part", ...]
    keys: Keys


@dataclass(frozen=True, eq=False)
class Call:
    """One call. The numbers among its operands count as settings."""

    node: Node
    keys: Keys


Part: TypeAlias = Block | Call


def aligned(old: Graph, new: Graph) -> dict[int, int]:
    """The ids of calls of the new network by those of the same calls of the old one. Numbers written in the file have none."""
    before, after = parts(old), parts(new)
    pairs = {one.node.id: other.node.id for one, other in _aligned(before, after)}
    pairs.update(_found_elsewhere(Matching(old, new, pairs), list(_calls(before)), list(_calls(after))))
    return dict(sorted(pairs.items()))


# Parts -------------------------------------------------------------------------------------------


def parts(graph: Graph) -> tuple[Part, ...]:
    """The calls of a graph by the blocks they come from."""
    return _parts(graph, [node for node in graph.nodes if not isinstance(node.component, Constant)], 0)


def _parts(graph: Graph, nodes: Sequence[Node], depth: int) -> tuple[Part, ...]:
    groups: dict[object, list[Node]] = {}
    for node in nodes:
        groups.setdefault(node.scope[depth].key if len(node.scope) > depth else node, []).append(node)
    return tuple(
        _block(graph, group, depth) if len(group[0].scope) > depth else Call(group[0], _node_keys(graph, group[0])) for group in groups.values()
    )


def _block(graph: Graph, nodes: Sequence[Node], depth: int) -> Block:
    name, inside = nodes[0].scope[depth].name, _parts(graph, nodes, depth + 1)
    whole, settings = (tuple(part.keys[tier] for part in inside) for tier in (0, SETTINGS))
    return Block(name, inside, (("block", whole), ("block", settings), ("block of", name), ("block of", name)))


def _node_keys(graph: Graph, node: Node) -> Keys:
    """What two calls have in common: settings and shapes, settings alone, what is applied, or the module where that is declared."""
    kind = type(node.component)
    if isinstance(node.component, Input):
        return ("input", node.label or node.name, str(node.type)), ("input", node.label or node.name), ("input",), ("input",)
    numbers = tuple((place, graph[ref].component.value) for place, ref in enumerate(node.operands)  # type: ignore[attr-defined]
                    if isinstance(graph[ref].component, Constant))  # fmt: skip
    settings = (call_text(node), numbers)
    family = kind.__name__ if kind.__module__.endswith(MIXED) else kind.__module__
    return (*settings, node.types), settings, (kind.__name__,), (family,)


def _calls(some: Iterable[Part]) -> Iterator[Call]:
    for part in some:
        if isinstance(part, Call):
            yield part
        else:
            yield from _calls(part.parts)


# Alignment in order ------------------------------------------------------------------------------


def _aligned(old: Sequence[Part], new: Sequence[Part]) -> Iterator[tuple[Call, Call]]:
    """The calls that are the same in two sequences of parts."""
    gaps: list[tuple[Sequence[Part], Sequence[Part]]] = [(old, new)]
    for tier in (0, SETTINGS, KIND, FAMILY):
        rest: list[tuple[Sequence[Part], Sequence[Part]]] = []
        for before, after in gaps:
            for one, other, equal in _runs([part.keys[tier] for part in before], [part.keys[tier] for part in after]):
                if not equal:
                    rest.append((before[one], after[other]))
                    continue
                for first, second in zip(before[one], after[other], strict=True):
                    yield from _same(first, second, tier)
        gaps = rest


def _same(one: Part, other: Part, tier: int) -> Iterator[tuple[Call, Call]]:
    """The calls that are the same in two parts that are."""
    if isinstance(one, Call) and isinstance(other, Call):
        yield one, other
    elif isinstance(one, Block) and isinstance(other, Block):
        if tier >= KIND:
            yield from _aligned(one.parts, other.parts)
        else:
            yield from zip(_calls([one]), _calls([other]), strict=True)


def _runs(old: Sequence[Key], new: Sequence[Key]) -> Iterator[tuple[slice, slice, bool]]:
    """Runs of equal keys, and the gaps between them. What begins and ends both is taken off first: that is most of it."""
    shorter = min(len(old), len(new))
    start = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    end = next((place for place in range(shorter - start) if old[-1 - place] != new[-1 - place]), shorter - start)
    yield slice(0, start), slice(0, start), True
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    for tag, a, b, c, d in SequenceMatcher(None, inner_old, inner_new, autojunk=False).get_opcodes():
        yield slice(start + a, start + b), slice(start + c, start + d), tag == "equal"
    yield slice(len(old) - end, len(old)), slice(len(new) - end, len(new)), True


# What calls take ---------------------------------------------------------------------------------


class Matching:
    """Two networks, and which of their calls are the same.

    Attributes:
        pairs: the ids of calls of the new network by those of the old one.
    """

    def __init__(self, old: Graph, new: Graph, pairs: Mapping[int, int]):
        self.old, self.new, self.pairs = old, new, pairs
        self._old_ends = _ends(old, pairs)
        self._new_ends = _ends(new, {one: one for one in pairs.values()})

    def take_the_same(self, old: Node, new: Node) -> bool:
        """Whether two calls take the same tensors, but for calls that were put in between or taken out."""
        before, after = _taken(self.old, old, self._old_ends), _taken(self.new, new, self._new_ends)
        if type(new.component).__name__ in COMMUTATIVE:
            before, after = sorted(before, key=sorted), sorted(after, key=sorted)
        return len(before) == len(after) and all(one & other or one == other for one, other in zip(before, after, strict=True))

    def same_tensor(self, old: Ref, new: Ref) -> bool:
        """Whether two tensors are the same, but for calls that were put in between or taken out."""
        before, after = self._old_ends[old.node][old.output], self._new_ends[new.node][new.output]
        return bool(before & after) or before == after


Ends: TypeAlias = frozenset[tuple[int, int]]
"""Outputs of calls that are in both networks, as those of the new one: call and position."""


def _ends(graph: Graph, partners: Mapping[int, int]) -> list[list[Ends]]:
    """For each output of each call, the nearest tensors that both networks have: itself, or what it is made of."""
    ends: list[list[Ends]] = []
    for node in graph.nodes:
        if node.id in partners:
            ends.append([frozenset({(partners[node.id], output)}) for output in range(len(node.types))])
        else:
            origin = frozenset(one for ref in node.operands for one in ends[ref.node][ref.output])
            ends.append([origin] * len(node.types))
    return ends


def _taken(graph: Graph, node: Node, ends: list[list[Ends]]) -> list[Ends]:
    return [ends[ref.node][ref.output] for ref in node.operands if not isinstance(graph[ref].component, Constant)]


def _found_elsewhere(matching: Matching, old: Sequence[Call], new: Sequence[Call]) -> Iterator[tuple[int, int]]:
    """Calls with the same settings, made of the same tensors, that stand in another block or another order."""
    kept = set(matching.pairs.values())
    waiting: dict[Key, list[Node]] = defaultdict(list)
    for call in new:
        if call.node.id not in kept:
            waiting[call.keys[SETTINGS]].append(call.node)
    for call in old:
        candidates = waiting[call.keys[SETTINGS]] if call.node.id not in matching.pairs else []
        found = next((one for one in candidates if matching.take_the_same(call.node, one)), None)
        if found is not None:
            candidates.remove(found)
            yield call.node.id, found.id
