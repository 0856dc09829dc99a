"""Whatever bytes a data file holds, it is read, or refused in the user's words: no other exception leaves the data package."""

import gzip
import io
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from nndsl.diagnostics import InternalError, UserError
from tests.data.blocks import planned

TABLE = 'name,size,kind\n"Smith, J.",1.5,a\n"two\nlines",2,b\nlast,NA,a\nÄnne,-3e2,b\n'
RECORDS = ">one first\nACGTNACG\n>two second\nACG\nTTTTT\n>three third\nRYACGTAC\n"


def _saved(**arrays: object) -> bytes:
    stream = io.BytesIO()
    numpy.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def _single(array: object) -> bytes:
    stream = io.BytesIO()
    numpy.save(stream, array)  # type: ignore[arg-type]
    return stream.getvalue()


def _picture(format: str) -> bytes:
    stream = io.BytesIO()
    Image.frombytes("RGB", (6, 5), bytes(range(90))).save(stream, format)
    return stream.getvalue()


NUMBERS = numpy.arange(12, dtype="float32").reshape(4, 3)
ARRAYS = _saved(x=NUMBERS, y=numpy.array([0, 1, 0, 1]), t=numpy.array(["a", "b", "a", "b"]))
FROM_TABLE = "x = source.size -> fill(mean) -> standardize\ny = source.kind -> category\nz = source.name -> words"
FROM_ARRAYS = "x = source.x -> standardize\ny = source.y -> category\nz = source.t -> category"
FROM_RECORDS = "x = source.sequence -> dna\ny = source.name -> characters"
FROM_PICTURES = "x = source.image -> scale(1 / 255)\ny = source.folder -> category"

FILES: dict[str, tuple[str, bytes, str, str]] = {
    "csv": ("t.csv", TABLE.encode(), 'csv("t.csv")', FROM_TABLE),
    "tsv": ("t.tsv", TABLE.replace(",", "\t").encode(), 'tsv("t.tsv") -> unique', FROM_TABLE),
    "csv.gz": ("t.csv.gz", gzip.compress(TABLE.encode()), 'csv("t.csv.gz")', FROM_TABLE),
    "lines": ("t.txt", TABLE.encode(), 'lines("t.txt") -> drop_missing', "x = source.text -> words"),
    "npz": ("t.npz", ARRAYS, 'npz("t.npz")', FROM_ARRAYS),
    "npy": ("t.npy", _single(NUMBERS), 'npy("t.npy")', "x = source.values -> minmax"),
    "fasta": ("t.fa", RECORDS.encode(), 'fasta("t.fa")', FROM_RECORDS),
    "fasta.gz": ("t.fa.gz", gzip.compress(RECORDS.encode()), 'fasta("t.fa.gz")', FROM_RECORDS),
    "png": ("p/a/t.png", _picture("PNG"), 'images("p", size=[4, 4])', FROM_PICTURES),
    "jpeg": ("p/a/t.jpg", _picture("JPEG"), 'images("p", size=[4, 4], channels=1)', FROM_PICTURES),
    "gif": ("p/a/t.gif", _picture("GIF"), 'images("p", size=[4, 4])', FROM_PICTURES),
    "tiff": ("p/a/t.tif", _picture("TIFF"), 'images("p", size=[4, 4])', FROM_PICTURES),
    "bmp": ("p/a/t.bmp", _picture("BMP"), 'images("p", size=[4, 4])', FROM_PICTURES),
}
"""For each kind of file: its name, good contents, and a source with fields that reads it."""

Damage = Callable[[bytes], bytes]


def _written_over(place: int, new: bytes) -> Damage:
    return lambda content: content[: place % (len(content) + 1)] + new + content[place % (len(content) + 1) + len(new) :]


def _inserted(place: int, new: bytes) -> Damage:
    return lambda content: content[: place % (len(content) + 1)] + new + content[place % (len(content) + 1) :]


def _cut_out(place: int, length: int) -> Damage:
    return lambda content: content[: place % (len(content) + 1)] + content[place % (len(content) + 1) + length :]


def _cut_off(place: int) -> Damage:
    return lambda content: content[: place % (len(content) + 1)]


def _twice(content: bytes) -> bytes:
    return content + content


places = st.integers(0, 10_000)
pieces = st.one_of(
    st.binary(min_size=1, max_size=6),
    st.sampled_from([b"\0", b'"', b"\r", b"\n\n", b",", b"\xff\xfe", b"\xef\xbb\xbf", b"nan", b"-inf", b"9" * 30, b">", b"|O", b"<U0", b"(9,)"]),
)
damages = st.lists(
    st.one_of(
        st.builds(_written_over, places, pieces),
        st.builds(_inserted, places, pieces),
        st.builds(_cut_out, places, st.integers(1, 40)),
        st.builds(_cut_off, places),
        st.just(_twice),
    ),
    min_size=1,
    max_size=3,
)


def read_or_refused(folder: Path, kind: str, content: bytes) -> bool:
    """Whether a file with these contents is read; if not, that it is refused by diagnostics about data."""
    name, _, source, fields = FILES[kind]
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    try:
        with warnings.catch_warnings(action="error"):
            warnings.filterwarnings("ignore", module="PIL")  # Pillow warns of what it can read all the same,
            warnings.filterwarnings("ignore", "Reading `.npy`")  # and NumPy of files that Python 2 wrote
            planned(folder, f"source = {source}\n{fields}").load()
    except UserError as failure:
        for one in failure.diagnostics:
            assert one.code.startswith("NN5") and one.span is not None and one.message, one
            assert "\n" not in one.message and len(one.message) < 1000, one.message
        return False
    return True


@pytest.mark.parametrize("kind", FILES)
def test_the_files_that_are_damaged_here_are_good_before(tmp_path: Path, kind: str) -> None:
    assert read_or_refused(tmp_path, kind, FILES[kind][1])


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=damages)
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, kind: str, damage: list[Damage]) -> None:
    content = FILES[kind][1]
    for one in damage:
        content = one(content)
    read_or_refused(tmp_path, kind, content)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=damages)
def test_a_damaged_table_in_a_whole_gzip_file_is_read_or_refused(tmp_path: Path, damage: list[Damage]) -> None:
    content = TABLE.encode()
    for one in damage:
        content = one(content)
    read_or_refused(tmp_path, "csv.gz", gzip.compress(content))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=damages, member=st.sampled_from(["x", "y", "t"]))
def test_a_damaged_array_in_a_whole_archive_is_read_or_refused(tmp_path: Path, damage: list[Damage], member: str) -> None:
    from zipfile import ZipFile

    stream = io.BytesIO()
    with ZipFile(io.BytesIO(ARRAYS)) as good, ZipFile(stream, "w") as bad:
        for name in good.namelist():
            content = good.read(name)
            for one in damage if name == f"{member}.npy" else ():
                content = one(content)
            bad.writestr(name, content)
    read_or_refused(tmp_path, "npz", stream.getvalue())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(width=st.integers(0, 2**31), height=st.integers(0, 2**31), depth=st.integers(0, 255), color=st.integers(0, 8))
def test_a_png_that_lies_about_its_size_is_read_or_refused(tmp_path: Path, width: int, height: int, depth: int, color: int) -> None:
    good = _picture("PNG")
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    chunk = b"IHDR" + head
    read_or_refused(tmp_path, "png", good[:12] + chunk + struct.pack(">I", zlib.crc32(chunk)) + good[33:])


def test_a_bug_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the user's mistakes are taken for such."""

    def broken(*_: object) -> object:
        raise InternalError("broken")

    monkeypatch.setattr("nndsl.data.delimited.Delimited.read", broken)
    with pytest.raises(InternalError):
        read_or_refused(tmp_path, "csv", FILES["csv"][1])
