"""Every kind of network, trained by the command of its README: its figure on test examples, and how far one gets without it.

    python -m examples.table                            # the table of the README: about forty minutes
    python -m examples.table names births --seeds 1     # some of its rows

A training whose folder is there already is not made again.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import yaml

from examples.baselines import BASELINES, difference, parts

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 1800
"""In seconds: how long a command may take on a machine that has much else to do."""


class Failed(Exception):
    """A command of nndsl that did not do what its README says; its text is what was printed."""


def nndsl(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs the command as a user does."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "nndsl", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    if done.returncode:
        raise Failed(done.stdout + done.stderr)
    return done


class Runs:
    """The trainings of one seed, each made when it is first asked for."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.seed = seed
        self._folder = folder / f"seed{seed}"

    def of(self, file: str) -> Path:
        """The run folder of an example, trained by the command of its README."""
        folder = self._folder / file.removesuffix(".nn").replace("/", "_")
        done = [one.parent for one in folder.glob("*/0*/run.yaml") if settings(one.parent)["status"] in ("finished", "stopped early")]
        if done:
            return max(done)
        said = nndsl(*command(file)[1:], "--seed", self.seed, "--runs", folder)
        return Path(said.stdout.splitlines()[-1].removeprefix("run: "))


def command(file: str) -> list[str]:
    """How the README of an example says that it is trained."""
    text = (ROOT / "examples" / file).parent.joinpath("README.md").read_text(encoding="utf-8")
    written = re.search(rf"^nndsl train examples/{re.escape(file)}.*$", text, re.MULTILINE)
    if written is None:
        raise Failed(f"the README of {file} does not say how it is trained")
    return shlex.split(written[0])


def settings(run: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = yaml.safe_load((run / "run.yaml").read_text(encoding="utf-8"))
    return found


def evaluation(run: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((run / "evaluation.json").read_text(encoding="utf-8"))
    return found


# Figures -----------------------------------------------------------------------------------------

Figure = Callable[[Runs, str], float]
"""The figure of the run of a file."""


def figure_called(name: str) -> Figure:
    return lambda runs, file: float(evaluation(runs.of(file))["figures"][name])


accuracy = figure_called("accuracy")


def error_of_forecasts(runs: Runs, file: str) -> float:
    return float(evaluation(runs.of(file))["outputs"]["next"]["errors"]["mae"])


def phoneme_error_rate(runs: Runs, file: str) -> float:
    """What `nndsl generate` says of the words it reads aloud."""
    said = re.search(r"token error rate (\d\.\d+)", nndsl("generate", runs.of(file)).stderr)
    assert said is not None
    return float(said[1])


def made(run: Path, count: int) -> Any:
    """What a generator makes: the first tensor of `samples`."""
    out = run / "made.npz"
    nndsl("generate", run, "--count", count, "-o", out)
    with numpy.load(out) as arrays:
        return arrays["sample_1"]


def recognised(runs: Runs, images: Any) -> tuple[float, int]:
    """The share of some images that the classifier of digits is sure of, and how many there are of the rarest digit."""
    table = runs.of("gan/gan.nn") / "images.npz"
    numpy.savez(table, x=(images[..., 0] * 16).round().astype("uint8"))
    said = json.loads(nndsl("predict", runs.of("digits/digits.nn"), table, "--json").stdout)
    sure = [max(one[f"p_{digit}"] for digit in range(10)) > 0.9 for one in said]
    return sum(sure) / len(sure), min(sum(one["label"] == str(digit) for one in said) for digit in range(10))


def recognised_digits(runs: Runs, file: str) -> float:
    return recognised(runs, made(runs.of(file), 1000))[0]


def noise_taken_for_digits(runs: Runs) -> tuple[str, float]:
    return "random pixels", recognised(runs, numpy.random.default_rng(1).random((1000, 8, 8, 1)))[0]


def difference_of_frequencies(runs: Runs, file: str) -> float:
    data = parts(file)
    count = len(data["train"]["sequence"])
    return difference(made(runs.of(file), count).argmax(-1), data["test"]["sequence"].argmax(-1))


@dataclass(frozen=True)
class Example:
    """One row.

    Attributes:
        kind: of network.
        file: in `examples/`.
        data: what it learns from, in a few words.
        name: of the figure, as the README of the example has it.
        bound: what the figure keeps, whatever the seed.
        less: whether less is better.
        baseline: how far one gets without the network, where `baselines.py` does not say it.
    """

    kind: str
    file: str
    data: str
    bound: float
    name: str = "test accuracy"
    figure: Figure = accuracy
    less: bool = False
    baseline: Callable[[Runs], tuple[str, float]] | None = None

    @property
    def folder(self) -> str:
        return self.file.partition("/")[0]

    def keeps(self, figure: float) -> bool:
        return figure <= self.bound if self.less else figure >= self.bound

    def without(self, runs: Runs) -> tuple[str, float]:
        """The best baseline, by its name."""
        return self.baseline(runs) if self.baseline else list(BASELINES[self.file](parts(self.file)).items())[-1]


EXAMPLES: Sequence[Example] = (
    Example("multilayer perceptron", "penguins/penguins.nn", "344 penguins in a table", 0.97),
    Example("convolutional network", "digits/digits.nn", "1,797 images of digits", 0.98),
    Example("convolutional network of DNA", "splice/splice.nn", "3,001 windows around splice junctions", 0.94),
    Example("its filters as motifs", "promoters/promoters.nn", "8,000 windows of the fruit fly", 0.72),
    Example("dilated residual network", "splice_human/splice_human.nn", "2,146 windows of human genes", 0.88),
    Example("simple recurrent network", "names/names.nn", "8,003 first names", 0.85),
    Example("LSTM, masked", "peptides/peptides.nn", "4,642 peptides", 0.89),
    Example("GRU", "reading_frames/reading_frames.nn", "8,400 windows of a bacterium", 0.87),
    Example("GRU forecast", "births/births.nn", "births of 7,305 days", 0.275, "mean absolute error", error_of_forecasts, less=True),
    Example("Transformer classifier", "authors/authors.nn", "7,398 sentences", 0.94),
    Example("Transformer language model", "moby_dick/moby_dick.nn", "1.2 million characters", 0.52),
    Example(
        "sequence to sequence, attention", "pronunciation/pronunciation.nn", "20,000 words and their phonemes", 0.17,
        "phoneme error rate", phoneme_error_rate, less=True,
    ),
    Example("autoencoder", "autoencoder/autoencoder.nn", "1,797 images of digits", 0.015, "squared error, autoencoder", figure_called("loss"), less=True),
    Example("variational autoencoder", "autoencoder/vae.nn", "1,797 images of digits", 0.04, "squared error, variational", figure_called("mse"), less=True),
    Example(
        "GAN", "gan/gan.nn", "1,797 images of digits", 0.5, "recognised with more than 90 %", recognised_digits, baseline=noise_taken_for_digits,
    ),
    Example(
        "GAN of DNA", "dna_gan/dna_gan.nn", "679 donor sites", 0.055, "difference of frequencies", difference_of_frequencies, less=True,
    ),
)


def rows(examples: Sequence[Example], folder: Path, seeds: Sequence[int]) -> Iterator[str]:
    """The table, row by row, as Markdown. The time is that of the fastest training: what else a machine does is no part of it."""
    yield "| kind | spec | data | figure | without a network | time |"
    yield "|---|---|---|---|---|---|"
    for one in examples:
        trained = [Runs(folder, seed) for seed in seeds]
        figures = ", ".join(f"{one.figure(runs, one.file):.4f}" for runs in trained)
        seconds = min(settings(runs.of(one.file))["seconds"] for runs in trained)
        name, baseline = one.without(trained[0])
        yield (
            f"| [{one.kind}](examples/{one.folder}/README.md) | [{Path(one.file).name}](examples/{one.file}) | {one.data} "
            f"| {one.name} {figures} | {name}: {baseline:.4f} | {seconds:.0f} s |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.table", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = sorted({one.folder for one in EXAMPLES})
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(known)} (default: all)")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], metavar="SEED")
    parser.add_argument("--runs", type=Path, default=Path("runs/table"), metavar="FOLDER", help="where the run folders are (default: runs/table)")
    options = parser.parse_args()
    for name in options.names:
        if name not in known:
            parser.error(f"there is no example {name}; there are {', '.join(known)}")
    for row in rows([one for one in EXAMPLES if one.folder in (options.names or known)], options.runs.resolve(), options.seeds):
        print(row, flush=True)


if __name__ == "__main__":
    main()
