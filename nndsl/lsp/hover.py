"""What an editor says of the name under the pointer."""

from collections.abc import Iterator

from lsprotocol import types

from nndsl import costs
from nndsl.catalogue.component import Component
from nndsl.elaboration.trace import Application
from nndsl.lsp import wording
from nndsl.lsp.desk import Analysis, Desk
from nndsl.lsp.names import Argument, File, Member, Occurrence, Option, Setting, Symbol
from nndsl.lsp.settings import SETTING_TEXTS
from nndsl.source import Span
from nndsl.syntax import ast

_NOUNS = {"value": "", "loop": "loop ", "field": "field "}


def hover(desk: Desk, analysis: Analysis, offset: int) -> types.Hover | None:
    found = analysis.names.at(offset)
    if found is None:
        return None
    parts = [one for one in _parts(desk, analysis, found) if one]
    if not parts:
        return None
    text = "\n\n".join(parts)
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), desk.range(found.span))


def _parts(desk: Desk, analysis: Analysis, found: Occurrence) -> Iterator[str]:
    match found.meaning:
        case type() as component:
            yield _code(wording.signature(component))
            yield from _call(analysis, found)
            yield wording.opening(component)
        case Symbol() as symbol:
            yield from _symbol(desk, analysis, found, symbol)
        case Argument() as argument:
            yield from _argument(desk, argument)
        case Option(kind=kind, word=word):
            yield f"`{word}`: one of {kind.expected}" if len(kind.options()) < 20 else f"`{word}`"
        case Setting(body=body, name=name):
            yield _code(f"{name} = ...")
            yield SETTING_TEXTS.get((body, name), "")
        case Member(name=name):
            yield _code(_told(name, _seen(analysis, found.span))) if _seen(analysis, found.span) else ""
        case File(path=path):
            yield _code(f'"{path}"')


def _symbol(desk: Desk, analysis: Analysis, found: Occurrence, symbol: Symbol) -> Iterator[str]:
    origin = desk.imported(symbol) or symbol
    definition = origin.statement
    if isinstance(definition, ast.Definition):
        yield _code(wording.head(definition))
        yield from _definition(analysis, found, definition)
        yield definition.documentation or ""
        return
    seen = _field(analysis, origin) if origin.kind == "field" else _seen(analysis, found.span) or _seen(analysis, symbol.bound[0])
    noun = _NOUNS.get(origin.kind, f"{origin.kind} ")
    yield _code(noun + _told(symbol.name, seen))
    sighting = analysis.trace.seen(found.span)
    if sighting is not None and sighting.varies:
        yield "as it is first; it is another in other expansions"
    yield from _call(analysis, found)


def _definition(analysis: Analysis, found: Occurrence, definition: ast.Definition) -> Iterator[str]:
    """What a block or network costs: where it is applied, there; at its head, as a network, or as it is first applied."""
    called = list(_call(analysis, found))
    network = analysis.program.networks.get(definition.name)
    if called:
        yield from called
    elif network is not None and network.span == definition.head:
        yield wording.cost(costs.total(network.graph))
    else:
        first = next((one for one in analysis.trace.applications().values() if one.applied is definition), None)
        yield from _application(first) if first is not None else ()


def _call(analysis: Analysis, found: Occurrence) -> Iterator[str]:
    made = analysis.trace.applications().get(found.call.span) if found.call is not None else None
    if made is not None:
        yield from _application(made)


def _application(made: Application) -> Iterator[str]:
    yield "  \n".join(wording.application(made))


def _argument(desk: Desk, argument: Argument) -> Iterator[str]:
    if isinstance(argument.callee, type) and issubclass(argument.callee, Component):
        field = argument.callee.fields().get(argument.name)
        if field is not None:
            yield _code(f"{argument.name}: {argument.callee.called()}")
            yield wording.argument(field)
        return
    parameter = desk.symbol(argument)
    if parameter is not None and isinstance(parameter.statement, ast.Parameter):
        yield _code(f"parameter {parameter.statement.span.text}")


def _field(analysis: Analysis, symbol: Symbol) -> str | None:
    """The type of a field of data."""
    plan = analysis.program.data.get(symbol.home.name) if symbol.home is not None else None
    return str(plan.fields[symbol.name].type) if plan is not None and symbol.name in plan.fields else None


def _seen(analysis: Analysis, span: Span) -> str | None:
    sighting = analysis.trace.seen(span)
    return None if sighting is None else wording.value(sighting.value)


def _told(name: str, seen: str | None) -> str:
    return name if seen is None else f"{name}: {seen}"


def _code(text: str) -> str:
    return f"```nn\n{text}\n```"
