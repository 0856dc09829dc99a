"""Models inside of a model that are alike become one block; blocks that were found and are used once are written out again."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nndsl.importing.body import Block, Body, Operand, Step, Written, blocks_of, bodies_of
from nndsl.importing.columns import Columns, argument_name, ordered
from nndsl.importing.instances import key_of
from nndsl.importing.naming import Names


def unite_models(network: Body, names: Names) -> None:
    """Models that are parts of this one: those that are alike become one block, with parameters for what differs."""
    groups: dict[Any, list[Block]] = defaultdict(list)
    for block in blocks_of(network):
        groups[_shape_of_body(block.body)].append(block)
    for alike in groups.values():
        _unite(network, alike)
        alike[0].name = names.of_model(alike)


def _shape_of_body(body: Body) -> Any:
    places = {id(step): place for place, step in enumerate((*body.inputs.values(), *body.steps))}
    steps = tuple((key_of(step), tuple(None if one is None else (places[id(one.step)], one.output) for one in step.operands), step.owner is None)
                  for step in body.steps)
    outputs = tuple((places[id(one.step)], one.output) for one in body.outputs.values())
    ranks = tuple(one.types[0].rank for one in body.inputs.values())
    return steps, outputs, ranks if all(step.owner is None for step in body.steps) else id(body)


def _unite(network: Body, alike: Sequence[Block]) -> None:
    if len(alike) < 2:
        return
    columns = Columns(len(alike))
    first = alike[0]
    for place, step in enumerate(first.body.steps):
        values = {name: columns.express(argument_name(name), [one.body.steps[place].values[name] for one in alike]) for name in step.values}
        step.values = values
    first.parameters = ordered(columns.parameters)
    for body in bodies_of(network):
        for step in body.steps:
            for place, one in enumerate(alike):
                if step.kind is one:
                    step.kind, step.values = first, {parameter.name: parameter.values[place] for parameter in columns.parameters}


def dissolve(network: Body) -> None:
    """Blocks that were found and are used in one place only are written out there."""
    changed = True
    while changed:
        changed = False
        used: Counter[int] = Counter(id(step.kind) for body in bodies_of(network) for step in body.steps if isinstance(step.kind, Block))
        for body in bodies_of(network):
            for step in body.steps:
                if isinstance(step.kind, Block) and used[id(step.kind)] == 1 and not step.kind.model and _can_write_out(network, body, step):
                    _write_out(body, step)
                    changed = True
                    break
            if changed:
                break


def _can_write_out(network: Body, body: Body, use: Step) -> bool:
    """Whether what a block says of its input is as true of the body that uses it, which then says it."""
    assert isinstance(use.kind, Block)
    if not use.kind.sizes:
        return True
    around = next((one for one in blocks_of(network) if one.body is body), None)
    if around is None or around.model or [one.step for one in use.takes] != list(body.inputs.values()):
        return False
    around.sizes = True
    return True


def _write_out(body: Body, use: Step) -> None:
    block = use.kind
    assert isinstance(block, Block)
    known: dict[int, Operand] = {id(one): operand for one, operand in zip(block.body.inputs.values(), use.takes, strict=True)}
    inner: list[Step] = []
    for step in block.body.steps:
        operands = [None if one is None else (known[id(one.step)] if one.step.kind is None else Operand(known[id(one.step)].step, one.output)) for one in step.operands]
        values = {name: _with_arguments(value, use.values) for name, value in step.values.items()}
        made = replace(step, values=values, operands=operands)
        known[id(step)] = Operand(made)
        inner.append(made)
    result = next(iter(block.body.outputs.values()))
    last = known[id(result.step)].step
    place = body.steps.index(use)
    body.steps[place : place + 1] = inner
    for step in body.steps:
        step.operands = [Operand(last, one.output) if one is not None and one.step is use else one for one in step.operands]
    body.outputs = {name: Operand(last, one.output) if one.step is use else one for name, one in body.outputs.items()}


def _with_arguments(value: Any, arguments: dict[str, Any]) -> Any:
    """An expression with the arguments of a use in the place of parameters."""
    if isinstance(value, tuple):
        return tuple(_with_arguments(one, arguments) for one in value)
    if not isinstance(value, Written):
        return value
    if value.text in arguments:
        return arguments[value.text]
    words = value.text.split()
    if len(words) == 3:
        places = [arguments.get(word, word) for word in words]
        return _calculated(places)
    return value


def _calculated(words: list[Any]) -> Any:
    left, sign, right = words
    if isinstance(left, Written) or isinstance(right, Written):
        texts = [one.text if isinstance(one, Written) else str(one) for one in (left, right)]
        return Written(f"{texts[0]} {sign} {texts[1]}")
    return int(left) * int(right) if sign == "*" else int(left) // int(right)

