"""What can be wrong with the characters, words and brackets of a text, and how it is said.

The examples in the docstrings are compiled by the tests: the first reports the code, the mended one nothing.
"""

from unicodedata import category

from nndsl.diagnostics import Diagnostic, Note, error
from nndsl.repairs import Repair, write
from nndsl.source import Span

CLOSER = {"(": ")", "[": "]", "{": "}"}


def short(text: str) -> str:
    """A text as it is quoted in a message."""
    return text if len(text) <= 30 else text[:29] + "…"


# Reading -----------------------------------------------------------------------------------------


@error("NN101")
def unreadable(name: str, why: str, repair: str | None = None) -> Diagnostic:
    """A file that should be read is not there, is a folder, or may not be read.

    Paths are relative to the folder in which the command runs; those inside a file, to the folder of that file.
    """
    return Diagnostic(None, f"cannot read `{name}`: {why}", repair=repair)


@error("NN102")
def not_utf8(name: str, line: int, column: int, byte: int) -> Diagnostic:
    """A `.nn` file is text in UTF-8, and this one holds a byte that UTF-8 does not have at this place.

    It was saved in another encoding (Latin-1, UTF-16), or it is not a text at all. Save it again as UTF-8.
    """
    where = f"line {line} holds the byte 0x{byte:02X} after {column - 1} character{'s' if column != 2 else ''}"
    return Diagnostic(None, f"`{name}` is not text in UTF-8: {where}", repair="save it as UTF-8")


# Characters and words ----------------------------------------------------------------------------


@error("NN103")
def unknown_character(span: Span, what: str, repair: str = "delete it") -> Diagnostic:
    """A character that the language does not use, outside of a string or a comment.

    Names are made of the letters a to z and A to Z, digits and `_`.

        h = image -> Dense(64) $ relu

    Mended:

        h = image -> Dense(64) -> relu
    """
    return Diagnostic(span, f"{what} means nothing in a `.nn` file", repair=repair)


@error("NN104")
def lookalike(span: Span, what: str, plain: str) -> Diagnostic:
    """A character that looks like one of the language, and is another one.

    Word processors, chat programs and papers put typographic quotes, arrows, signs and spaces in place of the
    plain ones. Write the plain one.

        h = image → Dense(2 × width)

    Mended:

        h = image -> Dense(2 * width)
    """
    return Diagnostic(span, f"{what} is not `{plain}`", repair=write(plain, span))


def lookalike_quotes(span: Span) -> Diagnostic:
    quotes = Repair('write `"`', f'"{span.text[1:-1]}"', span)
    return Diagnostic(span, f"the quote `{span.text[0]}` is not `\"`", repair=quotes, code=lookalike(span, "", "").code)


@error("NN105")
def invisible(span: Span, what: str) -> Diagnostic:
    """A character that cannot be seen, and is not the space, the tab or the end of a line.

    It usually comes along when text is copied from a web page. Delete it, and type a space if there should be one.
    """
    return Diagnostic(span, f"{what} stands here, which looks like nothing or like a space", repair=_space(span))


def _space(span: Span) -> str:
    """What looks like a space is to be one; of what looks like nothing, it is not known what it is to be."""
    words = "replace it by a plain space"
    return Repair(words, " ", span) if category(span.text) == "Zs" else words


@error("NN106")
def unterminated_string(span: Span) -> Diagnostic:
    """A string ends on the line on which it begins, with a second `"`.

        source = images("photos/)

    Mended:

        source = images("photos/")
    """
    return Diagnostic(span, "this string has no end on its line", repair='close it with `"`')


@error("NN107")
def wrong_quotes(span: Span, what: str, repair: str) -> Diagnostic:
    """Strings stand in one pair of plain double quotes, on one line.

        source = csv('iris.csv')

    Mended:

        source = csv("iris.csv")
    """
    return Diagnostic(span, f"{what} are not the quotes of a string", repair=repair)


@error("NN108")
def unknown_escape(span: Span, text: str) -> Diagnostic:
    r"""A backslash in a string begins one of `\"`, `\\`, `\n`, `\t` and `\u` with four hexadecimal digits.

        source = csv("data\iris.csv")

    Mended:

        source = csv("data/iris.csv")
    """
    return Diagnostic(span, f"`{text}` stands for nothing in a string", repair=r"write `\\` for a backslash, or `/` in a path")


@error("NN109")
def malformed_number(span: Span, why: str, repair: str | None) -> Diagnostic:
    """Numbers are written `64`, `1_000`, `0.5`, `1e-3`: digits on both sides of a point, single `_` between digits.

        rate = .5

    Mended:

        rate = 0.5
    """
    return Diagnostic(span, f"`{short(span.text)}` is not a number: {why}", repair=repair)


@error("NN110")
def number_too_large(span: Span) -> Diagnostic:
    """Whole numbers go up to 9_223_372_036_854_775_807 (64 bits), and others up to 1.8e308.

        seed = 99_999_999_999_999_999_999

    Mended:

        seed = 99_999
    """
    return Diagnostic(span, "this number is too large", repair="whole numbers go up to 2**63 - 1, others up to 1.8e308")


@error("NN111")
def foreign_operator(span: Span, written: str, repair: str) -> Diagnostic:
    """An operator of another language. Here data flows along `->`, and conditions are joined by `and`, `or`, `not`.

        h = image => Dense(64) |> relu

    Mended:

        h = image -> Dense(64) -> relu
    """
    return Diagnostic(span, f"`{written}` is not an operator of the language", repair=repair)


@error("NN112")
def foreign_word(span: Span, written: str, repair: str) -> Diagnostic:
    """A word of another language, mostly of Python.

    Reusable pieces are `block`, results are `output`, alternatives are `else if`, and truth is `true`, `false` and
    `none`.

        h = image -> Dense(64, use_bias=False)

    Mended:

        h = image -> Dense(64, use_bias=false)
    """
    return Diagnostic(span, f"`{written}` is not a word of the language", repair=repair)


@error("NN113")
def semicolon(span: Span) -> Diagnostic:
    """A statement ends at the end of its line; there is no sign for it.

        h = image -> Dense(64);

    Mended:

        h = image -> Dense(64)
    """
    return Diagnostic(span, "a statement ends with its line, without `;`", repair="delete it, and start a new line for a new statement")


# Brackets ----------------------------------------------------------------------------------------


@error("NN121")
def unclosed(opener: Span, noticed: Span | None, closers: str) -> Diagnostic:
    """A bracket is opened and never closed. The second place is where something stood that cannot be inside of it.

        h = image -> Dense(64
        output y = h

    Mended:

        h = image -> Dense(64)
        output y = h
    """
    notes = (Note("it was still open here", noticed),) if noticed is not None else (Note("it is still open at the end of the file"),)
    return Diagnostic(opener, f"this `{opener.text}` is never closed", notes, f"close it with `{closers}`")


@error("NN122")
def nothing_to_close(span: Span) -> Diagnostic:
    """A closing bracket without an opening one before it.

        h = image -> Dense(64))

    Mended:

        h = image -> Dense(64)
    """
    return Diagnostic(span, f"this `{span.text}` closes nothing", repair="delete it, or open the bracket before it")


@error("NN123")
def wrong_closer(span: Span, opener: Span) -> Diagnostic:
    """A bracket is closed by a bracket of another kind.

        sizes = [16, 32, 64)

    Mended:

        sizes = [16, 32, 64]
    """
    notes = (Note("the bracket that it would close", opener),)
    return Diagnostic(span, f"`{span.text}` does not close `{opener.text}`", notes, f"write `{CLOSER[opener.text]}`")


@error("NN124")
def nested_too_deeply(span: Span, limit: int) -> Diagnostic:
    """Brackets, signs, powers and conditions inside each other have a limit that no reader would want to reach.

    Give names to the inner parts: `inner = a + b`.
    """
    return Diagnostic(span, f"this is nested too deeply: the limit is {limit}", repair="give the inner parts names of their own")
