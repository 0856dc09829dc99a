"""What varies the training examples, as a function of a batch."""

from nndsl.catalogue.applicable import Input
from nndsl.catalogue.augmentations import Augmentation, ReverseComplement, Shift
from nndsl.emission.refusals import not_written_training, refuse
from nndsl.emission.spelling import applied, arguments, spelt, value_code
from nndsl.emission.writing import Call, Page, flat, quoted
from nndsl.graph import Graph, Node, Ref
from nndsl.source import Span


class Augmenting:
    """Writes `varied(batch)`.

    Attributes:
        fields: the fields that it varies.
    """

    def __init__(self, graph: Graph | None, span: Span):
        self._graph, self._span = graph, span
        self.fields = () if graph is None else tuple(graph.outputs)

    def page(self) -> Page:
        """The layers, and the function that applies them."""
        graph, page = self._graph, Page()
        assert graph is not None
        calls = [node for node in graph.nodes if not isinstance(node.component, Input)]
        names = {node.id: f"vary_{place + 1}" if len(calls) > 1 else "vary" for place, node in enumerate(calls)}
        for node in calls:
            page.code(f"{names[node.id]} = ", self._made(node, graph))
        page.line()
        page.line("def varied(batch):")
        with page.inside():
            found = {Ref(node.id): f"batch[{quoted(name)}]" for name, node in graph.inputs.items()}
            for node in calls:
                operands = [found[ref] for ref in node.operands]
                found[Ref(node.id)] = flat(applied(node.component, names[node.id], operands, ("training=True",) if not isinstance(node.component, Augmentation) else ()))
            entries = ", ".join(f"{quoted(name)}: {found[ref]}" for name, ref in graph.outputs.items())
            page.line(f"return {{**batch, {entries}}}")
        return page

    def _made(self, node: Node, graph: Graph) -> Call:
        match node.component:
            case ReverseComplement() as one:
                return Call("reverse_complement", (value_code(one.probability),))
            case Shift() as one:
                return Call("moved", (str(one.most),))
        spelling = spelt(node.component, graph.operand_types(node))
        if not spelling.is_layer:
            raise refuse(not_written_training("this augmentation", self._span))
        given = [(one, value_code(one.value)) for one in spelling.settings if one.by_position or one.value != one.default]
        return Call(spelling.callee, arguments(given))
