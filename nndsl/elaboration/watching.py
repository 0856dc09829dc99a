"""What both forms of a training share: its settings, its figures, and what is watched between epochs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from nndsl.catalogue.stopping import EarlyStopping as EarlyStoppingSettings
from nndsl.catalogue.training import Optimizer
from nndsl.catalogue.training.comparison import altered
from nndsl.catalogue.training.schedules import Plateau
from nndsl.data.plan import DataPlan
from nndsl.diagnostics import Diagnostic, Note, did_you_mean, error
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.leaks import refuse_leaks
from nndsl.elaboration.mistakes import there_are
from nndsl.elaboration.values import Closure
from nndsl.frozen import Frozen
from nndsl.graph import Graph, Ref
from nndsl.program import EarlyStopping, Learnt, Measure, Mode, Objective, Training, modes_of
from nndsl.source import Span
from nndsl.syntax import ast


class Settings(Frozen):
    """The settings of a `train` block, evaluated; `spans` is where each was written.

    `model`, `loss`, `optimizer` and `class_weights` belong to the short form, which has no `minimize`; `loss` and
    `metrics` are one value for all outputs, or one for each by name, with the place of the name.
    """

    data: DataPlan
    spans: Mapping[str, Span]
    model: Closure | None = None
    loss: Any = None
    optimizer: Optimizer | None = None
    metrics: Any = ()
    epochs: int = 10
    batch: int = 32
    early_stopping: EarlyStoppingSettings | None = None
    class_weights: Any = None
    seed: int = 0
    precision: str = "float32"
    remat: tuple[ast.Name, ...] = ()
    jit_compile: bool | str = "auto"


def training(
    definition: ast.Definition, settings: Settings, objectives: Sequence[Objective], measures: tuple[Measure, ...],
    learnt: Mapping[str, Learnt], choices: Sequence[str], predictions: Mapping[str, Ref], targets: Mapping[str, str],
) -> Training:
    """The training that a `train` block describes.

    Raises:
        Complaint: what is watched between epochs is not measured, or a target lies open in an input.
    """
    refuse_leaks(objectives[0].graph, settings.data.fields)
    _refuse_equal_names(objectives, measures, settings.spans.get("metrics", definition.head))
    modes = modes_of(objectives, measures)
    return Training(
        name=definition.name,
        documentation=definition.documentation,
        span=definition.head,
        learnt=learnt,
        data=settings.data,
        objectives=tuple(replace(one, optimizer=_watching(one, settings, modes)) for one in objectives),
        measures=measures,
        predictions=predictions,
        targets=targets,
        epochs=settings.epochs,
        batch=settings.batch,
        early_stopping=_early_stopping(settings, modes),
        seed=settings.seed,
        precision=settings.precision,
        choices=tuple(choices),
        remat=_expanded(settings.remat, objectives[0].graph),
        jit_compile=settings.jit_compile,
    )


def _expanded(names: Sequence[ast.Name], graph: Graph) -> tuple[str, ...]:
    """Names of blocks, each of which is used in a graph."""
    known = {frame.name for node in graph.nodes for frame in node.scope}
    for one in names:
        if one.text not in known:
            raise Complaint(unused_block(one.text, sorted(known), one.span))
    return tuple(one.text for one in names)


def _refuse_equal_names(objectives: Sequence[Objective], measures: Sequence[Measure], span: Span) -> None:
    """Each figure of an epoch has a name of its own."""
    taken = {"epoch", *(one.figure("learning_rate") for one in objectives), *(name for one in objectives for name in one.figures)}
    for one in measures:
        if one.name in taken:
            raise Complaint(equal_names(one.name, span))
        taken.add(one.name)


def _watching(objective: Objective, settings: Settings, modes: Mapping[str, Mode | None]) -> Optimizer:
    """The optimizer; a schedule that watches a figure knows whether lower or higher is better."""
    rate = objective.optimizer.__dict__["learning_rate"]
    if not isinstance(rate, Plateau):
        return objective.optimizer
    mode = _better(rate.monitor, rate.mode, modes, settings, objective.optimizer_span)
    return altered(objective.optimizer, learning_rate=altered(rate, mode=mode))


def _early_stopping(settings: Settings, modes: Mapping[str, Mode | None]) -> EarlyStopping | None:
    written = settings.early_stopping
    if written is None:
        return None
    mode = _better(written.monitor, written.mode, modes, settings, settings.spans["monitor"])
    return EarlyStopping(written.monitor, written.patience, written.min_delta, mode)


def _better(
    monitor: str, mode: Literal["auto", "min", "max"], modes: Mapping[str, Mode | None], settings: Settings, span: Span
) -> Mode:
    """Whether lower or higher is better of what is monitored, as it is written or as the figure has it."""
    if monitor not in modes:
        raise Complaint(unknown_monitor(monitor, list(modes), span))
    if monitor.startswith("val_") and "validation" not in settings.data.splits:
        raise Complaint(no_validation(monitor, settings.data, span))
    found = modes[monitor] if mode == "auto" else mode
    if found is None:
        raise Complaint(unclear_mode(monitor, span))
    return found


# What can be wrong -------------------------------------------------------------------------------


@error("NN639")
def equal_names(name: str, span: Span) -> Diagnostic:
    """Two figures of a training have the same name, so that one would hide the other.

        minimize mse(x -> net, y) + kl_normal(mean, log_var) over net with Adam(1e-3)
        metrics = [mse(x -> net, y)]                  # is logged already, as a term

    Mended, by leaving one out:

        minimize mse(x -> net, y) + kl_normal(mean, log_var) over net with Adam(1e-3)
    """
    return Diagnostic(span, f"two figures of this training are called `{name}`", (), "leave one of them out")


@error("NN643")
def unused_block(name: str, known: list[str], span: Span) -> Diagnostic:
    """`remat` names a block that is used nowhere in what is learnt.

    What its expansions compute on the way forward is not kept, but computed again on the way back.

        h = x -> EncoderLayer(heads=4, hidden=256) * 12
        remat = DecoderLayer

    Mended:

        h = x -> EncoderLayer(heads=4, hidden=256) * 12
        remat = EncoderLayer
    """
    repair = did_you_mean(name, known) or (there_are(known) if known else "what is computed again is put into a block")
    return Diagnostic(span, f"no block `{name}` is used in what is learnt", (), repair)


@error("NN617")
def unknown_monitor(name: str, known: list[str], span: Span) -> Diagnostic:
    """Early stopping, or a schedule, watches a figure that this training does not have.

        early_stopping = (monitor=val_acuracy, patience=10)

    Mended:

        metrics        = [accuracy]
        early_stopping = (monitor=val_accuracy, patience=10)
    """
    repair = did_you_mean(name, known) or there_are(known)
    return Diagnostic(span, f"there is no figure `{name}` to monitor", (), repair)


@error("NN618")
def unclear_mode(name: str, span: Span) -> Diagnostic:
    """Whether a figure should become smaller or larger is not known of this metric.

        early_stopping = (monitor=val_mean, patience=10, mode=max)
    """
    return Diagnostic(span, f"whether `{name}` is better when it is smaller or larger is not known", (), "add `mode=min` or `mode=max`")


@error("NN619")
def no_validation(name: str, data: DataPlan, span: Span) -> Diagnostic:
    """What is watched between epochs is not measured, since the data has no validation examples.

        split          = random(train=0.9, test=0.1)
        early_stopping = (monitor=val_loss, patience=10)

    Mended:

        split = random(train=0.8, validation=0.1, test=0.1)
    """
    notes = (Note("this is the split", data.split_span),)
    watched = name.removeprefix("val_")
    return Diagnostic(
        span, f"`{name}` is watched, and the data `{data.name}` has no validation examples", notes,
        f"give the split a validation part, or watch `{watched}`",
    )
