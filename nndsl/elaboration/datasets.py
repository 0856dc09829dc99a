"""`data` blocks: sources, fields and splits, evaluated into a plan of what will be read."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Of
from nndsl.data.component import DataSource, Encoder, RowStep, Split
from nndsl.data.plan import ColumnRef, DataPlan, EncoderUse, FieldSpec, plan
from nndsl.diagnostics import Diagnostic, closest, did_you_mean, error
from nndsl.elaboration.augmenting import augmentation
from nndsl.elaboration.bodies import expand
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.expressions import Evaluator
from nndsl.elaboration.mistakes import out_of_place, setting_twice, there_are
from nndsl.elaboration.session import OutOfBudget, Session
from nndsl.elaboration.values import FAILED, Scope, describe_value
from nndsl.source import Span
from nndsl.syntax import ast

SETTINGS = ("source", "split", "augment")
"""The names in a `data` block that are settings; every other name is a field."""


class DataBody:
    """Elaborates one `data` block."""

    def __init__(self, session: Session, definition: ast.Definition, outer: Scope):
        self._session, self._definition = session, definition
        self._outer = outer
        self._scope = Scope(outer=outer)
        self._settings: dict[str, ast.Binding] = {}
        self._fields: dict[str, FieldSpec] = {}

    def elaborate(self, folder: Path, data_path: Path | None, kept: Mapping[str, Any] | None = None) -> DataPlan | None:
        """The plan of the data; None if something is wrong with it.

        Args:
            kept: what a training kept of its data (`Dataset.state`): then none are read, and they need not be there.
        """
        before = self._session.report.errors
        self._collect()
        source = self._source()
        split = self._split()
        for statement in self._definition.body:
            if isinstance(statement, ast.Binding) and statement.targets[0].name not in SETTINGS:
                self._complaining(self._field, statement)
        if source is None or split is FAILED or self._session.report.errors > before:
            return None
        head, steps = source
        planned = plan(
            name=self._definition.name, span=self._definition.head, source=head, source_span=self._settings["source"].value.span,
            steps=steps, fields=tuple(self._fields.values()), split=split,
            split_span=self._settings["split"].value.span if "split" in self._settings else None,
            folder=folder, data_path=data_path, report=self._session.report, state=kept,
        )
        return planned if planned is None or "augment" not in self._settings else self._augmented(planned)

    def _augmented(self, planned: DataPlan) -> DataPlan | None:
        try:
            return replace(planned, augmentation=augmentation(self._session, planned, self._outer, self._settings["augment"].value))
        except OutOfBudget:
            raise
        except Complaint as complaint:
            complaint.report_to(self._session.report)
            return None

    def _complaining(self, act: Any, statement: ast.Statement) -> None:
        try:
            act(statement)
        except OutOfBudget:
            raise
        except Complaint as complaint:
            complaint.report_to(self._session.report)

    def _collect(self) -> None:
        for statement in self._definition.body:
            self._complaining(self._collect_one, statement)
        if "source" not in self._settings:
            self._session.report.add(no_source(self._definition))

    def _collect_one(self, statement: ast.Statement) -> None:
        if not isinstance(statement, ast.Binding) or len(statement.targets) != 1:
            repair = "a field is `name = source.column -> encoder`"
            raise Complaint(out_of_place("this statement", "in a `data` block", statement.span, repair))
        name = statement.targets[0].name
        if name in SETTINGS:
            if name in self._settings:
                raise Complaint(setting_twice(name, statement.targets[0].span, self._settings[name].span))
            self._settings[name] = statement

    def _evaluator(self, families: tuple[type[Component], ...]) -> Evaluator:
        return Evaluator(session=self._session, scope=self._scope, expand=expand, families=families)

    def _split(self) -> Any:
        if "split" not in self._settings:
            return None
        expression = self._settings["split"].value
        value = self._evaluator((Split,)).evaluate(expression, Of(Split))
        if value is FAILED or isinstance(value, Split):
            return value
        repair = "write `split = random(train=0.8, validation=0.1, test=0.1)`"
        self._session.report.add(wrong_setting("`split`", Split.noun, describe_value(value), expression.span, repair))
        return FAILED

    def _source(self) -> tuple[DataSource, tuple[RowStep, ...]] | None:
        """The source, and the steps over its rows that follow it along arrows."""
        if "source" not in self._settings:
            return None
        expression = self._settings["source"].value
        written = expression.steps if isinstance(expression, ast.Arrow) else (expression,)
        evaluator = self._evaluator((DataSource, RowStep))
        values = [evaluator.evaluate(one, Of(RowStep if index else DataSource)) for index, one in enumerate(written)]
        if FAILED in values:
            return None
        steps = []
        for index, (value, one) in enumerate(zip(values, written, strict=True)):
            family: type[Component] = RowStep if index else DataSource
            converted = _component(value, family)
            if converted is None:
                repair = f"say how it is read: `csv({describe_value(value)})`" if type(value) is str else there_are(family.names())
                self._session.report.add(wrong_setting("`source`", family.noun, describe_value(value), one.span, repair))
                return None
            steps.append(converted)
        self._session.saw(self._settings["source"].targets[0].span, steps[0])
        return steps[0], tuple(steps[1:])

    def _field(self, statement: ast.Binding) -> None:
        target = statement.targets[0]
        if target.name in self._fields:
            raise Complaint(setting_twice(target.name, target.span, self._fields[target.name].span))
        steps = statement.value.steps if isinstance(statement.value, ast.Arrow) else (statement.value,)
        columns = self._columns(steps[0], target.name)
        evaluator = self._evaluator((Encoder,))
        encoders = [(evaluator.evaluate(one, Of(Encoder)), one.span) for one in steps[1:]]
        if any(value is FAILED for value, _ in encoders):
            raise Complaint
        self._fields[target.name] = FieldSpec(target.name, target.span, columns, tuple(map(_encoder_use, encoders)))

    def _columns(self, expression: ast.Expression, name: str) -> tuple[ColumnRef, ...]:
        """`source.age`, or several columns as a tuple or list."""
        return tuple(_column(one, name) for one in ast.items_of(expression))


def _component(value: Any, family: type[Component]) -> Any:
    if isinstance(value, family):
        return value
    found = family.find(value) if isinstance(value, str) else None
    return found() if found is not None and not found.required() else None


def _encoder_use(value: tuple[Any, Span]) -> EncoderUse:
    encoder = _component(value[0], Encoder)
    if encoder is None:
        near = did_you_mean(value[0], Encoder.names()) if isinstance(value[0], str) else None
        raise Complaint(wrong_setting("a field", "encoders", describe_value(value[0]), value[1], near))
    return EncoderUse(encoder, value[1])


def _column(expression: ast.Expression, name: str) -> ColumnRef:
    match expression:
        case ast.Attribute(base=ast.Name(text="source")):
            return ColumnRef(expression.name, expression.name_span)
        case ast.Subscript(base=ast.Name(text="source"), index=ast.String(value=name, span=span)):
            return ColumnRef(name, span)
    near = closest(name, SETTINGS)
    raise Complaint(not_a_column(expression.span, f"if the setting `{near}` was meant, write its name" if near else None))


@error("NN601")
def no_source(definition: ast.Definition) -> Diagnostic:
    """A `data` block says where its examples come from.

        data Photos {
          image = source.image -> scale(1 / 255)
        }

    Mended:

        data Photos {
          source = images("photos/", size=[32, 32])
          image  = source.image -> scale(1 / 255)
        }
    """
    return Diagnostic(definition.head, f"the data `{definition.name}` has no `source`", (), 'write `source = csv("file.csv")`')


@error("NN602")
def not_a_column(span: Span, repair: str | None = None) -> Diagnostic:
    """A field starts with a column of the source, or a tuple of columns.

        label = label -> category

    Mended:

        label = source.label -> category

    A column whose name is more than one word is written `source["flipper length (mm)"]`.
    """
    column = "write `source.` before the name of the column; one of several words is `source[\"body mass\"]`"
    return Diagnostic(span, "a field starts with a column: `source.name`", (), repair or column)


@error("NN603")
def wrong_setting(name: str, expected: str, found: str, span: Span, repair: str | None = None) -> Diagnostic:
    """A setting has a value of another kind than it takes.

        split = 0.8

    Mended:

        split = random(train=0.8, validation=0.1, test=0.1)
    """
    return Diagnostic(span, f"{name} takes {expected}, not {found}", (), repair)
