"""Every encoder: what it makes of values, what it learns, and from which examples."""

import json
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nndsl.data.component import Encoder
from nndsl.data.encoders import chain
from nndsl.data.encoders.letters import Dna, Letters, Protein, Rna
from nndsl.data.forms import Form, Numbers, Texts
from tests.data.blocks import loaded, planned

MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
finite = st.floats(-1e6, 1e6)


def table(folder: Path, *columns: list[Any]) -> str:
    """A CSV file with the columns a, b, ...; returns its source."""
    names = "abcdef"[: len(columns)]
    rows = [",".join("NA" if one is None else f'"{one}"' for one in row) for row in zip(*columns, strict=True)]
    (folder / "t.csv").write_text("\n".join([",".join(names), *rows]) + "\n")
    return 'source = csv("t.csv")\n'


def encoded(folder: Path, field: str, *columns: list[Any]) -> Any:
    return loaded(folder, table(folder, *columns) + f"x = {field}")["train"].fields["x"]


def learnt(folder: Path, field: str, *columns: list[Any]) -> Any:
    """What the first encoder of a field keeps."""
    return loaded(folder, table(folder, *columns) + f"x = {field}").state["encoders"]["x"][0]


# Numbers -----------------------------------------------------------------------------------------


def test_text_is_read_as_numbers_with_signs_exponents_and_blanks(tmp_path: Path) -> None:
    assert encoded(tmp_path, "source.a -> float", [" 1", "+2.5", "-.5e1", "3."]).tolist() == [1, 2.5, -5, 3]


def test_several_columns_become_a_vector(tmp_path: Path) -> None:
    assert encoded(tmp_path, "(source.b, source.a) -> float", [1, 2], [3, 4]).tolist() == [[3, 1], [4, 2]]


def test_scale_multiplies_then_adds(tmp_path: Path) -> None:
    assert encoded(tmp_path, "source.a -> scale(2, offset=-1)", [1, 2]).tolist() == [1, 3]


@MANY
@given(st.lists(st.tuples(finite, finite), min_size=2, max_size=30))
def test_standardized_columns_have_mean_0_and_deviation_1(tmp_path: Path, rows: list[tuple[float, float]]) -> None:
    a, b = ([row[place] for row in rows] for place in (0, 1))
    values = encoded(tmp_path, "(source.a, source.b) -> standardize", a, b).astype("float64")
    for column, raw in zip(values.T, (a, b), strict=True):
        assert column.mean() == pytest.approx(0, abs=1e-4)
        if numpy.std(raw) > 1e-6 * max(1, numpy.abs(raw).max()):
            assert column.std() == pytest.approx(1, abs=1e-3)


def test_a_constant_column_only_loses_its_mean(tmp_path: Path) -> None:
    assert encoded(tmp_path, "source.a -> standardize", [0.1, 0.1, 0.1]).tolist() == pytest.approx([0, 0, 0])


def test_images_are_standardized_by_channel_or_as_a_whole(tmp_path: Path) -> None:
    images = numpy.random.default_rng(0).integers(0, 255, (5, 4, 3, 2), "uint8")
    numpy.savez(tmp_path / "a.npz", x=images)
    by_channel = loaded(tmp_path, 'source = npz("a.npz")\nx = source.x -> standardize')["train"].fields["x"]
    assert by_channel.mean(axis=(0, 1, 2)) == pytest.approx([0, 0], abs=1e-5) and by_channel.std(axis=(0, 1, 2)) == pytest.approx(
        [1, 1]
    )
    whole = loaded(tmp_path, 'source = npz("a.npz")\nx = source.x -> standardize(axis=none)')["train"].fields["x"]
    assert whole == pytest.approx((images - images.mean()) / images.std(), abs=1e-5)
    rows = loaded(tmp_path, 'source = npz("a.npz")\nx = source.x -> standardize(axis=1)')["train"].fields["x"]
    assert rows.std(axis=(0, 2, 3)) == pytest.approx([1] * 4)


@MANY
@given(st.lists(finite, min_size=1, max_size=20))
def test_minmax_brings_training_examples_into_0_to_1(tmp_path: Path, values: list[float]) -> None:
    result = encoded(tmp_path, "source.a -> minmax", values)
    assert result.min() == 0 and result.max() == pytest.approx(float(max(values) > min(values)))


@pytest.mark.parametrize(
    ("value", "filled"),
    [("mean", 3), ("median", 2), ("most_frequent", 1), ("-1", -1)],
    ids=["mean", "median", "most frequent", "number"],
)
def test_missing_numbers_are_filled(tmp_path: Path, value: str, filled: float) -> None:
    field = f"source.a -> float -> fill({value})"
    assert encoded(tmp_path, field, [1, None, 1, 3, 7]).tolist() == [1, filled, 1, 3, 7]


def test_missing_text_is_filled_with_a_word_or_the_most_frequent_one(tmp_path: Path) -> None:
    assert encoded(tmp_path, "source.a -> fill(other) -> category(other, x)", ["x", None]).tolist() == [1, 0]
    assert encoded(tmp_path, "source.a -> fill(most_frequent) -> category(x, y)", ["x", "y", None, "y"]).tolist() == [0, 1, 1, 1]


def test_numbers_can_be_standardized_before_they_are_filled(tmp_path: Path) -> None:
    assert encoded(tmp_path, "source.a -> standardize -> fill(0)", [1, None, 3]).tolist() == [-1, 0, 1]


def test_truth_values_have_many_spellings(tmp_path: Path) -> None:
    assert encoded(tmp_path, "source.a -> bool", ["TRUE", "no", "1", " f"]).tolist() == [True, False, True, False]


# Classes -----------------------------------------------------------------------------------------


def test_classes_are_numbered_as_listed_or_sorted(tmp_path: Path) -> None:
    assert encoded(tmp_path, "source.a -> category(b, a)", ["a", "b", "a"]).tolist() == [1, 0, 1]
    assert learnt(tmp_path, "source.a -> category", [10, 9, 1, 9]) == {"classes": ["1", "9", "10"]}
    assert learnt(tmp_path, "source.a -> category", ["b", "B", "a", "10"]) == {"classes": ["10", "B", "a", "b"]}


def test_classes_may_be_numbers(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", y=numpy.array([7, 3, 7], "uint8"))
    plan = planned(tmp_path, 'source = npz("a.npz")\ny = source.y -> category(3, 7)')
    assert plan.fields["y"].classes == ("3", "7") and plan.load()["train"].fields["y"].tolist() == [1, 0, 1]


def test_one_hot_has_a_1_at_the_class(tmp_path: Path) -> None:
    assert encoded(tmp_path, "source.a -> category(a, b, c) -> one_hot", ["c", "a", "b"]).tolist() == [
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 0],
    ]


def test_the_training_examples_of_each_class_are_counted(tmp_path: Path) -> None:
    body = (
        table(tmp_path, list("abbbab"))
        + "x = source.a -> category\ny = source.a -> category -> one_hot\nsplit = order(train=0.8, test=0.2)"
    )
    data = loaded(tmp_path, body)
    assert data.counts["x"] == data.counts["y"] == (2, 3)


# Letters -----------------------------------------------------------------------------------------


@MANY
@given(encoder=st.sampled_from([Dna, Rna, Protein]), data=st.data())
def test_one_hot_letters_decode_to_the_sequence(tmp_path: Path, encoder: type[Letters], data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 30))
    word = st.text(encoder.alphabet, min_size=length, max_size=length)
    sequences = data.draw(st.lists(word, min_size=1, max_size=5))
    cased = [one.lower() if data.draw(st.booleans()) else one for one in sequences]
    values = encoded(tmp_path, f"source.a -> {encoder.called()}", cased)
    assert values.shape == (len(sequences), length, len(encoder.alphabet)) and (values.sum(axis=2) == 1).all()
    assert ["".join(encoder.alphabet[letter] for letter in row) for row in values.argmax(axis=2)] == sequences


def test_letters_for_some_of_the_alphabet_are_their_mean_and_n_is_nothing(tmp_path: Path) -> None:
    values = encoded(tmp_path, "source.a -> dna", ["RYSWKMBDHVN"])[0]
    assert values[0].tolist() == [0.5, 0, 0.5, 0] and values[1].tolist() == [0, 0.5, 0, 0.5]
    assert values.sum(axis=1) == pytest.approx([1] * 10 + [0])
    # each code and the code of its complement are mirror images, as ACGT and TGCA are
    complements = encoded(tmp_path, "source.a -> dna", ["YRSWMKVHDBN"])[0]
    assert values[:, ::-1] == pytest.approx(complements)


def test_amino_acids_outside_the_twenty_are_nothing_and_b_is_a_mixture(tmp_path: Path) -> None:
    values = encoded(tmp_path, "source.a -> protein", ["XUOB"])[0]
    assert values[:3].sum() == 0 and values[3].sum() == 1 and values[3][[2, 11]].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("field", ["source.a -> dna(length=3, truncate=true)", "source.a -> dna -> pad(3, truncate=true)"])
def test_sequences_are_brought_to_one_length_where_it_is_said(tmp_path: Path, field: str) -> None:
    values = encoded(tmp_path, field, ["A", "ACGT", "ACG"])
    assert values.shape == (3, 3, 4) and values.sum(axis=(1, 2)).tolist() == [1, 3, 3] and (values[1] == values[2]).all()


def test_tensors_can_be_padded_and_reshaped(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "a.npz", x=numpy.arange(8).reshape(2, 4))
    data = loaded(tmp_path, 'source = npz("a.npz")\nx = source.x -> pad(5)\ny = source.x -> reshape(2, 2)')["train"]
    assert data.fields["x"].tolist() == [[0, 1, 2, 3, 0], [4, 5, 6, 7, 0]] and data.fields["y"].tolist() == [
        [[0, 1], [2, 3]],
        [[4, 5], [6, 7]],
    ]


@pytest.mark.parametrize("encoders", ["standardize -> reshape(4, 3)", "reshape(4, 3) -> minmax", "scale(0.5) -> reshape(4, 3) -> standardize"])
@pytest.mark.parametrize("shape", [(12,), (2, 3, 2)])
def test_numbers_come_back_in_their_units_and_shape_through_a_reshape(tmp_path: Path, shape: tuple[int, ...], encoders: str) -> None:
    values = numpy.random.default_rng(0).normal(50, 9, (5, *shape)).astype("float32")
    numpy.savez(tmp_path / "a.npz", x=values)
    plan = planned(tmp_path, f'source = npz("a.npz")\nx = source.x -> {encoders}\nsame = source.x -> reshape(6, 2)')
    data = plan.load()
    field, states = plan.fields["x"], data.state["encoders"]
    numpy.testing.assert_allclose(chain.decode(field.encoders, data["train"].fields["x"], states["x"]), values[: len(data["train"])], rtol=1e-5)
    assert chain.decode(plan.fields["same"].encoders, data["train"].fields["same"], states["same"]) is None, "no units were changed"


# Tokens ------------------------------------------------------------------------------------------


def test_characters_have_ids_from_2_by_frequency(tmp_path: Path) -> None:
    assert learnt(tmp_path, "source.a -> characters", ["abb", "cé"]) == {"tokens": ["b", "a", "c", "é"]}
    assert encoded(tmp_path, "source.a -> characters", ["abb", "cé"]).tolist() == [[3, 2, 2], [4, 5, 0]]


def test_words_are_split_at_blanks_and_punctuation(tmp_path: Path) -> None:
    assert learnt(tmp_path, "source.a -> words", ["Don't stop. Stop!"]) == {"tokens": ["stop", "!", ".", "don't"]}
    assert learnt(tmp_path, "source.a -> words(lowercase=false)", ["A a a"]) == {"tokens": ["a", "A"]}


def test_without_punctuation_words_do_not_say_how_a_text_was_set(tmp_path: Path) -> None:
    field = "source.a -> words(punctuation=false)"
    assert learnt(tmp_path, field, ["“Don’t” he _said_.", "'Don't' he said!"]) == {"tokens": ["don", "he", "said", "t"]}


def test_a_vocabulary_has_a_limit_and_texts_a_length(tmp_path: Path) -> None:
    field = "source.a -> words(length=3, vocabulary=4)"
    assert encoded(tmp_path, field, ["a a b b c", "c"]).tolist() == [[2, 2, 3], [1, 0, 0]]
    attributes = planned(tmp_path, table(tmp_path, ["a"]) + f"x = {field}").fields["x"].attributes()
    assert attributes == {"length": 3, "vocabulary": 4}


def test_the_vocabulary_and_the_length_are_known_when_the_file_is_checked(tmp_path: Path) -> None:
    field = planned(tmp_path, table(tmp_path, ["abca", "ab"]) + "x = source.a -> characters").fields["x"]
    assert str(field.type) == "int[4] < 5" and field.attribute("vocabulary") == 5 and field.attribute("length") == 4


# What is learnt ----------------------------------------------------------------------------------

LEARNING = [
    "float -> fill(median)",
    "standardize",
    "minmax",
    "category",
    "characters",
    "words",
    "fill(most_frequent) -> category",
]


@MANY
@given(encoder=st.sampled_from(LEARNING), data=st.data())
def test_nothing_is_learnt_from_the_other_splits(tmp_path: Path, encoder: str, data: st.DataObject) -> None:
    numbers = st.integers(1, 3).map(str)
    training = ["1", "2", "3", *data.draw(st.lists(numbers, min_size=5, max_size=5))]
    others = [data.draw(st.lists(numbers, min_size=2, max_size=2)) for _ in range(2)]
    body = f"x = source.a -> {encoder}\nsplit = order(train=0.8, validation=0.1, test=0.1)"
    states = [loaded(tmp_path, table(tmp_path, training + one) + body).state for one in others]
    assert states[0] == states[1]


@MANY
@given(encoder=st.sampled_from([*LEARNING, "bool", "integer", "dna", "one"]), data=st.data())
def test_other_data_are_encoded_as_in_the_training(tmp_path: Path, encoder: str, data: st.DataObject) -> None:
    letters = {"bool": "01", "dna": "ACGT"}.get(encoder, "123")
    encoder = "category -> one_hot" if encoder == "one" else encoder
    values = data.draw(st.lists(st.sampled_from(letters), min_size=1, max_size=9))
    plan = planned(
        tmp_path, table(tmp_path, values, list(range(len(values)))) + f"x = source.a -> {encoder}\ny = source.b -> float"
    )
    dataset = plan.load()
    kept = json.loads(json.dumps(dataset.state))
    (tmp_path / "new.csv").write_text("\n".join(["other,a", *(f"?,{one}" for one in values)]) + "\n")
    for other in (tmp_path / "new.csv", {"a": values}):
        examples = plan.encode(other, kept, ["x"])
        assert list(examples.fields) == ["x"] and (examples.fields["x"] == dataset["train"].fields["x"]).all()


def test_a_file_can_be_planned_from_what_a_training_kept(tmp_path: Path) -> None:
    from nndsl.data.plan import plan as make
    from nndsl.diagnostics import Report

    body = table(tmp_path, ["ab", "c"], [1, 2]) + "x = source.a -> characters\ny = source.b -> category\nz = source.b -> float"
    before = planned(tmp_path, body)
    state = json.loads(json.dumps(before.load().state))
    (tmp_path / "t.csv").unlink()
    again = make(
        "D", before.span, before.source, (), tuple(one.spec for one in before.fields.values()), before.split,
        tmp_path, None, Report(), state=state,
    )  # fmt: skip
    assert again is not None
    assert [(one.type, one.classes, one.vocabulary) for one in again.fields.values()] == [
        (one.type, one.classes, one.vocabulary) for one in before.fields.values()
    ]
    assert again.encode({"a": ["ba"]}, state, ["x"]).fields["x"].tolist() == [[3, 2]]


def test_what_is_loaded_has_the_types_that_were_promised(tmp_path: Path) -> None:
    fields = {
        "a": [
            "float",
            "fill(mean)",
            "standardize",
            "minmax",
            "scale(2)",
            "integer",
            "category",
            "category -> one_hot",
            "words",
            "characters",
        ],
        "b": ["dna", "rna -> pad(7)", "protein(length=9)", "characters(length=2) -> one_hot"],
    }
    lines = [
        f"f{place}{column} = source.{column} -> {one}"
        for column, encoders in fields.items()
        for place, one in enumerate(encoders)
    ]
    plan = planned(tmp_path, table(tmp_path, [1, 2, 3], ["AC", "CA", "GG"]) + "\n".join(lines))
    arrays = plan.load()["train"].fields
    for name, field in plan.fields.items():
        assert arrays[name].dtype == field.type.dtype and arrays[name].shape == (3, *field.type.shape), name
        if field.type.below is not None:
            assert arrays[name].min() >= 0 and arrays[name].max() < field.type.below


def test_every_encoder_refuses_or_takes_every_form() -> None:
    from nndsl.data.forms import Sequences
    from nndsl.types import Mismatch, TensorType

    forms: list[Form] = [Texts(), Texts(2), Sequences(TensorType("float32", (4,))), Sequences(TensorType("int32", (), 9), 9)]
    forms += [Numbers(TensorType(dtype, shape)) for dtype in ("uint8", "float64", "bool") for shape in ((), (3,), (4, 4, 1))]
    for name in Encoder.names():
        member = Encoder.find(name)
        assert member is not None
        arguments = {"scale": (2.0,), "fill": ("mean",), "pad": (3,), "reshape": (16,), "windows": (3,)}.get(name, ())
        encoder = member.build(*arguments)
        assert isinstance(encoder, Encoder)
        taken = 0
        for form in forms:
            try:
                encoder.form(form, None)
                taken += 1
            except Mismatch as mismatch:
                assert mismatch.message
        assert taken or name in ("one_hot", "shift"), "but those that take ids"
