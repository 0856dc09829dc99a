"""Components: everything that a `.nn` file calls by name, declared once, as a class.

A component's fields are its arguments, in the order, with the names and the defaults of Keras; they are
declared as in a dataclass and frozen.

    class Dropout(Layer):
        '''Sets a share of the numbers to zero, in training. ...'''

        rate: Share
        ...

(Fields are read from the class when it is first used, not compiled when it is defined as `dataclasses`
does: the whole catalogue is imported by every command, and has to be there within milliseconds.)
"""

import re
from collections.abc import Iterator
from functools import cache
from inspect import get_annotations, getdoc
from operator import is_
from typing import Any, ClassVar, Literal, Self, cast, dataclass_transform, get_origin

from nndsl.catalogue.kinds import Kind, Rejected, Word, is_variadic, kind_of
from nndsl.diagnostics import InternalError, did_you_mean
from nndsl.frozen import Frozen
from nndsl.repairs import Repair
from nndsl.types import TensorType

REQUIRED: Any = type("Required", (), {"__repr__": lambda self: "REQUIRED"})()


class Field(Frozen):
    """One argument of a component; a variadic one takes all further arguments by position, as a tuple."""

    name: str
    kind: Kind
    default: Any = REQUIRED
    keyword_only: bool = False
    variadic: bool = False

    def written_default(self) -> str:
        """The default as a file writes it."""
        if isinstance(self.default, str) and self.default in self.kind.options():
            return self.default
        return describe(self.default).strip("`")


class ArgumentError(Exception):
    """An argument that does not fit a component; turned into a diagnostic where the component is called.

    Attributes:
        message: a whole sentence, without the full stop.
        position: the index of the positional argument to blame, if it is one.
        name: the name of the keyword argument (or field) to blame, if it is one.
        unknown: the blamed *name* is what is wrong, rather than its value.
        options: words that could have stood there.
        value: what was given instead.
    """

    def __init__(self, message: str, *, position: int | None = None, name: str | None = None, unknown: bool = False,
                 options: tuple[str, ...] = (), repair: str | None = None, value: object = None):
        super().__init__(message)
        self.message = message
        self.position = position
        self.name = name
        self.unknown = unknown
        self.options = options
        self.repair = repair
        self.value = value


@dataclass_transform(frozen_default=True, eq_default=True)
class Component:
    """The base of everything that is called by name.

    A subclass that sets `noun` begins a family (layers, losses, ...), with a namespace of its own; one that is
    declared `abstract` as well only names a part of its family (activations, among functions).
    In a family, a class is found by its name, or, if the family's `naming` is `snake`, by its name in
    snake case (`MeanSquaredError`: `mean_squared_error`), and by its `aliases`.
    """

    __slots__ = ("__dict__", "__weakref__", "_hash")

    noun: ClassVar[str]
    naming: ClassVar[Literal["class", "snake", "both"]] = "class"
    aliases: ClassVar[tuple[str, ...]] = ()
    abstract: ClassVar[bool] = True
    members: ClassVar[dict[str, type["Component"]]] = {}
    families: ClassVar[list[type["Component"]]] = []
    not_computed_in: ClassVar[tuple[str, ...]] = ()
    """In which of `float16`, `bfloat16` and `float64` TensorFlow cannot compute it."""

    def __init_subclass__(cls, abstract: bool = False, kw_only: bool = False, **options: Any) -> None:
        """Register a subclass. `kw_only` is for type checkers: the fields of a whole family are by keyword only."""
        super().__init_subclass__(**options)
        begins_family = "noun" in cls.__dict__ and not abstract
        if begins_family:
            cls.members = {}
            Component.families.append(cls)
        cls.abstract = abstract or begins_family
        if not cls.abstract:
            for name in (*cls.own_names(), *cls.__dict__.get("aliases", ())):
                if name in cls.members:
                    raise InternalError(f"{name} stands for two components of the family {cls.noun}")
                cls.members[name] = cls

    def __init__(self, *positional: Any, **keywords: Any) -> None:
        """Fill the fields as a call fills parameters; values are taken as they are (see `build`)."""
        values, defaults = self.__dict__, self.defaults()
        values.update(defaults)
        values.update(zip(defaults, positional, strict=False))
        values.update(keywords)
        twice = positional and any(name in keywords for name, _ in zip(defaults, positional, strict=False))
        if twice or len(positional) > len(defaults) or len(values) > len(defaults):
            raise TypeError(f"{type(self).__name__} takes each of {', '.join(defaults)} at most once, and nothing else")
        for name in self.required():
            if values[name] is REQUIRED:
                raise TypeError(f"{type(self).__name__} needs {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        """Whether class and arguments are the same, and their types: `1`, `1.0` and `true` are equal, and do not do the same."""
        if self is other or type(self) is not type(other):
            return self is other
        mine, theirs = self.__dict__, other.__dict__
        return mine == theirs and all(map(is_, map(type, mine.values()), map(type, theirs.values())))

    def __hash__(self) -> int:
        """Found once: what calls give is remembered by their components."""
        found: int | None = getattr(self, "_hash", None)
        if found is None:
            found = hash((type(self), *self.__dict__.values()))
            object.__setattr__(self, "_hash", found)
        return found

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.changed().items())})"

    @classmethod
    def own_names(cls) -> tuple[str, ...]:
        """The names that the class has without its aliases; the first is the one used in messages."""
        if cls.naming == "class":
            return (cls.__name__,)
        snake = snake_case(cls.__name__)
        return (snake,) if cls.naming == "snake" else (cls.__name__, snake)

    @classmethod
    def called(cls) -> str:
        """The component's name as it is written in a file."""
        return cls.own_names()[0]

    @classmethod
    def find(cls, name: str) -> type[Self] | None:
        """The member of this family with a name or alias, or None."""
        found = cls.members.get(name)
        return found if found is not None and issubclass(found, cls) else None

    @staticmethod
    def noun_of(name: str) -> str | None:
        """What a name of the catalogue stands for, in whatever family it is: "a loss or a metric"; None if it is in none."""
        return " or ".join(sorted(family.noun for family in Component.families if name in family.members)) or None

    @classmethod
    def registered(cls) -> list[type[Self]]:
        """Each class of this family once, sorted by name."""
        return sorted({one for one in cls.members.values() if issubclass(one, cls)}, key=lambda one: one.__name__)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Every name in the family, aliases included."""
        return tuple(name for name, member in cls.members.items() if issubclass(member, cls))

    @classmethod
    @cache
    def fields(cls) -> dict[str, Field]:
        """The arguments, in order; those of the whole family come last, by keyword only, unless the class states them anew."""
        return {field.name: field for field in _read_fields(cls)}

    @classmethod
    @cache
    def defaults(cls) -> dict[str, Any]:
        """What each argument is where nothing is said of it; `REQUIRED`, if something must be."""
        return {name: field.default for name, field in cls.fields().items()}

    @classmethod
    @cache
    def by_default(cls) -> Self:
        """The component with nothing said of it; the same one each time, so that it is soon compared with itself."""
        return cls()

    @classmethod
    @cache
    def names_by_position(cls) -> tuple[str, ...]:
        """The names of the arguments that can be given by position."""
        return tuple(name for name, field in cls.fields().items() if not field.keyword_only)

    @classmethod
    @cache
    def required(cls) -> tuple[str, ...]:
        """The names of the arguments without a default."""
        return tuple(name for name, default in cls.defaults().items() if default is REQUIRED)

    @classmethod
    def kind_at(cls, position: int) -> Kind | None:
        """The kind of the argument at a position; None where a call has no such argument."""
        fields, places = cls.fields(), cls.names_by_position()
        if places and position >= len(places) - 1 and fields[places[-1]].variadic:
            return fields[places[-1]].kind
        return fields[places[position]].kind if position < len(places) else None

    @classmethod
    def summary(cls) -> str:
        """The first line of the documentation."""
        return (getdoc(cls) or "").partition("\n")[0]

    @classmethod
    def build(cls, *positional: object, **keywords: object) -> Self:
        """The component with checked and converted arguments.

        Raises:
            ArgumentError: an argument is missing, unknown, given twice or of the wrong kind.
            Mismatch: the arguments do not go together.
        """
        values = _assign(cls, positional, keywords)
        built = cls(**{name: _converted(cls, name, value, positional) for name, value in values.items()})
        built.validate()
        return built

    def validate(self) -> None:
        """Check the arguments against each other.

        Raises:
            Mismatch: they do not go together.
        """

    def changed(self) -> dict[str, Any]:
        """The arguments that differ from their defaults, in order."""
        return {name: self.__dict__[name] for name, default in self.defaults().items() if self.__dict__[name] != default}


@cache
def snake_case(name: str) -> str:
    """`BatchNormalization` as `batch_normalization`, `Conv2DTranspose` as `conv2d_transpose` (as Keras does)."""
    spaced = re.sub(r"\W+", "", name)
    spaced = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", spaced)
    return re.sub("([a-z])([A-Z])", r"\1_\2", spaced).lower()


def _read_fields(cls: type[Component]) -> Iterator[Field]:
    own: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        fields = shared if "noun" in base.__dict__ and base is not cls else own
        fields.update((name, one) for name, one in get_annotations(base).items() if cast(object, get_origin(one)) is not ClassVar)
    gathered = False
    for name, annotation in {**own, **{name: one for name, one in shared.items() if name not in own}}.items():
        yield Field(name, kind_of(annotation), getattr(cls, name, REQUIRED), name not in own or gathered, is_variadic(annotation))
        gathered = gathered or is_variadic(annotation)


def _assign(cls: type[Component], positional: tuple[object, ...], keywords: dict[str, object]) -> dict[str, object]:
    fields, places = cls.fields(), cls.names_by_position()
    if places and fields[places[-1]].variadic and len(positional) >= len(places):
        positional = (*positional[: len(places) - 1], positional[len(places) - 1 :])
    if len(positional) > len(places):
        takes = f"at most {len(places)} argument{'s' if len(places) > 1 else ''}" if places else "no arguments"
        raise ArgumentError(f"{cls.called()} takes {takes} by position, not {len(positional)}", position=len(places))
    values = dict(zip(places, positional, strict=False))
    for name, value in keywords.items():
        if name not in fields:
            raise _unknown_argument(cls, name)
        if name in values:
            raise ArgumentError(f"{cls.called()} gets `{name}` twice: by position, and by name", name=name)
        values[name] = value
    missing = [name for name in cls.required() if name not in values]
    if missing:
        listed = " and ".join(f"`{name}`" for name in missing)
        raise ArgumentError(f"{cls.called()} needs {listed}", repair=f"write `{cls.called()}({', '.join(f'{one}=...' for one in missing)})`")
    return values


_SPELT_OUT = {"lr": "learning_rate", "wd": "weight_decay", "p": "rate"}
"""Short names of other libraries, and of older Keras."""


def _unknown_argument(cls: type[Component], name: str) -> ArgumentError:
    near, spelt_out = did_you_mean(name, cls.fields()), _SPELT_OUT.get(name)
    if near is None and spelt_out in cls.fields():
        near = Repair(f"did you mean `{spelt_out}`?", spelt_out, name)
    known = ", ".join(f"`{one}`" for one in cls.fields()) or "no arguments"
    repair = near or f"{cls.called()} takes {known}"
    return ArgumentError(f"{cls.called()} has no argument `{name}`", name=name, unknown=True, repair=repair)


def _converted(cls: type[Component], name: str, value: object, positional: tuple[object, ...]) -> object:
    field = cls.fields()[name]
    try:
        if field.variadic and isinstance(value, tuple) and len(positional) > (place := [*cls.fields()].index(name)):
            return tuple(_converted_element(cls, field, one, place + index) for index, one in enumerate(value))
        return field.kind.convert(value)
    except Rejected as rejected:
        place = [*cls.fields()].index(name)
        raise ArgumentError(
            f"`{name}` of {cls.called()} is {rejected.expected}, not {describe(value)}",
            position=place if place < len(positional) else None,
            name=name,
            options=rejected.options,
            repair=did_you_mean(str(value), rejected.options) if isinstance(value, str) else None,
            value=value,
        ) from None


def _converted_element(cls: type[Component], field: Field, value: object, place: int) -> object:
    """One of the arguments that a variadic field gathers."""
    try:
        (converted,) = cast(tuple[object, ...], field.kind.convert((value,)))
        return converted
    except Rejected:
        raise ArgumentError(f"`{field.name}` of {cls.called()} cannot take {describe(value)}", position=place, name=field.name, value=value) from None


def describe(value: object) -> str:
    """A value as a message names it."""
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case Word():
            return f"`{value}`"
        case str():
            return f'"{value}"'
        case tuple() | list():
            return f"[{', '.join(map(describe, value))}]"
        case Component():
            return f"`{type(value).called()}`"
        case TensorType():
            return f"a tensor ({value})"
    return str(value)


def same(one: object, other: object) -> bool:
    """Whether two values are equal, and of one type, as `1` and `True` are not; of tuples, each of their values."""
    if isinstance(one, tuple) and isinstance(other, tuple) and type(one) is type(other):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
