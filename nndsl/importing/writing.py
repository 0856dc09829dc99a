"""The text of a network: blocks, statements in the order of the data, names only where they are needed."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.component import REQUIRED
from nndsl.importing.body import Block, Body, Operand, Step, blocks_of
from nndsl.importing.layout import WIDTH, fitted, loop_lines, run_text, wrapped
from nndsl.importing.loops import Item, Loop, Run, items_of, runs_of
from nndsl.importing.naming import snake_name
from nndsl.importing.wording import binding_strength, joined_text, operand_text, step_text, value_text
from nndsl.types import TensorType

_INLINE = 44
"""How long a chain may be that stands in brackets within a sum."""
_AXES = {0: "[]", 1: "[C]", 2: "[L, C]", 3: "[H, W, C]", 4: "[D, H, W, C]"}
_KEYWORDS = frozenset(("if", "else", "for", "in", "and", "or", "not", "true", "false", "none", "weights"))


@dataclass(frozen=True)
class Head:
    """What a file says besides its graph.

    Attributes:
        documentation: what the network is.
        closing: statements at its end: checks, and where weights come from.
    """

    name: str
    documentation: str
    closing: Sequence[str] = ()
    names: bool = False


def file_text(network: Body, head: Head) -> str:
    """The whole file."""
    parts = ["\n".join(_block_lines(one)) for one in blocks_of(network)]
    lines = [f"network {head.name} {{", f'  "{head.documentation}"']
    lines += [f"  {part}" for line in _Writer(network, names=head.names).lines() for part in fitted(line)]
    return "\n\n".join([*parts, "\n".join([*lines, *(f"  {one}" for one in head.closing), "}"])]) + "\n"


def _block_lines(block: Block) -> Iterator[str]:
    parameters = ", ".join(name if default is REQUIRED else f"{name}={value_text(default)}" for name, default in block.parameters.items())
    yield f"block {block.name}({parameters}) {{"
    writer = _Writer(block.body, sizes=block.sizes, is_block=True)
    for line in writer.lines():
        yield from (f"  {part}" for part in fitted(line))
    yield "}"


@dataclass
class _Writer:
    """Writes the statements of one body.

    Attributes:
        sizes: whether the axes of its input have to be named.
        names: whether each layer keeps its name.
        left: how many steps that take a tensor have not been written yet.
    """

    body: Body
    sizes: bool = False
    is_block: bool = False
    names: bool = False
    bound: dict[Operand, str] = field(default_factory=dict)
    holders: dict[str, Operand] = field(default_factory=dict)
    left: Counter[Operand] = field(default_factory=Counter)
    statements: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        self.uses = self.body.uses()
        self.left = Counter({operand: len(users) for operand, users in self.uses.items()})
        self.results = {operand: name for name, operand in self.body.outputs.items()}
        for operand in self.results:
            self.left[operand] += 1
        if self._is_plain_chain():
            return self._chain_lines()
        head = [*self._inputs(), *self._layers()]
        for step in self.body.steps:
            if self._is_named(step):
                self._bind(step)
        return [*head, *self.statements, *self._late_outputs()]

    # What stands at the beginning and the end ----------------------------------------------------

    def _is_plain_chain(self) -> bool:
        """Whether it is a block that needs no names: steps that follow each other."""
        inputs, steps = list(self.body.inputs.values()), self.body.steps
        if not self.is_block or self.sizes or len(inputs) != 1 or len(self.body.outputs) != 1 or not steps:
            return False
        followed = all(step.takes == [Operand(before)] for before, step in zip([inputs[0], *steps], steps, strict=False))
        plain = all(_is_arrow(step) and step.owner is None and len(step.types) == 1 for step in steps)
        once = all(count == 1 for count in self.left.values())
        return followed and plain and once and not any(isinstance(one, Loop) for one in items_of(steps))

    def _chain_lines(self) -> list[str]:
        return wrapped([run_text(one, self.names) for one in runs_of(self.body.steps)])

    def _inputs(self) -> Iterator[str]:
        for position, (name, step) in enumerate(self.body.inputs.items()):
            chosen = self._input_name(name, step, position)
            self.bound[Operand(step)] = self._claim(chosen, Operand(step))
            yield f"input {self.bound[Operand(step)]}: {self._type(step.types[0], position)}"

    def _input_name(self, name: str, step: Step, position: int) -> str:
        if self.is_block and len(self.body.inputs) == 1:
            return "x"
        plain = "tokens" if step.types[0].is_integer else "image" if step.types[0].rank == 3 and step.types[0].shape[-1] in (1, 3) else "x"
        if step.name:
            return snake_name(step.name, plain)
        return plain if len(self.body.inputs) == 1 else f"{plain}{position + 1}"

    def _type(self, type: TensorType, position: int) -> str:
        if self.is_block:
            axes = _AXES.get(type.rank, f"[{', '.join(f'D{axis}' for axis in range(type.rank))}]")
            return axes if not position else axes.replace(",", f"{position + 1},").replace("]", f"{position + 1}]")
        dtype = {"float32": "float", "int32": "int"}.get(type.dtype, type.dtype)
        below = f" < {type.below}" if type.below is not None else ""
        return f"{dtype}[{', '.join(map(str, type.shape))}]{below}"

    def _layers(self) -> Iterator[str]:
        """The layers that are used more than once."""
        self.shared: dict[int, str] = {}
        for step in self.body.steps:
            if step.owner is not None and id(step.owner) not in self.shared:
                name = self._claim(snake_name(step.name or "shared", "shared"), None)
                self.shared[id(step.owner)] = name
                yield f"layer {name} = {step_text(step)}"

    def _late_outputs(self) -> Iterator[str]:
        """Outputs that are inputs, or one tensor under several names."""
        for name, operand in self.body.outputs.items():
            if self.results[operand] != name or operand.step.kind is None:
                yield f"output {self._fresh(snake_name(name, 'y'))} = {self.bound[operand]}"

    # Names ---------------------------------------------------------------------------------------

    def _claim(self, name: str, operand: Operand | None) -> str:
        chosen = self._fresh(name)
        self.holders[chosen] = operand if operand is not None else Operand(Step(None, {}, [], ()))
        return chosen

    def _fresh(self, name: str) -> str:
        wanted = f"{name}_" if name in _KEYWORDS else name
        chosen, number = wanted, 1
        while chosen in self.holders:
            number += 1
            chosen = f"{wanted}_{number}"
        return chosen

    def _is_named(self, step: Step) -> bool:
        """Whether the results of a step are bound to names, rather than being a part of what takes them."""
        if step.when:
            return True
        results = [Operand(step, output) for output in range(len(step.types))]
        if len(results) > 1 or results[0] in self.results or len(self.uses.get(results[0], ())) != 1:
            return True
        user = self.uses[results[0]][0]
        if len(user.takes) == 1:
            return False
        return self._is_long(step)

    def _is_long(self, step: Step) -> bool:
        """Whether what leads to a step is too long to stand in brackets."""
        text, steps = 0, 0
        while True:
            text, steps = text + len(step_text(step)) + 4, steps + 1
            before = step.takes[0] if len(step.takes) == 1 else None
            if text > _INLINE or (len(step.takes) > 1 and steps > 1):
                return True
            if before is None or before.step.kind is None or len(self.uses[before]) > 1 or before in self.bound:
                return False
            step = before.step

    def _name_for(self, step: Step, taken: Sequence[Step]) -> str:
        """The name for a result: `h` goes on from statement to statement, if nothing needs the one before any more."""
        operand = Operand(step)
        if operand in self.results and not self.is_block:
            return self._fresh(snake_name(self.results[operand], "y"))
        used = Counter(one for inner in taken for one in inner.takes)
        holder = self.holders.get("h")
        if holder is None or self.left[holder] <= used[holder]:
            self.holders.pop("h", None)
            return "h"
        if step.name and not self.is_block and len(step.name) <= 24:
            return self._fresh(snake_name(step.name, "h"))
        for letter in ("a", "b", "c", "d", "e", "f", "g"):
            if letter not in self.holders or self.left[self.holders[letter]] <= used[self.holders[letter]]:
                self.holders.pop(letter, None)
                return letter
        return self._fresh("a")

    # Statements ----------------------------------------------------------------------------------

    def _bind(self, step: Step) -> None:
        """Write the statement that gives the results of a step their names."""
        if step.when:
            self._bind_optional(step)
            return
        chain, taken = self._chain(step), list(self._taken(step))
        source = self._source(chain[0])
        is_result = Operand(step) in self.results
        items = items_of(chain if source is not None else chain[1:], keep=self.names)
        start = source if source is not None else self._joined(chain[0])
        if len(step.types) > 1:
            names = [self._fresh(f"{'' if self.left[Operand(step, output)] else '_'}part_{output + 1}") for output in range(len(step.types))]
            target = f"({', '.join(names)})"
        else:
            names = [self._name_for(step, taken)]
            target = names[0]
        self._release(taken)
        for output, name in enumerate(names):
            self.bound[Operand(step, output)] = name
            self.holders[name] = Operand(step, output)
        keyword = "output " if is_result and len(step.types) == 1 else ""
        if keyword and self.is_block:
            target = self._block_output(step, target)
        self.statements += self._statements(keyword, target, start, items)

    def _bind_optional(self, step: Step) -> None:
        """Write a step that only some uses of the block have."""
        source = self._operand_text(step.takes[0])
        name = self._fresh("side")
        self._release([step])
        self.bound[Operand(step)], self.holders[name] = name, Operand(step)
        self.statements.append(f"{name} = {source} if {step.when} else ({source} -> {step_text(step)})")

    def _block_output(self, step: Step, target: str) -> str:
        name = "y" if len(self.body.outputs) == 1 else snake_name(self.results[Operand(step)], "y")
        self.holders.pop(target, None)
        chosen = self._fresh(name)
        self.bound[Operand(step)] = chosen
        self.holders[chosen] = Operand(step)
        return chosen

    def _chain(self, step: Step) -> list[Step]:
        """The steps that end with one, each of which takes nothing but the one before, in the order of the data."""
        found = [step]
        while len(found[0].takes) == 1 and _is_arrow(found[0]):
            before = found[0].takes[0]
            if before in self.bound or before.step.kind is None or self._is_bound_later(before):
                break
            found.insert(0, before.step)
        return found

    def _is_bound_later(self, operand: Operand) -> bool:
        return operand in self.bound

    def _taken(self, step: Step) -> Iterator[Step]:
        """A step, and all that is written within its statement."""
        yield step
        for one in step.takes:
            if one not in self.bound and one.step.kind is not None:
                yield from self._taken(one.step)

    def _release(self, taken: Sequence[Step]) -> None:
        for step in taken:
            for one in step.takes:
                self.left[one] -= 1

    def _source(self, first: Step) -> str | None:
        """What a chain begins with; None where its first step is an operator or a function of several tensors."""
        if not _is_arrow(first):
            return None
        parts = [self._operand_text(one) for one in first.takes]
        return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"

    def _joined(self, step: Step) -> str:
        strength = binding_strength(step)
        texts = []
        for place, operand in enumerate(step.operands):
            if operand is None:
                texts.append(operand_text(step.values[place]))
                continue
            text, bound = self._expression(operand)
            texts.append(f"({text})" if strength < 3 and bound <= (strength if place else strength - 1) and bound < 3 else text)
        joined = joined_text(step, texts)
        assert joined is not None
        return joined

    def _operand_text(self, operand: Operand) -> str:
        return self._expression(operand)[0]

    def _expression(self, operand: Operand) -> tuple[str, int]:
        """A tensor as a part of an expression, and how tightly its text binds."""
        if operand in self.bound:
            return self.bound[operand], 3
        chain = self._chain(operand.step)
        source = self._source(chain[0])
        steps = chain if source is not None else chain[1:]
        start = source if source is not None else self._joined(chain[0])
        if not steps:
            return start, binding_strength(chain[0])
        return " -> ".join([start, *(self._text(one) for one in runs_of(steps))]), 0

    def _text(self, run: Run) -> str:
        if run.step.owner is not None:
            return self.shared[id(run.step.owner)]
        return run_text(run, self.names or (not self.is_block and has_weights(run.step)))

    def _statements(self, keyword: str, target: str, start: str, items: Sequence[Item]) -> Iterator[str]:
        """A chain as statements of one line each, and loops between them."""
        inner = target if not keyword else self._inner_name(items)
        line = start
        for place, item in enumerate(items):
            last = place == len(items) - 1
            if isinstance(item, Loop):
                if line != inner:
                    yield f"{inner} = {line}"
                yield from loop_lines(item, inner)
                line = inner
                continue
            text = self._text(item)
            longer = len(line) + len(text) + (len(target) + 7 if last else len(inner)) + 7
            if line not in (inner, start) and longer > WIDTH:
                yield f"{inner} = {line}"
                line = inner
            line = f"{line} -> {text}"
        if keyword or line != inner:
            yield f"{keyword}{target} = {line}"

    def _inner_name(self, items: Sequence[Item]) -> str:
        holder = self.holders.get("h")
        return "h" if holder is None or self.left[holder] <= 0 else self._fresh("h")


def has_weights(step: Step) -> bool:
    """Whether a layer of a network has weights."""
    if not isinstance(step.kind, type) or not issubclass(step.kind, Layer):
        return False
    return bool(step.kind(**step.values).weights(*(one.type for one in step.takes)))


def _is_arrow(step: Step) -> bool:
    """Whether a step follows an arrow, rather than standing between or before its operands."""
    if isinstance(step.kind, Block) or step.kind is None or issubclass(step.kind, Layer):
        return True
    return len(step.operands) == 1
