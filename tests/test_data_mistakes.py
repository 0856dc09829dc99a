"""Data that are not what they should be: each mistake is one sentence that names file, row and column."""

import gzip
import json
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
from nndsl.driver import check
from nndsl.source import Source
from tests.data.blocks import mistakes, planned, said

TABLE = 'source = csv("t.csv")\n'

CONTENTS = [
    (
        "a number that is none",
        "x,y\n1,2\nabc,3\n",
        "x = source.x -> float",
        "NN520",
        't.csv, line 3, column `x`: "abc" is not a number',
    ),
    ("infinity", "x\n1e999\n", "x = source.x -> float", "NN520", "line 2, column `x`: inf is not finite"),
    (
        "a number among words",
        "x\n1\n1_000\n",
        "x = source.x -> standardize",
        "NN520",
        'line 3, column `x`: "1_000" is not a number',
    ),
    ("the second of two columns", "x,y\n1,2\n1,z\n", "x = (source.x, source.y) -> float", "NN520", "line 3, column `y`"),
    (
        "a gap in the second of two columns",
        "x,y\n1,2\n1,\n",
        "x = (source.x, source.y) -> float",
        "NN520",
        "line 3, column `y`: the value is",
    ),
    ("a missing number", "x,y\n1,2\n,3\n", "x = source.x -> standardize", "NN520", "line 3, column `x`: the value is missing"),
    ("a missing class", "x,y\na,2\nNA,3\n", "x = source.x -> category", "NN520", "line 3, column `x`: the value is missing"),
    ("a fraction", "x\n1\n1.5\n", "x = source.x -> integer", "NN520", "line 3, column `x`: 1.5 is not a whole number"),
    ("an id too large", "x\n1\n7\n", "x = source.x -> integer(below=7)", "NN520", "line 3, column `x`: 7 is not from 0 to 6"),
    (
        "too large for single precision",
        "x\n1\n-1e39\n",
        "x = source.x -> standardize",
        "NN520",
        "line 3, column `x`: -1e+39 is too large for a number of 32 bits",
    ),
    (
        "a line break in a value",
        'x\na\n"b\nc"\n',
        "x = source.x -> category(a, b)",
        "NN520",
        'line 3, column `x`: "b\\nc" is not one of the classes',
    ),
    ("too large for 32 bits", "x\n3000000000\n", "x = source.x -> integer", "NN520", "does not fit into 32 bits"),
    (
        "neither true nor false",
        "x\nyes\nmaybe\n",
        "x = source.x -> bool",
        "NN520",
        'line 3, column `x`: "maybe" is neither true nor false',
    ),
    (
        "an unknown class",
        "x\na\nbb\n",
        "x = source.x -> category(a, bbb)",
        "NN520",
        'line 3, column `x`: "bb" is not one of the classes (did you mean',
    ),
    (
        "a class without examples",
        "x\na\nb\n",
        "x = source.x -> category(a, b, c)",
        "NN524",
        "no training example of `x` has the class `c`",
    ),
    (
        "a foreign letter",
        "x\nACGT\nACXT\n",
        "x = source.x -> dna",
        "NN520",
        "line 3, column `x`: `X` at position 3 is not a letter of DNA",
    ),
    (
        "a letter in two bytes",
        "x\nACGU\nAÄGU\n",
        "x = source.x -> rna",
        "NN520",
        "line 3, column `x`: what stands at position 2 is not",
    ),
    (
        "unequal lengths",
        "x\nACG\nACGT\n",
        "x = source.x -> dna",
        "NN520",
        "line 3, column `x`: the sequence has 4 letters, where",
    ),
    (
        "too long a sequence",
        "x\nACG\nACGT\n",
        "x = source.x -> dna -> pad(3)",
        "NN520",
        "line 3, column `x`: the sequence has 4 items, more than 3",
    ),
    ("no value to learn from", "x,y\n,1\n,2\n", "x = source.x -> fill(mean)", "NN520", "no training example has a value"),
    (
        "a row that is too short",
        "x,y\n1,2\n1\n",
        "x = source.x -> float",
        "NN503",
        "t.csv, line 3: the row has 1 field where the header names 2",
    ),
    (
        "a row that is too long",
        "x,y\n1,2,3\n1,2\n1,2,3\n",
        "x = source.x -> float",
        "NN503",
        "line 2: the row has 3 fields where the header names 2 columns (see also line 4)",
    ),
    (
        "a quote that is not closed",
        'x,y\n1,2\n"1,2\n3,4\n',
        "x = source.y -> float",
        "NN503",
        "t.csv, line 3: the quotes of a field do not match",
    ),
    ("nothing", "", "x = source.x -> float", "NN503", "t.csv is empty"),
    ("a header only", "x,y\n", "x = source.x -> float", "NN522", "t.csv has no rows"),
    ("a header without its line end", "x,y", "x = source.x -> float", "NN522", "t.csv has no rows"),
    (
        "two columns of one name",
        "x,y,x\n1,2,3\n",
        "x = source.y -> float",
        "NN504",
        "t.csv, line 1: more than one column is called `x`",
    ),
    ("an unknown column", "xs,y\n1,2\n", "x = source.xz -> float", "NN501", "t.csv has no column `xz`"),
    ("text without an encoder", "x\n1\n", "x = source.x", "NN506", "the field `x` is text"),
    (
        "an encoder that does not fit",
        "x\n1\n",
        "x = source.x -> one_hot",
        "NN505",
        "in `x`, one_hot takes classes or token ids, not text",
    ),
    (
        "classes of two columns",
        "x,y\n1,2\n",
        "x = (source.x, source.y) -> category",
        "NN505",
        "category takes one column of text",
    ),
]


@pytest.mark.parametrize(("content", "field", "code", "message"), [one[1:] for one in CONTENTS], ids=[one[0] for one in CONTENTS])
def test_a_mistake_in_a_table_is_named_with_its_place(tmp_path: Path, content: str, field: str, code: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    (found,) = mistakes(tmp_path, TABLE + field)
    assert found.code == code and message in found.message
    assert found.span is not None and found.span.text in 'csv("t.csv")' + field


def test_a_message_names_some_rows_and_counts_the_others(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x\n" + "".join(f"{n if n % 2 else 'bad'}\n" for n in range(20)))
    text = said(tmp_path, TABLE + "x = source.x -> float")
    assert "line 2, column" in text and "note: line 10: " in text and "note: and 5 more" in text and "line 12" not in text


def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("x,y\n1,a\n2,é\n".encode("latin-1"))
    assert "t.csv, line 3: the text is not UTF-8" in said(tmp_path, TABLE + "x = source.y -> category")
    (tmp_path / "t.txt").write_bytes("a\né\n".encode("latin-1"))
    assert "t.txt, line 2: the text is not UTF-8" in said(tmp_path, 'source = lines("t.txt")\nx = source.text -> words')


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


def test_an_array_of_objects_is_refused_without_being_opened(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.array([{}, []], object))
    assert "array `x` of a.npz cannot be used: it holds Python objects" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


def test_arrays_of_different_lengths_are_no_table(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.ones(3), y=numpy.ones(2))
    assert "do not have the same number of examples" in said(tmp_path, 'source = npz("a.npz")\nx = source.x\ny = source.y')


def test_an_archive_that_is_cut_off_is_a_mistake(tmp_path: Path) -> None:
    numpy.savez_compressed(tmp_path / "a.npz", x=numpy.arange(1000))
    whole = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(whole[: len(whole) // 2])
    assert "a.npz is not an NPZ file, or it is damaged" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


def test_an_array_whose_contents_are_damaged_is_a_mistake(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.arange(1000))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[len(content) // 2] ^= 255
    (tmp_path / "a.npz").write_bytes(content)
    assert "a.npz is damaged" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


def test_a_gap_in_an_array_is_named_by_its_index(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.array([[1, 2], [3, numpy.nan]]))
    assert "a.npz, index 1, column `x`: the value is missing" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


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


@pytest.mark.parametrize(
    ("split", "code", "message"),
    [
        ("random(train=0.9, test=0.1, stratify=y)", "NN509", "`y`, which is not a field"),
        ("random(train=0.9, test=0.1, stratify=z)", "NN510", "`z`, which has no classes"),
        ("random(train=0.99, validation=0.01)", "NN523", "the validation split is empty: its share of 4 examples is none"),
        (
            "column(part, train=a, validation=none, test=c)",
            "NN521",
            't.csv, line 3, column `part`: "b" does not say to which part',
        ),
        (
            "column(part, train=[a, b], validation=d, test=c)",
            "NN523",
            "the validation split is empty: no row of the 4 belongs there",
        ),
        ("column(parts)", "NN501", "t.csv has no column `parts`"),
    ],
)
def test_a_split_that_does_not_fit_the_data_is_a_mistake(tmp_path: Path, split: str, code: str, message: str) -> None:
    (tmp_path / "t.csv").write_text("z,part\n1,a\n2,b\n3,c\n4,a\n")
    (found,) = mistakes(tmp_path, f"{TABLE}z = source.z -> float\nsplit = {split}")
    assert found.code == code and message in found.message


@pytest.mark.parametrize(
    "split", ["random(train=0.9, test=0.2)", "random(train=0)", "order(train=0.5)", "column(p, train=a, test=a)"]
)
def test_shares_and_values_that_contradict_each_other_are_a_mistake(tmp_path: Path, split: str) -> None:
    (tmp_path / "t.csv").write_text("z,p\n1,a\n2,b\n")
    assert mistakes(tmp_path, f"{TABLE}z = source.z -> float\nsplit = {split}")


def test_a_class_that_only_the_test_has_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x\na\nb\na\nb\nc\n")
    text = said(tmp_path, TABLE + "x = source.x -> category\nsplit = order(train=0.8, test=0.2)")
    assert 't.csv, line 6, column `x`: "c" is a class that no training example has' in text


def test_new_data_have_the_columns_that_inputs_need(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,a\n2,b\n")
    plan = planned(tmp_path, TABLE + "x = source.x -> float\ny = source.y -> category")
    state = json.loads(json.dumps(plan.load().state))
    (tmp_path / "new.csv").write_text("z\n1\n")
    with pytest.raises(UserError, match="NN526: new.csv has no column `x`, which the field `x` is made of"):
        plan.encode(tmp_path / "new.csv", state, ["x"])
    with pytest.raises(UserError, match='NN520: the data, row 2, column `x`: "one" is not a number'):
        plan.encode({"x": [1, "one"]}, state, ["x"])
    with pytest.raises(UserError, match="NN502"):
        plan.encode(tmp_path / "newer.csv", state, ["x"])


def test_new_arrays_have_the_shape_of_the_old(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.ones((2, 3)))
    plan = planned(tmp_path, 'source = npz("a.npz")\nx = source.x')
    state = plan.load().state
    numpy.savez(tmp_path / "b.npz", x=numpy.ones((2, 4)))
    for other in (tmp_path / "b.npz", {"x": [[1, 2]]}):
        with pytest.raises(UserError, match="NN527"):
            plan.encode(other, state)
    with pytest.raises(UserError, match="NN503"):
        plan.encode({"x": [[1, "two"], [3]]}, state)


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


def test_a_device_is_not_a_file(tmp_path: Path) -> None:
    assert "zero is a device, not a file" in said(tmp_path, 'source = csv("/dev/zero")\nx = source.x -> float')


def test_rows_are_found_although_another_column_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"x,y\n" + b"1,a\n" * 5000 + b"1,\xe9\nbad,a\n")
    assert "t.csv, line 5003, column `x`" in said(tmp_path, TABLE + "x = source.x -> float")


def test_columns_without_names_count_as_columns(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",,x\n1,2,3\n1,2,3,4\n")
    assert "line 3: the row has 4 fields where the header names 3 columns" in said(tmp_path, TABLE + "x = source.x -> float")


@pytest.mark.parametrize("path", ["t" * 300, "a\\u0000b"])
def test_a_path_that_cannot_be_is_refused(tmp_path: Path, path: str) -> None:
    assert mistakes(tmp_path, f'source = csv("{path}")\nx = source.x -> float')


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("x = source.x -> category", "x\na\nb\nc\n"),
        ("x = source.x -> characters", "x\na\nbb\n"),
        ("x = source.x -> words", "x\na\nb\nc\n"),
    ],
)
def test_data_that_change_between_check_and_training_are_a_mistake(tmp_path: Path, field: str, changed: str) -> None:
    (tmp_path / "t.csv").write_text("x\na\nb\n")
    plan = planned(tmp_path, TABLE + field)
    (tmp_path / "t.csv").write_text(changed)
    with pytest.raises(UserError, match="NN525: the data changed: the field `x` is no longer"):
        plan.load()


@pytest.mark.parametrize(("delimiter", "repair"), [(";", 'write `delimiter=";"`'), ("\t", "write `tsv(...)`"), ("|", 'write `delimiter="|"`')])
def test_another_delimiter_is_recognised(tmp_path: Path, delimiter: str, repair: str) -> None:
    (tmp_path / "t.csv").write_text(f"x{delimiter}y\n1{delimiter}2\n")
    assert repair in said(tmp_path, TABLE + "x = source.x -> float")


def test_commas_are_recognised_in_what_is_said_to_have_tabs(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,2\n")
    assert "write `csv(...)`" in said(tmp_path, 'source = tsv("t.csv")\nx = source.x -> float')


@pytest.mark.parametrize("encoder", ["category", "dna"])
def test_what_is_read_for_a_check_is_checked_in_all_parts_of_the_split(tmp_path: Path, encoder: str) -> None:
    """A class that only the test has, or a sequence of another length there, is found before the training starts."""
    (tmp_path / "t.csv").write_text("x\nACG\nACG\nACG\nA\n")
    with pytest.raises(UserError, match="NN520: t.csv, line 5, column `x`"):
        planned(tmp_path, f"{TABLE}x = source.x -> {encoder}\nsplit = order(train=0.5, test=0.5)")


@pytest.mark.parametrize("arrays", [{"x": numpy.array(3.0)}, {}], ids=["one number", "nothing"])
def test_a_file_without_examples_is_no_table(tmp_path: Path, arrays: dict[str, Any]) -> None:
    numpy.savez(tmp_path / "a.npz", **arrays)
    assert "a.npz has no array whose first axis counts examples" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


def test_a_member_of_an_archive_that_is_no_array_is_a_mistake(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", b"hello")
    assert "a.npz is not an NPZ file, or it is damaged" in said(tmp_path, 'source = npz("a.npz")\nx = source.x')


def test_an_image_with_far_too_many_pixels_is_not_opened(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "photos").mkdir()
    Image.new("1", (14_000, 14_000)).save(tmp_path / "photos/a.png")
    assert "it has far too many pixels" in said(tmp_path, 'source = images("photos", size=[2, 2])\nx = source.image')


@pytest.mark.parametrize("content", [">a\nACGT\n>b\nAC1T\n", ">a\nACGT\n>b\nAC>T\n"])
def test_a_foreign_letter_in_fasta_is_named_with_its_record(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.fa").write_text(content)
    found = said(tmp_path, 'source = fasta("t.fa")\nx = source.sequence -> dna')
    assert f"t.fa, record 2, column `sequence`: `{content[-3]}` at position 3 is not a letter of DNA" in found


def test_new_data_without_rows_are_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x\n1\n2\n")
    plan = planned(tmp_path, TABLE + "x = source.x -> float")
    state = plan.load().state
    (tmp_path / "new.csv").write_text("x\n")
    with pytest.raises(UserError, match="NN522"):
        plan.encode(tmp_path / "new.csv", state, ["x"])
    with pytest.raises(UserError, match="NN522"):
        plan.encode({"x": []}, state, ["x"])


@pytest.mark.parametrize(
    ("changed", "code"), [("y,part\n1,train\n", "NN525"), ("x,y\n1,train\n", "NN501")], ids=["a field's", "the split's"]
)
def test_a_column_that_vanishes_between_check_and_training_is_a_mistake(tmp_path: Path, changed: str, code: str) -> None:
    (tmp_path / "t.csv").write_text("x,part\n1,train\n2,train\n")
    plan = planned(tmp_path, TABLE + "x = source.x -> float\nsplit = column(part, validation=none, test=none)")
    (tmp_path / "t.csv").write_text(changed)
    with pytest.raises(UserError, match=code):
        plan.load()


def test_an_array_of_another_shape_than_when_it_was_checked_is_a_mistake(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.ones((2, 3)))
    plan = planned(tmp_path, 'source = npz("a.npz")\nx = source.x -> reshape(3, 1)')
    numpy.savez(tmp_path / "a.npz", x=numpy.ones((2, 4)))
    with pytest.raises(UserError, match="NN525"):
        plan.load()


SPEC = """network Net {
  input x: float[L, 4]
  output y = x -> Flatten -> Dense(2, activation=softmax)
}

data Sequences {
  source = fasta("t.fa")
  x      = source.sequence -> dna
  y      = source.description -> category(a, b)
  split  = random(train=0.5, test=0.5, stratify=y)
}

train T {
  model     = Net
  data      = Sequences
  loss      = crossentropy
  optimizer = Adam(learning_rate=0.01)
  epochs    = 3
}
"""


def test_a_network_is_not_blamed_for_sizes_that_missing_data_would_tell(tmp_path: Path) -> None:
    spec = Source("t.nn", SPEC, tmp_path / "t.nn")
    assert [one.code for one in check(spec)[1]] == ["NN502"]
    unused = Source("t.nn", SPEC.replace("Dense(2,", "Dense(0,"), tmp_path / "t.nn")
    assert {one.code for one in check(unused)[1]} == {"NN203", "NN502"}, "a mistake of its own is"


def test_a_training_can_be_checked_without_its_data_by_what_it_kept_of_them(tmp_path: Path) -> None:
    (tmp_path / "t.fa").write_text("".join(f">s{n} {'ab'[n % 2]}\nACGT\n" for n in range(8)))
    spec = Source("t.nn", SPEC, tmp_path / "t.nn")
    before, _ = check(spec)
    state = json.loads(json.dumps(before.data["Sequences"].load().state))
    (tmp_path / "t.fa").unlink()
    after, report = check(spec, kept={"Sequences": state})
    assert not list(report)
    one, other = (next(iter(program.trainings["T"].learnt.values())).network for program in (before, after))
    assert one.graph.inputs["x"].type == other.graph.inputs["x"].type
