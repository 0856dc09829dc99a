"""Expressions: what each is worth."""

from typing import Any

from nndsl.catalogue.applicable import Function
from nndsl.catalogue.durations import Duration
from nndsl.catalogue.kinds import Kind
from nndsl.elaboration.applying import bare, single
from nndsl.elaboration.arithmetic import LONGEST_LIST, TOO_LONG, Impossible, Undecided, combine, is_number
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.calling import ANY, Caller
from nndsl.elaboration.mistakes import (
    impossible_arithmetic,
    later,
    no_receptive_field,
    not_a_condition,
    tensor_subscript,
    undecided_size,
    unknown_attribute,
    wrong_repetition,
)
from nndsl.elaboration.session import STEPS_A_NODE, OutOfBudget
from nndsl.elaboration.values import (
    CALLED,
    FAILED,
    DataField,
    DataSet,
    Pipeline,
    PlacedWord,
    Repeat,
    Tensor,
    Value,
    describe_value,
    failed,
)
from nndsl.receptive_field import NotLocal, receptive_field
from nndsl.source import Span
from nndsl.syntax import ast

_OPERATORS = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "floor_divide", "%": "mod", "**": "power",
    "==": "equal", "!=": "not_equal", "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal",
    "and": "logical_and", "or": "logical_or",
}
LONGEST_REPEAT = 100_000


class Evaluator(Caller):
    """Evaluates the expressions of one body."""

    # Values ------------------------------------------------------------------

    def _constant(self, expression: ast.Number | ast.String | ast.Truth, want: Kind | None) -> Any:
        return expression.value

    def _duration(self, expression: ast.Duration, want: Kind | None) -> Duration:
        return Duration(expression.value, expression.unit)

    def _list(self, expression: ast.ListOf | ast.TupleOf, want: Kind | None) -> Any:
        inner = ANY if want is not None else None
        values = tuple(self.evaluate(one, self._element_kind(want, inner)) for one in expression.items)
        if failed(values):
            return FAILED
        if self._count_lists(expression.span, values) > LONGEST_LIST:
            raise Complaint(impossible_arithmetic(TOO_LONG, expression.span))
        return values

    def _element_kind(self, want: Kind | None, otherwise: Kind | None) -> Kind | None:
        """Elements take the words and the components that their list takes."""
        return want if want is not None and (want.options() or want.families()) else otherwise

    def _record(self, expression: ast.Record, want: Kind | None) -> Any:
        values = {one.name: self.evaluate(one.value, want) for one in expression.keywords}
        return FAILED if failed(values.values()) else Settings(values, expression)

    def _name(self, expression: ast.Name, want: Kind | None) -> Any:
        name = expression.text
        binding = self.scope.find(name)
        if binding is not None:
            self._mark_used(binding.span)
            if self.session.trace is not None:
                self.session.trace.name(expression.span, binding.value)
            return binding.value
        if want is not None and want is not ANY and (want.knows(name) or not want.families() or not self._catalogued(name)):
            return PlacedWord(name, expression.span)
        found = self._catalogued(name)
        if found is not None:
            return self._use(found, expression)
        if want is not None:
            return PlacedWord(name, expression.span)
        raise Complaint(self.nothing_called(name, self.unknown(name, expression.span)))

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
            if isinstance(value, CALLED):
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
        spine = _left_spine(expression)
        value = self.evaluate(spine[0].left)
        for part in spine:
            right = self.evaluate(part.right)
            value = FAILED if value is FAILED or right is FAILED else self._combined(value, right, part)
        return value

    def _combined(self, left: Any, right: Any, expression: ast.Binary) -> Any:
        operator, span = expression.operator, expression.span
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return self._tensor_operation(operator, (left, expression.left.span), (right, expression.right.span), span)
        if operator == "*" and isinstance(left, CALLED):
            return self._repeated(left, right, expression)
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
        return single(self.add_call(function.by_default(), None, operands, span, None))

    def _repeated(self, left: Any, right: Any, expression: ast.Binary) -> Any:
        step = self.appliable(left, expression.left.span)
        if isinstance(right, bool) or not isinstance(right, int) or not 0 <= right <= LONGEST_REPEAT:
            raise Complaint(wrong_repetition(describe_value(right), expression.right.span))
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
            return value if expression.operator == "+" else single(self.add_call(function.by_default(), None, [value], expression.span, None))
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
        if isinstance(base, Tensor) and expression.name == "receptive_field":
            return self.receptive_field(base, expression.span)
        known = _attributes(base)
        if expression.name not in known:
            raise Complaint(unknown_attribute(describe_value(base), expression, known))
        value = known[expression.name]
        self.session.saw(expression.name_span, value)
        return DataField(value.name, value, expression.span) if isinstance(base, DataSet) else value

    def receptive_field(self, tensor: Tensor | None, span: Span) -> int:
        """How much of the input of its network a tensor can see, or an output.

        Raises:
            Complaint: all of it; or the network is a part of another.
        """
        assert self.builder is not None
        self.session.count_step(span, STEPS_A_NODE * len(self.builder.nodes))
        if self.expansion.frames:
            raise Complaint(later("`receptive_field` in a block or network that is used as a layer", span,
                                  "state it in the network that stands alone"))
        try:
            return receptive_field(self.builder.graph(), None if tensor is None else (tensor.ref,))
        except NotLocal as reason:
            raise Complaint(no_receptive_field(str(reason), span)) from None

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


def _left_spine(expression: ast.Binary) -> list[ast.Binary]:
    """Of `a + b - c`, first `a + b` and then all: a sum of thousands of terms must not nest as deep in Python."""
    spine = [expression]
    while isinstance(inner := spine[-1].left, ast.Binary) and inner.operator not in ("and", "or"):
        spine.append(inner)
    return spine[::-1]


def _attributes(base: Any) -> dict[str, Any]:
    match base:
        case Tensor(type=type):
            return {"shape": type.shape, "rank": type.rank, "dtype": type.dtype}  # and `receptive_field`, which takes a walk
        case DataSet(plan=plan):
            return dict(plan.fields)
        case DataField(plan=plan):
            return dict(plan.attributes())
    return {}
