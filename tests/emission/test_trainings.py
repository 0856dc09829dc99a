"""Trainings as programs: run where there is no nndsl, they give the figures of `nndsl train`."""

import re
from pathlib import Path

import pytest

from nndsl.backend.keras.train import train
from nndsl.diagnostics import UserError
from nndsl.driver import check
from nndsl.emission.program import training_program, written_program
from nndsl.progress import Progress
from nndsl.source import Source
from tests.emission.programs import ROOT, program_of, ran

EXAMPLES = ROOT / "examples"
GROWN = 1e-2
TWO_EPOCHS = {r"epochs( *)= \d+": r"epochs\1= 2"}


def compare(path: Path, folder: Path, tolerance: float = 1e-5) -> None:
    """Train a file for two epochs, by nndsl and by its program, and hold the figures of each epoch against each other.

    Args:
        tolerance: for the first epoch; in the second, rounding has grown.
    """
    program = program_of(path, TWO_EPOCHS)
    (training,) = program.trainings.values()
    mine = ran(program, folder)
    run = train(program, training, folder=folder / "runs", progress=Progress())
    assert len(mine.epochs) == len(run.history) == 2
    for place, (one, other) in enumerate(zip(mine.epochs, run.history, strict=True)):
        shared = {name: value for name, value in one.items() if not name.endswith("learning_rate")}
        assert shared and shared == pytest.approx({name: other[name] for name in shared}, rel=(tolerance, GROWN)[place], abs=1e-6)
    if mine.parameters is not None:
        from nndsl import costs

        (learnt,) = training.learnt.values()
        assert mine.parameters == costs.params(learnt.written.graph)


def test_a_program_gives_the_figures_of_the_training(tmp_path: Path) -> None:
    """A table with missing values, dropout in the step, a split by classes."""
    compare(EXAMPLES / "penguins" / "penguins.nn", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["authors/authors", "digits/digits", "splice/splice", "names/names", "births/births", "autoencoder/autoencoder", "autoencoder/vae", "gan/gan", "dna_gan/dna_gan",
     "pronunciation/pronunciation"],
)
def test_a_program_of_any_kind_gives_the_figures_of_the_training(name: str, tmp_path: Path) -> None:
    compare(EXAMPLES / f"{name}.nn", tmp_path, 1e-3 if "gan" in name else 1e-5)  # rounding grows where networks learn from each other


def test_tensors_of_a_loop_have_the_names_of_the_statements_that_they_end(tmp_path: Path) -> None:
    text = written_program(program_of(EXAMPLES / "gan" / "gan.nn"), None, tmp_path)
    assert "fake = generator(noise, training=training)" in text and "discriminator(fake, training=training)" in text
    text = written_program(program_of(EXAMPLES / "autoencoder" / "vae.nn"), None, tmp_path)
    assert re.search(r"noise = keras.random.normal\(\n.*\n +\)\n +z = .* \* noise\)\n", text), text


# Refusals ----------------------------------------------------------------------------------------

TABLE = "a,b,c\n" + "".join(f"{row},{row % 3},{row % 2}\n" for row in range(40))
FILE = """\
data Rows {{
  source = {source}
  x      = (source.a, source.b) -> {encoders}
  y      = source.c -> category(0, 1)
  split  = {split}
}}
network Net {{
  input x: float[{sizes}]
  output y = x -> Flatten -> Dense(2, activation=softmax)
}}
train T {{
  model     = Net
  data      = Rows
  loss      = crossentropy
  optimizer = Adam({rate})
  epochs    = 1
  {more}
}}
"""


def refused(folder: Path, **parts: str) -> str:
    """The code of the diagnostic with which a training is refused, and its place in the text."""
    (folder / "rows.csv").write_text(TABLE, encoding="utf-8")
    given = {"source": 'csv("rows.csv")', "encoders": "standardize", "split": "random(train=1)", "sizes": "2", "rate": "1e-3", "more": "", **parts}
    program, report = check(Source("t.nn", FILE.format(**given), folder / "t.nn"))
    assert not report.errors, list(report)
    (training,) = program.trainings.values()
    with pytest.raises(UserError) as caught:
        training_program(program, training, folder)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None
    return f"{diagnostic.code} {diagnostic.span.text}"


def test_an_encoder_after_a_window_is_refused_at_its_place(tmp_path: Path) -> None:
    said = refused(tmp_path, encoders="float -> windows(3) -> scale(2)", sizes="3, 2", split="order(train=1)", more="batch = 4")
    assert said == "NN801 scale(2)"


def test_an_average_of_weights_is_refused_at_its_place(tmp_path: Path) -> None:
    assert refused(tmp_path, rate="1e-3, use_ema=true").startswith("NN802 Adam(1e-3, use_ema=true)")


def test_a_penalty_through_a_normalization_is_refused_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n" + "1,2\n" * 40, encoding="utf-8")
    text = (ROOT / "tests" / "diagnostics" / "mended" / "NN431_batch_normalization_in_a_critic.nn").read_text(encoding="utf-8")
    program, _ = check(Source("t.nn", text, tmp_path / "t.nn"))
    with pytest.raises(UserError) as caught:
        training_program(program, program.trainings["T"], tmp_path)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "NN802" and diagnostic.span is not None
    assert diagnostic.span.text.startswith("gradient_penalty(")
    plain, _ = check(Source("t.nn", text.replace(" -> LayerNorm", ""), tmp_path / "t.nn"))
    assert "penalty_on_gradient(" in training_program(plain, plain.trainings["T"], tmp_path)


def test_a_source_that_takes_a_genome_is_refused_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "genome.fa").write_text(">chr1\n" + "ACGT" * 50 + "\n>chr2\n" + "ACGT" * 50 + "\n", encoding="utf-8")
    rows = "".join(f"chr{1 + row % 2}\t{20 + row}\t{24 + row}\tn\t{row % 2}\n" for row in range(40))
    (tmp_path / "peaks.bed").write_text(rows, encoding="utf-8")
    text = """\
data Peaks {
  source = intervals("peaks.bed", genome="genome.fa", width=8)
  x = source.sequence -> dna
  y = source.score -> category(0, 1)
  split = chromosomes(test=chr2)
}
network Net {
  input x: float[8, 4]
  output y = x -> Flatten -> Dense(2, activation=softmax)
}
train T {
  model = Net
  data = Peaks
  loss = crossentropy
  optimizer = Adam(1e-3)
}
"""
    program, report = check(Source("t.nn", text, tmp_path / "t.nn"))
    assert not report.errors, list(report)
    with pytest.raises(UserError) as caught:
        written_program(program, None, tmp_path)
    assert [one.code for one in caught.value.diagnostics] == ["NN800"]
    assert "def build" in written_program(program, "Net", tmp_path)


def test_a_program_of_a_file_without_data_builds_its_network(tmp_path: Path) -> None:
    program = program_of(ROOT / "specs" / "lenet5.nn")
    assert written_program(program, None, tmp_path).endswith('if __name__ == "__main__":\n    build().summary()\n')


def test_the_page_shows_the_program_of_the_digits_as_it_is() -> None:
    folder = EXAMPLES / "digits"
    text = written_program(program_of(folder / "digits.nn"), None, folder)
    page = (ROOT / "docs" / "leaving.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert f"digits.py  {len(text.splitlines())} lines" in page
    for part in shown.strip().split("\n\n\n"):
        assert part in text, part
