"""Graphs built by hand, for tests of what works on graphs alone."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from nndsl.catalogue.applicable import Applicable, Constant, Input, Layer, infer
from nndsl.catalogue.component import snake_case
from nndsl.graph import Frame, Graph, Node, Owner, Ref
from nndsl.program import Network
from nndsl.source import Source, Span
from nndsl.types import Size, TensorType

PLACE = Span(Source("built by hand", ""), 0, 0)


class GraphBuilder:
    """Builds one graph; every call is typed as it is made."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.inputs: dict[str, Node] = {}
        self.outputs: dict[str, Ref] = {}
        self.scope: tuple[Frame, ...] = ()
        self._frames = 0

    def input(self, name: str, *shape: Size, dtype: str = "float32") -> Ref:
        ref = self._add(Input(TensorType(dtype, shape)), (), None, name)
        self.inputs[name] = self.nodes[-1]
        return ref

    def number(self, value: float) -> Ref:
        return self._add(Constant(value), (), None)

    def apply(self, component: Applicable, *operands: Ref, owner: Owner | None = None) -> Ref:
        """The first output of a call; a layer gets weights of its own unless it is given an owner."""
        if owner is None and isinstance(component, Layer):
            owner = Owner(component.name or snake_case(type(component).__name__), component)
        return self._add(component, operands, owner)

    def outputs_of(self, component: Applicable, *operands: Ref) -> list[Ref]:
        """All outputs of a call."""
        ref = self.apply(component, *operands)
        return [Ref(ref.node, index) for index in range(len(self.nodes[ref.node].types))]

    def chain(self, ref: Ref, *components: Applicable) -> Ref:
        for component in components:
            ref = self.apply(component, ref)
        return ref

    @contextmanager
    def block(self, name: str) -> Iterator[None]:
        """What is applied in here belongs to one expansion of a block."""
        self._frames += 1
        around, self.scope = self.scope, (*self.scope, Frame(name, f"{name}_{self._frames}", PLACE))
        yield
        self.scope = around

    def nothing(self) -> AbstractContextManager[None]:
        """No block, where there might be one."""
        return nullcontext()

    def graph(self, **outputs: Ref) -> Graph:
        return Graph(tuple(self.nodes), dict(self.inputs), dict(outputs or self.outputs))

    def network(self, name: str = "Net", **outputs: Ref) -> Network:
        return Network(name, None, self.graph(**outputs), PLACE)

    def _add(self, component: Applicable, operands: tuple[Ref, ...], owner: Owner | None, label: str | None = None) -> Ref:
        types = infer(component, tuple(self.nodes[ref.node].types[ref.output] for ref in operands))
        place = len(self.nodes)
        name = f"{snake_case(type(component).__name__)}_{place}"
        self.nodes.append(Node(place, name, component, owner, operands, self.scope, PLACE, types, label))
        return Ref(place)
