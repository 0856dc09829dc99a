"""Where in a text somebody types: found from the tokens before the cursor alone, so that the text may be unfinished."""

import re
from collections.abc import Sequence

from nndsl.diagnostics import Report
from nndsl.frozen import Frozen
from nndsl.source import Source
from nndsl.syntax.lexing import NEWLINE, Lexer, Token

_DEFINITIONS = {"NETWORK": "network", "BLOCK": "block", "DATA": "data", "TRAIN": "train"}
_OPENERS, _CLOSERS = frozenset(("LPAR", "LSQB", "LBRACE")), frozenset(("RPAR", "RSQB", "RBRACE"))
LONGEST_WORD = 200
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class Place(Frozen):
    """A place where something is typed.

    Attributes:
        body: the kind of definition it is in; "" at the top of the file.
        word: where the word begins that is being typed; the cursor itself, where none is.
        start: where the statement begins.
        before: the tokens of the statement before the word, each with its kind and its text.
        path: what is typed of a string, if the place is in one; None elsewhere.
    """

    body: str
    word: int
    start: int
    before: tuple[tuple[str, str], ...]
    path: str | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(kind for kind, _ in self.before)

    def call(self) -> tuple[int, int] | None:
        """Among the tokens, the innermost open `(` that follows a name, and the first token of the argument; None if there is none."""
        depth, argument = 0, None
        for place in range(len(self.before) - 1, -1, -1):
            kind = self.before[place][0]
            depth += (kind in _CLOSERS) - (kind in _OPENERS)
            if depth == 0 and kind == "COMMA" and argument is None:
                argument = place + 1
            if depth < 0 and kind == "LPAR":
                return (place, argument or place + 1) if place and self.before[place - 1][1].isidentifier() else None
            if depth < 0:
                depth, argument = 0, None  # an element of a list is what the list stands for
        return None

    def argument(self, argument: int) -> str | None:
        """The name of the argument that begins at a token, if it has one."""
        named = self.kinds[argument + 1 : argument + 2] == ("EQUAL",)
        return self.before[argument][1] if named else None

    def position(self, opener: int) -> int:
        """How many arguments stand before, in a call."""
        depth = count = 0
        for kind, _ in self.before[opener + 1 :]:
            depth += (kind in _OPENERS) - (kind in _CLOSERS)
            count += depth == 0 and kind == "COMMA"
        return count

    def given(self, opener: int) -> set[str]:
        """The arguments that are given by name before."""
        return {text for (_, text), kind in zip(self.before[opener:], self.kinds[opener + 1 :], strict=False) if kind == "EQUAL"}


def place_at(source: Source, offset: int) -> Place | None:
    """The place of a cursor; None in a comment, where nothing is to be completed."""
    match = _WORD.search(source.text, max(0, offset - LONGEST_WORD), offset)
    word = match.start() if match else offset
    text = source.text[:word]
    tokens = _tokens(text)
    last = tokens[-1] if tokens else ("", 0, 0)
    path = None
    if last[0] == "STRING" and last[2] > len(text):
        path, tokens = source.text[last[1] + 1 : offset], tokens[:-1]
    elif "#" in text[max(last[2], text.rfind("\n") + 1) :]:
        return None
    body, first = _body(tokens)
    statement = tokens[first:]
    start = statement[0][1] if statement else word
    return Place(body, word, start, tuple((kind, text[begin:end]) for kind, begin, end in statement), path)


def _tokens(text: str) -> list[Token]:
    """The tokens that are really written in a text that goes on with a word, and the ends of statements."""
    lexer = Lexer(Source("typed", f"{text}x"), Report())
    lexer.run()
    return [
        one for one in lexer.tokens
        if (one[1] < one[2] and one[1] < len(text)) or (one[0] == NEWLINE and one[1] < len(text))
    ]


def _body(tokens: Sequence[Token]) -> tuple[str, int]:
    """The kind of definition that the end of the tokens is in, and the index of the first token of its statement."""
    bodies, first = [""], 0
    for place, (kind, _, _) in enumerate(tokens):
        if kind == "LBRACE":
            head = tokens[first][0] if first < len(tokens) else ""
            bodies.append(_DEFINITIONS.get(head, bodies[-1]))
            first = place + 1
        elif kind == "RBRACE":
            if len(bodies) > 1:
                bodies.pop()
            first = place + 1
        elif kind == NEWLINE:
            first = place + 1
    return bodies[-1], first
