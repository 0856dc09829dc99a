"""The functions that programs hold give what nndsl gives."""

import csv
import gzip
import re
from collections import Counter
from typing import Any

import numpy as np
import pyarrow
from hypothesis import given
from hypothesis import strategies as st

from nndsl.data.encoders import chain
from nndsl.data.encoders.language import Shift
from nndsl.data.encoders.letters import Dna, Protein
from nndsl.data.encoders.missing import Fill
from nndsl.data.encoders.numbers import Minmax, Standardize
from nndsl.data.encoders.tokens import Characters
from nndsl.data.forms import Numbers, Texts
from nndsl.data.splits import Order, Random
from nndsl.emission.stock import needed, pieces, without_texts
from nndsl.types import TensorType

STOCK: dict[str, Any] = {"np": np, "Counter": Counter, "re": re, "csv": csv, "gzip": gzip}
for _piece in pieces().values():
    if _piece.file in ("reading", "splitting", "encoding"):
        exec(_piece.text, STOCK)  # noqa: S102 - the text is what programs hold

SHARES = st.sampled_from([(0.1, 0.2), (0.0, 0.25), (0.15, 0.0), (0.1, 0.1), (1 / 3, 1 / 3)])


def column(texts: list[str | None]) -> Any:
    return pyarrow.array(texts, pyarrow.large_string())


@given(st.lists(st.sampled_from("abcd"), min_size=30, max_size=120), SHARES, st.integers(0, 3))
def test_a_split_by_classes_is_the_same(labels: list[str], shares: tuple[float, float], seed: int) -> None:
    validation, test = shares
    split = Random(train=1 - validation - test, validation=validation, test=test, stratify="x", seed=seed)
    theirs = split.assign(len(labels), column(list(labels)))
    mine = STOCK["stratified_split"](STOCK["first_seen"](labels), validation, test, seed=2 * seed)
    for part, rows in theirs.items():
        np.testing.assert_array_equal(mine[part], rows)


@given(st.integers(10, 200), SHARES, st.integers(0, 3))
def test_a_random_split_and_one_by_order_are_the_same(count: int, shares: tuple[float, float], seed: int) -> None:
    validation, test = shares
    train = 1 - validation - test
    for theirs, mine in (
        (Random(train=train, validation=validation, test=test, seed=seed), STOCK["random_split"](count, validation, test, seed=2 * seed)),
        (Order(train=train, validation=validation, test=test), STOCK["ordered_split"](count, validation, test)),
    ):
        for part, rows in theirs.assign(count, None).items():
            np.testing.assert_array_equal(mine[part], rows)


@given(st.integers(0, 10_000), st.booleans())
def test_numbers_are_filled_and_scaled_alike(seed: int, gaps: bool) -> None:
    chance = np.random.default_rng(seed)
    values = chance.normal(3, 5, (40, 3))
    if gaps:
        values[chance.random(values.shape) < 0.2] = np.nan
    rows = np.arange(0, 40, 2)
    form = Numbers(TensorType("float64", (3,)))
    for encoder, mine in (
        (Standardize(), STOCK["standardized"](values, rows)),
        (Minmax(), STOCK["between_0_and_1"](values, rows)),
        (Fill("mean"), STOCK["filled"](values, np.nanmean(values[rows], axis=0))),
        (Fill("median"), STOCK["filled"](values, np.nanmedian(values[rows], axis=0))),
        (Fill("most_frequent"), STOCK["filled"](values, STOCK["most_frequent_number"](values[rows]))),
    ):
        states, _ = chain.fit([encoder], values[rows], form)
        np.testing.assert_allclose(mine, chain.encode([encoder], values, states), rtol=1e-12)


@given(st.lists(st.text("acgtnRYACGTN", min_size=1, max_size=12), min_size=1, max_size=8))
def test_letters_are_one_hot_alike(texts: list[str]) -> None:
    for encoder in (Dna(length=8, truncate=True), Protein(length=8, truncate=True)):
        said = [one.upper().replace("R", "A") for one in texts] if isinstance(encoder, Protein) else texts
        theirs = chain.encode([encoder], (column([*said]),), [{}])
        mixtures = {code: meant for code, meant in encoder.mixtures.items() if meant}
        np.testing.assert_array_equal(STOCK["one_hot_letters"](said, 8, encoder.alphabet, mixtures), theirs)


@given(st.lists(st.text("abcdé ", max_size=9), min_size=2, max_size=10), st.sampled_from([None, 4]), st.sampled_from([1, -1, 2]))
def test_tokens_are_numbered_padded_and_shifted_alike(texts: list[str], size: int | None, places: int) -> None:
    encoders = [Characters(length=6, vocabulary=size), Shift(places)]
    states, theirs = chain.fit(encoders, (column([*texts]),), Texts())
    ids = STOCK["vocabulary"]((one for text in texts for one in text), size)
    mine = STOCK["padded"]([[ids.get(one, 1) for one in text] for text in texts], 6)
    np.testing.assert_array_equal(STOCK["shifted"](mine, places, states[1]["start"]), theirs)


def test_a_program_holds_the_functions_it_uses_and_those_that_these_use() -> None:
    assert [one.name for one in needed("rows = stratified_split(labels, 0.1, 0.2)")] == ["random_order", "share_of", "stratified_split", "drawn"]
    assert needed('print("padded(x)")  # shifted(x)') == []


def test_only_what_formatted_texts_compute_counts_as_code() -> None:
    assert without_texts('f"{numbered(name, i)}_dense"').strip() == "{numbered(name, i)}"
