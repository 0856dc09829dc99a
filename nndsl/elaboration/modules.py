"""Files: their imports, parameters and definitions, as the scope that every body of the file sees."""

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from nndsl.diagnostics import Diagnostic, UserError, did_you_mean, error
from nndsl.elaboration.bodies import expand
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.choices import fits, searched
from nndsl.elaboration.expressions import Evaluator
from nndsl.elaboration.mistakes import defined_twice, listed, out_of_place, override_type, unknown_parameter
from nndsl.elaboration.session import OutOfBudget, Session
from nndsl.elaboration.values import FAILED, Binding, DataSet, Defined, Scope, describe_value
from nndsl.search_space import Searched
from nndsl.source import Source, Span
from nndsl.syntax import ast

LIBRARY = "std/"


@dataclass(eq=False)
class Module:
    """One file, with the names that its top level defines.

    Attributes:
        astray: whether the statement before belongs elsewhere: those that follow it do so for the same reason.
    """

    spec: ast.Spec
    scope: Scope = field(default_factory=Scope)
    definitions: dict[str, ast.Definition] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    astray: bool = False
    searched: list[Searched] = field(default_factory=list)

    def mentions(self, name: str, after: Span) -> bool:
        """Whether a name is mentioned after a place: perhaps in a block, or a branch, that the networks do without."""
        return self._last_mentions.get(name, 0) >= after.end

    @cached_property
    def _last_mentions(self) -> dict[str, int]:
        """Where each word stands for the last time, outside of comments."""
        return {found[0]: found.start() for found in re.finditer(r"#.*|\w+", self.spec.source.text)}


_WHAT = {ast.Evaluate: "an expression", ast.Binding: "this binding"}
"""What statements are called that do not begin with a word of their own."""
_ELSEWHERE = "tensors are made inside of `network` and `block`; numbers for all of them are `param`s"


class ModuleLoader:
    """Reads files, each once."""

    def __init__(self, session: Session):
        self._session = session
        self._modules: dict[Path, Module] = {}
        self._reading: list[Path] = []
        self.loaded: list[Module] = []

    def load(self, spec: ast.Spec, main: bool = False) -> Module:
        """The module of a parsed file. Only the main file's parameters are overridden."""
        self._session.allow_for(spec.source)
        module = Module(spec)
        self.loaded.append(module)
        evaluator = Evaluator(session=self._session, scope=module.scope, expand=expand)
        for statement in spec.statements:
            self._session.count_mistakes(statement.span)
            try:
                self._statement(module, statement, evaluator, main)
            except OutOfBudget:
                raise
            except Complaint as complaint:
                complaint.report_to(self._session.report)
        if main:
            for name in self._session.overrides:
                if name not in module.parameters:
                    self._session.report.add(unknown_parameter(name, module.parameters))
        return module

    def _statement(self, module: Module, statement: ast.Statement, evaluator: Evaluator, main: bool) -> None:
        astray, module.astray = module.astray, False
        match statement:
            case ast.Import():
                self._import(module, statement)
            case ast.Param():
                self._param(module, statement, evaluator, main)
            case ast.Definition():
                self._define(module, statement)
            case ast.Broken():
                for target in statement.targets:
                    module.scope.names.setdefault(target.name, Binding(FAILED, target.span))
            case _:
                for target in statement.targets if isinstance(statement, ast.Binding) else ():
                    module.scope.names.setdefault(target.name, Binding(FAILED, target.span))
                module.astray = True
                if astray:
                    raise Complaint
                what = _WHAT.get(type(statement)) or f"`{statement.span.text.split()[0]}`"
                headless = isinstance(statement, ast.Input | ast.Output)
                repair = "write `network NAME {` before it, and `}` after the last of them" if headless else _ELSEWHERE
                raise Complaint(out_of_place(what, "at the top of a file", statement.span, repair))

    def _bind(self, module: Module, name: str, value: Any, span: Span) -> None:
        known = module.scope.names.get(name)
        if known is not None and known.value is not FAILED:
            raise Complaint(defined_twice(name, span, known.span))
        module.scope.names[name] = Binding(value, span)

    def _define(self, module: Module, definition: ast.Definition) -> None:
        first = module.definitions.get(definition.name)
        if first is not None:
            raise Complaint(defined_twice(definition.name, definition.head, first.head))
        if definition.kind != "train":  # to which nothing refers, so that its name may be that of a size, too
            is_data = definition.kind == "data"
            value = DataSet(definition.name, None, definition.head) if is_data else Defined(definition, module.scope)
            self._bind(module, definition.name, value, definition.head)
        module.definitions[definition.name] = definition

    def _param(self, module: Module, statement: ast.Param, evaluator: Evaluator, main: bool) -> None:
        target = statement.target
        value = default = evaluator.evaluate(statement.value)
        if main and target.name in self._session.overrides and value is not FAILED:
            value = self._overridden(target, value, evaluator)
        self._bind(module, target.name, value, target.span)
        module.parameters[target.name] = value
        self._session.saw(target.span, value)
        if main:
            self._session.bound.setdefault(target.span, (target.name, False))
        choices = searched(statement, default, evaluator)
        if choices is not None:
            module.searched.append(choices)

    def _overridden(self, target: ast.Target, default: Any, evaluator: Evaluator) -> Any:
        """The value from the command line; the default where it is of another kind, so that nothing else is said about it."""
        value = self._session.overrides[target.name]
        if isinstance(value, list):
            value = tuple(value)
        if isinstance(value, str) and not isinstance(default, _WRITTEN_OUT):
            value = evaluator.evaluate(ast.Name(target.span, value))
        if value is FAILED:
            return default
        if not fits(value, default):
            self._session.report.add(override_type(target.name, describe_value(value), describe_value(default), target.span))
            return default
        return float(value) if isinstance(default, float) else value

    def _import(self, module: Module, statement: ast.Import) -> None:
        try:
            imported = self._module_at(statement, module.spec.source)
        except Complaint:
            for one in statement.names:
                module.scope.names[one.alias] = Binding(FAILED, one.span)
            raise
        for one in statement.names:
            binding = imported.scope.names.get(one.name)
            if binding is None or isinstance(binding.value, DataSet):
                module.scope.names[one.alias] = Binding(FAILED, one.span)
                self._session.report.add(not_in_file(one, statement.path.value, list(imported.definitions)))
                continue
            self._bind(module, one.alias, binding.value, one.span)
            self._session.bound.setdefault(one.span, (one.alias, False))

    def _module_at(self, statement: ast.Import, importer: Source) -> Module:
        try:
            path = locate(statement.path.value, importer)
        except ValueError:
            raise Complaint(import_unreadable(statement, "its name cannot be that of a file")) from None
        if path in self._reading or (importer.path is not None and path == importer.path.resolve()):
            raise Complaint(import_circle(statement.path.value, statement.path.span))
        if path not in self._modules:
            self._reading.append(path)
            try:
                name = _shown(statement.path.value, importer)
                self._modules[path] = self.load(self._session.read(path, name, self._session.report))
            except UserError as unreadable:
                reason = unreadable.diagnostics[0].message.rpartition("`: ")[2]
                raise Complaint(import_unreadable(statement, reason)) from None
            finally:
                self._reading.pop()
        return self._modules[path]


def place_of(path: Path) -> str:
    """What a file is called in a record: a file of the library by its name there, wherever that is installed; others by their path."""
    library = library_folder()
    return path.relative_to(library).as_posix() if path.is_relative_to(library / LIBRARY) else str(path.resolve())


def locate(written: str, importer: Source) -> Path:
    """The file that an import means: in the library that comes with nndsl, or relative to the importing file."""
    if written.startswith(LIBRARY):
        return library_folder() / written
    return (importer.folder() / written).resolve()


@cache
def library_folder() -> Path:
    """`specs/`: beside this package in a checkout, inside of it in an installation."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "specs"
    return installed if installed.is_dir() else package.parent / "specs"


def _shown(written: str, importer: Source) -> str:
    """What messages call an imported file."""
    return written if written.startswith(LIBRARY) else str(importer.folder() / written)


_WRITTEN_OUT = (bool, int, float, str, tuple, type(None))
"""What a value on the command line says by itself; for other parameters (`param act = relu`) it is a name to look up."""


@error("NN224")
def import_unreadable(statement: ast.Import, reason: str) -> Diagnostic:
    """A file that is imported cannot be read. Paths are relative to the importing file; `std/` is the library of nndsl.

        from "bloks.nn" import Residual

    Mended:

        from "blocks.nn" import Residual
    """
    return Diagnostic(statement.path.span, f"cannot import \"{statement.path.value}\": {reason}", (), _library_repair(statement.path.value))


def _library_repair(written: str) -> str | None:
    if not written.startswith(LIBRARY):
        return None
    known = [f"{LIBRARY}{path.name}" for path in sorted((library_folder() / LIBRARY).glob("*.nn"))]
    return did_you_mean(written, known) or f"the library has {listed(known)}"


@error("NN225")
def not_in_file(name: ast.ImportedName, path: str, known: list[str]) -> Diagnostic:
    """A file does not define what is imported from it.

        from "std/blocks.nn" import Residuall

    Mended:

        from "std/blocks.nn" import Residual
    """
    has = f"it defines {listed(known)}" if known else "it defines nothing"
    return Diagnostic(name.span, f"\"{path}\" does not define `{name.name}`", (), did_you_mean(name.name, known) or has)


@error("NN226")
def import_circle(path: str, span: Span) -> Diagnostic:
    """Files import each other in a circle, so that none of them can be read first."""
    return Diagnostic(span, f"importing \"{path}\" here closes a circle of imports", (),
                      "move what both files need into a third one, and import that")


