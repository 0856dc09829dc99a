"""What each name in a text means, whether or not anything uses the block it stands in.

Scopes are those of the elaboration: a body sees what it has bound before, then what its file defines, then the catalogue.
"""

from collections.abc import Iterable

from nndsl.catalogue.applicable import Function, Layer
from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Kind, Of
from nndsl.catalogue.stopping import EarlyStopping
from nndsl.catalogue.training import Loss, Metric, Optimizer
from nndsl.catalogue.training.terms import Term
from nndsl.data.component import DataSource, Encoder, RowStep, Split
from nndsl.elaboration import datasets, training
from nndsl.lsp.names import Argument, File, Meaning, Member, Names, Occurrence, Option, Setting, Symbol, Unknown
from nndsl.source import Span
from nndsl.syntax import ast

FAMILIES: dict[str, tuple[type[Component], ...]] = {
    "network": (Layer, Function),
    "block": (Layer, Function),
    "data": (Encoder, DataSource, RowStep, Split, Layer, Function),
    "train": (Loss, Metric, Optimizer, Term, Layer, Function),
}
"""The families of component whose names mean something in a body of a kind."""

SETTING_KINDS: dict[tuple[str, str], Kind] = {
    ("data", "source"): Of(DataSource),
    ("data", "split"): Of(Split),
    ("train", "loss"): Of(Loss),
    ("train", "metrics"): Of(Metric),
    ("train", "optimizer"): Of(Optimizer),
}
SETTINGS = {"data": datasets.SETTINGS, "train": training.SETTINGS}


def names_of(spec: ast.Spec) -> Names:
    """What every name of a text means; statements with mistakes count for as much as was understood of them."""
    names = Names(spec)
    _Reader(names).read()
    return names


def name_span(definition: ast.Definition) -> Span:
    """The name in the head of a definition."""
    return Span(definition.head.source, definition.head.end - len(definition.name), definition.head.end)


class _Reader:
    """Reads a file: first what its top and the heads of its definitions bind, then everything else."""

    def __init__(self, names: Names):
        self._names = names
        self._top = names.top

    def read(self) -> None:
        every = list(ast.statements(self._names.spec.statements))
        for statement in every:
            self._bind_at_top(statement)
        for statement in every:
            match statement:
                case ast.Definition():
                    _Body(self._names, statement).body()
                case ast.Import():
                    self._names.occurrences.append(Occurrence(statement.path.span, File(statement.path.value)))
                case _:
                    _Expressions(self._names, None, {}).statement(statement)

    def _bind_at_top(self, statement: ast.Statement) -> None:
        match statement:
            case ast.Import():
                for one in statement.names:
                    self._import(statement, one)
            case ast.Param():
                self._add(Symbol(statement.target.name, "param", None, statement), statement.target.span)
            case ast.Definition():
                self._add(Symbol(statement.name, statement.kind, None, statement), name_span(statement))
                self._names.bodies[statement] = self._heading(statement)

    def _import(self, statement: ast.Import, one: ast.ImportedName) -> None:
        symbol = Symbol(one.alias, "import", None, statement)
        self._add(symbol, Span(one.span.source, one.span.end - len(one.alias), one.span.end))
        if one.alias != one.name:
            span = Span(one.span.source, one.span.start, one.span.start + len(one.name))
            self._names.occurrences.append(Occurrence(span, Argument(symbol, one.name)))

    def _heading(self, definition: ast.Definition) -> dict[str, Symbol]:
        """The parameters of a definition, and the fields of data, which others speak of."""
        found: dict[str, Symbol] = {}
        for one in definition.parameters or ():
            found[one.name] = Symbol(one.name, "parameter", definition, one)
        if definition.kind == "data":
            for statement in ast.statements(definition.body):
                if isinstance(statement, ast.Binding) and statement.targets[0].name not in SETTINGS["data"]:
                    found.setdefault(statement.targets[0].name, Symbol(statement.targets[0].name, "field", definition, statement))
        self._names.symbols += found.values()
        return found

    def _add(self, symbol: Symbol, span: Span) -> None:
        known = self._top.setdefault(symbol.name, symbol)
        if known is symbol:
            self._names.symbols.append(symbol)
        known.bound.append(span)
        self._names.occurrences.append(Occurrence(span, known))


class _Expressions:
    """Reads the expressions of one body."""

    def __init__(self, names: Names, definition: ast.Definition | None, own: dict[str, Symbol]):
        self._names, self._definition, self._own = names, definition, own
        self._families = FAMILIES[definition.kind] if definition is not None else (Layer, Function)
        self._fields: dict[str, Symbol] = {}

    def bind(self, target: ast.Target, kind: str, statement: ast.Statement | ast.Parameter | ast.Name) -> None:
        symbol = self._own.get(target.name)
        if symbol is None:
            symbol = self._own[target.name] = Symbol(target.name, kind, self._definition, statement)
            self._names.symbols.append(symbol)
        symbol.bound.append(target.span)
        self._add(target.span, symbol)

    def _add(self, span: Span, meaning: Meaning, call: ast.Expression | None = None) -> None:
        self._names.occurrences.append(Occurrence(span, meaning, call))

    def find(self, name: str) -> Symbol | None:
        found = self._own.get(name)
        if found is not None and (found.bound or found.kind == "parameter"):
            return found
        return self._fields.get(name) or self._names.top.get(name)

    # Expressions -----------------------------------------------------------------------------------

    def read(self, expression: object, want: Kind | None = None) -> None:
        """All names of an expression.

        Args:
            want: the kind of the argument that it stands for.
        """
        match expression:
            case ast.Name():
                self._name(expression, want, expression)
            case ast.Call():
                self._call(expression, want)
            case ast.Attribute():
                self._attribute(expression)
            case ast.Record():
                for keyword in expression.keywords:
                    self.read(keyword.value, want)
            case ast.Type():
                self._type(expression)
            case ast.ListOf() | ast.TupleOf():
                for one in expression.items:
                    self.read(one, want)
            case ast.IfElse():
                self.read(expression.condition)
                self.read(expression.then, want)
                self.read(expression.otherwise, want)
            case ast.Binary():
                self._binary(expression)
            case ast.Arrow():
                for step in expression.steps:
                    self.read(step)
            case ast.Unary():
                self.read(expression.operand)
            case ast.Subscript():
                self.read(expression.base)
                self.read(expression.index)

    def _binary(self, expression: ast.Binary) -> None:
        """A sum of thousands of terms must not nest as deep in Python."""
        current: ast.Expression = expression
        while isinstance(current, ast.Binary):
            self.read(current.right)
            current = current.left
        self.read(current)

    def _name(self, expression: ast.Name, want: Kind | None, call: ast.Expression) -> Meaning:
        meaning = self._meaning(expression.text, want)
        if isinstance(meaning, Symbol):
            meaning.used.append(expression.span)
        self._add(expression.span, meaning, call)
        return meaning

    def _meaning(self, name: str, want: Kind | None) -> Meaning:
        symbol = self.find(name)
        if symbol is not None:
            return symbol
        families = (*(want.families() if want is not None else ()), *self._families)
        found = next((one for one in (family.find(name) for family in families) if one is not None), None)
        if want is not None and want.knows(name) and (found is None or not want.families()):
            return Option(want, name)
        return found or Unknown(name)

    def _call(self, expression: ast.Call, want: Kind | None) -> None:
        self._names.calls.append(expression)
        callee: Meaning | None = None
        if isinstance(expression.callee, ast.Name):
            callee = self._name(expression.callee, want, expression)
        else:
            self.read(expression.callee)
        component = callee if isinstance(callee, type) else None
        for place, one in enumerate(expression.positional):
            self.read(one, component.kind_at(place) if component is not None else None)
        for keyword in expression.keywords:
            self._keyword(keyword, callee)

    def _keyword(self, keyword: ast.Keyword, callee: Meaning | None) -> None:
        kind = None
        if isinstance(callee, type):
            self._add(keyword.name_span, Argument(callee, keyword.name))
            kind = callee.fields()[keyword.name].kind if keyword.name in callee.fields() else None
        elif isinstance(callee, Symbol):
            parameter = self._parameter(callee, keyword.name)
            if parameter is not None:
                parameter.used.append(keyword.name_span)
            self._add(keyword.name_span, parameter or Argument(callee, keyword.name))
        elif isinstance(callee, Unknown) and callee.name == "npz" and keyword.name in self._own:
            self._own[keyword.name].used.append(keyword.name_span)
            self._add(keyword.name_span, self._own[keyword.name])
        self.read(keyword.value, kind)

    def _parameter(self, callee: Symbol, name: str) -> Symbol | None:
        definition = callee.statement
        found = self._names.bodies.get(definition, {}).get(name) if isinstance(definition, ast.Definition) else None
        return found if found is not None and found.kind == "parameter" else None

    def _attribute(self, expression: ast.Attribute) -> None:
        self.read(expression.base)
        base = self.find(expression.base.text) if isinstance(expression.base, ast.Name) else None
        field = None
        if base is not None and isinstance(base.statement, ast.Definition) and base.kind == "data":
            field = self._names.bodies.get(base.statement, {}).get(expression.name)
        if field is not None:
            field.used.append(expression.name_span)
        self._add(expression.name_span, field or Member(expression.base, expression.name), expression)

    def _type(self, written: ast.Type) -> None:
        for size in (*written.shape, written.below):
            self._size(size)
        for option in written.options:
            self.read(option.value)

    def _size(self, size: ast.Expression | None) -> None:
        """A size of a type, in which names that mean nothing yet get a meaning."""
        match size:
            case ast.Name() if self.find(size.text) is None:
                self.bind(ast.Target(size.span, size.text), "size", size)
            case ast.Binary():
                self._size(size.left)
                self._size(size.right)
            case ast.Unary():
                self._size(size.operand)
            case _:
                self.read(size)

    # Statements ------------------------------------------------------------------------------------

    def run(self, body: Iterable[ast.Statement]) -> None:
        for statement in ast.statements(body):
            self.statement(statement)

    def statement(self, statement: ast.Statement) -> None:
        match statement:
            case ast.Param():
                self.read(statement.value)
                self.read(statement.choices)
            case ast.Input():
                self._type(statement.type)
                self.bind(statement.target, "input", statement)
            case ast.Output():
                self.read(statement.value)
                self.read(statement.type)
                self.bind(statement.target, "output", statement)
            case ast.Binding():
                self.read(statement.value)
                self.read(statement.type)
                for target in statement.targets:
                    self.bind(target, "value", statement)
            case ast.LayerDeclaration():
                self.read(statement.value)
                self.bind(statement.target, "layer", statement)
            case ast.For() | ast.If():
                self._inner(statement)
            case ast.Check():
                self.read(statement.condition)
                self.read(statement.when)
            case ast.Minimize():
                for one in (statement.objective, statement.over, statement.optimizer, statement.times):
                    self.read(one)
            case ast.Evaluate():
                self.read(statement.value)

    def _inner(self, statement: ast.For | ast.If) -> None:
        if isinstance(statement, ast.For):
            self.read(statement.values)
            for target in statement.targets:
                self.bind(target, "loop", statement)
            self.run(statement.body)
            return
        for condition, body in statement.branches:
            self.read(condition)
            self.run(body)
        self.run(statement.otherwise)


class _Body(_Expressions):
    """Reads one definition."""

    def __init__(self, names: Names, definition: ast.Definition):
        super().__init__(names, definition, names.bodies[definition])
        self._written = definition

    def body(self) -> None:
        for one in self._written.parameters or ():
            self.read(one.default)
            self.bind(one.target, "parameter", one)
        if self._written.kind == "train" and any(isinstance(one, ast.Minimize) for one in ast.statements(self._written.body)):
            self._fields = self._fields_of_data()
        self.run(self._written.body)

    def _fields_of_data(self) -> dict[str, Symbol]:
        """What the objectives of a training see of its data."""
        for statement in ast.statements(self._written.body):
            match statement:
                case ast.Binding(targets=(ast.Target(name="data"),), value=ast.Name(text=name)):
                    data = self._names.top.get(name)
                    if data is not None and isinstance(data.statement, ast.Definition):
                        return {name: one for name, one in self._names.bodies[data.statement].items() if one.kind == "field"}
        return {}

    def statement(self, statement: ast.Statement) -> None:
        if not isinstance(statement, ast.Binding) or len(statement.targets) != 1:
            super().statement(statement)
            return
        target, kind = statement.targets[0], self._written.kind
        if target.name in SETTINGS.get(kind, ()):
            self._add(target.span, Setting(kind, target.name))
            self._setting(target.name, statement.value, SETTING_KINDS.get((kind, target.name)))
        elif kind == "data":
            self._field(statement)
        else:
            super().statement(statement)

    def _setting(self, name: str, value: ast.Expression, want: Kind | None) -> None:
        if name == "early_stopping" and isinstance(value, ast.Record):
            for keyword in value.keywords:
                self._keyword(keyword, EarlyStopping)
            return
        if self._written.kind == "data" and name != "source":
            self._fields = {name: one for name, one in self._own.items() if one.kind == "field"}
        for step in value.steps if isinstance(value, ast.Arrow) else (value,):
            self.read(step, want)
            want = Of(RowStep) if name == "source" else None
        if self._written.kind == "data":
            self._fields = {}

    def _field(self, statement: ast.Binding) -> None:
        first, *others = statement.value.steps if isinstance(statement.value, ast.Arrow) else (statement.value,)
        self.read(first)
        for one in others:
            self.read(one, Of(Encoder))
        symbol = self._own[statement.targets[0].name]
        symbol.bound.append(statement.targets[0].span)
        self._add(statement.targets[0].span, symbol)
