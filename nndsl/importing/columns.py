"""What differs between things that are alike: each argument that does becomes a parameter, or is worked out from another.

A column holds the value of one argument in each instance. Columns that are equal share a parameter; one that is always four times as
large as another is written `4 * filters`, one that is half of the channels of the input `C // 2`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nndsl.catalogue.component import REQUIRED, Component, same
from nndsl.importing.body import Written

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()
"""The value of an argument in an instance that lacks the step."""
_FACTORS = (2, 3, 4, 6, 8, 12, 16, 24, 32)
_MOSTLY_ALIKE = frozenset((
    "strides", "padding", "dilation_rate", "kernel_size", "groups", "activation", "use_bias", "pool_size", "epsilon", "momentum", "scale",
))
"""Arguments that have a usual value, which a parameter has as its default."""
_RESERVED = frozenset(("if", "else", "for", "in", "and", "or", "not", "true", "false", "none", "x", "y", "h"))


@dataclass
class Parameter:
    """Something that differs: a name, and its value in each instance."""

    name: str
    values: list[Any]

    def default(self) -> Any:
        """The value that is meant where none is given; `REQUIRED` if there is none that is usual."""
        stem = self.name.rstrip("0123456789").rstrip("_")
        if stem not in _MOSTLY_ALIKE and not isinstance(self.values[0], bool):
            return REQUIRED
        if 1 in self.values and stem in ("groups", "strides", "dilation_rate"):
            return 1
        counted = Counter(repr(one) for one in self.values if one is not ABSENT)
        common = counted.most_common(1)[0][0]
        return next(one for one in self.values if repr(one) == common)


@dataclass
class Columns:
    """Arguments of instances, one column after the other.

    Attributes:
        channels: the size of the last axis of what goes into each instance, if it may be spoken of.
        used_channels: whether an argument was worked out from it.
    """

    count: int
    channels: Sequence[Any] | None = None
    parameters: list[Parameter] = field(default_factory=list)
    used_channels: bool = False
    taken: set[str] = field(default_factory=lambda: set(_RESERVED))

    def express(self, name: str, values: Sequence[Any], derive: bool = True) -> Any:
        """The value of an argument in the thing that stands for all instances: a constant, or an expression of parameters.

        Args:
            derive: whether it may be worked out from other arguments.
        """
        known = [one for one in values if one is not ABSENT]
        if all(same(one, known[0]) for one in known):
            return known[0]
        found = self._derived(values) if derive else None
        if found is None and derive and all(isinstance(one, tuple) and len(one) == len(known[0]) for one in known):
            found = self._by_element(values)
        return found if found is not None else self._new(name, values)

    def _derived(self, values: Sequence[Any]) -> Any:
        """The expression of parameters, or of the channels, that gives these values; None if there is none."""
        for one in self.parameters:
            if _agree(one.values, values):
                one.values = [mine if mine is not ABSENT else other for mine, other in zip(one.values, values, strict=True)]
                return Written(one.name)
        for one in self.parameters:
            if (text := _multiple(one.name, one.values, values)) is not None:
                return Written(text)
        if self.channels is not None and (text := _multiple("C", self.channels, values, alone=True)) is not None:
            self.used_channels = True
            return Written(text)
        return None

    def _by_element(self, values: Sequence[Any]) -> Any:
        """A list each of whose elements is a constant, or is worked out."""
        length = len(next(one for one in values if one is not ABSENT))
        found = []
        for place in range(length):
            column = [one if one is ABSENT else one[place] for one in values]
            known = [one for one in column if one is not ABSENT]
            alike = all(same(one, known[0]) for one in known)
            found.append(known[0] if alike else self._derived(column))
        return None if None in found and not all(None in one for one in values if one is not ABSENT) else tuple(found)

    def _new(self, name: str, values: Sequence[Any]) -> Written:
        chosen, number = name, 1
        while chosen in self.taken:
            number += 1
            chosen = f"{name}_{number}"
        self.taken.add(chosen)
        self.parameters.append(Parameter(chosen, list(values)))
        return Written(chosen)


def _agree(one: Sequence[Any], other: Sequence[Any]) -> bool:
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not ABSENT and b is not ABSENT]
    return bool(pairs) and all(same(a, b) for a, b in pairs)


def _multiple(name: str, base: Sequence[Any], values: Sequence[Any], alone: bool = False) -> str | None:
    """How values are a fixed multiple or part of others, where all of them are whole numbers."""
    pairs = [(a, b) for a, b in zip(base, values, strict=True) if b is not ABSENT]
    if not all(_is_count(a) and _is_count(b) for a, b in pairs):
        return None
    if alone and all(a == b for a, b in pairs):
        return name
    for factor in _FACTORS:
        if all(b == factor * a for a, b in pairs):
            return f"{factor} * {name}"
        if all(b == a // factor for a, b in pairs):
            return f"{name} // {factor}"
    return None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_plain(value: Any) -> bool:
    """Whether a value can be that of a parameter."""
    if isinstance(value, tuple):
        return all(map(is_plain, value))
    return not isinstance(value, Component)


def ordered(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """Parameters with their defaults, those without first."""
    found = {one.name: one.default() for one in parameters}
    return dict(sorted(found.items(), key=lambda item: item[1] is not REQUIRED))


def argument_name(name: Any) -> str:
    """What a parameter for an argument is called; numbers among operands have no name."""
    return "factor" if isinstance(name, int) else str(name)
