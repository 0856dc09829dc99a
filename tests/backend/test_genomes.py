"""The peaks of the language's first page are learnt, from a genome and the intervals in it, and told apart on other chromosomes."""

import random
from pathlib import Path

import numpy
import pytest

from nndsl.backend.keras.evaluate import predict
from nndsl.run import Run
from tests.backend.trainings import trained

SAMPLE = (Path(__file__).parents[1] / "syntax" / "samples" / "genomes.nn").read_text(encoding="utf-8")
PEAKS = "data Peaks" + "\n".join(line for line in SAMPLE.partition("data Peaks")[2].splitlines() if "augment" not in line)
MOTIF, WIDTH = "TGACTCAGG", 60
NETWORK = """
network Finder {
  input sequence: float[L, 4]
  output open = sequence -> Conv1D(8, 9, activation=relu) -> GlobalMaxPooling1D -> Dense(1, activation=sigmoid)
}
train Found {
  model     = Finder
  data      = Peaks
  loss      = bce
  optimizer = Adam(learning_rate=0.03)
  metrics   = [binary_accuracy]
  epochs    = 30
  batch     = 16
  seed      = 1
}
"""


def write_genome(folder: Path) -> None:
    """Three chromosomes of windows; those with a score of 1 have the motif somewhere, on the strand that is read."""
    draw = random.Random(3)
    genome, rows = [], []
    for name in ("chr1", "chr8", "chr9"):
        pieces = []
        for row in range(160 if name == "chr1" else 40):
            piece, at = draw.choices("ACGT", k=WIDTH), draw.randrange(2, WIDTH - 12)
            piece[at : at + len(MOTIF)] = MOTIF if row % 2 else piece[at : at + len(MOTIF)]
            pieces.append("".join(piece))
            rows.append(f"{name}\t{row * WIDTH + WIDTH // 2}\t{row * WIDTH + WIDTH // 2 + 1}\tp\t{row % 2}\n")
        genome.append(f">{name}\n{''.join(pieces)}\n")
    (folder / "genome.fa").write_text("".join(genome))
    (folder / "peaks.bed").write_text("".join(rows))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("peaks")
    write_genome(folder)
    return trained(folder, PEAKS.replace("width=1000", f"width={WIDTH}") + NETWORK)


def test_peaks_are_told_apart_on_chromosomes_that_were_not_learnt_from(found: Run) -> None:
    assert found.history[-1]["val_binary_accuracy"] > 0.9


def test_other_intervals_of_the_genome_are_predicted_from(found: Run) -> None:
    folder = found.folder.parents[2]
    rows = [line for line in (folder / "peaks.bed").read_text().splitlines() if line.startswith("chr9")]
    (folder / "other.bed").write_text("\n".join(rows[:10]))
    said = predict(found, folder / "other.bed")
    assert [round(float(numpy.ravel(one)[0])) for one in said.columns["open"]] == [0, 1] * 5
    named = zip(said.columns["chromosome"], said.columns["start"], said.columns["end"], strict=True)
    assert ["\t".join(map(str, one)) for one in named] == ["\t".join(row.split("\t")[:3]) for row in rows[:10]]
