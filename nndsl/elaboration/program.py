"""From a parsed file to a program: every definition in it elaborated and bound."""

import re
from bisect import bisect
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from nndsl.data.plan import DataPlan
from nndsl.diagnostics import Diagnostic, Report
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.datasets import DataBody
from nndsl.elaboration.modules import Module, ModuleLoader
from nndsl.elaboration.networks import default_arguments, elaborate_network, read_alone, unused
from nndsl.elaboration.session import OutOfBudget, Reader, Session, read_spec
from nndsl.elaboration.trace import Trace
from nndsl.elaboration.training import TrainBody
from nndsl.elaboration.values import Binding, DataSet, Scope
from nndsl.program import Network, Program, Training
from nndsl.source import Span
from nndsl.syntax import ast

NEED_SIZES = ("NN209", "NN305")
"""The errors of networks that sizes can mend: a condition that is not decided, weights of an unknown size."""


def elaborate(
    spec: ast.Spec, report: Report, *, overrides: Mapping[str, Any] | None = None, data_path: Path | None = None,
    kept: Mapping[str, Mapping[str, Any]] | None = None, trace: Trace | None = None, read: Reader = read_spec,
) -> Program:
    """The program that a file means; as much of it as is without mistakes.

    Args:
        overrides: values for the file's `param`s.
        data_path: what is read instead of the file that the `data` block names.
        kept: of the file of a run: by the names of `data` blocks, what is kept of their data, which then are not read.
        trace: takes down what is seen of names and calls.
        read: reads the files that are imported.
    """
    session = Session(report, dict(overrides or {}), trained=kept is not None, trace=trace, read=read)
    loader = ModuleLoader(session)
    module, data, trainings, networks = Module(spec), {}, {}, {}
    try:
        module = loader.load(spec, main=True)
        data = _data(session, module, data_path, kept or {})
        trainings = _trainings(session, module)
        networks = _networks(session, module, trainings)
        if not report.errors:
            _report_unused(session, loader.loaded)
        _read_others(session, module)
    except Complaint as complaint:
        complaint.report_to(report)
    incomplete = {one.name: lacking for one in _of_kind(module, "network") if (lacking := _without_values(one))}
    sources = tuple(one.spec.source for one in loader.loaded)
    return Program(spec.source, networks, data, trainings, module.parameters, sources, incomplete, tuple(module.searched))


def _of_kind(module: Module, kind: str) -> list[ast.Definition]:
    return [one for one in module.definitions.values() if one.kind == kind]


def _data(
    session: Session, module: Module, data_path: Path | None, kept: Mapping[str, Mapping[str, Any]]
) -> dict[str, DataPlan]:
    plans = {}
    for definition in _of_kind(module, "data"):
        body = DataBody(session, definition, module.scope)
        plan = body.elaborate(module.spec.source.folder(), data_path, kept.get(definition.name))
        module.scope.names[definition.name] = Binding(DataSet(definition.name, plan, definition.head), definition.head)
        if plan is not None:
            plans[definition.name] = plan
    return plans


def _trainings(session: Session, module: Module) -> dict[str, Training]:
    trainings = {}
    for definition in _of_kind(module, "train"):
        training = TrainBody(session, definition, module.scope).elaborate()
        if training is not None:
            trainings[definition.name] = training
    return trainings


def _networks(session: Session, module: Module, trainings: Mapping[str, Training]) -> dict[str, Network]:
    """The networks whose parameters all have values. Sizes that only the data know come from the training that uses them."""
    failed = [_model_name(one) for one in _of_kind(module, "train") if one.name not in trainings]
    broken = any(isinstance(one, ast.Broken) for one in module.spec.statements)
    networks = {}
    for definition in _of_kind(module, "network"):
        if _without_values(definition):
            continue
        learnt = [one.written for training in trainings.values() for one in training.learnt.values()]
        trained = [one for one in learnt if one.span == definition.head]
        sizes = _bound_sizes(trained)
        waiting = not sizes and (definition.name in failed or None in failed or broken)
        elaborated = _without_sizes if waiting else elaborate_network
        network = _as_trained(session, definition, module.scope, trained) or elaborated(session, definition, module.scope, {}, sizes=sizes)
        if network is not None:
            networks[definition.name] = network
    return networks


def _as_trained(session: Session, definition: ast.Definition, outer: Scope, trained: list[Network]) -> Network | None:
    """The network that the only training made of a definition, if it is what the definition means by itself."""
    if len(trained) != 1:
        return None
    means, made = default_arguments(session, definition, outer), trained[0].arguments
    alike = all(type(made[name]) is type(value) and made[name] == value for name, value in means.items())
    return trained[0] if alike else None


def _without_values(definition: ast.Definition) -> tuple[str, ...]:
    return tuple(one.name for one in definition.parameters or () if one.default is None)


def _model_name(training: ast.Definition) -> str | None:
    """The name of the network that a training is written for, if it is plain to see."""
    for statement in training.body:
        if isinstance(statement, ast.Binding) and statement.targets[0].name == "model":
            model = statement.value.callee if isinstance(statement.value, ast.Call) else statement.value
            return model.text if isinstance(model, ast.Name) else None
    return None


def _without_sizes(
    session: Session, definition: ast.Definition, outer: Scope, arguments: Mapping[str, Any], *, sizes: Mapping[str, Any]
) -> Network | None:
    """A network whose training failed, or is broken: what the sizes of its data would have decided is no mistake of the network's."""
    aside = replace(session, report=Report())
    network = elaborate_network(aside, definition, outer, arguments, sizes=sizes)
    _report_certain(session, aside.report, definition)
    return network


def _read_others(session: Session, module: Module) -> None:
    """Look for mistakes in what nothing was made of: networks, for want of values; and blocks, unless what uses them may be wrong."""
    sound = not session.report.errors
    for definition in (*_of_kind(module, "network"), *(_of_kind(module, "block") if sound else ())):
        if id(definition) in session.entered:
            continue
        aside = replace(session, report=Report(), trace=None, bound={})
        with suppress(OutOfBudget):
            read_alone(aside, definition, module.scope)
        session.steps = aside.steps
        _report_certain(session, aside.report, definition)


def _report_certain(session: Session, found: Report, definition: ast.Definition) -> None:
    """Report the errors that are there whatever the sizes are that a definition waits for."""
    for one in found:
        if one.severity == "error" and not _for_want_of_sizes(one, definition):
            session.report.add(one)


def _for_want_of_sizes(found: Diagnostic, definition: ast.Definition) -> bool:
    """Whether an error may be gone once the data say how long the axes with names are."""
    inputs = [one for one in definition.body if isinstance(one, ast.Input)]
    names = {size.text for one in inputs for size in one.type.shape if isinstance(size, ast.Name)}
    return found.code in NEED_SIZES or (found.code == "NN303" and not names.isdisjoint(re.findall(r"\w+", found.message)))


def _bound_sizes(trained: list[Network]) -> dict[str, Any]:
    return dict(trained[0].bound_sizes) if len(trained) == 1 else {}


def _report_unused(session: Session, modules: list[Module]) -> None:
    """Names that nothing uses; where a file has errors, a name may well be used by what could not be understood."""
    imports = {
        one.span: (module, statement)
        for module in modules for statement in module.spec.statements if isinstance(statement, ast.Import) for one in statement.names
    }
    told = _unreached_statements(session)
    for span, (name, used) in session.bound.items():
        module, statement = imports.get(span, (None, None))
        if not used and not name.startswith("_") and (module is None or not module.mentions(name, span)) and span not in told:
            session.report.add(unused(name, span, statement if module is modules[0] else None))


def _unreached_statements(session: Session) -> set[Span]:
    """The names of whose layers it was said that they reach no output: of the names before a layer, the last."""
    names = sorted(session.bound, key=lambda span: (span.source.name, span.start))
    places = [(span.source.name, span.start) for span in names]
    layers = [one.span for one in session.report if one.code == "NN408" and one.span is not None]
    return {names[bisect(places, (span.source.name, span.start)) - 1] for span in layers} if names else set()


