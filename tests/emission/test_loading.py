"""What the `load` of a program gives is what nndsl trains with: the same examples in each part, the same numbers."""

import csv
import datetime
import gzip
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from PIL import Image, ImageOps
from pyarrow import parquet

from nndsl.data.plan import DataPlan
from nndsl.driver import check
from nndsl.emission.loading import Loading
from nndsl.emission.manuscript import Manuscript
from nndsl.emission.stock import needed
from nndsl.program import Program
from nndsl.source import Source
from tests.emission.programs import EXAMPLES, program_of

ROWS = 60


def loaded(program: Program, plan: DataPlan) -> Any:
    """What the function gives that is written for a `data` block."""
    writer = Loading(plan, Manuscript(program.sources), plan.folder)
    text = writer.page().text()
    names: dict[str, Any] = {
        "np": np, "csv": csv, "gzip": gzip, "re": re, "Counter": Counter, "Path": Path, "pq": parquet, "Image": Image, "ImageOps": ImageOps,
        "__file__": str(plan.folder / "program.py"),
    }
    names["DATA"] = eval(writer.path(), names)
    for piece in needed(text):
        exec(piece.text, names)  # noqa: S102 - the text is what programs hold
    exec(text, names)  # noqa: S102
    return names["load"]()


def compare(program: Program) -> None:
    for plan in program.data.values():
        mine, theirs = loaded(program, plan), plan.load()
        assert set(mine) == set(theirs.splits)
        for part, fields in mine.items():
            assert set(fields) == set(theirs[part].fields)
            for name, values in fields.items():
                other = np.asarray(theirs[part].fields[name])
                assert (values.dtype, values.shape) == (other.dtype, other.shape), f"{name} of {part}"
                np.testing.assert_allclose(values, other, rtol=2e-6, atol=2e-6, err_msg=f"{name} of {part}")


@pytest.mark.parametrize("path", [pytest.param(one, id=one.stem) for one in EXAMPLES])
def test_a_program_loads_an_example_as_it_is_trained_with(path: Path) -> None:
    compare(program_of(path))


# Files of every kind -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("data")
    for make in (_images, _parquet, _sequences, _texts, _arrays, _tables):
        make(place, np.random.default_rng(0))
    return place


def _images(place: Path, chance: np.random.Generator) -> None:
    for kind in ("cats", "dogs", ".hidden"):
        (place / "photos" / kind).mkdir(parents=True)
        for number in range(8):
            mode, channels = (("RGB", (3,)), ("L", ()), ("RGBA", (4,)))[number % 3]
            image = Image.fromarray(chance.integers(0, 255, (9 + number, 11, *channels), dtype="uint8"))
            assert image.mode == mode
            turned = image.getexif()
            turned[274] = 6  # held upright
            image.save(place / "photos" / kind / f"{number}.{'png' if number % 2 else 'TIFF'}", exif=turned)


def _with_gaps(every: int, values: list[Any]) -> list[Any]:
    return [None if row % every == 0 else value for row, value in enumerate(values)]


def _parquet(place: Path, chance: np.random.Generator) -> None:
    count = list(range(ROWS))
    columns = {
        "double": pyarrow.array(_with_gaps(7, [float(one) for one in count])), "single": pyarrow.array(_with_gaps(5, [one / 3 for one in count]), pyarrow.float32()),
        "nan": pyarrow.array([float("nan") if one % 6 == 0 else one / 3 for one in count], pyarrow.float32()), "half": pyarrow.array(chance.normal(size=ROWS).astype("float16")),
        "whole": pyarrow.array(count), "byte": pyarrow.array(count, pyarrow.uint8()), "gaps": pyarrow.array(_with_gaps(9, count), pyarrow.int32()),
        "true": pyarrow.array([one % 2 == 0 for one in count]), "maybe": pyarrow.array(_with_gaps(11, [one % 2 == 0 for one in count])),
        "vector": pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(chance.normal(size=3 * ROWS).astype("float32")), 3),
        "day": pyarrow.array([datetime.date(2020, 1, 1 + one % 3) for one in count]), "kind": pyarrow.array(["xyz"[one % 3] for one in count]).dictionary_encode(),
        "part": pyarrow.array(["ab"[one % 2] for one in count]), "twice": pyarrow.array([one // 2 for one in count]),
    }
    parquet.write_table(pyarrow.table(columns), place / "t.parquet")
    parquet.write_table(pyarrow.table({"x": [one // 3 for one in count], "y": [one // 2 % 2 for one in count]}), place / "pairs.parquet")


def _sequences(place: Path, chance: np.random.Generator) -> None:
    def drawn(letters: str, count: int) -> str:
        return "".join(chance.choice(list(letters), count))

    text = "".join(f">r{row // 2} class{row % 2} more\r\n{drawn('ACGTNR', 25)}\r\nACg\r\n" for row in range(40))
    (place / "s.fa.gz").write_bytes(gzip.compress(text.encode()))
    (place / "p.fasta").write_text("".join(f">r{row}\n{drawn('ACDEFGHIKLMNPQRSTVWYX', 8 + row % 5)}\n" for row in range(40)), encoding="utf-8")


def _texts(place: Path, chance: np.random.Generator) -> None:
    lines = [f"line {row % 13} of (wörds), it's {row}!\n" if row % 10 else "\n" for row in range(ROWS)]
    (place / "lines.txt").write_text("".join(lines), encoding="utf-8")


def _arrays(place: Path, chance: np.random.Generator) -> None:
    np.save(place / "a.npy", chance.normal(size=(50, 4, 3)))
    pictures, kinds = chance.integers(0, 255, (50, 4, 4), dtype="uint8"), chance.integers(0, 3, 50)
    np.savez(place / "a.npz", x=pictures, y=kinds, z=chance.normal(size=50).astype("float32"), b=kinds > 1, s=np.array(list("uv") * 25))


def _tables(place: Path, chance: np.random.Generator) -> None:
    kinds, words = ["x", '"y ""q"""', '"z;z"'], ["yes", "No", "TRUE", "f"]
    rows = [f"{1.5 * row};{'NA' if row % 7 == 0 else row};{'' if row % 9 == 0 else row % 4};{kinds[row % 3]};{words[row % 4]};{row // 20}" for row in range(80)]
    (place / "t.csv").write_text("\n".join(["a; b ;c;k;m;fold", *rows]) + "\n\n", encoding="utf-8-sig")
    (place / "t.tsv.gz").write_bytes(gzip.compress(b"a\tb\n" + b"".join(f"{row}\t{row % 3}\n".encode() for row in range(40))))


BLOCKS = {
    "images": """source = images("photos", size=[6, 8])
        image = source.image -> scale(1 / 255)
        label = source.folder -> category
        split = random(train=0.5, validation=0.25, test=0.25, stratify=label)""",
    "grey images": """source = images("photos", size=[6, 6], channels=1)
        image = source.image
        label = source.folder -> category(dogs, cats) -> one_hot
        split = random(train=0.75, test=0.25, seed=3)""",
    "images with opacity": """source = images("photos", size=[6, 6], channels=4)
        image = source.image -> standardize
        label = source.file -> token
        split = order(train=0.8, test=0.2)""",
    "columns of several types": """source = parquet("t.parquet")
        x = (source.double, source.single, source.whole) -> fill(mean) -> standardize
        v = source.vector -> standardize
        i = source.whole -> float -> minmax
        y = source.kind -> category
        t = source.true -> bool
        split = random(train=0.6, validation=0.2, test=0.2, stratify=y)""",
    "rows with gaps": """source = parquet("t.parquet") -> drop_missing(single, maybe)
        x = (source.single, source.nan) -> fill(0)
        u = source.byte -> scale(1 / 255)
        g = source.gaps -> fill(median)
        d = source.day -> category
        h = source.half
        m = source.maybe
        split = column(part, train=a, test=b, validation=none)""",
    "rows with any gap": """source = parquet("t.parquet") -> drop_missing
        x = source.nan
        v = source.vector
        split = random(train=0.8, test=0.2)""",
    "rows that are equal": """source = parquet("pairs.parquet") -> unique
        x = source.x -> float
        split = order(train=0.8, test=0.2)""",
    "rows that are equal in some columns": """source = parquet("t.parquet") -> unique(twice, part) -> limit(20)
        y = source.twice -> integer(below=40)
        split = order(train=0.8, test=0.2)""",
    "vectors that are equal": """source = parquet("t.parquet") -> unique(vector, nan)
        x = source.vector
        split = order(train=0.8, test=0.2)""",
    "sequences": """source = fasta("s.fa.gz")
        x = source.sequence -> dna
        y = source.description -> category
        split = random(train=0.6, test=0.4, stratify=y)""",
    "sequences that are cut": """source = fasta("s.fa.gz") -> unique(name)
        x = source.sequence -> dna(length=20, truncate=true)
        y = source.sequence -> characters(length=12, vocabulary=5) -> one_hot
        split = random(train=0.6, test=0.4)""",
    "proteins": """source = fasta("p.fasta")
        x = source.sequence -> protein -> pad(15)
        c = source.sequence -> characters
        split = order(train=0.6, test=0.4)""",
    "lines": """source = lines("lines.txt") -> drop_missing -> unique(text)
        x = source.text -> words(length=9, punctuation=true, vocabulary=10) -> shift(1)
        y = source.text -> words(length=6)
        split = random(train=0.6, test=0.4)""",
    "running text": """source = text("lines.txt", by=word)
        x = source.word -> token -> windows(5, stride=2)
        y = source.word -> token -> windows(5, stride=2, ahead=1)
        split = order(train=0.6, validation=0.2, test=0.2)""",
    "one array": """source = npy("a.npy")
        x = source.values -> standardize
        y = source.values -> minmax -> reshape(12)
        split = random(train=0.7, validation=0.3)""",
    "several arrays": """source = npz("a.npz")
        x = source.x -> scale(1 / 255) -> reshape(4, 4, 1)
        y = source.y -> category
        z = source.z -> standardize
        b = source.b -> bool
        s = source.s -> category
        split = random(train=0.7, test=0.3, stratify=y)""",
    "a table": """source = csv("t.csv", delimiter=";")
        x = (source.a, source.b, source.c) -> fill(most_frequent) -> standardize
        k = source.k -> category
        m = source.m -> bool
        split = random(train=0.7, test=0.3, stratify=k)""",
    "a table in folds": """source = csv("t.csv", delimiter=";") -> drop_missing(b)
        b = source.b -> integer
        c = source.c -> fill("none") -> category -> one_hot
        k = source.k -> token(vocabulary=4)
        a = source.a -> scale(1 / 3, offset=0.5)
        split = column(fold, train=[0, 1, 2], validation=0.3, test=3, seed=2)""",
    "a series": """source = tsv("t.tsv.gz")
        x = (source.a, source.b) -> standardize -> windows(5)
        y = source.a -> horizon(2)
        split = order(train=0.6, validation=0.2, test=0.2)""",
}


@pytest.mark.parametrize("what", BLOCKS)
def test_a_program_loads_files_of_every_kind_as_nndsl_does(what: str, folder: Path) -> None:
    program, report = check(Source("t.nn", f"data D {{\n{BLOCKS[what]}\n}}\n", folder / "t.nn"))
    assert not report.errors, [one.message for one in report]
    compare(program)
