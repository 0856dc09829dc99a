"""What an elaboration saw at the places of a text: what names were worth, and what calls took and gave. Editors show it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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


class Call(NamedTuple):
    """A call as it is taken down."""

    spans: tuple[Span, ...]
    applied: Applicable | ast.Definition
    operands: Sequence[Tensor]
    results: Sequence[Tensor]
    builder: Builder
    start: int
    stop: int


@dataclass(eq=False, slots=True)
class Trace:
    """By the places where names stand, and calls: what was seen there.

    A text is checked at every pause in typing, and asked about now and then: so little more than what was seen is kept,
    and what there is to say of calls is made of it when somebody asks.

    Attributes:
        abandoned: whether the elaboration is to end with `Abandoned`.
    """

    abandoned: Callable[[], bool] = lambda: False
    _names: dict[Span, Any] = field(default_factory=dict)
    _varying: set[Span] = field(default_factory=set)
    _calls: list[Call] = field(default_factory=list)
    _applications: dict[Span, Application] | None = None

    def name(self, span: Span, value: Any) -> None:
        """A name has a value."""
        known = self._names.setdefault(span, value)
        if known is not value and span not in self._varying and _told(known) != _told(value):
            self._varying.add(span)

    def call(
        self, spans: tuple[Span, ...], applied: Applicable | ast.Definition, operands: Sequence[Tensor], results: Sequence[Tensor],
        builder: Builder, start: int,
    ) -> None:
        """A call, at one place or at several: where it is written, and where what is written is used.

        Raises:
            Abandoned: nobody waits for it.
        """
        if self.abandoned():
            raise Abandoned
        self._calls.append(Call(spans, applied, operands, results, builder, start, len(builder.nodes)))

    def seen(self, span: Span) -> Sighting | None:
        """What the name at a place was worth."""
        return Sighting(self._names[span], span in self._varying) if span in self._names else None

    def applications(self) -> dict[Span, Application]:
        """All calls by their places, in the order in which they were first made."""
        if self._applications is None:
            found: dict[Span, Application] = {}
            for call in self._calls:
                for span in dict.fromkeys(call.spans):
                    _add(found, span, call)
            self._applications = found
        return self._applications


def _add(found: dict[Span, Application], span: Span, call: Call) -> None:
    """Take a call into what is known of its place."""
    types = tuple(one.type for one in call.operands), tuple(one.type for one in call.results)
    known = found.get(span)
    if known is None:
        found[span] = Application(call.applied, *types, call.builder, range(call.start, call.stop))
    else:
        known.count += known.builder is call.builder
        known.varies = known.varies or (known.operands, known.results) != types


def _told(value: Any) -> Any:
    """What is told of a value."""
    return value.type if isinstance(value, Tensor) else value
