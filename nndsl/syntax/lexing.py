"""From text to tokens: words, numbers, strings and signs, and the newlines that end statements.

Lexing never fails. What is no token is reported and stands in for what was probably meant, and brackets
are made to balance, so that the parser meets each such mistake as if it had been mended.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import NoReturn, TypeAlias

from nndsl.diagnostics import Diagnostic, Report
from nndsl.repairs import write
from nndsl.source import Source, Span
from nndsl.syntax import ast, spelling, statement_mistakes, token_mistakes
from nndsl.syntax.brackets import Brackets
from nndsl.syntax.grammar import END, tables

Token: TypeAlias = tuple[str, int, int]
"""Kind, start, end."""

NEWLINE = "_NEWLINE"
BROKEN = "_BROKEN"
MISTAKES = 100
FOREIGN_HEADS = frozenset(("def", "class", "while", "elif", "fn", "func", "function", "model", "module", "with", "switch"))
_DEFINITIONS = frozenset(("NETWORK", "BLOCK", "DATA", "TRAIN"))
_HEADS = _DEFINITIONS | {"FOR", "IF", "ELSE"}
_NOT_AFTER_HEAD = frozenset(("EQUAL", "COLON", "ARROW", "DOT", "LPAR", "LSQB"))
_CLAUSES = {"MINIMIZE": re.compile(r"[ \t]*(?:over|with|times)\b(?![ \t]*[=:.])"), "CHECK": re.compile(r"[ \t]*when\b(?![ \t]*[=:.])")}
_BREAK = r"(?:\r\n?|\n)"
_COMMENT = r"(?:#[^\r\n]*+)"
_LAYOUT = [
    ("break", rf"{_COMMENT}?+{_BREAK}(?:[ \t\f]*+{_COMMENT}?+{_BREAK})*+"),
    ("comment", rf"{_COMMENT}"),
    ("foreign", r'"""|\.(?=[0-9])|=>|===|!==|<>|>>|<<|:=|&&|\|\||\|>|->>|(?<!-)--++>|-[ \t]+>|[-+*/%]='),
]


@cache
def _pattern() -> tuple[re.Pattern[str], list[str]]:
    """Every token as a group of one expression, which matches at every place; and the kinds of its groups: the most frequent first."""
    terminals = dict(tables().terminals)
    first = [(kind, terminals.pop(kind)) for kind in ("NAME", "LPAR", "RPAR", "COMMA")]
    groups = [*first, *_LAYOUT, *terminals.items(), ("end", r"\Z"), ("other", r"(?s:.)")]
    return re.compile(r"[ \t\f]*+(?:" + "|".join(f"({one})" for _, one in groups) + ")"), ["", *(kind for kind, _ in groups)]


_CONTINUES = re.compile(
    r"[ \t\f]*(?:->|[-+*/%<>]|[!=]=|=>|\|[>|]|&&|(?:and|or|in|else)\b(?![ \t]*=(?!=))|\}|\Z|[→⟶⇒×÷−≤≥≠])"
)


class Stop(Exception):
    """The rest of the text is not worth a look."""


class ReadWhole(Exception):
    """Nothing can be leapt over: the text has to be read as a whole."""


class Lexer:
    """Reads one source from the beginning to the end, but for statements whose syntax is known, which it leaps over.

    Attributes:
        tokens: what was read, ending with the token `$END`.
        doubtful: places where a guess was made that could be wrong, so that nothing more is said about them.
        spoilt: places of mistakes that leave open what was meant.
        names_left_out: for statements that are left out, by where they start, the names that they bind.
        known: the statements that are leapt over, by where they start; each is a single token.
    """

    def __init__(self, source: Source, report: Report, known: Sequence[Sequence[ast.Statement]] = ()):
        self.source = source
        self.text = source.text
        self.report = report
        self.tokens: list[Token] = []
        self.doubtful: list[int] = []
        self.spoilt: list[int] = []
        self.names_left_out: dict[int, list[Token]] = {}
        self.known = {one.span.start: one for sequence in known for one in sequence}
        self._leaps = known
        self.line = 0
        self.stopped = False
        self._mistakes = 0
        self._statement = 0
        self._brackets = Brackets(self)
        words = {**tables().keywords, **dict.fromkeys(spelling.FOREIGN_TRUTHS, "foreign truth")}
        self._words = words
        self._special: dict[str, Callable[[str, int, int], int | None]] = {
            "break": self._break,
            **dict.fromkeys(("comment", "end"), lambda kind, start, end: None),
            "foreign": self._misspelt,
            "foreign truth": self._foreign_truth,
            "other": self._misspelt,
            **dict.fromkeys(("LPAR", "LSQB", "LBRACE"), self._opens),
            **dict.fromkeys(("RPAR", "RSQB", "RBRACE"), self._closes),
        }

    def run(self) -> None:
        """Fill `tokens`.

        Raises:
            ReadWhole: what is known does not stand between the statements of this text.
        """
        position = 1 if self.text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}") else 0
        try:
            for known in self._leaps:
                self._read(position, known[0].span.start)
                self._leap(known)
                position = known[-1].span.end
            self._read(position, len(self.text))
        except Stop:
            pass
        with suppress(Stop):
            self._brackets.close_all()
        if self.tokens and self.tokens[-1][0] == NEWLINE:
            self.tokens.pop()
        self.tokens.append((END, len(self.text), len(self.text)))

    def _read(self, start: int, end: int) -> None:
        position: int | None = start
        while position is not None:
            position = self._read_from(position, end)

    def _leap(self, known: Sequence[ast.Statement]) -> None:
        """Take statements that follow each other for one token each. (The parser takes it only where a statement begins.)"""
        for statement in known:
            _, start, end = statement.span
            if statement is not known[0]:
                self.tokens.append((NEWLINE, start, start))
            self.begin_statement()
            self.tokens.append((BROKEN, start, end))

    def _read_from(self, position: int, end_of_text: int) -> int | None:
        """Read tokens up to the end (None), or to a place where reading starts afresh."""
        pattern, kinds = _pattern()
        append, words, special = self.tokens.append, self._words, self._special
        for match in pattern.finditer(self.text, position, end_of_text):
            index = match.lastindex or 0
            start, end = match.span(index)
            kind = kinds[index]
            if kind == "NAME":
                kind = words.get(match[index], kind)
            act = special.get(kind)
            if act is None:
                append((kind, start, end))
            else:
                afresh = act(kind, start, end)
                if afresh is not None:
                    return afresh
        return None

    def add(self, diagnostic: Diagnostic, doubtful: bool = False, spoils: bool = False) -> None:
        """Report a mistake.

        Args:
            doubtful: it makes the messages of the parser about its statement worthless.
            spoils: it leaves open what its statement means, as doubtful ones do.
        """
        if diagnostic.span is not None:
            if doubtful:
                self.doubtful.append(diagnostic.span.start)
            if doubtful or spoils:
                self.spoilt.append(diagnostic.span.start)
        known = len(self.report)
        self.report.add(diagnostic)
        self._mistakes += len(self.report) - known
        if self._mistakes >= MISTAKES and diagnostic.span is not None:
            self.stop(statement_mistakes.too_many_mistakes(diagnostic.span, MISTAKES))

    def stop(self, diagnostic: Diagnostic) -> NoReturn:
        """Report a mistake after which the rest of the text is not looked at."""
        self.stopped = True
        self.doubtful.append(self.tokens[-1][2] if self.tokens else 0)
        self.spoilt.append(self.doubtful[-1])
        self.report.add(diagnostic)
        raise Stop

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def needs_all(self) -> None:
        """What was found now depends on more of the text than what is between statements.

        Raises:
            ReadWhole: some were leapt over.
        """
        if self.known:
            raise ReadWhole

    def _opens(self, kind: str, start: int, end: int) -> None:
        if kind == "LBRACE" and self.tokens and self.tokens[-1][0] == "LBRACE" and self.tokens[-1][2] > self.tokens[-1][1]:
            self.add(statement_mistakes.unexpected(self.span(start, end), "a second `{`", "delete one of them"))
            return
        self._brackets.opens(kind, start)
        self.tokens.append((kind, start, end))
        if kind == "LBRACE":
            self.begin_statement()

    def _closes(self, kind: str, start: int, end: int) -> None:
        self._brackets.closes(kind, start)

    def begin_statement(self) -> None:
        """What follows belongs to another statement than what came before."""
        self._statement = len(self.tokens)

    # Newlines ------------------------------------------------------------------------------------

    def _break(self, kind: str, start: int, end: int) -> None:
        self.line = end
        self._brackets.new_line(end)
        if not self._brackets.inside_round and self._ends_statement(end):
            self._end_statement(start, end)

    def _end_statement(self, position: int, next_line: int) -> None:
        """A newline that counts; a body that should have been opened before it is opened."""
        if self._lacks_body():
            self._open_body(position)
            self._brackets.new_line(next_line)
            if self.tokens[-1][0] != "RBRACE":
                return
            self.spoilt.append(position)
        self.tokens.append((NEWLINE, position, position))
        self.begin_statement()

    def _ends_statement(self, next_line: int) -> bool:
        if not self.tokens or self.tokens[-1][0] in (NEWLINE, "LBRACE") or _CONTINUES.match(self.text, next_line):
            return False
        kind = self.tokens[self._statement][0] if self._statement < len(self.tokens) else None
        if kind == BROKEN and any(clause.match(self.text, next_line) for clause in _CLAUSES.values()):
            self.needs_all()
        clause = _CLAUSES.get(kind) if kind is not None else None
        return clause is None or not clause.match(self.text, next_line)

    def _lacks_body(self) -> bool:
        """Whether the statement that ends here is one that needs a body. (What follows a `{` is another statement.)"""
        written = self.tokens[self._statement : self._statement + 3]
        if not written:
            return False
        kind, *rest = [one[0] for one in written]
        if kind == "NAME":
            return self.tokens[-1][0] == "COLON" and self.text[written[0][1] : written[0][2]] in FOREIGN_HEADS
        if kind in _HEADS - _DEFINITIONS:
            return kind == "ELSE" or (bool(rest) and rest[0] not in _NOT_AFTER_HEAD)
        return kind in _DEFINITIONS and bool(rest) and rest[0] not in _NOT_AFTER_HEAD and rest[1:] in ([], ["LPAR"], ["COLON"])

    def _open_body(self, position: int) -> None:
        """Open a body in place of a `:`, or of nothing; it ends with its indentation, unless a `}` ends it."""
        kind, start, end = self.tokens[self._statement]
        what = f"`{self.text[start:end]}`"
        last = self.span(*self.tokens[-1][1:])
        if self.tokens[-1][0] == "COLON":
            self.tokens.pop()
            if kind != "NAME":
                self.add(statement_mistakes.colon_for_body(last, what))
        else:
            brace = re.compile(r"\s*\{").match(self.text, position)
            self.add(statement_mistakes.missing_body(last.after, what, ", opened on the same line" if brace else ""))
            if brace:
                return
        self._brackets.opens_indented(last.end)
        self.tokens.append(("LBRACE", last.end, last.end))
        self.begin_statement()

    # Mistakes ------------------------------------------------------------------------------------

    def _foreign_truth(self, kind: str, start: int, end: int) -> None:
        if self.tokens and self.tokens[-1][0] == "DOT":
            self.tokens.append(("NAME", start, end))
            return
        word = self.text[start:end]
        plain = spelling.FOREIGN_TRUTHS[word]
        self.tokens.append((tables().keywords[plain], start, end))
        if plain == "none" and self._brackets.inside_type:
            return  # no size is `none` either: what is meant is said where sizes are read
        self.add(token_mistakes.foreign_word(self.span(start, end), word, write(plain, self.span(start, end))))

    def _misspelt(self, kind: str, start: int, end: int) -> int:
        """Report what is no token, put what was meant in its place, and go on after it."""
        found = spelling.look_at(self.source, start)
        if found.kind == NEWLINE:
            if not self._brackets.inside_round and self._ends_statement(found.end):
                self._end_statement(start, found.end)
        elif found.kind in ("LPAR", "LSQB", "LBRACE", "RPAR", "RSQB", "RBRACE"):
            self._special[found.kind](found.kind, start, found.end)
        elif found.kind is not None:
            if found.kind == "NAME" and self.tokens and self.tokens[-1][2] == start and self.text[start - 1].isalnum():
                start = self.tokens.pop()[1]
            self.tokens.append((found.kind, start, found.end))
        if found.swallows_line:
            self._brackets.close_line()
        self.add(found.mistake, found.doubtful, found.spoils)
        return found.end
