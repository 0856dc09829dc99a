"""What an expression can be worth while a file is compiled.

Numbers, strings, words, booleans and none are themselves; sizes may be symbolic; lists and tuples are tuples;
components are themselves. The rest is here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.component import Component, describe
from nndsl.catalogue.kinds import Word
from nndsl.frozen import Frozen
from nndsl.graph import Owner, Ref
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import Symbolic, TensorType


class Failed:
    """The value of an expression that was already complained about; it spreads in silence."""

    def __repr__(self) -> str:
        return "FAILED"


FAILED = Failed()


def failed(values: Iterable[Any]) -> bool:
    """Whether one of several values is `FAILED`. (Asked of all arguments of all calls, and nearly three times as fast as `any`.)"""
    for value in values:
        if value is FAILED:
            return True
    return False


class PlacedWord(Word):
    """A bare word that remembers where it was written, so that a wrong one is blamed there."""

    span: Span

    def __new__(cls, text: str, span: Span) -> Self:
        word = super().__new__(cls, text)
        word.span = span
        return word


class Value(Frozen):
    """What an expression can be worth besides numbers, texts and components; as text, what messages call it."""

    __slots__ = ()

    def __str__(self) -> str:
        return describe_value(self)


class Tensor(Value):
    """A tensor of the graph that is being built."""

    ref: Ref
    type: TensorType
    span: Span


@dataclass(eq=False, slots=True)
class Binding:
    """A name and its value; `span` is where it was bound."""

    value: Any
    span: Span


@dataclass(eq=False, slots=True)
class Scope:
    """The names that can be seen from a body: its own, then those of its file."""

    names: dict[str, Binding] = field(default_factory=dict)
    outer: "Scope | None" = None

    def find(self, name: str) -> Binding | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None

    def visible(self) -> set[str]:
        return set(self.names) | (self.outer.visible() if self.outer else set())


class Defined(Value, eq=False):
    """A block or network, by its name alone."""

    definition: ast.Definition
    scope: Scope


class Closure(Value, eq=False):
    """A block or network with its arguments: something that can be applied to tensors."""

    definition: ast.Definition
    scope: Scope
    arguments: dict[str, Any]
    span: Span


class LayerUse(Value):
    """A layer with its arguments, as yet without weights: each application makes new ones."""

    component: Layer
    call: ast.Call | ast.Name

    @property
    def span(self) -> Span:
        return self.call.span


class FunctionUse(Value, eq=False):
    """A function with arguments that wait for operands: `flip(axis=1)`."""

    function: type[Function]
    positional: tuple[tuple[Any, Span], ...]
    keywords: dict[str, tuple[Any, Span]]
    call: ast.Call | ast.Name

    @property
    def span(self) -> Span:
        return self.call.span


class SharedLayer(Value, eq=False):
    """`layer embed = Embedding(...)`: one set of weights, wherever it is applied."""

    owner: Owner
    component: Layer
    span: Span


class SharedBlock(Value, eq=False):
    """`layer tower = Tower(...)`: the weights made by its first application serve all others, in their order."""

    appliable: "Appliable"
    owners: list[Owner]
    span: Span


class Pipeline(Value, eq=False):
    """`Conv2D(...) -> BatchNorm`: several applied in turn."""

    steps: tuple["Appliable", ...]
    span: Span


class Repeat(Value, eq=False):
    """`Residual(64) * 3`: three in a row, each with weights of its own."""

    step: "Appliable"
    times: int
    span: Span


class DataSet(Value, eq=False):
    """A `data` block by its name; `plan` is None where it could not be read."""

    name: str
    plan: Any
    span: Span


class DataField(Value, eq=False):
    """`Photos.label`."""

    name: str
    plan: Any
    span: Span


Appliable: TypeAlias = Closure | LayerUse | FunctionUse | SharedLayer | SharedBlock | Pipeline | Repeat
APPLIABLE = (Closure, LayerUse, FunctionUse, SharedLayer, SharedBlock, Pipeline, Repeat)
CALLED = (Defined, *APPLIABLE)


DESCRIBED_ELEMENTS = 20


def describe_value(value: Any) -> str:
    """A value as a message names it."""
    match value:
        case Tensor():
            return f"a tensor ({value.type})"
        case Defined() | Closure():
            return f"the {value.definition.kind} `{value.definition.name}`"
        case LayerUse() | SharedLayer():
            return f"the layer {type(value.component).called()}"
        case FunctionUse():
            return f"the function {value.function.called()}"
        case SharedBlock() | Pipeline() | Repeat():
            return "a chain of layers"
        case DataSet():
            return f"the data `{value.name}`"
        case DataField():
            return f"the field `{value.name}`"
        case Symbolic():
            return f"the size {value}"
        case tuple() if any(isinstance(one, Tensor) for one in value):
            return f"a tuple of {len(value)} tensors"
        case tuple():
            more = [f"... {len(value)} in all"] if len(value) > DESCRIBED_ELEMENTS else []
            return f"[{', '.join([*map(describe_value, value[:DESCRIBED_ELEMENTS]), *more])}]"
        case Component():
            return f"`{type(value).called()}`"
    return describe(value)
