"""The texts that an editor has open, what was found out about each, and the files that they import."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from lsprotocol import types

from nndsl.diagnostics import Diagnostic, Report, UserError
from nndsl.driver import advised, uninterrupted
from nndsl.elaboration.modules import library_folder, locate
from nndsl.elaboration.program import elaborate
from nndsl.elaboration.trace import Trace
from nndsl.lsp.names import Argument, Meaning, Names, Symbol
from nndsl.lsp.places import path_of, range_of, uri_of
from nndsl.lsp.resolving import names_of
from nndsl.program import Program
from nndsl.source import Source, Span
from nndsl.syntax import ast
from nndsl.syntax.parser import parse
from nndsl.syntax.reading import read_source
from nndsl.syntax.rereading import parse_again

Stamp: TypeAlias = tuple[int, int]
"""When a file was changed, and its size."""
MOST_FILES = 2000
"""So many files of a workspace are looked through for uses of a name."""


@dataclass(frozen=True, eq=False)
class Parsed:
    """A text with its syntax, and what the parser had to say."""

    spec: ast.Spec
    mistakes: tuple[Diagnostic, ...]

    @cached_property
    def names(self) -> Names:
        return names_of(self.spec)


def read(source: Source, before: ast.Spec | None = None) -> Parsed:
    """A text with its syntax.

    Args:
        before: the syntax of an earlier version, which had no mistakes.
    """
    report = Report()
    with uninterrupted():
        spec = parse(source, report) if before is None else parse_again(source, report, before)
        return Parsed(spec, tuple(report))


@dataclass(frozen=True, eq=False)
class Analysis:
    """What one check of a text found out."""

    parsed: Parsed
    program: Program
    report: Report
    trace: Trace

    @property
    def source(self) -> Source:
        return self.parsed.spec.source

    @property
    def names(self) -> Names:
        return self.parsed.names


@dataclass(eq=False)
class Edition:
    """All texts, as they are between two changes.

    Attributes:
        over: whether any has changed since; what is still being found out about them is not wanted any more.
    """

    over: bool = False


@dataclass(eq=False)
class Desk:
    """Texts by their URIs. An analysis holds until any text changes.

    A desk belongs to one thread. Another works at a copy of it, and what it found out is learnt from the copy.

    Attributes:
        edition: of its texts; a copy's stays what it was.
        encoding: in what units the client counts the characters of a line.
        folders: those of the workspace.
        _before: of texts that are open, the syntax of the last version that was read and had no mistakes.
    """

    encoding: str = "utf-16"
    folders: list[Path] = field(default_factory=list)
    edition: Edition = field(default_factory=Edition)
    _open: dict[str, Source] = field(default_factory=dict)
    _before: dict[str, ast.Spec] = field(default_factory=dict)
    _parsed: dict[Source, Parsed] = field(default_factory=dict)
    _analyses: dict[str, Analysis] = field(default_factory=dict)
    _files: dict[Path, tuple[Stamp, Source]] = field(default_factory=dict)

    # Texts -----------------------------------------------------------------------------------------

    def put(self, uri: str, text: str) -> None:
        """A text was opened, or is another now."""
        path = path_of(uri)
        known = self._forget(uri)
        if known is not None and not known.mistakes:
            self._before[uri] = known.spec
        self._open[uri] = Source(uri if path is None else path.name, text, path)
        self.refresh()

    def remove(self, uri: str) -> None:
        """A text was closed."""
        self._forget(uri)
        self._before.pop(uri, None)
        self.refresh()

    def refresh(self) -> None:
        """Something changed, perhaps a file of data: nothing that was found out holds."""
        self._analyses.clear()
        self.edition.over = True
        self.edition = Edition()

    def _forget(self, uri: str) -> Parsed | None:
        source = self._open.pop(uri, None)
        return None if source is None else self._parsed.pop(source, None)

    @property
    def open(self) -> tuple[str, ...]:
        return tuple(self._open)

    def uri(self, source: Source) -> str:
        """What the client calls a source."""
        known = next((uri for uri, one in self._open.items() if one is source), None)
        return known or (source.name if source.path is None else uri_of(source.path))

    def range(self, span: Span) -> types.Range:
        return range_of(span, self.encoding)

    def location(self, span: Span) -> types.Location:
        return types.Location(self.uri(span.source), self.range(span))

    def with_texts(self, changed: dict[Source, Source]) -> "Desk":
        """Another desk, on which some texts are others."""
        desk = self.copy()
        desk._analyses.clear()
        desk._open.update({self.uri(before): after for before, after in changed.items()})
        return desk

    def copy(self) -> "Desk":
        return replace(self, _open=dict(self._open), _before=dict(self._before), _parsed=dict(self._parsed), _analyses=dict(self._analyses), _files=dict(self._files))

    def learn(self, copy: "Desk") -> None:
        """Keep what was found out at a copy, as far as the texts are the same here."""
        for path, known in copy._files.items():
            if path not in self._files or self._files[path][0] < known[0]:
                self._keep(path, known)
        current = {*self._open.values(), *(source for _, source in self._files.values())}
        self._parsed = {source: one for source, one in copy._parsed.items() if source in current} | self._parsed
        if copy.edition is self.edition:
            self._analyses = copy._analyses | self._analyses

    def source(self, uri: str) -> Source | None:
        """The text of an open document, or else of its file; None if there is none that can be read."""
        if uri in self._open:
            return self._open[uri]
        path = path_of(uri)
        try:
            return None if path is None else self.file(path)
        except UserError:
            return None

    def file(self, path: Path) -> Source:
        """The text of a file: of its document, if it is open; each is read again only if it changed.

        Raises:
            UserError: it cannot be read.
        """
        for source in self._open.values():
            if source.path is not None and source.path.resolve() == path.resolve():
                return source
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size)
        except (OSError, ValueError):
            stamp = (0, 0)
        known = self._files.get(path)
        if known is None or known[0] != stamp:
            known = (stamp, read_source(path))
            self._keep(path, known)
        return known[1]

    def _keep(self, path: Path, known: tuple[Stamp, Source]) -> None:
        if path in self._files:
            self._parsed.pop(self._files[path][1], None)
        self._files[path] = known

    def files(self) -> Iterator[Source]:
        """Every text that is open, and every other `.nn` file of the workspace."""
        yield from self._open.values()
        known = {source.path.resolve() for source in self._open.values() if source.path is not None}
        found = (path.resolve() for folder in self.folders for path in sorted(folder.rglob("*.nn")))
        for _, path in zip(range(MOST_FILES), found, strict=False):
            if path not in known:
                known.add(path)
                try:
                    yield self.file(path)
                except UserError:
                    continue

    # What is found out -------------------------------------------------------------------------------

    def parsed(self, source: Source) -> Parsed:
        if source not in self._parsed:
            self._parsed[source] = read(source, self._before.get(self.uri(source)))
        return self._parsed[source]

    def knows(self, uri: str) -> bool:
        """Whether the analysis of a text is there already."""
        return uri in self._analyses

    def analysis(self, uri: str) -> Analysis | None:
        """What is known of a text; None if there is none.

        Raises:
            Abandoned: a text has changed meanwhile.
        """
        if uri not in self._analyses:
            source = self.source(uri)
            if source is None:
                return None
            self._analyses[uri] = self.analyse(self.parsed(source))
        return self._analyses[uri]

    def analyse(self, parsed: Parsed) -> Analysis:
        """Check a text, and take down what is seen at its places."""
        report, trace = Report(), Trace(lambda: self.edition.over)
        for one in parsed.mistakes:
            report.add(one)
        with uninterrupted():
            program = elaborate(parsed.spec, report, trace=trace, read=self._read)
            return Analysis(parsed, program, advised(program, report), trace)

    def _read(self, path: Path, name: str, report: Report) -> ast.Spec:
        parsed = self.parsed(self.file(path))
        for one in parsed.mistakes:
            report.add(one)
        return parsed.spec

    # Across files ------------------------------------------------------------------------------------

    def imported(self, symbol: Symbol) -> Symbol | None:
        """What an import stands for, in whatever file that is; any other symbol stands for itself."""
        seen: list[Symbol] = []
        while symbol.kind == "import" and symbol not in seen:
            seen.append(symbol)
            statement = symbol.statement
            assert isinstance(statement, ast.Import)
            names = self.names_in(statement)
            origin = next(one.name for one in statement.names if one.alias == symbol.name)
            found = None if names is None else names.top.get(origin)
            if found is None:
                return None
            symbol = found
        return symbol

    def names_in(self, statement: ast.Import) -> Names | None:
        """The names of the file that a statement imports from; None if it cannot be read."""
        try:
            return self.parsed(self.file(locate(statement.path.value, statement.span.source))).names
        except (UserError, ValueError, OSError):
            return None

    def symbol(self, meaning: Meaning) -> Symbol | None:
        """The symbol that is meant, followed through imports; None where it is not one of a file."""
        if isinstance(meaning, Argument) and isinstance(meaning.callee, Symbol):
            origin = self.imported(meaning.callee)
            if origin is None or not isinstance(origin.statement, ast.Definition):
                return origin if origin is not None and origin.name == meaning.name else None
            if meaning.callee.kind == "import" and origin.name == meaning.name and meaning.callee.name != meaning.name:
                return origin
            names = self.parsed(origin.statement.span.source).names
            found = names.bodies.get(origin.statement, {}).get(meaning.name)
            return found if found is not None and found.kind == "parameter" else None
        return self.imported(meaning) if isinstance(meaning, Symbol) else None

    def everywhere(self, symbol: Symbol) -> Iterator[tuple[Source, Names]]:
        """The texts in which a symbol may be mentioned, its own first."""
        home = symbol.bound[0].source
        yield home, self.parsed(home).names
        if symbol.home is None or symbol.kind == "parameter":
            for source in self.files():
                if source is not home and symbol.name in source.text:
                    yield source, self.parsed(source).names


def is_library(source: Source) -> bool:
    """Whether a file comes with nndsl, and is not the user's to change."""
    return source.path is not None and source.path.is_relative_to(library_folder())
