"""From rules of the grammar to syntax nodes: one method for each rule, called when the rule is complete."""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, Literal, NamedTuple, TypeAlias, cast

from nndsl.diagnostics import Diagnostic
from nndsl.source import Span
from nndsl.syntax import ast, expression_mistakes, statement_mistakes, token_mistakes
from nndsl.syntax.grammar import sign_of
from nndsl.syntax.lexing import Lexer, Token

LARGEST = 2**63 - 1
TRAILERS = 16
"""How many calls, attributes and indices may follow each other: `a.b.c(1)[2]`."""

Arguments: TypeAlias = tuple[tuple[ast.Expression, ...], tuple[ast.Keyword, ...]]
Body: TypeAlias = tuple[ast.Statement, ...]
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class Trailer(NamedTuple):
    """What follows a value: arguments, `.name` or `[index]`."""

    end: int
    arguments: Arguments | None = None
    name: Token | None = None
    place: ast.Expression | None = None


class Clause(NamedTuple):
    """`over x`, `with x` or `times x`."""

    word: Token
    value: ast.Expression


class Builder:
    """Makes the nodes of one source. Every method takes where its rule starts and ends, then its parts."""

    def __init__(self, lexer: Lexer):
        self._source = lexer.source
        self._text = lexer.source.text
        self._lexer = lexer

    def _add(self, mistake: Diagnostic, start: int | None = None, end: int | None = None) -> None:
        """Report a mistake, unless another one lies between `start` and `end`: it would be said about what was made up there."""
        span = mistake.span
        assert span is not None
        start, end = span.start if start is None else start, span.end if end is None else end
        if not any(start <= place <= end for place in (*self._lexer.spoilt, *self._lexer.doubtful)):
            self._lexer.add(mistake, spoils=True)

    def _span(self, token: Token) -> Span:
        return Span(self._source, token[1], token[2])

    def _word(self, token: Token) -> str:
        return self._text[token[1] : token[2]]

    def _target(self, token: Token) -> ast.Target:
        return ast.Target(self._span(token), self._word(token))

    # Bodies --------------------------------------------------------------------------------------

    def start(self, start: int, end: int, *statements: ast.Statement | None) -> ast.Spec:
        body, before = list(self.body(start, end, *statements)), 0
        spoilt = sorted(self._lexer.spoilt)
        for index, statement in enumerate(body if spoilt else ()):
            place = bisect_left(spoilt, before)
            if place < len(spoilt) and spoilt[place] <= statement.span.end:
                body[index] = _broken(statement)
            before = statement.span.end + 1
        return ast.Spec(self._source, tuple(body))

    def body(self, start: int, end: int, *statements: ast.Statement | None) -> Body:
        body = tuple(one for one in statements if one is not None)
        for one in body[:-1]:
            match one:
                case ast.Evaluate(value=value) if (compared := _compared_name(value)) is not None:
                    self._add(expression_mistakes.comparison_alone(one.span, compared.text))
        return body

    def broken(self, start: int, end: int, *rest: Body) -> ast.Statement:
        if start in self._lexer.known:
            return self._lexer.known[start]
        self._lexer.spoilt.append(start)
        targets = tuple(self._target(name) for name in self._lexer.names_left_out.get(start, ()))
        return ast.Broken(Span(self._source, start, end), targets, rest[0] if rest else ())

    # Statements ----------------------------------------------------------------------------------

    def definition(
        self, start: int, end: int, kind: Token, name: Token, parameters: tuple[ast.Parameter, ...] | None, body: Body
    ) -> ast.Definition:
        documentation: str | None = None
        match body:
            case (ast.Evaluate(value=ast.String() as string), *_):
                documentation, body = string.value, body[1:]
        word = cast(Literal["block", "network", "data", "train"], self._word(kind))
        head = Span(self._source, kind[1], name[2])
        return ast.Definition(Span(self._source, start, end), word, self._word(name), head, parameters, documentation, body)

    def parameters(self, start: int, end: int, *parameters: ast.Parameter) -> tuple[ast.Parameter, ...]:
        self._unique([(one.name, one.target.span) for one in parameters])
        return parameters

    def parameter(self, start: int, end: int, name: Token, default: ast.Expression | None) -> ast.Parameter:
        return ast.Parameter(Span(self._source, start, end), self._word(name), default)

    def imports(self, start: int, end: int, path: Token, *names: ast.ImportedName) -> ast.Import:
        return ast.Import(Span(self._source, start, end), self.string(path[1], path[2], path), names)

    def imported(self, start: int, end: int, name: Token, alias: Token | None) -> ast.ImportedName:
        return ast.ImportedName(Span(self._source, start, end), self._word(name), self._word(alias or name))

    def param(self, start: int, end: int, name: Token, value: ast.Expression) -> ast.Param:
        """`in` at the top of the value, outside of brackets, names the choices."""
        span, target = Span(self._source, start, end), self._target(name)
        if isinstance(value, ast.Binary) and value.operator == "in" and "(" not in self._text[name[2] : value.span.start]:
            return ast.Param(span, target, value.left, value.right)
        return ast.Param(span, target, value, None)

    def input(self, start: int, end: int, name: Token, stated: ast.Type, *options: ast.Keyword) -> ast.Input:
        if options:
            self._unique([(one.name, one.name_span) for one in options])
            stated = ast.Type(Span(self._source, stated.span.start, end), stated.dtype, stated.shape, stated.below, options)
        return ast.Input(Span(self._source, start, end), self._target(name), stated)

    def output(
        self, start: int, end: int, name: Token, stated: ast.Type | None, value: ast.Expression | None
    ) -> ast.Output:
        return ast.Output(Span(self._source, start, end), self._target(name), stated, value)

    def layer(self, start: int, end: int, name: Token, value: ast.Expression) -> ast.LayerDeclaration:
        return ast.LayerDeclaration(Span(self._source, start, end), self._target(name), value)

    def binding(
        self, start: int, end: int, left: ast.Expression, stated: ast.Type | None, value: ast.Expression
    ) -> ast.Binding | None:
        targets = _as_targets(left)
        if targets is None:
            equals = self._equals((stated or left).span, value.span)
            self._add(expression_mistakes.not_a_target(left.span, equals))
            return None
        return ast.Binding(Span(self._source, start, end), targets, stated, value)

    def evaluate(self, start: int, end: int, value: ast.Expression) -> ast.Evaluate:
        return ast.Evaluate(Span(self._source, start, end), value)

    def check(self, start: int, end: int, condition: ast.Expression, when: ast.Expression | None) -> ast.Check:
        self._compares(condition)
        self._compares(when)
        return ast.Check(Span(self._source, start, end), condition, when)

    def minimize(self, start: int, end: int, objective: ast.Expression, *clauses: Clause) -> ast.Minimize:
        self._unique([(one.word[0], self._span(one.word)) for one in clauses], statement_mistakes.clause_twice)
        found = {clause.word[0]: clause.value for clause in reversed(clauses)}
        span = Span(self._source, start, end)
        return ast.Minimize(span, objective, found.get("OVER"), found.get("WITH"), found.get("TIMES"))

    def clause(self, start: int, end: int, word: Token, value: ast.Expression) -> Clause:
        return Clause(word, value)

    def loop(self, start: int, end: int, targets: tuple[ast.Target, ...], values: ast.Expression, body: Body) -> ast.For:
        return ast.For(Span(self._source, start, end), targets, values, body)

    def targets(self, start: int, end: int, *names: Token) -> tuple[ast.Target, ...]:
        return tuple(map(self._target, names))

    def choice(self, start: int, end: int, *parts: Any) -> ast.If:
        conditions, bodies, otherwise = parts[0:-1:2], parts[1:-1:2], parts[-1]
        for condition in conditions:
            self._compares(condition)
        return ast.If(Span(self._source, start, end), tuple(zip(conditions, bodies, strict=True)), otherwise or ())

    def type(self, start: int, end: int, dtype: Token | None, *rest: ast.Expression | None) -> ast.Type:
        *shape, below = rest
        sizes = cast(tuple[ast.Expression, ...], tuple(shape))
        return ast.Type(Span(self._source, start, end), self._word(dtype) if dtype else None, sizes, below)

    def _compares(self, condition: ast.Expression | None) -> None:
        """`(n = 3)` reads as settings, and cannot be meant as a condition."""
        if isinstance(condition, ast.Record):
            first = condition.keywords[0]
            self._add(expression_mistakes.single_equals(self._equals(first.name_span, first.value.span)))

    def _equals(self, before: Span, after: Span) -> Span:
        """The `=` between two parts, or what stands in its place there."""
        place = self._text.find("=", before.end, after.start)
        return Span(self._source, place, place + 1) if place >= 0 else Span(self._source, before.end, max(before.end, after.start))

    # Expressions ---------------------------------------------------------------------------------

    def arrow(self, start: int, end: int, *steps: ast.Expression) -> ast.Arrow:
        return ast.Arrow(Span(self._source, start, end), steps)

    def if_else(
        self, start: int, end: int, then: ast.Expression, condition: ast.Expression, otherwise: ast.Expression
    ) -> ast.IfElse:
        self._compares(condition)
        return ast.IfElse(Span(self._source, start, end), then, condition, otherwise)

    def binary(self, start: int, end: int, left: ast.Expression, operator: Token, right: ast.Expression) -> ast.Binary:
        if operator[0] == "GREATER" and _looks_like_a_layer(right):
            self._add(expression_mistakes.greater_for_arrow(self._span(operator)))
        return ast.Binary(Span(self._source, start, end), sign_of(operator[0]), left, right)

    def unary(self, start: int, end: int, operator: Token, operand: ast.Expression) -> ast.Unary:
        sign = cast(Literal["-", "+", "not"], sign_of(operator[0]))
        return ast.Unary(Span(self._source, start, end), sign, operand)

    def chain(self, start: int, end: int, value: ast.Expression, *trailers: Trailer) -> ast.Expression:
        if len(trailers) > TRAILERS:
            self._add(token_mistakes.nested_too_deeply(Span(self._source, start, end), TRAILERS))
        for trailer in trailers[:TRAILERS]:
            span = Span(self._source, start, trailer.end)
            if trailer.arguments is not None:
                value = ast.Call(span, value, *trailer.arguments)
            elif trailer.name is not None:
                value = ast.Attribute(span, value, self._word(trailer.name), self._span(trailer.name))
            else:
                value = ast.Subscript(span, value, cast(ast.Expression, trailer.place))
        return value

    def arguments(self, start: int, end: int, *arguments: ast.Expression | ast.Keyword) -> Trailer:
        positional = tuple(one for one in arguments if not isinstance(one, ast.Keyword))
        keywords = tuple(one for one in arguments if isinstance(one, ast.Keyword))
        if keywords:
            self._unique([(one.name, one.name_span) for one in keywords])
            if positional and positional[-1].span.start > keywords[0].span.start:
                late = next(one for one in positional if one.span.start > keywords[0].span.start)
                self._add(expression_mistakes.position_after_keyword(late.span, keywords[0].span), start, end)
        return Trailer(end, arguments=(positional, keywords))

    def attribute(self, start: int, end: int, name: Token) -> Trailer:
        return Trailer(end, name=name)

    def subscript(self, start: int, end: int, index: ast.Expression) -> Trailer:
        return Trailer(end, place=index)

    def keyword(self, start: int, end: int, name: Token, value: ast.Expression) -> ast.Keyword:
        return ast.Keyword(Span(self._source, start, end), self._word(name), self._span(name), value)

    def brackets(self, start: int, end: int, *parts: Any) -> ast.Expression:
        """A group, a tuple or a record: the last part is a comma before the closing bracket, or None."""
        *items, comma = parts
        span = Span(self._source, start, end)
        keywords = [one for one in items if isinstance(one, ast.Keyword)]
        if not keywords:
            if not items:
                self._add(expression_mistakes.missing_value(span, "nothing stands in these brackets", "write a value in them"))
            return items[0] if len(items) == 1 and comma is None else ast.TupleOf(span, tuple(items))
        stray = next((one for one in items if not isinstance(one, ast.Keyword)), None)
        if stray is not None:
            self._add(expression_mistakes.mixed_brackets(stray.span, keywords[0].span), start - 1, end)
        self._unique([(one.name, one.name_span) for one in keywords])
        return ast.Record(span, tuple(keywords))

    def list_of(self, start: int, end: int, *items: ast.Expression) -> ast.ListOf:
        return ast.ListOf(Span(self._source, start, end), items)

    def _unique(
        self, names: Sequence[tuple[str, Span]], twice: Callable[[Span, Span], Diagnostic] = expression_mistakes.keyword_twice
    ) -> None:
        seen: dict[str, Span] = {}
        for name, span in names:
            if seen.setdefault(name, span) is not span:
                self._add(twice(span, seen[name]))

    # Words, numbers, strings ---------------------------------------------------------------------

    def reference(self, start: int, end: int, name: Token) -> ast.Name:
        return ast.Name(Span(self._source, start, end), self._text[start:end])

    def truth(self, start: int, end: int, word: Token) -> ast.Truth:
        return ast.Truth(Span(self._source, start, end), {"TRUE": True, "FALSE": False, "NONE": None}[word[0]])

    def number(self, start: int, end: int, number: Token) -> ast.Number:
        span = Span(self._source, start, end)
        return ast.Number(span, self._value(span, self._text[start:end]))

    def percentage(self, start: int, end: int, number: Token) -> ast.Duration:
        return ast.Duration(Span(self._source, start, end), self._value(self._span(number), self._text[start : end - 1]), "percent")

    def duration(self, start: int, end: int, number: Token, unit: Token) -> ast.Duration:
        value = self._value(self._span(number), self._word(number))
        return ast.Duration(Span(self._source, start, end), value, "epochs" if "EPOCH" in unit[0] else "steps")

    def _value(self, span: Span, text: str) -> int | float:
        """The number, or 1 for a malformed one, which was reported when it was read."""
        if text.isdigit() and len(text) <= 18:
            return int(text)
        whole = re.fullmatch("[0-9_]+", text) is not None
        try:
            value = int(text[:40]) if whole else float(text)
        except ValueError:
            return 1
        if (len(text) > 40 or value > LARGEST) if whole else not isfinite(value):
            self._add(token_mistakes.number_too_large(span))
            return 1
        return value

    def string(self, start: int, end: int, token: Token) -> ast.String:
        span, text = Span(self._source, start, end), self._text[start + 1 : end - 1]
        if "\\" in text:
            text = _ESCAPE.sub(lambda found: self._escape(found, start + 1), text)
        return ast.String(span, text)

    def _escape(self, found: re.Match[str], offset: int) -> str:
        code = found[1]
        if code in _ESCAPES:
            return _ESCAPES[code]
        if len(code) == 5 and not 0xD800 <= int(code[1:], 16) <= 0xDFFF:
            return chr(int(code[1:], 16))
        span = Span(self._source, offset + found.start(), offset + found.end())
        self._add(token_mistakes.unknown_escape(span, found[0]))
        return ""


def _broken(statement: ast.Statement) -> ast.Broken:
    match statement:
        case ast.Broken():
            return statement
        case ast.Definition(name=name, head=head):
            targets: tuple[ast.Target, ...] = (ast.Target(head, name),)
        case ast.Import(names=names):
            targets = tuple(ast.Target(one.span, one.alias) for one in names)
        case ast.Binding() | ast.For():
            targets = statement.targets
        case ast.Param() | ast.Input() | ast.Output() | ast.LayerDeclaration():
            targets = (statement.target,)
        case ast.Evaluate(value=value) if (compared := _compared_name(value)) is not None:
            targets = (ast.Target(compared.span, compared.text),)
        case _:
            targets = ()
    return ast.Broken(statement.span, targets, (statement,))


def _compared_name(value: ast.Expression) -> ast.Name | None:
    """The name at the left of `h == ...`, which was probably to get a value."""
    match value:
        case ast.Binary(operator="==", left=ast.Name() as name) | ast.Arrow(steps=(ast.Binary(operator="==", left=ast.Name() as name), *_)):
            return name
    return None


def _as_targets(left: ast.Expression) -> tuple[ast.Target, ...] | None:
    """The names that a statement gives values to, or None if the left side is something else."""
    match left:
        case ast.Name(span=span, text=text):
            return (ast.Target(span, text),)
        case ast.TupleOf(items=items) if all(isinstance(one, ast.Name) for one in items):
            return tuple(ast.Target(one.span, one.text) for one in items if isinstance(one, ast.Name))
    return None


def _looks_like_a_layer(value: ast.Expression) -> bool:
    match value:
        case ast.Call(callee=ast.Name(text=text)):
            return text[0].isupper() and any(one.islower() for one in text)
    return False
