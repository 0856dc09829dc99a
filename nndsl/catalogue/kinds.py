"""Kinds of argument: what a field of a component takes, read off its annotation.

`filters: Count` takes a size of at least 1, `padding: Literal["valid", "same"]` one of two words,
`activation: Activity | None` a function by name, or `none`. A kind converts what the user wrote (a plain
Python value: numbers, strings, `Word`s, tuples, sizes, components) into what the field holds, or raises
`Rejected` with what it expected instead.
"""

import types
from collections.abc import Iterable
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from nndsl.frozen import Frozen
from nndsl.types import Size, Symbolic, sign

if TYPE_CHECKING:
    from nndsl.catalogue.component import Component


class Word(str):
    """A bare word in argument position, as opposed to a string in quotes: `padding=same`."""

    __slots__ = ()


class Rejected(Exception):
    """A value is not of this kind; carries what was expected, as words: "a whole number of at least 1"."""

    def __init__(self, expected: str, options: Iterable[str] = ()):
        super().__init__(expected)
        self.expected = expected
        self.options = tuple(options)


class Kind:
    """What an argument takes."""

    expected: str

    def convert(self, value: object) -> object:
        """The value as the field holds it.

        Raises:
            Rejected: the value is of another kind.
        """
        raise NotImplementedError

    def takes(self, value: object) -> bool:
        """Whether a value is of this kind."""
        try:
            self.convert(value)
        except Rejected:
            return False
        return True

    def options(self) -> tuple[str, ...]:
        """The bare words that this kind takes."""
        return ()

    def knows(self, word: str) -> bool:
        """Whether a bare word is one of the options."""
        return word in self.options()

    def families(self) -> tuple[type["Component"], ...]:
        """The families of component that this kind takes by name."""
        return ()

    def reject(self) -> Rejected:
        return Rejected(self.expected, self.options())


class Whole(Kind, Frozen):
    """A whole number within bounds, or a size that may still be a name."""

    least: int | None = None
    most: int | None = None

    @property
    def expected(self) -> str:  # type: ignore[override]
        least = "" if self.least is None else f" of at least {self.least}"
        return f"a whole number{least}" + ("" if self.most is None else f" and at most {self.most:,}")

    def convert(self, value: object) -> Size:
        if isinstance(value, bool) or not isinstance(value, int | Symbolic):
            raise self.reject()
        if self.least is not None and sign(value - self.least) == -1:
            raise self.reject()
        if self.most is not None and sign(value - self.most) == 1:
            raise self.reject()
        return value


class Known(Whole):
    """A whole number within bounds that is known when the file is compiled: an axis, a seed, an amount."""

    def convert(self, value: object) -> int:
        if isinstance(value, Symbolic):
            raise Rejected(f"{self.expected} that is known before the data are")
        return super().convert(value)  # type: ignore[return-value]


class Number(Kind, Frozen):
    """A finite real number within bounds."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    @property
    def expected(self) -> str:  # type: ignore[override]
        bounds = [
            f"{word} {bound:g}"
            for word, bound in [("of at least", self.least), ("above", self.above), ("at most", self.most), ("below", self.below)]
            if bound is not None
        ]
        return " and ".join(["a number", *bounds]).replace("number and", "number", 1)

    def convert(self, value: object) -> float:
        if self.most == 1 or self.below == 1:
            value = getattr(value, "share", value)  # of a percentage
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise self.reject()
        outside = (
            (self.least is not None and value < self.least)
            or (self.most is not None and value > self.most)
            or (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
        )
        if outside:
            raise self.reject()
        return float(value)


class Flag(Kind):
    """`true` or `false`."""

    expected = "true or false"

    def convert(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise self.reject()
        return value


class Text(Kind):
    """A string in quotes."""

    expected = "a string in quotes"

    def convert(self, value: object) -> str:
        if not isinstance(value, str) or isinstance(value, Word):
            raise self.reject()
        return value


class Name(Kind):
    """A bare word, or a string in quotes: a column, a class, a metric."""

    expected = "a name"

    def convert(self, value: object) -> str:
        if not isinstance(value, str):
            raise self.reject()
        return str(value)


class Nothing(Kind):
    """`none`."""

    expected = "none"

    def convert(self, value: object) -> None:
        if value is not None:
            raise self.reject()


class Anything(Kind):
    """Any value: the component checks it itself."""

    expected = "a value"

    def convert(self, value: object) -> object:
        return str(value) if isinstance(value, Word) else value


class Choice(Kind, Frozen):
    """One of a few words (or, as Keras sometimes has it, numbers)."""

    choices: tuple[object, ...]

    @property
    def expected(self) -> str:  # type: ignore[override]
        names = [f"`{one}`" for one in self.choices]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"

    def convert(self, value: object) -> object:
        plain = str(value) if isinstance(value, Word) else value
        for choice in self.choices:
            if plain == choice and isinstance(plain, bool) == isinstance(choice, bool):
                return choice
        raise self.reject()

    def options(self) -> tuple[str, ...]:
        return tuple(one for one in self.choices if isinstance(one, str))


class Tuple(Kind, Frozen):
    """A list of a fixed length, each element of a kind of its own, or of any length."""

    elements: tuple[Kind, ...]
    repeated: bool = False

    @property
    def expected(self) -> str:  # type: ignore[override]
        if self.repeated:
            return f"a list, each element {self.elements[0].expected}"
        if len({one.expected for one in self.elements}) == 1:
            return f"a list of {len(self.elements)}, each {self.elements[0].expected}"
        return f"a list of {', '.join(one.expected for one in self.elements)}"

    def convert(self, value: object) -> tuple[object, ...]:
        if not isinstance(value, tuple | list):
            raise self.reject()
        kinds = self.elements * len(value) if self.repeated else self.elements
        if len(kinds) != len(value):
            raise self.reject()
        try:
            return tuple(kind.convert(one) for kind, one in zip(kinds, value, strict=True))
        except Rejected:
            raise self.reject() from None

    def options(self) -> tuple[str, ...]:
        return tuple(option for kind in self.elements for option in kind.options())

    def families(self) -> tuple[type["Component"], ...]:
        return tuple(family for kind in self.elements for family in kind.families())


class Either(Kind, Frozen):
    """One of several kinds; the first that takes the value."""

    kinds: tuple[Kind, ...]

    @property
    def expected(self) -> str:  # type: ignore[override]
        return " or ".join(dict.fromkeys(kind.expected for kind in self.kinds))

    def convert(self, value: object) -> object:
        for kind in self.kinds:
            try:
                return kind.convert(value)
            except Rejected:
                continue
        raise self.reject()

    def options(self) -> tuple[str, ...]:
        return tuple(option for kind in self.kinds for option in kind.options())

    def knows(self, word: str) -> bool:
        return any(kind.knows(word) for kind in self.kinds)

    def families(self) -> tuple[type["Component"], ...]:
        return tuple(family for kind in self.kinds for family in kind.families())


class Of(Kind, Frozen):
    """A component of a family, with its arguments (`l2(1e-4)`), or by its bare name if it needs none (`relu`)."""

    family: type["Component"]

    @property
    def expected(self) -> str:  # type: ignore[override]
        return self.family.noun

    def convert(self, value: object) -> object:
        if isinstance(value, self.family):
            return value
        if isinstance(value, str):
            found = self.family.find(str(value))
            if found is not None and not found.required():
                return found.by_default()
        raise self.reject()

    def options(self) -> tuple[str, ...]:
        return self.family.names()

    def knows(self, word: str) -> bool:
        return self.family.find(word) is not None

    def families(self) -> tuple[type["Component"], ...]:
        return (self.family,)


Count = Annotated[int, Known(1)]
"""A known number of at least 1: units, filters, a kernel's extent."""
Natural = Annotated[int, Known(0)]
"""A known number of at least 0: an amount of padding."""
OpenSize = Annotated[Size, Whole(1)]
"""A size of at least 1 that may still be a name: an axis of a shape to give to a tensor."""
Index = Annotated[int, Known()]
"""Any whole number: an axis, which may count from the end."""
Rate = Annotated[float, Number(least=0, most=1)]
"""A share between 0 and 1."""
DropRate = Annotated[float, Number(least=0, below=1)]
"""The share that dropout leaves out: not all."""
NonNegative = Annotated[float, Number(least=0)]
Positive = Annotated[float, Number(above=0)]
Label = Annotated[str, Name()]
"""A name that the user chose, as a bare word or in quotes."""


class Variadic:
    """Marks the one argument of a component that takes all further arguments by position."""


_Element = TypeVar("_Element")
Rest = Annotated[tuple[_Element, ...], Variadic()]
"""All further arguments by position, as a tuple: `classes: Rest[Label] = ()` is `category(EI, IE, N)`."""

_PLAIN: dict[object, Kind] = {
    bool: Flag(),
    int: Known(),
    float: Number(),
    str: Text(),
    type(None): Nothing(),
    Any: Anything(),
    object: Anything(),
    Size: Whole(),
}


@cache
def kind_of(annotation: Any) -> Kind:
    """The kind that an annotation stands for."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return next((one for one in arguments[1:] if isinstance(one, Kind)), None) or kind_of(arguments[0])
    if origin is Literal:
        return Choice(arguments)
    if origin in (Union, types.UnionType):
        return Either(tuple(kind_of(one) for one in arguments))
    if origin is tuple:
        repeated = len(arguments) == 2 and arguments[1] is Ellipsis
        return Tuple(tuple(kind_of(one) for one in arguments[: 1 if repeated else None]), repeated)
    return Of(annotation)


def is_variadic(annotation: Any) -> bool:
    """Whether an annotation is `Rest[...]`."""
    return get_origin(annotation) is Annotated and any(isinstance(one, Variadic) for one in get_args(annotation))
