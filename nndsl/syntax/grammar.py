"""Parse tables, made by Lark from `grammars/nn.lark` and kept in the user's cache folder.

Lark reads the grammar, finds its conflicts and computes the LALR(1) tables. They are kept as plain JSON,
and `parser.py` runs them: so a command that finds them in the cache does not import Lark, which would
take longer than parsing a large file, and recovery from mistakes can see the parser's whole state.
"""

import json
import os
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from nndsl.frozen import Frozen

if TYPE_CHECKING:
    from lark import Lark
    from lark.grammar import Rule as LarkRule

Plan: TypeAlias = list[int | list[int] | None]
END = "$END"
LAYOUT = 1  # of the cached tables; counts up when their meaning changes


class Rule(Frozen):
    """What to do when a rule of the grammar is complete.

    Attributes:
        size: the number of symbols on its right-hand side.
        origin: the symbol on its left-hand side.
        method: the method of the builder that makes its value.
        plan: which symbols' values the method receives: a position, a position in brackets if the value is
            a list to be poured in, or None for an optional part that was not written; None: all, as they are.
        passes: the position whose value is the rule's value, if it needs no method.
    """

    size: int
    origin: str
    method: str
    plan: Plan | None
    passes: int | None


class Tables(Frozen):
    """A grammar, ready to run.

    Attributes:
        actions: for each state and kind of token: `n > 0` shifts and goes to state `n - 1`, `n < 0` reduces
            by rule `-n - 1`.
        gotos: for each state and symbol of the grammar, the state after it.
        symbols: for each state, the symbol that leads to it.
        terminals: the regular expression of each kind of token that is not a keyword.
        keywords: the kind of each word that has a meaning.
        reserved: the words that cannot be names.
    """

    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    symbols: list[str]
    rules: list[Rule]
    start: int
    end: int
    terminals: dict[str, str]
    keywords: dict[str, str]
    reserved: frozenset[str]


@cache
def tables() -> Tables:
    """The tables of the language, from the cache if they are there."""
    grammar = _grammar_file().read_text(encoding="utf-8")
    key = [grammar, _lark_version(), list(sys.version_info[:3]), LAYOUT]
    kept = cache_file()
    found = _read(kept, key) if kept is not None else None
    if found is None:
        found = _made_from(grammar)
        if kept is not None:
            _write(kept, key, found)
    return _unpacked(found)


def _grammar_file() -> Path:
    package = Path(__file__).parent.parent
    installed = package / "grammars" / "nn.lark"
    return installed if installed.exists() else package.parent / "grammars" / "nn.lark"


def _lark_version() -> str:
    """The version of the installed Lark, read without importing it."""
    spec = find_spec("lark")
    if spec is None or spec.origin is None:
        return ""
    found = re.search(r'__version__.*?"([^"]+)"', Path(spec.origin).read_text(encoding="utf-8"))
    return found[1] if found else spec.origin


@cache
def kind_of(sign: str) -> str:
    """The kind of token that a sign or word of the language is."""
    made = tables()
    if sign in made.keywords:
        return made.keywords[sign]
    return next(kind for kind, expression in made.terminals.items() if expression == re.escape(sign))


@cache
def sign_of(kind: str) -> str:
    """How a kind of token is written that is always written the same."""
    made = tables()
    word = next((word for word, keyword in made.keywords.items() if keyword == kind), None)
    return word or re.sub(r"\\(.)", r"\1", made.terminals[kind])


# Running the tables ------------------------------------------------------------------------------


def shift(tables: Tables, states: list[int], kind: str) -> bool:
    """Take one more token, in the states alone; False if it is not allowed."""
    while (action := tables.actions[states[-1]].get(kind, 0)) < 0:
        rule = tables.rules[-1 - action]
        if rule.size:
            del states[-rule.size :]
        states.append(tables.gotos[states[-1]][rule.origin])
    if action:
        states.append(action - 1)
    return bool(action) or states[-1] == tables.end


class Jumps(dict[tuple[int, str, str], int]):
    """From a state and a symbol after it, past all rules that would only pass its value on before the next token."""

    def __init__(self, tables: Tables):
        self._tables = tables

    def __missing__(self, key: tuple[int, str, str]) -> int:
        below, symbol, kind = key
        tables = self._tables
        state = tables.gotos[below][symbol] if symbol in tables.gotos[below] else tables.actions[below][symbol] - 1
        while (action := tables.actions[state].get(kind, 0)) < 0:
            rule = tables.rules[-1 - action]
            if rule.size != 1 or rule.passes != 0:
                break
            state = tables.gotos[below][rule.origin]
        self[key] = state
        return state


@cache
def jumps() -> Jumps:
    """The jumps of the language, found as they are needed and kept for all texts."""
    return Jumps(tables())


# The cache ---------------------------------------------------------------------------------------


def cache_file() -> Path | None:
    """Where the tables are kept: in a folder of the user's own, or nowhere if the user has none."""
    stated = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(stated):
        folder = Path(stated)
    else:
        try:
            folder = Path.home() / ".cache"
        except RuntimeError:
            return None
    return folder / "nndsl" / f"grammar-{sys.implementation.cache_tag}.json"


def _read(file: Path, key: list[Any]) -> dict[str, Any] | None:
    """The tables in the file, or None if they are of another grammar, or damaged, or not there.

    The first line is a checksum of the second: a table with one wrong number would be worse than none.
    """
    from zlib import crc32

    try:
        checksum, _, payload = file.read_bytes().partition(b"\n")
        if checksum != b"%08x" % crc32(payload):
            return None
        kept = json.loads(payload)
    except (OSError, ValueError):
        return None
    if not isinstance(kept, dict) or kept.get("key") != key:
        return None
    found = kept["tables"]
    return found if isinstance(found, dict) else None


def _write(file: Path, key: list[Any], made: dict[str, Any]) -> None:
    """Keep the tables, if the folder can be written; a reader sees the whole file or none."""
    from tempfile import NamedTemporaryFile
    from zlib import crc32

    payload = json.dumps({"key": key, "tables": made}, separators=(",", ":")).encode()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=file.parent, delete=False) as beside:
            beside.write(b"%08x\n" % crc32(payload) + payload)
    except OSError:
        return
    try:
        os.replace(beside.name, file)
    except OSError:
        os.unlink(beside.name)


def _unpacked(made: dict[str, Any]) -> Tables:
    return Tables(**{**made, "rules": [Rule(*one) for one in made["rules"]], "reserved": frozenset(made["reserved"])})


# From Lark's tables to ours ----------------------------------------------------------------------


def _made_from(grammar: str) -> dict[str, Any]:
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    lark = Lark(grammar, parser="lalr", lexer="basic", maybe_placeholders=True)
    table = lark.parse_interactive("").parser_state.parse_conf.parse_table
    rules: dict[LarkRule, int] = {}
    actions: list[dict[str, int]] = [{} for _ in table.states]
    gotos: list[dict[str, int]] = [{} for _ in table.states]
    symbols = [""] * len(table.states)
    for state, row in table.states.items():
        for symbol, (action, target) in row.items():
            if action is not Shift:
                actions[state][symbol] = -1 - rules.setdefault(target, len(rules))
                continue
            symbols[target] = str(symbol)
            if symbol.isupper():
                actions[state][symbol] = target + 1
            else:
                gotos[state][symbol] = target
    return {
        "actions": actions,
        "gotos": gotos,
        "symbols": symbols,
        "rules": [_rule(one) for one in rules],
        "start": table.start_states["start"],
        "end": table.end_states["start"],
        **_terminals(lark),
    }


def _rule(rule: "LarkRule") -> list[Any]:
    plan = _plan(rule)
    written = [one for one in plan if one is not None]
    passes = written[0] if len(written) == len(plan) == 1 and rule.options.expand1 and not rule.alias else None
    everything = plan == list(range(len(rule.expansion)))
    return [len(rule.expansion), str(rule.origin.name), str(rule.alias or rule.origin.name), None if everything else plan, passes]


def _plan(rule: "LarkRule") -> Plan:
    """Which values the rule passes on: not those of quoted tokens; those of `_rules` are poured in."""
    expansion = iter(enumerate(rule.expansion))
    plan: Plan = []
    for missing in rule.options.empty_indices or [False] * len(rule.expansion):
        if missing:
            plan.append(None)
            continue
        position, symbol = next(expansion)
        if not symbol.is_term:
            plan.append([position] if symbol.name.startswith("_") else position)
        elif not getattr(symbol, "filter_out", False):
            plan.append(position)
    return plan


def _terminals(lark: "Lark") -> dict[str, Any]:
    """Tokens, longest first where one begins like another, with the words apart."""
    words = {one.pattern.value: one.name for one in lark.terminals if one.pattern.type == "str" and one.pattern.value.isalpha()}
    others = [one for one in lark.terminals if one.name not in words.values()]
    others.sort(key=lambda one: (one.pattern.type == "str", one.name == "NUMBER", -len(one.pattern.value)))
    names = {str(rule.expansion[0].name) for rule in lark.rules if rule.origin.name == "name"}
    return {
        "terminals": {one.name: one.pattern.to_regexp() for one in others},
        "keywords": words,
        "reserved": sorted(word for word, kind in words.items() if kind not in names),
    }
