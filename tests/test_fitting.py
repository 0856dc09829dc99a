"""Losses and metrics that take the form that fits a target and an output."""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nndsl.backend.keras import optimize
from nndsl.backend.keras.objective import example_losses
from nndsl.catalogue.component import ArgumentError
from nndsl.catalogue.training import Loss, Metric
from nndsl.catalogue.training.losses import Multinomial, Wasserstein
from nndsl.catalogue.training.metric import Prepared
from nndsl.catalogue.training.metrics import BinaryAccuracy
from nndsl.types import BadArgument, Mismatch, SizesDiffer, TensorType, named

CHANCE = np.random.default_rng(7)
BATCH = 5


def number(*shape: Any) -> TensorType:
    return TensorType("float32", shape)


def classes(below: Any, *shape: Any) -> TensorType:
    return TensorType("int32", shape, below)


def loss(name: str, **settings: object) -> Any:
    found = Loss.find(name)
    assert found is not None
    return found.build(**settings)


def metric(name: str, **settings: object) -> Any:
    found = Metric.find(name)
    assert found is not None
    return found.build(**settings)


def softmax(logits: Any) -> Any:
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


# Crossentropy ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "activation", "output", "chosen"),
    [
        (classes(10), "softmax", number(10), "SparseCategoricalCrossentropy"),
        (classes(10), None, number(10), "SparseCategoricalCrossentropy"),
        (classes(2), "softmax", number(2), "SparseCategoricalCrossentropy"),
        (classes(4, 7), "softmax", number(7, 4), "SparseCategoricalCrossentropy"),
        (classes(4, named("L")), "softmax", number(named("L"), 4), "SparseCategoricalCrossentropy"),
        (TensorType("int32", ()), "softmax", number(10), "SparseCategoricalCrossentropy"),
        (classes(2), "sigmoid", number(1), "BinaryCrossentropy"),
        (classes(2), None, number(1), "BinaryCrossentropy"),
        (classes(2), "sigmoid", number(), "BinaryCrossentropy"),
        (TensorType("bool", ()), "sigmoid", number(1), "BinaryCrossentropy"),
        (number(8), "sigmoid", number(8), "BinaryCrossentropy"),
        (TensorType("int32", (), constant=True), "sigmoid", number(28, 28), "BinaryCrossentropy"),
        (number(8), "softmax", number(8), "CategoricalCrossentropy"),
        (number(5, 8), "softmax", number(5, 8), "CategoricalCrossentropy"),
    ],
)
def test_crossentropy_takes_the_form_that_fits(
    target: TensorType, activation: str | None, output: TensorType, chosen: str
) -> None:
    fitted, why = loss("crossentropy").fit(target, activation, output)
    assert type(fitted).__name__ == chosen
    assert fitted.takes_logits
    assert why.startswith(f"`crossentropy` is {chosen}, as ")
    assert ("which has no final activation, as logits" in why) == (activation is None)


@pytest.mark.parametrize(
    ("target", "activation", "output", "message", "repair"),
    [
        (classes(7), "softmax", number(10), "finds 10 classes in the output and 7 in the target", "give the last layer 7 units"),
        (classes(7), "sigmoid", number(7), "needs softmax: each target is one of 7 classes", "end the output in softmax"),
        (classes(7), "sigmoid", number(1), "needs a target of 0 and 1, and this one has 7 classes", "Dense(7) -> softmax"),
        (classes(2), "softmax", number(1), "softmax over one number is always 1", "sigmoid, or in Dense(2)"),
        (number(8), None, number(8), "in two ways", "softmax for the first, in sigmoid for the second"),
        (number(8), "softmax", number(9), "the output is [9], the target [8]", None),
        (number(), "softmax", number(9), "needs a target of whole numbers", "`category`"),
        (classes(5000, 8), "softmax", number(8), "holds the numbers of 5000 classes", "one axis more"),
        (classes(7), "relu", number(7), "cannot tell whether `relu` gives probabilities or logits", "BinaryCrossentropy"),
        (classes(7), "softmax", TensorType("int32", (7,)), "needs an output of real numbers", None),
        (TensorType("string", ()), "softmax", number(7), "needs a target of numbers", None),
        (classes(4, named("L")), "softmax", number(named("M"), 4), "the output is [M, 4], the target [L]", None),
    ],
)
def test_what_does_not_fit_a_crossentropy_is_refused(
    target: TensorType, activation: str | None, output: TensorType, message: str, repair: str | None
) -> None:
    with pytest.raises(Mismatch) as caught:
        loss("crossentropy").fit(target, activation, output)
    assert message in caught.value.message
    assert repair is None or repair in (caught.value.repair or "")
    assert all(one in (target, output) for one in caught.value.types)


shapes = st.lists(st.integers(1, 3), max_size=2).map(tuple)


def of_batch(chosen: Any, target: Any, logits: Any) -> Any:
    made = optimize.loss(chosen)
    return np.asarray(keras.ops.convert_to_numpy(example_losses(made, *map(keras.ops.convert_to_tensor, (target, logits)))))


@settings(max_examples=25, deadline=None)
@given(shape=shapes, count=st.integers(2, 5), smoothing=st.sampled_from([0.0, 0.2]))
def test_the_crossentropy_of_class_numbers_is_the_mean_log_of_what_they_were_given(
    shape: tuple[int, ...], count: int, smoothing: float
) -> None:
    logits = CHANCE.normal(size=(BATCH, *shape, count)).astype("float32")
    target = CHANCE.integers(0, count, (BATCH, *shape)).astype("int32")
    chosen, _ = loss("crossentropy", label_smoothing=smoothing).fit(classes(count, *shape), "softmax", number(*shape, count))
    wanted = np.eye(count)[target] * (1 - smoothing) + smoothing / count
    expected = -(wanted * np.log(softmax(logits))).sum(-1).reshape(BATCH, -1).mean(-1)
    np.testing.assert_allclose(of_batch(chosen, target, logits), expected, rtol=1e-4)
    dense, _ = loss("crossentropy", label_smoothing=smoothing).fit(number(*shape, count), "softmax", number(*shape, count))
    np.testing.assert_allclose(of_batch(dense, np.eye(count, dtype="float32")[target], logits), expected, rtol=1e-4)


@settings(max_examples=25, deadline=None)
@given(shape=shapes, trailing=st.booleans(), smoothing=st.sampled_from([0.0, 0.2]))
def test_the_crossentropy_of_yes_and_no_is_the_mean_log_of_what_they_were_given(
    shape: tuple[int, ...], trailing: bool, smoothing: float
) -> None:
    logits = CHANCE.normal(size=(BATCH, *shape, *[1] * trailing)).astype("float32")
    target = CHANCE.integers(0, 2, (BATCH, *shape)).astype("int32")
    chosen, _ = loss("crossentropy", label_smoothing=smoothing).fit(classes(2, *shape), "sigmoid", number(*logits.shape[1:]))
    probable = 1 / (1 + np.exp(-logits.reshape(target.shape)))
    wanted = target * (1 - smoothing) + smoothing / 2
    expected = -(wanted * np.log(probable) + (1 - wanted) * np.log(1 - probable)).reshape(BATCH, -1).mean(-1)
    np.testing.assert_allclose(of_batch(chosen, target, logits), expected, rtol=1e-4)


def test_the_logits_of_very_sure_outputs_keep_their_loss() -> None:
    chosen, _ = loss("crossentropy").fit(classes(2), "sigmoid", number(1))
    found = of_batch(chosen, np.array([0], "int32"), np.array([[60.0]], "float32"))
    np.testing.assert_allclose(found, [60.0])


# Losses by name ----------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_a_loss_that_can_take_logits_takes_them_where_they_are(activation: str | None) -> None:
    fitted, why = loss("bce").fit(classes(2), activation, number(1))
    assert fitted.takes_logits
    assert why.startswith("`BinaryCrossentropy` takes the ")


def test_a_loss_leaves_probabilities_of_another_kind_as_they_are() -> None:
    for name, activation in (("bce", "softmax"), ("CategoricalCrossentropy", "sigmoid"), ("bce", "hard_sigmoid")):
        chosen = loss(name)
        assert chosen.fit(number(4), activation, number(4)) == (chosen, "")


@pytest.mark.parametrize("name", ["KLDivergence", "Dice", "Tversky"])
def test_a_loss_of_probabilities_only_refuses_an_output_without_activation(name: str) -> None:
    with pytest.raises(Mismatch, match="takes probabilities, and the output has no final activation"):
        loss(name).fit(number(4), None, number(4))


def test_a_regression_does_not_care_how_its_output_was_made() -> None:
    for activation in (None, "relu", "sigmoid"):
        chosen = loss("mse")
        assert chosen.fit(number(), activation, number(1)) == (chosen, "")


def test_a_broadcast_that_keras_would_do_in_silence_is_refused() -> None:
    for target, output in ((number(1), number(5)), (number(5), number(1, 5)), (number(), number(5))):
        with pytest.raises(SizesDiffer, match="compares number with number"):
            loss("mse").infer(target, output)


@pytest.mark.parametrize("axis", [0, -2, 2])
def test_an_axis_that_is_not_there_or_runs_over_examples_is_refused(axis: int) -> None:
    with pytest.raises(Mismatch) as caught:
        loss("CosineSimilarity", axis=axis).infer(number(4), number(4))
    assert caught.value.argument == "axis"


def test_the_sequences_of_ctc_are_at_least_as_long_as_their_labels() -> None:
    chosen, why = loss("ctc").fit(classes(5, 4), "softmax", number(6, 5))
    assert chosen.takes_logits and "before softmax" in why
    with pytest.raises(Mismatch, match="3 steps for 4 labels"):
        loss("ctc").infer(classes(5, 4), number(3, 5))


@pytest.mark.parametrize(("name", "wrong"), [("Huber", {"delta": 0}), ("bce", {"label_smoothing": 2}), ("Hinge", {"delta": 1})])
def test_arguments_out_of_range_or_unknown_are_refused(name: str, wrong: dict[str, object]) -> None:
    with pytest.raises(ArgumentError):
        loss(name, **wrong)


# Metrics -----------------------------------------------------------------------------------------


def figure(component: Any, target: TensorType, activation: str | None, y_true: Any, y_pred: Any) -> float:
    chosen, _ = component.fit(target, activation, number(*y_pred.shape[1:]))
    made = optimize.metric(chosen, "figure")
    made.update_state(keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred))
    return float(made.result())


Y = np.array([0, 1, 2, 2, 1], "int32")
SCORES = np.array([[2, 0, 0], [0, 3, 1], [2, 1, 0], [0, 0, 4], [1, 0, 0]], "float32")
YES = np.array([0, 1, 1, 0, 1], "int32")
LOGITS = np.array([[-1.0], [0.3], [-0.4], [0.1], [2.0]], "float32")


def sigmoid(logits: Any) -> Any:
    return (1 / (1 + np.exp(-logits))).astype("float32")


@pytest.mark.parametrize("activation", ["softmax", None])
def test_the_accuracy_of_classes_is_the_share_of_right_answers(activation: str | None) -> None:
    output = softmax(SCORES) if activation else SCORES
    assert figure(metric("accuracy"), classes(3), activation, Y, output) == pytest.approx(3 / 5)
    assert figure(metric("accuracy"), number(3), "softmax", np.eye(3, dtype="float32")[Y], output) == pytest.approx(3 / 5)
    assert figure(metric("top_k", k=2), classes(3), activation, Y, output) == pytest.approx(4 / 5)


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_figures_of_yes_and_no_take_logits_for_what_they_are(activation: str | None) -> None:
    output = sigmoid(LOGITS) if activation else LOGITS
    expected = {"accuracy": 3 / 5, "precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "true_positives": 2}
    found = {name: figure(metric(name), classes(2), activation, YES, output) for name in expected}
    assert found == pytest.approx(expected, abs=1e-5)
    assert figure(metric("auc"), classes(2), activation, YES, output) == pytest.approx(5 / 6, abs=0.02)
    assert figure(metric("crossentropy"), classes(2), activation, YES, output) == pytest.approx(
        -np.log(np.where(YES, sigmoid(LOGITS)[:, 0], 1 - sigmoid(LOGITS)[:, 0])).mean(), rel=1e-4
    )


@pytest.mark.parametrize("activation", ["softmax", None])
def test_precision_and_recall_of_classes_count_one_hot_vectors(activation: str | None) -> None:
    output = softmax(SCORES * 3) if activation else SCORES * 3
    assert figure(metric("precision"), classes(3), activation, Y, output) == pytest.approx(3 / 5)
    assert figure(metric("recall", class_id=1), classes(3), activation, Y, output) == pytest.approx(1 / 2)
    by_class = [1 / 2, 2 / 3, 2 / 3]  # true positives 1, 1, 1; predicted 3, 1, 1; there are 1, 2, 2
    assert figure(metric("f1"), classes(3), activation, Y, output) == pytest.approx(np.mean(by_class), abs=1e-5)


def test_regions_are_compared_whether_answers_are_numbers_or_scores() -> None:
    expected = np.mean([1 / 3, 1 / 2, 1 / 2])
    one_hot = np.eye(3, dtype="float32")[Y]
    for target, values in ((classes(3), Y), (number(3), one_hot)):
        found = figure(metric("mean_iou", num_classes=3), target, "softmax", values, softmax(SCORES))
        assert found == pytest.approx(expected, abs=1e-5)


def test_answers_that_are_no_scores_are_compared_as_they_are() -> None:
    chosen, why = metric("accuracy").fit(classes(3), None, classes(3))
    assert (chosen, why) == (metric("accuracy"), "")


@pytest.mark.parametrize(
    ("component", "target", "output", "message"),
    [
        (metric("accuracy"), classes(7), number(10), "finds 10 classes in the output and 7 in the target"),
        (metric("precision", thresholds=[0.2, 0.5]), classes(2), number(1), "would be several figures"),
        (metric("recall", class_id=3), classes(3), number(3), "knows classes 0 to 2, not 3"),
        (metric("precision", top_k=5), classes(3), number(3), "the best 5 of 3 classes"),
        (metric("top_k"), classes(3), number(3), "the best 5 of 3 classes"),
        (metric("mean_iou", num_classes=4), classes(4), number(3), "needs a last axis of 4 classes"),
        (metric("r2_score", class_aggregation=None), number(3), number(3), "would be several figures"),
        (metric("r2_score"), number(2, 3), number(2, 3), "one number or one vector"),
        (metric("pearson_correlation"), number(1), number(1), "this axis has one"),
        (metric("f1"), number(2, 3), number(2, 3), "one number or one vector"),
    ],
)
def test_a_metric_that_cannot_be_computed_as_one_number_is_refused(
    component: Any, target: TensorType, output: TensorType, message: str
) -> None:
    with pytest.raises(Mismatch) as caught:
        component.fit(target, "sigmoid" if output.shape == (1,) or target.is_float else "softmax", output)
    assert message in caught.value.message


def test_the_largest_output_is_the_answer_however_it_was_made() -> None:
    assert figure(metric("accuracy"), classes(3), "relu", Y, SCORES) == pytest.approx(3 / 5)
    with pytest.raises(Mismatch, match="cannot tell whether `tanh`"):
        metric("accuracy").fit(classes(2), "tanh", number(1))


def test_every_choice_that_is_made_for_the_user_is_said() -> None:
    _, why = metric("f1").fit(classes(2), None, number(1))
    assert "the mean over classes" in why and "above 0.5" in why and "sigmoid is applied" in why
    _, why = metric("precision").fit(classes(3), "softmax", number(3))
    assert "counts all classes together" in why


def test_a_loss_that_sums_over_positions_refuses_those_that_are_padding() -> None:
    padded = TensorType("float32", (5,), mask=True)
    for loss in (Multinomial(), Wasserstein()):
        with pytest.raises(BadArgument, match="some of this output are padding"):
            loss.infer(TensorType("float32", (5,)), padded)


def test_a_prepared_metric_counts_by_the_mask_that_came_with_the_output() -> None:
    logits = keras.ops.convert_to_tensor(np.array([[3.0, -3.0, 3.0], [3.0, 3.0, 3.0]], "float32"))
    logits._keras_mask = keras.ops.convert_to_tensor([[True, True, False], [True, False, False]])
    metric = optimize.metric(Prepared(metric=BinaryAccuracy(), activation="sigmoid"), "accuracy")
    metric.update_state(np.array([[1, 0, 0], [1, 0, 0]], "float32"), logits)
    assert float(metric.result()) == 1
