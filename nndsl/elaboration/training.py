"""`train` blocks: a network, data and settings, bound to each other and proved to fit."""

from collections.abc import Mapping, Sequence
from typing import Any

from nndsl.catalogue.component import snake_case
from nndsl.catalogue.kinds import Choice, Either, Flag, Kind, Known, Number, Of, Tuple
from nndsl.catalogue.stopping import EarlyStopping as EarlyStoppingSettings
from nndsl.catalogue.training import Loss, Metric, Optimizer
from nndsl.diagnostics import Diagnostic, did_you_mean, error
from nndsl.elaboration.binding import bind_training
from nndsl.elaboration.bodies import expand
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.datasets import wrong_setting
from nndsl.elaboration.expressions import Evaluator
from nndsl.elaboration.learning import Learning
from nndsl.elaboration.mistakes import listed, out_of_place, setting_twice, there_are
from nndsl.elaboration.objective_mistakes import WEIGHED, no_objective, no_samples, several_losses, short_form
from nndsl.elaboration.session import OutOfBudget, Session
from nndsl.elaboration.soundness import prove_sound
from nndsl.elaboration.values import FAILED, Closure, DataSet, Defined, Scope, describe_value
from nndsl.elaboration.watching import Settings
from nndsl.frozen import Frozen
from nndsl.program import Training
from nndsl.source import Span
from nndsl.syntax import ast

PRECISIONS = ("float32", "float64", "mixed_float16", "mixed_bfloat16", "bfloat16")
_PLAIN: dict[str, Kind] = {
    "optimizer": Of(Optimizer),
    "epochs": Known(1, 10**9),
    "batch": Known(1, 10**9),
    "seed": Known(0, 2**63 - 1),
    "precision": Choice(PRECISIONS),
    "jit_compile": Either((Choice(("auto",)), Flag())),
    "class_weights": Either((Choice(("balanced",)), Tuple((Number(least=0),), repeated=True))),
}
SETTINGS = ("model", "data", "loss", "optimizer", "metrics", "samples", "epochs", "batch", "early_stopping", "class_weights", "seed", "precision", "remat",
            "jit_compile")
SHORT_FORM = ("model", "loss", "optimizer", "class_weights")
SHOWN = ("metrics", "samples")
"""Settings that are made of the tensors of objectives, where these are written out."""
REQUIRED = ("model", "data", "loss", "optimizer")


class Written(Frozen):
    """A setting: its value, and the statement that gives it."""

    value: Any
    span: Span


class TrainBody:
    """Elaborates one `train` block."""

    def __init__(self, session: Session, definition: ast.Definition, outer: Scope):
        self._session, self._definition = session, definition
        self._evaluator = Evaluator(session=session, scope=Scope(outer=outer), expand=expand, families=())
        self._outer = outer
        self._statements: dict[str, ast.Binding] = {}
        self._others: list[ast.Statement] = []

    def elaborate(self) -> Training | None:
        """The training; None if something is wrong with it, which then is reported."""
        before = self._session.report.errors
        written_out = any(isinstance(one, ast.Minimize) for one in ast.every(self._definition.body))
        declared = next((one for one in self._definition.body if isinstance(one, ast.LayerDeclaration)), None)
        if declared is not None and not written_out:
            self._session.report.add(no_objective(self._definition, declared.span))
            return None
        for statement in self._definition.body:
            self._complaining(self._collect, statement, written_out)
        if not self._complete(REQUIRED if not written_out else ("data",)):
            return None
        shown = {name: self._statements.pop(name) for name in SHOWN if written_out and name in self._statements}
        settings = {name: self._read(name, statement) for name, statement in self._statements.items()}
        if any(one.value is FAILED for one in settings.values()):
            return None
        bind = self._learning if written_out else self._binding
        found = self._complaining(bind, self._settings(settings), shown, before)
        if not isinstance(found, Training) or self._session.report.errors > before:
            return None
        prove_sound(found, self._session.report, settings["model"].span if "model" in settings else None)
        return found

    def _binding(self, settings: Settings, shown: Mapping[str, ast.Binding], before: int) -> Training | None:
        """The short form: `model`, `loss`, `optimizer`."""
        return bind_training(self._session, self._definition, settings) if self._session.report.errors == before else None

    def _learning(self, settings: Settings, shown: Mapping[str, ast.Binding], before: int) -> Training | None:
        """The form that is written out, with `minimize`."""
        learning = Learning(self._session, self._definition, self._outer, settings.data)
        learning.run(self._others)
        measures = learning.measures(shown["metrics"].value) if "metrics" in shown else []
        samples = learning.samples(shown["samples"].value) if "samples" in shown else ()
        return learning.finish(settings, measures, samples) if self._session.report.errors == before else None

    def _complaining(self, act: Any, *arguments: Any) -> Any:
        try:
            return act(*arguments)
        except OutOfBudget:
            raise
        except Complaint as complaint:
            complaint.report_to(self._session.report)
            return FAILED

    def _collect(self, statement: ast.Statement, written_out: bool) -> None:
        """Sort settings from what makes tensors, which only a training that is written out has."""
        setting = statement.targets[0] if isinstance(statement, ast.Binding) and len(statement.targets) == 1 else None
        if written_out and (setting is None or setting.name not in SETTINGS):
            self._others.append(statement)
            return
        if setting is not None and setting.name in (SHORT_FORM if written_out else ("samples",)):
            raise Complaint((short_form if written_out else no_samples)(setting.name, setting.span))
        if not isinstance(statement, ast.Binding) or len(statement.targets) != 1:
            repair = "a training is made of settings: `epochs = 10`"
            raise Complaint(out_of_place("this statement", "in a `train` block", statement.span, repair))
        target = statement.targets[0]
        if target.name not in SETTINGS:
            raise Complaint(unknown_setting(target))
        if target.name in self._statements:
            raise Complaint(setting_twice(target.name, target.span, self._statements[target.name].span))
        self._statements[target.name] = statement

    def _complete(self, required: Sequence[str]) -> bool:
        missing = [name for name in required if name not in self._statements]
        if missing:
            self._session.report.add(missing_settings(self._definition, missing))
        return not missing

    def _read(self, name: str, statement: ast.Binding) -> Written:
        value = self._complaining(self._value, name, statement.value)
        return Written(value, statement.value.span)

    def _value(self, name: str, expression: ast.Expression) -> Any:
        match name:
            case "model":
                return self._model(expression)
            case "data":
                return self._data(expression)
            case "loss":
                return self._by_output(expression, Of(Loss), self._loss)
            case "metrics":
                return self._by_output(expression, Of(Metric), self._metrics)
            case "early_stopping":
                return self._early_stopping(expression)
            case "remat":
                return tuple(map(self._block_name, ast.items_of(expression)))
        return self._of(name, expression, _PLAIN[name])

    def _of(self, name: str, expression: ast.Expression, kind: Kind) -> Any:
        return self._evaluator.converted(expression, kind, f"`{name}`")

    def _loss(self, expression: ast.Expression) -> Any:
        if isinstance(expression, ast.Binary | ast.ListOf | ast.TupleOf):
            raise Complaint(several_losses(expression))
        return self._of("loss", expression, Of(Loss))

    def _model(self, expression: ast.Expression) -> Any:
        value = self._evaluator.evaluate(expression)
        if value is FAILED:
            return FAILED
        if isinstance(value, Defined):
            value = self._evaluator.appliable(value, expression.span)
        if not isinstance(value, Closure) or value.definition.kind != "network":
            raise Complaint(wrong_setting("`model`", "a network", describe_value(value), expression.span))
        return value

    def _data(self, expression: ast.Expression) -> Any:
        value = self._evaluator.evaluate(expression)
        if value is FAILED:
            return FAILED
        if not isinstance(value, DataSet):
            raise Complaint(wrong_setting("`data`", "the name of a `data` block", describe_value(value), expression.span))
        return value if value.plan is not None else FAILED

    def _by_output(self, expression: ast.Expression, kind: Kind, read: Any) -> Any:
        """One value for all outputs, or `(label=..., box=...)`: one for each."""
        if not isinstance(expression, ast.Record):
            return read(expression)
        values = {one.name: (read(one.value), one.name_span) for one in expression.keywords}
        return FAILED if any(value is FAILED for value, _ in values.values()) else values

    def _metrics(self, expression: ast.Expression) -> Any:
        """Metrics with the names that the file calls them by."""
        metrics = [(self._evaluator.converted(one, Of(Metric), "each of `metrics`"), one) for one in ast.items_of(expression)]
        if any(metric is FAILED for metric, _ in metrics):
            return FAILED
        return tuple((_written_name(one), metric, one.span) for metric, one in metrics)

    def _block_name(self, expression: ast.Expression) -> ast.Name:
        """The name of a block, which need not be known in this file: a block that is imported may be made of others."""
        if not isinstance(expression, ast.Name):
            raise Complaint(wrong_setting("`remat`", "names of blocks", expression.span.text, expression.span, "write `remat = [EncoderLayer]`"))
        return expression

    def _early_stopping(self, expression: ast.Expression) -> Any:
        if not isinstance(expression, ast.Record):
            repair = "write `early_stopping = (monitor=val_loss, patience=10)`"
            raise Complaint(wrong_setting("`early_stopping`", "settings in brackets", expression.span.text, expression.span, repair))
        return self._evaluator.built(EarlyStoppingSettings, (), expression.keywords, expression)

    def _settings(self, written: Mapping[str, Written]) -> Settings:
        values = {name: one.value for name, one in written.items()}
        spans = {name: one.span for name, one in written.items()} | self._monitor_span()
        return Settings(**{**values, "data": values["data"].plan}, spans=spans)

    def _monitor_span(self) -> dict[str, Span]:
        """Where it is written, or implied, what early stopping watches."""
        match self._statements.get("early_stopping"):
            case ast.Binding(value=ast.Record(keywords=keywords, span=span)):
                return {"monitor": next((one.value.span for one in keywords if one.name == "monitor"), span)}
        return {}


def _written_name(expression: ast.Expression) -> str:
    callee = expression.callee if isinstance(expression, ast.Call) else expression
    return snake_case(callee.text) if isinstance(callee, ast.Name) else callee.span.text


@error("NN605")
def unknown_setting(target: ast.Target) -> Diagnostic:
    """A `train` block has no setting of this name.

        epoch = 10

    Mended:

        epochs = 10
    """
    if target.name in ("loss_weight", "loss_weights"):
        return Diagnostic(target.span, f"a training has no setting `{target.name}`", (), WEIGHED)
    repair = did_you_mean(target.name, SETTINGS) or there_are(SETTINGS)
    return Diagnostic(target.span, f"a training has no setting `{target.name}`", (), repair)


@error("NN606")
def missing_settings(definition: ast.Definition, missing: list[str]) -> Diagnostic:
    """A `train` block says what is learnt, from what, and how: `data`, and `model`, `loss` and `optimizer` (or `minimize`).

    Nothing of this is guessed. The rest has defaults: `epochs` is 10, `batch` 32, `seed` 0, `precision` float32.
    """
    added = listed(f"{name} = ..." for name in missing)
    return Diagnostic(definition.head, f"the training `{definition.name}` needs {listed(missing)}", (), f"add {added}")


