"""Steps of a body that are alike: chains, and regions between a fork of the data and its join."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nndsl.importing.body import Block, Body, Operand, Step
from nndsl.importing.columns import is_plain
from nndsl.importing.wording import told_of


class Shape(NamedTuple):
    """What instances of one block have in common: the kinds of their steps, what parameters cannot stand for, and how they are joined."""

    steps: tuple[Any, ...]


@dataclass(eq=False)
class Instance:
    """Steps of a body that could be one use of a block: the last one gives the result.

    Attributes:
        source: what goes in.
    """

    body: Body
    steps: list[Step]
    source: Operand


def key_of(step: Step) -> Any:
    """What two steps have in common that one step of a block can stand for."""
    fixed = tuple((name, value) for name, value in step.values.items() if not is_plain(value))
    kind = id(step.kind) if isinstance(step.kind, Block) else step.kind
    return kind, fixed, tuple(one is None for one in step.operands), len(step.types)


def shape_of(instance: Instance) -> Shape:
    places = {id(step): place for place, step in enumerate(instance.steps)}
    return Shape(tuple(
        (key_of(step), tuple(None if one is None else (places.get(id(one.step), -1), one.output) for one in step.operands))
        for step in instance.steps
    ))


def cost_of(step: Step) -> int:
    """About how much text a step is: its name, and each argument."""
    return 1 + len(told_of(step))


def is_free(step: Step) -> bool:
    """Whether a step can become a part of a block: its weights are its own, and it has one result."""
    return step.owner is None and step.kind is not None and len(step.types) == 1


def regions(body: Body) -> Iterator[Instance]:
    """What lies between a tensor that is used several times and the step where all of that comes together."""
    uses = body.uses()
    results = {(id(one.step), one.output) for one in body.outputs.values()}
    order = {id(step): place for place, step in enumerate(body.steps)}
    for source, users in uses.items():
        if len(users) > 1 and (id(source.step), source.output) not in results:
            found = _region(body, source, uses, results, order)
            if found is not None:
                yield Instance(body, _canonical(found, source), source)


def _region(body: Body, source: Operand, uses: dict[Operand, list[Step]], results: set[tuple[int, int]], order: dict[int, int]) -> list[Step] | None:
    inside: list[Step] = []
    members: set[int] = set()
    waiting = len(uses[source])
    for step in body.steps[order.get(id(source.step), -1) + 1 :]:
        taken = [one for one in step.takes if id(one.step) in members or one == source]
        if not taken:
            continue
        if len(taken) < len(step.takes) or not is_free(step):
            return None
        inside.append(step)
        members.add(id(step))
        waiting -= len(taken)
        if not waiting:
            return inside
        if (id(step), 0) in results:
            return None
        waiting += len(uses.get(Operand(step), []))
    return None


def _canonical(steps: list[Step], source: Operand) -> list[Step]:
    """The steps in an order that depends on how they are joined alone: operands first, from the last step on."""
    found: list[Step] = []
    seen: set[int] = set()
    stack: list[tuple[Step, bool]] = [(steps[-1], False)]
    while stack:
        step, ready = stack.pop()
        if ready:
            found.append(step)
        elif id(step) not in seen:
            seen.add(id(step))
            stack.append((step, True))
            stack += [(one.step, False) for one in reversed(step.takes) if one != source]
    return found


def with_one_step_more(found: Sequence[Instance], groups: Mapping[Any, list[Instance]]) -> Iterator[tuple[list[Instance], int]]:
    """Regions that are these, but for one step between the fork and the join; and which step that is."""
    shape = shape_of(found[0])
    for larger in groups.values():
        if len(larger[0].steps) == len(found[0].steps) + 1:
            for place, step in enumerate(larger[0].steps[:-1]):
                alone = step.takes == [larger[0].source] and step.types[0].rank == larger[0].source.type.rank
                if alone and shape_of(_without(larger[0], place)) == shape:
                    yield larger, place


def _without(instance: Instance, place: int) -> Instance:
    """An instance whose fork leads right to where one of its steps led."""
    left = instance.steps[place]
    known: dict[int, Step] = {}
    for step in instance.steps[:place] + instance.steps[place + 1 :]:
        operands = [one and (instance.source if one.step is left else Operand(known.get(id(one.step), one.step), one.output)) for one in step.operands]
        known[id(step)] = replace(step, operands=operands)
    return Instance(instance.body, list(known.values()), instance.source)


MISSING = Step(None, {}, [], ())
"""Stands for the step that an instance lacks."""


def with_missing(instance: Instance, place: int) -> Instance:
    return Instance(instance.body, [*instance.steps[:place], MISSING, *instance.steps[place:]], instance.source)


def apart(instances: Iterable[Instance]) -> list[Instance]:
    """Instances without those that share a step with an earlier one."""
    seen: set[int] = set()
    found = []
    for one in instances:
        members = {id(step) for step in one.steps if step is not MISSING}
        if not members & seen:
            seen |= members
            found.append(one)
    return found


def chains(body: Body) -> list[list[Step]]:
    """The longest runs of steps that each take nothing but the one before."""
    uses = body.uses()
    results = {one.step for one in body.outputs.values()}
    followers: dict[int, Step] = {}
    for step in body.steps:
        if len(step.takes) == 1 and is_free(step):
            before = step.takes[0]
            if before.step.kind is not None and is_free(before.step) and len(uses[before]) == 1 and before.step not in results and len(before.step.takes) == 1:
                followers[id(before.step)] = step
    followed = {id(one) for one in followers.values()}
    found = []
    for step in body.steps:
        if id(step) not in followed and len(step.takes) == 1 and is_free(step):
            chain = [step]
            while id(chain[-1]) in followers:
                chain.append(followers[id(chain[-1])])
            found.append(chain)
    return found


