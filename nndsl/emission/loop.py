"""A training whose objectives are written out, as a plain loop."""

from collections.abc import Mapping

from nndsl.catalogue.training import schedules
from nndsl.catalogue.training.terms import Interpolation, Noise
from nndsl.emission.arithmetic import Constants
from nndsl.emission.augmenting import Augmenting
from nndsl.emission.fitting import begin, scaled
from nndsl.emission.identifiers import free, variable
from nndsl.emission.manuscript import Manuscript
from nndsl.emission.objectives import Expressions, Uses
from nndsl.emission.optimizers import Rate, metric_code, optimizer_code
from nndsl.emission.refusals import not_written_training, refuse
from nndsl.emission.writing import Page, dictionary, quoted
from nndsl.graph import needed_for
from nndsl.program import Objective, Training


class Loop:
    """Writes `main()` of a training with objectives of its own."""

    def __init__(self, training: Training, manuscript: Manuscript, constants: Constants, builders: Mapping[str, str]):
        self._training, self._manuscript, self._constants, self._builders = training, manuscript, constants, builders
        self._graph = training.objectives[0].graph
        self._augmenting = Augmenting(training.data.augmentation, training.data.span)
        self._uses = Uses(training)
        self._models = {name: variable(name) for name in builders}
        self._noise = self._noise_names()

    def page(self) -> Page:
        """The function."""
        training, page = self._training, Page()
        page.line("def main():")
        with page.inside():
            if training.documentation:
                page.documentation(training.documentation)
            begin(page, training)
            page.line("examples = load()")
            for name, builder in self._builders.items():
                page.line(f"{self._models[name]} = {builder}()")
            for name in self._noise.values():
                page.line(f"{name} = keras.random.SeedGenerator()")
            self._optimizers(page)
            page.line()
            for place in range(len(training.objectives)):
                self._objective(page, place)
            if self._augmenting.fields:
                page.take(self._augmenting.page())
                page.line()
            self._step(page)
            self._epochs(page)
        return page

    # Chance --------------------------------------------------------------------------------------

    def _noise_names(self) -> dict[int, str]:
        """By the numbers of the calls that draw, what their seeds are called."""
        names: dict[int, str] = {}
        wanted = [ref for one in self._training.objectives for ref in one.graph.outputs.values()]
        reached = needed_for(self._graph.nodes, wanted)
        drawing = [node for node in self._graph.nodes if isinstance(node.component, Noise | Interpolation) and node.owner is not None]
        while drawing and drawing[-1].id not in reached:
            drawing.pop()
        for node in drawing:
            wanted_name = "mixing_seed" if isinstance(node.component, Interpolation) else "noise_seed"
            names[node.id] = free(wanted_name if node.id in reached else "unused_seed", set(names.values()))
        return names

    # Optimizers ----------------------------------------------------------------------------------

    def _optimizers(self, page: Page) -> None:
        for one in self._training.objectives:
            if isinstance(one.optimizer.__dict__["learning_rate"], schedules.Plateau):
                raise refuse(not_written_training("`plateau` beside `minimize`", one.optimizer_span))
        rates = [Rate(one.optimizer.__dict__["learning_rate"], one.times) for one in self._training.objectives]
        if any(one.counts_steps for one in rates):
            page.line('steps = steps_in(examples["train"])')
        for place, (one, rate) in enumerate(zip(self._training.objectives, rates, strict=True)):
            for name, line in rate.lines:
                page.code(f"{name} = ", line)
            page.code(f"{self._optimizer(place)} = ", scaled(optimizer_code(one.optimizer, rate.code), self._training))
        for place, one in enumerate(self._training.objectives):
            page.line(f"{self._variables(place)} = {self._updated(one)}")
            page.line(f"{self._optimizer(place)}.build({self._variables(place)})")

    def _name(self, place: int, what: str) -> str:
        one = self._training.objectives[place]
        return variable(f"{one.name}_{what}") if one.name else what

    def _optimizer(self, place: int) -> str:
        return self._name(place, "optimizer")

    def _variables(self, place: int) -> str:
        return self._name(place, "weights")

    def _updated(self, objective: Objective) -> str:
        """The weights that an objective changes: those of whole networks."""
        updates = set(objective.updates)
        found: list[str] = []
        for name, learnt in self._training.learnt.items():
            owners = {owner for owner, _ in learnt.network.graph.owners()}
            if owners & updates:
                found.append(f"{self._models[name]}.trainable_variables")
                updates -= owners
        if updates:
            raise refuse(not_written_training("a layer that is declared by itself", objective.span))
        return " + ".join(found)

    # Objectives ----------------------------------------------------------------------------------

    def _objective(self, page: Page, place: int) -> None:
        objective = self._training.objectives[place]
        page.line(f"def {self._function(place)}(batch, training):")
        with page.inside():
            writer = Expressions(self._training, self._manuscript, self._constants, self._uses, self._models, self._noise, objective.graph)
            writer.write(page, objective, self._training.measures if place == 0 else ())
        page.line()

    def _function(self, place: int) -> str:
        return self._name(place, "loss") if self._training.objectives[place].name else "figures_of"

    # Steps ---------------------------------------------------------------------------------------

    def _step(self, page: Page) -> None:
        page.line("@tf.function")
        page.line("def step(batch):" if self._turns == 1 else "def step(*turns):")
        with page.inside():
            if len(self._training.objectives) > 1:
                page.line("found = {}")
            if self._turns == 1 and self._augmenting.fields:
                page.line("batch = varied(batch)")
            for place, one in enumerate(self._training.objectives):
                if one.times > 1:
                    page.line(f"for batch in turns[:{one.times}]:" if one.times < self._turns else "for batch in turns:")
                    with page.inside():
                        self._taken(page, place, one)
                else:
                    if self._turns > 1:
                        page.line("batch = turns[0]")
                    self._taken(page, place, one)
            page.line("return found" if len(self._training.objectives) > 1 else "return figures")
        page.line()

    @property
    def _turns(self) -> int:
        """How many batches a step takes."""
        return max(one.times for one in self._training.objectives)

    def _taken(self, page: Page, place: int, objective: Objective) -> None:
        """One step of an objective."""
        if self._augmenting.fields and self._turns > 1:
            page.line("batch = varied(batch)")
        others = self._fixed(objective)
        if others:
            page.comment("these see the batch, and do not learn from it")
            page.line(f"fixed = {others}")
            page.line("before = [tf.identity(one.value) for one in fixed]")
        page.line("with tf.GradientTape() as tape:")
        with page.inside():
            page.line(f"figures = {self._function(place)}(batch, training=True)")
            loss = f'figures[{quoted(objective.figure("loss"))}]'
            page.line(f"scaled = {self._optimizer(place)}.scale_loss({loss})")
        page.line(f"gradients = tape.gradient(scaled, {self._variables(place)})")
        page.line(f"{self._optimizer(place)}.apply(gradients, {self._variables(place)})")
        if others:
            page.line("for variable, value in zip(fixed, before, strict=True):")
            with page.inside():
                page.line("variable.assign(value)")
        if len(self._training.objectives) > 1:
            page.line("found |= figures")

    def _fixed(self, objective: Objective) -> str:
        """The statistics of networks that an objective uses and does not change."""
        updates, found = set(objective.updates), []
        used = self._uses.networks(objective)
        for name in used:
            graph = self._training.learnt[name].network.graph
            owners = [(owner, node) for owner, node in graph.owners() if owner not in updates]
            kept = [not weight.trainable for owner, node in owners for weight in owner.component.weights(*graph.operand_types(node))]
            if any(kept):
                found.append(f"{self._models[name]}.non_trainable_weights")
        return " + ".join(found)

    # Epochs --------------------------------------------------------------------------------------

    def _epochs(self, page: Page) -> None:
        training = self._training
        metrics = [(one.name, metric_code(one.metric, one.name)) for one in training.measures]
        if metrics:
            page.code("metrics = ", dictionary(metrics))
            page.line()
        page.line("def epoch_figures(taken):")
        with page.inside():
            page.documentation("The means of what was found in the batches of an epoch.")
            page.line("means = {}")
            page.line("for count, found in taken:")
            with page.inside():
                page.line("for name, value in found.items():")
                with page.inside():
                    if metrics:
                        page.line("if name in metrics:")
                        with page.inside():
                            page.line("metrics[name].update_state(*value)")
                            page.line("continue")
                    page.line("means.setdefault(name, keras.metrics.Mean()).update_state(value, count)")
            result = "{name: float(one.result()) for name, one in means.items()}"
            if metrics:
                page.line(f"figures = {result}")
                page.line("for name, one in metrics.items():")
                with page.inside():
                    page.line("figures[name] = float(one.result())")
                    page.line("one.reset_state()")
                result = "figures"
            page.line(f"return {result}")
        page.line()
        self._learning(page)

    def _learning(self, page: Page) -> None:
        training = self._training
        validation = "validation" in training.data.splits
        test = "test" in training.data.splits
        if validation or test:
            self._measuring(page)
        page.line("def taken(epoch):")
        with page.inside():
            page.line('learnt = examples["train"]')
            if self._turns == 1:
                page.line("for batch in batches(learnt, shuffled(learnt, epoch)):")
            else:
                page.line(f"orders = [shuffled(learnt, epoch, turn) for turn in range({self._turns})]")
                page.line("for turns in zip(*(batches(learnt, one) for one in orders), strict=True):")
            with page.inside():
                batch = "batch" if self._turns == 1 else "turns[0]"
                page.line(f"yield len(next(iter({batch}.values()))), step({'batch' if self._turns == 1 else '*turns'})")
        page.line()
        if training.early_stopping is not None:
            page.line(f"models = [{', '.join(self._models.values())}]")
            worst = 'float("inf")' if training.early_stopping.mode == "min" else '-float("inf")'
            page.line(f"best, best_epoch, kept = {worst}, 0, []")
        page.line("for epoch in range(EPOCHS):")
        with page.inside():
            page.line("figures = epoch_figures(taken(epoch))")
            if validation:
                page.line('watched = epoch_figures(measured(examples["validation"]))')
                page.line('figures |= {f"val_{name}": value for name, value in watched.items()}')
            page.line('said = ", ".join(f"{name}: {value:.6g}" for name, value in figures.items())')
            page.line('print(f"epoch {epoch + 1}/{EPOCHS}: {said}")')
            self._stopping(page)
        if training.early_stopping is not None:
            page.line("for one, weights in zip(models, kept, strict=True):")
            with page.inside():
                page.line("one.set_weights(weights)")
        if test:
            page.line('for name, value in epoch_figures(measured(examples["test"])).items():')
            with page.inside():
                page.line('print(f"test {name}: {value:.6g}")')
        for model in self._models.values():
            page.line(f'{model}.save("{model}.keras")')

    def _measuring(self, page: Page) -> None:
        page.line("@tf.function")
        page.line("def measure(batch):")
        with page.inside():
            functions = [f"{self._function(place)}(batch, training=False)" for place in range(len(self._training.objectives))]
            page.line(f"return {' | '.join(functions)}")
        page.line()
        page.line("def measured(part):")
        with page.inside():
            page.line("for batch in in_order(part):")
            with page.inside():
                page.line("yield len(next(iter(batch.values()))), measure(batch)")
        page.line()

    def _stopping(self, page: Page) -> None:
        rule = self._training.early_stopping
        if rule is None:
            return
        sign = "<" if rule.mode == "min" else ">"
        margin = "" if not rule.min_delta else f" {'-' if rule.mode == 'min' else '+'} {rule.min_delta!r}"
        page.line(f'if figures["{rule.monitor}"] {sign} best{margin}:')
        with page.inside():
            page.line(f'best, best_epoch = figures["{rule.monitor}"], epoch')
            page.line("kept = [one.get_weights() for one in models]")
        page.line(f"if epoch - best_epoch >= {rule.patience}:")
        with page.inside():
            page.line("break")
