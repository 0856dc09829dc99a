"""From a graph to items: blocks by the expansions that calls came from, and calls inside of calls."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import groupby
from typing import Any

from nndsl.catalogue.applicable import Constant, Input, Layer
from nndsl.catalogue.component import same
from nndsl.emission.chapter import sizes_of
from nndsl.emission.items import Block, Body, Item, Name, Operand, Step, Tree, folded, name_of, wired
from nndsl.emission.manuscript import Manuscript
from nndsl.emission.spelling import spelt
from nndsl.frozen import Frozen
from nndsl.graph import Frame, Graph, Node, Owner, Ref, needed_for, users_of
from nndsl.in_keras import keras_name, layer_names, told
from nndsl.syntax import ast

_MOST_INSIDE = 5
"""So many calls of functions are written into one expression at most."""
_SMALL = 4
"""A block that is used once becomes a function if it has at least so many lines."""


_MANY_SETTINGS = 3
"""A block of one layer with so many arguments is a function, if it is used again."""


class Group(Frozen, eq=False):
    """The uses of one block that can be written as one function, each with the number of its graph."""

    number: int
    definition: ast.Definition
    uses: list[tuple[int, Block]]


class Read(Frozen, eq=False):
    """A graph as items.

    Attributes:
        inputs: the names of the graph's inputs, in the order of the body's.
    """

    body: Body
    inputs: tuple[str, ...]


Groups = dict[Hashable, Group]


def read(graphs: Sequence[Graph], manuscript: Manuscript, layers: bool = True) -> tuple[list[Read], list[Group]]:
    """The items of some graphs, and the functions that they have together, those that others call before these.

    Args:
        layers: whether functions are layers where Keras has one.
    """
    flat: set[tuple[int, str]] = set()
    while True:
        groups: Groups = {}
        readers = [_Reader(one, manuscript, layers, {key for at, key in flat if at == place}, groups, place) for place, one in enumerate(graphs)]
        found = [one.read() for one in readers]
        small = {(place, use.frame.key) for one in groups.values() if _is_small(one) for place, use in one.uses}
        if not small:
            return found, list(groups.values())
        flat |= small


def _is_small(group: Group) -> bool:
    items = group.uses[0][1].body.items
    if len(group.uses) == 1:
        return len(items) < _SMALL
    return len(items) == 1 and (not isinstance(items[0], Step) or _settings_said(items[0]) < _MANY_SETTINGS)


def _settings_said(step: Step) -> int:
    """How many arguments a call is written with."""
    return sum(not same(one.value, one.default) for one in step.tree.spelling.settings)


class _Reader:
    def __init__(self, graph: Graph, manuscript: Manuscript, layers: bool, flat: set[str], groups: Groups, place: int):
        self._groups, self._place = groups, place
        self._graph, self._manuscript, self._layers = graph, manuscript, layers
        self._needed = sorted(needed_for(graph.nodes, graph.outputs.values()))
        self._nodes = [graph.nodes[number] for number in self._needed]
        self._calls = [node for node in self._nodes if not isinstance(node.component, Input | Constant)]
        self._applied = Counter(node.owner for node in self._calls)
        self._names, self._told = layer_names([graph]), told([graph])
        self._flat = flat | self._across_blocks()
        self._users = users_of(self._calls)
        self._inside = self._written_inside()
        self._shared_here: dict[tuple[str, Owner], int] = {}

    def read(self) -> Read:
        inputs = [node for node in self._graph.inputs.values()]
        outputs = list(self._graph.outputs.values())
        items = folded(self._items(self._calls, 0), frozenset(outputs))
        body = wired(items, [Ref(one.id) for one in inputs], outputs)
        return Read(body, tuple(self._graph.inputs))

    # Blocks --------------------------------------------------------------------------------------

    def _scope(self, node: Node) -> tuple[Frame, ...]:
        """The blocks that are written as functions."""
        return tuple(one for one in node.scope if one.key not in self._flat and one.made_of is not None)

    def _across_blocks(self) -> set[str]:
        """The blocks whose layers are applied outside of them too: as functions, they would make these anew."""
        uses: dict[Owner, list[Node]] = {}
        for node in self._calls:
            if node.owner is not None:
                uses.setdefault(node.owner, []).append(node)
        found: set[str] = set()
        for nodes in uses.values():
            scopes = [[one.key for one in node.scope] for node in nodes]
            common = next((place for place, keys in enumerate(zip(*scopes, strict=False)) if len(set(keys)) > 1), min(map(len, scopes)))
            found |= {key for keys in scopes if len(nodes) > 1 for key in keys[common:]}
        return found

    def _items(self, nodes: Sequence[Node], depth: int) -> list[Item]:
        items: list[Item] = []
        for frame, own in groupby(nodes, lambda node: self._frame_at(node, depth)):
            if frame is None:
                items += [self._step(node, depth) for node in own if node.id not in self._inside]
            else:
                items.append(self._block(frame, list(own), depth))
        return items

    def _frame_at(self, node: Node, depth: int) -> Frame | None:
        scope = self._scope(node)
        return scope[depth] if len(scope) > depth else None

    def _block(self, frame: Frame, nodes: list[Node], depth: int) -> Block:
        assert frame.made_of is not None
        inside = {node.id for node in nodes}
        inputs = self._inputs_of(frame, nodes, inside)
        returns = [Ref(node.id, output) for node in nodes for output in range(len(node.types)) if self._used_outside(Ref(node.id, output), inside)]
        body = wired(folded(self._items(nodes, depth + 1), frozenset(returns)), inputs, returns)
        definition = frame.made_of.definition
        group = self._groups.get((definition.name, body.signature))
        if group is None:
            group = Group(len(self._groups), definition, [])
        stated = [*(one.name for one in definition.parameters or ()), *sizes_of(definition)]
        leaves = (*(_plain(frame.made_of.numbers.get(one)) for one in stated), *body.leaves)
        name = name_of(frame.key, self._prefix(nodes[0], depth))
        made = Block(("block", group.number, name.stem, name.whole), tuple(inputs), tuple(returns), leaves, (name,), frame.span, frame, body)
        group.uses.append((self._place, made))
        self._groups[definition.name, body.signature] = group
        return made

    def _prefix(self, node: Node, depth: int) -> str:
        return f"{self._scope(node)[depth - 1].key}_" if depth else ""

    def _inputs_of(self, frame: Frame, nodes: Sequence[Node], inside: set[int]) -> list[Ref]:
        """The tensors that a block is applied to, in the order in which it names them; and others that it sees."""
        assert frame.made_of is not None
        used = dict.fromkeys(
            ref for node in nodes for ref in node.operands if ref.node not in inside and not isinstance(self._graph[ref].component, Constant)
        )
        stated = [ref for ref in dict.fromkeys(frame.made_of.operands) if ref in used]
        return [*stated, *(ref for ref in used if ref not in stated)]

    def _used_outside(self, ref: Ref, inside: set[int]) -> bool:
        return ref in self._graph.outputs.values() or any(node.id not in inside for node in self._users.get(ref, ()))

    # Calls ---------------------------------------------------------------------------------------

    def _is_function(self, node: Node) -> bool:
        return not isinstance(node.component, Layer) and node.owner is None and not self._spelt(node).is_layer

    def _spelt(self, node: Node) -> Any:
        extra: Mapping[str, Any] = self._told[node.owner] if node.owner is not None else {}
        return spelt(node.component, self._graph.operand_types(node), self._layers, extra)

    def _written_inside(self) -> dict[int, int]:
        """The calls of functions that are written into the only call that takes their result, by their numbers; how many it then holds."""
        found: dict[int, int] = {}
        sizes: Counter[int] = Counter()
        for node in self._calls:
            users = self._users.get(Ref(node.id), [])
            if len(node.types) > 1 or len(users) != 1 or Ref(node.id) in self._graph.outputs.values():
                continue
            (user,) = users
            size = 1 + sizes[node.id]
            together = self._is_function(node) and self._is_function(user) and self._scope(node) == self._scope(user)
            if together and sizes[user.id] + size <= _MOST_INSIDE and self._one_statement(node, user):
                found[node.id] = user.id
                sizes[user.id] += size
        return found

    def _one_statement(self, node: Node, user: Node) -> bool:
        one, other = self._manuscript.remark(node.span), self._manuscript.remark(user.span)
        return one is not None and one is other

    def _step(self, node: Node, depth: int) -> Step:
        operands: list[Ref] = []
        leaves: list[Any] = []
        tree = self._tree(node, operands, leaves)
        shared = self._shared(node)
        makes = shared is not None and self._is_first(node)
        names = (self._name(node, depth),) if tree.spelling.is_layer and (shared is None or makes) else ()
        signature = (_shape(tree), shared, makes, tuple((one.stem, one.whole) for one in names), _is_frozen(tree))
        outputs = tuple(Ref(node.id, output) for output in range(len(node.types)))
        return Step(signature, tuple(operands), outputs, tuple(leaves), names, node.span, tree, shared, makes)

    def _name(self, node: Node, depth: int) -> Name:
        name = self._names[node.owner] if node.owner is not None else keras_name(node.name)
        return name_of(name, self._prefix(node, depth))

    def _tree(self, node: Node, operands: list[Ref], leaves: list[Any]) -> Tree:
        spelling = self._spelt(node)
        first = len(leaves)
        leaves += [_plain(one.value) for one in (*spelling.settings, *spelling.options)]
        inner: list[Tree | Operand] = []
        for ref in node.operands:
            source = self._graph[ref]
            if isinstance(source.component, Constant):
                inner.append(Operand(len(leaves), True, source.span))
                leaves.append(source.component.value)
            elif self._inside.get(source.id) == node.id:
                inner.append(self._tree(source, operands, leaves))
            else:
                inner.append(Operand(len(operands)))
                operands.append(ref)
        return Tree(node, spelling, self._graph.operand_types(node), tuple(inner), first)

    # Layers that are applied several times -------------------------------------------------------

    def _shared(self, node: Node) -> int | None:
        """The number, in its body, of the layer of a node, where it has a name of its own."""
        if node.owner is None or (self._applied[node.owner] == 1 and not _frozen(node.component)):
            return None
        scope = self._scope(node)
        body = scope[-1].key if scope else ""
        if (body, node.owner) not in self._shared_here:
            self._shared_here[body, node.owner] = sum(one == body for one, _ in self._shared_here)
        return self._shared_here[body, node.owner]

    def _is_first(self, node: Node) -> bool:
        return next(one for one in self._calls if one.owner is node.owner) is node


def _plain(value: Any) -> Any:
    """A value without its place in the file."""
    return str(value) if isinstance(value, str) else value


def _frozen(component: Any) -> bool:
    return isinstance(component, Layer) and not component.trainable


def _is_frozen(tree: Tree) -> bool:
    return _frozen(tree.spelling.component)


def _shape(tree: Tree) -> Hashable:
    """What two calls have in common that are written alike."""
    spelling = tree.spelling
    names = tuple(one.name for one in (*spelling.settings, *spelling.options))
    fixed = (repr(spelling.component), tuple(one.rank for one in tree.types)) if not spelling.is_layer and not spelling.settings else ()
    inner = tuple(_shape(one) if isinstance(one, Tree) else (one.place, one.is_leaf) for one in tree.operands)
    masks = () if isinstance(tree.node.component, Layer) else (tree.node.type.mask, *(one.mask for one in tree.types))
    return spelling.callee, names, fixed, inner, masks, len(tree.node.types)
