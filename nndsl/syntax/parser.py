"""From text to syntax nodes, for any text: the parse tables of the grammar, run with recovery from mistakes.

At a token that the grammar does not allow, the mistake is named (`diagnosis.py`), the tokens of its
statement are mended, and the statement is read again. A statement that cannot be mended is left out,
with the statements around it, and those in its body, kept; so all mistakes of a file are found in one run.
"""

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from nndsl.diagnostics import Report
from nndsl.source import Source
from nndsl.syntax import ast, token_mistakes
from nndsl.syntax.building import Builder
from nndsl.syntax.diagnosis import diagnose
from nndsl.syntax.grammar import END, Plan, Rule, jumps, shift, tables
from nndsl.syntax.lexing import BROKEN, NEWLINE, Lexer, Stop, Token
from nndsl.syntax.situation import WANTS_VALUE, Mend, Situation, names_bound
from nndsl.syntax.statement_mistakes import too_many_mistakes

MENDS = 8
"""How many mistakes of one statement are mended before it is left out."""

MOST_MENDS = 500
"""How many mistakes of one file are mended, before the rest is not looked at."""

DEPTH = 256
"""How many unfinished rules may wait for each other: operators that bind to the right, and open brackets."""

Step: TypeAlias = tuple[int, str, Callable[..., Any] | None, Plan | None]
"""A rule as the parser runs it: its size, its symbol, what makes its value (None: a list), and from what."""


def parse(source: Source, report: Report) -> ast.Spec:
    """The syntax nodes of a source; mistakes go to the report.

    Never raises, whatever the text. Statements of the file with mistakes are `Broken`, unless the mistakes leave
    no doubt about what was meant. An expression is nested at most about 1,500 nodes deep, except along
    the left operands of operators, which have no limit.
    """
    lexer = Lexer(source, report)
    lexer.run()
    return Parser(lexer).run()


class Parser:
    """Runs the tables over the tokens of one source.

    Attributes:
        states: the states of the tables that are waiting, innermost last.
        firsts: for each symbol between them, the index of its first token.
    """

    def __init__(self, lexer: Lexer):
        self._lexer = lexer
        self._source = lexer.source
        self._tokens = lexer.tokens
        self._tables = tables()
        self._builder = Builder(lexer)
        self._steps = _steps()
        self._jumps = jumps()
        self._states = [self._tables.start]
        self._values: list[Any] = []
        self._firsts: list[int] = []
        self._silent: set[int] = set()
        self._mended: Counter[int] = Counter()

    def run(self) -> ast.Spec:
        """The whole source.

        Raises:
            ReadWhole: it has a mistake, and its lexer leapt over what may have to do with it.
        """
        try:
            index = self._read(0)
            while self._states[-1] != self._tables.end:
                index = self._read(self._recover(index))
        except Stop:
            return ast.Spec(self._source, ())
        spec = self._values[-1]
        assert isinstance(spec, ast.Spec)
        return spec

    def _read(self, index: int) -> int:
        """Read tokens until the end is accepted, or one is not allowed; its index.

        Every token and every rule of the text passes through this loop, so it trades calls for length.
        """
        states, values, firsts, tokens, steps = self._states, self._values, self._firsts, self._tokens, self._steps
        actions, jumps, builder = self._tables.actions, self._jumps, self._builder
        kind = tokens[index][0]
        while True:
            action = actions[states[-1]].get(kind, 0)
            while action < 0:
                size, symbol, method, plan = steps[-1 - action]
                if size == 1 and plan is None and method is not None:
                    first = firsts[-1]
                    values[-1] = method(builder, tokens[first][1], tokens[index - 1][2], values[-1])
                    state = states[-1] = jumps[states[-2], symbol, kind]
                else:
                    base = len(values) - size
                    parts = values[base:] if plan is None else _selected(values, base, plan)
                    first = firsts[base] if size else index
                    value = parts if method is None else method(builder, tokens[first][1], tokens[index - 1][2], *parts)
                    del states[base + 1 :], values[base:], firsts[base:]
                    state = jumps[states[-1], symbol, kind]
                    states.append(state)
                    values.append(value)
                    firsts.append(first)
                action = actions[state].get(kind, 0)
            if action == 0 or len(states) > DEPTH:
                return index
            token = tokens[index]
            index += 1
            below, symbol, kind = states[-1], kind, tokens[index][0]
            states.append(jumps[below, symbol, kind])
            values.append(token)
            firsts.append(index - 1)

    # Recovery ------------------------------------------------------------------------------------

    def _recover(self, index: int) -> int:
        """Mend the statement that holds a token which is not allowed; where to go on reading."""
        self._lexer.needs_all()
        if self._mended.total() == MOST_MENDS:
            self._lexer.stop(too_many_mistakes(self._lexer.span(*self._tokens[index][1:]), MOST_MENDS))
        boundary = self._boundary()
        first = self._firsts[boundary] if boundary < len(self._firsts) else index
        if len(self._states) > DEPTH:
            mistake, mend = token_mistakes.nested_too_deeply(self._lexer.span(*self._tokens[index][1:]), DEPTH), None
        else:
            mistake, mend = diagnose(Situation(self._lexer, self._waiting(boundary, first, index), first, index))
        silent = self._is_silent(first, index)
        del self._states[boundary + 1 :], self._values[boundary:], self._firsts[boundary:]
        if not silent:
            self._lexer.add(mistake, spoils=mend is not None and not mend.certain)
        self._mended[self._tokens[first][1]] += 1
        if mend is None or (silent and mend.kind != NEWLINE) or self._mended[self._tokens[first][1]] > MENDS:
            self._leave_out(first, index)
        else:
            self._mend(self._tokens[first][1], index, mend)
        return first

    def _boundary(self) -> int:
        """The innermost waiting state in which a statement begins (one whose body has ended has begun before)."""
        actions, bodies = self._tables.actions, 0
        for position in range(len(self._states) - 1, -1, -1):
            symbol = self._tables.symbols[self._states[position]]
            if bodies == 0 and actions[self._states[position]].get(BROKEN, 0) > 0:
                return position
            bodies += (symbol == "RBRACE") - (symbol == "LBRACE")
        return 0

    def _waiting(self, boundary: int, first: int, index: int) -> list[int]:
        """The states as they were before anything was concluded from the token that is not allowed."""
        states = self._states[: boundary + 1]
        for token in self._tokens[first:index]:
            shift(self._tables, states, token[0])
        return states

    def _is_silent(self, first: int, index: int) -> bool:
        """Whether something was said about this statement already, so that more would confuse."""
        start = self._tokens[first][1]
        if self._tokens[first][0] == BROKEN or start in self._silent or self._is_made_up(self._tokens[index]):
            return True
        doubtful = min((place for place in self._lexer.doubtful if place >= start), default=None)
        if doubtful is None and not self._lexer.stopped:
            return False  # without a look at the end of the statement, which may be far away
        end = self._tokens[self._end_of_statement(index)][1]
        return (doubtful is not None and doubtful <= end) or (self._lexer.stopped and end >= self._tokens[-1][1])

    @staticmethod
    def _is_made_up(token: Token) -> bool:
        """Whether a token is not written anywhere; why it was put there has been said."""
        kind, start, end = token
        return start == end and kind not in (NEWLINE, END)

    def _mend(self, first_start: int, index: int, mend: Mend) -> None:
        """Change a token; `first_start` is where its statement starts, of which nothing more is said if the change is a guess."""
        place = index + mend.offset
        _, start, end = self._tokens[place]
        if mend.insert:
            self._tokens.insert(place, (mend.kind, start, start))
            if mend.kind == NEWLINE:
                self._silent.add(start)
            elif mend.guessed:
                self._silent.add(first_start)
        else:
            self._tokens[place : place + 1] = [(mend.kind, start, end)] if mend.kind else []

    def _leave_out(self, first: int, index: int) -> None:
        """Put a sign for a broken statement in place of its tokens up to its body, or to its end."""
        end, start = self._end_of_statement(index), self._tokens[first][1]
        self._lexer.names_left_out.setdefault(start, names_bound(self._tokens[first : end + 1]))
        self._tokens[first:end] = [(BROKEN, start, self._tokens[max(first, end - 1)][2])]

    def _end_of_statement(self, index: int) -> int:
        """The token that ends a statement, or begins its body, at or after one in it."""
        depth = 0
        while (kind := self._tokens[index][0]) != END:
            if depth == 0 and (kind in (NEWLINE, "RBRACE") or (kind == "LBRACE" and self._opens_body(index))):
                break
            depth += (kind == "LBRACE") - (kind == "RBRACE")
            index += 1
        return index

    def _opens_body(self, index: int) -> bool:
        return index == 0 or self._tokens[index - 1][0] not in WANTS_VALUE


@cache
def _steps() -> list[Step]:
    return [_step(rule) for rule in tables().rules]


def _step(rule: Rule) -> Step:
    if rule.passes is not None:
        return rule.size, rule.origin, _only, [rule.passes]
    return rule.size, rule.origin, getattr(Builder, rule.method, None), rule.plan


def _only(builder: Builder, start: int, end: int, part: Any) -> Any:
    """The value of a rule that passes a value on, such as a bracketed one."""
    return part


def _selected(values: list[Any], base: int, plan: Plan) -> list[Any]:
    """The values that a rule's method receives, of those from `base` on."""
    parts: list[Any] = []
    for place in plan:
        if place is None:
            parts.append(None)
        elif isinstance(place, int):
            parts.append(values[base + place])
        elif parts:
            parts += values[base + place[0]]
        else:
            parts = values[base + place[0]]  # so that a list that grows by one is not copied each time
    return parts
