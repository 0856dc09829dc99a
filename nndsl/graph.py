"""The graph that every file becomes: typed calls, joined by the tensors that flow between them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.catalogue.applicable import Applicable
from nndsl.frozen import Frozen
from nndsl.source import Span
from nndsl.types import TensorType

if TYPE_CHECKING:
    import networkx

    from nndsl.syntax import ast


class Expanded(Frozen, eq=False):
    """What an expansion was made of, for who writes the block as a function again.

    Attributes:
        definition: the block, as it was written.
        operands: the tensors that it was applied to, as the graph had them when it was made.
        numbers: its parameters, and the numbers and sizes that its body has names for; each with its last value.
    """

    definition: "ast.Definition"
    operands: "tuple[Ref, ...]"
    numbers: dict[str, Any]


class Frame(Frozen):
    """One expansion of a block, a network used as a layer, or one turn of a repetition or loop.

    Attributes:
        name: the block's name as written.
        key: distinguishes this expansion from all others at the same level of the same graph.
        span: the call that was expanded.
        made_of: the block and its arguments.
    """

    name: str
    key: str
    span: Span
    made_of: Expanded | None = None


class Owner(Frozen, eq=False):
    """One set of weights. Two calls that share weights have the same owner, as an object."""

    name: str
    component: Applicable


class Saved(Frozen):
    """What a set of weights starts with.

    Attributes:
        path: an NPZ file.
        names: what the array of each weight is called there, in the order of the weights.
        span: where that is written.
    """

    path: Path
    names: tuple[str, ...]
    span: Span


class Ref(Frozen):
    """One tensor: an output of a node."""

    node: int
    output: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One call.

    Attributes:
        id: its position in `Graph.nodes`, which are in topological order.
        name: unique in its graph; the name of the Keras layer, where it owns one.
        component: what is applied: a layer, a function, an `Input` or a `Constant`.
        owner: the weights it uses; calls of functions have none.
        operands: the tensors it takes, in the order of the parameters of the component's `infer`.
        scope: the expansions it came from, outermost first.
        span: where it was written.
        types: the type of each of its outputs.
        label: the name that the file gives to its result, if any.
    """

    id: int
    name: str
    component: Applicable
    owner: Owner | None
    operands: tuple[Ref, ...]
    scope: tuple[Frame, ...]
    span: Span
    types: tuple[TensorType, ...]
    label: str | None = None

    @property
    def type(self) -> TensorType:
        """The type of its first output."""
        return self.types[0]


@dataclass(frozen=True, eq=False)
class Graph:
    """A frozen, acyclic graph of calls.

    Nodes are kept in topological order with their operands, so that a pass is one walk over a tuple;
    `networkx` is the same graph for algorithms and for users. (It is made when asked for: importing
    networkx takes longer than checking a file.)

    Attributes:
        nodes: every call, operands before their users.
        inputs: by name, the `Input` nodes, in the order they were written.
        outputs: by name, the tensors that are the results, in the order they were written.
        saved: what those weights start with that come from a file.
    """

    nodes: tuple[Node, ...]
    inputs: Mapping[str, Node]
    outputs: Mapping[str, Ref]
    saved: Mapping[Owner, Saved] = field(default_factory=dict)

    def __getitem__(self, ref: Ref) -> Node:
        return self.nodes[ref.node]

    def type_of(self, ref: Ref) -> TensorType:
        return self.nodes[ref.node].types[ref.output]

    def operand_types(self, node: Node) -> tuple[TensorType, ...]:
        return tuple([self.nodes[ref.node].types[ref.output] for ref in node.operands])

    def owners(self) -> Iterator[tuple[Owner, Node]]:
        """Each set of weights once, with the first call that uses it."""
        seen: set[int] = set()
        for node in self.nodes:
            if node.owner is not None and id(node.owner) not in seen:
                seen.add(id(node.owner))
                yield node.owner, node

    @cached_property
    def networkx(self) -> "networkx.MultiDiGraph[int]":
        """The graph as a `networkx.MultiDiGraph`.

        The nodes are node ids, with the attribute `node` (a `Node`); an edge's key is the operand's
        position, and its attribute `output` says which output of the operand flows along it.
        """
        import networkx

        graph: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
        graph.add_nodes_from((node.id, {"node": node}) for node in self.nodes)
        for node in self.nodes:
            for position, ref in enumerate(node.operands):
                graph.add_edge(ref.node, node.id, key=position, output=ref.output)
        return graph


def users_of(nodes: Iterable[Node]) -> dict[Ref, list[Node]]:
    """For each tensor that some calls take, these calls, each as often as it takes it."""
    users: dict[Ref, list[Node]] = {}
    for node in nodes:
        for ref in node.operands:
            users.setdefault(ref, []).append(node)
    return users


def needed_for(nodes: Sequence[Node], wanted: Iterable[Ref]) -> set[int]:
    """The ids of the nodes that some tensors depend on, with those that make them.

    Args:
        nodes: those of a graph, whole or in the making.
    """
    needed = {ref.node for ref in wanted}
    for node in reversed(nodes):
        if node.id in needed:
            for ref in node.operands:
                needed.add(ref.node)
    return needed
