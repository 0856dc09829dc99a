"""Syntax nodes: a file as it was written, before any name is looked up.

The set is closed; code over it uses `match`. Every node knows its span.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

from nndsl.frozen import Frozen
from nndsl.source import Source, Span

# Expressions -------------------------------------------------------------------------------------


class Number(Frozen):
    """`64`, `1_000`, `1e-3`."""

    span: Span
    value: int | float


class String(Frozen):
    """`"photos/"`; the value has its escapes resolved."""

    span: Span
    value: str


class Truth(Frozen):
    """`true`, `false`, `none`."""

    span: Span
    value: bool | None


class Duration(Frozen):
    """`5%`, `3 epochs`, `500 steps`."""

    span: Span
    value: int | float
    unit: Literal["percent", "epochs", "steps"]


class Name(Frozen):
    """`width`, `Dense`, `relu`."""

    span: Span
    text: str


class ListOf(Frozen):
    """`[16, 32, 64]`."""

    span: Span
    items: tuple["Expression", ...]


class TupleOf(Frozen):
    """`(query, value)`."""

    span: Span
    items: tuple["Expression", ...]


def items_of(expression: "Expression") -> tuple["Expression", ...]:
    """What a list or tuple holds; any other expression stands for itself."""
    return expression.items if isinstance(expression, ListOf | TupleOf) else (expression,)


class Keyword(Frozen):
    """`padding=same` among arguments; `name_span` is the name alone."""

    span: Span
    name: str
    name_span: Span
    value: "Expression"


class Record(Frozen):
    """`(monitor=val_loss, patience=10)`: settings without a name of their own."""

    span: Span
    keywords: tuple[Keyword, ...]


class Call(Frozen):
    """`Dense(64, activation=relu)`."""

    span: Span
    callee: "Expression"
    positional: tuple["Expression", ...]
    keywords: tuple[Keyword, ...]


class Attribute(Frozen):
    """`source.image`; `name_span` is the name after the dot."""

    span: Span
    base: "Expression"
    name: str
    name_span: Span


class Subscript(Frozen):
    """`sizes[0]`."""

    span: Span
    base: "Expression"
    index: "Expression"


class Unary(Frozen):
    """`-x`, `not done`."""

    span: Span
    operator: Literal["-", "+", "not"]
    operand: "Expression"


class Binary(Frozen):
    """`a + b`, `n == 3`, `a and b`; `operator` is as written."""

    span: Span
    operator: str
    left: "Expression"
    right: "Expression"


class IfElse(Frozen):
    """`a if c else b`."""

    span: Span
    then: "Expression"
    condition: "Expression"
    otherwise: "Expression"


class Arrow(Frozen):
    """`x -> Dense(64) -> relu`: at least two steps, in the order of the data."""

    span: Span
    steps: tuple["Expression", ...]


Expression: TypeAlias = (
    Number | String | Truth | Duration | Name | ListOf | TupleOf | Record | Call | Attribute | Subscript | Unary | Binary
    | IfElse | Arrow
)


class Type(Frozen):
    """`float[L, 4]`, `int[T] < vocab, padding=0`, or in a stated shape just `[L // 2, 64]`.

    `dtype` is None where only a shape is stated; `options` are the settings after the comma.
    """

    span: Span
    dtype: str | None
    shape: tuple[Expression, ...]
    below: Expression | None = None
    options: tuple[Keyword, ...] = ()


# Statements --------------------------------------------------------------------------------------


class Target(Frozen):
    """A name that a statement binds."""

    span: Span
    name: str


class ImportedName(Frozen):
    """`Residual` or `Residual as R` of an import."""

    span: Span
    name: str
    alias: str


class Import(Frozen):
    """`from "std/blocks.nn" import Residual`."""

    span: Span
    path: String
    names: tuple[ImportedName, ...]


class Param(Frozen):
    """`param width = 16 in [16, 32, 64]`."""

    span: Span
    target: Target
    value: Expression
    choices: Expression | None


class Input(Frozen):
    """`input seq: float[L, 4]`."""

    span: Span
    target: Target
    type: Type


class Output(Frozen):
    """`output y: [H, W] = main -> relu`; without a value, the tensor that already has the name."""

    span: Span
    target: Target
    type: Type | None
    value: Expression | None


class Binding(Frozen):
    """`h = ...`, `h: [L, 64] = ...`, `(mean, log_var) = ...`; several targets take a tuple apart."""

    span: Span
    targets: tuple[Target, ...]
    type: Type | None
    value: Expression


class LayerDeclaration(Frozen):
    """`layer embed = Embedding(vocab, 64)`: one set of weights, wherever it is used."""

    span: Span
    target: Target
    value: Expression


class For(Frozen):
    """`for (filters, stride) in [(32, 2), (64, 2)] { ... }`."""

    span: Span
    targets: tuple[Target, ...]
    values: Expression
    body: tuple["Statement", ...]


class If(Frozen):
    """`if c { ... } else if d { ... } else { ... }`: branches with a condition, then the rest."""

    span: Span
    branches: tuple[tuple[Expression, tuple["Statement", ...]], ...]
    otherwise: tuple["Statement", ...]


class Check(Frozen):
    """`check trainable == 272_474 when width == 16`."""

    span: Span
    condition: Expression
    when: Expression | None


class Minimize(Frozen):
    """`minimize bce(fake -> critic, 1) over generator with Adam(2e-4) times 5`."""

    span: Span
    objective: Expression
    over: Expression | None
    optimizer: Expression | None
    times: Expression | None


class Evaluate(Frozen):
    """An expression that stands alone: what a block without names returns."""

    span: Span
    value: Expression


class Parameter(Frozen):
    """`kernel=3` in the head of a block or network."""

    span: Span
    name: str
    default: Expression | None

    @property
    def target(self) -> Target:
        """Its name, and where that stands."""
        return Target(Span(self.span.source, self.span.start, self.span.start + len(self.name)), self.name)


class Definition(Frozen):
    """`block`, `network`, `data` or `train` with its name, its parameters and its body.

    Attributes:
        head: the keyword and the name: what a message about the whole thing points at.
        parameters: None where no brackets were written.
        documentation: the string that opens the body.
    """

    span: Span
    kind: Literal["block", "network", "data", "train"]
    name: str
    head: Span
    parameters: tuple[Parameter, ...] | None
    documentation: str | None
    body: tuple["Statement", ...]


class Broken(Frozen):
    """A statement of the file with a mistake in it that leaves open what was meant; the mistake was reported.

    Attributes:
        targets: the names that it was to bind, as far as they are known.
        statements: what was understood of it.
    """

    span: Span
    targets: tuple[Target, ...]
    statements: tuple["Statement", ...]


Statement: TypeAlias = (
    Import | Param | Input | Output | Binding | LayerDeclaration | For | If | Check | Minimize | Evaluate | Definition | Broken
)


def every(statements: Iterable["Statement"]) -> Iterator["Statement"]:
    """Statements with those inside loops, conditions and broken ones, each before what is inside of it."""
    for one in statements:
        yield one
        match one:
            case For(body=inner) | Broken(statements=inner):
                yield from every(inner)
            case If(branches=branches, otherwise=otherwise):
                for _, inner in branches:
                    yield from every(inner)
                yield from every(otherwise)


class Spec(Frozen):
    """A whole file. The parser accepts any statement anywhere; the elaborator says which belongs where.

    A statement that holds mistakes, however deep, is `Broken` as a whole; so none of the others holds one.
    """

    source: Source
    statements: tuple[Statement, ...]


def statements(body: Iterable[Statement]) -> Iterator[Statement]:
    """Statements, with those that were understood of broken ones."""
    for one in body:
        if isinstance(one, Broken):
            yield from statements(one.statements)
        else:
            yield one


def targets(statement: Statement) -> tuple[Target, ...]:
    """What a statement gives a value."""
    match statement:
        case Binding(targets=several) | For(targets=several):
            return several
        case Input(target=target) | Output(target=target) | LayerDeclaration(target=target):
            return (target,)
    return ()
