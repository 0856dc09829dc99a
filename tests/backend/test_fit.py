"""A first epoch equals that of `model.fit`, from the same weights and over the same order: figures, weights, optimizers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import losses, metrics, optimizers

from nndsl.backend.keras import engine, lower
from nndsl.backend.keras.balance import balanced
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.learner import Learner, surroundings
from nndsl.data.dataset import Dataset
from nndsl.program import Training
from nndsl.progress import Progress
from nndsl.types import TensorType
from tests.backend.trainings import COUNT, parts, program

SEED = 3
BATCH = 16
RANDOM = np.random.default_rng(8)


@dataclass(frozen=True)
class Case:
    """A training, written for nndsl and by hand.

    Attributes:
        outputs: name by name, the Keras loss and the metrics that the network's output is compared with.
        optimizer: the one of Keras; the text has the same.
        tolerance: relative, of figures and numbers.
    """

    network: str
    fields: str
    loss: str
    optimizer_text: str
    optimizer: Callable[[], keras.Optimizer]
    outputs: dict[str, tuple[losses.Loss, list[Callable[[], keras.metrics.Metric]]]]
    arrays: dict[str, Any]
    metrics: str = "[]"
    more: str = ""
    precision: str = "float32"
    class_weight: dict[int, float] | None = None
    tolerance: float = 2e-5
    inputs: tuple[str, ...] = ("x",)

    def text(self) -> str:
        return (
            f"network Net {{\n{self.network}\n}}\n"
            f'data Table {{\n  source = npz("data.npz")\n{self.fields}\n'
            "  split = column(part, train=0, validation=1, test=2)\n}\n"
            f"train Task {{\n  model = Net\n  data = Table\n  loss = {self.loss}\n  optimizer = {self.optimizer_text}\n"
            f"  metrics = {self.metrics}\n  epochs = 1\n  batch = {BATCH}\n  precision = {self.precision}\n  {self.more}\n}}\n"
        )


def numbers(*shape: int) -> Any:
    return RANDOM.normal(size=(COUNT, *shape)).astype("float32")


def classes(below: int, *shape: int) -> Any:
    return RANDOM.integers(0, below, (COUNT, *shape))


def texts(most: int) -> Any:
    """Texts of one to `most` words."""
    return np.array([" ".join(RANDOM.choice(list("abcdefgh"), RANDOM.integers(1, most + 1))) for _ in range(COUNT)])


def adam(**settings: Any) -> Callable[[], keras.Optimizer]:
    return lambda: optimizers.Adam(0.01, **settings)


SPARSE = losses.SparseCategoricalCrossentropy()
MLP = "  input x: float[4]\n  output label = x -> Dense(8, activation=relu) -> Dense(3, activation=softmax)"
LABELS = "  x = source.x\n  label = source.label -> category(0, 1, 2)"
LABEL_ARRAYS = {"x": numbers(4), "label": classes(3)}
ONE_OUTPUT = {"label": (SPARSE, [lambda: metrics.SparseCategoricalAccuracy(name="accuracy")])}


def mlp(optimizer_text: str, optimizer: Callable[[], keras.Optimizer], **others: Any) -> Case:
    """A multilayer perceptron with an optimizer."""
    settings = {"network": MLP, "metrics": "[accuracy]", "outputs": ONE_OUTPUT, **others}
    return Case(fields=LABELS, loss="crossentropy", optimizer_text=optimizer_text, optimizer=optimizer, arrays=LABEL_ARRAYS, **settings)


CASES = {
    "multilayer perceptron": mlp("Adam(learning_rate=0.01)", adam()),
    "momentum, clipped gradients": mlp(
        "SGD(learning_rate=0.05, momentum=0.9, nesterov=true, clipnorm=0.1)",
        lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True, clipnorm=0.1),
    ),
    "weight decay, global clipping": mlp(
        "AdamW(learning_rate=0.01, weight_decay=0.1, global_clipnorm=0.5)",
        lambda: optimizers.AdamW(0.01, weight_decay=0.1, global_clipnorm=0.5),
    ),
    "moving averages": mlp("Adam(learning_rate=0.01, use_ema=true, ema_momentum=0.8)", adam(use_ema=True, ema_momentum=0.8)),
    "accumulated gradients": mlp("Adam(learning_rate=0.01, gradient_accumulation_steps=2)", adam(gradient_accumulation_steps=2)),
    "a schedule with warm-up": mlp(
        "Adam(learning_rate=cosine(0.01, warmup=2 steps))",
        lambda: optimizers.Adam(optimizers.schedules.CosineDecay(0.0, 1, warmup_target=0.01, warmup_steps=2)),
    ),
    "regularizers": mlp(
        "Adam(learning_rate=0.01)", adam(),
        network=(
            "  input x: float[4]\n  h = x -> Dense(8, activation=relu, kernel_regularizer=l2(0.1), activity_regularizer=l1(0.01))\n"
            "  output label = h -> Dense(3, activation=softmax, bias_regularizer=l1(0.1))"
        ),
    ),
    "class weights": mlp("Adam(learning_rate=0.01)", adam(), more="class_weights = [0.5, 1, 4]", class_weight={0: 0.5, 1: 1.0, 2: 4.0}),
    "bfloat16": mlp("Adam(learning_rate=0.01)", adam(), precision="mixed_bfloat16", tolerance=0.01),
    "float16, whose gradients stay small enough to be scaled": Case(
        network="  input x: float[4]\n  output label = x -> Dense(8, activation=relu) -> Dense(1)",
        fields="  x = source.x\n  label = source.label", loss="mse", optimizer_text="SGD(learning_rate=0.05)",
        optimizer=lambda: optimizers.SGD(0.05), outputs={"label": (losses.MeanSquaredError(), [])},
        arrays={"x": numbers(4) / 3, "label": numbers(1) / 5}, precision="mixed_float16", tolerance=0.01,
    ),
    "convolutions and batch norm": Case(
        network=(
            "  input x: float[6, 6, 1]\n  h = x -> Conv2D(4, 3) -> BatchNormalization(momentum=0.5) -> relu -> MaxPooling2D\n"
            "  output label = h -> Flatten -> Dense(3, activation=softmax)"
        ),
        fields=LABELS, loss="crossentropy", optimizer_text="Adam(learning_rate=0.01)", optimizer=adam(), metrics="[accuracy]",
        outputs=ONE_OUTPUT, arrays={"x": numbers(6, 6, 1), "label": classes(3)},
    ),
    "masked texts through an LSTM": Case(
        network=(
            "  input x: int[7] < 10, padding=0\n"
            "  output label = x -> Embedding(10, 6) -> LSTM(5) -> Dense(1, activation=sigmoid)"
        ),
        fields="  x = source.x -> words(length=7, vocabulary=10)\n  label = source.label -> category(0, 1)", loss="crossentropy",
        optimizer_text="Adam(learning_rate=0.01)", optimizer=adam(), metrics="[accuracy]",
        outputs={"label": (losses.BinaryCrossentropy(), [lambda: metrics.BinaryAccuracy(name="accuracy")])},
        arrays={"x": texts(7), "label": classes(2)},
    ),
    "a label for each position that is not masked": Case(
        network=(
            "  input x: int[7] < 10, padding=0\n"
            "  output label = x -> Embedding(10, 6) -> GRU(5, return_sequences=true) -> Dense(3, activation=softmax)"
        ),
        fields="  x = source.x -> words(length=7, vocabulary=10)\n  label = source.label -> int", loss="crossentropy",
        optimizer_text="Adam(learning_rate=0.01)", optimizer=adam(), outputs={"label": (SPARSE, [])},
        arrays={"x": texts(7), "label": classes(3, 7)},
    ),
    "several outputs with losses of their own": Case(
        network=(
            "  input x: float[4]\n  input y: float[2]\n  h = concat(x, y) -> Dense(8, activation=tanh)\n"
            "  output label = h -> Dense(3, activation=softmax)\n  output height = h -> Dense(1)"
        ),
        fields=f"{LABELS}\n  y = source.y\n  height = source.height", loss="(label=crossentropy, height=mse)",
        optimizer_text="Adam(learning_rate=0.01)", optimizer=adam(), metrics="(label=[accuracy], height=[mae])",
        outputs={
            "label": (SPARSE, [lambda: metrics.SparseCategoricalAccuracy(name="accuracy")]),
            "height": (losses.MeanSquaredError(), [lambda: metrics.MeanAbsoluteError(name="mae")]),
        },
        arrays={"x": numbers(4), "y": numbers(2), "label": classes(3), "height": numbers(1)}, inputs=("x", "y"),
    ),
}


@dataclass(frozen=True)
class Pair:
    """One epoch, twice: with nndsl, and with `model.fit`."""

    case: Case
    learner: Learner
    figures: dict[str, float]
    validation: dict[str, float]
    model: keras.Model
    history: dict[str, float]


def order_of(feed: Feed) -> Any:
    """In which order examples come in the first epoch."""
    numbered = Feed({"place": np.arange(feed.count)}, {"place": TensorType("int64", ())}, feed.batch, SEED)
    return np.concatenate([numbered.shuffled(tf.constant(step, tf.int64))["place"].numpy() for step in range(feed.steps)])


def numbers_of(variables: Sequence[keras.Variable]) -> dict[str, Any]:
    return {one.path: np.asarray(one.numpy(), "float64") for one in variables}


def types_of(training: Training) -> dict[str, TensorType]:
    return {name: node.type for one in training.objectives for name, node in one.graph.inputs.items()}


def with_nndsl(training: Training, dataset: Dataset) -> tuple[Learner, Feed, dict[str, Any]]:
    feed = Feed(dataset["train"].fields, types_of(training), training.batch, SEED)
    learner = Learner(balanced(training, dataset), feed, 1)
    return learner, feed, numbers_of(learner.models["Net"].weights)


def fitted(case: Case, training: Training, dataset: Dataset, feed: Feed, weights: dict[str, Any]) -> tuple[keras.Model, dict[str, float]]:
    """The model of Keras, and its figures, after one epoch over the examples in the order of ours."""
    model = lower.model(training.learnt["Net"].written)
    for one in model.weights:
        one.assign(weights[one.path])
    several = len(case.outputs) > 1
    compared = {name: one for name, (one, _) in case.outputs.items()}
    measured = {name: [make() for make in makes] for name, (_, makes) in case.outputs.items()}
    model.compile(
        case.optimizer(), loss=compared if several else compared["label"], metrics=measured if several else measured["label"],
        jit_compile=False, auto_scale_loss=True,
    )
    order = order_of(feed)

    def given(split: str, chosen: Any) -> tuple[Any, Any]:
        fields = {name: np.asarray(value)[chosen] for name, value in dataset[split].fields.items()}
        inputs = {name: fields[name] for name in case.inputs}
        targets = {name: fields[name] for name in case.outputs}
        return (inputs, targets) if several else (inputs["x"], targets["label"])

    x, y = given("train", order)
    with engine.fused_losses():  # as `fit` has them where nobody asks for what is deterministic on all devices
        history = model.fit(
            x, y, batch_size=BATCH, shuffle=False, verbose=0, class_weight=case.class_weight,
            validation_data=None if "ema" in case.optimizer_text else given("validation", slice(None)),
        )
    return model, {name: values[0] for name, values in history.history.items()}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Pair]:
    """Each case is computed once."""
    made: dict[str, Pair] = {}

    def pair(name: str) -> Pair:
        if name not in made:
            case = CASES[name]
            checked = program(tmp_path_factory.mktemp("fit"), case.text(), {**case.arrays, "part": parts()})
            training = checked.training()
            dataset = training.data.load()
            with surroundings(training.precision, SEED):
                learner, feed, weights = with_nndsl(training, dataset)
                assert learner.train(2)
                assert learner.train(feed.steps)
                figures = learner.trackers.results()
                learner.trackers.reset()
                validation = learner.measuring.figures(Feed(dataset["validation"].fields, types_of(training), BATCH), Progress(), "")
                made[name] = Pair(case, learner, figures, validation, *fitted(case, training, dataset, feed, weights))
        return made[name]

    return pair


TERMS = ("label", "height")


def in_words_of_keras(name: str) -> str:
    """The figures of several outputs are called alike but for their terms: `label` is Keras' `label_loss`."""
    return f"{name}_loss" if name in TERMS else name


@pytest.mark.parametrize("name", CASES)
def test_the_figures_of_an_epoch_are_those_of_fit(name: str, pairs: Callable[[str], Pair]) -> None:
    pair = pairs(name)
    expected = {one: value for one, value in pair.history.items() if not one.startswith("val_")}
    assert {in_words_of_keras(one) for one in pair.figures} == set(expected)
    for one, value in pair.figures.items():
        if one not in TERMS:
            assert value == pytest.approx(expected[one], rel=pair.case.tolerance), one


def test_the_terms_of_a_loss_are_means_over_examples_that_add_up_to_it(pairs: Callable[[str], Pair]) -> None:
    """Keras takes the mean over batches, in which the examples of a smaller last batch count more."""
    figures = pairs("several outputs with losses of their own").figures
    assert sum(figures[one] for one in TERMS) == pytest.approx(figures["loss"], rel=1e-6)


@pytest.mark.parametrize("name", [one for one, case in CASES.items() if "ema" not in case.optimizer_text])
def test_the_figures_of_validation_are_those_of_fit(name: str, pairs: Callable[[str], Pair]) -> None:
    pair = pairs(name)
    for one, value in pair.validation.items():
        expected = pair.history[f"val_{in_words_of_keras(one)}"]
        assert value == pytest.approx(expected, rel=max(pair.case.tolerance, 1e-4)), one


@pytest.mark.parametrize("name", CASES)
def test_the_weights_and_the_optimizer_after_an_epoch_are_those_of_fit(name: str, pairs: Callable[[str], Pair]) -> None:
    pair = pairs(name)
    with pair.learner.averaged():
        weights = numbers_of(pair.learner.models["Net"].weights)
    same_numbers(weights, numbers_of(pair.model.weights), pair.case.tolerance)
    states = numbers_of(pair.learner.optimizers[0].variables)
    expected = numbers_of(getattr(pair.model.optimizer, "inner_optimizer", pair.model.optimizer).variables)
    same_numbers(without_owner(states), without_owner(expected), pair.case.tolerance)


def without_owner(states: dict[str, Any]) -> dict[str, Any]:
    """The states of an optimizer by names without its own, which counts the optimizers that were made."""
    return {name.rpartition("/")[2]: value for name, value in states.items()}


def same_numbers(found: dict[str, Any], expected: dict[str, Any], tolerance: float) -> None:
    assert set(found) == set(expected)
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], rtol=tolerance, atol=tolerance / 2, err_msg=name)
