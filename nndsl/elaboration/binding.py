"""Where a network meets its data: by name, and with every shape and class count proved to fit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nndsl.catalogue.applicable import Function, Input, infer
from nndsl.catalogue.training import Loss, Metric
from nndsl.catalogue.training.comparison import altered
from nndsl.diagnostics import Diagnostic, Note, did_you_mean, error, warning
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.comparing import fitted
from nndsl.elaboration.mistakes import listed
from nndsl.elaboration.networks import elaborate_network
from nndsl.elaboration.objective_mistakes import class_weights_differ
from nndsl.elaboration.session import Session
from nndsl.elaboration.watching import Settings, training
from nndsl.graph import Graph, Node, Owner, Ref, needed_for
from nndsl.passes.expose_logits import expose_logits, final_activation, logits_for
from nndsl.program import Learnt, Measure, Network, Objective, Training
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import Mismatch, Symbolic, TensorType


def bind_training(session: Session, definition: ast.Definition, settings: Settings) -> Training:
    """The training that settings describe.

    Raises:
        Complaint: the network, the data and the settings do not fit each other.
    """
    written = _bound_network(session, settings)
    network = expose_logits(written)
    seam = _Seam(session, network, settings)
    objective, measures, predictions = seam.objective()
    learnt = {network.name: Learnt(network, written)}
    return training(definition, settings, [objective], measures, learnt, seam.choices, predictions, seam.targets)


# Inputs ------------------------------------------------------------------------------------------


def _bound_network(session: Session, settings: Settings) -> Network:
    """The network, with the sizes that the data know; its inputs fit the fields of the same names."""
    closure = settings.model
    assert closure is not None
    given = {name: field.type for name, field in settings.data.fields.items()}
    before = session.report.errors
    network = elaborate_network(session, closure.definition, closure.scope, closure.arguments, given=given)
    if network is None or session.report.errors > before:
        raise Complaint
    for name, node in network.graph.inputs.items():
        _check_input(name, node, settings)
    return network


def _check_input(name: str, node: Node, settings: Settings) -> None:
    field = settings.data.fields.get(name)
    if field is None:
        raise Complaint(input_without_field(name, node.span, settings))
    reason = _misfit(node.type, field.type)
    if reason is not None:
        raise Complaint(input_differs(name, node, field.type, reason, field.span))


def _misfit(wanted: TensorType, given: TensorType) -> str | None:
    """Why a field cannot go into an input; None if it can."""
    if wanted.is_float != given.is_float or (wanted.dtype == "bool") != (given.dtype == "bool"):
        return "they hold different types of numbers"
    if wanted.rank != given.rank:
        return "they have different numbers of axes"
    for mine, theirs in zip(wanted.shape, given.shape, strict=True):
        if mine != theirs:
            return f"{mine} is not {theirs}" + (" for any whole numbers" if isinstance(mine, Symbolic) else "")
    if wanted.below is not None and given.below is not None and wanted.below != given.below:
        return f"the input takes values below {wanted.below}, and the field has {given.below} of them"
    return None


# Outputs -----------------------------------------------------------------------------------------


class _Seam:
    """Extends the graph of a network to a graph of its training: from the fields of the data to a loss."""

    def __init__(self, session: Session, network: Network, settings: Settings):
        self._session, self._network, self._settings = session, network, settings
        self._nodes: list[Node] = list(network.graph.nodes)
        self._inputs: dict[str, Node] = dict(network.graph.inputs)
        self.targets: dict[str, str] = {}
        self.choices: list[str] = []

    def objective(self) -> tuple[Objective, tuple[Measure, ...], Mapping[str, Ref]]:
        """The objective, the metrics over its graph, and where in it the network's outputs are."""
        self._match_outputs()
        terms = {name: self._term(name) for name in self.targets if self._loss_of(name) is not None}
        measures = tuple(measure for name in self.targets for measure in self._measures(name))
        outputs = {"loss": self._total(list(terms.values())), **(terms if len(terms) > 1 else {})}
        graph = replace(self._network.graph, nodes=tuple(self._nodes), inputs=self._inputs, outputs=outputs)
        reached = {graph.nodes[number].owner for number in needed_for(graph.nodes, [outputs["loss"]])}
        self._report_untaught(graph, reached)
        owners = tuple(owner for owner, _ in self._network.graph.owners() if owner in reached)
        optimizer, spans = self._settings.optimizer, self._settings.spans
        assert optimizer is not None
        objective = Objective(graph, owners, optimizer, spans["loss"], spans["optimizer"])
        return objective, measures, dict(self._network.graph.outputs)

    def _report_untaught(self, graph: Graph, taught: Collection[Owner | None]) -> None:
        """Report the outputs without a loss that depend on weights which no loss teaches."""
        for name, ref in self._network.graph.outputs.items():
            before = [graph.nodes[number] for number in sorted(needed_for(graph.nodes, [ref]))]
            lacking = [one for one in before if one.owner not in taught and one.component.weights(*graph.operand_types(one))]
            if lacking and self._loss_of(name) is None:
                self._session.report.add(untaught(name, lacking, self._settings))

    def _match_outputs(self) -> None:
        """Each output is compared with the field of its name."""
        self._check_names("loss")
        self._check_names("metrics")
        for name, ref in self._network.graph.outputs.items():
            if name not in self._settings.data.fields:
                if isinstance(self._settings.loss, dict) and name not in self._settings.loss:
                    continue
                raise Complaint(output_without_field(name, self._network, self._network.graph[ref], self._settings))
            self.targets[name] = name

    def _check_names(self, setting: str) -> None:
        value = getattr(self._settings, setting)
        if not isinstance(value, dict):
            return
        for name, (_, span) in value.items():
            if name not in self._network.graph.outputs:
                raise Complaint(no_such_output(name, list(self._network.graph.outputs), span))

    def _loss_of(self, output: str) -> tuple[Loss, Span] | None:
        loss = self._settings.loss
        if not isinstance(loss, dict):
            return loss, self._settings.spans["loss"]
        return loss.get(output)

    def _target(self, output: str) -> Ref:
        """The field that an output is compared with, as an input of the graph."""
        name = self.targets[output]
        if name not in self._inputs:
            field = self._settings.data.fields[name]
            node = self._add(f"{name}_target", Input(field.type), (), field.span, (field.type,))
            self._inputs[name] = node
        return Ref(self._inputs[name].id)

    def _term(self, output: str) -> Ref:
        found = self._loss_of(output)
        assert found is not None
        loss, span = found
        if output == self._weighted():
            loss = altered(loss, class_weights=self._settings.class_weights)
        chosen, prediction, reason = self._fit(loss, output, span)
        if reason:
            self.choices.append(f"{output}: {reason}")
        target = self._target(output)
        types = (self._type(target), self._type(prediction))
        node = self._add(f"{output}_loss", chosen, (target, prediction), span, infer(chosen, types))
        return Ref(node.id)

    def _weighted(self) -> str | None:
        """The output to which the setting `class_weights` belongs: the only one that is compared with classes."""
        if self._settings.class_weights is None:
            return None
        found = [name for name, field in self.targets.items() if self._settings.data.fields[field].type.below is not None]
        if len(found) != 1:
            message, repair = "class weights need one output whose target is a class", "give them to a loss: `crossentropy(class_weights=balanced)`"
            raise Complaint(class_weights_differ(message, self._settings.spans["class_weights"], repair))
        return found[0]

    def _measures(self, output: str) -> list[Measure]:
        metrics = self._settings.metrics
        if isinstance(metrics, dict):
            metrics = metrics[output][0] if output in metrics else ()
        several = len(self.targets) > 1
        return [self._measure(name, metric, span, output, several) for name, metric, span in metrics]

    def _measure(self, name: str, metric: Metric, span: Span, output: str, several: bool) -> Measure:
        chosen, prediction, reason = self._fit(metric, output, span)
        if reason:
            self.choices.append(f"{output}: {reason}")
        return Measure(f"{output}_{name}" if several else name, chosen, self._target(output), prediction)

    def _fit(self, component: Any, output: str, span: Span) -> tuple[Any, Ref, str]:
        """A loss or metric in the form that fits an output, what it takes of that output, and why."""
        graph, ref = self._network.graph, self._network.graph.outputs[output]
        field = self._settings.data.fields[self.targets[output]]
        try:
            chosen, reason = fitted(component, field.type, final_activation(graph, ref)[1], graph.type_of(ref), field)
        except Mismatch as mismatch:
            if mismatch.argument == "class_weights":
                where = self._settings.spans.get("class_weights", span)
                raise Complaint(class_weights_differ(f"{type(component).called()} {mismatch.message}", where, mismatch.repair)) from None
            raise Complaint(target_differs(component, mismatch, output, graph[ref], field, span)) from None
        return chosen, logits_for(chosen, graph, ref) if chosen.takes_logits else ref, reason

    def _total(self, terms: list[Ref]) -> Ref:
        total = terms[0]
        for term in terms[1:]:
            add = Function.find("add")
            assert add is not None and issubclass(add, Function)
            types = infer(add(), (self._type(total), self._type(term)))
            total = Ref(self._add(f"loss_{len(self._nodes)}", add(), (total, term), self._settings.spans["loss"], types).id)
        return total

    def _type(self, ref: Ref) -> TensorType:
        return self._nodes[ref.node].types[ref.output]

    def _add(self, name: str, component: Any, operands: tuple[Ref, ...], span: Span, types: tuple[TensorType, ...]) -> Node:
        node = Node(len(self._nodes), name, component, None, operands, (), span, types)
        self._nodes.append(node)
        return node


# What can be wrong -------------------------------------------------------------------------------


@error("NN610")
def input_without_field(name: str, span: Span, settings: Settings) -> Diagnostic:
    """A network's inputs meet the fields of the data by name, and the data has no field of this name.

        network Net { input image: float[28, 28] ... }
        data Digits { picture = source.x ... }

    Mended, by one name for both:

        data Digits { image = source.x ... }
    """
    fields = list(settings.data.fields)
    notes = (Note(f"`{settings.data.name}` is the data of this training", settings.spans["data"]),)
    repair = did_you_mean(name, fields) or f"`{settings.data.name}` has the fields {listed(fields)}"
    return Diagnostic(span, f"the data `{settings.data.name}` has no field `{name}` for this input", notes, repair)


@error("NN611")
def input_differs(name: str, node: Node, given: TensorType, reason: str, field: Span) -> Diagnostic:
    """An input does not have the type of the field that goes into it.

        input image: float[28, 28]                    # the images of the data are [8, 8]

    Mended:

        input image: float[8, 8]
    """
    return Diagnostic(
        node.span, f"the input `{name}` is {node.type}, and its field is {given}: {reason}",
        (Note(f"the field is {given}", field),), f"write `input {name}: {given}`",
    )


@error("NN612")
def target_differs(component: Any, mismatch: Mismatch, output: str, node: Node, field: Any, span: Span) -> Diagnostic:
    """A loss or metric cannot compare this output with the field of its name.

        output label = h -> Dense(10, activation=softmax)       # the data has seven classes
        loss = crossentropy

    Mended:

        output label = h -> Dense(7, activation=softmax)
    """
    notes = (Note(f"the field `{field.name}` is {field.type}", field.span), Note("this compares them", span))
    return Diagnostic(
        node.span, f"the output `{output}` is {node.type}: {type(component).called()} {mismatch.message}", notes, mismatch.repair
    )


@error("NN613")
def output_without_field(name: str, network: Network, node: Node, settings: Settings) -> Diagnostic:
    """An output is compared with the field of the same name, and the data has no such field.

        output prediction = h -> Dense(10, activation=softmax)
        data Digits { label = source.y -> category ... }

    Mended, by one name for both:

        output label = h -> Dense(10, activation=softmax)
    """
    free = [one for one in settings.data.fields if one not in network.graph.inputs]
    known = f"name it after the field it predicts: {listed(free, 'or')}" if free else "add a field of this name to the data"
    notes = (Note(f"`{settings.data.name}` is the data of this training", settings.spans["data"]),)
    return Diagnostic(
        node.span, f"the data `{settings.data.name}` has no field `{name}` for this output", notes,
        did_you_mean(name, free) or known,
    )


@error("NN614")
def no_such_output(name: str, known: list[str], span: Span) -> Diagnostic:
    """A loss or metric is given for an output that the network does not have."""
    return Diagnostic(span, f"the network has no output `{name}`", (), did_you_mean(name, known) or f"it has {listed(known)}")


@warning("NN615")
def untaught(output: str, layers: Sequence[Node], settings: Settings) -> Diagnostic:
    """An output has no loss, and layers with weights before it no other: training leaves them as they are drawn at the start.

        output label = h -> Dense(10, activation=softmax)
        output box   = h -> Dense(4)
        loss = (label=crossentropy)

    Mended:

        loss = (label=crossentropy, box=mse)
    """
    notes = (Note("these are the losses", settings.spans["loss"]),)
    names = listed(dict.fromkeys(type(one.component).called() for one in layers))
    repair = f"give it one too: `loss = (..., {output}=mse)`"
    return Diagnostic(layers[-1].span, f"the output `{output}` has no loss, so nothing teaches {names}", notes, repair)
