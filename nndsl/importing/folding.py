"""What repeats becomes a block: chains of steps that are alike, and whatever lies between a fork of the data and its join.

Chains are folded pair by pair, the most frequent pair first (as in byte pair encoding), so that a convolution and its normalization
become one thing before residual blocks are looked for. A block has to be worth its lines: the text becomes shorter by it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from nndsl.catalogue.activations import Activation
from nndsl.importing.body import Block, Body, Operand, Step, Written, blocks_of, bodies_of
from nndsl.importing.columns import ABSENT, Columns, Parameter, is_plain, ordered
from nndsl.importing.naming import Names
from nndsl.importing.wording import same, told_of

WORTH, LEAST_SAVED = 0.25, 1.5
"""Which share of its text a pair of steps has to save, and how much each use, so that it becomes a block."""
_LEAST_PAIRS = 3
LEAST_LOST = 4
"""How much longer a text may become, so that what is there three times has a name."""
_MOST_PARAMETERS = 8
_ROUNDS = 200


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


def fold(network: Body, names: Names) -> None:
    """Make blocks of what repeats, in a network and the models it uses."""
    _unite_models(network, names)
    for _ in range(_ROUNDS):
        if not (_fold_pair(network, names) or _fold_regions(network, names)):
            break
    _dissolve(network)


# What is alike -----------------------------------------------------------------------------------


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


def _is_free(step: Step) -> bool:
    """Whether a step can become a part of a block: its weights are its own, and it has one result."""
    return step.owner is None and step.kind is not None and len(step.types) == 1


# Chains ------------------------------------------------------------------------------------------


def chains(body: Body) -> list[list[Step]]:
    """The longest runs of steps that each take nothing but the one before."""
    uses = body.uses()
    results = {one.step for one in body.outputs.values()}
    followers: dict[int, Step] = {}
    for step in body.steps:
        if len(step.takes) == 1 and _is_free(step):
            before = step.takes[0]
            if before.step.kind is not None and _is_free(before.step) and len(uses[before]) == 1 and before.step not in results and len(before.step.takes) == 1:
                followers[id(before.step)] = step
    followed = {id(one) for one in followers.values()}
    found = []
    for step in body.steps:
        if id(step) not in followed and len(step.takes) == 1 and _is_free(step):
            chain = [step]
            while id(chain[-1]) in followers:
                chain.append(followers[id(chain[-1])])
            found.append(chain)
    return found


def _fold_pair(network: Body, names: Names) -> bool:
    """Make a block of the pair of steps that follows each other most often, if there is one that is worth it."""
    pairs, repeated = _pairs(network)
    counts = Counter(key_of(step) for body in bodies_of(network) for step in body.steps)
    ranked = []
    for (left, right), found in pairs.items():
        always = _is_found(found[0].steps[0]) and counts[left] == len(found)
        if len(found) >= (2 if always else _LEAST_PAIRS) and not repeated & {left, right} and not is_activation(found[0].steps[0]):
            ranked.append((not (always and is_activation(found[0].steps[1])), -len(found), always, found))
    for _, _, always, found in sorted(ranked, key=lambda one: one[:2]):
        made = _Fold(found, names)
        if made.is_readable and made.gain > (0 if always else max(WORTH * made.before, LEAST_SAVED * len(found))):
            made.apply()
            return True
    return False


def _pairs(network: Body) -> tuple[dict[Any, list[Instance]], set[Any]]:
    """The pairs of steps that follow each other, by what they have in common; and the steps that follow themselves."""
    pairs: dict[Any, list[Instance]] = defaultdict(list)
    repeated: set[Any] = set()
    for body in bodies_of(network):
        for chain in chains(body):
            last: dict[Any, int] = {}
            for place in range(len(chain) - 1):
                key = key_of(chain[place]), key_of(chain[place + 1])
                if key[0] == key[1]:
                    repeated.add(key[0])
                elif place - last.get(key, -2) >= 2:
                    last[key] = place
                    pairs[key].append(Instance(body, chain[place : place + 2], chain[place].takes[0]))
    return pairs, repeated


def _is_found(step: Step) -> bool:
    return isinstance(step.kind, Block) and not step.kind.model


def is_activation(step: Step) -> bool:
    """Whether a step is a function of each number, which belongs to what is before it."""
    return isinstance(step.kind, type) and (issubclass(step.kind, Activation) or step.kind.__name__ in ("ReLU", "LeakyReLU", "PReLU", "ELU"))


# Regions -----------------------------------------------------------------------------------------


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
        if len(taken) < len(step.takes) or not _is_free(step):
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


def _fold_regions(network: Body, names: Names) -> bool:
    """Make a block of the smallest region that occurs several times, with or without one of its steps."""
    groups: dict[Any, list[Instance]] = defaultdict(list)
    for body in bodies_of(network):
        for one in regions(body):
            if len(one.steps) > 1:
                groups[shape_of(one)].append(one)
    for found in sorted(groups.values(), key=lambda group: (len(group[0].steps), -len(group))):
        for larger, place in _with_one_step_more(found, groups):
            made = _Fold(_apart([*larger, *(replace_absent(one, place) for one in found)]), names, is_region=True, optional=place)
            if made.gain > 0 and made.is_readable and made.condition is not None:
                made.apply()
                return True
        apart = _apart(found)
        if len(apart) > 1:
            made = _Fold(apart, names, is_region=True)
            if made.gain > (0 if len(apart) < _LEAST_PAIRS else -LEAST_LOST) and made.is_readable:
                made.apply()
                return True
    return False


def _with_one_step_more(found: Sequence[Instance], groups: Mapping[Any, list[Instance]]) -> Iterator[tuple[list[Instance], int]]:
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


def replace_absent(instance: Instance, place: int) -> Instance:
    return Instance(instance.body, [*instance.steps[:place], MISSING, *instance.steps[place:]], instance.source)


def _apart(instances: Iterable[Instance]) -> list[Instance]:
    """Instances without those that share a step with an earlier one."""
    seen: set[int] = set()
    found = []
    for one in instances:
        members = {id(step) for step in one.steps if step is not MISSING}
        if not members & seen:
            seen |= members
            found.append(one)
    return found


# Folding -----------------------------------------------------------------------------------------


class _Fold:
    """A block that could be made of instances, and what it would save."""

    def __init__(self, instances: Sequence[Instance], names: Names, is_region: bool = False, optional: int | None = None):
        self.instances, self.names, self.optional = instances, names, optional
        self.columns = Columns(len(instances), [_channels(one) for one in instances] if is_region else None)
        self.steps = self._template()
        self.condition = self._condition()
        self.block = Block("", Body("", {}, [], {}), ordered(self.columns.parameters), self.columns.used_channels)
        self.before = sum(cost_of(step) for one in instances for step in one.steps if step is not MISSING)
        self.gain = self.before - self._after()

    @property
    def is_readable(self) -> bool:
        return len(self.columns.parameters) <= _MOST_PARAMETERS

    def _template(self) -> list[Step]:
        """The steps of the block, whose arguments are constants, or expressions of its parameters."""
        first = self.instances[0]
        source = Step(None, {}, [], (first.source.type,), "x")
        known: dict[int, Step] = {}
        for place, step in enumerate(first.steps):
            alike = [one.steps[place] for one in self.instances]
            columns = {name: [one.values.get(name, ABSENT) if one is MISSING else one.values[name] for one in alike] for name in step.values}
            values = {name: self.columns.express(_argument(step, name), column) for name, column in columns.items()}
            operands = [None if one is None else Operand(known.get(id(one.step), source), one.output) for one in step.operands]
            known[id(step)] = Step(step.kind, values, operands, step.types)
        self.source = source
        return [known[id(step)] for step in first.steps]

    def _condition(self) -> str | None:
        """When the step that some instances lack is not needed: where the channels and the size stay, or where a parameter says so."""
        if self.optional is None:
            return None
        place, columns = self.optional, self.columns
        step, lacking = self.steps[place], [one.steps[place] is MISSING for one in self.instances]
        channels = [one.steps[-1].types[0].shape[-1] for one in self.instances]
        written = next((value for name, value in step.values.items() if name in ("filters", "units") and isinstance(value, Written)), None)
        if written is None or columns.channels is None:
            return None
        alike = [mine == other for mine, other in zip(columns.channels, channels, strict=True)]
        strides = next((one.values for one in columns.parameters if isinstance(step.values.get("strides"), Written) and one.name == step.values["strides"].text), None)
        small = [one in (1, ABSENT) for one in strides] if strides is not None else [True] * len(alike)
        condition = None
        if alike == lacking:
            condition = f"C == {written.text}"
        elif [one and other for one, other in zip(alike, small, strict=True)] == lacking and strides is not None:
            condition = f"C == {written.text} and {step.values['strides'].text} == 1"
        if condition is not None:
            columns.used_channels, step.when = True, condition
        return condition

    def _after(self) -> int:
        definition = 2 + len(self.block.parameters) + sum(map(cost_of, self.steps))
        uses = 0
        for place in range(len(self.instances)):
            uses += 1 + sum(not same(one.values[place], self.block.parameters[one.name]) for one in self.columns.parameters)
        return definition + uses

    def apply(self) -> None:
        """Make the block, and put its uses where the instances were."""
        self.block.body = Body("", {"x": self.source}, self.steps, {"y": Operand(self.steps[-1])})
        self.block.name = self.names.of_block(self.block)
        replace_steps(self.instances, self.block, self.columns.parameters)


def replace_steps(instances: Sequence[Instance], block: Block, parameters: Sequence[Parameter]) -> None:
    """Put uses of a block where instances of it are."""
    made: dict[int, Step] = {}
    for place, one in enumerate(instances):
        values = {}
        for parameter in parameters:
            value = parameter.values[place]
            values[parameter.name] = block.parameters[parameter.name] if value is ABSENT else value
        source = made.get(id(one.source.step))
        use = made[id(one.steps[-1])] = Step(block, values, [one.source if source is None else Operand(source)], one.steps[-1].types)
        _put(one, use)


def _put(instance: Instance, use: Step) -> None:
    body, gone, last = instance.body, {id(step) for step in instance.steps}, instance.steps[-1]
    place = next(place for place, step in enumerate(body.steps) if step is last)
    body.steps[place] = use
    body.steps = [step for step in body.steps if id(step) not in gone]
    for step in body.steps:
        step.operands = [Operand(use) if one is not None and one.step is last else one for one in step.operands]
    body.outputs = {name: Operand(use) if one.step is last else one for name, one in body.outputs.items()}


def _argument(step: Step, name: Any) -> str:
    """What a parameter for an argument is called."""
    return "factor" if isinstance(name, int) else str(name)


def _channels(instance: Instance) -> Any:
    shape = instance.source.type.shape
    return shape[-1] if shape else None


# Models inside of models, and blocks that are used once ------------------------------------------


def _unite_models(network: Body, names: Names) -> None:
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
        values = {name: columns.express(_argument(step, name), [one.body.steps[place].values[name] for one in alike]) for name in step.values}
        step.values = values
    first.parameters = ordered(columns.parameters)
    for body in bodies_of(network):
        for step in body.steps:
            for place, one in enumerate(alike):
                if step.kind is one:
                    step.kind, step.values = first, {parameter.name: parameter.values[place] for parameter in columns.parameters}


def _dissolve(network: Body) -> None:
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

