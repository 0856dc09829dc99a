"""Applying layers, functions and blocks to tensors."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import nndsl.catalogue.functions
import nndsl.catalogue.layers
import nndsl.catalogue.weights  # noqa: F401 - the catalogue is known by name once its modules are imported
from nndsl.catalogue.applicable import REMEMBERED, Function, Layer
from nndsl.catalogue.component import ArgumentError, Component, snake_case
from nndsl.diagnostics import Diagnostic, Note
from nndsl.elaboration.arithmetic import is_number
from nndsl.elaboration.builder import Builder, Complaint, Expansion, argument_spans, expansion_notes
from nndsl.elaboration.mistakes import (
    layers_differ,
    missing_arguments,
    no_tensors_here,
    not_a_tensor,
    not_appliable,
    unknown_argument,
    unknown_name,
    wrong_argument,
    wrong_operand_count,
)
from nndsl.elaboration.session import CALL, OutOfBudget, Session
from nndsl.elaboration.values import (
    APPLIABLE,
    FAILED,
    Appliable,
    Binding,
    Closure,
    Defined,
    FunctionUse,
    LayerUse,
    Pipeline,
    PlacedWord,
    Repeat,
    Scope,
    SharedBlock,
    SharedLayer,
    Tensor,
    describe_value,
)
from nndsl.graph import Owner
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import Mismatch


@dataclass(eq=False)
class Applier:
    """Adds calls to a graph.

    Attributes:
        builder: where calls are added; None where no tensors can be (at the top of a file, in `data`).
        families: the families of component whose names are known in this body.
        expand: expands a block or network that is applied.
        owners: where the weights come from while a shared block is applied.
    """

    session: Session
    scope: Scope
    expand: "Callable[[Applier, Closure, Sequence[Tensor], Span], tuple[Tensor, ...]]"
    builder: Builder | None = None
    expansion: Expansion = field(default_factory=Expansion)
    families: tuple[type[Component], ...] = (Layer, Function)
    owners: "Replay | None" = None

    def unknown(self, name: str, span: Span) -> Diagnostic:
        """The diagnostic for a name that stands for nothing here."""
        self.session.count_mistakes(span)
        known = set(self.scope.visible())
        for family in self.families:
            known.update(family.names())
        return unknown_name(name, span, known, self.frames_notes())

    def nothing_called(self, name: str, unknown: Diagnostic) -> Diagnostic:
        """What is said of a name that stands for nothing; of a name that is no slip it is said once, wherever the name is used."""
        if unknown.edit is None and unknown.span is not None:
            self.scope.names[name] = Binding(FAILED, unknown.span)
        return unknown

    def frames_notes(self) -> tuple[Note, ...]:
        return expansion_notes(self.expansion.frames)

    # Components -------------------------------------------------------------

    def build(
        self, found: type[Component], positional: Sequence[Any], keywords: dict[str, Any], expression: ast.Call | ast.Name | ast.Record
    ) -> Component:
        values, named = list(map(bare, positional)), {name: bare(value) for name, value in keywords.items()}
        plain = all(map(_is_plain, values)) and all(map(_is_plain, named.values()))
        try:
            return (_remembered if plain else _built)(found, *values, **named)
        except ArgumentError as mistake:
            raise Complaint(self._argument_mistake(mistake, expression)) from None
        except Mismatch as mismatch:
            span = argument_spans(expression, found).get(mismatch.argument or "", expression.span)
            message = f"{found.called()} {mismatch.message}"
            raise Complaint(wrong_argument(message, span, mismatch.repair, self.frames_notes())) from None

    def _argument_mistake(self, mistake: ArgumentError, expression: ast.Call | ast.Name | ast.Record) -> Diagnostic:
        span, notes = expression.span, self.frames_notes()
        if isinstance(expression, ast.Call) and mistake.position is not None and mistake.position < len(expression.positional):
            span = expression.positional[mistake.position].span
        if isinstance(expression, ast.Call | ast.Record):
            for one in expression.keywords:
                if one.name == mistake.name:
                    span = one.name_span if mistake.unknown else one.value.span
        if mistake.unknown:
            return unknown_argument(mistake.message, span, mistake.repair, notes)
        if isinstance(mistake.value, PlacedWord) and mistake.repair is None:
            unknown = unknown_name(mistake.value, mistake.value.span, {*mistake.options, *self._sizes_in_scope()}, notes, mistake.message)
            return self.nothing_called(mistake.value, unknown)
        arrow = "tensors go to a layer along an arrow: `x -> layer`" if isinstance(mistake.value, Tensor) else None
        return wrong_argument(mistake.message, span, mistake.repair or arrow, notes)

    def peek(self, name: str) -> Any:
        """The value of a name, without counting as a use of it."""
        binding = self.scope.find(name)
        return binding.value if binding is not None else None

    def _sizes_in_scope(self) -> Iterable[str]:
        return (name for name in self.scope.visible() if is_number(self.peek(name)))

    # Tensors ----------------------------------------------------------------

    def tensors(self, value: Any, span: Span) -> tuple[Tensor, ...]:
        """The value as operands."""
        if isinstance(value, Tensor):
            return (value,)
        values = value if isinstance(value, tuple) else (value,)
        if not holds_tensor(values):
            raise Complaint(not_a_tensor(describe_value(value), span))
        return tuple([self.operand(one, span) for one in values])

    def appliable(self, value: Any, span: Span) -> Appliable:
        """The value as something to apply to tensors."""
        if isinstance(value, Defined):
            missing = [one.name for one in value.definition.parameters or () if one.default is None]
            if missing:
                raise Complaint(missing_arguments(value.definition, missing, span))
            return Closure(value.definition, value.scope, {}, span)
        if not isinstance(value, APPLIABLE):
            raise Complaint(not_appliable(describe_value(value), span))
        return value

    def apply(self, value: Appliable, operands: Sequence[Tensor], span: Span) -> tuple[Tensor, ...]:
        """Apply a layer, function or block to tensors.

        Raises:
            Complaint: it cannot take them.
        """
        self.session.count_step(span)
        match value:
            case LayerUse(component=component):
                owner = self._owner(component)
                return self.add_call(component, owner, operands, span, value.call)
            case SharedLayer():
                return self.add_call(value.component, value.owner, operands, span, None)
            case FunctionUse():
                return self.apply_function(value, operands, span)
            case Pipeline(steps=steps):
                return self._apply_all(steps, operands, span)
            case Repeat():
                return self._apply_repeatedly(value, operands, span)
            case SharedBlock():
                return self._apply_shared(value, operands, span)
            case Closure():
                return self._expanded(value, operands, span)

    def _expanded(self, value: Closure, operands: Sequence[Tensor], span: Span) -> tuple[Tensor, ...]:
        start = len(self.builder.nodes) if self.builder is not None else 0
        results = self.expand(self, value, operands, span)
        if self.session.trace is not None and self.builder is not None:
            self.session.trace.call((value.span, span), value.definition, operands, results, self.builder, start)
        return results

    def _apply_all(self, steps: Iterable[Appliable], operands: Sequence[Tensor], span: Span) -> tuple[Tensor, ...]:
        current = tuple(operands)
        for step in steps:
            where = step.span if isinstance(step, LayerUse | FunctionUse) else span
            current = self.apply(step, current, where)
        return current

    def _apply_repeatedly(self, value: Repeat, operands: Sequence[Tensor], span: Span) -> tuple[Tensor, ...]:
        try:
            return self._apply_all((value.step for _ in range(value.times)), operands, span)
        except OutOfBudget as reached:
            raise reached.within(value.span, f"repeated {value.times:,} times") from None

    def _apply_shared(self, value: SharedBlock, operands: Sequence[Tensor], span: Span) -> tuple[Tensor, ...]:
        outer, self.owners = self.owners, Replay(value.owners, self.owners)
        try:
            return self.apply(value.appliable, operands, span)
        except LayersDiffer:
            raise Complaint(layers_differ(span, value.span)) from None
        finally:
            self.owners = outer

    def _owner(self, component: Layer, name: str | None = None) -> Owner:
        if self.owners is not None:
            return self.owners.take(component)
        return Owner(name or snake_case(type(component).__name__), component)

    def share(self, value: Any, name: str, span: Span) -> SharedLayer | SharedBlock:
        """What `layer NAME = value` binds."""
        appliable = self.appliable(value, span)
        if isinstance(appliable, LayerUse):
            return SharedLayer(self._owner(appliable.component, name), appliable.component, span)
        if isinstance(appliable, SharedLayer | SharedBlock):
            return appliable
        return SharedBlock(appliable, [], span)

    def add_call(
        self, component: Any, owner: Owner | None, operands: Sequence[Tensor], span: Span, call: ast.Call | ast.Name | None
    ) -> tuple[Tensor, ...]:
        self.session.count_step(span, sum([2 + len(one.type.shape) for one in operands]))
        self._check_operand_count(type(component), len(operands), span)
        builder = self._in_graph(span)
        results = builder.apply(component, owner, operands, span, call, self.expansion)
        if self.session.trace is not None:
            self.session.trace.call((span,), component, operands, results, builder, len(builder.nodes) - 1)
        return results

    def _check_operand_count(self, component: Any, count: int, span: Span) -> None:
        least, most = component.operand_counts()
        if count < least or (most is not None and count > most):
            raise Complaint(wrong_operand_count(component, count, least, most, span, self.frames_notes()))

    def apply_function(self, use: FunctionUse, operands: Sequence[Tensor], span: Span) -> tuple[Tensor, ...]:
        """Operands come from the left of the arrow, then from the arguments; what is left fills the fields."""
        parameters = use.function.operands()
        taken = list(operands)
        rest = list(use.positional)
        if rest and isinstance(rest[0][0], tuple) and holds_tensor(rest[0][0]):
            rest[:1] = [(value, rest[0][1]) for value in rest[0][0]]
        while rest and self._takes_operand(use.function, len(taken), rest[0][0]):
            value, place = rest.pop(0)
            taken.append(self.operand(value, place))
        named = dict(use.keywords)
        for parameter in parameters[len(taken) :]:
            if parameter.name in named:
                taken.append(self.operand(*named.pop(parameter.name)))
        arguments = {name: value for name, (value, _) in named.items()}
        call = without_operands(use.call, len(rest))
        component = self.build(use.function, [value for value, _ in rest], arguments, call)
        assert isinstance(component, Function)
        return self.add_call(component, None, taken, span, call)

    def _takes_operand(self, function: type[Function], taken: int, value: Any) -> bool:
        parameters = function.operands()
        if parameters and parameters[-1].variadic:
            return isinstance(value, Tensor) or (is_number(value) and taken < len(parameters))
        if taken >= len(parameters):
            return False
        return isinstance(value, Tensor) or (not parameters[taken].optional and (is_number(value) or isinstance(value, bool)))

    def operand(self, value: Any, span: Span) -> Tensor:
        if isinstance(value, Tensor):
            return value
        if isinstance(value, PlacedWord):
            raise Complaint(self.unknown(value, value.span))
        if is_number(value) or isinstance(value, bool):
            return self._in_graph(span).constant(value, span, self.expansion)
        raise Complaint(not_a_tensor(describe_value(value), span))

    def _in_graph(self, span: Span) -> Builder:
        """The graph, which is about to get one more call."""
        self.session.count_step(span, CALL)
        if self.builder is None:
            raise Complaint(no_tensors_here(span))
        return self.builder


class Replay:
    """Hands out the weights of a shared block: new ones the first time, the same ones, in order, ever after."""

    def __init__(self, owners: list[Owner], outer: "Replay | None"):
        self._owners, self._outer, self._next = owners, outer, 0
        self._filling = not owners

    def take(self, component: Layer) -> Owner:
        if self._filling:
            owner = self._outer.take(component) if self._outer is not None else Owner(snake_case(type(component).__name__), component)
            self._owners.append(owner)
            return owner
        self._next += 1
        if self._next > len(self._owners) or self._owners[self._next - 1].component != component:
            raise LayersDiffer
        return self._owners[self._next - 1]


class LayersDiffer(Exception):
    """A shared block makes other layers in this application than in its first."""


def single(results: tuple[Tensor, ...]) -> Any:
    """One result by itself, several as a tuple."""
    return results[0] if len(results) == 1 else results


def bare(value: Any) -> Any:
    """A value as the catalogue takes it: layers without their place."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, LayerUse):
        return value.component
    if isinstance(value, FunctionUse):
        return _function_of(value)
    if isinstance(value, tuple):
        return tuple(bare(one) for one in value)
    return value


_PLAIN = frozenset((int, float, bool, str, PlacedWord, type(None)))


def _is_plain(value: object) -> bool:
    """Whether a value is the same as all that are equal to it and of its type, as 0.0 and -0.0 are not, nor (1, 1.0) and (1, 1)."""
    return type(value) in _PLAIN and (value != 0 or type(value) is not float)


def _built(found: type[Component], /, *positional: object, **keywords: object) -> Component:
    return found.build(*positional, **keywords)


_remembered: Callable[..., Component] = lru_cache(maxsize=REMEMBERED, typed=True)(_built)
"""The same, of plain arguments: equal calls give the same component."""


def _function_of(use: FunctionUse) -> Any:
    """A function with its arguments, as an argument itself (`activation=gelu(approximate=true)`); the use where it is not complete."""
    try:
        return use.function.build(*(bare(value) for value, _ in use.positional), **{name: bare(value) for name, (value, _) in use.keywords.items()})
    except (ArgumentError, Mismatch):
        return use


def holds_tensor(value: Any) -> bool:
    """Whether a value is a tensor, or a tuple with one in it."""
    return isinstance(value, Tensor) or (isinstance(value, tuple) and any(isinstance(one, Tensor) for one in value))


def without_operands(call: ast.Call | ast.Name, arguments: int) -> ast.Call | ast.Name:
    """A call of which only the last so many positional arguments are left: those before them are operands, and fill no field."""
    if isinstance(call, ast.Name):
        return call
    return ast.Call(call.span, call.callee, call.positional[len(call.positional) - arguments :], call.keywords)
