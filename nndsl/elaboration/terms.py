"""Sums of terms as they are written: what a sum consists of, and what each term is called in the figures."""

from collections.abc import Sequence

from nndsl.syntax import ast


def summands(expression: ast.Expression) -> list[tuple[str, ast.Expression]]:
    """The terms of a sum, each with its sign; that of the first is `+`."""
    terms: list[tuple[str, ast.Expression]] = []
    while isinstance(expression, ast.Binary) and expression.operator in ("+", "-"):
        terms.append((expression.operator, expression.right))
        expression = expression.left
    return [("+", expression), *reversed(terms)]


_RESERVED = ("loss", "epoch", "learning_rate")
"""What an epoch's figures are called that are no terms."""


def names_of(terms: Sequence[ast.Expression]) -> list[str]:
    """What each term is logged as: its function, with what it is about where several are of one function."""
    plain = [_function_of(one) for one in terms]
    named = [f"{name}_{subject}" if plain.count(name) > 1 and (subject := _subject_of(one)) else name
             for name, one in zip(plain, terms, strict=True)]
    named = [f"{name}_term" if name in _RESERVED or name.startswith("val_") else name for name in named]
    return [name if named.count(name) == 1 else f"{name}_{named[: place + 1].count(name)}" for place, name in enumerate(named)]


def _function_of(expression: ast.Expression) -> str:
    match expression:
        case ast.Name(text=text):
            return text
        case ast.Call(callee=ast.Name(text=text)):
            return text
        case ast.Arrow(steps=steps):
            return _function_of(steps[-1])
    return "term"


def _subject_of(expression: ast.Expression) -> str | None:
    """The name of the tensor that a term is about."""
    match expression:
        case ast.Call(positional=(first, *_)):
            return _subject_of(first)
        case ast.Arrow(steps=(first, *_)):
            return _subject_of(first)
        case ast.Name(text=text):
            return text
    return None
