"""What the names of a text mean: the symbols that it binds, and every place where a name stands."""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Kind
from nndsl.frozen import Frozen
from nndsl.source import Span
from nndsl.syntax import ast


@dataclass(eq=False)
class Symbol:
    """What a file calls by a name.

    Attributes:
        kind: import, param, block, network, data, train, parameter, input, output, layer, value, size, loop or field.
        home: the definition in whose body it is; None for what the whole file sees.
        statement: what binds it first.
        bound, used: the places of the name, in order.
    """

    name: str
    kind: str
    home: ast.Definition | None
    statement: ast.Statement | ast.Parameter | ast.Name
    bound: list[Span] = field(default_factory=list)
    used: list[Span] = field(default_factory=list)

    @property
    def places(self) -> list[Span]:
        return sorted({*self.bound, *self.used}, key=lambda one: one.start)


class Argument(Frozen):
    """The name of an argument: `padding` in `Conv2D(32, 3, padding=same)`; an import of a block is known by its symbol."""

    callee: type[Component] | Symbol
    name: str


class Option(Frozen):
    """A word that an argument takes: `same`."""

    kind: Kind
    word: str


class Setting(Frozen):
    """`epochs` in a `train` block, `source` in a `data` block."""

    body: str
    name: str


class Member(Frozen):
    """What stands after a dot: a column, or what is known of a field or a tensor."""

    base: ast.Expression
    name: str


class Unknown(Frozen):
    """A name that means nothing, as far as can be seen from the text alone."""

    name: str


class File(Frozen):
    """The file of an import."""

    path: str


Meaning: TypeAlias = Symbol | type[Component] | Argument | Option | Setting | Member | Unknown | File


class Occurrence(Frozen, eq=False):
    """A name in the text.

    Attributes:
        call: the call whose callee it is; or itself.
    """

    span: Span
    meaning: Meaning
    call: ast.Expression | None = None


@dataclass(eq=False)
class Names:
    """Everything that names mean in one text."""

    spec: ast.Spec
    symbols: list[Symbol] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)
    calls: list[ast.Call] = field(default_factory=list)
    top: dict[str, Symbol] = field(default_factory=dict)
    bodies: dict[ast.Definition, dict[str, Symbol]] = field(default_factory=dict)

    @cached_property
    def _starts(self) -> list[int]:
        self.occurrences.sort(key=lambda one: (one.span.start, one.span.end))
        return [one.span.start for one in self.occurrences]

    def at(self, offset: int) -> Occurrence | None:
        """The name at a place, or that ends there."""
        starts = self._starts
        for one in reversed(self.occurrences[: bisect_right(starts, offset)][-2:]):
            if one.span.start <= offset <= one.span.end:
                return one
        return None

    def in_order(self) -> list[Occurrence]:
        return self.occurrences if self._starts else []

    def definition_at(self, offset: int) -> ast.Definition | None:
        """The definition in whose text a place is."""
        return next((one for one in self.bodies if one.span.start <= offset <= one.span.end), None)

    def visible(self, offset: int) -> dict[str, Symbol]:
        """What can be called by its name at a place: what is bound before it in the same body, and what the file defines."""
        home = self.definition_at(offset)
        own = self.bodies[home] if home is not None else {}
        return self.top | {name: one for name, one in own.items() if one.kind != "setting" and one.bound[0].start < offset}
