"""Numbers as the file writes them, in Python: `2 * width` as `2 * WIDTH`, where that is the number that the graph has."""

import operator
from collections.abc import Callable, Mapping, Sequence
from math import floor
from typing import Any

from nndsl.catalogue.component import same
from nndsl.emission.writing import Code, together
from nndsl.frozen import Frozen
from nndsl.syntax import ast

_SIGNS: dict[str, tuple[Callable[[Any, Any], Any], int]] = {
    "+": (operator.add, 4), "-": (operator.sub, 4), "*": (operator.mul, 5), "/": (operator.truediv, 5), "//": (operator.floordiv, 5),
    "%": (operator.mod, 5), "**": (operator.pow, 7),
}  # fmt: skip
_UNARY, _ATOM = 6, 9


class Formula(Frozen, eq=False):
    """An expression, and what it is worth in each of several cases.

    Attributes:
        binding: how tightly its sign binds.
    """

    code: str
    values: tuple[Any, ...]
    binding: int = _ATOM

    def within(self, binding: int) -> str:
        """The code as an operand of a sign that binds so tightly."""
        return self.code if self.binding >= binding else f"({self.code})"


class CannotWrite(Exception):
    """An expression has something in it that has no name in the program, or is no number."""


Known = Callable[[str], Formula]
"""Gives what a name stands for; raises `CannotWrite`."""


def formula(expression: ast.Expression, known: Known, cases: int) -> Formula:
    """An expression in Python.

    Args:
        cases: in how many cases it is worth something.

    Raises:
        CannotWrite: it is not made of numbers and known names.
    """
    match expression:
        case ast.Number(value=value, span=span):
            text = span.text.lower()
            return Formula(text if _is_python(text, value) else repr(value), (value,) * cases)
        case ast.Name(text=name):
            return known(name)
        case ast.Unary(operator="-", operand=operand):
            inner = formula(operand, known, cases)
            return Formula(f"-{inner.within(_UNARY)}", tuple(-one for one in _numbers(inner)), _UNARY)
        case ast.Binary(operator=sign, left=left, right=right) if sign in _SIGNS:
            return _binary(sign, formula(left, known, cases), formula(right, known, cases))
        case ast.Call(callee=ast.Name(text=name), positional=positional, keywords=()):
            return _called(name, [formula(one, known, cases) for one in positional])
    raise CannotWrite


def _binary(sign: str, left: Formula, right: Formula) -> Formula:
    compute, binding = _SIGNS[sign]
    try:
        values = tuple(compute(one, other) for one, other in zip(_numbers(left), _numbers(right), strict=True))
    except (ArithmeticError, TypeError):
        raise CannotWrite from None
    if sign == "**":
        joint = "**" if _is_simple(left.code) and _is_simple(right.code) else " ** "
        return Formula(f"{left.within(binding + 1)}{joint}{right.within(_UNARY)}", values, binding)
    return Formula(f"{left.within(binding)} {sign} {right.within(binding + 1)}", values, binding)


def _is_simple(code: str) -> bool:
    """Whether a power of it is written without blanks, as formatters have it."""
    return code.replace(".", "a").replace("-", "", 1).isidentifier() or code.lstrip("-").replace(".", "").isdigit()


def _called(name: str, operands: Sequence[Formula]) -> Formula:
    values = [_numbers(one) for one in operands]
    if name == "sqrt" and len(operands) == 1:
        return Formula(f"{operands[0].within(8)}**0.5", tuple(one**0.5 for one in values[0]), 7)
    if name == "floor" and len(operands) == 1:
        return Formula(f"int({operands[0].code})", tuple(floor(one) for one in values[0]))
    if name in ("min", "max") and len(operands) > 1:
        compute: Callable[..., Any] = min if name == "min" else max
        return Formula(f"{name}({', '.join(one.code for one in operands)})", tuple(compute(*one) for one in zip(*values, strict=True)))
    raise CannotWrite


def _numbers(one: Formula) -> tuple[Any, ...]:
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in one.values):
        raise CannotWrite
    return one.values


def _is_python(text: str, value: Any) -> bool:
    try:
        found = float(text) if isinstance(value, float) else int(text)
    except ValueError:
        return False
    return bool(found == value) and not text.startswith(".") and not text.endswith(".")


def matching(expression: ast.Expression | None, wanted: Sequence[Any], known: Known) -> Code | None:
    """An expression in Python, if it is worth what is wanted in each case."""
    match expression:
        case None:
            return None
        case ast.ListOf(items=items) | ast.TupleOf(items=items) if items and all(isinstance(one, tuple) and len(one) == len(items) for one in wanted):
            parts = [matching(one, [value[place] for value in wanted], known) for place, one in enumerate(items)]
            found = [one for one in parts if one is not None]
            return together(found) if len(found) == len(items) else None
    try:
        found_formula = formula(expression, known, len(wanted))
    except (CannotWrite, RecursionError, OverflowError):
        return None
    return found_formula.code if all(map(same, found_formula.values, wanted)) else None


def names_in(expression: Any) -> set[str]:
    """The names that an expression is made of."""
    match expression:
        case ast.Name(text=text):
            return {text}
        case ast.Unary(operand=operand):
            return names_in(operand)
        case ast.Binary(left=left, right=right):
            return names_in(left) | names_in(right)
        case ast.Call(positional=positional):
            return {name for one in positional for name in names_in(one)}
        case ast.ListOf(items=items) | ast.TupleOf(items=items):
            return {name for one in items for name in names_in(one)}
    return set()


Constants = Mapping[str, tuple[str, Any]]
"""By the name in the file, the name in the program, and the value."""
