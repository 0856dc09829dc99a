"""A training as it is written with `compile` and `fit`."""

from collections.abc import Iterator, Mapping

from nndsl.catalogue.training import Loss, Prepared, schedules
from nndsl.emission.augmenting import Augmenting
from nndsl.emission.identifiers import variable
from nndsl.emission.manuscript import Manuscript
from nndsl.emission.optimizers import Rate, loss_code, metric_code, optimizer_code
from nndsl.emission.refusals import not_written_training, refuse
from nndsl.emission.spelling import value_code
from nndsl.emission.writing import Call, Code, Named, Page, dictionary, flat, listed, quoted
from nndsl.graph import Ref
from nndsl.in_keras import keras_name
from nndsl.passes.expose_logits import final_activation
from nndsl.program import Training


class Fitting:
    """Writes `main()` of a training with one network and one loss for each output."""

    def __init__(self, training: Training, manuscript: Manuscript, builder: str):
        self._training, self._manuscript, self._builder = training, manuscript, builder
        (self._objective,) = training.objectives
        self._graph = self._objective.graph
        (learnt,) = training.learnt.values()
        self._network = learnt.written
        self._augmenting = Augmenting(training.data.augmentation, training.data.span)

    @property
    def several(self) -> bool:
        return len(self._network.graph.outputs) > 1

    def page(self) -> Page:
        """The function."""
        page = Page()
        page.line("def main():")
        with page.inside():
            if self._training.documentation:
                page.documentation(self._training.documentation)
            begin(page, self._training)
            page.line("examples = load()")
            page.line(f"model = {self._builder}()")
            self._optimizer(page)
            self._compile(page)
            self._fit(page)
        return page

    # Optimizer -----------------------------------------------------------------------------------

    def _optimizer(self, page: Page) -> None:
        page.line('steps = steps_in(examples["train"])')
        rate = Rate(self._objective.optimizer.__dict__["learning_rate"])
        for name, line in rate.lines:
            page.code(f"{name} = ", line)
        if not rate.is_number:
            page.code("schedule = ", rate.code)
        made = optimizer_code(self._objective.optimizer, rate.code if rate.is_number else "schedule")
        page.code("optimizer = ", scaled(made, self._training))

    # Losses and metrics --------------------------------------------------------------------------

    def _compile(self, page: Page) -> None:
        given: list[Code] = [Named("optimizer", "optimizer"), Named("loss", self._by_output(dict(self._losses())))]
        metrics = self._metrics()
        if metrics:
            given.append(Named("metrics", self._by_output(metrics)))
        jit = self._training.jit_compile
        page.code("", Call("model.compile", (*given, Named("jit_compile", "True" if jit is True else "False"))))

    def _by_output(self, named: Mapping[str, Code]) -> Code:
        """What belongs to a single output as it is, to several by name."""
        return dictionary(named.items()) if self.several else next(iter(named.values()))

    def _losses(self) -> Iterator[tuple[str, Code]]:
        for output in self._training.targets:
            loss = next((node for node in self._graph.nodes if isinstance(node.component, Loss) and self._is_of(node.operands, output)), None)
            if loss is not None and isinstance(loss.component, Loss):
                yield output, loss_code(loss.component, self._takes_logits(loss.component.takes_logits, loss.operands[1], output))

    def _is_of(self, operands: tuple[Ref, ...], output: str) -> bool:
        """Whether a loss compares an output with its field."""
        target, prediction = operands
        said = self._training.predictions[output]
        return self._graph.inputs[self._training.targets[output]].id == target.node and prediction in (said, final_activation(self._graph, said)[0])

    def _takes_logits(self, wanted: bool, prediction: Ref, output: str) -> bool:
        """Whether the model gives logits, and the loss is to know; Keras finds those before a final activation by itself."""
        return wanted and prediction == self._training.predictions[output]

    def _metrics(self) -> Mapping[str, Code]:
        found: dict[str, list[Code]] = {}
        for one in self._training.measures:
            if isinstance(one.metric, Prepared) and (one.metric.one_hot or one.metric.activation):
                raise refuse(not_written_training(f"the metric `{one.name}`, which is of logits,", self._training.span))
            output = next(name for name, field in self._training.targets.items() if self._graph.inputs[field].id == one.target.node)
            name = one.name.removeprefix(f"{output}_") if self.several else one.name
            found.setdefault(output, []).append(metric_code(one.metric, name, self._takes_logits(one.metric.takes_logits, one.prediction, output)))
        return {output: listed(codes) for output, codes in found.items()}

    # Fit -----------------------------------------------------------------------------------------

    def _fit(self, page: Page) -> None:
        training = self._training
        page.line()
        self._pairs(page)
        page.line("learnt = every_epoch(examples[\"train\"])" + self._augmented())
        given: list[Code] = ["learnt.map(pair)", Named("epochs", "EPOCHS"), Named("steps_per_epoch", "steps")]
        if "validation" in training.data.splits:
            given.append(Named("validation_data", 'in_order(examples["validation"]).map(pair)'))
        self._callbacks(page)
        weights = self._class_weights(page)
        given += [*([Named("class_weight", weights)] if weights else []), Named("callbacks", "callbacks"), Named("shuffle", "False"), Named("verbose", "2")]
        page.code("", Call("model.fit", tuple(given)))
        if "test" in training.data.splits:
            page.line()
            page.line("model.load_weights(WEIGHTS)")
            page.code("", Call("model.evaluate", ('in_order(examples["test"]).map(pair)', Named("verbose", "2"))))

    def _augmented(self) -> str:
        return ".map(varied)" if self._augmenting.fields else ""

    def _pairs(self, page: Page) -> None:
        """What the model takes, and what its outputs are compared with."""
        inputs = {name: f"batch[{quoted(name)}]" for name in self._network.graph.inputs}
        outputs = {output: f"batch[{quoted(self._training.targets[output])}]" for output in self._training.targets}
        page.line("def pair(batch):")
        with page.inside():
            taken: Code = next(iter(inputs.values())) if len(inputs) == 1 else dictionary(inputs.items())
            compared = self._by_output(outputs)
            page.code("return ", f"{flat(taken)}, {flat(compared)}") if len(inputs) + len(outputs) < 4 else self._long_pair(page, taken, compared)
        page.line()
        if self._augmenting.fields:
            page.take(self._augmenting.page())
            page.line()

    def _long_pair(self, page: Page, taken: Code, compared: Code) -> None:
        page.code("inputs = ", taken)
        page.code("targets = ", compared)
        page.line("return inputs, targets")

    def _callbacks(self, page: Page) -> None:
        training = self._training
        monitor, mode = ("val_loss" if "validation" in training.data.splits else "loss"), "min"
        rule = training.early_stopping
        if rule is not None:
            monitor, mode = rule.monitor, rule.mode
        best = [Named("monitor", quoted(monitor)), Named("mode", quoted(mode)), Named("save_best_only", "True"), Named("save_weights_only", "True")]
        found: list[Code] = [Call("keras.callbacks.ModelCheckpoint", ("WEIGHTS", *best))]
        if rule is not None:
            delta = [Named("min_delta", value_code(rule.min_delta))] if rule.min_delta else []
            stop = [Named("monitor", quoted(monitor)), Named("mode", quoted(mode)), Named("patience", str(rule.patience)), *delta]
            found.append(Call("keras.callbacks.EarlyStopping", tuple(stop)))
        rate = self._objective.optimizer.__dict__["learning_rate"]
        if isinstance(rate, schedules.Plateau):
            found.append(self._plateau(rate))
        page.code("callbacks = ", listed(found))

    def _plateau(self, rate: schedules.Plateau) -> Code:
        if rate.warmup.value:
            raise refuse(not_written_training("`plateau` with a warm-up", self._objective.optimizer_span))
        names = ("monitor", "factor", "patience", "mode", "min_delta", "cooldown")
        given = [Named(name, value_code(getattr(rate, name))) for name in names]
        return Call("keras.callbacks.ReduceLROnPlateau", (*given, Named("min_lr", value_code(rate.min_learning_rate))))

    def _class_weights(self, page: Page) -> Code | None:
        """How much the examples of each class count."""
        found = [(node, node.component.class_weights) for node in self._graph.nodes if isinstance(node.component, Loss) and node.component.class_weights is not None]
        if not found:
            return None
        (node, weights), *others = found
        if others or self.several:
            raise refuse(not_written_training("class weights of a training with several outputs", node.span))
        if weights == "balanced":
            field = next(name for name, one in self._graph.inputs.items() if one.id == node.operands[0].node)
            page.line(f'counts = np.bincount(examples["train"][{quoted(field)}].reshape(-1).astype(int))')
            page.line("balanced = counts.sum() / (len(counts) * np.maximum(counts, 1))")
            return "dict(enumerate(balanced.tolist()))"
        assert isinstance(weights, tuple)
        return Call("dict", (Call("enumerate", (value_code(list(weights)),)),))


def begin(page: Page, training: Training) -> None:
    """The first lines of a training: its chance, its precision."""
    page.line("keras.utils.set_random_seed(SEED)")
    page.line("tf.config.experimental.enable_op_determinism()  # the same numbers each time")
    if training.precision != "float32":
        page.line(f"keras.config.set_dtype_policy({quoted(training.precision)})")


def scaled(made: Code, training: Training) -> Code:
    """An optimizer that scales the loss where gradients in half precision would vanish."""
    return Call("keras.optimizers.LossScaleOptimizer", (made,)) if "float16" in training.precision.split("_")[-1] and "bfloat16" not in training.precision else made


def check_writable(training: Training) -> None:
    """Refuse what neither `fit` nor a loop does.

    Raises:
        UserError: the training does such a thing.
    """
    if training.remat:
        raise refuse(not_written_training("`remat`", training.span))
    for one in training.objectives:
        if one.optimizer.__dict__.get("use_ema"):
            raise refuse(not_written_training("an optimizer that averages weights (`use_ema`)", one.optimizer_span))


def weights_file(training: Training) -> str:
    """Where the program keeps the best weights."""
    return f"{variable(keras_name(training.name))}.weights.h5"


