"""Expressions: what each is worth."""

from collections.abc import Callable, Sequence
from typing import Any

from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.component import Component
from nndsl.catalogue.durations import Duration
from nndsl.catalogue.kinds import Anything, Kind, Rejected
from nndsl.catalogue.training.terms import Term
from nndsl.diagnostics import did_you_mean
from nndsl.elaboration.applying import Applier, bare, holds_tensor, single
from nndsl.elaboration.arithmetic import COMPILE_TIME, LONGEST_LIST, TOO_LONG, Impossible, Undecided, combine, extent, is_number
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.mistakes import (
    called_twice,
    impossible_arithmetic,
    missing_arguments,
    not_a_condition,
    not_callable,
    out_of_place,
    repeated_argument,
    tensor_subscript,
    too_many_arguments,
    undecided_size,
    unknown_attribute,
    unknown_name,
    wrong_argument,
    wrong_parameter,
    wrong_repetition,
)
from nndsl.elaboration.session import OutOfBudget
from nndsl.elaboration.values import (
    APPLIABLE,
    FAILED,
    Closure,
    DataField,
    DataSet,
    Defined,
    FunctionUse,
    LayerUse,
    Pipeline,
    PlacedWord,
    Repeat,
    Tensor,
    Value,
    describe_value,
)
from nndsl.source import Span
from nndsl.syntax import ast

_ANY = Anything()
_OPERATORS = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_divide", "%": "mod", "**": "power",
    "==": "equal", "!=": "not_equal", "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal",
    "and": "logical_and", "or": "logical_or",
}
LONGEST_REPEAT = 100_000
ELEMENTS_A_STEP = 2
"""How many elements of a list are made, or looked at, in the time of one step."""


class Evaluator(Applier):
    """Evaluates the expressions of one body."""

    # Values ------------------------------------------------------------------

    def evaluate(self, expression: ast.Expression, want: Kind | None = None) -> Any:
        """The value of an expression, or `FAILED` once what is wrong with it has been reported.

        Args:
            want: the kind of argument that the expression stands for; bare words mean options there.
        """
        self.session.count_step(expression.span)
        try:
            return self._rules[type(expression)](self, expression, want)
        except OutOfBudget:
            raise
        except Complaint as complaint:
            complaint.report_to(self.session.report)
            return FAILED

    def argument(self, expression: ast.Expression) -> Any:
        """The value of what stands for an argument of any kind: words that are no names mean options."""
        return self.evaluate(expression, _ANY)

    def _constant(self, expression: ast.Number | ast.String | ast.Truth, want: Kind | None) -> Any:
        return expression.value

    def _duration(self, expression: ast.Duration, want: Kind | None) -> Duration:
        return Duration(expression.value, expression.unit)

    def _list(self, expression: ast.ListOf | ast.TupleOf, want: Kind | None) -> Any:
        inner = _ANY if want is not None else None
        values = tuple(self.evaluate(one, self._element_kind(want, inner)) for one in expression.items)
        if any(value is FAILED for value in values):
            return FAILED
        if self._count_lists(expression.span, values) > LONGEST_LIST:
            raise Complaint(impossible_arithmetic(TOO_LONG, expression.span))
        return values

    def _count_lists(self, span: Span, *values: Any) -> int:
        """Take what it costs to go through lists off the budget; how long they are."""
        total = sum(extent(one) for one in values if isinstance(one, tuple))
        self.session.count_step(span, total // ELEMENTS_A_STEP)
        return total

    def _element_kind(self, want: Kind | None, otherwise: Kind | None) -> Kind | None:
        """Elements take the words and the components that their list takes."""
        return want if want is not None and (want.options() or want.families()) else otherwise

    def _record(self, expression: ast.Record, want: Kind | None) -> Any:
        values = {one.name: self.evaluate(one.value, want) for one in expression.keywords}
        return FAILED if any(value is FAILED for value in values.values()) else Settings(values, expression)

    def _name(self, expression: ast.Name, want: Kind | None) -> Any:
        name = expression.text
        binding = self.scope.find(name)
        if binding is not None:
            binding.used = True
            self._mark_used(binding.span)
            return binding.value
        if want is not None and want is not _ANY and (name in want.options() or not want.families() or not self._catalogued(name)):
            return PlacedWord(name, expression.span)
        found = self._catalogued(name)
        if found is not None:
            return self._use(found, expression)
        if want is not None:
            return PlacedWord(name, expression.span)
        raise Complaint(self.unknown(name, expression.span))

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
            binding.used = True
            self._mark_used(binding.span)
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
            raise Complaint(unknown_name(callee.text, callee.span, known | self._callable_names(), self.frames_notes()))
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
        quiet = found is not None and any(self._is_tensor(one) for one in expression.positional)
        if quiet:
            return None
        values = [self.evaluate(one) for one in expression.positional]
        if any(value is FAILED for value in values):
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
        if any(value is FAILED for value in arguments.values()):
            return FAILED
        return Closure(callee.definition, callee.scope, arguments, expression.span)

    def built(
        self, found: type[Component], positional: Sequence[ast.Expression], keywords: Sequence[ast.Keyword],
        expression: ast.Call | ast.Name | ast.Record,
    ) -> Any:
        """A component with its arguments checked; a layer becomes something that can be applied."""
        kinds = [found.kind_at(index) for index in range(len(positional))]
        values = [self.evaluate(one, kind or _ANY) for one, kind in zip(positional, kinds, strict=True)]
        fields = found.fields()
        named: dict[str, Any] = {}
        for one in keywords:
            if one.name in named:
                raise Complaint(repeated_argument(one))
            named[one.name] = self.evaluate(one.value, fields[one.name].kind if one.name in fields else _ANY)
        if any(value is FAILED for value in (*values, *named.values())):
            return FAILED
        component = self.build(found, values, named, expression)
        if isinstance(component, Layer) and not isinstance(expression, ast.Record):
            return LayerUse(component, expression)
        return component

    # Functions ---------------------------------------------------------------

    def _call_function(self, function: type[Function], expression: ast.Call) -> Any:
        positional = [(self.argument(one), one.span) for one in expression.positional]
        fields = function.fields()
        named: dict[str, tuple[Any, Span]] = {}
        for one in expression.keywords:
            if one.name in named:
                raise Complaint(repeated_argument(one))
            kind = fields[one.name].kind if one.name in fields else _ANY
            named[one.name] = (self.evaluate(one.value, kind), one.value.span)
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

    # Arrows and operators ---------------------------------------------------------------

    def _arrow(self, expression: ast.Arrow, want: Kind | None) -> Any:
        first, *others = expression.steps
        value = self.evaluate(first)
        for step in others:
            applied = self.evaluate(step)
            if value is FAILED or applied is FAILED:
                value = FAILED
                continue
            value = self._step(value, applied, expression, step)
        return value

    def _step(self, value: Any, applied: Any, expression: ast.Arrow, step: ast.Expression) -> Any:
        try:
            appliable = self.appliable(applied, step.span)
            if isinstance(value, (Defined, *APPLIABLE)):
                return Pipeline((self.appliable(value, expression.steps[0].span), appliable), expression.span)
            operands = self.tensors(value, expression.steps[0].span)
            return single(self.apply(appliable, operands, step.span))
        except OutOfBudget:
            raise
        except Complaint as complaint:
            complaint.report_to(self.session.report)
            return FAILED

    def _binary(self, expression: ast.Binary, want: Kind | None) -> Any:
        if expression.operator in ("and", "or"):
            return self._logical(expression)
        terms, operators = _left_spine(expression)
        value = self.evaluate(terms[0])
        for operator, term in zip(operators, terms[1:], strict=True):
            right = self.evaluate(term)
            value = FAILED if value is FAILED or right is FAILED else self._combined(operator, value, right, expression, term)
        return value

    def _combined(self, operator: str, left: Any, right: Any, expression: ast.Binary, term: ast.Expression) -> Any:
        span = Span(expression.span.source, expression.span.start, term.span.end)
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self._tensor_operation(operator, (left, expression.left.span), (right, term.span), span)
        if operator == "*" and isinstance(left, (Defined, *APPLIABLE)):
            return self._repeated(left, right, expression, term)
        if isinstance(left, PlacedWord) or isinstance(right, PlacedWord):
            left, right = bare(left), bare(right)
        self._count_lists(span, left, right)
        try:
            return combine(operator, left, right)
        except Impossible as impossible:
            raise Complaint(impossible_arithmetic(str(impossible), span, self.frames_notes())) from None
        except Undecided as undecided:
            raise Complaint(undecided_size(str(undecided), span, self.frames_notes())) from None

    def _tensor_operation(self, operator: str, left: tuple[Any, Span], right: tuple[Any, Span], span: Span) -> Any:
        function = Function.find(_OPERATORS[operator]) if operator in _OPERATORS else None
        if function is None:
            raise Complaint(impossible_arithmetic(f"`{operator}` does not join tensors", span))
        operands = [self.operand(*left), self.operand(*right)]
        return single(self.add_call(function(), None, operands, span, None))

    def _repeated(self, left: Any, right: Any, expression: ast.Binary, term: ast.Expression) -> Any:
        step = self.appliable(left, expression.left.span)
        if isinstance(right, bool) or not isinstance(right, int) or not 0 <= right <= LONGEST_REPEAT:
            raise Complaint(wrong_repetition(describe_value(right), term.span))
        return Repeat(step, right, expression.span)

    def _logical(self, expression: ast.Binary) -> Any:
        left = self.evaluate(expression.left)
        if left is FAILED:
            self.evaluate(expression.right)
            return FAILED
        if isinstance(left, Tensor):
            right = self.evaluate(expression.right)
            if right is FAILED:
                return FAILED
            spans = expression.left.span, expression.right.span
            return self._tensor_operation(expression.operator, (left, spans[0]), (right, spans[1]), expression.span)
        if self.truth(left, expression.left.span) == (expression.operator == "or"):
            return left
        return self.evaluate(expression.right)

    def truth(self, value: Any, span: Span) -> bool:
        """The value as a condition."""
        if not isinstance(value, bool):
            raise Complaint(not_a_condition(describe_value(value), span))
        return value

    def _unary(self, expression: ast.Unary, want: Kind | None) -> Any:
        value = self.evaluate(expression.operand)
        if value is FAILED:
            return FAILED
        if isinstance(value, Tensor):
            function = Function.find("logical_not" if expression.operator == "not" else "negative")
            assert function is not None
            return value if expression.operator == "+" else single(self.add_call(function(), None, [value], expression.span, None))
        if expression.operator == "not":
            return not self.truth(value, expression.operand.span)
        if not is_number(value):
            message = f"`{expression.operator}` does not go before {describe_value(value)}"
            raise Complaint(impossible_arithmetic(message, expression.span))
        return -value if expression.operator == "-" else value

    def _if_else(self, expression: ast.IfElse, want: Kind | None) -> Any:
        condition = self.evaluate(expression.condition)
        if condition is FAILED:
            return FAILED
        chosen = expression.then if self.truth(condition, expression.condition.span) else expression.otherwise
        return self.evaluate(chosen, want)

    def _attribute(self, expression: ast.Attribute, want: Kind | None) -> Any:
        base = self.evaluate(expression.base)
        if base is FAILED or (isinstance(base, DataSet) and base.plan is None):
            return FAILED
        known = _attributes(base)
        if expression.name not in known:
            raise Complaint(unknown_attribute(describe_value(base), expression, known))
        value = known[expression.name]
        return DataField(value.name, value, expression.span) if isinstance(base, DataSet) else value

    def _subscript(self, expression: ast.Subscript, want: Kind | None) -> Any:
        base, index = self.evaluate(expression.base), self.evaluate(expression.index)
        if base is FAILED or index is FAILED:
            return FAILED
        if isinstance(base, Tensor):
            raise Complaint(tensor_subscript(expression.span))
        if not isinstance(base, tuple) or isinstance(index, bool) or not isinstance(index, int):
            message = f"{describe_value(base)} has no element {describe_value(index)}"
            raise Complaint(impossible_arithmetic(message, expression.span))
        if not -len(base) <= index < len(base):
            message = f"a list of {len(base)} has no element {index}; elements count from 0"
            raise Complaint(impossible_arithmetic(message, expression.index.span))
        return base[index]

    _rules: dict[type, Callable[..., Any]]


Evaluator._rules = {
    ast.Number: Evaluator._constant,
    ast.String: Evaluator._constant,
    ast.Truth: Evaluator._constant,
    ast.Duration: Evaluator._duration,
    ast.ListOf: Evaluator._list,
    ast.TupleOf: Evaluator._list,
    ast.Record: Evaluator._record,
    ast.Name: Evaluator._name,
    ast.Call: Evaluator._call,
    ast.Arrow: Evaluator._arrow,
    ast.Binary: Evaluator._binary,
    ast.Unary: Evaluator._unary,
    ast.IfElse: Evaluator._if_else,
    ast.Attribute: Evaluator._attribute,
    ast.Subscript: Evaluator._subscript,
}


class Settings(Value, eq=False):
    """`(monitor=val_loss, patience=10)`, evaluated."""

    values: dict[str, Any]
    written: ast.Record

    def __str__(self) -> str:
        return "settings in brackets"


def _left_spine(expression: ast.Binary) -> tuple[list[ast.Expression], list[str]]:
    """`a + b - c` as its terms and operators: a sum of thousands of terms must not nest as deep in Python."""
    terms, operators = [], []
    current: ast.Expression = expression
    while isinstance(current, ast.Binary) and current.operator not in ("and", "or"):
        terms.append(current.right)
        operators.append(current.operator)
        current = current.left
    return [current, *reversed(terms)], operators[::-1]


def _attributes(base: Any) -> dict[str, Any]:
    match base:
        case Tensor(type=type):
            return {"shape": type.shape, "rank": type.rank, "dtype": type.dtype}
        case DataSet(plan=plan):
            return dict(plan.fields)
        case DataField(plan=plan):
            return dict(plan.attributes())
    return {}


def _completed(value: Any, kind: Kind) -> str | None:
    """What to write for a component that is given by its name alone, and needs arguments."""
    for family in kind.families() if isinstance(value, str) else ():
        found = family.find(value)
        if found is not None and found.required():
            return f"give it its arguments: `{value}({', '.join(f'{name}=...' for name in found.required())})`"
    return None
