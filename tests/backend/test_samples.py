"""What a training makes: samples of its tensors, as numbers and as a picture."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nndsl.api import generate
from nndsl.backend.keras.samples import as_npz, files
from nndsl.cli import main
from nndsl.diagnostics import UserError
from nndsl.diagram.sheet import are_images, as_png
from nndsl.driver import check
from nndsl.findings import Made
from nndsl.run import Run
from nndsl.source import Source
from tests.backend.test_objectives import ARRAYS, FILE, GAN
from tests.backend.trainings import blobs, trained, write

NOISE = GAN.replace("noise -> generator", "normal(3) -> generator")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("samples"), FILE.replace("STATEMENTS", f"{NOISE}\n  samples = [fake, image]"), ARRAYS)


def made(run: Run, **wish: Any) -> list[Any]:
    found = generate(run, **wish)
    assert isinstance(found, list)
    return found


def test_a_run_keeps_samples(run: Run) -> None:
    with np.load(run.folder / "samples.npz") as kept:
        assert {name: one.shape for name, one in kept.items()} == {"sample_1": (8, 6), "sample_2": (8, 6)}
        assert (kept["sample_2"] == ARRAYS["image"][ARRAYS["part"] == 2]).all()


def test_samples_are_generated_again_and_others_with_another_seed(run: Run) -> None:
    with np.load(run.folder / "samples.npz") as kept:
        expected = kept["sample_1"]
    np.testing.assert_allclose(made(run)[0], expected, rtol=1e-5)
    assert (made(run, seed=1)[0] != expected).all()


def test_samples_of_noise_alone_are_as_many_as_asked_for_and_need_no_data(tmp_path: Path) -> None:
    run = trained(tmp_path, FILE.replace("STATEMENTS", f"{NOISE}\n  samples = fake"), ARRAYS)
    (tmp_path / "data.npz").unlink()
    assert [one.shape for one in made(run, count=100)] == [(100, 6)]


def test_samples_of_other_data_than_those_of_the_training_are_refused(tmp_path: Path) -> None:
    run = trained(tmp_path, FILE.replace("STATEMENTS", f"{NOISE}\n  samples = [fake, image]"), ARRAYS)
    np.savez(tmp_path / "data.npz", **{**ARRAYS, "image": 1 - ARRAYS["image"]})
    with pytest.raises(UserError, match=r"NN718.* the run .* was started with another data \(SHA-256\)"):
        generate(run)


def test_a_command_writes_samples(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", str(run.folder), "-o", str(tmp_path / "x.npz"), "--count", "5"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'x.npz'}  5 examples\n"
    assert main(["generate", str(run.folder), "-o", str(tmp_path / "x.png")]) == 2
    assert "the samples are no images; write them to a .npz file" in capsys.readouterr().err
    assert main(["generate", str(run.folder), "-o", str(tmp_path / "x.fasta")]) == 2
    assert "the samples are no letters" in capsys.readouterr().err
    assert main(["generate", str(run.folder), "-o", str(tmp_path / "x.jpg")]) == 2


def test_a_training_without_samples_generates_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="NN726.*has no `samples`"):
        generate(trained(tmp_path))


def test_samples_go_with_objectives_that_are_written_out(tmp_path: Path) -> None:
    path = write(tmp_path, blobs(more="samples = label"))
    _, report = check(Source("net.nn", path.read_text(), path))
    assert [one.code for one in report] == ["NN638"]


def test_a_picture_of_one_kind_is_a_square_and_of_several_a_row_each() -> None:
    one, other = np.zeros((9, 8, 8)), np.ones((9, 8, 8, 1))
    with Image.open(io.BytesIO(as_png([one]))) as picture:
        assert picture.size == (3 * 9 * 4, 3 * 9 * 4)
        assert picture.getpixel((0, 0)) == (0, 0, 0)
    with Image.open(io.BytesIO(as_png([one, other]))) as picture:
        assert picture.size == (16 * 9 * 4, 2 * 9 * 4)
        assert picture.getpixel((0, 9 * 4)) == (255, 255, 255)


def test_letters_are_kept_as_letters_with_their_numbers_and_never_as_a_picture() -> None:
    noise = np.random.default_rng(0).random((2, 3, 4))
    drawn = np.eye(4)[[[0, 1, 2], [3, 3, 0]]]
    drawn[1, 2] = 0
    kept = files([Made("fake", drawn, "ACGT"), Made("", noise)])
    assert list(kept) == ["samples.npz", "samples.fasta"]
    assert kept["samples.fasta"].decode() == ">fake_1\nACG\n>fake_2\nTTN\n"
    assert list(files([Made("", noise)])) == ["samples.png"] and not files([])


def test_images_have_one_size_and_one_or_three_channels() -> None:
    assert are_images([np.zeros((2, 8, 8)), np.zeros((2, 8, 8, 3))])
    assert not are_images([np.zeros((2, 8, 8)), np.zeros((2, 9, 8))])
    assert not are_images([np.zeros((2, 8, 8, 2))]) and not are_images([np.zeros((2, 64))])
    with np.load(io.BytesIO(as_npz([np.arange(3)]))) as kept:
        assert kept["sample_1"].tolist() == [0, 1, 2]
