"""The page of a run: what is on it is so, it loads nothing, it is the same when it is made again, and it never endangers a run."""

import json
import re
import shutil
import signal
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nndsl.backend.keras import motifs as looking
from nndsl.backend.keras.evaluate import evaluate, predict, report
from nndsl.catalogue.layers.convolution import Conv1D
from nndsl.cli import main
from nndsl.progress import Progress
from nndsl.report import writing
from nndsl.report.document import report_html
from nndsl.report.view import View
from nndsl.run import Run
from tests.backend.trainings import trained

COUNT = 60
WICKED = "<script>alert(1)</script>"
KINDS = """
network Net {
  input image: float[6, 6, 1]
  input sequence: float[20, 4]
  input words: int[5] < 12, padding=0
  input size: float[1]
  seen = image -> Conv2D(4, 3) -> relu -> Flatten
  scanned = sequence -> Conv1D(6, 5, padding=same) -> BatchNorm -> relu -> GlobalMaxPool1D
  wide    = sequence -> Dropout(0.1) -> Conv1D(3, 9, activation=relu) -> GlobalMaxPool1D
  read = words -> Embedding(12, 4) -> GlobalAveragePooling1D
  h = concat(seen, scanned, wide, read, size)
  output kind   = h -> Dense(3, activation=softmax)
  output amount = h -> Dense(1)
}

data Things {
  source   = npz("data.npz")
  image    = source.image -> reshape(6, 6, 1)
  sequence = source.sequence -> dna(length=20)
  words    = source.words -> words(length=5, vocabulary=12)
  size     = source.size -> standardize -> reshape(1)
  kind     = source.kind -> category("<script>alert(1)</script>", "b & c", "d")
  amount   = source.amount -> standardize
  split    = order(train=0.5, validation=0.1, test=0.4)
}

train AllThings {
  model     = Net
  data      = Things
  loss      = (kind=crossentropy, amount=mse)
  optimizer = Adam(learning_rate=cosine(0.01))
  epochs    = 2
  batch     = 16
}
"""
"""Every kind of input, and both kinds of output."""


def things() -> dict[str, Any]:
    chance = np.random.default_rng(3)
    kind = chance.integers(0, 3, COUNT)
    said = ["one two", "two three four", "five <b>six</b>"]
    return {
        "image": chance.random((COUNT, 6, 6)).astype("float32"), "size": chance.normal(40, 5, COUNT),
        "sequence": np.array(["".join(chance.choice(list("ACGT"), 20)) for _ in range(COUNT)]),
        "words": np.array([said[one] for one in kind]), "kind": np.array([(WICKED, "b & c", "d")[one] for one in kind]),
        "amount": chance.normal(1000, 100, COUNT),
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("things"), KINDS, things())


@pytest.fixture(scope="module")
def view(run: Run) -> View:
    """What is found out about the run afterwards."""
    return report(Run.open(run.folder), Progress())


class Page(HTMLParser):
    """What is on a page: its text, section by section, its elements, and whether they are closed in order."""

    VOID = ("meta", "img", "br", "hr")

    def __init__(self, html: str):
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.sections: dict[str, str] = {}
        self.texts: list[str] = []
        self._title = ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "h2":
            self._title = ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "h2":
            self.sections[self._title] = ""

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["h2"]:
            self._title += data
        elif self._title in self.sections and "style" not in self.open:
            self.sections[self._title] += data
            self.texts.append(data)

    def cards(self) -> int:
        return sum(attributes.get("class") == "card" for _, attributes in self.elements)


def page_of(run: Run) -> Page:
    return Page((run.folder / "report.html").read_text(encoding="utf-8"))


def test_training_writes_a_page_with_everything_that_applies(run: Run) -> None:
    page = page_of(run)
    assert list(page.sections) == [
        "Figures", "Curves", "The schedule as it ran", "kind: right and wrong", "amount: how far off", "What the filters see",
        "The file, with its shapes", "The network", "How to reproduce it",
    ]
    assert run.evaluation is not None
    assert f"{run.evaluation.figures['loss']:.4f}" in page.sections["Figures"]
    assert "h = concat(seen, scanned, wide, read, size)float[78]" in page.sections["The file, with its shapes"]
    assert "in the units of the data" in page.sections["amount: how far off"]
    assert f"nndsl train {run.settings['source']} AllThings --epochs=2 --seed=0" in page.sections["How to reproduce it"]
    assert all(f"The {many} filters of {name}, " in page.sections["What the filters see"] for many, name in ((6, "conv1d"), (3, "conv1d_1")))
    assert run.settings["data"]["sha256"] in page.sections["How to reproduce it"]


def test_a_page_loads_nothing_and_runs_nothing(run: Run) -> None:
    html, page = (run.folder / "report.html").read_text(encoding="utf-8"), page_of(run)
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "object", "embed", "a", "form", "base"}
    loaded = [value or "" for _, attributes in page.elements for name, value in attributes.items() if name in ("src", "href", "srcset", "xlink:href")]
    assert loaded and all(one.startswith("data:image/png;base64,") for one in loaded)
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert not re.search(r"url\(|@import|@font-face", html)
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:"}) in page.elements
    assert WICKED not in html and "<b>six" not in html
    assert any(WICKED in text for text in page.texts), "as text, it is there"


def test_a_page_that_is_made_again_is_the_same(run: Run, view: View) -> None:
    assert report_html(view) == (run.folder / "report.html").read_text(encoding="utf-8")


def test_what_was_most_wrong_is_what_the_network_was_surest_of(run: Run, view: View) -> None:
    assert view.findings is not None
    arrays = {name: values[-24:] for name, values in things().items()}
    said = predict(run, arrays).columns
    wrong = [place for place in range(24) if said["kind"][place] != arrays["kind"][place]]
    margins = {place: said[f"kind_p_{said['kind'][place]}"][place] - said[f"kind_p_{arrays['kind'][place]}"][place] for place in wrong}
    found = view.findings.outputs["kind"]
    assert found.wrong == len(wrong) > 0
    for one, place in zip(found.mistakes, sorted(wrong, key=lambda place: -margins[place]), strict=False):
        assert (one.truth.value, one.said.value) == (arrays["kind"][place], said["kind"][place])
        assert one.place == f"data.npz, index {36 + place}"
        seen = {part.name: part for part in one.seen}
        assert seen["sequence"].value == arrays["sequence"][place] and seen["words"].value == arrays["words"][place]
        assert seen["size"].value == f"{arrays['size'][place]:.6g}"
        assert np.array_equal(seen["image"].value[..., 0], arrays["image"][place])
    numbers = view.findings.outputs["amount"]
    off = np.abs(np.array(said["amount"]).reshape(-1) - arrays["amount"])
    assert [one.place for one in numbers.mistakes[:3]] == [f"data.npz, index {36 + place}" for place in np.argsort(-off)[:3]]
    assert numbers.residuals is not None
    assert np.allclose(numbers.residuals.truth, arrays["amount"], rtol=1e-5) and numbers.residuals.count == 24


def test_what_is_not_there_any_more_is_said(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shutil.copytree(run.folder.parents[1], tmp_path / "runs") / "allthings" / "001"
    (folder / "checkpoints").rename(folder / "elsewhere")
    assert main(["report", str(folder), "-o", str(tmp_path / "one.html"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["missing"]) == 1 and "Nothing could be found out about examples" in told["missing"][0]
    assert told["page"] == str(tmp_path / "one.html") and "The network" in told["sections"] and "What the filters see" not in told["sections"]
    (folder / "spec.nn").write_text("network Other { input x: float[2] }", encoding="utf-8")
    assert main(["report", str(folder)]) == 0
    assert "The file and the network are not shown: " in capsys.readouterr().out
    assert "Curves" in Page((folder / "report.html").read_text(encoding="utf-8")).sections
    assert main(["report", str(folder), "-o", str(tmp_path / "one.pdf")]) == 2
    assert main(["report", str(tmp_path)]) == 1


class Quitting(Progress):
    """Presses Ctrl-C in an epoch; and remembers what is said."""

    def __init__(self, epoch: int):
        self.epoch_of_end, self.said = epoch, list[str]()

    def epoch(self, epoch: int, figures: Mapping[str, float], best: bool) -> None:
        if epoch == self.epoch_of_end:
            signal.raise_signal(signal.SIGINT)

    def say(self, message: Any) -> None:
        self.said.append(str(message))


def test_a_run_is_as_good_without_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(view: object) -> str:
        raise ZeroDivisionError("oh")

    progress = Quitting(1)
    with monkeypatch.context() as patched:
        patched.setattr(writing, "report_html", fail)
        run = trained(tmp_path, progress=progress)
    assert run.status == "interrupted" and run.evaluation is not None
    assert progress.said == [
        f"the run is complete, but its page report.html could not be made (ZeroDivisionError: oh); `nndsl report {run.folder}` tries again"
    ]
    assert not (run.folder / "report.html").exists()
    done = trained(tmp_path, resume=run.folder)
    assert done.status == "finished" and "trained to its end" in (done.folder / "report.html").read_text(encoding="utf-8")


# Kinds of networks -------------------------------------------------------------------------------

VAE = """
network Encoder {
  input image: float[6, 6]
  h = image -> Flatten
  output mean    = h -> Dense(2)
  output log_var = h -> Dense(2)
}

network Decoder {
  input z: float[2]
  output image = z -> Dense(36, activation=sigmoid) -> Reshape([6, 6])
}

data Images {
  source = npz("data.npz")
  image  = source.image
  split  = order(train=0.7, test=0.3)
}

train VAE {
  data = Images
  layer encoder = Encoder
  layer decoder = Decoder
  (mean, log_var) = image -> encoder
  again = mean + exp(0.5 * log_var) * normal(2) -> decoder
  minimize 36 * bce(again, image) + kl_normal(mean, log_var) over (encoder, decoder) with Adam(1e-3)
  metrics = [mse(again, image)]
  samples = [image, mean -> decoder]
  epochs  = 1
  batch   = 16
}
"""
SERIES = """
network Next {
  input past: float[12]
  output next: [3] = past -> Dense(3)
}

data Days {
  source = npz("data.npz")
  past   = source.size -> standardize -> windows(12)
  next   = source.size -> standardize -> horizon(3, season=7)
  split  = order(train=0.6, test=0.4)
}

train Forecast {
  model     = Next
  data      = Days
  loss      = mse
  optimizer = Adam(0.01)
  epochs    = 1
  batch     = 16
}
"""


def test_a_variational_autoencoder_is_shown_by_what_it_makes_again(tmp_path: Path) -> None:
    run = trained(tmp_path, VAE, things())
    page = page_of(run)
    assert "Reconstructions" in page.sections["image: how far off"] and "mean -> decoder" in page.sections["Samples"]
    assert page.cards() == 12
    figures = evaluate(run, progress=Progress())
    assert figures.outputs["image"].errors["rmse"] ** 2 == pytest.approx(figures.figures["mse"], rel=0.02), "images, not logits; but for the noise"


@pytest.mark.slow
def test_a_series_is_shown_by_its_forecasts(tmp_path: Path) -> None:
    page = page_of(trained(tmp_path, SERIES, things()))
    assert "size, forecast 1 to 3 rows ahead" in page.sections["Forecasts"] and "a season before" in page.sections["next: how far off"]
    assert "The learning rate was 0.01 after every epoch." in page.sections["The schedule as it ran"]


@pytest.mark.slow
@pytest.mark.parametrize("example", ["gan/gan", "dna_gan/dna_gan", "authors/authors", "pronunciation/pronunciation", "splice/splice", "autoencoder/vae"])
def test_the_pages_of_examples_are_whole(example: str, tmp_path: Path) -> None:
    file = Path(__file__).parents[2] / "examples" / f"{example}.nn"
    assert main(["train", str(file), "--epochs", "1", "--runs", str(tmp_path)]) == 0
    (found,) = tmp_path.glob("*/001/report.html")
    sections = Page(found.read_text(encoding="utf-8")).sections
    wanted = {"gan": "Samples", "dna_gan": "What the filters see", "authors": "author: right and wrong", "pronunciation": "next: right and wrong",
              "splice": "What the filters see", "autoencoder": "image: how far off"}
    assert wanted[example.partition("/")[0]] in sections


# What filters see --------------------------------------------------------------------------------


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 3)])
def test_a_motif_is_made_of_what_lies_below_the_places_where_its_filter_is_active(padding: Any, stride: int, dilation: int) -> None:
    """As Keras computes it: the response at a place depends on the letters that are counted there, and on no others."""
    import keras

    chance = np.random.default_rng(1)
    letters = np.eye(4, dtype="float32")[chance.integers(0, 4, (400, 30))]
    layer = keras.layers.Conv1D(1, 4, strides=stride, padding=padding, dilation_rate=dilation, use_bias=False)
    layer.build((None, 30, 4))
    kernel = np.zeros((4, 4, 1), "float32")
    kernel[[0, 1, 2, 3], [2, 0, 3, 0], 0] = 1  # GATA
    layer.set_weights([kernel])
    active = np.maximum(np.asarray(layer(letters)) - 3.5, 0)
    settings = Conv1D(filters=1, kernel_size=4, strides=stride, padding=padding, dilation_rate=dilation)
    (motif,) = looking._motifs(settings, active, letters, np.ones(1))
    assert np.array_equal(motif.frequencies, kernel[:, :, 0])
    assert motif.places == (active > 0).sum() and motif.sequences == (active.max((1, 2)) > 0).sum()


def test_a_filter_that_is_nowhere_active_has_no_motif() -> None:
    settings = Conv1D(filters=2, kernel_size=3)
    active = np.stack([np.zeros((2, 4)), np.ones((2, 4))], axis=-1)
    (motif,) = looking._motifs(settings, active, np.zeros((2, 6, 4), "float32"), np.ones(2))
    assert motif.filter == 1 and np.allclose(motif.frequencies, 0.25), "unknown letters say nothing"
