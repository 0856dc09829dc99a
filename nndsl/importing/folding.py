"""What repeats becomes a block: chains of steps that are alike, and whatever lies between a fork of the data and its join.

Chains are folded pair by pair, the most frequent pair first (as in byte pair encoding), so that a convolution and its normalization
become one thing before residual blocks are looked for. A block has to be worth its lines: the text becomes shorter by it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from nndsl.catalogue.activations import Activation
from nndsl.catalogue.component import same
from nndsl.importing.body import Block, Body, Operand, Step, Written, bodies_of
from nndsl.importing.columns import ABSENT, Columns, Parameter, argument_name, ordered
from nndsl.importing.instances import (
    MISSING,
    Instance,
    apart,
    chains,
    cost_of,
    key_of,
    regions,
    shape_of,
    with_missing,
    with_one_step_more,
)
from nndsl.importing.models import dissolve, unite_models
from nndsl.importing.naming import Names

WORTH, LEAST_SAVED = 0.25, 1.5
"""Which share of its text a pair of steps has to save, and how much each use, so that it becomes a block."""
_LEAST_PAIRS = 3
LEAST_LOST = 4
"""How much longer a text may become, so that what is there three times has a name."""
_MOST_PARAMETERS = 8
_ROUNDS = 200


def fold(network: Body, names: Names) -> None:
    """Make blocks of what repeats, in a network and the models it uses."""
    unite_models(network, names)
    for _ in range(_ROUNDS):
        if not (_fold_pair(network, names) or _fold_regions(network, names)):
            break
    dissolve(network)


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


def _fold_regions(network: Body, names: Names) -> bool:
    """Make a block of the smallest region that occurs several times, with or without one of its steps."""
    groups: dict[Any, list[Instance]] = defaultdict(list)
    for body in bodies_of(network):
        for one in regions(body):
            if len(one.steps) > 1:
                groups[shape_of(one)].append(one)
    for found in sorted(groups.values(), key=lambda group: (len(group[0].steps), -len(group))):
        for larger, place in with_one_step_more(found, groups):
            made = _Fold(apart([*larger, *(with_missing(one, place) for one in found)]), names, is_region=True, optional=place)
            if made.gain > 0 and made.is_readable and made.condition is not None:
                made.apply()
                return True
        several = apart(found)
        if len(several) > 1:
            made = _Fold(several, names, is_region=True)
            if made.gain > (0 if len(several) < _LEAST_PAIRS else -LEAST_LOST) and made.is_readable:
                made.apply()
                return True
    return False


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
            values = {name: self.columns.express(argument_name(name), column) for name, column in columns.items()}
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


def _channels(instance: Instance) -> Any:
    shape = instance.source.type.shape
    return shape[-1] if shape else None
