"""The language server: requests of the protocol, handed on to the functions that answer them. The only one that knows pygls."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from nndsl import __version__
from nndsl.lsp import actions, completion, diagnostics, hints, hover, navigation, outline
from nndsl.lsp.desk import Analysis, Desk
from nndsl.lsp.places import path_of, places

DELAY = 0.08
"""Seconds without typing after which a text is checked."""
TRIGGERS = (".", "(", "=", ">", '"', "/")


class Server(LanguageServer):
    """A desk, and what was said about the texts on it.

    The whole text is sent with each change: of 100 lines that is nothing, and lines are then counted by us alone.
    """

    def __init__(self) -> None:
        super().__init__("nndsl", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.desk = Desk()
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._told: dict[str, dict[str, list[types.Diagnostic]]] = {}

    # Diagnostics -----------------------------------------------------------------------------------

    def check_soon(self, uris: Iterable[str], delay: float = DELAY) -> None:
        """Check texts once nothing more is typed."""
        for uri in uris:
            if uri in self._waiting:
                self._waiting.pop(uri).cancel()
            self._waiting[uri] = asyncio.get_running_loop().call_later(delay, self._check, uri)

    def _check(self, uri: str) -> None:
        self._waiting.pop(uri, None)
        try:
            analysis = self.desk.analysis(uri) if uri in self.desk.open else None
            told = {} if analysis is None else diagnostics.diagnostics(self.desk, analysis)
        except Exception:  # a bug of ours must not end the session
            logging.getLogger(__name__).exception("checking %s", uri)
            return
        before = self._told.pop(uri, {})
        if told:
            self._told[uri] = told
        for place in dict.fromkeys([uri, *before, *told]):
            self._publish(place)

    def _publish(self, uri: str) -> None:
        """Everything that the checks of all texts have to say about one file."""
        found: list[types.Diagnostic] = []
        for told in self._told.values():
            found += [one for one in told.get(uri, ()) if one not in found]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found))

    def close(self, uri: str) -> None:
        """Forget a text, and take back what was said about it."""
        if uri in self._waiting:
            self._waiting.pop(uri).cancel()
        self.desk.remove(uri)
        self._check(uri)
        self.check_soon(self.desk.open)

    # Texts -----------------------------------------------------------------------------------------

    def at(self, params: Any) -> tuple[Analysis, int] | None:
        """The text that a request is about, and the place in it; None where there is no such text."""
        analysis = self.desk.analysis(params.text_document.uri)
        return None if analysis is None else (analysis, places(analysis.source, self.desk.encoding).offset(params.position))


def start() -> None:
    """Serve one client over standard input and output, until it says goodbye."""
    made().start_io()


def made() -> Server:
    """A server with all it can do."""
    server = Server()
    for feature, options, answer in FEATURES:
        server.feature(feature, *([] if options is None else [options]))(answer)
    return server


# Life of a text --------------------------------------------------------------------------------------


def _initialized(ls: Server, params: types.InitializedParams) -> None:
    ls.desk.encoding = types.PositionEncodingKind(ls.workspace.position_encoding or "utf-16").value
    folders = [path_of(one.uri) for one in ls.workspace.folders.values()]
    ls.desk.folders = [one for one in folders if one is not None]


def _opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    ls.desk.put(params.text_document.uri, params.text_document.text)
    ls.check_soon(ls.desk.open, 0)


def _changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    uri = params.text_document.uri
    ls.desk.put(uri, ls.workspace.get_text_document(uri).source)
    ls.check_soon(ls.desk.open)


def _refresh(ls: Server, params: types.DidSaveTextDocumentParams | types.DidChangeWatchedFilesParams) -> None:
    ls.desk.refresh()
    ls.check_soon(ls.desk.open, 0)


def _closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    ls.close(params.text_document.uri)


def _folders_changed(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    _initialized(ls, types.InitializedParams())


# Requests --------------------------------------------------------------------------------------------


def _hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    found = ls.at(params)
    return None if found is None else hover.hover(ls.desk, *found)


def _hints(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    analysis = ls.desk.analysis(params.text_document.uri)
    if analysis is None:
        return []
    at = places(analysis.source, ls.desk.encoding)
    return hints.hints(analysis, at.offset(params.range.start), at.offset(params.range.end), ls.desk.encoding)


def _completion(ls: Server, params: types.CompletionParams) -> list[types.CompletionItem]:
    source = ls.desk.source(params.text_document.uri)
    if source is None:
        return []
    return completion.completion(ls.desk, source, places(source, ls.desk.encoding).offset(params.position))


def _resolved(ls: Server, item: types.CompletionItem) -> types.CompletionItem:
    return completion.resolved(item)


def _definition(ls: Server, params: types.DefinitionParams) -> Sequence[types.Location]:
    found = ls.at(params)
    return [] if found is None else navigation.definition(ls.desk, *found)


def _references(ls: Server, params: types.ReferenceParams) -> Sequence[types.Location]:
    found = ls.at(params)
    return [] if found is None else navigation.references(ls.desk, *found, params.context.include_declaration)


def _highlights(ls: Server, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
    found = ls.at(params)
    return [] if found is None else navigation.highlights(ls.desk, *found)


def _prepare_rename(ls: Server, params: types.PrepareRenameParams) -> types.Range | None:
    found = ls.at(params)
    try:
        return None if found is None else ls.desk.range(navigation.renamable(ls.desk, *found))
    except navigation.CannotRename as reason:
        raise JsonRpcInvalidParams(str(reason)) from None


def _rename(ls: Server, params: types.RenameParams) -> types.WorkspaceEdit | None:
    found = ls.at(params)
    try:
        return None if found is None else navigation.rename(ls.desk, *found, params.new_name)
    except navigation.CannotRename as reason:
        raise JsonRpcInvalidParams(str(reason)) from None


def _symbols(ls: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    source = ls.desk.source(params.text_document.uri)
    return [] if source is None else outline.symbols(ls.desk, ls.desk.parsed(source))


def _folds(ls: Server, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    source = ls.desk.source(params.text_document.uri)
    return [] if source is None else outline.folds(ls.desk, ls.desk.parsed(source))


def _actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    analysis = ls.desk.analysis(params.text_document.uri)
    if analysis is None:
        return []
    at = places(analysis.source, ls.desk.encoding)
    return actions.actions(ls.desk, analysis, at.offset(params.range.start), at.offset(params.range.end), params.context.only)


def _formatting(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    source = ls.desk.source(params.text_document.uri)
    return [] if source is None else actions.formatting(ls.desk, source)


FEATURES: tuple[tuple[str, Any, Any], ...] = (
    (types.INITIALIZED, None, _initialized),
    (types.TEXT_DOCUMENT_DID_OPEN, None, _opened),
    (types.TEXT_DOCUMENT_DID_CHANGE, None, _changed),
    (types.TEXT_DOCUMENT_DID_SAVE, None, _refresh),
    (types.TEXT_DOCUMENT_DID_CLOSE, None, _closed),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, None, _refresh),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, None, _folders_changed),
    (types.TEXT_DOCUMENT_HOVER, None, _hover),
    (types.TEXT_DOCUMENT_INLAY_HINT, None, _hints),
    (types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=TRIGGERS, resolve_provider=True), _completion),
    (types.COMPLETION_ITEM_RESOLVE, None, _resolved),
    (types.TEXT_DOCUMENT_DEFINITION, None, _definition),
    (types.TEXT_DOCUMENT_REFERENCES, None, _references),
    (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, None, _highlights),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, None, _prepare_rename),
    (types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True), _rename),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, None, _symbols),
    (types.TEXT_DOCUMENT_FOLDING_RANGE, None, _folds),
    (types.TEXT_DOCUMENT_CODE_ACTION,
     types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]), _actions),
    (types.TEXT_DOCUMENT_FORMATTING, None, _formatting),
)
"""Everything the server does: what it is asked, what it says about that when it starts, and who answers."""
