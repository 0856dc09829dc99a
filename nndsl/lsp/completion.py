"""What can be written at a place. The text is usually unfinished there: it is read without the statement that is typed."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from lsprotocol import types

from nndsl.catalogue.component import REQUIRED, Component
from nndsl.catalogue.kinds import Choice, Either, Flag, Kind, Nothing, Of
from nndsl.catalogue.stopping import EarlyStopping
from nndsl.data.component import DataSource, Encoder, RowStep, Split
from nndsl.data.tables import DataError
from nndsl.diagnostics import UserError
from nndsl.elaboration.modules import library_folder, locate
from nndsl.elaboration.training import SETTINGS as TRAIN_SETTINGS
from nndsl.lsp import wording
from nndsl.lsp.desk import Analysis, Desk, read
from nndsl.lsp.names import Names, Symbol
from nndsl.lsp.places import places
from nndsl.lsp.resolving import FAMILIES, SETTING_KINDS, SETTINGS
from nndsl.lsp.settings import SETTING_TEXTS
from nndsl.lsp.situation import Place, place_at
from nndsl.source import Source
from nndsl.syntax import ast

ITEM = types.CompletionItemKind
WORDS = {
    "": ("from", "param", "block", "network", "data", "train"),
    "network": ("input", "output", "layer", "for", "if", "check", "weights"),
    "block": ("input", "output", "layer", "for", "if", "check"),
    "data": (),
    "train": ("minimize", "layer"),
}
DTYPES = ("float", "int", "bool")
_KINDS = {
    "import": ITEM.Module, "block": ITEM.Function, "network": ITEM.Class, "data": ITEM.Struct, "param": ITEM.Constant, "field": ITEM.Field,
    "parameter": ITEM.Variable, "layer": ITEM.Variable,
}
SMALL = 20_000
"""Characters of a text whose types are worth finding out for the names in a list."""
_ORDER = {"argument": "0", "option": "1", "name": "2", "catalogue": "3", "word": "4"}


def completion(desk: Desk, source: Source, offset: int) -> list[types.CompletionItem]:
    """Everything that can stand at a place, the most fitting first."""
    place = place_at(source, offset)
    if place is None:
        return []
    found: dict[str, types.CompletionItem] = {}
    for item in _Completion(desk, source, offset, place).items():
        found.setdefault(item.label, item)
    return list(found.values())


def resolved(item: types.CompletionItem) -> types.CompletionItem:
    """An item with its documentation, which is not sent before somebody looks at it."""
    data: Any = item.data
    if isinstance(data, dict):
        family = next((one for one in Component.families if one.noun == data.get("family")), None)
        component = family.members.get(str(data.get("component"))) if family is not None else None
        if component is not None:
            text = f"```nn\n{wording.signature(component, whole=True)}\n```\n\n{wording.documentation(component)}"
            item.documentation = types.MarkupContent(types.MarkupKind.Markdown, text)
    return item


class _Completion:
    """The items at one place."""

    def __init__(self, desk: Desk, source: Source, offset: int, place: Place):
        self._desk, self._source, self._offset, self._place = desk, source, offset, place
        self._settled = read(_without_statement(source, place.start, offset))
        self._names: Names = self._settled.names

    def items(self) -> Iterator[types.CompletionItem]:
        place, kinds = self._place, self._place.kinds
        if place.path is not None:
            yield from self._paths(place.path) if kinds[-1:] == ("FROM",) else ()
        elif kinds[:1] == ("FROM",):
            yield from self._importable()
        elif kinds[-1:] == ("DOT",):
            yield from self._members()
        elif not kinds:
            yield from self._beginnings()
        elif kinds[:1] == ("INPUT",) and kinds[-1] == "COLON":
            yield from (_item(one, ITEM.TypeParameter, "option") for one in DTYPES)
        else:
            yield from self._values()

    # Imports ---------------------------------------------------------------------------------------

    def _paths(self, typed: str) -> Iterator[types.CompletionItem]:
        """The files of the library, and those beside this one."""
        for path in sorted((library_folder() / "std").glob("*.nn")):
            yield self._replacing(f"std/{path.name}", typed)
        folder = self._source.folder()
        for path in sorted(folder.glob("*.nn")) if self._source.path is not None else ():
            if path != self._source.path:
                yield self._replacing(path.relative_to(folder).as_posix(), typed)

    def _replacing(self, label: str, typed: str) -> types.CompletionItem:
        item = _item(label, ITEM.File, "name")
        item.text_edit = types.TextEdit(places(self._source, self._desk.encoding).range(self._offset - len(typed), self._offset), label)
        return item

    def _importable(self) -> Iterator[types.CompletionItem]:
        """What the file defines that is named."""
        written = next((text for kind, text in self._place.before if kind == "STRING"), '""').strip('"')
        if self._place.kinds[-1] not in ("IMPORT", "COMMA", "LPAR"):
            yield from (_item("import", ITEM.Keyword, "word"),) if self._place.kinds[-1] == "STRING" else ()
            return
        try:
            names = self._desk.parsed(self._desk.file(locate(written, self._source))).names
        except (UserError, ValueError, OSError):
            return
        yield from (_named(one) for one in names.top.values() if one.kind != "data")

    # Names -----------------------------------------------------------------------------------------

    def _beginnings(self) -> Iterator[types.CompletionItem]:
        """What a statement can begin with."""
        body = self._place.body
        for name in SETTINGS.get(body, ()):
            yield _item(name, ITEM.Property, "argument", insert=f"{name} = ", documentation=SETTING_TEXTS[body, name])
        yield from (_item(one, ITEM.Keyword, "word") for one in WORDS[body])
        if body in ("network", "block"):
            yield from self._visible()
            yield from self._catalogue(FAMILIES[body]) if body == "block" else ()

    def _visible(self, *kinds: str) -> Iterator[types.CompletionItem]:
        """The names that can be seen, or those of some kinds."""
        analysis = self._analysis if len(self._source.text) < SMALL else None
        for symbol in self._names.visible(self._offset).values():
            if not kinds or (self._desk.imported(symbol) or symbol).kind in kinds:
                yield _named(symbol, _detail(analysis, symbol) or "")

    def _catalogue(self, families: Iterable[type[Component]]) -> Iterator[types.CompletionItem]:
        for family in families:
            for name in family.names():
                yield _of_catalogue(name, family)

    def _members(self) -> Iterator[types.CompletionItem]:
        """What stands after a dot: columns of the source, fields of data, what is known of a field or of a tensor."""
        chain = _chain(self._place)
        if chain == ["source"] and self._place.body == "data":
            yield from (_item(one, ITEM.Field, "argument", detail) for one, detail in self._columns())
            return
        symbol = self._names.visible(self._offset).get(chain[0]) if chain else None
        if symbol is None:
            return
        if symbol.kind == "data" and isinstance(symbol.statement, ast.Definition):
            plan = self._analysis.program.data.get(symbol.name)
            if len(chain) == 1:
                yield from (_named(one) for one in self._names.bodies[symbol.statement].values())
            elif plan is not None and chain[1] in plan.fields:
                known = plan.fields[chain[1]].attributes()
                yield from (_item(name, ITEM.Property, "argument", str(value)[:60]) for name, value in known.items())
        elif len(chain) == 1:
            yield from (_item(one, ITEM.Property, "argument") for one in ("shape", "rank", "dtype"))

    def _columns(self) -> Iterator[tuple[str, str]]:
        home = self._names.definition_at(self._place.start)
        analysis = self._analysis
        for statement in home.body if home is not None else ():
            if isinstance(statement, ast.Binding) and statement.targets[0].name == "source":
                seen = analysis.trace.seen(statement.targets[0].span)
                try:
                    table = seen.value.open(self._source.folder()) if seen is not None else None
                except (DataError, UserError, OSError):
                    table = None
                if table is not None:
                    yield from ((name, type(form).__name__.lower()) for name, form in table.columns.items())

    @cached_property
    def _analysis(self) -> Analysis:
        return self._desk.analyse(self._settled)

    # Values ----------------------------------------------------------------------------------------

    def _values(self) -> Iterator[types.CompletionItem]:
        """What an expression can be: of an argument, of a setting, or of a step along an arrow."""
        call = self._place.call()
        if call is not None:
            yield from self._in_call(*call)
            return
        if self._place.kinds[1:3] == ("EQUAL", "LPAR") and self._place.before[0][1] == "early_stopping":
            yield from _arguments(EarlyStopping, self._place.given(2))
            return
        setting = self._place.before[0][1] if self._place.kinds[1:2] == ("EQUAL",) else ""
        body, stepping = self._place.body, "ARROW" in self._place.kinds
        if body == "data":
            yield from self._in_data(setting, stepping)
        elif body == "train" and setting in ("model", "data"):
            yield from self._visible("network" if setting == "model" else "data")
        elif (body, setting) in SETTING_KINDS:
            yield from self._of_kind(SETTING_KINDS[body, setting])
        elif body == "train" and setting in TRAIN_SETTINGS:
            yield from self._visible("param")
        else:
            yield from self._visible()
            yield from self._catalogue(FAMILIES.get(body, FAMILIES["network"]))
            yield from (_item(one, ITEM.Keyword, "word") for one in ("if", "else", "and", "or", "not", "true", "false", "none"))

    def _in_data(self, setting: str, stepping: bool) -> Iterator[types.CompletionItem]:
        families: dict[str, type[Component]] = {"source": RowStep if stepping else DataSource, "split": Split}
        if setting == "augment":
            yield from self._visible("field")
            yield from self._catalogue(FAMILIES["network"])
        elif setting in families or stepping:
            yield from self._catalogue([families.get(setting, Encoder)])
        else:
            yield _item("source", ITEM.Variable, "argument", "a column: source.name", insert="source.")

    def _in_call(self, opener: int, argument: int) -> Iterator[types.CompletionItem]:
        callee, name = self._place.before[opener - 1][1], self._place.argument(argument)
        symbol = self._names.visible(self._offset).get(callee)
        if symbol is not None:
            if name is None and argument == len(self._place.before):
                yield from self._parameters(symbol, self._place.given(opener))
            yield from self._visible()
            return
        component = self._component(callee)
        if component is None:
            yield from self._visible()
            yield from self._catalogue(FAMILIES.get(self._place.body, FAMILIES["network"]))
            return
        field = component.fields().get(name) if name is not None else None
        if name is None and argument == len(self._place.before):
            yield from _arguments(component, self._place.given(opener))
        kind = field.kind if field is not None else component.kind_at(self._place.position(opener))
        if kind is not None:
            yield from self._of_kind(kind)
        yield from self._visible()

    def _component(self, callee: str) -> type[Component] | None:
        families = (*FAMILIES.get(self._place.body, FAMILIES["network"]), *Component.families)
        return next((found for found in (family.members.get(callee) for family in families) if found is not None), None)

    def _parameters(self, symbol: Symbol, given: set[str]) -> Iterator[types.CompletionItem]:
        origin = self._desk.imported(symbol)
        if origin is not None and isinstance(origin.statement, ast.Definition):
            for one in origin.statement.parameters or ():
                if one.name not in given:
                    detail = "needed" if one.default is None else f"default: {one.default.span.text}"
                    yield _item(one.name, ITEM.Property, "argument", detail, insert=f"{one.name}=")

    def _of_kind(self, kind: Kind) -> Iterator[types.CompletionItem]:
        """The words that an argument takes."""
        for one in _flat(kind):
            match one:
                case Flag():
                    yield from (_item(word, ITEM.Keyword, "option") for word in ("true", "false"))
                case Nothing():
                    yield _item("none", ITEM.Keyword, "option")
                case Choice():
                    yield from (_item(word, ITEM.EnumMember, "option") for word in one.options())
                case Of():
                    yield from (_of_catalogue(name, one.family, "option") for name in one.family.names())
                case _:
                    yield from (_item(word, ITEM.EnumMember, "option") for word in one.options())


def _flat(kind: Kind) -> Iterator[Kind]:
    if isinstance(kind, Either):
        for one in kind.kinds:
            yield from _flat(one)
    else:
        yield kind


def _arguments(component: type[Component], given: set[str]) -> Iterator[types.CompletionItem]:
    for field in component.fields().values():
        if field.name not in given and not field.variadic:
            item = _item(field.name, ITEM.Property, "argument", wording.argument(field), insert=f"{field.name}=")
            item.sort_text = f"{_ORDER['argument']}{0 if field.default is REQUIRED else 1}{field.name}"
            yield item


def _named(symbol: Symbol, detail: str = "") -> types.CompletionItem:
    return _item(symbol.name, _KINDS.get(symbol.kind, ITEM.Variable), "name", detail or symbol.kind)


def _of_catalogue(name: str, family: type[Component], order: str = "catalogue") -> types.CompletionItem:
    kind = ITEM.Class if name[:1].isupper() else ITEM.Function
    item = _item(name, kind, order, family.members[name].summary())
    item.data = {"component": name, "family": family.noun}
    return item


def _item(label: str, kind: types.CompletionItemKind, order: str, detail: str = "", insert: str = "", documentation: str = "") -> types.CompletionItem:
    return types.CompletionItem(
        label, kind=kind, detail=detail or None, sort_text=f"{_ORDER[order]}{label}", insert_text=insert or None, documentation=documentation or None
    )


def _detail(analysis: Analysis | None, symbol: Symbol) -> str | None:
    seen = analysis.trace.seen(symbol.bound[-1]) if analysis is not None and symbol.bound else None
    return wording.value(seen.value) if seen is not None else None


def _chain(place: Place) -> list[str]:
    """The words before a dot: `Photos.label.` is `Photos` and `label`."""
    words: list[str] = []
    texts = [text for _, text in place.before]
    while len(texts) >= 2 and texts[-1] == "." and texts[-2].isidentifier():
        words.insert(0, texts[-2])
        texts = texts[:-2]
    return words


def _without_statement(source: Source, start: int, offset: int) -> Source:
    """The text with blanks in place of a statement, up to the end of the line that is typed."""
    end = re.compile(r"[^\r\n]*").match(source.text, offset)
    stop = end.end() if end is not None else offset
    blank = re.sub(r"[^\r\n]", " ", source.text[start:stop])
    return Source(source.name, source.text[:start] + blank + source.text[stop:], source.path)
