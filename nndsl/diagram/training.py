"""The picture of a training: for each of its steps, from the fields of the data through networks to what it makes smaller."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nndsl import costs
from nndsl.catalogue.applicable import Constant, Input
from nndsl.catalogue.training import Loss
from nndsl.catalogue.training.terms import Noise
from nndsl.diagram import wording
from nndsl.diagram.draw import HEADING, MARGIN, SUBHEADING, placed
from nndsl.diagram.figure import Card, Composer, Figure, Item, Mark
from nndsl.diagram.layout import COUNT_SIZE, Layout, badge_width, lay_out
from nndsl.diagram.measure import Style, width
from nndsl.diagram.scene import Group, Rectangle, Scene, Shape, Text
from nndsl.graph import Frame, Graph, Node, Owner, Ref, needed_for
from nndsl.program import Network, Objective, Training

LINE, PANEL_HEADING, PANEL_PADDING, BETWEEN, HEADINGS = 18.0, 13.5, 22.0, 26.0, 54.0


# What is drawn of a step -------------------------------------------------------------------------


def figure(training: Training, objective: Objective) -> Figure:
    """From data fields to a loss: networks are closed cards that say whether the step updates them.

    The title says which step it is, the subtitle what it makes smaller and how, the documentation how often it is taken.
    """
    names = _network_names(training)
    graph = _with_networks(objective.graph, training, names)
    members = _StepComposer(graph, objective, training, names).members()
    learnt = " and ".join(dict.fromkeys(_updated(objective, names))) or "no weights"
    return Figure(_heading(training, objective), f"over {learnt} with {wording.value_text(objective.optimizer)}", None, members)


def _heading(training: Training, objective: Objective) -> str:
    loss = objective.figure("loss")
    if len(training.objectives) == 1:
        return f"Minimizes {loss}"
    return f"Step {training.objectives.index(objective) + 1}: minimizes {loss}"


def _network_names(training: Training) -> dict[Owner, str]:
    """What the training calls the network that each set of weights belongs to."""
    return {owner: name for name, learnt in training.learnt.items() for owner, _ in learnt.network.graph.owners()}


def _updated(objective: Objective, names: dict[Owner, str]) -> Iterator[str]:
    """What a step changes, by name: networks, and layers that belong to none."""
    return (names.get(owner, owner.name) for owner in objective.updates)


def _with_networks(graph: Graph, training: Training, names: dict[Owner, str]) -> Graph:
    """What the loss of a graph takes, with a frame around the network where the training has not called it by name itself."""
    wanted = sorted(needed_for(graph.nodes, [graph.outputs["loss"]]))
    places = {old: new for new, old in enumerate(wanted)}
    own = {node: one.network for one in training.learnt.values() for node in one.network.graph.nodes if not isinstance(node.component, Input)}
    nodes = tuple(_moved(graph.nodes[old], places, own.get(graph.nodes[old])) for old in wanted)
    inputs = {name: nodes[places[node.id]] for name, node in graph.inputs.items() if node.id in places}
    outputs = {name: Ref(places[ref.node], ref.output) for name, ref in graph.outputs.items() if ref.node in places}
    return Graph(nodes, inputs, outputs)


def _moved(node: Node, places: dict[int, int], network: Network | None) -> Node:
    operands = tuple(Ref(places[ref.node], ref.output) for ref in node.operands)
    around = () if network is None else (Frame(network.name, network.name, network.span),)
    return replace(node, id=places[node.id], operands=operands, scope=(*around, *node.scope))


class _StepComposer(Composer):
    """Makes the members of the figure of a step: blocks are closed, losses say what they compare with."""

    def __init__(self, graph: Graph, objective: Objective, training: Training, names: dict[Owner, str]):
        self.terms = {ref: name for name, ref in graph.outputs.items() if name != "loss"}
        super().__init__(replace(graph, outputs={objective.figure("loss"): graph.outputs["loss"]}), "blocks")
        self.objective = objective
        self.training = training
        self.names = names

    def plain(self, node: Node) -> Card:
        """Calls outside of networks: a term says what it is logged as, a loss that it is one."""
        card = super().plain(node)
        term = self.terms.get(Ref(node.id))
        family = "losses" if isinstance(node.component, Loss) or term is not None else card.family
        notes = (self.objective.figure(term),) if term is not None else ("",) if family == "losses" else card.notes
        return replace(card, family=family, notes=notes, mark=self._mark([node]))

    def card(self, node: Node) -> Card:
        card = super().card(node)
        if isinstance(node.component, Input) and not node.label:
            return replace(card, title=next(name for name, one in self.graph.inputs.items() if one is node))
        if isinstance(node.component, Loss):
            return replace(card, arguments=", ".join(self._compared(node)))
        if isinstance(node.component, Noise):
            return replace(card, title=f"{card.title} noise", family="other")
        return card

    def _compared(self, node: Node) -> Iterator[str]:
        """What is told of a loss: its settings, and a target that is a number."""
        settings = {name: value for name, value in node.component.changed().items() if name != "from_logits"}
        yield from (f"target {number}" for number in self.numbers(node))
        yield from (f"{name}={wording.value_text(value)}" for name, value in settings.items())

    def framed(self, nodes: Sequence[Node], depth: int) -> Item:
        """A network or block as one card."""
        block = nodes[0].scope[depth].name
        inputs, outputs = self.border(nodes)
        name = next((self.names[node.owner] for node in nodes if node.owner in self.names), block)
        layers = sum(not isinstance(node.component, Constant) for node in nodes)
        told = block if name.casefold() != block.casefold() else f"{layers} layer{'s' * (layers != 1)}"
        shared = any(self.owned[node.owner] > 1 for node in nodes if node.owner is not None)
        return Card(
            tuple(nodes), "card", name, told, (), "block", inputs, outputs, tuple(self._note(name, ref) for ref in outputs),
            ordered=True, shared=shared, params=self.params_of(nodes), mark=self._mark(nodes),
        )  # fmt: skip

    def _note(self, name: str, ref: Ref) -> str:
        """The shape of what a network gives, with its name where it gives several tensors."""
        shape = wording.shape_label(self.graph.type_of(ref).shape)
        learnt = self.training.learnt.get(name)
        if learnt is None or len(learnt.network.graph.outputs) == 1:
            return shape
        inside = learnt.network.graph
        named = {(inside[one].owner, one.output): output for output, one in inside.outputs.items() if inside[one].owner is not None}
        called = named.get((self.graph[ref].owner, ref.output))
        return f"{called} {shape}" if called else shape

    def _mark(self, nodes: Sequence[Node]) -> Mark | None:
        """Whether the step updates all, some or none of the weights of some calls; None where there are none."""
        weights = {node.owner: costs.weights(self.graph, node) for node in nodes if node.owner is not None}
        owners = {owner for owner, own in weights.items() if own}
        updated = {owner for owner in owners & set(self.objective.updates) if any(one.trainable for one in weights[owner])}
        if not owners:
            return None
        return "fixed" if not updated else "updated" if updated == owners else "updated in part"


# Panels ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Panel:
    """A step in its frame: what it says, what is in it, and how large that is."""

    figure: Figure
    layout: Layout
    times: int

    @property
    def breadth(self) -> float:
        said = width(self.figure.title, "bold", PANEL_HEADING) + (badge_width(self.times) + 12 if self.times > 1 else 0.0)
        heading = max(said, width(self.figure.subtitle, "regular", SUBHEADING))
        return max(self.layout.left + self.layout.right, heading) + 2 * PANEL_PADDING

    @property
    def height(self) -> float:
        return self.layout.height + 2 * LINE + 3 * PANEL_PADDING


def draw(training: Training) -> Scene:
    """A panel for each objective, side by side."""
    panels = [_panel(training, objective) for objective in training.objectives]
    lines = tuple(_about(training))
    top = MARGIN + HEADINGS + LINE * (len(lines) - 1)
    said = max(width(training.name, "bold", HEADING), *(width(line, "regular", SUBHEADING) for line in lines))
    breadth = max(sum(panel.breadth for panel in panels) + BETWEEN * (len(panels) - 1), said)
    height = max(panel.height for panel in panels)
    groups = [Group("", tuple(_title(training.name, lines)))]
    x = MARGIN
    for panel in panels:
        groups += _groups(panel, x, top, height)
        x += panel.breadth + BETWEEN
    description = training.documentation or f"What the training {training.name} makes smaller, and by changing which weights."
    return Scene(breadth + 2 * MARGIN + 1, top + height + MARGIN, training.name, description, tuple(groups))


def _panel(training: Training, objective: Objective) -> _Panel:
    one = figure(training, objective)
    return _Panel(one, lay_out(one), objective.times)


def _about(training: Training) -> Iterator[str]:
    """What is said of a training under its name."""
    learnt = sum((costs.trainable(one.network.graph) for one in training.learnt.values()), 0)
    epochs = f"{training.epochs} epoch{'s' * (training.epochs != 1)}"
    yield f"{wording.count_text(learnt)} trainable params · data {training.data.name} · {epochs} · batches of {training.batch}"
    metrics = ", ".join(dict.fromkeys(one.name for one in training.measures))
    stopping = training.early_stopping
    stops = f"stops early on {stopping.monitor} (patience {stopping.patience})" if stopping else ""
    rest = " · ".join(one for one in (f"measures {metrics}" if metrics else "", stops) if one)
    if rest:
        yield rest


def _title(name: str, lines: Sequence[str]) -> Iterator[Shape]:
    yield _text(MARGIN, MARGIN + 14, name, "bold", HEADING, "strong")
    for number, line in enumerate(lines):
        yield _text(MARGIN, MARGIN + 33 + LINE * number, line, "regular", SUBHEADING, "muted")


def _groups(panel: _Panel, x: float, y: float, height: float) -> Iterator[Group]:
    """A panel with its upper left corner at a point."""
    shapes: list[Shape] = [Rectangle(x, y, panel.breadth, height, 10, "frame0")]
    left, baseline = x + PANEL_PADDING, y + PANEL_PADDING + 6
    shapes.append(_text(left, baseline, panel.figure.title, "bold", PANEL_HEADING, "strong"))
    shapes.append(_text(left, baseline + LINE, panel.figure.subtitle, "regular", SUBHEADING, "muted"))
    if panel.times > 1:
        edge = x + panel.breadth - PANEL_PADDING - badge_width(panel.times)
        shapes.append(Rectangle(edge, baseline - 13, badge_width(panel.times), 18, 9, "badge"))
        shapes.append(_text(edge + 7, baseline, f"×{panel.times}", "bold", COUNT_SIZE, "light"))
    yield Group("", tuple(shapes))
    axis = x + (panel.breadth - panel.layout.left - panel.layout.right) / 2 + panel.layout.left
    yield from placed(panel.layout, round(axis) + 0.5, y + 2 * LINE + 2 * PANEL_PADDING)


def _text(x: float, y: float, text: str, style: Style, size: float, role: str) -> Text:
    return Text(x, y, text, style, size, role, width(text, style, size))
