"""Trainings whose parts all fit, and that would teach nothing, or not what they seem to."""

from collections.abc import Collection, Iterator

from nndsl.data.encoders.frames import Horizon
from nndsl.data.encoders.language import Shift
from nndsl.data.fields import FieldPlan
from nndsl.data.series import frame_of
from nndsl.diagnostics import Diagnostic, Note, Report, warning
from nndsl.elaboration.comparing import losses_of_fields
from nndsl.elaboration.cropping import refuse_cropping
from nndsl.elaboration.gradients import refuse_without_gradient
from nndsl.elaboration.padding import report_padding
from nndsl.graph import Graph, needed_for
from nndsl.program import Training
from nndsl.source import Span


def prove_sound(training: Training, report: Report, model: Span | None) -> None:
    """Report what is wrong with a training whose parts all fit.

    Args:
        model: where the network is named, if that is written.
    """
    graph = training.objectives[0].graph
    needed = needed_for(graph.nodes, [ref for one in training.objectives for ref in one.graph.outputs.values()])
    report_padding(graph, needed, report)
    refuse_cropping(graph, report)
    for one in training.objectives:
        refuse_without_gradient(one, training.precision, model or one.span, report)
    augmented = training.data.augmentation.outputs if training.data.augmentation is not None else {}
    for target, given in dict.fromkeys(_compared(graph, needed)):
        fields = training.data.fields
        if given not in augmented and _tells(fields[given], fields[target]):
            report.add(answer_among_inputs(fields[given], fields[target]))


def _compared(graph: Graph, needed: Collection[int]) -> Iterator[tuple[str, str]]:
    """The fields that are targets, each with the fields that its prediction is made from; what is to be made again is no secret."""
    for target, node in losses_of_fields(graph):
        used = needed_for(graph.nodes, [node.operands[1]]) if node.id in needed else ()
        if node.operands[0].node not in used:
            yield from ((target, name) for name, one in graph.inputs.items() if one.id in used)


def _tells(given: FieldPlan, target: FieldPlan) -> bool:
    """Whether a field holds what another is made of, of the same rows, with nothing that hides it."""
    if not set(given.columns) & set(target.columns) or any(isinstance(one, Shift) for one in (*given.encoders, *target.encoders)):
        return False
    rows, wanted = _rows(given), _rows(target)
    shared = [row in rows for row in wanted]
    return any(shared) if isinstance(frame_of(target.encoders), Horizon) else all(shared)


def _rows(field: FieldPlan) -> range:
    """The rows that a field is made of, counted from the one that its example stands at."""
    frame = frame_of(field.encoders)
    return range(1) if frame is None else frame.offsets()


@warning("NN641")
def answer_among_inputs(given: FieldPlan, target: FieldPlan) -> Diagnostic:
    """An input is made of the column, and of the rows, that the target is made of: a network need only copy it.

    Its figures would be splendid, also on test examples, and it would know nothing of examples without a target.

        past = source.births -> windows(28, ahead=1)
        next = source.births -> horizon(1)

    Mended:

        past = source.births -> windows(28)

    Where a field is to be made again from itself (an autoencoder), input and output have the name of the same field.
    """
    shared = " and ".join(f"`{one}`" for one in given.columns if one in target.columns)
    message = f"`{given.name}` tells the network its target: both are made of the column {shared}, of the same rows"
    return Diagnostic(given.span, message, (Note("this is the target", target.span),), f"leave {shared} out of `{given.name}`, or take rows before those of the target")
