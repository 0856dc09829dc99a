"""Texts that the grammar makes: a walk through the parse tables, with words, numbers and strings that mean something, or too much."""

from random import Random

from nndsl.catalogue.component import Component
from nndsl.syntax.grammar import END, Tables, shift, sign_of, tables
from nndsl.syntax.lexing import BROKEN, NEWLINE

_CLOSING = (END, "RBRACE", "RPAR", "RSQB", NEWLINE, "LBRACE", "NAME", "EQUAL")
_NAMES = ("x", "y", "h", "L", "Net", "D", "source", "split", "model", "data", "loss", "optimizer", "same", "relu", "range", "csv", "npz", "dataset")
_AMOUNTS = ("0", "1", "2", "3", "8", "0.5", "1e-3", "1e999", "1_000", "10", "12", "99999999999999999999", "1" + "0" * 400, "1000000000000")
_STRINGS = ('""', '"a"', '"digits"', '"std/blocks.nn"', '"data.npz"', '"/etc/passwd"', '"../../x.csv"', '"b,ij->b"', '"\\u0000"', '"é"')


def sentence(chance: Random, length: int) -> str:
    """A text that the grammar allows, of about so many tokens."""
    known = tables()
    states = [known.start]
    pieces: list[str] = []
    while True:
        kinds = [kind for kind in known.actions[states[-1]] if kind != BROKEN]
        chance.shuffle(kinds)
        if len(pieces) >= length:
            kinds.sort(key=lambda kind: _CLOSING.index(kind) if kind in _CLOSING else len(_CLOSING))
        kind, states = next((kind, after) for kind in kinds if (after := _after(known, states, kind)) and (kind != END or len(pieces) >= length))
        if kind == END:
            return " ".join(pieces)
        pieces.append(_written(kind, chance))


def _after(known: Tables, states: list[int], kind: str) -> list[int] | None:
    """The states after one more token; None if it is not allowed. (The tables allow some at first that they do not in the end.)"""
    after = states.copy()
    return after if shift(known, after, kind) else None


def _written(kind: str, chance: Random) -> str:
    match kind:
        case "NAME":
            family = chance.choice(Component.families)
            return chance.choice(chance.choice([_NAMES, tuple(family.members) or _NAMES]))
        case "NUMBER":
            return chance.choice(_AMOUNTS)
        case "PERCENTAGE":
            return f"{chance.choice(_AMOUNTS)}%"
        case "STRING":
            return chance.choice(_STRINGS)
        case _ if kind == NEWLINE:
            return "\n"
    return sign_of(kind)
