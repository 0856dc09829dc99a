"""A network as it is taken apart and put together again: bodies of steps, of which some are uses of blocks.

Unlike a `Graph`, which is what a file means, a body is what a file will say: an argument of a step can be a parameter of the block
that the step stands in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from nndsl.catalogue.applicable import Applicable
from nndsl.frozen import Frozen
from nndsl.types import TensorType


class Written(Frozen):
    """An argument that is an expression of the file: `filters`, `4 * filters`, `C // 2`."""

    text: str


@dataclass(eq=False)
class Step:
    """One call.

    Attributes:
        kind: the class of the layer or function, or the block; None of an input.
        values: its arguments, by name; of a function also the numbers among its operands, by their position.
        operands: what it takes, in order; None where a number stands among its values.
        types: of each of its results.
        name: that of the layer in the model, where a person gave it one.
        owner: what several steps have in common that share their weights; None where nothing is shared.
        place: where the weights of the layer are in the file, below those of the model that it belongs to.
        when: the condition under which a block has this step; else its operand is its result.
    """

    kind: "type[Applicable] | Block | None"
    values: dict[Any, Any]
    operands: list["Operand | None"]
    types: tuple[TensorType, ...]
    name: str | None = None
    owner: object = None
    place: str = ""
    when: str | None = None

    @property
    def takes(self) -> list["Operand"]:
        """The tensors that it takes."""
        return [one for one in self.operands if one is not None]


@dataclass(frozen=True)
class Operand:
    """One result of a step."""

    step: Step
    output: int = 0

    @property
    def type(self) -> TensorType:
        return self.step.types[self.output]


@dataclass(eq=False)
class Body:
    """Steps in topological order, with the inputs apart."""

    name: str
    inputs: dict[str, Step]
    steps: list[Step]
    outputs: dict[str, Operand]

    def uses(self) -> dict[Operand, list[Step]]:
        """For each tensor, the steps that take it, as often as they do."""
        found: dict[Operand, list[Step]] = {}
        for step in self.steps:
            for operand in step.takes:
                found.setdefault(operand, []).append(step)
        return found


@dataclass(eq=False)
class Block:
    """A block of the file.

    Attributes:
        parameters: its parameters with their defaults; `REQUIRED` where there is none.
        sizes: whether it names the axes of its input.
        model: whether it is a model that another one uses, rather than found by looking for what repeats.
    """

    name: str
    body: Body
    parameters: dict[str, Any] = field(default_factory=dict)
    sizes: bool = False
    model: bool = False


Arguments: TypeAlias = Mapping[str, Any]


def blocks_of(body: Body, seen: dict[int, Block] | None = None) -> list[Block]:
    """The blocks that a body uses, those that others use before them."""
    known: dict[int, Block] = {} if seen is None else seen
    for step in body.steps:
        if isinstance(step.kind, Block) and id(step.kind) not in known:
            blocks_of(step.kind.body, known)
            known[id(step.kind)] = step.kind
    return list(known.values())


def bodies_of(body: Body) -> Iterator[Body]:
    """A body and those of its blocks, inner ones first."""
    yield from (one.body for one in blocks_of(body))
    yield body
