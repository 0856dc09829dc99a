"""Files that cannot be read as data: missing, damaged, cut off, too large, or something else than they are said to be."""

import gzip
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nndsl.diagnostics import UserError
from tests.data.blocks import mistakes, planned, said

TABLE = 'source = csv("t.csv")\n'


def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("x,y\n1,a\n2,é\n".encode("latin-1"))
    assert "t.csv, line 3: the text is not UTF-8" in said(tmp_path, TABLE + "x = source.y -> category")
    (tmp_path / "t.txt").write_bytes("a\né\n".encode("latin-1"))
    assert "t.txt, line 2: the text is not UTF-8" in said(tmp_path, 'source = lines("t.txt")\nx = source.text -> words')


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"PAR1\x15\x04", "a Parquet file"), (gzip.compress(b"x,y\n1,a\n"), "compressed by gzip"), (b"PK\x03\x04\0\0", "a ZIP archive, as spreadsheets are"),
     ("x,y\n1,a\n".encode("utf-16"), "text in UTF-16")],
    ids=["Parquet", "gzip", "ZIP", "UTF-16"],
)
def test_a_file_whose_name_is_not_what_it_is_says_what_it_is(content: bytes, kind: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    assert f"t.csv is {kind}, where a table as text in UTF-8 is expected" in said(tmp_path, TABLE + "x = source.y -> category")


def test_a_header_that_is_not_utf8_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(bytes(range(256)))
    assert mistakes(tmp_path, TABLE + "x = source.x -> float")[0].code == "NN503"


@pytest.mark.parametrize("cut", [1, 5, 30, 200])
def test_a_compressed_file_that_is_cut_off_is_a_mistake(tmp_path: Path, cut: int) -> None:
    whole = gzip.compress(b"x\n" + b"".join(b"%d\n" % (n * n % 977) for n in range(1000)))
    for name, field in [("csv", "x = source.x -> float"), ("lines", "x = source.text -> words")]:
        (tmp_path / "t.gz").write_bytes(whole[:-cut])
        assert "t.gz is not a complete gzip file" in said(tmp_path, f'source = {name}("t.gz")\n{field}')


def test_what_is_called_gz_and_is_not_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_text("x\n1\n")
    assert "t.csv.gz is not a complete gzip file" in said(tmp_path, 'source = csv("t.csv.gz")\nx = source.x -> float')


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('csv("tt.csv")', "tt.csv does not exist"),
        ('csv("none/t.csv")', "t.csv does not exist"),
        ('csv("folder")', "folder is a folder, not a file"),
        ('images("photos", size=[2, 2])', "photos does not exist"),
        ('images("folder", size=[2, 2])', "there is no image in the folder folder"),
        ('npz("t.csv")', "t.csv is not an NPZ file"),
        ('npy("t.csv")', "t.csv is not an NPY file"),
        ('fasta("t.csv")', "t.csv is not a FASTA file: it does not start with `>`"),
    ],
)
def test_a_source_that_is_not_there_or_something_else_is_a_mistake(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "t.csv").write_text("x\n1\n")
    (tmp_path / "folder").mkdir()
    (found,) = mistakes(tmp_path, f"source = {source}\nx = source.x -> float")
    assert message in found.message and found.span is not None and found.span.text == source


def test_a_missing_file_is_guessed_by_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "penguins.csv").write_text("x\n1\n")
    assert "did you mean `penguins.csv`, which is there?" in said(tmp_path, 'source = csv("pengiuns.csv")\nx = source.x -> float')


def test_a_file_that_may_not_be_read_is_a_mistake() -> None:
    administrator = os.geteuid() == 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "t.csv").write_text("x\n1\n")
        (folder / "t.csv").chmod(0)
        if administrator:  # who may read everything, so the test becomes somebody else
            os.seteuid(65534)
        try:
            assert "NN503]: " in said(folder, TABLE + "x = source.x -> float")
            assert "t.csv cannot be read: permission denied" in said(folder, TABLE + "x = source.x -> float")
        finally:
            if administrator:
                os.seteuid(0)


@pytest.mark.parametrize("path", ["t" * 300, "a\\u0000b"])
def test_a_path_that_cannot_be_is_refused(tmp_path: Path, path: str) -> None:
    assert mistakes(tmp_path, f'source = csv("{path}")\nx = source.x -> float')


def test_a_device_is_not_a_file(tmp_path: Path) -> None:
    assert "zero is a device, not a file" in said(tmp_path, 'source = csv("/dev/zero")\nx = source.x -> float')


def test_a_file_too_large_to_be_read_for_a_check_has_to_be_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nndsl.data.plan.SCANNED_FOR_CHECK", 3)
    (tmp_path / "t.csv").write_text("x,y\na,ACGT\nb,AC\n")
    text = said(tmp_path, TABLE + "x = source.x -> category")
    assert "NN507" in text and "list the classes: `category(a, b, ...)`" in text
    assert "give the length: `-> pad(length)`" in said(tmp_path, TABLE + "y = source.y -> dna")
    assert "give the size of the vocabulary" in said(tmp_path, TABLE + "y = source.y -> characters")
    assert planned(tmp_path, TABLE + "x = source.x -> category(a, b)\ny = source.y -> dna(length=4)").load()["train"].fields[
        "y"
    ].shape == (2, 4, 4)


@pytest.mark.parametrize(("delimiter", "repair"), [(";", 'write `delimiter=";"`'), ("\t", "write `tsv(...)`"), ("|", 'write `delimiter="|"`')])
def test_another_delimiter_is_recognised(tmp_path: Path, delimiter: str, repair: str) -> None:
    (tmp_path / "t.csv").write_text(f"x{delimiter}y\n1{delimiter}2\n")
    assert repair in said(tmp_path, TABLE + "x = source.x -> float")


def test_commas_are_recognised_in_what_is_said_to_have_tabs(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,2\n")
    assert "write `csv(...)`" in said(tmp_path, 'source = tsv("t.csv")\nx = source.x -> float')


def test_an_array_of_objects_is_refused_without_being_opened(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.array([{}, []], object))
    assert "array `x` of a.npz cannot be used: it holds Python objects" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


def test_arrays_of_different_lengths_are_no_table(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.ones(3), y=numpy.ones(2))
    assert "do not have the same number of examples" in said(tmp_path, 'source = npz("a.npz")\nx = source.x\ny = source.y')


@pytest.mark.parametrize("arrays", [{"x": numpy.array(3.0)}, {}], ids=["one number", "nothing"])
def test_a_file_without_examples_is_no_table(tmp_path: Path, arrays: dict[str, Any]) -> None:
    numpy.savez(tmp_path / "a.npz", **arrays)
    assert "a.npz has no array whose first axis counts examples" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


def test_an_archive_that_is_cut_off_is_a_mistake(tmp_path: Path) -> None:
    numpy.savez_compressed(tmp_path / "a.npz", x=numpy.arange(1000))
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[: len(whole) // 2])
    assert "a.npz is not an NPZ file, or it is damaged" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


def test_a_member_of_an_archive_that_is_no_array_is_a_mistake(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", b"hello")
    assert "a.npz is not an NPZ file, or it is damaged" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


def test_an_array_whose_contents_are_damaged_is_a_mistake(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.arange(1000))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[len(content) // 2] ^= 255
    (tmp_path / "a.npz").write_bytes(content)
    assert "a.npz is damaged" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


@pytest.mark.parametrize("content", [b"not an image", b"", b"\x89PNG\r\n\x1a\n"], ids=["text", "nothing", "a header only"])
def test_an_unreadable_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "photos/cat").mkdir(parents=True)
    (tmp_path / "photos/cat/a.png").write_bytes(content)
    body = 'source = images("photos", size=[2, 2])\nx = source.image -> scale(1)'
    assert "photos/cat/a.png is not a readable image" in said(tmp_path, body)


def test_an_image_that_is_cut_off_is_a_mistake(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "photos").mkdir()
    Image.effect_noise((64, 64), 100).save(tmp_path / "photos/a.png")
    content = (tmp_path / "photos/a.png").read_bytes()
    (tmp_path / "photos/a.png").write_bytes(content[: len(content) // 2])
    assert "a.png is not a readable image" in said(tmp_path, 'source = images("photos", size=[2, 2])\nx = source.image')


def test_an_image_with_far_too_many_pixels_is_not_opened(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "photos").mkdir()
    Image.new("1", (14_000, 14_000)).save(tmp_path / "photos/a.png")
    assert "it has far too many pixels" in said(tmp_path, 'source = images("photos", size=[2, 2])\nx = source.image')


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(st.binary(max_size=80), st.text('x,y"\n\r1aN.\t;', max_size=40).map(str.encode)),
    encoder=st.sampled_from(["float", "category", "words", "dna -> pad(9)"]),
)
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path: Path, content: bytes, encoder: str) -> None:
    (tmp_path / "t.csv").write_bytes(b"x,y\n" + content)
    try:
        examples = planned(tmp_path, f"{TABLE}x = source.x -> {encoder}").load()["train"]
    except UserError as failure:
        assert all(one.code.startswith("NN5") for one in failure.diagnostics)
    else:
        assert len(examples) > 0 and all(examples.place(index).startswith("t.csv, line ") for index in range(len(examples)))
