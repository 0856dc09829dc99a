"""What is no token of the language, and which token was probably meant."""

import re
from collections.abc import Callable
from unicodedata import category
from unicodedata import name as character_name

from nndsl.diagnostics import Diagnostic
from nndsl.frozen import Frozen
from nndsl.repairs import Repair, write
from nndsl.source import Source, Span
from nndsl.syntax import token_mistakes
from nndsl.syntax.grammar import kind_of
from nndsl.syntax.token_mistakes import short

FOREIGN_TRUTHS = {"True": "true", "False": "false", "None": "none"}

_LOOKALIKES = {
    "->": "→⟶⇒➔➜➝➞⇾↦▸►",
    "-": "−–—‐‑‒―﹣－",
    "*": "×∗⋅·✕✖＊",
    "/": "÷∕⁄／",
    "<=": "≤⩽",
    ">=": "≥⩾",
    "!=": "≠",
    "+": "＋",
    "=": "＝",
    "<": "‹＜",
    ">": "›＞",
    ",": "，、",
    ":": "：",
    ".": "．。",
    "(": "（",
    ")": "）",
    "[": "［【",
    "]": "］】",
    "{": "｛",
    "}": "｝",
}
_PLAIN = {one: plain for plain, alike in _LOOKALIKES.items() for one in alike}

_OPERATORS = {
    "=>": ("->", "data flows along `->`; greater or equal is `>=`"),
    "|>": ("->", "write `->`"),
    ">>": ("->", "write `->`"),
    "->>": ("->", "write `->`"),
    "===": ("==", "write `==`"),
    "!==": ("!=", "write `!=`"),
    "<>": ("!=", "write `!=`"),
    "&&": ("and", "write `and`"),
    "||": ("or", "write `or`"),
    "!": ("not", "write `not`"),
    ":=": ("=", "write `=`"),
    "^": ("**", "a power is written `**`"),
    "|": ("or", "write `or` between conditions; layers are joined by `->`"),
    "&": ("and", "write `and`"),
}


class Found(Frozen):
    """Something that is no token.

    Attributes:
        end: where it ends.
        kind: the kind of token that was probably meant; None if it is best left out.
        doubtful: what was meant is not clear, and what follows could be taken wrongly.
        spoils: what was meant is not clear.
        swallows_line: it took what follows on its line along.
    """

    mistake: Diagnostic
    end: int
    kind: str | None
    doubtful: bool = False
    spoils: bool = False
    swallows_line: bool = False


def look_at(source: Source, start: int) -> Found:
    """What stands at an offset where no token of the language begins."""
    for pattern, read in _FORMS:
        match = pattern.match(source.text, start)
        if match is not None:
            return read(Span(source, *match.span()), match[0])
    return _one_character(Span(source, start, start + 1))


def _operator(span: Span, text: str) -> Found:
    plain, repair = _OPERATORS[text]
    certain = repair if text == "|" else Repair(repair, _spaced(plain, span), span)
    return Found(token_mistakes.foreign_operator(span, text, certain), span.end, kind_of(plain))


def _spaced(operator: str, span: Span) -> str:
    """An operator that is a word, apart from the words around it."""
    around = span.source.text[max(0, span.start - 1) : span.start], span.source.text[span.end : span.end + 1]
    before, after = (" " if operator.isalpha() and one and not one.isspace() else "" for one in around)
    return f"{before}{operator}{after}"


def _long_arrow(span: Span, text: str) -> Found:
    return Found(token_mistakes.foreign_operator(span, text, write("->", span)), span.end, kind_of("->"))


def _augmented(span: Span, text: str) -> Found:
    before = re.search(r"(\w+)[ \t]*\Z", span.source.text[max(0, span.start - 100) : span.start])
    name = short(before[1]) if before else "h"
    repair = f"write it out: `{name} = {name} {text[0]} ...`"
    return Found(token_mistakes.foreign_operator(span, text, repair), span.end, kind_of("="), spoils=True)


def _shift(span: Span, text: str) -> Found:
    return Found(token_mistakes.foreign_operator(span, text, "multiply by a power: `x * 2 ** n`"), span.end, kind_of("*"), spoils=True)


def _semicolon(span: Span, text: str) -> Found:
    return Found(token_mistakes.semicolon(span), span.end, "_NEWLINE")


def _triple_quotes(span: Span, text: str) -> Found:
    return Found(token_mistakes.wrong_quotes(span, "three quotes", 'write one pair of `"`, on one line'), span.end, "STRING", spoils=True)


def _open_triple_quotes(span: Span, text: str) -> Found:
    opening = Span(span.source, span.start, span.start + 3)
    return Found(token_mistakes.wrong_quotes(opening, "three quotes", 'write one pair of `"`, on one line'), span.end, "STRING", doubtful=True)


def _single_quotes(span: Span, text: str) -> Found:
    return Found(token_mistakes.wrong_quotes(span, "single quotes", _in_quotes(span)), span.end, "STRING")


def _backticks(span: Span, text: str) -> Found:
    return Found(token_mistakes.wrong_quotes(span, "backticks", _in_quotes(span)), span.end, "STRING")


def _in_quotes(span: Span) -> str:
    inner = span.text[1:-1]
    words = f'write `"{short(inner)}"`'
    return words if '"' in inner or "\\" in inner else Repair(words, f'"{inner}"', span)


def _typographic_quotes(span: Span, text: str) -> Found:
    return Found(token_mistakes.lookalike_quotes(span), span.end, "STRING")


def _unterminated(span: Span, text: str) -> Found:
    return Found(token_mistakes.unterminated_string(span), span.end, "STRING", doubtful=True, swallows_line=True)


def _number(span: Span, text: str) -> Found:
    why, repair = _wrong_number(text)
    doubtful = text[-1] in "eE+-"  # so that nothing is said about an exponent that stands apart
    return Found(token_mistakes.malformed_number(span, why, repair), span.end, "NUMBER", doubtful, spoils=True)


def _wrong_number(text: str) -> tuple[str, str | None]:
    """Why a text that begins like a number is none, and what to write."""
    if re.fullmatch(r"\.[0-9_]+.*", text):
        return "a digit is missing before the point", f"write `0{short(text)}`"
    if re.fullmatch(r"[0-9_]+\.", text):
        return "a digit is missing after the point", f"write `{short(text)}0` or `{short(text[:-1])}`"
    if re.fullmatch(r"0+[0-9_]+(\.[0-9]*)?", text):
        return "it begins with 0", f"write `{short(text.lstrip('0_') or '0')}`"
    if re.fullmatch(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+", text):
        return "only decimal numbers are written", f"write `{int(text, 0)}`" if len(text) < 18 else None
    if re.fullmatch(r"[0-9_]+", text):
        return "a single `_` stands between digits", f"write `{short(text.replace('_', ''))}`"
    if re.fullmatch(r"[0-9_.]+[eE][+-]?", text):
        return "the exponent is missing", f"write `{short(text)}{'3' if text[-1] in '+-' else '-3'}`"
    word = re.fullmatch(r"([0-9][0-9_]*)([A-Za-z]\w*)", text)
    if word and word[2] in ("epoch", "epochs", "step", "steps"):
        return "a space stands before its unit", f"write `{short(word[1])} {word[2]}`"
    if word:
        return "letters follow its digits", "write all its digits; a name begins with a letter"
    return "it has too many points, or letters among its digits", None


def _foreign_letters(span: Span, text: str) -> Found:
    """A name with letters of other alphabets; it may have begun with plain ones."""
    before = re.search(r"[A-Za-z0-9_]*\Z", span.source.text[max(0, span.start - 100) : span.start])
    whole = Span(span.source, span.start - len(before[0] if before else ""), span.end)
    what = f"the letter `{text[0]}` ({_name(text[0])})"
    return Found(token_mistakes.unknown_character(whole, what, "names are made of the letters a to z, digits and `_`"), span.end, "NAME", spoils=True)


_FORMS: list[tuple[re.Pattern[str], Callable[[Span, str], Found]]] = [
    (re.compile(r"->>|=>|===|!==|<>|>>|&&|\|\||\|>|:=|!(?!=)|\^|\||&"), _operator),
    (re.compile(r"--+>|-[ \t]+>"), _long_arrow),
    (re.compile(r"<<"), _shift),
    (re.compile(r"[-+*/%]="), _augmented),
    (re.compile(r";"), _semicolon),
    (re.compile(r'"""(?:[^"]|"(?!""))*+"""'), _triple_quotes),
    (re.compile(r'"""[^\r\n]*'), _open_triple_quotes),
    (re.compile(r"'(?:[^'\\\r\n]|\\[^\r\n])*+'"), _single_quotes),
    (re.compile(r"`[^`\r\n]*+`"), _backticks),
    (re.compile(r"[“”„‟«»][^“”„‟«»\"\r\n]*+[“”„‟«»\"]"), _typographic_quotes),
    (re.compile(r"[‘’‚‛][^‘’‚‛'\r\n]*+[‘’‚‛']"), _typographic_quotes),
    (re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*+\\?'), _unterminated),
    (re.compile(r"\.?[0-9](?:[0-9A-Za-z_.]*[eE][+-][0-9]+)?[0-9A-Za-z_.]*"), _number),
    (re.compile(r"[^\W\d]\w*"), _foreign_letters),
]


def _one_character(span: Span) -> Found:
    character = span.text
    if character in _PLAIN:
        plain = _PLAIN[character]
        return Found(token_mistakes.lookalike(span, f"`{character}` ({_name(character)})", plain), span.end, kind_of(plain))
    if character in "\x85\u2028\u2029\v":
        return Found(token_mistakes.invisible(span, _name(character)), span.end, "_NEWLINE")
    if category(character) in ("Zs", "Cf", "Cc", "Cs", "Co", "Cn"):
        return Found(token_mistakes.invisible(span, _name(character)), span.end, None, doubtful=category(character) == "Cc")
    if character == "\\":
        mistake = token_mistakes.unknown_character(span, "a backslash", "an expression goes on if the next line starts with its operator")
        return Found(mistake, span.end, None, doubtful=True)
    what = f"`{character}`" if character.isascii() else f"`{character}` ({_name(character)})"
    repair = "the product of matrices is `matmul(a, b)`" if character == "@" else "delete it"
    return Found(token_mistakes.unknown_character(span, what, repair), span.end, None, doubtful=True)


def _name(character: str) -> str:
    """`U+00A0 NO-BREAK SPACE`."""
    return f"U+{ord(character):04X} {character_name(character, '')}".rstrip()
