"""Two versions of a network as one picture: the new one, with what was removed where it stood, and all that changed marked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from nndsl import costs
from nndsl.catalogue.applicable import Constant
from nndsl.comparison.changes import Change, Comparison
from nndsl.comparison.report import difference
from nndsl.diagram import Detail, Direction, wording
from nndsl.diagram.draw import draw
from nndsl.diagram.figure import Card, Composer, Figure, Frame, Item, Mark
from nndsl.diagram.measure import shortened
from nndsl.diagram.render import to_svg
from nndsl.graph import Frame as Scope
from nndsl.graph import Graph, Node, Owner, Ref
from nndsl.types import Size, TensorType

MARKED: dict[str, Mark] = {"added": "added", "removed": "removed", "changed": "changed"}


def svg(comparison: Comparison, dark: bool = False, detail: Detail = "blocks", direction: Direction = "down") -> str:
    """The picture of two versions, as SVG."""
    return to_svg(draw(figure(comparison, detail), direction), dark)


def figure(comparison: Comparison, detail: Detail = "blocks") -> Figure:
    """What is drawn of two versions of a network."""
    old, new = comparison.costs
    name = comparison.new.name if comparison.old.name == comparison.new.name else f"{comparison.old.name} → {comparison.new.name}"
    told = f"params {difference(old.params, new.params)} · FLOPs {difference(old.flops, new.flops)}".replace("->", "→").replace("  ", " ")
    kinds = Counter(change.kind for change in comparison.changes)
    legend = tuple((mark, f"{kinds[kind]} {kind}") for kind, mark in MARKED.items() if kinds[kind])  # type: ignore[index]
    return Figure(name, told, f"What changed between two versions of the network {name}.", _ChangeComposer(comparison, detail).members(), legend)


# Both versions as one graph ----------------------------------------------------------------------


class _Union:
    """The new version, and the calls that were removed from the old one, in an order that suits both.

    Attributes:
        graph: all calls; those that were removed, and those that took their results, have operands as in either version.
        origins: by the id of each call, the version that has it, and the call there.
        changes: by the id of each call, what became of it.
    """

    def __init__(self, comparison: Comparison):
        self.comparison = comparison
        self.origins: list[tuple[Graph, Node]] = []
        self.changes: dict[int, Change] = {}
        self._new_ids: dict[int, int] = {}
        self._removed_ids: dict[int, int] = {}
        self._partners = {after: comparison.old.graph.nodes[before] for before, after in comparison.pairs.items()}
        self._scopes = _scopes_of_pairs(comparison)
        self.graph = self._joined()

    def _joined(self) -> Graph:
        new = self.comparison.new.graph
        changed = {change.node: change for change in self.comparison.changes}
        nodes: list[Node] = []
        for graph, node in self._order():
            ids = self._new_ids if graph is new else self._removed_ids
            ids[node.id] = len(nodes)
            self.origins.append((graph, node))
            if node in changed:
                self.changes[len(nodes)] = changed[node]
            scope = node.scope if graph is new else self._scope_of(node)
            nodes.append(replace(node, id=len(nodes), operands=(), scope=scope))
        nodes = [replace(node, operands=self._operands(node)) for node in nodes]
        inputs = {name: nodes[self._new_ids[node.id]] for name, node in new.inputs.items()}
        outputs = {name: Ref(self._new_ids[ref.node], ref.output) for name, ref in new.outputs.items()}
        return Graph(tuple(nodes), inputs, outputs)

    def _order(self) -> list[tuple[Graph, Node]]:
        """The calls of the new version; before each, those that were removed and stood before its partner."""
        old, new = self.comparison.old.graph, self.comparison.new.graph
        partner = {after: before for before, after in self.comparison.pairs.items()}
        removed = [node for node in old.nodes if node.id not in self.comparison.pairs]
        order: list[tuple[Graph, Node]] = []
        for node in new.nodes:
            while node.id in partner and removed and removed[0].id < partner[node.id]:
                order.append((old, removed.pop(0)))
            order.append((new, node))
        return [*order, *((old, node) for node in removed)]

    def _operands(self, node: Node) -> tuple[Ref, ...]:
        """What a call takes, and what it took before of calls that were removed; only of calls that stand before it."""
        graph, origin = self.origins[node.id]
        taken = [self._ref(graph, ref) for ref in origin.operands]
        before = self._partners.get(origin.id) if graph is self.comparison.new.graph else None
        if before is not None:
            old = self.comparison.old.graph
            taken += [self._ref(old, ref) for ref in before.operands if ref.node in self._removed_ids and not isinstance(old[ref].component, Constant)]
        return tuple(ref for ref in taken if ref.node < node.id)

    def _ref(self, graph: Graph, ref: Ref) -> Ref:
        """A tensor of either version in the joined graph."""
        if graph is self.comparison.new.graph:
            return Ref(self._new_ids[ref.node], ref.output)
        if ref.node in self.comparison.pairs:
            return Ref(self._new_ids[self.comparison.pairs[ref.node]], ref.output)
        return Ref(self._removed_ids[ref.node], ref.output)

    def _scope_of(self, removed: Node) -> tuple[Scope, ...]:
        """The blocks that a removed call stands in: those of the new version, as far as they are the same; then its own."""
        for depth in range(len(removed.scope), 0, -1):
            around = self._scopes.get(tuple(frame.key for frame in removed.scope[:depth]))
            if around is not None:
                return (*around, *map(_gone, removed.scope[depth:]))
        return tuple(map(_gone, removed.scope))


def _gone(frame: Scope) -> Scope:
    """A block of the old version, apart from those of the new one with the same key."""
    return Scope(frame.name, f"removed {frame.key}", frame.span)


def _scopes_of_pairs(comparison: Comparison) -> dict[tuple[str, ...], tuple[Scope, ...]]:
    """By the keys of blocks of the old version, the same blocks of the new one."""
    old, new = comparison.old.graph.nodes, comparison.new.graph.nodes
    found: dict[tuple[str, ...], tuple[Scope, ...]] = {}
    for before, after in comparison.pairs.items():
        one, other = old[before].scope, new[after].scope
        for depth in range(1, min(len(one), len(other)) + 1):
            found.setdefault(tuple(frame.key for frame in one[:depth]), other[:depth])
    return found


# Cards -------------------------------------------------------------------------------------------


class _ChangeComposer(Composer):
    """Makes the members of the picture: cards and frames know what became of them."""

    def __init__(self, comparison: Comparison, detail: Detail):
        self.union = _Union(comparison)
        super().__init__(self.union.graph, detail)

    def operand_types(self, node: Node) -> tuple[TensorType, ...]:
        graph, origin = self.union.origins[node.id]
        return graph.operand_types(origin)

    def params_of(self, nodes: Sequence[Node]) -> Size:
        seen: dict[Owner, Size] = {}
        for node in nodes:
            graph, origin = self.union.origins[node.id]
            if origin.owner is not None:
                seen.setdefault(origin.owner, costs.own_params(graph, origin))
        return sum(seen.values(), 0)

    def _mark(self, node: Node) -> Mark | None:
        change = self.union.changes.get(node.id)
        return MARKED.get(change.kind) if change is not None else None

    def plain(self, node: Node) -> Card:
        return replace(super().plain(node), mark=self._mark(node))

    def card(self, node: Node) -> Card:
        card, change = super().card(node), self.union.changes.get(node.id)
        if change is None or change.kind != "changed" or card.look != "card" or change.old is None:
            return card
        return self._with_before(card, change.old.node)

    def _with_before(self, card: Card, before: Node) -> Card:
        """What was changed of a call, as it was and as it is."""
        component = before.component
        title = wording.title(component)
        told = wording.arguments(component, self.union.comparison.old.graph.operand_types(before))
        title = card.title if title == card.title else f"{title} → {card.title}"
        both = told if told == card.arguments else f"{told or 'as by default'} → {card.arguments or 'as by default'}"
        return replace(card, title=title, arguments=shortened(both, 2 * wording.MOST_CHARACTERS))

    def can_join(self, host: Card, card: Card) -> bool:
        """Chips are not marked: what joins a card was added or removed with it, or is as it was."""
        fits = card.mark == host.mark if card.mark is not None else host.mark in (None, "changed")
        return fits and super().can_join(host, card)

    def signature(self, item: Item) -> object:
        return super().signature(item), tuple(self._mark(node) for node in item.nodes)

    def framed(self, nodes: Sequence[Node], depth: int) -> Item:
        """A block all of which was added or removed is marked as a whole."""
        item = super().framed(nodes, depth)
        marks = {self._mark(node) for node in nodes if not self.is_hidden(node)}
        if isinstance(item, Frame) and marks in ({"added"}, {"removed"}):
            return replace(item, mark=marks.pop(), members=tuple(map(_unmarked, item.members)))
        return item

    def closed(self, frame: Frame) -> Card:
        changed = any(self._mark(node) for node in frame.nodes)
        return replace(super().closed(frame), mark=frame.mark or ("changed" if changed else None))


def _unmarked(item: Item) -> Item:
    if isinstance(item, Frame):
        return replace(item, mark=None, members=tuple(map(_unmarked, item.members)))
    return replace(item, mark=None)
