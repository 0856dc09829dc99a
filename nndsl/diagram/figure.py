"""From a graph to what is drawn of it: cards with chips, frames around blocks, equal neighbours folded into one.

A figure says *what* is drawn; where it stands is the layout's business, and how it looks the theme's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from nndsl import costs
from nndsl.catalogue.applicable import Constant, Input
from nndsl.diagram import wording
from nndsl.diagram.order import in_order
from nndsl.graph import Graph, Node, Owner, Ref
from nndsl.program import Network
from nndsl.types import Size, TensorType

Detail: TypeAlias = Literal["full", "blocks", "overview"]
Look: TypeAlias = Literal["card", "operator", "terminal"]
Mark: TypeAlias = Literal["added", "removed", "changed", "updated", "updated in part", "fixed"]
"""What is to be seen at once: how a file was changed, or which weights a step of a training changes."""
CHIPS_FIT_ON = {
    "convolution", "dense", "embedding", "normalization", "attention", "recurrent", "merging", "function", "pooling", "reshaping",
}  # fmt: skip
NORMALIZED = {"convolution", "dense"}
MOST_CHIPS = 4


@dataclass(frozen=True, eq=False)
class Card:
    """One box: a call, with the calls that follow it as chips.

    Attributes:
        nodes: every call it stands for, in order, folded repetitions included.
        inputs: the tensors it takes, in order, without numbers written in the file; only an operator lists one twice.
        outputs: the tensors it gives; by the names that the rest of the figure knows them by.
        notes: for each output, its shape, where that is worth saying.
        times: how many equal neighbours it stands for.
        shared: whether its weights are used elsewhere too.
        mark: what sets it off from other cards.
        place: its place among the members of its block before equal neighbours were folded.
        repeats: what it stands for, if those are several equal neighbours, or a block of nothing else.
    """

    nodes: tuple[Node, ...]
    look: Look
    title: str
    arguments: str
    chips: tuple[str, ...]
    family: str
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    notes: tuple[str, ...]
    ordered: bool = False
    times: int = 1
    shared: bool = False
    params: Size = 0
    mark: Mark | None = None
    place: int = 0
    repeats: tuple["Item", ...] = ()


@dataclass(frozen=True, eq=False)
class Frame:
    """A box around the members of a block.

    Attributes:
        entries, exits: the tensors that cross its border, by their names inside, in the order of `inputs` and `outputs`.
        params: the numbers in the weights of one of its repetitions.
    """

    nodes: tuple[Node, ...]
    name: str
    members: tuple["Item", ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    entries: tuple[Ref, ...]
    exits: tuple[Ref, ...]
    times: int = 1
    shared: bool = False
    params: Size = 0
    mark: Mark | None = None
    place: int = 0
    repeats: tuple["Item", ...] = ()


Item: TypeAlias = Card | Frame


@dataclass(frozen=True, eq=False)
class Figure:
    """Everything that is drawn of a network.

    Attributes:
        legend: what the marks in it say, each with its mark.
    """

    title: str
    subtitle: str
    documentation: str | None
    members: tuple[Item, ...]
    legend: tuple[tuple[Mark, str], ...] = ()


def figure(network: Network, detail: Detail = "blocks") -> Figure:
    """What is drawn of a network.

    Args:
        detail: `full` draws every call and block; `blocks` folds equal neighbours; `overview` also closes the blocks.
    """
    return figure_of(network, Composer(network.graph, detail).members())


def figure_of(network: Network, members: tuple[Item, ...]) -> Figure:
    """A network's figure, of the members that a composer has made."""
    graph = network.graph
    layers = sum(not isinstance(node.component, Input | Constant) for node in graph.nodes)
    total = wording.count_text(costs.params(graph))
    subtitle = f"{layers} layer{'s' * (layers != 1)} · {total} params"
    return Figure(network.name, subtitle, network.documentation, members)


class Composer:
    """Makes the members of a figure, from the innermost block outwards."""

    def __init__(self, graph: Graph, detail: Detail):
        self.graph = graph
        self.detail = detail
        self.uses = Counter(ref for node in graph.nodes for ref in node.operands)
        self.uses.update(graph.outputs.values())
        self.users: dict[Ref, list[Node]] = defaultdict(list)
        for node in graph.nodes:
            for ref in node.operands:
                self.users[ref].append(node)
        self.results = set(graph.outputs.values())
        self.owned = Counter(node.owner for node in graph.nodes if node.owner is not None)
        self.first_uses = {node.id for _, node in graph.owners()}

    def members(self) -> tuple[Item, ...]:
        nodes = [node for node in self.graph.nodes if not self.is_hidden(node)]
        items = self.gathered(nodes, 0)
        if self.detail == "overview":
            items = self._folded([self.closed(item) if isinstance(item, Frame) else item for item in items])
        return (*items, *(_result(name, ref) for name, ref in self.graph.outputs.items()))

    def operand_types(self, node: Node) -> tuple[TensorType, ...]:
        return self.graph.operand_types(node)

    def params_of(self, nodes: Sequence[Node]) -> Size:
        return costs.used_weights(self.graph, nodes)

    def is_hidden(self, node: Node) -> bool:
        """Numbers written in the file are told on the cards that use them."""
        return isinstance(node.component, Constant) and Ref(node.id) not in self.results

    def gathered(self, nodes: Sequence[Node], depth: int) -> list[Item]:
        """The items of one block: its own calls, and a frame for each block in it."""
        groups: dict[object, list[Node]] = defaultdict(list)
        for node in nodes:
            groups[node.scope[depth].key if len(node.scope) > depth else node].append(node)
        items: list[Item] = []
        for group in groups.values():
            if len(group[0].scope) > depth:
                items.append(self.framed(group, depth))
            else:
                items.append(self.card(group[0]))
        items = _without_cycles(items)
        items = [replace(item, place=place) for place, item in enumerate(self.fused(items))]
        return items if self.detail == "full" else self._folded(items)

    # Cards

    def card(self, node: Node) -> Card:
        component, types = node.component, self.operand_types(node)
        numbers = self.numbers(node)
        sign = wording.symbol(component) if len(node.operands) > 1 else None
        told = ", ".join(one for one in (wording.arguments(component, types), *(numbers if not sign else ())) if one)
        if isinstance(component, Input):
            return replace(self.plain(node), look="terminal", title=node.label or node.name, arguments="", notes=(str(node.type),))
        if sign is None:
            return replace(self.plain(node), arguments=told)
        if numbers:
            return replace(self.plain(node), title=self._sum(node, sign), arguments="")
        return replace(self.plain(node), look="operator", title=sign, arguments="", inputs=node.operands)

    def plain(self, node: Node) -> Card:
        inputs = tuple(dict.fromkeys(ref for ref in node.operands if not self.is_hidden(self.graph[ref])))
        outputs = tuple(Ref(node.id, index) for index in range(len(node.types)))
        used = tuple(ref for ref in outputs if self.uses[ref]) or outputs[:1]
        component = node.component
        return Card(
            (node,), "card", wording.title(component), "", (), wording.family(component), inputs, used,
            self._notes(node, used), wording.keeps_order(component), shared=self.owned[node.owner] > 1 if node.owner else False,
            params=self.params_of([node]),
        )  # fmt: skip

    def numbers(self, node: Node) -> tuple[str, ...]:
        """The numbers among its operands, as they are written."""
        constants = (self.graph[ref].component for ref in node.operands if self.is_hidden(self.graph[ref]))
        return tuple(wording.value_text(one.value) for one in constants if isinstance(one, Constant))

    def _sum(self, node: Node, sign: str) -> str:
        """An operation with a number, as it would be written with an `x` for the tensor: `1 − x`."""
        sides = [self.graph[ref].component for ref in node.operands]
        return f" {sign} ".join(wording.value_text(one.value) if isinstance(one, Constant) else "x" for one in sides)

    def _notes(self, node: Node, outputs: Iterable[Ref]) -> tuple[str, ...]:
        """The shape of each output, where it is not that of the operands."""
        before = {one.shape for one in self.operand_types(node) if not one.constant}
        shapes = [self.graph.type_of(ref).shape for ref in outputs]
        return tuple(wording.shape_label(shape) if {shape} != before else "" for shape in shapes)

    # Chips

    def fused(self, items: list[Item]) -> list[Item]:
        """Normalisations, activations and dropouts as chips of the card before them."""
        giving: dict[Ref, int] = {}
        kept: list[Item] = []
        for item in items:
            place = giving.get(item.inputs[0]) if len(item.inputs) == 1 else None
            host = kept[place] if place is not None else None
            if isinstance(item, Card) and isinstance(host, Card) and self.can_join(host, item):
                assert place is not None
                kept[place] = item = _joined(host, item)
            else:
                place = len(kept)
                kept.append(item)
            giving.update((ref, place) for ref in item.outputs)
        return kept

    def can_join(self, host: Card, card: Card) -> bool:
        if len(card.nodes) != 1 or len(host.outputs) != 1 or self.uses[host.outputs[0]] != 1 or host.times > 1 or any(card.notes):
            return False
        if card.look != "card" or len(host.chips) >= MOST_CHIPS or host.look == "terminal":
            return False
        if card.nodes[0].owner is not None and card.shared != host.shared:
            return False
        if card.family == "normalization":
            return host.family in NORMALIZED and "normalization" not in {wording.family(one.component) for one in host.nodes}
        return card.family in ("activation", "regularization") and host.family in CHIPS_FIT_ON and not self.numbers(card.nodes[0])

    # Frames

    def framed(self, nodes: Sequence[Node], depth: int) -> Item:
        """A block: a frame, or what is in it, where a frame around a single item would say nothing."""
        frame = nodes[0].scope[depth]
        members = tuple(self.gathered(nodes, depth + 1))
        if len(members) == 1 and isinstance(members[0], Card):
            return self._without_frame(members[0], nodes, frame.name)
        if len(members) == 1 and isinstance(members[0], Frame) and members[0].times == 1:
            return replace(members[0], name=frame.name)
        return self._frame(nodes, frame.name, members)

    def _without_frame(self, card: Card, nodes: Sequence[Node], name: str) -> Card:
        """The only card of a block; where it stands for several, these are in a frame when they are shown one by one."""
        if len(card.repeats) == 1 and isinstance(card.repeats[0], Frame):
            return replace(card, repeats=(replace(card.repeats[0], name=name),))
        return replace(card, repeats=(self._frame(nodes, name, card.repeats),)) if card.repeats else card

    def _frame(self, nodes: Sequence[Node], name: str, members: tuple[Item, ...]) -> Frame:
        inputs, outputs = self.border(nodes)
        shared = any(self.owned[owner] > count for owner, count in _owners(nodes).items())
        return Frame(tuple(nodes), name, members, inputs, outputs, inputs, outputs, shared=shared, params=self.params_of(nodes))

    def border(self, nodes: Sequence[Node]) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
        """The tensors that come into a block, and those of its own that are used outside."""
        inside = {node.id for node in nodes}
        refs = dict.fromkeys(ref for node in nodes for ref in node.operands if ref.node not in inside)
        inputs = tuple(ref for ref in refs if not self.is_hidden(self.graph[ref]))
        own = (Ref(node.id, index) for node in nodes for index in range(len(node.types)))
        outputs = (ref for ref in own if ref in self.results or any(user.id not in inside for user in self.users[ref]))
        return inputs, tuple(outputs)

    def closed(self, frame: Frame) -> Card:
        """A block as one card."""
        count = len(frame.nodes) // frame.times
        notes = tuple(self._closed_note(frame, ref) for ref in frame.exits)
        return Card(
            frame.nodes, "card", frame.name, f"{count} layers", (), "block", frame.inputs, frame.outputs, notes,
            True, frame.times, frame.shared, frame.params,
        )  # fmt: skip

    def _closed_note(self, frame: Frame, ref: Ref) -> str:
        shape = self.graph.type_of(ref).shape
        return wording.shape_label(shape) if {shape} != {self.graph.type_of(one).shape for one in frame.inputs} else ""

    # Folding

    def _folded(self, items: list[Item]) -> list[Item]:
        """Equal neighbours in a chain as one item with a number of times."""
        by_input = {ref: item for item in items for ref in item.inputs}
        folded: dict[int, None] = {}
        kept: list[Item] = []
        for item in items:
            if id(item) in folded:
                continue
            chain = [item, *self._equals_after(item, by_input)]
            folded.update((id(one), None) for one in chain[1:])
            kept.append(_folded(chain) if len(chain) > 1 else item)
        return kept

    def _equals_after(self, item: Item, by_input: dict[Ref, Item]) -> Iterator[Item]:
        if not _can_fold(item):
            return
        signature = self.signature(item)
        while True:
            following = by_input.get(item.outputs[0])
            if following is None or not _can_fold(following) or type(following) is not type(item):
                return
            if len(following.nodes) != len(item.nodes) or not _takes_over(item, following):
                return
            if not self._only_used_in(following, item.outputs[0]):
                return
            if self.signature(following) != signature:
                return
            yield following
            item = following

    def _only_used_in(self, item: Item, ref: Ref) -> bool:
        return ref not in self.results and {user.id for user in self.users[ref]} <= {node.id for node in item.nodes}

    def signature(self, item: Item) -> object:
        """Equal for items that are equal in every setting: what is applied, to what, with whose weights, in which blocks."""
        local = {node.id: index for index, node in enumerate(item.nodes)}
        owners = _owners(item.nodes)
        numbers: dict[object, int] = {}

        def operand(ref: Ref) -> object:
            if ref.node in local:
                return local[ref.node], ref.output
            node = self.graph[ref]
            return node.component if isinstance(node.component, Constant) else ("outside", item.inputs.index(ref))

        def owner(one: Owner | None) -> object:
            if one is None or owners[one] < self.owned[one]:
                return one
            return numbers.setdefault(one, len(numbers))

        depth = _common_depth(item.nodes)
        name = item.name if isinstance(item, Frame) else None
        return name, tuple(
            (
                node.component, node.types, self.operand_types(node), tuple(map(operand, node.operands)), owner(node.owner),
                tuple((frame.name, numbers.setdefault(frame.key, len(numbers))) for frame in node.scope[depth:]),
            )
            for node in item.nodes
        ), tuple((local[ref.node], ref.output) for ref in item.outputs)  # fmt: skip


def _can_fold(item: Item) -> bool:
    return len(item.outputs) == 1 and len(item.inputs) > 0 and not (isinstance(item, Card) and item.look != "card")


def _takes_over(item: Item, following: Item) -> bool:
    """Whether one item takes the other's result in the place of one of its inputs, and all others are the same tensors."""
    differing = [pair for pair in zip(item.inputs, following.inputs, strict=False) if pair[0] != pair[1]]
    return len(item.inputs) == len(following.inputs) and len(differing) == 1 and differing[0][1] == item.outputs[0]


def _common_depth(nodes: Sequence[Node]) -> int:
    """How many of the blocks around the nodes are the same for all."""
    shortest = min(len(node.scope) for node in nodes)
    first = nodes[0].scope
    depth = next((at for at in range(shortest) if any(node.scope[at].key != first[at].key for node in nodes)), shortest)
    return depth


def _owners(nodes: Iterable[Node]) -> Counter[Owner]:
    return Counter(node.owner for node in nodes if node.owner is not None)


def _folded(chain: list[Item]) -> Item:
    first, last = chain[0], chain[-1]
    nodes = tuple(node for item in chain for node in item.nodes)
    return replace(first, nodes=nodes, outputs=last.outputs, times=sum(item.times for item in chain), repeats=tuple(chain))


def _joined(host: Card, card: Card) -> Card:
    chips = (*host.chips, wording.chip(card.nodes[0].component))
    return replace(
        host, nodes=(*host.nodes, *card.nodes), chips=chips, outputs=card.outputs, params=host.params + card.params
    )


def _result(name: str, ref: Ref) -> Card:
    return Card((), "terminal", name, "", (), "output", (ref,), (), ())


def _without_cycles(items: list[Item]) -> list[Item]:
    """Items in topological order; frames that wires leave and come back to are taken apart."""
    while True:
        ordered, rest = in_order(items)
        frames = [item for item in rest if isinstance(item, Frame)]
        if not frames:
            return ordered
        items = [part for item in items for part in (item.members if item in frames else (item,))]
