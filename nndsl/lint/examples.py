"""Advice about the examples of a training, once they are loaded."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from nndsl.data.dataset import Dataset
from nndsl.data.fields import FieldPlan
from nndsl.data.loading import class_counts, named_classes
from nndsl.data.overlap import overlaps
from nndsl.diagnostics import Diagnostic, Note, warning
from nndsl.graph import Node
from nndsl.lint.silence import unsilenced
from nndsl.lint.trainings import bounded_activation, compared, results
from nndsl.program import Program, Training

if TYPE_CHECKING:
    from nndsl.data.forms import Array

_ROUNDING = 1e-5


def advice(program: Program, training: Training, dataset: Dataset) -> Iterator[Diagnostic]:
    """What there is to say about the examples of a training, but for what is silenced in the text."""
    found = [*overlaps(training.data, dataset, training.inputs), *_unmeasured_classes(training, dataset), *_unreached_targets(training, dataset)]
    yield from unsilenced(found, program.sources)


def _unmeasured_classes(training: Training, dataset: Dataset) -> Iterator[Diagnostic]:
    """Classes of which a part of the data that is measured has no example."""
    for field in dict.fromkeys(training.data.fields[name] for name in training.targets.values()):
        if field.classes:
            absent = {part: _absent(examples.fields[field.name], field) for part, examples in dataset.splits.items()
                      if part != "train" and len(examples)}
            if any(absent.values()):
                stratified = training.data.split.stratifies() == field.name
                yield unmeasured_classes({part: classes for part, classes in absent.items() if classes}, field, stratified)


def _absent(values: "Array", field: FieldPlan) -> list[str]:
    return [one for one, count in zip(field.classes or (), class_counts(values, field), strict=True) if not count]


@warning("NN736")
def unmeasured_classes(absent: Mapping[str, list[str]], field: FieldPlan, stratified: bool) -> Diagnostic:
    """A class has no example among those that a network is measured on: nothing says whether it is told from the others.

        split = random(train=0.8, test=0.2)

    Mended, if the class has examples enough:

        split = random(train=0.8, test=0.2, stratify=label)
    """
    parts = ", and ".join(f"no {part} example of `{field.name}` has {named_classes(classes)}" for part, classes in absent.items())
    repair = "give it more examples" if stratified else f"stratify the split: `stratify={field.name}`, or give it more examples"
    return Diagnostic(field.span, f"{parts}: how well such examples are told from others is not measured", (), repair)


def _unreached_targets(training: Training, dataset: Dataset) -> Iterator[Diagnostic]:
    """Outputs that cannot become some of the numbers that they are compared with."""
    for node, field in compared(training):
        activation = bounded_activation(node)
        values = dataset["train"].fields[field.name]
        if activation is None or values.dtype.kind != "f" or any(one.centres for one in field.encoders):
            continue
        least, most = activation.bounds
        outside = ((values < least - _ROUNDING) | (values > most + _ROUNDING)).reshape(len(values), -1).any(axis=1)
        if outside.any():
            first = int(outside.argmax())
            yield unreached_target(node, results(activation), field, int(outside.sum()), len(values), dataset["train"].place(first))


@warning("NN737")
def unreached_target(node: Node, gives: str, field: FieldPlan, count: int, total: int, place: str) -> Diagnostic:
    """An output ends in an activation whose results do not reach all targets that the training examples have.

        price = source.price -> float                    # up to 450
        output price = h -> Dense(1, activation=sigmoid)

    Mended:

        output price = h -> Dense(1)
    """
    message = f"{gives}, and {count:,} of {total:,} training examples have another `{field.name}` ({place} is the first)"
    return Diagnostic(node.span, message, (Note("these are the targets", field.span),), "end the output without an activation, or scale the targets")
