"""What the code of one function knows: the names that stand for something, its parameters, and how values are written in it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from nndsl.catalogue.component import Component, same
from nndsl.emission.arithmetic import CannotWrite, Constants, Formula, formula, matching, names_in
from nndsl.emission.identifiers import free, variable
from nndsl.emission.items import Name, PerTurn
from nndsl.emission.spelling import value_code
from nndsl.emission.writing import Code, call, listed, quoted, together
from nndsl.frozen import Frozen
from nndsl.syntax import ast

_INDICES = "ijkmn"


class Turns(tuple[Any, ...]):
    """What a value is in each turn of a loop, as one value outside of it."""


class Rows(Frozen, eq=False):
    """What the variables of a loop are in its turns, as one value.

    Attributes:
        columns: where the value of each is to be found.
        count: where it stands how many turns there are.
    """

    columns: "tuple[Found, ...]"
    height: int
    count: int


Found: TypeAlias = int | Rows
"""Where a value is to be found: its place among the leaves of a use, or what it is made of."""


class Parameter(Frozen, eq=False):
    """A parameter of a function.

    Attributes:
        found: where its value is to be found in a use.
        default: what it is by itself; `REQUIRED`, if it has to be said.
        origin: the parameter of the block that it is, if it is one.
    """

    name: str
    values: tuple[Any, ...]
    found: Found
    default: Any
    origin: str | None


REQUIRED = object()


@dataclass(eq=False)
class LoopAround:
    """A loop that is being written.

    Attributes:
        variables: by name, what each is in the turns, for each use of the function; and where that is found.
    """

    height: int
    index: str
    counts: tuple[Any, ...]
    variables: dict[str, tuple[tuple[Any, ...], Found]] = field(default_factory=dict)
    count_at: int = 0
    counted: bool = False


class Chapter:
    """One function in the making.

    Attributes:
        cases: for each use of the function, its leaves.
        parameters: by name, those that turned out to be needed.
        named: whether layers in it are named after its argument `name`.
        tensors: what the tensors are called that it takes.
        loops: those around what is being written, outermost first.
    """

    def __init__(
        self, definition: ast.Definition | None, cases: Sequence[tuple[Any, ...]], inputs: Mapping[str, str], constants: Constants,
        taken: frozenset[str], inner: bool,
    ):
        """
        Args:
            inputs: by their names in the file, the names of the tensors that the function takes.
            constants: what has a name everywhere in the program.
            taken: names that stand for something else.
            inner: whether the names of layers begin with an argument, and there are parameters.
        """
        self.definition, self.cases, self.inputs, self._constants = definition, tuple(cases), inputs, constants
        self.parameters: dict[str, Parameter] = {}
        self.taken = set(taken) | ({"name"} if inner else set())
        self.tensors = set(inputs.values())
        self.inner, self.named = inner, False
        self.loops: list[LoopAround] = []
        self._bound = dict(_bound_once(definition))

    # Values --------------------------------------------------------------------------------------

    def leaf(self, found: Found, first: int = 0) -> tuple[Any, ...]:
        """A value in each use.

        Args:
            first: the place of the leaf from which on places are counted.
        """
        if isinstance(found, int):
            return tuple(one[first + found] for one in self.cases)
        counts = self.leaf(found.count, first)
        columns = [[_lifted(one, found.height, count) for one, count in zip(self.leaf(column, first), counts, strict=True)] for column in found.columns]
        return tuple(_rows(each) for each in zip(*columns, strict=True))

    def argument(self, parameter: Parameter, first: int, expression: ast.Expression | None) -> Code:
        """What a function is given that is used here, whose leaves begin at a place."""
        values = self.leaf(parameter.found, first)
        return self._written(values, _moved(parameter.found, first), parameter.origin or parameter.name, expression, None)

    def value(self, position: int, hint: str, expression: ast.Expression | None, owner: Component | None = None) -> Code:
        """What is written for a leaf.

        Args:
            hint: what it is called, if it needs a name.
            expression: what the file says there.
        """
        return self._written(self.leaf(position), position, hint, expression, owner)

    def _written(self, values: tuple[Any, ...], position: Found, hint: str, expression: ast.Expression | None, owner: Component | None) -> Code:
        for loop in reversed(self.loops):
            if any(_varies(one, loop.height) for one in values):
                return self._variable(loop, values, position, hint, expression)
        found = matching(expression, values, self.known)
        if found is not None:
            return found
        if all(same(one, values[0]) for one in values):
            return _literal(values[0], owner)
        return self._parameter(values, position, hint, expression).name

    def _variable(self, loop: LoopAround, values: tuple[Any, ...], found: Found, hint: str, expression: ast.Expression | None) -> str:
        """The name of what goes through the values of the turns."""
        lifted = tuple(_lifted(one, loop.height, count) for one, count in zip(values, loop.counts, strict=True))
        for name, (known, _) in loop.variables.items():
            if same(known, lifted):
                return name
        wanted = expression.text if isinstance(expression, ast.Name) else hint
        name = free(variable(wanted), self.taken | self.tensors)
        self.taken.add(name)
        loop.variables[name] = lifted, found
        return name

    def _parameter(self, values: tuple[Any, ...], found: Found, hint: str, expression: ast.Expression | None) -> Parameter:
        """The parameter that has these values: one of the block's, else a new one."""
        for place, one in enumerate(self._stated()):
            if same(self.leaf(place), values):
                return self._stated_parameter(place, one)
        for known in self.parameters.values():
            if same(known.values, values):
                return known
        wanted = expression.text if isinstance(expression, ast.Name) else hint
        name = free(variable(wanted), self.taken | self.tensors)
        self.taken.add(name)
        self.parameters[name] = made = Parameter(name, values, found, REQUIRED, None)
        return made

    def _stated(self) -> tuple[ast.Parameter, ...]:
        return (self.definition.parameters or ()) if self.definition is not None and self.inner else ()

    def _stated_parameter(self, place: int, stated: ast.Parameter) -> Parameter:
        known = next((one for one in self.parameters.values() if one.origin == stated.name), None)
        if known is not None:
            return known
        name = free(variable(stated.name), self.taken | self.tensors)
        self.taken.add(name)
        self.parameters[name] = made = Parameter(name, self.leaf(place), place, _default(stated, self.leaf(place)), stated.name)
        return made

    # Names that formulas are made of -------------------------------------------------------------

    def known(self, name: str) -> Formula:
        """What a name of the file stands for in the function.

        Raises:
            CannotWrite: it stands for nothing there, or is best written as the number that it is.
        """
        for place, one in enumerate(self._stated()):
            if one.name == name:
                return self._stated_formula(place, one)
        size = self._size(name)
        if size is not None:
            return size
        if name in self._bound:
            return formula(self._bound[name], self.known, len(self.cases))
        if name in self._constants and not (self.inner and name in {one.name for one in self._stated()}):
            code, value = self._constants[name]
            return Formula(code, (value,) * len(self.cases))
        raise CannotWrite

    def _stated_formula(self, place: int, stated: ast.Parameter) -> Formula:
        values = self.leaf(place)
        if any(isinstance(one, PerTurn) for one in values):
            raise CannotWrite
        if stated.default is not None and all(same(one, values[0]) for one in values):
            raise CannotWrite
        if any(one is None for one in values):
            raise CannotWrite
        return Formula(self._stated_parameter(place, stated).name, values)

    def _size(self, name: str) -> Formula | None:
        """A size that an input of the block has a name for; its values come with those of the parameters."""
        if self.definition is None or not self.inner:
            return None
        sizes = sizes_of(self.definition)
        if name not in sizes:
            return None
        tensor, axis = sizes[name]
        if tensor not in self.inputs:
            return None
        place = len(self._stated()) + list(sizes).index(name)
        values = self.leaf(place)
        if not all(isinstance(one, int) for one in values):
            raise CannotWrite
        return Formula(f"{self.inputs[tensor]}.shape[{axis}]", values)

    # Names of layers -----------------------------------------------------------------------------

    def layer_name(self, name: Name) -> Code:
        """The name of a layer, or what those of a block begin with."""
        inside = self.inner and not name.whole
        self.named = self.named or inside
        start = "{name}_" if inside else ""
        terms = [(step, loop) for step, loop in zip(name.number.steps, reversed(self.loops), strict=False) if step]
        if not terms:
            whole = f"{start}{name.stem}" + (f"_{name.number.base}" if name.number.base else "")
            return f'f"{whole}"' if inside else quoted(whole)
        for _, loop in terms:
            loop.counted = True
        number = _sum(name.number.base, [(step, loop.index) for step, loop in terms])
        if name.number.base:
            return f'f"{start}{name.stem}_{{{number}}}"'
        return call("numbered", f'f"{start}{name.stem}"' if inside else quoted(name.stem), number)

    # Loops ---------------------------------------------------------------------------------------

    @contextmanager
    def loop(self, height: int, count_at: int) -> Iterator[LoopAround]:
        """What is written within stands in a loop."""
        index = free(_INDICES[len(self.loops) % len(_INDICES)], self.taken)
        self.taken.add(index)
        made = LoopAround(height, index, self.leaf(count_at), count_at=count_at)
        self.loops.append(made)
        try:
            yield made
        finally:
            self.loops.pop()

    def loop_head(self, loop: LoopAround, count_at: int) -> tuple[str, Code]:
        """What a loop goes through: `for i in `, and `range(3)`. It is no longer among the loops."""
        self.taken -= {loop.index, *loop.variables}
        if not loop.variables:
            count = self.value(count_at, "times", None)
            return f"for {loop.index if loop.counted else '_'} in ", call("range", count)
        names = list(loop.variables)
        rows = Rows(tuple(loop.variables[name][1] for name in names), loop.height, count_at)
        values = self._written(self.leaf(rows), rows, f"{names[0]}s", None, None)
        target = names[0] if len(names) == 1 else f"{', '.join(names)}"
        if loop.counted:
            target = f"{loop.index}, {target if len(names) == 1 else f'({target})'}"
            values = call("enumerate", values)
        return f"for {target} in ", values


def _moved(found: Found, first: int) -> Found:
    """The same, with places counted from the first leaf of all."""
    if isinstance(found, int):
        return found + first
    return Rows(tuple(_moved(one, first) for one in found.columns), found.height, found.count + first)


def _rows(columns: Sequence[Any]) -> Any:
    """The values of loop variables, turn by turn; in a loop that has others in each turn, for each of these."""
    outer = next((one for one in columns if isinstance(one, PerTurn)), None)
    if outer is None:
        return Turns(columns[0] if len(columns) == 1 else zip(*columns, strict=True))
    each = [one.values if isinstance(one, PerTurn) else (one,) * len(outer.values) for one in columns]
    return PerTurn(outer.height, tuple(_rows(row) for row in zip(*each, strict=True)))


def _literal(value: Any, owner: Component | None) -> Code:
    if isinstance(value, Turns):
        return listed(_literal(one, owner) for one in value)
    if isinstance(value, tuple) and value:
        return together(_literal(one, owner) for one in value)
    return value_code(value, owner)


def _varies(value: Any, height: int) -> bool:
    return isinstance(value, PerTurn) and (value.height == height or any(_varies(one, height) for one in value.values))


def _lifted(value: Any, height: int, count: Any) -> Any:
    if not isinstance(value, PerTurn):
        return Turns((value,) * (count if isinstance(count, int) else count.values[0]))
    if value.height == height:
        return Turns(value.values)
    counts = count.values if isinstance(count, PerTurn) else (count,) * len(value.values)
    return PerTurn(value.height, tuple(_lifted(one, height, each) for one, each in zip(value.values, counts, strict=True)))


def _sum(base: int, terms: Sequence[tuple[int, str]]) -> str:
    """`4 * i + j + 1`."""
    parts = [name if step == 1 else f"{step} * {name}" for step, name in reversed(terms)]
    return " + ".join([*parts, *([str(base)] if base else [])])


def _default(stated: ast.Parameter, values: Sequence[Any]) -> Any:
    """What a parameter is by itself, if that is a plain value; a bare word is one where all uses give a word."""
    match stated.default:
        case ast.Number(value=value) | ast.Truth(value=value) | ast.String(value=value):
            return value
        case ast.Name(text=text) if all(isinstance(one, str) for one in values):
            return text
    return REQUIRED


def _bound_once(definition: ast.Definition | None) -> Iterator[tuple[str, ast.Expression]]:
    """The names that a body gives to numbers, once."""
    every = [one for one in definition.body if isinstance(one, ast.Binding)] if definition is not None else []
    names = [target.name for one in every for target in one.targets]
    for one in every:
        if len(one.targets) == 1 and names.count(one.targets[0].name) == 1 and one.type is None and names_in(one.value):
            yield one.targets[0].name, one.value


def sizes_of(definition: ast.Definition) -> dict[str, tuple[str, int]]:
    """By the names of sizes, the first input that has them, and the axis in Keras: from the front, or -1 for the last."""
    found: dict[str, tuple[str, int]] = {}
    for one in definition.body:
        if isinstance(one, ast.Input):
            for place, size in enumerate(one.type.shape):
                if isinstance(size, ast.Name):
                    found.setdefault(size.text, (one.target.name, -1 if place == len(one.type.shape) - 1 else place + 1))
    return found


