"""Arguments that several commands have, and the values that are read from a command line."""

import argparse
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any, Literal

# Arguments that several commands have ------------------------------------------------------------


def add_file(parser: argparse.ArgumentParser, what: str) -> None:
    """FILE and NAME, and `--set` and `--data`: for `nndsl.checking.loaded`."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the .nn file; `-` reads it from standard input")
    parser.add_argument("name", metavar="NAME", nargs="?", help=f"which {what} of the file, if it has several")
    add_values(parser)


def add_run(parser: argparse.ArgumentParser) -> None:
    """RUN, as `folder`."""
    parser.add_argument("folder", metavar="RUN", type=Path, help="a run folder: runs/NAME/001 or runs/NAME/latest")


def add_values(parser: argparse.ArgumentParser) -> None:
    """`--set` and `--data`: what a file leaves open."""
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], type=assignment, dest="overrides",
        help="give a `param` of the file another value; may be repeated",
    )
    parser.add_argument("--data", metavar="PATH", type=Path, help="read this instead of the file that the `data` block names")


def add_look(parser: argparse.ArgumentParser, texts: str = "") -> None:
    """`--dark`, `--detail` and `--direction`, None where they are not given: how a network is drawn.

    Args:
        texts: what is to be said of files that others draw.
    """
    parser.add_argument("--dark", action="store_true", help="light on dark" + (f" (not for {texts})" if texts else ""))
    parser.add_argument(
        "--detail", choices=["overview", "blocks", "full"],
        help="blocks closed; equal neighbours folded into one with ×N; or every call (default: blocks"
        + (f"; {texts} are always full)" if texts else ")"),
    )
    parser.add_argument("--direction", choices=["down", "right"], help="where tensors flow to (default: down)")


def add_format(parser: argparse.ArgumentParser, what: str, formats: Sequence[str] = ("text", "json")) -> None:
    """`--format` and `--json`, which writes what is said here."""
    parser.add_argument("--format", choices=formats, default="text", help="how to print (default: text)")
    parser.add_argument("--json", dest="format", action="store_const", const="json", help=f"--format json: {what}")


# Values ------------------------------------------------------------------------------------------


def assignment(text: str) -> tuple[str, Any]:
    """The name and the value of `NAME=VALUE`."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE")
    return name.strip(), _value(value.strip())


def _value(text: str) -> Any:
    """A number, `true`, `false`, `none`, a list or a text, as it would be written in a file; quotes may be left out."""
    words = {"true": True, "false": False, "none": None}
    if text in words:
        return words[text]
    for number in (int, float):
        try:
            value = number(text)
        except ValueError:
            continue
        return value if isfinite(value) else text
    return _literal(text)


def _literal(text: str) -> Any:
    if text[:1] not in ("[", "(", '"', "'"):
        return text
    from ast import literal_eval

    try:
        return literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < len(str(most)) and int(text) >= least):
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number of at least {least}, and below {most:,}")
    return int(text)


def not_negative(text: str) -> float:
    """A number of at least 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of at least 0")
    return value


def positive(text: str) -> int:
    """A whole number of at least 1."""
    return _whole(text, 1, 10**9)


def count_or_all(text: str) -> int | Literal["all"]:
    """A whole number of at least 1, or `all`."""
    return "all" if text == "all" else positive(text)


def size(text: str) -> int:
    """A size in bytes, as people write it."""
    from nndsl.data.room import bytes_of_text

    try:
        return bytes_of_text(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


def natural(text: str) -> int:
    """A whole number of at least 0."""
    return _whole(text, 0, 10**18)
