"""Calls: what a name with arguments is, and what becomes of it."""

from collections.abc import Callable, Sequence
from typing import Any

from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Anything, Kind, Rejected
from nndsl.catalogue.training.terms import Term
from nndsl.diagnostics import did_you_mean
from nndsl.elaboration.applying import Applier, bare, holds_tensor, single
from nndsl.elaboration.arithmetic import COMPILE_TIME, Impossible, Undecided, extent
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.mistakes import (
    called_twice,
    impossible_arithmetic,
    missing_arguments,
    not_callable,
    out_of_place,
    too_many_arguments,
    undecided_size,
    unknown_name,
    wrong_argument,
    wrong_parameter,
)
from nndsl.elaboration.session import OutOfBudget
from nndsl.elaboration.values import (
    APPLIABLE,
    FAILED,
    Closure,
    Defined,
    FunctionUse,
    LayerUse,
    Tensor,
    describe_value,
    failed,
)
from nndsl.source import Span
from nndsl.syntax import ast

ANY = Anything()
ELEMENTS_A_STEP = 2
"""How many elements of a list are made, or looked at, in the time of one step."""


class Caller(Applier):
    """Evaluates names of the catalogue, calls, and what stands for an argument; what else an expression may be, its subclass knows."""

    _rules: dict[type, Callable[..., Any]]

    def evaluate(self, expression: ast.Expression, want: Kind | None = None) -> Any:
        """The value of an expression, or `FAILED` once what is wrong with it has been reported.

        Args:
            want: the kind of argument that the expression stands for; bare words mean options there.
        """
        session = self.session
        session.steps -= 1
        if session.steps < 0:
            session.count_step(expression.span, 0)
        try:
            return self._rules[type(expression)](self, expression, want)
        except OutOfBudget:
            raise
        except Complaint as complaint:
            session.count_mistakes(expression.span)
            complaint.report_to(session.report)
            return FAILED

    def argument(self, expression: ast.Expression) -> Any:
        """The value of what stands for an argument of any kind: words that are no names mean options."""
        return self.evaluate(expression, ANY)

    def _count_lists(self, span: Span, *values: Any) -> int:
        """Take what it costs to go through lists off the budget; how long they are."""
        total = sum(extent(one) for one in values if isinstance(one, tuple))
        self.session.count_step(span, total // ELEMENTS_A_STEP)
        return total

    def _mark_used(self, span: Span) -> None:
        known = self.session.bound.get(span)
        if known is not None and not known[1]:
            self.session.bound[span] = (known[0], True)

    def _catalogued(self, name: str, want: Kind | None = None) -> type[Component] | None:
        for family in (*(want.families() if want is not None else ()), *self.families):
            found = family.find(name)
            if found is not None:
                return found
        return None

    def _use(self, found: type[Component], expression: ast.Name) -> Any:
        """A component by its name alone: applied with the defaults of its arguments."""
        if issubclass(found, Function):
            return FunctionUse(found, (), {}, expression)
        return self.built(found, [], [], expression)

    def converted(self, expression: ast.Expression, kind: Kind, what: str) -> Any:
        """The value of an expression as a kind takes it; `FAILED` once it was reported that it does not.

        Args:
            what: what the value is for, in messages: "`epochs`".
        """
        value = self.evaluate(expression, kind)
        if value is FAILED:
            return FAILED
        try:
            return kind.convert(bare(value))
        except Rejected as rejected:
            message = f"{what} is {rejected.expected}, not {describe_value(value)}"
            repair = _completed(value, kind) or (did_you_mean(value, rejected.options) if isinstance(value, str) else None)
            self.session.report.add(wrong_argument(message, expression.span, repair))
            return FAILED

    # Calls -------------------------------------------------------------------

    def _call(self, expression: ast.Call, want: Kind | None) -> Any:
        if isinstance(expression.callee, ast.Name):
            return self._call_by_name(expression, expression.callee, want)
        callee = self.evaluate(expression.callee)
        return FAILED if callee is FAILED else self._call_value(callee, expression)

    def _call_by_name(self, expression: ast.Call, callee: ast.Name, want: Kind | None) -> Any:
        binding = self.scope.find(callee.text)
        if binding is not None:
            self._mark_used(binding.span)
            self.session.saw(callee.span, binding.value)
            return FAILED if binding.value is FAILED else self._call_value(binding.value, expression)
        found = self._catalogued(callee.text, want)
        if callee.text in COMPILE_TIME:
            computed = self._computed(expression, callee.text, found)
            if computed is not None:
                return computed
        if found is None:
            self._evaluate_arguments(expression)
            if callee.text in Term.names():
                repair = "objectives are made in `train` blocks: `minimize ...`"
                raise Complaint(out_of_place(f"`{callee.text}`", "in a network or block", callee.span, repair))
            known = set(want.options()) if want is not None else set()
            raise Complaint(self.nothing_called(callee.text, unknown_name(callee.text, callee.span, known | self._callable_names(), self.frames_notes())))
        return self.call_component(found, expression)

    def call_component(self, found: type[Component], expression: ast.Call) -> Any:
        """`Dense(64)`, `concat(a, b)`: something of the catalogue, with arguments."""
        if issubclass(found, Function):
            return self._call_function(found, expression)
        return self.built(found, expression.positional, expression.keywords, expression)

    def _callable_names(self) -> set[str]:
        names = {name for name in self.scope.visible() if isinstance(self.peek(name), Defined)}
        return names.union(*(family.names() for family in self.families))

    def _computed(self, expression: ast.Call, name: str, found: type[Component] | None) -> Any:
        """The result of a function of numbers; None if the function of tensors with that name is meant."""
        if found is not None and (expression.keywords or not expression.positional):
            return None
        if found is not None and any(self._is_tensor(one) for one in expression.positional):
            return None
        values = [self.evaluate(one) for one in expression.positional]
        if failed(values):
            return FAILED
        if found is not None and any(holds_tensor(value) for value in values):
            return self._direct(found, [*zip(values, [one.span for one in expression.positional], strict=True)], {}, expression)
        self._count_lists(expression.span, *values)
        try:
            result = COMPILE_TIME[name](*values)
            self._count_lists(expression.span, result)
            return result
        except Impossible as impossible:
            raise Complaint(impossible_arithmetic(str(impossible), expression.span)) from None
        except Undecided as undecided:
            raise Complaint(undecided_size(str(undecided), expression.span)) from None

    def _is_tensor(self, expression: ast.Expression) -> bool:
        """Whether an argument is a tensor by its name alone (anything else is known once it is evaluated)."""
        return isinstance(expression, ast.Name) and isinstance(self.peek(expression.text), Tensor)

    def _evaluate_arguments(self, expression: ast.Call) -> None:
        """Look for mistakes in the arguments of a call that cannot be made."""
        for argument in (*expression.positional, *(one.value for one in expression.keywords)):
            self.argument(argument)

    def _call_value(self, callee: Any, expression: ast.Call) -> Any:
        if isinstance(callee, Defined):
            return self._closure(callee, expression)
        if isinstance(callee, APPLIABLE):
            self._evaluate_arguments(expression)
            raise Complaint(called_twice(expression))
        self._evaluate_arguments(expression)
        raise Complaint(not_callable(describe_value(callee), expression.callee.span))

    def _closure(self, callee: Defined, expression: ast.Call) -> Any:
        """A block or network with its arguments bound to its parameters."""
        parameters = [one.name for one in callee.definition.parameters or ()]
        values = [(self.argument(one), one.span) for one in expression.positional]
        named = {one.name: (self.argument(one.value), one.name_span) for one in expression.keywords}
        if len(values) > len(parameters):
            raise Complaint(too_many_arguments(callee.definition, len(values), values[len(parameters)][1]))
        arguments = dict(zip(parameters, (value for value, _ in values), strict=False))
        for name, (value, span) in named.items():
            if name not in parameters or name in arguments:
                raise Complaint(wrong_parameter(callee.definition, name, span, name in arguments))
            arguments[name] = value
        missing = [one.name for one in callee.definition.parameters or () if one.default is None and one.name not in arguments]
        if missing:
            raise Complaint(missing_arguments(callee.definition, missing, expression.span))
        if failed(arguments.values()):
            return FAILED
        return Closure(callee.definition, callee.scope, arguments, expression.span)

    def built(
        self, found: type[Component], positional: Sequence[ast.Expression], keywords: Sequence[ast.Keyword],
        expression: ast.Call | ast.Name | ast.Record,
    ) -> Any:
        """A component with its arguments checked; a layer becomes something that can be applied."""
        kinds = [found.kind_at(index) for index in range(len(positional))]
        values = [self.evaluate(one, kind or ANY) for one, kind in zip(positional, kinds, strict=True)]
        fields = found.fields()
        named = {one.name: self.evaluate(one.value, fields[one.name].kind if one.name in fields else ANY) for one in keywords}
        if failed(values) or failed(named.values()):
            return FAILED
        component = self.build(found, values, named, expression)
        if isinstance(component, Layer) and not isinstance(expression, ast.Record):
            return LayerUse(component, expression)
        return component

    # Functions ---------------------------------------------------------------

    def _call_function(self, function: type[Function], expression: ast.Call) -> Any:
        positional = [(self.argument(one), one.span) for one in expression.positional]
        fields = function.fields()
        named = {
            one.name: (self.evaluate(one.value, fields[one.name].kind if one.name in fields else ANY), one.value.span)
            for one in expression.keywords
        }
        if any(value is FAILED for value, _ in (*positional, *named.values())):
            return FAILED
        if any(holds_tensor(value) for value, _ in positional):
            return self._direct(function, positional, named, expression)
        return FunctionUse(function, tuple(positional), named, expression)

    def _direct(
        self, function: type[Component], positional: Sequence[tuple[Any, Span]], named: dict[str, tuple[Any, Span]],
        expression: ast.Call | ast.Name,
    ) -> Any:
        """`concat(a, b, axis=1)`: the operands are the first arguments."""
        assert issubclass(function, Function)
        use = FunctionUse(function, tuple(positional), named, expression)
        return single(self.apply_function(use, (), expression.span))


def _completed(value: Any, kind: Kind) -> str | None:
    """What to write for a component that is given by its name alone, and needs arguments."""
    for family in kind.families() if isinstance(value, str) else ():
        found = family.find(value)
        if found is not None and found.required():
            return f"give it its arguments: `{value}({', '.join(f'{name}=...' for name in found.required())})`"
    return None
