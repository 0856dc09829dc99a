"""Networks that grow call by call: components of the whole catalogue, with arguments and operands that fit.

What fits is asked of the catalogue itself, so a network is right by construction: what `check` has against it is a
mistake of the one or the other.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from hypothesis import strategies as st

import nndsl.catalogue.functions
import nndsl.catalogue.layers  # noqa: F401 (makes functions and layers known)
from nndsl.catalogue.activations import Sigmoid, Softmax
from nndsl.catalogue.applicable import Applicable, Constant, Function, Layer, infer
from nndsl.catalogue.component import ArgumentError, Component
from nndsl.catalogue.layers.core import Dense, Embedding, ReversibleEmbedding
from nndsl.catalogue.layers.preprocessing import RandomCrop
from nndsl.catalogue.layers.reshaping import Flatten
from nndsl.types import Mismatch, Size, Symbolic, TensorType, elements, named, substitute
from tests.agreement import functions, hints
from tests.agreement.functions import NUMBERS
from tests.agreement.strategies import arguments, operands
from tests.programs.written import called, type_written, written

LAYERS = [one for one in Layer.registered() if one is not RandomCrop]  # which is for data, and refused in networks
FUNCTIONS = Function.registered()
OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "less": "<", "greater_equal": ">=", "equal": "=="}
MOST_NUMBERS = 2_000
MOST_AXES = 4
ATTEMPTS = 8

Types: TypeAlias = tuple[TensorType, ...]


@dataclass(frozen=True)
class Step:
    """A component with its arguments, and how it is written."""

    component: Applicable
    text: str

    def results(self, *types: TensorType) -> Types | None:
        """What it makes of operands; None if it cannot take them, or makes more of them than a test needs."""
        try:
            found = infer(self.component, types)
        except Mismatch:
            return None
        if any(_looks_up(self.component) and one.is_integer and one.below is None for one in types):
            return None  # ids that may be beyond the table: that is a matter of numbers
        return found if all(one.rank <= MOST_AXES for one in found) else None


def _looks_up(component: Component) -> bool:
    """Whether it is a table of vectors, or has one inside."""
    inside = (value for value in component.__dict__.values() if isinstance(value, Component))
    return isinstance(component, Embedding | ReversibleEmbedding) or any(map(_looks_up, inside))


def settings_of(kind: type[Applicable]) -> st.SearchStrategy[dict[str, Any]]:
    """Arguments that go together."""
    if issubclass(kind, Function):
        together = functions.TOGETHER.get(kind.called())
        return functions.arguments(kind) if together is None else together.map(lambda call: call[0])
    found = hints.TOGETHER.get(kind.__name__, arguments(kind))
    return found.filter(lambda one: "mean" in one) if kind.__name__ == "Normalization" else found  # statistics that nobody knows come from files


def drawn(kind: type[Applicable]) -> st.SearchStrategy[tuple[dict[str, Any], Types]]:
    """Arguments and operands, most of which go together."""
    if issubclass(kind, Function):
        return functions.calls(kind)
    assert issubclass(kind, Layer)
    return st.tuples(settings_of(kind), operands(kind))


@dataclass
class Definition:
    """A finished network.

    Attributes:
        inputs, outputs: their types, by name.
        ends: of the outputs that a layer with weights makes, its activation.
        sizes: what the named sizes of its inputs stand for, in tests.
    """

    name: str
    text: str
    inputs: dict[str, TensorType]
    outputs: dict[str, TensorType]
    sizes: dict[str, int]
    ends: dict[str, str | None]


@dataclass
class Grower:
    """A network in the making.

    Attributes:
        tensors: the type of each tensor at hand, by name, in the order they were made.
        unused: the names of those that nothing takes.
        before: blocks and parameters that stand before the network.
        others: networks that stand before it, and may be used as layers.
    """

    draw: st.DrawFn
    name: str
    others: Sequence[Definition] = ()
    inputs: dict[str, TensorType] = field(default_factory=dict)
    tensors: dict[str, TensorType] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    ends: dict[str, str | None] = field(default_factory=dict)
    shared: dict[str, tuple[Step, tuple[tuple[Size, ...], ...]]] = field(default_factory=dict)

    def chance(self, of: int) -> bool:
        """True once in so many times."""
        return self.draw(st.integers(1, of)) == of

    def pick(self, *items: Any) -> Any:
        return self.draw(st.sampled_from(items))

    # Inputs --------------------------------------------------------------------------------------

    def input(self, type: TensorType) -> str:
        """Declare an input; some of its sizes get names."""
        name = f"x{len(self.inputs) + 1}"
        if type.dtype == "int32" and type.below is not None and type.rank and self.chance(3):
            type = replace(type, mask=True)
        self.inputs[name] = self.tensors[name] = type
        self.unused.append(name)
        return name

    def opened(self, type: TensorType) -> TensorType:
        """The type with names for some of its sizes."""
        if not self.chance(4):
            return type
        shape = tuple(self._named(size) if isinstance(size, int) and self.chance(2) else size for size in type.shape)
        return replace(type, shape=shape)

    def _named(self, size: int) -> Symbolic:
        same = [name for name, value in self.sizes.items() if value == size]
        name = self.pick(*same) if same and self.chance(2) else "LMNHWK"[len(self.sizes) % 6] + str(len(self.sizes) // 6 or "")
        self.sizes[name] = size
        return named(name)

    def usual_input(self) -> str:
        """What papers begin with: a table, a sequence, an image, ids."""
        shape = self.pick((4,), (6, 3), (5, 4), (8, 8, 2), (6, 5, 1))
        if self.chance(4):
            return self.input(self.opened(TensorType("int32", (shape[0],), 7)))
        return self.input(self.opened(TensorType("float32", shape)))

    # Calls ---------------------------------------------------------------------------------------

    def results(self, step: Step, *types: TensorType) -> Types | None:
        """What a step makes of operands, whatever their named sizes are, and with what they are in tests."""
        found = step.results(*types)
        if not self.sizes or found is None:
            return found
        filled = [replace(one, shape=tuple(substitute(size, self.sizes) for size in one.shape)) for one in types]
        return found if step.results(*filled) is not None else None

    def grow(self) -> None:
        """One more statement."""
        for _ in range(ATTEMPTS):
            if self._statement():
                return

    def seed(self) -> None:
        """A call of any component, of inputs made for it."""
        kind = self.pick(*(LAYERS if self.chance(2) else FUNCTIONS))
        for _ in range(ATTEMPTS):
            chosen, types = self.draw(drawn(kind))
            types = tuple(one if one.constant else self.opened(replace(one, mask=False)) for one in types)
            step = self.step(kind, chosen)
            found = None if step is None else self.results(step, *types)
            if step is not None and found is not None and self._small(found):
                names = [str(NUMBERS[one.dtype]) if one.constant else self.input(one) for one in types]
                return self.bind(self.call(step, names), found, names)
        return None

    def step(self, kind: type[Applicable], chosen: dict[str, Any]) -> Step | None:
        """A component with arguments; None if they do not go together."""
        try:
            component = kind.build(**chosen)
        except (Mismatch, ArgumentError):
            return None
        assert isinstance(component, Applicable)
        if isinstance(component, Layer) and self.chance(12):
            chosen = {**chosen, "trainable": False}
            component = kind.build(**chosen)
        required = [name for name in kind.required() if name in chosen]
        ordered = {name: chosen[name] for name in [*required, *(one for one in chosen if one not in required)]}
        leading = len(required) if isinstance(component, Layer) and list(kind.fields())[: len(required)] == required else 0
        assert isinstance(component, Applicable)
        return Step(component, called(kind, ordered, leading if self.chance(2) else 0))

    def call(self, step: Step, names: Sequence[str]) -> str:
        """A call of operands, in one of the ways it can be written."""
        operator = OPERATORS.get(type(step.component).called())
        if operator is not None and len(names) == 2:
            return f"{names[0]} {operator} {names[1]}"
        if isinstance(step.component, Function) and (len(names) > 1 or names[0] not in self.tensors or self.chance(4)):
            head, _, rest = step.text.partition("(")
            return f"{head}({', '.join(names)}{', ' + rest if rest else ')'}"
        return f"{names[0] if len(names) == 1 else '(' + ', '.join(names) + ')'} -> {step.text}"

    def bind(self, expression: str, types: Types, taken: Sequence[str]) -> None:
        """A statement that gives names to results."""
        names = [f"h{len(self.tensors) + place + 1}" for place in range(len(types))]
        target = names[0] if len(names) == 1 else f"({', '.join(names)})"
        stated = len(names) == 1 and self.chance(8) and ("," not in expression or "->" in expression)
        self.lines.append(f"{target}{': ' + written(types[0].shape) if stated else ''} = {expression}")
        self.unused = [one for one in self.unused if one not in taken] + names
        self.tensors.update(zip(names, types, strict=True))

    def _statement(self) -> bool:
        one = self._some()
        form = self.pick("call", "call", "call", "chain", "chain", "block", "loop", "share", "shared", "choice", "network")
        if form == "shared":
            return self._use_shared(one)
        if form == "network":
            return self._use_network(one)
        if form == "call":
            return self._any_call(one)
        steps, last = self._chain(one, self.pick(1, 1, 2, 3))
        if not steps:
            return False
        write = {"chain": self._plain, "block": self._block, "loop": self._loop, "share": self._share, "choice": self._choice}[form]
        expression = write(one, steps, last)
        if expression is not None:
            self.bind(expression, (last,), [one])
        return expression is not None

    def _some(self) -> str:
        """A tensor at hand; the later, the more often."""
        names = list(self.tensors)
        return names[-1 - min(self.draw(st.integers(0, 5)), len(names) - 1)]

    def _kind(self) -> type[Applicable]:
        return self.pick(*(FUNCTIONS if self.chance(3) else LAYERS))  # type: ignore[no-any-return]

    def _any_call(self, one: str) -> bool:
        """A call of any component, of tensors at hand."""
        kind = self._kind()
        step = self.step(kind, self.draw(settings_of(kind)))
        if step is None:
            return False
        alike = [name for name, type in self.tensors.items() if type.shape == self.tensors[one].shape] or [one]
        operands = kind.operands()
        count = sum(not operand.optional for operand in operands) + operands[-1].variadic * self.pick(0, 1, 1)
        taken = [one, *(self.pick(*alike) for _ in range(count - 1))]
        if kind.takes_numbers and len(taken) > 1 and self.chance(3):
            taken[self.pick(0, 1)] = self.pick("2", "0.5")
        found = self.results(step, *(self.tensors.get(name) or _number(name) for name in taken))
        if found is None or not self._small(found):
            return False
        self.bind(self.call(step, taken), found, taken)
        return True

    def _small(self, types: Types) -> bool:
        return all(int(str(substitute(elements(one.shape), self.sizes))) <= MOST_NUMBERS for one in types)

    def _chain(self, one: str, length: int) -> tuple[list[Step], TensorType]:
        """Up to so many components that take one tensor and give one, one after the other."""
        steps: list[Step] = []
        last = self.tensors[one]
        for _ in range(length):
            step = self._next(last)
            if step is None:
                break
            steps.append(step)
            (last,) = self.results(step, last) or (last,)
        return steps, last

    def _next(self, type: TensorType) -> Step | None:
        for _ in range(ATTEMPTS // 2):
            kind = self._kind()
            if sum(not operand.optional for operand in kind.operands()) > 1:
                continue
            step = self.step(kind, self.draw(settings_of(kind)))
            found = None if step is None else self.results(step, type)
            if found is not None and len(found) == 1 and self._small(found):
                return step
        return None

    # Ways to write a chain -----------------------------------------------------------------------

    def _plain(self, one: str, steps: list[Step], last: TensorType) -> str:
        return " -> ".join([one, *(step.text for step in steps)])

    def _block(self, one: str, steps: list[Step], last: TensorType) -> str:
        """A block, with a parameter where it has a number, once or twice in a row."""
        name = f"B{self.name}{len(self.before)}"
        body = " -> ".join(step.text for step in steps)
        number = re.search(r"(?<![\w.\"-])([1-9])(?![\w.\"])", body)
        used = name
        if number is not None and '"' not in body and self.chance(2):
            body = f"{body[: number.start()]}n{body[number.end() :]}"
            given = number[1]
            used = f"{name}({self.pick('n=', '')}{given})"
            parameters = self.pick("(n)", f"(n={given})")
        else:
            parameters = ""
        axes = ", ".join(f"a{place}" for place in range(self.tensors[one].rank))
        whole = f"{{ {body} }}" if self.chance(2) else f"{{\n  input a: [{axes}]\n  output b = a -> {body}\n}}"
        self.before.append(f"block {name}{parameters} {whole}")
        twice = " * 2" if last == self.tensors[one] and self.chance(2) else ""
        return f"{one} -> {used}{twice}"

    def _loop(self, one: str, steps: list[Step], last: TensorType) -> str | None:
        """A loop, where what comes out can go in again."""
        if last != self.tensors[one]:
            return None
        body = " -> ".join(step.text for step in steps)
        self.lines.append(f"t = {one}\n  for i in {self.pick('range(2)', '[1, 5]')} {{ t = t -> {body} }}")
        return "t"

    def _share(self, one: str, steps: list[Step], last: TensorType) -> str | None:
        """A layer that is declared, and so can be used again."""
        (step, *others) = steps
        if others or not isinstance(step.component, Layer):
            return None
        name = f"s{len(self.shared) + 1}"
        self.lines.append(f"layer {name} = {step.text}")
        self.shared[name] = step, tuple(weight.shape for weight in step.component.weights(self.tensors[one]))
        return f"{one} -> {name}"

    def _choice(self, one: str, steps: list[Step], last: TensorType) -> str:
        chosen = " -> ".join(step.text for step in steps)
        return f"{one} -> " + ("({0} if 1 < 2 else Flatten)" if self.chance(2) else "(Dense(3) if {1}.rank == 9 else {0})").format(chosen, one)

    def _use_shared(self, one: str) -> bool:
        if not self.shared:
            return False
        name = self.pick(*self.shared)
        step, shapes = self.shared[name]
        found = self.results(step, self.tensors[one])
        if found is None or not self._small(found):
            return False
        assert isinstance(step.component, Layer)
        if tuple(weight.shape for weight in step.component.weights(self.tensors[one])) != shapes:
            return False
        self.bind(f"{one} -> {name}", found, [one])
        return True

    def _use_network(self, one: str) -> bool:
        """A network as a layer: of tensors at hand, or of new inputs."""
        if not self.others or len(self.inputs) > 3:
            return False
        used: Definition = self.pick(*self.others)
        names = []
        for wanted in used.inputs.values():
            same = [name for name, type in self.tensors.items() if type == wanted]
            names.append(self.pick(*same) if same else self.input(wanted))
        self.sizes |= used.sizes
        self.bind(f"{names[0] if len(names) == 1 else '(' + ', '.join(names) + ')'} -> {used.name}", tuple(used.outputs.values()), names)
        return True

    # The end -------------------------------------------------------------------------------------

    def end_in_layers(self) -> None:
        """Put layers with weights at the ends, so that there is something to learn."""
        for one in [name for name in self.unused if name not in self.inputs and self.tensors[name].is_float]:
            activation = self.pick(None, None, Softmax(), Sigmoid())
            ending: list[Layer] = [Dense(self.pick(1, 3, 4), activation=activation)]
            if self.chance(2) and self.tensors[one].rank > 1:
                ending.insert(0, Flatten())
            steps = [Step(component, called(component, component.changed())) for component in ending]
            last = self._through(steps, self.tensors[one])
            if last is not None:
                self.bind(self._plain(one, steps, last), (last,), [one])
                self.ends[list(self.tensors)[-1]] = None if activation is None else activation.called()

    def _through(self, steps: Sequence[Step], type: TensorType) -> TensorType | None:
        """What comes out of steps that take one tensor; None if one of them cannot take it."""
        last: TensorType | None = type
        for step in steps:
            (last,) = (self.results(step, last) if last is not None else None) or (None,)
        return last

    def finished(self) -> Definition | None:
        """The network; None if there is nothing in it."""
        outputs = {name: self.tensors[name] for name in self.unused if name not in self.inputs}
        inputs = {name: type for name, type in self.inputs.items() if name not in self.unused}
        if not outputs or not inputs:
            return None
        lines = [f"input {name}: {type_written(type)}" for name, type in inputs.items()]
        lines += [*self.lines, *(f"output {name}" for name in outputs)]
        text = "\n".join([*self.before, f"network {self.name} {{", *(f"  {line}" for line in lines), "}"])
        return Definition(self.name, text, inputs, outputs, self.sizes, self.ends)


def _number(text: str) -> TensorType:
    """The type of a number in the file."""
    return Constant(float(text) if "." in text else int(text)).infer()


@st.composite
def networks(draw: st.DrawFn, name: str = "Net", others: Sequence[Definition] = (), most: int = 6, learns: bool = False) -> Definition:
    """A network of one to a dozen calls."""
    grower = Grower(draw, name, others)
    for _ in range(draw(st.integers(0, 1))):
        grower.usual_input()
    if not grower.inputs or draw(st.booleans()):
        grower.seed()
    for _ in range(draw(st.integers(1, most)) if grower.tensors else 0):
        grower.grow()
    if learns:
        grower.end_in_layers()
    found = grower.finished()
    return found if found is not None else draw(networks(name, others, most, learns))

