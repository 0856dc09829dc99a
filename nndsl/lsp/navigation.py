"""Where a name is bound, where it is used, and everything it would take to call it something else."""

import re
from collections import Counter
from collections.abc import Iterator

from lsprotocol import types

from nndsl.diagnostics import Report, UserError
from nndsl.elaboration.modules import locate
from nndsl.lsp.desk import Analysis, Desk, is_library
from nndsl.lsp.names import File, Meaning, Occurrence, Symbol
from nndsl.lsp.places import text_edit
from nndsl.repairs import Edit, applied
from nndsl.source import Source, Span

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HARD_WORDS = ("if", "else", "for", "in", "and", "or", "not", "true", "false", "none")


class CannotRename(Exception):
    """A name that cannot be changed, or not to this one; says why, in a sentence."""


# Definition ----------------------------------------------------------------------------------------


def definition(desk: Desk, analysis: Analysis, offset: int) -> list[types.Location]:
    """Where the name at a place is bound: in this text, or in the file that it is imported from."""
    found = analysis.names.at(offset)
    if found is None:
        return []
    if isinstance(found.meaning, File):
        return _file(desk, analysis.source, found.meaning.path)
    if isinstance(found.meaning, type):
        return []
    symbol = desk.symbol(found.meaning)
    if symbol is None:
        return []
    return [desk.location(_bound_before(symbol, found.span))]


def _bound_before(symbol: Symbol, use: Span) -> Span:
    """Where a use gets its value: of `h = h -> Dense(8)`, the line before."""
    before = [one for one in symbol.bound if one.source is use.source and one.start <= use.start]
    return before[-1] if before else symbol.bound[0]


def _file(desk: Desk, source: Source, written: str) -> list[types.Location]:
    try:
        target = desk.file(locate(written, source))
    except (UserError, ValueError, OSError):
        return []
    return [desk.location(Span(target, 0, 0))]


# References ----------------------------------------------------------------------------------------


def references(desk: Desk, analysis: Analysis, offset: int, declarations: bool) -> list[types.Location]:
    """Every place of a name, in this text, and of what can be imported, in the files of the workspace."""
    found = analysis.names.at(offset)
    if found is None:
        return []
    return [desk.location(one) for one, bound in _places(desk, analysis, found.meaning) if declarations or not bound]


def _places(desk: Desk, analysis: Analysis, meaning: Meaning) -> Iterator[tuple[Span, bool]]:
    """The places of a name, with whether each binds it; a name of the catalogue is looked for in this text."""
    symbol = desk.symbol(meaning)
    if symbol is None:
        for one in analysis.names.in_order():
            if one.meaning == meaning:
                yield one.span, False
        return
    for source, names in desk.everywhere(symbol):
        for one in names.in_order():
            if desk.symbol(one.meaning) is symbol:
                yield one.span, source is symbol.bound[0].source and one.span in symbol.bound


def highlights(desk: Desk, analysis: Analysis, offset: int) -> list[types.DocumentHighlight]:
    """Every place of a name in this text."""
    found = analysis.names.at(offset)
    if found is None:
        return []
    written = found.meaning.bound if isinstance(found.meaning, Symbol) else []
    kinds = types.DocumentHighlightKind
    return [
        types.DocumentHighlight(desk.range(one.span), kinds.Write if one.span in written else kinds.Read)
        for one in analysis.names.in_order() if one.meaning == found.meaning
    ]


# Renaming ------------------------------------------------------------------------------------------


def renamable(desk: Desk, analysis: Analysis, offset: int) -> Span:
    """The name at a place, if it is one that a file of the user's has given.

    Raises:
        CannotRename: it is not.
    """
    found = analysis.names.at(offset)
    if found is None:
        raise CannotRename("there is no name here")
    if isinstance(found.meaning, type):
        raise CannotRename(f"`{found.span.text}` is a name of the catalogue")
    symbol = desk.symbol(found.meaning)
    if symbol is None:
        raise CannotRename(f"`{found.span.text}` is no name that a file gives")
    if is_library(symbol.bound[0].source):
        raise CannotRename(f"`{symbol.name}` comes with nndsl")
    return found.span


def rename(desk: Desk, analysis: Analysis, offset: int, name: str) -> types.WorkspaceEdit:
    """The changes that call something by another name, in every file that mentions it.

    Raises:
        CannotRename: it cannot have that name, or something would mean something else then.
    """
    renamable(desk, analysis, offset)
    found = analysis.names.at(offset)
    assert found is not None
    if not _NAME.fullmatch(name) or name in HARD_WORDS:
        raise CannotRename(f"`{name}` cannot be a name")
    edits = {source: [Edit(span, name) for span in spans] for source, spans in _named_alike(desk, analysis, found) if spans}
    _refuse_other_meaning(desk, {source: applied(source, changes) for source, changes in edits.items()})
    return types.WorkspaceEdit({desk.uri(source): [text_edit(one, desk.encoding) for one in changes] for source, changes in edits.items()})


def _named_alike(desk: Desk, analysis: Analysis, found: Occurrence) -> Iterator[tuple[Source, list[Span]]]:
    """By texts, the places that call the same thing by the same name; the alias of an import belongs to its text alone."""
    symbol = desk.symbol(found.meaning)
    assert symbol is not None
    alias = found.meaning if isinstance(found.meaning, Symbol) and found.meaning.name != symbol.name else None
    if alias is not None:
        yield analysis.source, [one.span for one in analysis.names.in_order() if one.meaning is alias]
        return
    for source, names in desk.everywhere(symbol):
        yield source, [
            one.span for one in names.in_order()
            if desk.symbol(one.meaning) is symbol and not (isinstance(one.meaning, Symbol) and one.meaning.name != symbol.name)
        ]


def _refuse_other_meaning(desk: Desk, renamed: dict[Source, Source]) -> None:
    """Every name has to mean the same as before, and no mistake may be new."""
    after = desk.with_texts(renamed)
    for before, changed in renamed.items():
        if _partition(desk, before) != _partition(after, changed):
            raise CannotRename("something else has that name, and one would be taken for the other")
        known = Counter(one.code for one in _report(desk, before))
        for one in _report(after, changed):
            known[one.code] -= 1
            if known[one.code] < 0:
                raise CannotRename(f"it would be a mistake: {one.message}")


def _partition(desk: Desk, source: Source) -> list[int]:
    """Which names of a text mean the same, whatever they are."""
    first: dict[Symbol | Meaning, int] = {}
    names = desk.parsed(source).names
    return [first.setdefault(desk.symbol(one.meaning) or one.meaning, place) for place, one in enumerate(names.in_order())]


def _report(desk: Desk, source: Source) -> Report:
    found = desk.analysis(desk.uri(source))
    assert found is not None
    return found.report
