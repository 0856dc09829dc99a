"""Brackets that balance: what is missing is reported and filled in where it was probably meant."""

import re
from typing import TYPE_CHECKING

from nndsl.frozen import Frozen
from nndsl.source import Span
from nndsl.syntax import token_mistakes

if TYPE_CHECKING:
    from nndsl.syntax.lexing import Lexer

NESTED = 64
"""How many brackets may be open at once."""

_CLOSERS = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_TEXTS = {"LPAR": ")", "LSQB": "]", "LBRACE": "}", "RPAR": ")", "RSQB": "]", "RBRACE": "}"}
_OPERAND_ENDS = frozenset(("NAME", "NUMBER", "PERCENTAGE", "STRING", "RPAR", "RSQB", "TRUE", "FALSE", "NONE"))

_INDENTATION = re.compile(r"[ \t\f]*")
_DEFINITION = re.compile(r"[ \t\f]*(?:network|block|data|train)[ \t]+[A-Za-z_]\w*[ \t]*[({]")
_STATEMENT = re.compile(
    r"""[ \t\f]*(?:(?:network|block|data|train)[ \t]+\w+[ \t]*[({] | input[ \t]+\w+[ \t]*: | output[ \t]+\w+[ \t]*(?:[:=]|$)
    | (?:layer|param)[ \t]+\w+[ \t]*= | for\b | if\b[^\n]*\{ | from[ \t]*" | (?:check|minimize)[ \t]+\w | \([\w, \t]*\)[ \t]*=(?!=))""",
    re.VERBOSE | re.MULTILINE,
)
_TOP = frozenset(("network", "block", "data", "train", "param", "from"))
"""What statements outside of all braces begin with."""
_TYPE = re.compile(r":[ \t]*\w*[ \t]*\Z")
_ASSIGNMENT = re.compile(r"[ \t\f]*\w+[ \t]*(?:=(?!=)|:)")


class Opened(Frozen):
    """A bracket that waits for its other half.

    Attributes:
        line: where its line begins.
        indented: it was not written, and ends with the indentation.
    """

    kind: str
    start: int
    line: int
    indented: bool = False


class Brackets:
    """The brackets that are open while a lexer reads."""

    def __init__(self, lexer: "Lexer"):
        self._lexer = lexer
        self._open: list[Opened] = []
        self._suspects: list[Opened] = []
        self.inside_round = False

    @property
    def inside_type(self) -> bool:
        """Whether sizes stand here: in the brackets of a type, `x: float[...]`."""
        if not self._open or self._open[-1].kind != "LSQB":
            return False
        start = self._open[-1].start
        return _TYPE.search(self._lexer.text[max(0, start - 100) : start]) is not None

    def opens(self, kind: str, start: int) -> None:
        """A bracket begins. In `( )` and `[ ]` there are no `{ }`, so one that opens after a value closes them."""
        if kind == "LBRACE" and self.inside_round and self._lexer.tokens[-1][0] in _OPERAND_ENDS:
            self._close_round(start, self._here(start))
        if len(self._open) >= NESTED:
            self._lexer.stop(token_mistakes.nested_too_deeply(self._here(start), NESTED))
        self._push(Opened(kind, start, self._lexer.line))

    def opens_indented(self, start: int) -> None:
        """A body begins whose brace is missing; the line of its head is the one that ends now."""
        line = max(self._lexer.text.rfind("\n", 0, start), self._lexer.text.rfind("\r", 0, start)) + 1
        self._push(Opened("LBRACE", start, line, indented=True))

    def closes(self, kind: str, start: int) -> None:
        """A bracket ends: put the closing token, or whatever else makes the brackets balance."""
        top = self._open[-1] if self._open else None
        if top is not None and _CLOSERS[top.kind] == kind:
            self._closes_top(kind, start)
        elif not self._waiting_for(kind):
            self._closes_nothing(kind, start, top)
        else:
            self._close_round(start, self._here(start), until=kind)
            self._closes_top(kind, start)

    def new_line(self, start: int) -> None:
        """A line begins: if it cannot stand inside what is open, that should have been closed before."""
        if not self._open:
            return
        text, top = self._lexer.text, self._open[-1]
        if top.kind != "LBRACE" and (_STATEMENT.match(text, start) or self._is_assignment(start, top)):
            self._close_round(self._end_of_tokens(), self._first_word(start))
        self._close_indented(start)
        if self._open and _DEFINITION.match(text, start):
            self._close_braces(start)

    def close_line(self) -> None:
        """A string without an end took the rest of the line along, and the closing brackets with it."""
        while self.inside_round and self._open[-1].line == self._lexer.line:
            self._put_closer(self._open[-1].kind, self._end_of_tokens())

    def close_all(self) -> None:
        """The text has ended."""
        quiet, end = self._lexer.stopped, len(self._lexer.text)
        if self.inside_round:
            self._close_round(self._end_of_tokens(), None, quiet=quiet)
        while self._open:
            self._unclosed_brace(self._open[-1], None, end, quiet)
            if self.inside_round:
                self._close_round(end, None, quiet=True)

    def _close_indented(self, line: int) -> None:
        """Bodies without braces end before a line that is not indented more than their head."""
        while self._open and self._open[-1].indented:
            margin, head = self._indentation(line), self._indentation(self._open[-1].line)
            closing = self._lexer.text.startswith("}", line + margin)
            if margin > head or (closing and margin == head) or line + margin >= len(self._lexer.text):
                return
            self._put_closer("LBRACE", self._end_of_tokens())

    # What makes them balance ---------------------------------------------------------------------

    def _closes_top(self, kind: str, start: int) -> None:
        opened = self._pop()
        if kind == "RBRACE" and self._open and self._begins_line(start):
            outer = self._open[-1]
            if self._indentation(self._lexer.line) < self._indentation(opened.line) and outer.line != opened.line:
                self._suspects.append(opened)
        self._put(kind, start, start + 1)

    def _closes_nothing(self, kind: str, start: int, top: Opened | None) -> None:
        self._lexer.needs_all()
        if top is None and kind == "RBRACE" and self._follows_what_is_astray():
            return
        if top is None or top.kind == "LBRACE":
            self._lexer.add(token_mistakes.nothing_to_close(self._here(start)), doubtful=True)
            return
        self._put_closer(top.kind, start, start + 1)
        self._lexer.add(token_mistakes.wrong_closer(self._here(start), self._here(top.start)))

    def _close_round(self, end: int, noticed: Span | None, until: str = "", quiet: bool = False) -> None:
        """Close `( )` and `[ ]` down to a brace, or to the one that the closing bracket `until` belongs to."""
        innermost, closers = self._open[-1], ""
        while self.inside_round and _CLOSERS[self._open[-1].kind] != until:
            closers += _TEXTS[self._open[-1].kind]
            self._put_closer(self._open[-1].kind, end)
        if not quiet:
            self._lexer.doubtful.append(end)
            self._lexer.add(token_mistakes.unclosed(self._here(innermost.start), noticed, closers), doubtful=True)

    def _close_braces(self, line: int) -> None:
        """A definition begins, and those before it should have ended: all that are not indented less."""
        while self._open and self._indentation(self._open[-1].line) >= self._indentation(line):
            self._unclosed_brace(self._open[-1], self._first_word(line), self._end_of_tokens())

    def _unclosed_brace(self, opened: Opened, noticed: Span | None, end: int, quiet: bool = False) -> None:
        quiet = quiet or opened.indented
        blamed = self._suspects.pop() if self._suspects and self._suspects[-1].start > opened.start else opened
        self._put_closer(opened.kind, end)
        if not quiet:
            self._lexer.add(token_mistakes.unclosed(self._here(blamed.start), noticed, "}"))

    def _put_closer(self, kind: str, start: int, end: int | None = None) -> None:
        self._pop()
        self._put(_CLOSERS[kind], start, start if end is None else end)

    def _put(self, kind: str, start: int, end: int) -> None:
        tokens = self._lexer.tokens
        if kind == "RBRACE" and tokens[-1][0] == "_NEWLINE":
            tokens.pop()
        tokens.append((kind, start, end))
        if kind == "RBRACE":
            self._lexer.begin_statement()

    # What is where -------------------------------------------------------------------------------

    def _push(self, opened: Opened) -> None:
        self._open.append(opened)
        self.inside_round = opened.kind != "LBRACE"

    def _pop(self) -> Opened:
        opened = self._open.pop()
        self.inside_round = bool(self._open) and self._open[-1].kind != "LBRACE"
        return opened

    def _waiting_for(self, kind: str) -> bool:
        """Whether a bracket further out waits for this one; a round one does not reach through braces."""
        for opened in reversed(self._open):
            if _CLOSERS[opened.kind] == kind:
                return True
            if opened.kind == "LBRACE":
                return False
        return False

    def _follows_what_is_astray(self) -> bool:
        """Whether the statement before, outside of all braces, is one that belongs into some, which is said of it when it has its place."""
        tokens = self._lexer.tokens[:-1] if self._lexer.tokens and self._lexer.tokens[-1][0] == "_NEWLINE" else self._lexer.tokens
        if not tokens or tokens[-1][0] == "RBRACE":
            return False
        first = next((place for place in range(len(tokens), 0, -1) if tokens[place - 1][0] in ("_NEWLINE", "RBRACE")), 0)
        _, start, end = tokens[first]
        return self._lexer.text[start:end] not in _TOP

    def _is_assignment(self, line: int, top: Opened) -> bool:
        """Whether a line begins like `h = ...` where that is not an argument with a name."""
        if not _ASSIGNMENT.match(self._lexer.text, line):
            return False
        before = self._lexer.tokens[-1][0]
        return before in _OPERAND_ENDS and self._indentation(line) <= self._indentation(top.line)

    def _here(self, start: int) -> Span:
        return self._lexer.span(start, start + 1)

    def _first_word(self, line: int) -> Span:
        start = line + self._indentation(line)
        word = re.compile(r"\w*").match(self._lexer.text, start)
        return self._lexer.span(start, max(start + 1, word.end() if word else 0))

    def _end_of_tokens(self) -> int:
        return self._lexer.tokens[-1][2]

    def _begins_line(self, start: int) -> bool:
        return self._lexer.line + self._indentation(self._lexer.line) == start

    def _indentation(self, line: int) -> int:
        found = _INDENTATION.match(self._lexer.text, line)
        return found.end() - line if found else 0
