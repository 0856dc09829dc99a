"""Advice about trainings."""

from collections.abc import Callable, Iterator

from nndsl.catalogue.activations import Activation
from nndsl.catalogue.layers import regularization, reshaping
from nndsl.catalogue.layers.normalization import BatchNormalization
from nndsl.catalogue.training import Loss, Optimizer, losses, optimizers
from nndsl.catalogue.training.metric import CLASSIFYING
from nndsl.catalogue.training.schedules import Piecewise
from nndsl.catalogue.training.terms import GradientPenalty
from nndsl.data.fields import FieldPlan
from nndsl.diagnostics import Diagnostic, Note, warning
from nndsl.elaboration.comparing import losses_of_fields
from nndsl.graph import Graph, Node, Ref, needed_for
from nndsl.program import Objective, Training
from nndsl.source import Span

_BY_SIGN = (optimizers.Adam, optimizers.AdamW, optimizers.Adamax, optimizers.Nadam, optimizers.RMSprop, optimizers.Lion)
"""Optimizers whose steps are about as long as the learning rate, however large the gradient is."""
_ARRANGING = (regularization.__name__, reshaping.__name__)
HIGHEST_BY_SIGN, HIGHEST, LOWEST = 0.1, 10.0, 1e-8


def unreachable_targets(training: Training) -> Iterator[Diagnostic]:
    """Outputs that cannot become what they are compared with."""
    for node, field in compared(training):
        activation = bounded_activation(node)
        if activation is not None and any(one.centres for one in field.encoders):
            yield unreachable_target(node, activation, field)


def _activation(node: Node) -> Activation | None:
    """The activation that a call ends in, as Keras defines it."""
    activation = node.component if isinstance(node.component, Activation) else node.component.__dict__.get("activation")
    return activation if isinstance(activation, Activation) and not activation.changed() else None


def bounded_activation(node: Node) -> Activation | None:
    """The activation that a call ends in, if it does not give all numbers."""
    activation = _activation(node)
    return activation if activation is not None and _is_bounded(activation) else None


def _is_bounded(activation: Activation) -> bool:
    least, most = activation.bounds
    return least >= 0 or most <= 1


def results(activation: Activation) -> str:
    """What an activation gives, as a part of a sentence."""
    least, most = activation.bounds
    span = f"of at least {least:g}" if most > 1 else f"of at most {most:g}" if least < 0 and most <= 0 else f"from {least:g} to {most:g}"
    return f"{activation.called()} gives numbers {span}"


def compared(training: Training) -> Iterator[tuple[Node, FieldPlan]]:
    """What makes each output that is compared with a field of its name."""
    for learnt in training.learnt.values():
        graph = learnt.written.graph
        for name, ref in graph.outputs.items():
            if name in training.targets:
                yield graph[ref], training.data.fields[training.targets[name]]


@warning("NN424")
def unreachable_target(node: Node, activation: Activation, field: FieldPlan) -> Diagnostic:
    """An output ends in an activation whose results do not reach all values that the targets have.

        price  = source.price -> standardize             # about half of these numbers are negative
        output price = h -> Dense(1, activation=relu)

    Mended:

        output price = h -> Dense(1)
    """
    message = f"{results(activation)}, and the standardized `{field.name}` has others"
    return Diagnostic(node.span, message, (Note("these are the targets", field.span),), "end the output without an activation")


def misread_outputs(training: Training) -> Iterator[Diagnostic]:
    """Losses that are told what their output is, as by `from_logits=true`, and it is not that."""
    for objective in training.objectives:
        for node in objective.graph.nodes:
            if isinstance(node.component, Loss) and node.component.activations:
                maker = _maker(objective.graph, objective.graph[node.operands[1]])
                activation = _activation(maker)
                if activation is not None and _is_misread(node.component, activation):
                    yield misread_output(maker, activation, node)


def _maker(graph: Graph, node: Node) -> Node:
    """The call that makes the numbers of an output, which others only arrange, or disturb."""
    while type(node.component).__module__ in _ARRANGING and len(node.operands) == 1:
        node = graph[node.operands[0]]
    return node


def _is_misread(loss: Loss, activation: Activation) -> bool:
    if loss.takes_logits:
        return _is_bounded(activation)
    least, most = activation.bounds
    return activation.called() not in loss.activations and (activation.called() in CLASSIFYING or least < 0 or most > 1)


@warning("NN430")
def misread_output(node: Node, activation: Activation, compared: Node) -> Diagnostic:
    """A loss takes the numbers of an output for something else: probabilities for logits, or one kind of probabilities for another.

    Nothing fails, and the network learns badly: softmax of a softmax is nearly the same for all classes.

        output label = h -> Dense(10) -> sigmoid
        loss = SparseCategoricalCrossentropy(from_logits=true)

    Mended; whether there are logits is known from the network:

        output label = h -> Dense(10) -> softmax
        loss = crossentropy
    """
    loss = compared.component
    assert isinstance(loss, Loss)
    wanted = " or ".join(loss.activations)
    takes = "logits, which may be any numbers" if loss.takes_logits else f"what {wanted} gives"
    repair = f"end the output in {wanted}" if activation.called() not in loss.activations else f"leave {wanted} out, or what follows it"
    return Diagnostic(node.span, f"{results(activation)}, and {loss.called()} takes {takes}", (Note("this compares them", compared.span),), repair)


def labels_apart(training: Training) -> Iterator[Diagnostic]:
    """One of several classes, learnt as if several could be true at once."""
    graph = training.objectives[0].graph
    apart = {target for target, loss in losses_of_fields(graph) if isinstance(loss.component, losses.BinaryCrossentropy)}
    for node, field in compared(training):
        several = field.classes is not None and len(field.classes) > 2 and field.type.is_float and field.type.rank == 1
        if several and field.name in apart:
            yield label_apart(node, field)


@warning("NN425")
def label_apart(node: Node, field: FieldPlan) -> Diagnostic:
    """Each example has one class, and the network judges each class by itself, so that none or several may be true.

        label = source.kind -> category(a, b, c) -> one_hot
        output label = h -> Dense(3, activation=sigmoid)

    Mended:

        output label = h -> Dense(3, activation=softmax)
    """
    message = f"each `{field.name}` is one of {len(field.classes or ())} classes, and sigmoid judges each of them apart"
    return Diagnostic(node.span, message, (Note("these are the targets", field.span),), "end the output in softmax")


def learning_rates(training: Training) -> Iterator[Diagnostic]:
    """Learning rates that are hardly ever meant."""
    for objective in training.objectives:
        highest = HIGHEST_BY_SIGN if isinstance(objective.optimizer, _BY_SIGN) else HIGHEST
        for rate in _rates(objective.optimizer):
            if rate > highest or rate < LOWEST:
                yield odd_learning_rate(rate, objective)


def _rates(optimizer: Optimizer) -> tuple[float, ...]:
    """The learning rates that are written for an optimizer."""
    rate = optimizer.__dict__["learning_rate"]
    if isinstance(rate, Piecewise):
        return rate.learning_rates
    written = rate if isinstance(rate, float) else rate.__dict__.get("learning_rate")
    return () if written is None else (written,)


@warning("NN426")
def odd_learning_rate(rate: float, objective: Objective) -> Diagnostic:
    """A learning rate is far out of the range in which networks learn: steps that are too long diverge, too short ones stand still.

        optimizer = Adam(learning_rate=1)

    Mended:

        optimizer = Adam(learning_rate=1e-3)
    """
    name = objective.optimizer.called()
    usual = "1e-4 to 1e-2" if isinstance(objective.optimizer, _BY_SIGN) else "1e-3 to 1"
    what = "high" if rate > 1e-3 else "low"
    return Diagnostic(objective.optimizer_span, f"a learning rate of {rate:g} is very {what} for {name}", (), f"it is usually {usual}")


def normalized_critics(training: Training) -> Iterator[Diagnostic]:
    """Penalties on the gradient of a critic that mixes the examples of a batch."""
    found: dict[Span, Diagnostic] = {}
    for graph in (one.graph for one in training.objectives):
        for penalty in (node for node in graph.nodes if isinstance(node.component, GradientPenalty)):
            for node in _between(graph, *penalty.operands):
                if isinstance(node.component, BatchNormalization):
                    found.setdefault(node.span, normalized_critic(node, penalty))
    yield from found.values()


def _between(graph: Graph, end: Ref, start: Ref) -> Iterator[Node]:
    """The calls on the way from one tensor to another."""
    reached = {start.node}
    for number in sorted(needed_for(graph.nodes, [end])):
        if any(ref.node in reached for ref in graph.nodes[number].operands):
            reached.add(number)
            yield graph.nodes[number]


@warning("NN431")
def normalized_critic(node: Node, penalty: Node) -> Diagnostic:
    """A penalty on the gradient of a critic is one for each example, and batch normalization lets each score depend on the whole batch.

    The penalty is then no longer that of Gulrajani et al. (2017), who leave batch normalization out of the critic for this reason, and
    recommend layer normalization instead (section 4).

        critic = image -> Conv2D(64, 5, strides=2) -> BatchNormalization -> leaky_relu

    Mended:

        critic = image -> Conv2D(64, 5, strides=2) -> LayerNormalization -> leaky_relu
    """
    message = "batch normalization lets each score depend on the whole batch, and the penalty on its gradient is meant for each example by itself"
    return Diagnostic(node.span, message, (Note("this is the penalty", penalty.span),), "use LayerNormalization, or none, in the critic")


LINTS: tuple[Callable[[Training], Iterator[Diagnostic]], ...] = (
    unreachable_targets, misread_outputs, labels_apart, learning_rates, normalized_critics,
)
