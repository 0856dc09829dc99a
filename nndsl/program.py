"""A checked file: networks, data and training, bound to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from nndsl.catalogue.training import Metric, Optimizer, metric
from nndsl.data.plan import DataPlan
from nndsl.diagnostics import closest
from nndsl.frozen import Frozen
from nndsl.graph import Graph, Owner, Ref, needed_for
from nndsl.search_space import Searched
from nndsl.source import Source, Span
from nndsl.types import Size, TensorType

Mode: TypeAlias = metric.Mode
"""Whether a small or a large figure is good."""


@dataclass(frozen=True, eq=False)
class Network:
    """One network with its arguments filled in.

    Attributes:
        arguments: every parameter with its value, for the record.
        sizes: the named sizes that are still open (`L`): axes of any length.
        bound_sizes: the named sizes that the data gave a value.
    """

    name: str
    documentation: str | None
    graph: Graph
    span: Span
    arguments: Mapping[str, Any] = field(default_factory=dict)
    sizes: tuple[str, ...] = ()
    bound_sizes: Mapping[str, Size] = field(default_factory=dict)


class Measure(Frozen, eq=False):
    """A metric over a target and a prediction, both tensors of an objective's graph."""

    name: str
    metric: Metric
    target: Ref
    prediction: Ref


@dataclass(frozen=True, eq=False)
class Objective:
    """What one kind of training step makes smaller, and by changing which weights.

    Attributes:
        graph: from data fields (its inputs, by field name) through networks to losses.
            The output `loss` is the whole objective, one number for each example;
            the other outputs are its terms, logged by name.
        updates: the weights that a step may change; all others stay fixed.
        times: how many steps of this objective one training step takes.
        name: tells its figures from those of other objectives; empty where it is the only one.
    """

    graph: Graph
    updates: tuple[Owner, ...]
    optimizer: Optimizer
    span: Span
    optimizer_span: Span
    times: int = 1
    name: str = ""

    @property
    def loss(self) -> Ref:
        return self.graph.outputs["loss"]

    @property
    def size(self) -> int:
        """How many calls its figures depend on."""
        return len(needed_for(self.graph.nodes, self.graph.outputs.values()))

    @property
    def terms(self) -> Mapping[str, Ref]:
        """The terms of the loss, by name; empty where the loss has a single term."""
        return {name: ref for name, ref in self.graph.outputs.items() if name != "loss"}

    @property
    def figures(self) -> tuple[str, ...]:
        """What its loss and its terms are logged as."""
        return tuple(self.figure(one) for one in ("loss", *self.terms))

    def figure(self, name: str) -> str:
        """What one of its figures is logged as."""
        return f"{self.name}_{name}" if self.name else name


class EarlyStopping(Frozen):
    """Stop when a monitored figure has not become better for `patience` epochs."""

    monitor: str
    patience: int
    min_delta: float
    mode: Mode


@dataclass(frozen=True, eq=False)
class Learnt:
    """A network that is kept and used after a training.

    Attributes:
        network: it; its owners are those of the objectives' graphs.
        written: the same network as the file has it, with the final activations inside their layers.
    """

    network: Network
    written: Network


@dataclass(frozen=True, eq=False)
class Training:
    """What is learnt, from what, and how.

    Attributes:
        learnt: the networks that are kept, by the name that the training calls them by.
        objectives: the steps, in turn; their graphs have the same nodes, and differ in their outputs.
        measures: metrics, over tensors of the first objective's graph.
        predictions: for each output of the only network, the tensor of the first objective's graph that holds it; where
            objectives are written out, for each field that a loss compares something with, that tensor.
        targets: for each of these that is compared with a field, the field's name.
        samples: tensors of the first objective's graph of which a run keeps examples.
        precision: a Keras dtype policy, `float32` or `mixed_bfloat16`, ...
        choices: what was decided for the user and why, in sentences (`nndsl check --explain`).
        remat: names of blocks. What their expansions compute is not kept for the way back, but computed again.
        jit_compile: whether XLA compiles the steps; `auto`: where a short trial in a long run shows that it is faster.
    """

    name: str
    documentation: str | None
    span: Span
    learnt: Mapping[str, Learnt]
    data: DataPlan
    objectives: tuple[Objective, ...]
    measures: tuple[Measure, ...]
    predictions: Mapping[str, Ref]
    targets: Mapping[str, str]
    epochs: int
    batch: int
    early_stopping: EarlyStopping | None = None
    seed: int = 0
    precision: str = "float32"
    choices: tuple[str, ...] = ()
    samples: tuple[Ref, ...] = ()
    remat: tuple[str, ...] = ()
    jit_compile: bool | str = "auto"

    @property
    def modes(self) -> Mapping[str, Mode | None]:
        """Every figure of an epoch by name, and whether lower or higher is better, where one is."""
        return modes_of(self.objectives, self.measures)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The fields that networks see, and are not to say."""
        seen = dict.fromkeys(name for one in self.objectives for name in one.graph.inputs)
        return tuple(name for name in seen if name not in self.targets.values())

    @property
    def input_types(self) -> Mapping[str, TensorType]:
        """The types of the fields that a step takes, by name."""
        augmented = () if self.data.augmentation is None else (self.data.augmentation,)
        graphs = (*(one.graph for one in self.objectives), *augmented)
        return {name: node.type for graph in graphs for name, node in graph.inputs.items()}


def modes_of(objectives: Sequence[Objective], measures: Sequence[Measure]) -> Mapping[str, Mode | None]:
    """Every figure of a training by name, and whether lower or higher is better, where one is."""
    modes: dict[str, Mode | None] = {name: "min" for one in objectives for name in one.figures}
    modes.update({one.name: one.metric.direction() for one in measures})
    return {**modes, **{f"val_{name}": mode for name, mode in modes.items()}}


@dataclass(frozen=True, eq=False)
class Program:
    """Everything in a file that a command can take.

    Attributes:
        networks: by name, those that can stand alone: all parameters have values.
        incomplete: by name, the other networks, each with its parameters that have none. They are checked where they are used.
        parameters: the file's `param`s with their values, after `--set`.
        sources: the file and everything it imports.
        searched: those of the file's `param`s that say what they may be.
    """

    source: Source
    networks: Mapping[str, Network]
    data: Mapping[str, DataPlan]
    trainings: Mapping[str, Training]
    parameters: Mapping[str, Any]
    sources: tuple[Source, ...]
    incomplete: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    searched: tuple[Searched, ...] = ()

    def network(self, name: str | None = None) -> Network:
        """The network that a command means: the one named, by itself or by its training, or else the only one.

        Raises:
            NoSuchName: there is none of that name, or more than one and no name; or its parameters have no values.
        """
        trained = {
            training.name if len(training.learnt) == 1 else one: learnt.written
            for training in self.trainings.values() for one, learnt in training.learnt.items()
        }
        if name is None and len(self.trainings) == 1 and trained:
            return _chosen(trained, None, "network")
        known = {**self.networks, **trained} if name is not None else dict(self.networks)
        if name not in known and (name in self.incomplete or (name is None and len(self.incomplete) == 1 and not known)):
            raise _lacks_values(*((name, self.incomplete[name]) if name else next(iter(self.incomplete.items()))))
        return _chosen(known, name, "network")

    def training(self, name: str | None = None) -> Training:
        """The training that a command means: the one named, or else the only one.

        Raises:
            NoSuchName: there is none of that name, or more than one and no name.
        """
        return _chosen(dict(self.trainings), name, "training")


class NoSuchName(Exception):
    """A command asks for something that a file does not have, or does not say which of several it means."""


_Thing = TypeVar("_Thing")


def _chosen(candidates: Mapping[str, _Thing], name: str | None, what: str) -> _Thing:
    known = ", ".join(candidates)
    if name is not None and name not in candidates:
        near = closest(name, candidates)
        hint = f"did you mean {near}?" if near else f"it has {known or 'none'}"
        raise NoSuchName(f"the file has no {what} called {name}; {hint}")
    if name is not None:
        return candidates[name]
    if len(candidates) != 1:
        raise NoSuchName(f"the file has several {what}s, so name one: {known}" if candidates else f"the file has no {what}")
    return next(iter(candidates.values()))


def _lacks_values(name: str, parameters: tuple[str, ...]) -> NoSuchName:
    values = ", ".join(f"{one}=..." for one in parameters)
    return NoSuchName(f"the network {name} has no value for {' and '.join(parameters)}; write `network {name}({values})`")
