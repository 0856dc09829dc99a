"""A graph as a person would write it: calls, blocks as functions, and what comes again and again as loops.

Everything here is made of items, whose values have been taken out: two items with one signature differ in their leaves and in
the numbers of their names alone, and can be written once, with parameters.
"""

import re
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from nndsl.catalogue.component import same
from nndsl.emission.spelling import Spelt
from nndsl.frozen import Frozen
from nndsl.graph import Frame, Node, Ref
from nndsl.source import Span
from nndsl.types import TensorType

Slot: TypeAlias = tuple[str, int, int]
"""Where an operand comes from: `("in", place, 0)`, an input of the body, or `("item", place, output)`."""


class Number(NamedTuple):
    """The number at the end of a name, `dense_2`: a base, and how much each loop around adds in each turn, innermost first."""

    base: int
    steps: tuple[int, ...] = ()


class Name(NamedTuple):
    """A name within a block: `conv2d`, and a number; `whole`: it does not begin with the name of the block."""

    stem: str
    number: Number
    whole: bool = False


class PerTurn(Frozen):
    """A value that is another one in each turn of a loop.

    Attributes:
        height: how many loops lie in this one, and itself.
    """

    height: int
    values: tuple[Any, ...]


class Item(Frozen, eq=False):
    """Something that is written on a line, or on some.

    Attributes:
        signature: what is equal where two items can be written as one.
        operands: the tensors it takes.
        outputs: the tensors it gives.
        leaves: the values that may differ.
        names: the names it gives to layers.
        span: where it is written in the file.
    """

    signature: Hashable
    operands: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    leaves: tuple[Any, ...]
    names: tuple[Name, ...]
    span: Span


class Tree(Frozen, eq=False):
    """A call, whose operands are written inside of it: places among the operands of its step, places of leaves, or calls."""

    node: Node
    spelling: Spelt
    types: tuple[TensorType, ...]
    operands: "tuple[Tree | Operand, ...]"
    first_leaf: int


class Operand(Frozen):
    """Where an operand of a call stands: among the operands of its step or, if it is a number of the file, among its leaves."""

    place: int
    is_leaf: bool = False
    span: Span | None = None


class Step(Item, eq=False):
    """One call, with those that are written inside of it.

    Attributes:
        shared: where one layer is applied several times in its body, the number of that layer there.
        makes: whether the layer is made here.
    """

    tree: Tree
    shared: int | None
    makes: bool


class Body(Frozen, eq=False):
    """What a function, or a turn of a loop, consists of.

    Attributes:
        wiring: for each item, where its operands come from.
        returns: what is given back.
    """

    items: tuple[Item, ...]
    wiring: tuple[tuple[Slot, ...], ...]
    inputs: int
    returns: tuple[Slot, ...]

    @property
    def signature(self) -> Hashable:
        return tuple(one.signature for one in self.items), self.wiring, self.inputs, self.returns

    @property
    def names(self) -> tuple[tuple[Name, ...], ...]:
        return tuple(one.names for one in self.items)

    @property
    def leaves(self) -> tuple[Any, ...]:
        return tuple(leaf for one in self.items for leaf in one.leaves)


class Block(Item, eq=False):
    """One use of a block."""

    frame: Frame
    body: Body


class Loop(Item, eq=False):
    """Turns that are alike; its first leaf is how many there are.

    Attributes:
        body: of a turn. Its first inputs, as many as it returns, are what the turn before has returned.
    """

    body: Body
    height: int

    @property
    def carried(self) -> int:
        return len(self.body.returns)


_NUMBERED = re.compile(r"(.*[^_])_([1-9][0-9]*)")


def name_of(name: str, prefix: str) -> Name:
    """A name as one within a block whose names begin with a prefix."""
    whole = not name.startswith(prefix)
    inner = name if whole else name[len(prefix) :]
    found = _NUMBERED.fullmatch(inner)
    return Name(inner, Number(0), whole) if found is None else Name(found[1], Number(int(found[2])), whole)


def wired(items: Sequence[Item], inputs: Sequence[Ref], returns: Iterable[Ref]) -> Body:
    """A body of items."""
    slots: dict[Ref, Slot] = {}
    for place, ref in enumerate(inputs):
        slots.setdefault(ref, ("in", place, 0))
    wiring = []
    for place, one in enumerate(items):
        wiring.append(tuple(slots[ref] for ref in one.operands))
        slots |= {ref: ("item", place, output) for output, ref in enumerate(one.outputs)}
    return Body(tuple(items), tuple(wiring), len(inputs), tuple(slots[ref] for ref in returns))


# Loops -------------------------------------------------------------------------------------------

_LONGEST_TURN = 16
_MOST_VARIABLES = 4
"""A loop goes through so many values at once at most."""


def folded(items: Sequence[Item], used: frozenset[Ref]) -> list[Item]:
    """Items of which those that come again and again are loops; inner loops first.

    Args:
        used: the tensors that are needed outside.
    """
    current = list(items)
    while True:
        before = len(current)
        for length in range(1, _LONGEST_TURN + 1):
            current = _folded_by(current, used, length)
        if len(current) == before:
            return current


def _folded_by(items: list[Item], used: frozenset[Ref], length: int) -> list[Item]:
    found: list[Item] = []
    place = 0
    while place < len(items):
        loop, taken = _loop_at(items, place, length, used)
        found.append(items[place] if loop is None else loop)
        place += 1 if loop is None else taken
    return found


def _loop_at(items: list[Item], start: int, length: int, used: frozenset[Ref]) -> tuple[Loop | None, int]:
    """The longest loop of turns of a length that begins at a place, and how many items it takes."""
    pattern = [one.signature for one in items[start : start + length]]
    turns = [items[start : start + length]]
    while True:
        following = items[start + len(turns) * length :][:length]
        if len(following) < length or [one.signature for one in following] != pattern:
            break
        turns.append(following)
    for count in range(len(turns), 1, -1):
        if (count - 1) * length < 2 or (count == 2 and length < 3):
            break
        end = start + count * length
        outside = used.union(ref for one in (*items[:start], *items[end:]) for ref in one.operands)
        loop = _loop(turns[:count], outside)
        if loop is not None:
            return loop, count * length
    return None, 0


def _loop(turns: Sequence[Sequence[Item]], outside: frozenset[Ref]) -> Loop | None:
    """Some turns as a loop; None if they are not alike."""
    wiring = _common_wiring(turns)
    names = _common_names(turns)
    if wiring is None or names is None:
        return None
    keys = _carried(wiring)
    produced = [{ref: (place, output) for place, one in enumerate(turn) for output, ref in enumerate(one.outputs)} for turn in turns]
    if any(ref in outside for turn in produced[:-1] for ref in turn):
        return None
    if any(ref in outside and key not in keys for ref, key in produced[-1].items()):
        return None
    initial = _initial(turns[0], wiring, keys)
    if initial is None:
        return None
    invariant = list(dict.fromkeys(one for slots in wiring for one in slots if isinstance(one, Ref)))
    body = _turn_body(turns[0], wiring, keys, invariant, names)
    height = 1 + max((one.height for one in turns[0] if isinstance(one, Loop)), default=0)
    if not _is_a_loop(turns):
        return None
    leaves = tuple(_merged(values, height) for values in zip(*([leaf for one in turn for leaf in one.leaves] for turn in turns), strict=True))
    flat = tuple(name for one in names for name in one)
    signature = ("loop", body.signature, tuple((name.stem, name.whole, name.number.steps) for name in flat), height)
    outputs = tuple(turns[-1][place].outputs[output] for place, output in keys)
    return Loop(signature, (*initial, *invariant), outputs, (len(turns), *leaves), flat, turns[0][0].span, body, height)


def _is_a_loop(turns: Sequence[Sequence[Item]]) -> bool:
    """Whether a person would write a loop: where the file has one, or where all turns are the same; and over few values at once."""
    columns = [values for values in zip(*([leaf for one in turn for leaf in one.leaves] for turn in turns), strict=True)]
    varying = [values for values in columns if not all(same(one, values[0]) for one in values)]
    different = [one for place, one in enumerate(varying) if not any(map(same, varying[:place], [one] * place))]
    from_one_place = all([one.span for one in turn] == [one.span for one in turns[0]] for turn in turns)
    return len(different) <= _MOST_VARIABLES and (from_one_place or (not varying and len(turns) > 2))


def _common_wiring(turns: Sequence[Sequence[Item]]) -> list[list[Any]] | None:
    """For each item of a turn, where its operands come from in every turn but the first; None if that is not the same."""
    places = [{ref: (place, output) for place, one in enumerate(turn) for output, ref in enumerate(one.outputs)} for turn in turns]

    def wires(turn: int) -> list[list[Any]]:
        return [[_wire(ref, places[turn], places[turn - 1] if turn else {}) for ref in one.operands] for one in turns[turn]]

    later = [wires(turn) for turn in range(1, len(turns))]
    if any(one != later[0] for one in later):
        return None
    for first, common in zip(wires(0), later[0], strict=True):
        if any(one != other for one, other in zip(first, common, strict=True) if isinstance(other, Ref) or other[0] == "turn"):
            return None
    return later[0]


def _wire(ref: Ref, own: dict[Ref, tuple[int, int]], before: dict[Ref, tuple[int, int]]) -> Any:
    if ref in own:
        return ("turn", *own[ref])
    return ("before", *before[ref]) if ref in before else ref


def _carried(wiring: list[list[Any]]) -> list[tuple[int, int]]:
    """What a turn takes from the one before."""
    return list(dict.fromkeys((one[1], one[2]) for slots in wiring for one in slots if not isinstance(one, Ref) and one[0] == "before"))


def _initial(turn: Sequence[Item], wiring: list[list[Any]], keys: list[tuple[int, int]]) -> list[Ref] | None:
    """What the first turn takes in the place of what later ones take from the turn before."""
    found: dict[tuple[int, int], set[Ref]] = {key: set() for key in keys}
    own = {ref for one in turn for ref in one.outputs}
    for one, slots in zip(turn, wiring, strict=True):
        for ref, wire in zip(one.operands, slots, strict=True):
            if not isinstance(wire, Ref) and wire[0] == "before":
                found[wire[1], wire[2]].add(ref)
    if any(len(refs) != 1 or refs & own for refs in found.values()):
        return None
    return [next(iter(found[key])) for key in keys]


def _turn_body(
    turn: Sequence[Item], wiring: list[list[Any]], keys: list[tuple[int, int]], invariant: list[Ref], names: list[tuple[Name, ...]]
) -> Body:
    def slot(wire: Any) -> Slot:
        if isinstance(wire, Ref):
            return ("in", len(keys) + invariant.index(wire), 0)
        return ("item", wire[1], wire[2]) if wire[0] == "turn" else ("in", keys.index((wire[1], wire[2])), 0)

    items = tuple(_renamed(one, new) for one, new in zip(turn, names, strict=True))
    slots = tuple(tuple(slot(wire) for wire in one) for one in wiring)
    return Body(items, slots, len(keys) + len(invariant), tuple(("item", place, output) for place, output in keys))


def _renamed(item: Item, names: tuple[Name, ...]) -> Item:
    """The item with other names; those of a loop are those of what it consists of."""
    values: dict[str, Any] = {**{field: getattr(item, field) for field in item.__match_args__}, "names": names}
    if isinstance(item, Loop):
        rest = iter(names)
        inner = tuple(_renamed(one, tuple(next(rest) for _ in one.names)) for one in item.body.items)
        values["body"] = Body(inner, item.body.wiring, item.body.inputs, item.body.returns)
    return type(item)(**values)


def _common_names(turns: Sequence[Sequence[Item]]) -> list[tuple[Name, ...]] | None:
    """The names of a turn, whose numbers grow from turn to turn; None if they do not grow evenly."""
    found = []
    for items in zip(*turns, strict=True):
        names = []
        for each in zip(*(one.names for one in items), strict=True):
            bases = [one.number.base for one in each]
            step = bases[1] - bases[0]
            if len({(one.stem, one.whole, one.number.steps) for one in each}) > 1 or bases != [bases[0] + step * turn for turn in range(len(bases))]:
                return None
            names.append(each[0]._replace(number=Number(bases[0], (*each[0].number.steps, step))))
        found.append(tuple(names))
    return found


def _merged(values: Sequence[Any], height: int) -> Any:
    """A value that is the same in all turns as it is, others turn by turn."""
    first = values[0]
    return first if all(same(one, first) for one in values) else PerTurn(height, tuple(values))
