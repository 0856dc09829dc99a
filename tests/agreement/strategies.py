"""Hypothesis strategies for components and operands, read off the kinds of the fields."""

import re
from inspect import getdoc
from typing import Any

from hypothesis import strategies as st

from nndsl.catalogue import kinds
from nndsl.catalogue.activations import Activation
from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.component import REQUIRED, Component
from nndsl.types import TensorType
from tests.agreement import hints

LENGTHS = st.integers(1, 9)
CHANNELS = st.sampled_from([1, 2, 3, 4, 6])
DTYPES = ["float32", "int32", "bool", "float16", "bfloat16", "float64", "int64", "uint8", "uint16", "uint32", "int8", "int16"]


def of_kind(kind: kinds.Kind) -> st.SearchStrategy[Any]:
    """Values that a kind takes, as they are written in a file."""
    match kind:
        case kinds.Whole():
            least = -3 if kind.least is None else kind.least
            return st.integers(least, least + 4)
        case kinds.Number():
            usual = [-1.0, -0.5, 0.0, 0.1, 0.5, 1.0, 2.0]
            return st.sampled_from([one for one in usual if kind.takes(one)])
        case kinds.Flag():
            return st.booleans()
        case kinds.Nothing():
            return st.none()
        case kinds.Choice():
            return st.sampled_from(kind.choices)
        case kinds.Tuple(repeated=True):
            return st.lists(of_kind(kind.elements[0]), min_size=1, max_size=4).map(tuple)
        case kinds.Tuple():
            return st.tuples(*map(of_kind, kind.elements))
        case kinds.Either():
            return st.one_of(*map(of_kind, kind.kinds))
        case kinds.Of():
            return _of_family(kind.family)
    raise LookupError(f"a hint is needed for {kind!r}")


def _of_family(family: type[Component]) -> st.SearchStrategy[Any]:
    """A member of a family that needs no arguments."""
    if issubclass(family, Layer):
        raise LookupError("a hint is needed for a layer inside a layer")  # noqa: TRY004 (a gap in the hints, not a wrong type)
    usable = {member for member in family.registered() if not member.required()}
    if family is Activation:
        usable -= {one for one in usable if one.called() in hints.NOT_AS_ARGUMENTS}
    return st.sampled_from(sorted(usable, key=lambda one: one.__name__)).map(lambda one: one())


@st.composite
def arguments(draw: st.DrawFn, component: type[Component]) -> dict[str, Any]:
    """Arguments of the right kinds; of those that can be left out, most are."""
    given = hints.ARGUMENTS.get(component.__name__, {})
    chosen: dict[str, Any] = {}
    for name, field in component.fields().items():
        if name in ("name", "trainable"):
            continue
        seldom = name.endswith(("initializer", "regularizer", "constraint"))
        if field.default is REQUIRED or draw(st.integers(0, 9 if seldom else 2)) == 9 * seldom:
            chosen[name] = draw(given[name] if name in given else of_kind(field.kind))
    return chosen


def shapes_of(layer: type[Layer]) -> list[list[str] | None]:
    """The axes of each operand, as the documentation names them in its line `Shape:`; None: any number of axes."""
    found = re.search(r"^Shape: (.*)->", getdoc(layer) or "", re.MULTILINE)
    axes = [one.split(", ") for one in re.findall(r"\[([^\]]*)\]", found[1])] if found else []
    given: list[list[str] | None] = [None if any("..." in name for name in one) else one for one in axes]
    needed = [one for one in layer.operands() if not one.optional]
    return (given + [None] * len(needed))[: max(len(needed), 2 if any(one.variadic for one in needed) else 1)]


@st.composite
def operands(draw: st.DrawFn, layer: type[Layer]) -> tuple[TensorType, ...]:
    """Operands, most of which fit; several of any shape are mostly of one shape."""
    if layer.__name__ in hints.OPERANDS:
        return draw(hints.OPERANDS[layer.__name__])
    dtype = "int32" if "`int[" in (getdoc(layer) or "") else "float32"
    first, *others = shapes_of(layer)
    drawn = [draw(_operand(first, dtype))]
    for axes in others:
        alike = first is axes is None and draw(st.integers(0, 3)) > 0
        drawn.append(drawn[0] if alike else draw(_operand(axes, dtype)))
    return tuple(drawn)


@st.composite
def _operand(draw: st.DrawFn, axes: list[str] | None, dtype: str) -> TensorType:
    odd = draw(st.integers(0, 9)) == 0
    rank = draw(st.integers(0, 4)) if odd or axes is None else len(axes)
    if rank == 0:
        return TensorType(dtype, ())
    channels = st.just(int(axes[-1])) if axes and axes[-1].isdigit() and not odd else CHANNELS
    shape = (*(draw(LENGTHS) for _ in range(rank - 1)), draw(channels))
    return TensorType(draw(st.sampled_from(DTYPES)) if odd else dtype, shape)
