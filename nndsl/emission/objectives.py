"""The tensors of an objective that is written out, as lines of Python: networks are models there, and everything else a call."""

from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

from nndsl.catalogue.applicable import Applicable, Constant, Function, Input
from nndsl.catalogue.functions.arranging import Positions
from nndsl.catalogue.layers.normalization import BatchNormalization, GroupNormalization, LayerNormalization
from nndsl.catalogue.training import Loss, Prepared
from nndsl.catalogue.training.terms import Contrastive, GradientPenalty, Interpolation, KlNormal, Noise, Normal, Uniform
from nndsl.emission.arithmetic import CannotWrite, Constants, Formula, matching
from nndsl.emission.identifiers import free, variable
from nndsl.emission.manuscript import Manuscript
from nndsl.emission.optimizers import loss_code
from nndsl.emission.refusals import not_written_training, refuse
from nndsl.emission.spelling import counted, function_call, is_sign, spelt, value_code
from nndsl.emission.stock import pieces
from nndsl.emission.writing import Call, Code, Named, Page, dictionary, flat, quoted
from nndsl.graph import Frame, Graph, Node, Ref, needed_for, users_of
from nndsl.in_keras import layer_names
from nndsl.passes.expose_logits import final_activation
from nndsl.program import Objective, Training
from nndsl.source import Span
from nndsl.types import TensorType

_NORMALIZING = (BatchNormalization, LayerNormalization, GroupNormalization)
"""Layers that take the moments of what they are given."""


class Uses:
    """The uses of networks in the objectives: which calls are theirs, what they take and give."""

    def __init__(self, training: Training):
        self.training = training
        graph = training.objectives[0].graph
        self._calls: dict[str, list[Node]] = {}
        for node in graph.nodes:
            frame = self.frame(node)
            if frame is not None:
                self._calls.setdefault(frame.key, []).append(node)

    def frame(self, node: Node) -> Frame | None:
        """The use of a network that a call belongs to."""
        first = node.scope[0] if node.scope else None
        return first if first is not None and first.made_of is not None and first.made_of.definition.kind == "network" else None

    def network(self, frame: Frame) -> str:
        """The name of the network that is used."""
        owners = {node.owner for node in self._calls[frame.key] if node.owner is not None}
        for name, learnt in self.training.learnt.items():
            if owners & {owner for owner, _ in learnt.network.graph.owners()}:
                return name
        raise refuse(not_written_training(f"the network {frame.name} without weights", frame.span))

    def networks(self, objective: Objective) -> list[str]:
        """The networks that an objective depends on."""
        needed = needed_for(objective.graph.nodes, objective.graph.outputs.values())
        frames = {frame.key: frame for node in objective.graph.nodes if node.id in needed and (frame := self.frame(node)) is not None}
        return list(dict.fromkeys(map(self.network, frames.values())))

    def operands(self, frame: Frame) -> dict[str, Ref]:
        """By the inputs of the network, what goes into it."""
        graph, calls = self._aligned(frame)
        names = {node.id: name for name, node in graph.inputs.items()}
        found: dict[str, Ref] = {}
        for own, call in zip([node for node in graph.nodes if not isinstance(node.component, Input)], calls, strict=True):
            for mine, outer in zip(own.operands, call.operands, strict=True):
                if mine.node in names:
                    found[names[mine.node]] = outer
        return found

    def outputs(self, frame: Frame) -> dict[Ref, str]:
        """The results of the use, and what comes before a final activation, by the outputs of the network."""
        graph, calls = self._aligned(frame)
        own = [node for node in graph.nodes if not isinstance(node.component, Input)]
        places = {node.id: call.id for node, call in zip(own, calls, strict=True)}
        found: dict[Ref, str] = {}
        for name, ref in graph.outputs.items():
            for one in (final_activation(graph, ref)[0], ref):
                if one.node in places:
                    found[Ref(places[one.node], one.output)] = name
        return found

    def _aligned(self, frame: Frame) -> tuple[Graph, list[Node]]:
        return self.training.learnt[self.network(frame)].network.graph, self._calls[frame.key]


class Expressions:
    """Writes the tensors of one objective, one after another."""

    def __init__(
        self, training: Training, manuscript: Manuscript, constants: Constants, uses: Uses, models: Mapping[str, str], noise: Mapping[int, str], graph: Graph
    ):
        self._training, self._manuscript, self._constants, self._uses = training, manuscript, constants, uses
        self._models, self._noise, self._graph = models, noise, graph
        self._names: dict[Ref, str] = {}
        self._signs: set[Ref] = set()
        self._taken: set[str] = {*models.values(), *noise.values(), "batch", "training", "examples", "step", "measure", *pieces()}
        self._seeds = layer_names([*(one.network.graph for one in training.learnt.values()), graph])

    def write(self, page: Page, objective: Objective, measures: Sequence[object]) -> None:
        graph = self._graph
        pairs = [(one.name, one.target, one.prediction) for one in self._training.measures] if measures else []
        wanted = [*graph.outputs.values(), *(ref for _, target, prediction in pairs for ref in (target, prediction))]
        needed = needed_for(graph.nodes, wanted)
        self._needed, self._page = needed, page
        self._users = users_of(node for node in graph.nodes if node.id in needed)
        self._terms = set(self._sum_of(objective.loss))
        written: set[str] = set()
        for node in graph.nodes:
            if node.id not in needed or isinstance(node.component, Constant):
                continue
            if isinstance(node.component, Input):
                name = next(one for one, input in graph.inputs.items() if input.id == node.id)
                self._bind(Ref(node.id), variable(name), f"batch[{quoted(name)}]")
                continue
            frame = self._uses.frame(node)
            if frame is None:
                self._node(node)
            elif frame.key not in written:
                written.add(frame.key)
                self._use(frame)
        self._result(objective, pairs)

    # Names ---------------------------------------------------------------------------------------

    def _bind(self, ref: Ref, wanted: str, code: Code) -> None:
        name = free(wanted, self._taken)
        self._taken.add(name)
        self._names[ref] = name
        self._page.code(f"{name} = ", code)

    def _wanted(self, node: Node) -> str:
        """What a tensor is called: as the statement that ends with it, as the term that it is, or after what computes it."""
        term = next((name for name, ref in self._graph.outputs.items() if ref.node == node.id and name != "loss"), None)
        if term is not None:
            return variable(term)
        own = self._manuscript.remark(node.span)
        goes_on = any(self._manuscript.remark(user.span) is own for user in self._users.get(Ref(node.id), ()))
        stated = None if goes_on else self._stated(node.span)
        if stated is not None:
            return stated
        return "noise" if isinstance(node.component, Noise) else variable(type(node.component).called())

    def _stated(self, span: Span) -> str | None:
        """The name that a statement gives to what stands at its end."""
        remark = self._manuscript.remark(span)
        ends = remark is not None and remark.statement.span.end == span.end
        return variable(remark.names[0]) if remark is not None and ends and len(remark.names) == 1 else None

    # Uses of networks ----------------------------------------------------------------------------

    def _use(self, frame: Frame) -> None:
        """A network, applied."""
        network = self._uses.network(frame)
        outputs = {ref: name for ref, name in self._uses.outputs(frame).items() if ref.node in self._needed}
        if all(self._only_penalized(ref) for ref in outputs):
            return
        operands = {name: self._code(ref) for name, ref in self._uses.operands(frame).items()}
        taken: Code = next(iter(operands.values())) if len(operands) == 1 else dictionary(operands.items())
        code = Call(self._models[network], (taken, Named("training", "training")))
        every = list(self._training.learnt[network].network.graph.outputs)
        if len(every) == 1:
            name = free(self._bound(network, self._uses.operands(frame).values()) or variable(every[0]), self._taken)
            self._taken.add(name)
            self._names |= dict.fromkeys(outputs, name)
            self._page.code(f"{name} = ", code)
            return
        said = free(f"{self._models[network]}_outputs", self._taken)
        self._taken.add(said)
        self._page.code(f"{said} = ", code)
        self._names |= {ref: f"{said}[{quoted(name)}]" for ref, name in outputs.items()}

    def _bound(self, network: str, operands: Iterable[Ref]) -> str | None:
        """The name of the statement that ends with the use of a network, `fake = normal(64) -> generator`."""
        for ref in operands:
            remark = self._manuscript.remark(self._graph[ref].span)
            if remark is not None and len(remark.names) == 1 and remark.statement.span.text.endswith(f"-> {network}"):
                return variable(remark.names[0])
        return None

    def _only_penalized(self, ref: Ref) -> bool:
        """Whether a result is used by nothing but a penalty on its gradient, which applies the network itself."""
        users = self._users.get(ref, [])
        return bool(users) and all(self._uses.frame(one) is None and isinstance(one.component, GradientPenalty) for one in users)

    # Calls ---------------------------------------------------------------------------------------

    def _node(self, node: Node) -> None:
        if node.id in self._sum:
            return
        code = self._call(node)
        if len(node.types) > 1:
            said = free(self._wanted(node), self._taken)
            self._taken.add(said)
            self._page.code(f"{said} = ", code)
            self._names |= {Ref(node.id, output): f"{said}[{output}]" for output in range(len(node.types))}
        elif self._is_inside(node):
            self._names[Ref(node.id)] = flat(code)
            if isinstance(node.component, Function) and is_sign(spelt(node.component, self._types(node), layers=False)):
                self._signs.add(Ref(node.id))
        else:
            self._bind(Ref(node.id), self._wanted(node), code)

    def _is_inside(self, node: Node) -> bool:
        """Whether a call is written into the only one that takes its result."""
        users = self._users.get(Ref(node.id), [])
        own = self._manuscript.remark(node.span)
        if len(users) != 1 or isinstance(node.component, Loss | KlNormal | Contrastive | GradientPenalty | Noise | Interpolation):
            return False
        return self._uses.frame(users[0]) is None and self._manuscript.remark(users[0].span) is own and users[0].id not in self._sum and node.id not in self._terms

    def _types(self, node: Node) -> tuple[TensorType, ...]:
        return self._graph.operand_types(node)

    def _code(self, ref: Ref) -> str:
        node = self._graph[ref]
        if isinstance(node.component, Constant):
            code = matching(self._manuscript.expression(node.span), [node.component.value], self._known)
            return flat(code if code is not None else value_code(node.component.value))
        return self._names[ref]

    def _known(self, name: str) -> Formula:
        if name in self._constants:
            code, value = self._constants[name]
            return Formula(code, (value,))
        raise CannotWrite

    def _call(self, node: Node) -> Code:
        component: Applicable = node.component
        operands = [] if isinstance(component, GradientPenalty) else [self._code(ref) for ref in node.operands]
        match component:
            case Loss():
                return self._loss(node, component)
            case Noise():
                return self._drawn(node, component)
            case Interpolation():
                return Call("between", (*operands, self._seed(node)))
            case GradientPenalty():
                frame = self._uses.frame(self._graph[node.operands[0]])
                if frame is None:
                    raise refuse(not_written_training("`gradient_penalty` of what is no network", node.span))
                if any(isinstance(one.component, _NORMALIZING) and frame in one.scope for one in self._graph.nodes):
                    raise refuse(not_written_training("`gradient_penalty` of a network that normalizes, which TensorFlow derives wrongly,", node.span))
                model = self._models[self._uses.network(frame)]
                return Call("penalty_on_gradient", (f"lambda points: {model}(points, training=training)", self._code(node.operands[1])))
            case KlNormal():
                return Call("normal_divergence", tuple(operands))
            case Contrastive():
                margin = () if component.margin == 1 else (Named("margin", value_code(component.margin)),)
                return Call("contrastive_loss", (*operands, *margin))
            case Positions():
                return counted(component, operands[0], self._types(node))
            case Function():
                spelling = spelt(component, self._types(node), layers=False)
                settings = [(one, value_code(one.value)) for one in spelling.settings if one.value != one.default]
                if is_sign(spelling):
                    operands = [f"({code})" if ref in self._signs else code for code, ref in zip(operands, node.operands, strict=True)]
                return function_call(spelling, operands, settings)
        raise refuse(not_written_training(f"`{type(component).called()}` outside of a network", node.span))

    def _loss(self, node: Node, component: Loss) -> Code:
        """A loss: the mean over the batch."""
        target, prediction = node.operands
        if component.class_weights is not None:
            raise refuse(not_written_training("class weights in `minimize`", node.span))
        said = self._code(prediction)
        against = self._code(target)
        if isinstance(self._graph[target].component, Constant):
            against = f"ops.full_like({said}, {against})"
        elif not self._graph.type_of(target).shape and not self._graph.type_of(prediction).shape:
            said, against = f"{said}[:, None]", f"{against}[:, None]"
        frame = self._uses.frame(self._graph[prediction])
        whole = frame is not None and final_activation(self._graph, self._whole(frame, prediction))[0] != self._whole(frame, prediction)
        made = loss_code(component, component.takes_logits and not whole)
        code = Call(made, (against, said))
        return code if flat(made).startswith("keras.") else Call("ops.mean", (code,))

    def _whole(self, frame: Frame, ref: Ref) -> Ref:
        """The output of a network, of which a tensor may be what comes before its final activation."""
        outputs = self._uses.outputs(frame)
        return [one for one, name in outputs.items() if name == outputs[ref]][-1]

    def _drawn(self, node: Node, noise: Noise) -> Code:
        count = f"ops.shape(batch[{quoted(next(iter(self._graph.inputs)))}])[0]"
        shape = f"({count}, {', '.join(map(str, noise.sizes))})"
        match noise:
            case Normal():
                given = [Named(name, value_code(value)) for name, value in (("mean", noise.mean), ("stddev", noise.stddev)) if value != {"mean": 0.0, "stddev": 1.0}[name]]
                return Call("keras.random.normal", (shape, *given, Named("seed", self._seed(node))))
            case Uniform():
                given = [Named(name, value_code(value)) for name, value in (("minval", noise.minval), ("maxval", noise.maxval)) if value != {"minval": 0.0, "maxval": 1.0}[name]]
                return Call("keras.random.uniform", (shape, *given, Named("seed", self._seed(node))))
        raise TypeError(noise)

    def _seed(self, node: Node) -> str:
        """What a call draws with: in evaluation the same each time."""
        assert node.owner is not None
        return f"{self._noise[node.id]} if training else {crc32(self._seeds[node.owner].encode())}"

    # Results -------------------------------------------------------------------------------------

    def _sum_of(self, loss: Ref) -> list[int]:
        """The terms of an objective: what is added up, each perhaps times a number."""
        self._sum: set[int] = set()
        waiting, found = [loss], []
        while waiting:
            node = self._graph[waiting.pop()]
            name = type(node.component).called()
            numbers = [isinstance(self._graph[ref].component, Constant) for ref in node.operands]
            if name in ("add", "subtract") and not any(numbers):
                self._sum.add(node.id)
                waiting += reversed(node.operands)
            elif name == "multiply" and any(numbers):
                self._sum.add(node.id)
                waiting += [ref for ref, number in zip(node.operands, numbers, strict=True) if not number]
            else:
                found.append(node.id)
        return found

    def _summands(self, ref: Ref) -> list[str]:
        """What is added up, each with its sign, but for the first."""
        node = self._graph[ref]
        name = type(node.component).called()
        if node.id not in self._sum:
            return [self._mean(ref)]
        if name == "multiply":
            return [" * ".join(self._factor(one) for one in node.operands)]
        first, second = (self._summands(one) for one in node.operands)
        sign = "+" if name == "add" else "-"
        if sign == "-" and len(second) > 1:
            second = [f"({' '.join(second)})"]
        return [*first, f"{sign} {second[0]}", *second[1:]]

    def _factor(self, ref: Ref) -> str:
        if isinstance(self._graph[ref].component, Constant):
            return self._code(ref)
        found = self._summands(ref)
        return found[0] if len(found) == 1 else f"({' '.join(found)})"

    def _mean(self, ref: Ref) -> str:
        """A term as one number."""
        node = self._graph[ref]
        if not isinstance(node.component, Loss) and any(isinstance(self._graph.nodes[one].component, Loss) for one in needed_for(self._graph.nodes, [ref])):
            raise refuse(not_written_training("a loss inside of another expression", node.span))
        return self._names[ref] if isinstance(node.component, Loss) else f"ops.mean({self._names[ref]})"

    def _result(self, objective: Objective, pairs: Sequence[tuple[str, Ref, Ref]]) -> None:
        penalized = [self._models[name] for name in self._uses.networks(objective) if _has_penalties(self._training.learnt[name].network.graph)]
        parts = [*self._summands(objective.loss), *(f"+ sum({name}.losses)" for name in penalized)]
        loss = parts[0]
        if len(parts) > 1 or " " in loss:
            loss = free("loss", self._taken)
            self._page.sum(f"{loss} = ", parts)
        entries: list[tuple[str, Code]] = [(objective.figure("loss"), loss)]
        entries += [(objective.figure(name), self._mean(ref)) for name, ref in objective.terms.items()]
        for name, target, prediction in pairs:
            measure = next(one for one in self._training.measures if one.name == name)
            if isinstance(measure.metric, Prepared) and (measure.metric.one_hot or measure.metric.activation):
                raise refuse(not_written_training(f"the metric `{name}`, which is of logits,", self._training.span))
            entries.append((name, f"({self._code(target)}, {self._code(prediction)})"))
        self._page.code("return ", dictionary(entries))


def _has_penalties(graph: Graph) -> bool:
    """Whether some weights or outputs of layers are penalized."""
    return any("regularizer" in name and value is not None for owner, _ in graph.owners() for name, value in owner.component.__dict__.items())
