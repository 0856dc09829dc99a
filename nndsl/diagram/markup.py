"""Networks in the languages of other drawing programs: Graphviz and Mermaid."""

from collections.abc import Callable, Iterator, Sequence

from nndsl.diagram import wording
from nndsl.diagram.layout import Direction
from nndsl.graph import Graph, Node, Ref
from nndsl.program import Network


def to_dot(network: Network, direction: Direction = "down") -> str:
    """Graphviz: blocks are clusters, edges carry shapes."""
    graph = network.graph
    lines = [f"digraph {_quoted(network.name)} {{", '  node [shape=box, style=rounded, fontname="Inter"];']
    lines += ["  rankdir=LR;"] if direction == "right" else []
    lines += _nested(graph.nodes, 0, _dot_node, lambda name, number: f"subgraph cluster_{number} {{ label={_quoted(name)};", "}")
    lines += (f"  n{one.node} -> n{node.id} [label={_quoted(_shape(graph, one.node, one.output))}];" for one, node in _edges(graph))
    for index, (name, ref) in enumerate(graph.outputs.items()):
        lines += [f"  out{index} [label={_quoted(name)}, shape=oval];", f"  n{ref.node} -> out{index};"]
    return "\n".join([*lines, "}", ""])


def to_mermaid(network: Network, direction: Direction = "down") -> str:
    """Mermaid: blocks are subgraphs, edges carry shapes."""
    graph = network.graph
    lines = ["flowchart LR" if direction == "right" else "flowchart TD"]
    lines += _nested(graph.nodes, 0, _mermaid_node, lambda name, number: f"subgraph s{number}[{_entities(name)}]", "end")
    lines += (f"  n{one.node} -->|{_entities(_shape(graph, one.node, one.output))}| n{node.id}" for one, node in _edges(graph))
    for index, (name, ref) in enumerate(graph.outputs.items()):
        lines += [f"  out{index}([{_entities(name)}])", f"  n{ref.node} --> out{index}"]
    return "\n".join([*lines, ""])


def _edges(graph: Graph) -> Iterator[tuple[Ref, Node]]:
    return ((ref, node) for node in graph.nodes for ref in node.operands)


def _shape(graph: Graph, node: int, output: int) -> str:
    return wording.shape_label(graph.nodes[node].types[output].shape)


def _nested(
    nodes: Sequence[Node], depth: int, write: Callable[[Node], str], begin: Callable[[str, str], str], end: str
) -> Iterator[str]:
    """The nodes, those of one block together, between the lines that begin and end it."""
    blocks: dict[object, list[Node]] = {}
    for node in nodes:
        blocks.setdefault(node.scope[depth].key if len(node.scope) > depth else node, []).append(node)
    indent = "  " * (depth + 1)
    for group in blocks.values():
        if len(group[0].scope) > depth:
            yield indent + begin(group[0].scope[depth].name, f"{group[0].id}_{depth}")
            yield from _nested(group, depth + 1, write, begin, end)
            yield indent + end
        else:
            yield indent + write(group[0])


def _text(node: Node) -> str:
    told = wording.arguments(node.component)
    return " ".join(one for one in (node.label or wording.title(node.component), told) if one)


def _dot_node(node: Node) -> str:
    return f"n{node.id} [label={_quoted(_text(node))}];"


def _mermaid_node(node: Node) -> str:
    return f"n{node.id}[{_entities(_text(node))}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def _entities(text: str) -> str:
    """A quoted text for Mermaid, in which only letters, digits and plain signs stand for themselves."""
    return '"' + "".join(one if one.isalnum() or one in " .,/×·→−+_-" else f"#{ord(one)};" for one in text) + '"'
