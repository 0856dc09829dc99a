"""What an elaboration saw at the places of a text: what names were worth, and what calls took and gave. Editors show it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nndsl.catalogue.applicable import Applicable
from nndsl.costs import Cost, by_node
from nndsl.elaboration.builder import Builder
from nndsl.elaboration.values import Tensor
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import TensorType


@dataclass(eq=False, slots=True)
class Sighting:
    """A name at one place: its value when it was first seen there, and whether it ever was another."""

    value: Any
    varies: bool = False


@dataclass(eq=False, slots=True)
class Application:
    """A call at one place, as it was first made.

    Attributes:
        applied: a component of the catalogue, or the block or network that was expanded.
        operands, results: the types of the tensors that it took and gave.
        nodes: between which places of the graph the calls are that it made.
        count: how often it was made in that graph.
        varies: whether it ever took or gave other types.
    """

    applied: Applicable | ast.Definition
    operands: tuple[TensorType, ...]
    results: tuple[TensorType, ...]
    builder: Builder
    nodes: range
    count: int = 1
    varies: bool = False

    def cost(self) -> Cost:
        """Its parameters (those that it shares count where they are first used) and its FLOPs."""
        return sum(by_node(self.builder.graph(self.nodes.stop))[self.nodes.start :], Cost())


class Abandoned(Exception):
    """Nobody wants to know any more what an elaboration sees."""


@dataclass(eq=False, slots=True)
class Trace:
    """By the places where names stand, and calls: what was seen there.

    Attributes:
        abandoned: whether the elaboration is to end with `Abandoned`.
    """

    abandoned: Callable[[], bool] = lambda: False
    names: dict[Span, Sighting] = field(default_factory=dict)
    calls: dict[Span, Application] = field(default_factory=dict)

    def name(self, span: Span, value: Any) -> None:
        known = self.names.get(span)
        if known is None:
            self.names[span] = Sighting(value)
        elif known.value is not value and not known.varies:
            known.varies = _told(known.value) != _told(value)

    def call(
        self, spans: tuple[Span, ...], applied: Applicable | ast.Definition, operands: tuple[Tensor, ...], results: tuple[Tensor, ...],
        builder: Builder, start: int,
    ) -> None:
        """A call, at one place or at several: where it is written, and where what is written is used.

        Raises:
            Abandoned: nobody waits for it.
        """
        if self.abandoned():
            raise Abandoned
        taken, given = tuple([one.type for one in operands]), tuple([one.type for one in results])
        for span in dict.fromkeys(spans):
            known = self.calls.get(span)
            if known is None:
                self.calls[span] = Application(applied, taken, given, builder, range(start, len(builder.nodes)))
            else:
                known.count += known.builder is builder
                known.varies = known.varies or (known.operands, known.results) != (taken, given)


def _told(value: Any) -> Any:
    """What is told of a value."""
    return value.type if isinstance(value, Tensor) else value
