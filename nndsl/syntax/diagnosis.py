"""What is wrong where the parser met a token that the grammar does not allow, and how it could be mended.

`diagnose` asks the functions of `_QUESTIONS` in turn; the first that recognises the mistake names it.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from nndsl.diagnostics import Diagnostic, did_you_mean
from nndsl.repairs import write
from nndsl.source import Span
from nndsl.syntax import mistakes, token_mistakes
from nndsl.syntax.grammar import END
from nndsl.syntax.lexing import NEWLINE
from nndsl.syntax.situation import (
    BODIED,
    CLOSERS,
    COMPARISONS,
    ENDS,
    HEADS,
    OPENERS,
    OPERATORS,
    RESERVED,
    WANTS_VALUE,
    Mend,
    Situation,
)

Finding: TypeAlias = tuple[Diagnostic, Mend | None]

_KINDS = ("network", "block", "data", "train")
_FOREIGN = {
    "def": "reusable pieces begin with `block`",
    "fn": "reusable pieces begin with `block`",
    "func": "reusable pieces begin with `block`",
    "function": "reusable pieces begin with `block`",
    "class": "write `network` or `block`",
    "model": "write `network`",
    "module": "write `block` or `network`",
    "return": "the last expression of a block is its result; or name it: `output y = ...`",
    "elif": "write `else if`",
    "elseif": "write `else if`",
    "elsif": "write `else if`",
    "lambda": "write a `block` with a name",
    "let": "write just `name = ...`",
    "var": "write just `name = ...`",
    "const": "write just `name = ...`",
    "while": "loops have an end: `for x in [...] { ... }`",
    "repeat": "write `Layer(...) * n`, or `for`",
    "use": 'write `from "file.nn" import Name`',
    "include": 'write `from "file.nn" import Name`',
    "import": 'write `from "file.nn" import Name`',
    "assert": "write `check ...`",
    "pass": "an empty body is `{ }`",
    "yield": "results are named: `output y = ...`",
    "del": "names need not be deleted",
    "global": "names of the file are seen everywhere in it",
    "switch": "write `if ... { } else if ... { }`",
}


def diagnose(situation: Situation) -> Finding:
    """The mistake at a token that is not allowed."""
    for question in _QUESTIONS:
        found = question(situation)
        if found is not None:
            return found
    return mistakes.unexpected(_visible(situation), _described(situation), _wanted(situation)), None


# Words of other languages ------------------------------------------------------------------------


def _comment(at: Situation) -> Finding | None:
    """`// text` or `/* text`: the second slash begins a line, or stands alone among words."""
    for offset in range(0, max(at.first_offset, -4) - 1, -1):
        if at.kind(offset) == "FLOOR" and (at.is_name(1) or at.is_name(offset + 1)) and _begins_line(at.span(offset)):
            return token_mistakes.foreign_operator(at.span(offset), "//", "a comment begins with `#`"), None
        if at.kind(offset) == "SLASH" and at.text(offset + 1)[:1] == "*" and at.span(offset).end == at.span(offset + 1).start:
            return token_mistakes.foreign_operator(at.span(offset), "/*", "a comment begins with `#`, on each of its lines"), None
    return None


def _begins_line(span: Span) -> bool:
    return not span.source.text[span.source.line_start(span.line) : span.start].strip()


def _foreign_statement(at: Situation) -> Finding | None:
    """A statement that begins with a word of another language, followed by something else than `=`."""
    if at.index != at.first + 1 or at.kind(-1) not in ("NAME", "IMPORT") or at.kind() == "EQUAL":
        return None
    word = at.text(-1)
    if word in _FOREIGN:
        return token_mistakes.foreign_word(at.span(-1), word, _FOREIGN[word]), None
    if at.is_name(0) and at.kind(1) in ("LBRACE", "LPAR") and _leads_to_body(at):
        repair = did_you_mean(word, _KINDS) or "a body belongs to a `network`, `block`, `data` or `train`"
        return token_mistakes.foreign_word(at.span(-1), word, repair), None
    return None


def _leads_to_body(at: Situation) -> bool:
    offset = 0
    while at.kind(offset) not in (NEWLINE, END, "LBRACE", "RBRACE"):
        offset += 1
    return at.kind(offset) == "LBRACE"


def _foreign_inside(at: Situation) -> Finding | None:
    """`elif` after a body, or `lambda` in an expression."""
    if at.kind() == "NAME" and at.kind(-1) == "RBRACE" and at.text() in ("elif", "elseif", "elsif"):
        return token_mistakes.foreign_word(at.span(), at.text(), write("else if", at.span())), Mend(NEWLINE, insert=True)
    if at.kind(-1) == "NAME" and at.text(-1) == "lambda":
        return token_mistakes.foreign_word(at.span(-1), "lambda", _FOREIGN["lambda"]), None
    return None


def _else_alone(at: Situation) -> Finding | None:
    if at.kind() == "ELSE" and (at.is_first or at.kind(-1) == "RBRACE" or at.kind(1) in ("LBRACE", "IF")):
        return mistakes.else_alone(at.span()), None
    return None


def _import_path(at: Situation) -> Finding | None:
    if at.first_kind == "FROM" and at.index == at.first + 1 and at.is_name(0):
        return mistakes.import_path(at.span()), None
    return None


# Something is missing ----------------------------------------------------------------------------


_FOLLOWS_NAME = OPERATORS - {"PLUS", "MINUS"} | {"EQUAL", "COLON"}


def _reserved_name(at: Situation) -> Finding | None:
    """A word of the language where a name should stand, or that is given a value like a name."""
    if at.kind() in RESERVED and (at.wants_name or (at.wants_value and at.kind(1) in _FOLLOWS_NAME)):
        return mistakes.reserved_word(at.span()), Mend("NAME")
    declared = at.index == at.first + 2 and at.first_kind in ("INPUT", "OUTPUT", "LAYER", "PARAM")
    begins = declared or at.index == at.first + 1 or at.kind(-2) in OPENERS | {"COMMA"}
    gets_value = at.kind() in ("EQUAL", "COLON") and at.kind(-1) in RESERVED - {"ELSE"}
    if begins and gets_value and (at.wants_value or at.kind(-1) in ("TRUE", "FALSE", "NONE", "FOR")):
        return mistakes.reserved_word(at.span(-1)), Mend("NAME", offset=-1)
    return None


def _braces_for_value(at: Situation) -> Finding | None:
    if at.kind() == "LBRACE" and at.wants_value and at.kind(-1) in WANTS_VALUE:
        return mistakes.braces_for_value(at.span()), None
    return None


def _slice(at: Situation) -> Finding | None:
    opener = at.opener
    if opener is None or opener.text != "[" or "LSQB" not in at.symbols or at.kind() not in ("COLON", "COMMA"):
        return None
    if at.allows("COMMA") or at.symbols[-1] == "type":
        return None
    return mistakes.wrong_index(at.span(), "a range stands" if at.kind() == "COLON" else "several numbers stand"), None


_GIVES_NOTHING = {
    "EQUAL": "nothing stands after `=`",
    "ARROW": "this arrow leads nowhere",
    "COMMA": "a value is missing after this comma",
    "COLON": "a type is missing after `:`",
}


def _missing_value(at: Situation) -> Finding | None:
    if not at.wants_value or at.is_first or at.is_name(0):
        return None
    last = at.kind(-1)
    if at.text()[:1] == "." and at.span().source.text.startswith("...", at.span().start):
        dots = Span(at.span().source, at.span().start, at.span().start + 3)
        return mistakes.missing_value(dots, "`...` stands for something that is left out", "write it out"), None
    if last in OPENERS or (last == "COMMA" and at.kind() in ("COMMA", *CLOSERS)):
        return mistakes.missing_value(at.span(), f"a value is missing before `{at.text()}`", "write it, or delete what is too much"), None
    message = _GIVES_NOTHING.get(last, f"a value is missing after `{at.text(-1)}`")
    return mistakes.missing_value(at.span(-1), message, _how_to_go_on(at, last)), None


def _how_to_go_on(at: Situation, last: str) -> str | None:
    if at.kind() == NEWLINE and last in OPERATORS:
        return f"write its right side here, or begin the next line with `{at.text(-1)}`"
    if last in OPERATORS and at.kind() in OPERATORS:
        return f"two operators follow each other: delete `{at.text(-1)}` or `{at.text()}`"
    return {"EQUAL": "write a value after it", "ARROW": "write a layer or a function after it"}.get(last)


def _missing_name(at: Situation) -> Finding | None:
    if not at.wants_name:
        return None
    last, word = at.kind(-1), at.text(-1)
    if last == "DOT":
        return mistakes.missing_value(at.span(-1), "a name is missing after the point", "write it directly after the point"), None
    if last in HEADS:
        return mistakes.missing_name(at.span(-1), f"this `{word}`", f"{word} Name {{ ... }}"), None
    if last in ("INPUT", "OUTPUT", "LAYER", "PARAM"):
        example = {"INPUT": "input x: float[4]", "OUTPUT": "output y = ...", "LAYER": "layer embed = ...", "PARAM": "param width = 16"}[last]
        return mistakes.missing_name(at.span(-1), f"this `{word}`", example), None
    if last in ("FOR", "AS", "IMPORT"):
        example = {"FOR": "for width in [16, 32] { ... }", "AS": "import Residual as Block", "IMPORT": 'from "file.nn" import Name'}[last]
        return mistakes.missing_name(at.span(-1), f"this `{word}`", example), None
    if at.first_kind in HEADS and at.kind() not in ENDS:
        return mistakes.missing_name(_visible(at), "a parameter", "block Name(width, kernel=3) { ... }"), None
    return None


def _type(at: Situation) -> Finding | None:
    """After `name:`, or after `name: word`, something else than sizes in brackets."""
    if not at.allows("LSQB") or at.wants_value or at.after_value or at.kind() == "LSQB":
        return None
    colon = -1 if at.kind(-1) == "COLON" else -2
    if at.kind(colon) != "COLON":
        return None
    if at.first_kind in ("INPUT", "OUTPUT") and at.kind(colon - 2) in ("INPUT", "OUTPUT"):
        if colon == -1:
            return mistakes.wrong_type(_visible(at), "a type is missing after `:`"), None
        word = at.text(-1)
        return mistakes.wrong_type(at.span(-1), f"`{word}` has no sizes", f"write them in `[ ]`; a single number is `{word}[]`"), None
    if at.kind() == "EQUAL" and colon == -1:
        return token_mistakes.foreign_operator(at.span(-1).to(at.span()), ": =", write("=", at.span(-1).to(at.span()))), None
    return mistakes.colon_for_equals(at.span(colon), _colon_message(at)), Mend("EQUAL", offset=colon)


def _colon_message(at: Situation) -> str:
    return "a name gets its value by `=`, not by `:`"


def _incomplete(at: Situation) -> Finding | None:
    """The line ends where the statement cannot end."""
    if at.kind() not in ENDS or at.is_first:
        return None
    end, word = mistakes.after(at.span(-1)), at.text(at.first_offset)
    if at.allows("ELSE") and not at.allows(NEWLINE):
        return mistakes.missing_word(end, "this `if` has no `else`", "a value that depends on a condition is `a if c else b`"), None
    if at.allows("LBRACE"):
        return mistakes.missing_body(end, f"`{word}`"), None
    if at.first_kind == "INPUT" and at.kind(at.first_offset + 1) == "COLON":
        return mistakes.missing_name(at.span(at.first_offset), f"this `{word}`", "input x: float[4]"), None
    if at.first_kind == "INPUT":
        return mistakes.missing_type(at.span(at.first_offset + 1), at.text(at.first_offset + 1)), None
    if at.first_kind == "FROM":
        return mistakes.missing_word(end, "the names to import are missing", 'write `from "file.nn" import Name`'), None
    if at.first_kind == "FOR":
        return mistakes.missing_word(end, "`for` does not say over what it goes", "write `for x in [16, 32] { ... }`"), None
    if at.allows("EQUAL"):
        name = at.text(at.first_offset + (at.first_kind in ("LAYER", "PARAM")))
        return mistakes.missing_value(end, f"`{name}` gets no value", "write `=` and a value"), None
    return None


# Something is too much ---------------------------------------------------------------------------


def _colon(at: Situation) -> Finding | None:
    if at.kind() != "COLON":
        return None
    if at.kind(1) == "LBRACE" or (at.first_kind in BODIED and at.kind(1) == NEWLINE):
        return mistakes.colon_for_body(at.span(), f"`{at.text(at.first_offset)}`"), None
    if at.opener is not None and at.is_name(-1):
        return mistakes.colon_for_equals(at.span()), Mend("EQUAL")
    return None


def _equals(at: Situation) -> Finding | None:
    if at.kind() != "EQUAL" or not (at.after_value or at.allows("EQUALS")):
        return None
    opener = at.opener
    before = [at.kind(offset) for offset in range(at.first_offset, 0)]
    if opener is not None and opener.text == "[":
        return mistakes.unexpected(at.span(), "`=`", "a list holds values; settings with names stand in `( )`"), None
    if opener is not None:
        return mistakes.not_a_target(at.span(-1), at.span()), None
    if before[0] == "CHECK" or "IF" in before:
        return mistakes.single_equals(at.span()), Mend("EQUALS")
    if "EQUAL" in before:
        return mistakes.several_values(at.span()), None
    return None


def _comparison(at: Situation) -> Finding | None:
    """A second comparison after a first one."""
    if at.kind() not in COMPARISONS or not any(one in COMPARISONS for one in at.symbols):
        return None
    depth = 0
    for offset in range(-1, at.first_offset - 1, -1):
        kind = at.kind(offset)
        if depth == 0 and kind in COMPARISONS:
            if kind == at.kind() == "GREATER":
                return mistakes.greater_for_arrow(at.span(offset)), None
            return mistakes.chained_comparison(at.span(), at.span(offset)), None
        depth += (kind in CLOSERS) - (kind in OPENERS)
    return None


def _loop(at: Situation) -> Finding | None:
    """`for x of y`, `for x = y`, `for x, y in z`."""
    if at.first_kind != "FOR" or not at.allows("IN"):
        return None
    if at.kind() == "COMMA":
        return mistakes.several_names(at.span(-1).to(at.span(1) if at.is_name(1) else at.span())), None
    mistake = mistakes.missing_word(_visible(at), "`in` is missing after the name", "write `for x in [16, 32] { ... }`")
    swapped = at.kind() == "EQUAL" or at.text() in ("of", "from", "over", "within")
    return mistake, Mend("IN", insert=not swapped)


def _word_between(at: Situation) -> Finding | None:
    """`from "file" Name`: the word between two parts is missing."""
    if at.first_kind == "FROM" and at.allows("IMPORT"):
        mistake = mistakes.missing_word(_visible(at), "`import` is missing after the file", 'write `from "file.nn" import Name`')
        return mistake, Mend("IMPORT", insert=not at.is_name(1)) if at.is_name(0) else None
    return None


def _comma(at: Situation) -> Finding | None:
    if at.kind() != "COMMA" or at.opener is not None or not (at.after_value or at.allows("EQUAL")):
        return None
    before = [at.kind(offset) for offset in range(at.first_offset, 0)]
    if "EQUAL" in before and at.after_value and (at.kind(1) in ENDS or (at.is_name(1) and at.kind(2) in ("EQUAL", "COLON"))):
        return mistakes.comma_after_statement(at.span()), Mend("" if at.kind(1) in ENDS else NEWLINE)
    last = at.index
    while at.kind(last - at.index) not in (*ENDS, "EQUAL", "LBRACE", "WITH", "TIMES"):
        last += 1
    first = at.first_offset if at.first_kind not in ("LAYER", "PARAM", "OUTPUT") else -1
    begin = next((offset + 1 for offset in range(-1, at.first_offset - 1, -1) if at.kind(offset) in ("EQUAL", "OVER")), first)
    return mistakes.several_names(at.span(begin).to(at.span(max(0, last - at.index - 1)))), None


def _check_left_out(at: Situation) -> Finding | None:
    """`params == 100 when width == 16`"""
    if at.kind() == "WHEN" and at.after_value and at.opener is None and any(one in COMPARISONS for one in at.symbols):
        return mistakes.missing_word(at.span(at.first_offset), "`check` is missing before this condition", "write `check ... when ...`"), None
    return None


def _no_objective(at: Situation) -> Finding | None:
    """`minimize over critic`: the word was taken for a name."""
    if at.first_kind == "MINIMIZE" and at.index == at.first + 2 and at.kind(-1) in ("OVER", "WITH", "TIMES") and at.begins_value:
        message = "this `minimize` does not say what is made smaller"
        return mistakes.missing_value(at.span(-2), message, "write `minimize loss over ...`"), None
    return None


def _two_values(at: Situation) -> Finding | None:
    """A value directly after a value: a comma, an arrow or the end of the line is missing."""
    if not at.begins_value or at.kind(-1) == "" or at.wants_value:
        return None
    if at.kind(-1) == "RBRACE":
        return mistakes.statement_goes_on(at.span(), "`}` has ended the statement"), Mend(NEWLINE, insert=True)
    if not (at.after_value or at.allows("COMMA")) or at.allows("LBRACE"):
        return None
    if at.index == at.first + 1 and at.is_name(-1) and _is_prose(at, 0) and (_is_prose(at, 1) or at.kind(1) == "COMMA"):
        return mistakes.unexpected(at.span(-1).to(at.span(1)), "text like this", "a comment begins with `#`"), None
    opener, layer = at.opener, _is_layer(at)
    setting = at.is_name(0) and at.kind(1) == "EQUAL"
    named = opener is not None and opener.text == "(" and at.is_name(-1) and at.kind(-2) in ("LPAR", "COMMA") and not setting
    if opener is not None and not (layer and at.is_name(-1) and not at.text(-1)[0].isupper()):
        return mistakes.missing_comma(at.span(), opener, named), Mend("EQUAL" if named else "COMMA", insert=True, guessed=not setting)
    if layer and (named or at.index == at.first + 1):
        return mistakes.missing_arrow(at.span(), at.text(-1)), Mend("ARROW", insert=True, guessed=True)
    if layer:
        return mistakes.missing_arrow(at.span()), Mend("ARROW", insert=True)
    if not at.allows(NEWLINE):
        return None
    return mistakes.statement_goes_on(at.span()), Mend(NEWLINE, insert=True)


def _is_layer(at: Situation) -> bool:
    """Whether a name that could be a layer's follows a value."""
    text = at.text()
    looks = at.is_name(0) and text[0].isupper() and any(one.islower() for one in text)
    return looks and (at.kind(-1) in ("RPAR", "RSQB") or at.is_name(-1))


def _is_prose(at: Situation, offset: int) -> bool:
    return at.kind(offset) in RESERVED or at.is_name(offset)


def _after_statement(at: Situation) -> Finding | None:
    """Anything after a statement that has ended with `}`."""
    if at.kind(-1) == "RBRACE" and not at.is_first and at.kind() not in ENDS:
        return mistakes.statement_goes_on(at.span(), "`}` has ended the statement"), Mend(NEWLINE, insert=True)
    return None


def _body_of_nothing(at: Situation) -> Finding | None:
    if at.kind() == "LBRACE" and at.first_kind in HEADS and at.kind(at.first_offset + 1) == "LPAR":
        word = at.text(at.first_offset)
        return mistakes.missing_name(at.span(at.first_offset), f"this `{word}`", f"{word} Name(...) {{ ... }}"), None
    if at.kind() == "LBRACE" and at.first_kind not in BODIED and not at.is_first:
        wanted = "a body belongs to a `network`, `block`, `data`, `train`, `for` or `if`"
        return mistakes.unexpected(at.span(), "`{`", wanted), None
    return None


def _twice(at: Situation) -> Finding | None:
    """`x -> Dense Dense(64)`, `network network Net {`: a word that was written twice."""
    for offset in (0, -1):
        if (at.is_name(offset) or at.kind(offset) in ("COLON", "EQUAL")) and at.kind(offset - 1) and at.text(offset) == at.text(offset - 1):
            mistake = mistakes.unexpected(at.span(offset), f"a second `{at.text(offset)}`", "delete one of them")
            return mistake, Mend("", offset=offset)
    return None


_QUESTIONS: tuple[Callable[[Situation], Finding | None], ...] = (
    _comment,
    _twice,
    _foreign_statement,
    _foreign_inside,
    _else_alone,
    _import_path,
    _reserved_name,
    _braces_for_value,
    _slice,
    _missing_value,
    _missing_name,
    _type,
    _incomplete,
    _colon,
    _equals,
    _comparison,
    _loop,
    _word_between,
    _comma,
    _check_left_out,
    _no_objective,
    _two_values,
    _after_statement,
    _body_of_nothing,
)


# What stands there, and what could ---------------------------------------------------------------


def _visible(at: Situation) -> Span:
    """The token, or the place after the one before it where the token is the end of a line."""
    return mistakes.after(at.span(-1)) if at.kind() in (NEWLINE, END) and at.index > 0 else at.span()


def _described(at: Situation) -> str:
    kind = at.kind()
    if kind == NEWLINE:
        return "the end of the line"
    if kind == END:
        return "the end of the file"
    text = at.text()
    shown = text if len(text) <= 30 else text[:29] + "…"
    if kind in ("NUMBER", "PERCENTAGE"):
        return f"the number `{shown}`"
    if kind == "STRING":
        return "a string"
    return f"the word `{shown}`" if re.fullmatch("[a-z]+", text) and kind != "NAME" else f"`{shown}`"


_NAMED = (
    ("NUMBER", "a value"),
    ("NAME", "a name"),
    ("PLUS", "an operator"),
    ("IN", "`in`"),
    ("ELSE", "`else`"),
    ("IMPORT", "`import`"),
    ("EQUAL", "`=`"),
    ("COLON", "`:`"),
    ("COMMA", "`,`"),
    ("RPAR", "`)`"),
    ("RSQB", "`]`"),
    ("LBRACE", "`{`"),
    (NEWLINE, "the end of the line"),
)


def _wanted(at: Situation) -> str:
    """What could stand there, in words."""
    if at.is_first:
        return "a statement begins with a name or with a word such as `input`, `for` or `network`"
    implied = ("NAME",) if at.wants_value else ("IN",) if at.after_value else ()
    found = [words for kind, words in _NAMED if kind not in implied and at.allows(kind)]
    if not found:
        return "delete it"
    return f"here could stand {', '.join(found[:-1])}{' or ' if found[1:] else ''}{found[-1]}"
