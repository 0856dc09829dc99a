"""What the tensors of a network know of a sequence, and targets that lie open in it. (What components see is in `agreement/`.)"""

from pathlib import Path

import pytest

from nndsl.data.plan import DataPlan
from nndsl.data.succession import places_ahead
from nndsl.driver import check
from nndsl.foresight import Knowledge, foresight
from nndsl.source import Source

SPECS = """
from "std/attention.nn" import RotaryAttention
from "std/positions.nn" import LearntPositions, SinusoidalPositions
from "std/transformer.nn" import DecoderLayer, PreNormEncoderLayer
network Net {
  input x: float[9, 8]
  input other: float[5, 8]
"""


@pytest.mark.parametrize(
    ("said", "knowledge"),
    [
        ("other", "NOTHING"),
        ("x -> ones_like", "NOTHING"),
        ("x -> positions(axis=1) -> float -> expand_dims(-1)", "NOTHING"),
        ("x -> Dense(8) -> LayerNorm -> relu", "PAST"),
        ("x -> SinusoidalPositions -> LearntPositions(9)", "PAST"),
        ("x -> PreNormEncoderLayer(2, 16, causal=true)", "PAST"),
        ("(x, other) -> DecoderLayer(2, 16)", "PAST"),
        ("x -> GRU(4, return_sequences=true)", "PAST"),
        ("x -> Conv1D(4, 3, padding=causal) -> Conv1D(4, 1)", "PAST"),
        ("concat(x, x -> cumsum(axis=-1)) -> Dense(4)", "UNKNOWN"),
        ("x -> Conv1D(4, 3, padding=same)", "BEYOND"),
        ("x -> MaxPooling1D(3, strides=1, padding=same)", "BEYOND"),
        ("x -> PreNormEncoderLayer(2, 16)", "BEYOND"),
        ("x -> Bidirectional(GRU(4, return_sequences=true)) -> Dense(4)", "BEYOND"),
        ("x + (x -> GlobalAveragePooling1D -> expand_dims(1))", "BEYOND"),
        ("(x, x -> LSTM(8)) -> GRU(8, return_sequences=true)", "BEYOND"),
        ("x -> mean(axis=1) -> RepeatVector(9)", "BEYOND"),
        ("x -> RotaryAttention(2)", "UNKNOWN"),
        ("x -> RotaryAttention(2, causal=false)", "UNKNOWN"),
        ("x -> Conv1D(4, 3, dilation_rate=2, padding=same)", "UNKNOWN"),
        ("x -> ZeroPadding1D([2, 0]) -> Conv1D(4, 3)", "UNKNOWN"),
        ("x -> flip(axis=1)", "UNKNOWN"),
        ("(x -> Conv1D(8, 3, padding=same)) * (x -> zeros_like)", "UNKNOWN"),
        ("(x, x) -> MultiHeadAttention(2, key_dim=4, sliding_window=2)", "UNKNOWN"),
    ],
)
def test_a_tensor_knows_what_its_network_lets_it_see(said: str, knowledge: str) -> None:
    program, report = check(Source("net.nn", f"{SPECS}  output y = {said}\n  output rest = other\n}}"))
    report.raise_errors()
    graph = program.network("Net").graph
    assert foresight(graph, "x")[graph.outputs["y"]].knowledge is Knowledge[knowledge]


FIELDS = """
data Names {
  source = csv("names.csv")
  name   = source.name -> characters(length=8)
  short  = source.name -> characters(length=7)
  next   = source.name -> characters(length=8) -> shift(-1)
  before = source.name -> characters(length=8) -> shift(1)
  kind   = source.kind -> characters(length=8)
  split  = random(train=0.8, test=0.2)
}
"""
SERIES = """
data Novel {
  source = text("names.csv")
  seen   = source.character -> token -> windows(4, stride=2)
  next   = source.character -> token -> windows(4, ahead=1)
  later  = source.character -> token -> windows(4, ahead=3)
  longer = source.character -> token -> windows(5, ahead=1)
  after  = source.character -> token -> horizon(4)
  split  = order(train=0.8, test=0.2)
}
"""


def data(folder: Path, text: str) -> DataPlan:
    (folder / "names.csv").write_text("name,kind\n" + "\n".join(f"n{number},k{number}" for number in range(20)))
    program, report = check(Source("data.nn", text, folder / "data.nn"))
    report.raise_errors()
    return next(iter(program.data.values()))


@pytest.mark.parametrize(
    ("text", "field", "other", "ahead"),
    [
        (FIELDS, "next", "name", 1),
        (FIELDS, "name", "before", 1),
        (FIELDS, "next", "before", 2),
        (FIELDS, "before", "name", -1),
        (FIELDS, "name", "name", 0),
        (FIELDS, "short", "name", None),
        (FIELDS, "kind", "before", None),
        (SERIES, "next", "seen", 1),
        (SERIES, "later", "next", 2),
        (SERIES, "after", "seen", 4),
        (SERIES, "longer", "seen", None),
    ],
)
def test_fields_of_one_sequence_are_so_many_places_apart(text: str, field: str, other: str, ahead: int | None, tmp_path: Path) -> None:
    fields = data(tmp_path, text).fields
    assert places_ahead(fields[field], fields[other]) == ahead


LEARNS = """
network Net(letters) {{
  input {input}: int[T] < letters
  output {output}: [T, letters] = {input} -> Embedding(letters, 4) -> {layers} -> Dense(letters, activation=softmax)
}}
{data}
train Learns {{
  model     = Net(letters={owner}.{input}.vocabulary)
  data      = {owner}
  loss      = crossentropy
  optimizer = Adam(0.01)
}}
"""
OPEN = "Bidirectional(GRU(4, return_sequences=true))"


def test_a_training_may_have_the_name_of_a_size(tmp_path: Path) -> None:
    data(tmp_path, SERIES)
    text = LEARNS.format(input="seen", output="next", layers="GRU(4, return_sequences=true)", data=SERIES, owner="Novel")
    program, report = check(Source("net.nn", text.replace("train Learns", "train T"), tmp_path / "net.nn"))
    report.raise_errors()
    assert list(program.trainings) == ["T"]


@pytest.mark.parametrize(
    ("source", "input", "output", "layers", "codes"),
    [
        (SERIES, "seen", "next", OPEN, ["NN620"]),
        (SERIES, "seen", "next", "GRU(4, return_sequences=true)", []),
        (SERIES, "seen", "after", OPEN, []),
        (SERIES, "seen", "later", OPEN, []),
        (FIELDS, "name", "next", OPEN, ["NN620"]),
        (FIELDS, "kind", "next", OPEN, []),
    ],
)
def test_only_a_target_that_lies_open_is_refused(
    source: str, input: str, output: str, layers: str, codes: list[str], tmp_path: Path
) -> None:
    owner = "Novel" if source is SERIES else "Names"
    data(tmp_path, source)
    text = LEARNS.format(input=input, output=output, layers=layers, data=source, owner=owner)
    _, report = check(Source("net.nn", text, tmp_path / "net.nn"))
    assert [one.code for one in report if one.severity == "error"] == codes
