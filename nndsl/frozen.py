"""Frozen classes with fields, for the many that every command imports: what `dataclasses` makes, in a tenth of the time.

`dataclasses` compiles six functions for a class, which takes half a millisecond; checking a file may take 0.2 s in all,
and knows a hundred such classes. Here nothing is compiled.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar, NoReturn, dataclass_transform, get_origin


class _FrozenType(type):
    """Turns annotations into slots before a class is made. `eq=False`: its objects are equal to themselves only."""

    def __new__(meta, name: str, bases: tuple[type, ...], body: dict[str, Any], eq: bool = True) -> "_FrozenType":
        own = tuple(field for field, annotation in body.get("__annotations__", {}).items() if get_origin(annotation) is not ClassVar)
        defaults = {field: body.pop(field) for field in own if field in body}
        inherited: Any = next((base for base in bases if isinstance(base, _FrozenType)), None)
        fields = (*getattr(inherited, "__match_args__", ()), *own)
        made: Any = super().__new__(meta, name, bases, {"__slots__": own, "__match_args__": fields, **body})
        made._fill = tuple(getattr(made, field).__set__ for field in fields)
        made._defaults = {**getattr(inherited, "_defaults", {}), **defaults}
        made._tail = tuple(made._defaults.values())
        if not eq:
            made.__eq__, made.__hash__ = object.__eq__, object.__hash__
        return made  # type: ignore[no-any-return]


@dataclass_transform(frozen_default=True, eq_default=True)
class Frozen(metaclass=_FrozenType):
    """The base of frozen classes. Annotations are the fields, in order; what is assigned to them, their defaults.

    Objects cannot be changed, take little memory, and are equal if their class and all fields are.
    """

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]]
    _defaults: ClassVar[dict[str, Any]]
    _tail: ClassVar[tuple[Any, ...]]
    _fill: ClassVar[tuple[Callable[[Any, Any], None], ...]]

    def __init__(self, *positional: Any, **keywords: Any) -> None:
        fill = self._fill
        missing = len(fill) - len(positional)
        if keywords or missing < 0 or missing > len(self._tail):
            positional = self._arranged(positional, keywords)
        elif missing:
            positional += self._tail[-missing:]
        for set_field, value in zip(fill, positional, strict=True):
            set_field(self, value)

    def _arranged(self, positional: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...]:
        """The values of all fields, in order, as Python would give them to parameters of these names."""
        cls, names = type(self).__name__, self.__match_args__
        values = {**self._defaults, **dict(zip(names, positional, strict=False)), **keywords}
        twice = set(names[: len(positional)]) & set(keywords)
        if len(positional) > len(names) or twice or len(values) > len(names):
            raise TypeError(f"{cls} takes each of {', '.join(names)} at most once, and nothing else")
        if len(values) < len(names):
            raise TypeError(f"{cls} needs {', '.join(name for name in names if name not in values)}")
        return tuple(values[name] for name in names)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and _values(self) == _values(other))

    def __hash__(self) -> int:
        return hash(_values(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__match_args__)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


def _values(of: Frozen) -> Any:
    return attrgetter(*of.__match_args__)(of) if of.__match_args__ else ()

