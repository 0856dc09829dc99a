"""Frozen classes behave as frozen dataclasses do."""

import copy
import pickle
from typing import Any

import pytest

from nndsl.frozen import Frozen


class Point(Frozen):
    """A place, with a name."""

    x: int
    y: int = 0
    name: str = ""


class Point3(Point):
    z: int = 5


class Token(Frozen, eq=False):
    text: str


def test_fields_are_given_by_position_by_name_or_by_default() -> None:
    for point in (Point(1), Point(1, 0), Point(1, 0, ""), Point(x=1), Point(1, name=""), Point(name="", y=0, x=1)):
        assert (point.x, point.y, point.name) == (1, 0, "")
    assert Point3(1, 2, "a", 3).z == 3 and Point3(1).z == 5


@pytest.mark.parametrize("arguments", [((), {}), ((1, 2, "", 4), {}), ((1,), {"x": 1}), ((1,), {"w": 1}), ((), {"y": 1})])
def test_what_does_not_fit_the_fields_is_refused(arguments: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    with pytest.raises(TypeError):
        Point(*arguments[0], **arguments[1])


def test_nothing_can_be_changed_or_added() -> None:
    point = Point(1)
    for name in ("x", "w"):
        with pytest.raises(AttributeError):
            setattr(point, name, 2)
        with pytest.raises(AttributeError):
            delattr(point, name)
    assert point == Point(1) and not hasattr(point, "__dict__")


def test_objects_are_equal_if_class_and_fields_are() -> None:
    assert Point(1) == Point(1) and hash(Point(1)) == hash(Point(1))
    assert Point(1) != Point(2) and Point(1) != Point3(1) and Point(1) != (1, 0, "")
    token = Token("a")
    assert token in (token,) and token != Token("a") and len({Token("a"), Token("a")}) == 2


def test_objects_are_matched_shown_copied_and_pickled() -> None:
    match Point(1, 2, "a"):
        case Point(x, y, name=name):
            assert (x, y, name) == (1, 2, "a")
    assert repr(Point(1, name="a")) == "Point(x=1, y=0, name='a')"
    assert pickle.loads(pickle.dumps(Point3(1))) == copy.deepcopy(Point3(1)) == Point3(1)
