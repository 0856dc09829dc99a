"""Colours for `.nn` files: a Pygments lexer, and the same rules as a TextMate grammar for editors.

What words, numbers and signs there are is read from the grammar. Here stands what they look like, and when a word that may
also be a name is none: a name is never followed by a name, a number or a string.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, ClassVar, NamedTuple

from pygments.lexer import RegexLexer, bygroups
from pygments.token import STANDARD_TYPES, Comment, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from nndsl.syntax.grammar import tables

DEFINITIONS = ("network", "block", "data", "train")
STATEMENTS = ("param", "input", "output", "layer", "check", "minimize")
IMPORTS = ("from", "import", "as")
CLAUSES = ("when", "over", "with", "times")
UNITS = ("epochs", "epoch", "steps", "step")
CONTROL = ("if", "else", "for", "in")
LOGIC = ("and", "or", "not")
VALUES = ("true", "false", "none")
PUNCTUATION = ("COMMA", "COLON", "DOT", "LPAR", "RPAR", "LSQB", "RSQB", "LBRACE", "RBRACE")


class Look(NamedTuple):
    """What some characters look like: a token of Pygments, and a scope of TextMate (none for blanks)."""

    token: Any
    scope: str | None


class Rule(NamedTuple):
    """A regular expression and the look of what it matches; with several looks, they are those of its groups."""

    pattern: str
    looks: tuple[Look, ...]

    def action(self) -> Any:
        """What Pygments makes of a match."""
        return self.looks[0].token if len(self.looks) == 1 else bygroups(*(one.token for one in self.looks))

    def scopes(self) -> Mapping[str, Any]:
        """What TextMate makes of it."""
        if len(self.looks) == 1:
            return {"name": self.looks[0].scope}
        return {"captures": {str(group): {"name": one.scope} for group, one in enumerate(self.looks, 1) if one.scope is not None}}


BLANK = Look(Whitespace, None)
NUMBER = Look(Number, "constant.numeric.nn")


def rules() -> Iterator[Rule]:
    """The rules of the language; where several match, the first counts."""
    terminals = dict(tables().terminals)
    name, number = terminals.pop("NAME"), terminals.pop("NUMBER")
    yield Rule(r"#[^\r\n]*", (Look(Comment.Single, "comment.line.number-sign.nn"),))
    yield Rule(terminals.pop("STRING"), (Look(String.Double, "string.quoted.double.nn"),))
    yield Rule(terminals.pop("PERCENTAGE"), (NUMBER,))
    yield Rule(rf"({number})([ \t]+)({_one_of(UNITS)})", (NUMBER, BLANK, Look(Keyword, "keyword.other.unit.nn")))
    yield Rule(number, (NUMBER,))
    yield from _words(name)
    yield from _names(name)
    for kind, sign in terminals.items():
        mark = Look(Punctuation, "punctuation.nn") if kind in PUNCTUATION else Look(Operator, "keyword.operator.nn")
        yield Rule(sign, (mark,))


def _words(name: str) -> Iterator[Rule]:
    """Words with a meaning; some only where they cannot be names."""
    between = _one_of((*CONTROL, *LOGIC))
    clause = rf'{_one_of((*CLAUSES, *IMPORTS))}[ \t]+["\w(\[]'
    name_follows = rf"[ \t]+(?!{between}|{clause})"
    value_follows = rf'(?={name_follows}["\w]|[ \t]+(?:not\b|[(\[]))'
    definition = Look(Keyword.Declaration, "storage.type.nn"), BLANK, Look(Name.Class, "entity.name.type.nn")
    yield Rule(rf"({_one_of(DEFINITIONS)})({name_follows})({name})", definition)
    yield Rule(_one_of(IMPORTS) + value_follows, (Look(Keyword.Namespace, "keyword.control.import.nn"),))
    yield Rule(_one_of((*STATEMENTS, *CLAUSES)) + value_follows, (Look(Keyword, "keyword.other.nn"),))
    yield Rule(_one_of(CONTROL), (Look(Keyword, "keyword.control.nn"),))
    yield Rule(_one_of(LOGIC), (Look(Operator.Word, "keyword.operator.word.nn"),))
    yield Rule(_one_of(VALUES), (Look(Keyword.Constant, "constant.language.nn"),))


def _names(name: str) -> Iterator[Rule]:
    """Names: of types, of arguments that are given, of layers, of functions, and all others."""
    yield Rule(rf"(:)([ \t]*)({name})(?=\[)", (Look(Punctuation, "punctuation.nn"), BLANK, Look(Keyword.Type, "support.type.nn")))
    yield Rule(rf"{name}(?==(?!=))", (Look(Name.Attribute, "variable.parameter.nn"),))
    yield Rule(rf"(?=[A-Z]){name}", (Look(Name.Class, "entity.name.class.nn"),))
    yield Rule(rf"{name}(?=\()", (Look(Name.Function, "entity.name.function.nn"),))
    yield Rule(name, (Look(Name, "variable.other.nn"),))


def _one_of(words: tuple[str, ...]) -> str:
    return rf"\b(?:{'|'.join(words)})\b"


class NNLexer(RegexLexer):
    """Colours `.nn` files wherever Pygments does: Sphinx, MkDocs, LaTeX (minted), rich, terminals."""

    name = "nndsl"
    aliases: ClassVar = ["nn", "nndsl"]
    filenames: ClassVar = ["*.nn"]
    mimetypes: ClassVar = ["text/x-nndsl"]
    tokens: ClassVar = {"root": [(r"\s+", Whitespace), *((one.pattern, one.action()) for one in rules())]}


def coloured(text: str) -> Iterator[tuple[int, str, str]]:
    """A text in pieces: where each begins, the short name that Pygments has for what it is (`kd`, `nc`), and the piece."""
    for place, token, piece in NNLexer().get_tokens_unprocessed(text):
        yield place, STANDARD_TYPES.get(token, ""), piece


def textmate() -> Mapping[str, Any]:
    """The rules as a TextMate grammar: for VS Code, JetBrains and others."""
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "nndsl",
        "scopeName": "source.nn",
        "fileTypes": ["nn"],
        "patterns": [{"match": one.pattern, **one.scopes()} for one in rules()],
    }


def as_html(text: str) -> list[str]:
    """The lines of a text as HTML; what has a colour is in a `span` whose class is Pygments' short name of the token."""
    lines = [""]
    for token, value in NNLexer(stripnl=False, ensurenl=False).get_tokens(text):
        name = STANDARD_TYPES.get(token, "")
        for number, part in enumerate(value.split("\n")):
            lines += [""] if number else []
            lines[-1] += f'<span class="{name}">{escape(part)}</span>' if name not in ("", "w", "n") and part else escape(part)
    return lines[:-1] if lines[-1] == "" else lines
