"""Splits: every example in one part, as many as promised, the same on every machine."""

from collections import Counter
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nndsl.data.splits import Column, Order, Random
from nndsl.data.tables import text_column
from tests.data.blocks import loaded

MANY = settings(max_examples=150, deadline=None)
shares = st.integers(1, 98).flatmap(lambda test: st.tuples(st.integers(0, 98 - test), st.just(test)))
"""Validation and test, in hundredths."""


def half_up(count: int, hundredths: int) -> int:
    return floor(Fraction(count * hundredths, 100) + Fraction(1, 2))


@MANY
@given(count=st.integers(1, 300), parts=shares, seed=st.integers(-3, 3), kind=st.sampled_from(["random", "order"]))
def test_every_example_is_in_one_part_and_the_parts_have_the_promised_sizes(
    count: int, parts: tuple[int, int], seed: int, kind: str
) -> None:
    validation, test = parts
    given_shares: dict[str, Any] = {"train": (100 - validation - test) / 100, "validation": validation / 100, "test": test / 100}
    split = Random(**given_shares, seed=seed) if kind == "random" else Order(**given_shares)
    split.validate()
    chosen = split.assign(count, None)
    together = numpy.concatenate(list(chosen.values()))
    assert sorted(together.tolist()) == list(range(count)) and tuple(chosen) == split.parts()
    wanted = {"validation": half_up(count, validation), "test": half_up(count, test)}
    if sum(wanted.values()) <= count:
        assert {name: len(rows) for name, rows in chosen.items() if name != "train"} == {
            name: size for name, size in wanted.items() if name in chosen
        }
    assert all((numpy.diff(rows) > 0).all() for rows in chosen.values())


@MANY
@given(classes=st.lists(st.sampled_from("aaaabbc"), min_size=1, max_size=200), parts=shares, seed=st.integers(0, 3))
def test_a_stratified_split_gives_every_class_its_share(classes: list[str], parts: tuple[int, int], seed: int) -> None:
    validation, test = (share / 100 for share in parts)
    split = Random(train=1 - validation - test, validation=validation, test=test, stratify="y", seed=seed)
    chosen = split.assign(len(classes), text_column(classes))
    together = numpy.concatenate(list(chosen.values()))
    assert sorted(together.tolist()) == list(range(len(classes)))
    sizes = Counter(classes)
    train = Counter(classes[row] for row in chosen["train"])
    assert set(train) == set(classes)
    for name, share in (("validation", validation), ("test", test)):
        found = Counter(classes[row] for row in chosen.get(name, ()))
        for one, size in sizes.items():
            # one for rounding in its own draw, and one for what the draw before took by rounding
            assert found[one] <= size * share + 2
            assert found[one] >= min(size * share - 2, size - 1 - 2)


def test_a_stratified_split_keeps_the_promised_sizes_where_classes_allow_it() -> None:
    classes = text_column(["a"] * 333 + ["b"] * 333 + ["c"] * 334)
    chosen = Random(train=0.8, validation=0.1, test=0.1, stratify="y").assign(1000, classes)
    assert {name: len(rows) for name, rows in chosen.items()} == {"train": 800, "validation": 100, "test": 100}


def test_a_random_split_is_the_same_on_every_machine() -> None:
    chosen = Random(train=0.5, validation=0.2, test=0.3).assign(10, None)
    assert {name: rows.tolist() for name, rows in chosen.items()} == {
        "train": [0, 4, 5, 7, 9],
        "validation": [6, 8],
        "test": [1, 2, 3],
    }


@given(seed=st.integers(1, 1000))
def test_another_seed_makes_another_split(seed: int) -> None:
    first, other = (Random(train=0.5, test=0.5, seed=one).assign(200, None)["test"].tolist() for one in (0, seed))
    assert first != other


def test_a_split_by_order_keeps_the_order() -> None:
    chosen = Order(train=0.6, validation=0.2, test=0.2).assign(10, None)
    assert {name: rows.tolist() for name, rows in chosen.items()} == {
        "train": [0, 1, 2, 3, 4, 5],
        "validation": [6, 7],
        "test": [8, 9],
    }


@given(words=st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=40))
def test_a_column_says_where_rows_belong(words: list[str]) -> None:
    chosen = Column(column="part", train=("a", "b"), validation="c", test="d").assign(len(words), text_column(words))
    assert {name: [words[row] for row in rows] for name, rows in chosen.items()} == {
        "train": [one for one in words if one in "ab"],
        "validation": [one for one in words if one == "c"],
        "test": [one for one in words if one == "d"],
    }


@given(count=st.integers(1, 60), hundredths=st.integers(1, 99))
def test_validation_can_be_drawn_from_the_training_rows_that_a_column_names(count: int, hundredths: int) -> None:
    words = ["train", "test"] * count
    chosen = Column(column="part", validation=hundredths / 100).assign(len(words), text_column(words))
    assert sorted([*chosen["train"], *chosen["validation"]]) == list(range(0, 2 * count, 2))
    assert chosen["test"].tolist() == list(range(1, 2 * count, 2)) and len(chosen["validation"]) == half_up(count, hundredths)


def test_a_column_of_numbers_can_split(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.arange(4.0), fold=numpy.array([1, 2, 3, 2]))
    body = 'source = npz("a.npz")\nx = source.x\nsplit = column(fold, train=2, validation=none, test=[1, 3])'
    splits = loaded(tmp_path, body).splits
    assert {name: part.rows.tolist() for name, part in splits.items()} == {"train": [1, 3], "test": [0, 2]}


def test_duplicates_are_gone_before_the_split(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x\n" + "".join(f"{n % 50}\n" for n in range(200)))
    data = loaded(tmp_path, 'source = csv("t.csv") -> unique(x)\nx = source.x -> float\nsplit = random(train=0.5, test=0.5)')
    train, test = (set(data[part].fields["x"].tolist()) for part in ("train", "test"))
    assert len(train) == len(test) == 25 and not train & test


@pytest.mark.parametrize("field", ["source.x -> category", "source.x -> category -> one_hot"])
def test_a_split_is_stratified_by_a_field_of_classes(tmp_path: Path, field: str) -> None:
    (tmp_path / "t.csv").write_text("x\n" + "a\n" * 90 + "b\n" * 10)
    data = loaded(tmp_path, f'source = csv("t.csv")\nx = {field}\nsplit = random(train=0.8, test=0.2, stratify=x)')
    assert data.counts["x"] == (72, 8)
