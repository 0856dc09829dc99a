"""The pages say what is so: written ones are current, samples are compiled, and commands print what the README shows."""

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nndsl
from docs import make, site
from nndsl import costs
from nndsl.catalogue.applicable import Function, Layer
from nndsl.cli import main
from nndsl.driver import check
from nndsl.index import complete_index
from nndsl.mending import mend
from nndsl.source import Source
from nndsl.syntax.formatting import formatted
from nndsl.syntax.reading import read_source

ROOT = Path(__file__).parents[1]
LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", [*make.pages()], ids=lambda path: path.name)
def test_a_page_that_is_written_from_the_code_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == make.pages()[path], "run `python -m docs.make`"


def test_the_index_explains_every_diagnostic() -> None:
    page = make.errors_page()
    for entry in complete_index().values():
        assert f"### {entry.code}: " in page
        assert entry.explanation.partition("\n")[0] in page


@pytest.mark.parametrize("case", make.first_cases().values(), ids=lambda path: path.stem)
def test_a_mended_case_has_no_mistake_left(case: Path) -> None:
    assert list(check(make.mended(case))[1]) == []


def test_what_mends_a_case_is_written_only_where_it_is_shown_and_not_certain() -> None:
    shown = {one.name: one for one in make.first_cases().values()}
    for written in (make.CASES / "mended").iterdir():
        assert mend(read_source(shown[written.name], name=written.name))[0].source.text != written.read_text(encoding="utf-8"), written


def test_the_catalogue_lists_every_layer_and_function_once() -> None:
    page = make.catalogue_page()
    for component in [*Layer.registered(), *Function.registered()]:
        named = re.findall(rf"^- `(?:\(.*\) -> )?{component.called()}[(`]", page, re.MULTILINE)
        assert named, component.called()


def test_a_signature_is_written_as_a_call() -> None:
    assert make.signature(Layer.members["Dropout"]) == "Dropout(rate, noise_shape=none, seed=none)"
    assert make.signature(Function.members["concatenate"]).startswith("concatenate(")
    assert make.signature(Layer.members["Subtract"]) == "(one, other) -> Subtract"


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    assert site.build(tmp_path / "site") == 0
    assert (tmp_path / "site" / "docs" / "tutorial.html").exists()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that samples name."""
    rows = [f"{n},{n * 2},{['red', 'blue', 'green'][n % 3]},{'abc'[n % 3]}" for n in range(30)]
    (tmp_path / "flowers.csv").write_text("\n".join(["length,width,color,species", *rows]).replace("green", "red"), encoding="utf-8")
    (tmp_path / "genome.fa").write_text(">chr1\nACGT\n")
    (tmp_path / "peaks.bed").write_text("chr1\t900\t1100\n")
    (tmp_path / "calls.vcf").write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    for track in ("plus.bw", "minus.bw"):
        (tmp_path / track).write_bytes(b"\x26\xfc\x8f\x88")
    np.savez(tmp_path / "digits.npz", images=np.zeros((20, 28, 28, 1), "uint8"), labels=np.arange(20) % 10)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("files")
def test_the_samples_of_the_language_are_compiled() -> None:
    """Each stands alone, but for those of training, which go on with that of data."""
    samples = blocks(LANGUAGE, "nn")
    data = next(one for one in samples if "data Flowers" in one)
    for sample in samples:
        nndsl.loads(data + sample if "= Flowers" in sample else sample)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("page", ["recipes", "coming_from"])
def test_the_samples_of_a_page_are_compiled_without_a_warning(page: str) -> None:
    for sample in blocks((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"), "nn"):
        assert not list(nndsl.loads(sample).report), sample
        assert formatted(Source(page, sample)) == sample


@pytest.mark.usefixtures("files")
def test_a_network_beside_one_of_keras_has_as_many_parameters() -> None:
    page = (ROOT / "docs" / "coming_from.md").read_text(encoding="utf-8")
    made: dict[str, Any] = {}
    exec(blocks(page, "python")[0], made)  # noqa: S102 - of a page of this repository
    assert made["model"].count_params() == costs.params(nndsl.loads(blocks(page, "nn")[0]).checked.network().graph)


def test_the_samples_of_the_readme_are_compiled() -> None:
    for sample in blocks(README, "nn"):
        nndsl.loads(sample)


def test_the_layer_of_the_contributors_page_is_one_of_the_catalogue() -> None:
    layer = blocks((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "python")[0]
    modules = (ROOT / "nndsl" / "catalogue" / "layers").glob("*.py")
    assert any(layer in path.read_text(encoding="utf-8") for path in modules)


SHOWN = [block for block in blocks(README, "console") if re.match(r"\$ nndsl (check|summary|explain|render) ", block)]


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.partition("\n")[0])
def test_a_command_prints_what_the_readme_shows(
    block: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command, _, shown = block.partition("\n")
    monkeypatch.chdir(ROOT)
    main(shlex.split(command)[2:])
    printed = "".join(capsys.readouterr())
    assert printed.strip() == shown.strip()


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", text):
        assert (page.parent / target).exists(), target
