"""Pictures of trainings: each step with its networks, its losses, and which weights it updates."""

from pathlib import Path

import pytest

from nndsl import api
from nndsl.diagram.figure import Card, Figure
from nndsl.diagram.layout import lay_out
from nndsl.diagram.scene import Rectangle, Scene, Text
from nndsl.diagram.training import draw, figure
from nndsl.program import Training
from tests.drawn import Drawn, check_boxes, check_wires, overlap

EXAMPLES = Path(__file__).parents[1] / "examples"
FILES = sorted(EXAMPLES.glob("*/*.nn"))
SIMPLE = """\
data Digits {
  source = dataset(digits)
  image  = source.x -> reshape(8, 8, 1) -> scale(1 / 16)
  label  = source.y -> category
  split  = random(train=0.8, test=0.2)
}
block Two(n) { Dense(n) -> Dense(n) }
network Small(classes) {
  input image: float[8, 8, 1]
  output label = image -> Flatten -> Two(4) -> Dense(classes, activation=softmax)
}
"""
SETTINGS = """\
train Baseline {
  model   = Small(classes=Digits.label.classes)
  data    = Digits
  loss    = crossentropy
  optimizer = Adam(1e-3)
  metrics = [accuracy]
  epochs  = 1
  early_stopping = (monitor=loss, patience=3)
}
"""
IN_PART = """\
train Tuned {
  data = Digits
  layer body = Dense(8)
  layer head = Dense(10)
  layer net = Small(10)
  h = image -> Flatten -> body
  minimize crossentropy(h -> head, label) + 0.1 * crossentropy(image -> net, label) over (head, net) with SGD(0.1)
  epochs = 1
}
"""


def trainings(path: Path) -> list[Training]:
    return list(api.load(path).checked.trainings.values())


def training(text: str) -> Training:
    return api.loads(text).checked.training()


def example(name: str) -> Training:
    return trainings(EXAMPLES / name)[0]


def marks(drawn: Figure) -> list[tuple[str, str | None]]:
    return [(one.title, one.mark) for one in drawn.members if isinstance(one, Card) and one.mark]


def texts(scene: Scene) -> list[str]:
    return [shape.text for group in scene.groups for shape in group.shapes if isinstance(shape, Text)]


def test_an_adversarial_training_has_a_panel_for_each_step_and_says_what_each_updates() -> None:
    gan = example("gan/gan.nn")
    critic, generator = (figure(gan, one) for one in gan.objectives)
    assert marks(critic) == [("discriminator", "updated"), ("generator", "fixed"), ("discriminator", "updated")]
    assert marks(generator) == [("generator", "updated"), ("discriminator", "fixed")]
    assert critic.title == "Step 1: minimizes discriminator_loss"
    assert generator.subtitle == "over generator with Adam(learning_rate=0.0004, beta_1=0.5)"


def test_terms_are_told_by_what_they_are_logged_as_and_numbers_as_targets() -> None:
    gan = example("gan/gan.nn")
    losses = [one for one in figure(gan, gan.objectives[0]).members if isinstance(one, Card) and one.family == "losses"]
    assert {(one.title, one.arguments, *one.notes) for one in losses} == {
        ("bce", "target 0.9", "discriminator_bce_image"), ("bce", "target 0", "discriminator_bce_fake"),
    }


def test_a_network_is_drawn_once_for_each_use_and_says_that_its_weights_are_shared() -> None:
    wgan = example("dna_gan/dna_gan.nn")
    critics = [one for one in figure(wgan, wgan.objectives[0]).members if isinstance(one, Card) and one.title == "critic"]
    assert len(critics) == 3 and all(one.shared for one in critics)
    assert "×5" in texts(draw(wgan))


def test_several_results_of_a_network_are_told_by_their_names() -> None:
    vae = example("autoencoder/vae.nn")
    encoder = next(one for one in figure(vae, vae.objectives[0]).members if isinstance(one, Card) and one.title == "encoder")
    assert encoder.notes == ("mean 8", "log_var 8")


def test_a_training_in_settings_is_drawn_with_its_network_as_one_card() -> None:
    one = training(SIMPLE + SETTINGS)
    drawn = figure(one, one.objectives[0])
    assert [item.title for item in drawn.members if isinstance(item, Card)] == ["image", "Small", "label", "SparseCategoricalCrossentropy", "loss"]
    assert marks(drawn) == [("Small", "updated")]
    assert "measures accuracy · stops early on loss (patience 3)" in texts(draw(one))
    assert "data Digits" in " ".join(texts(draw(one)))


def test_layers_that_belong_to_no_network_say_whether_they_are_updated() -> None:
    one = training(SIMPLE + IN_PART)
    assert marks(figure(one, one.objectives[0])) == [("Dense", "fixed"), ("Dense", "updated"), ("net", "updated")]


def test_a_network_with_frozen_layers_is_updated_in_part() -> None:
    frozen = (SIMPLE + SETTINGS).replace("Two(4) ->", "Dense(4, trainable=false) -> Two(4) ->")
    one = training(frozen)
    assert marks(figure(one, one.objectives[0])) == [("Small", "updated in part")]
    assert "updated in part" in texts(draw(one))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_trainings_of_examples_are_drawn_without_overlaps(path: Path) -> None:
    for one in trainings(path):
        for objective in one.objectives:
            drawn = Drawn(figure(one, objective))
            check_boxes(drawn)
            check_wires(drawn)
        _check_panels(one, draw(one))


def _check_panels(one: Training, scene: Scene) -> None:
    """Panels stand side by side in the picture, and everything of a step is in its panel."""
    panels = [shape for group in scene.groups for shape in group.shapes if isinstance(shape, Rectangle) and shape.role == "frame0"]
    boxes = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in panels]
    assert len(boxes) == len(one.objectives) and boxes[-1][2] <= scene.width and boxes[-1][3] <= scene.height
    assert not any(overlap(boxes[place], boxes[place + 1]) for place in range(len(boxes) - 1))
    for (left, _, right, _), objective in zip(boxes, one.objectives, strict=True):
        layout = lay_out(figure(one, objective))
        assert layout.left + layout.right < right - left
