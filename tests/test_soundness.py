"""What is found before a training starts: masks that are lost, answers among the inputs, nothing to learn."""

from pathlib import Path

import pytest

from nndsl.driver import check
from nndsl.source import Source

TABLE = "price,volume,text,label\n" + "".join(f"{one},{one * 7 % 5},a b c,{'ab'[one % 2]}\n" for one in range(40))


def codes(folder: Path, text: str) -> list[str]:
    (folder / "table.csv").write_text(TABLE)
    _, report = check(Source("spec.nn", text, folder / "spec.nn"))
    return [one.code for one in report]


@pytest.mark.parametrize(("layers", "found"), [
    ("LSTM(4)", []),
    ("Dense(4) -> relu -> Dropout(0.1) -> LayerNorm -> GlobalAveragePooling1D", []),
    ("Conv1D(4, 3) -> GlobalMaxPooling1D", []),
    ("Flatten", []),
    ("slice(0, 1, axis=1) -> mean(axis=1)", []),
    ("mean(axis=-1, keepdims=true) -> GlobalAveragePooling1D", ["NN409"]),
    ("Bidirectional(GRU(4, return_sequences=true)) -> GlobalAveragePooling1D", []),
    ("Conv1D(4, 3) -> Bidirectional(GRU(4))", ["NN409"]),
    ("Conv1D(4, 3) -> Dense(4) -> MaxPooling1D(2) -> GlobalAveragePooling1D", ["NN409"]),
    ("softmax(axis=1) -> Flatten", ["NN409"]),
    ("std(axis=1)", ["NN409"]),
    ("flip(axis=1) -> LSTM(4)", ["NN409"]),
])
def test_padding_is_reported_where_it_counts(tmp_path: Path, layers: str, found: list[str]) -> None:
    text = f"network N {{ input words: int[8] < 9, padding=0 \n output y = words -> Embedding(9, 4) -> {layers} -> Dense(2) }}"
    assert codes(tmp_path, text) == found
    assert codes(tmp_path, text.replace(", padding=0", "")) == []


def test_attention_to_what_has_lost_its_mask_is_reported(tmp_path: Path) -> None:
    text = """network N {
  input words: int[8] < 9, padding=0
  h = words -> Embedding(9, 4)
  lost = h -> Conv1D(4, 3, padding=same)
  output y = (h, KEY) -> Attention -> GlobalAveragePooling1D
  output z = lost -> Flatten
}"""
    assert codes(tmp_path, text.replace("KEY", "h")) == []
    assert codes(tmp_path, text.replace("KEY", "lost")) == ["NN409"]


FIELDS = """
network N {{ input x: {type} \n output y = x -> {layers}Dense(1) }}
data D {{
  source = csv("table.csv")
  x = {x}
  y = {y}
  split = order(train=0.5, test=0.5)
}}
train Task {{ model = N \n data = D \n loss = mse \n optimizer = Adam(0.01) }}
"""


@pytest.mark.parametrize(("x", "y", "leaks"), [
    ("source.volume -> float -> windows(3)", "source.price -> float -> horizon(1)", False),
    ("source.price -> float -> windows(3)", "source.price -> float -> horizon(1)", False),
    ("source.price -> float -> windows(3)", "source.price -> float -> windows(3, ahead=1)", False),
    ("source.price -> float -> windows(3, ahead=1)", "source.price -> float -> windows(3, ahead=1)", True),
    ("source.price -> standardize -> windows(3, ahead=1)", "source.price -> float -> horizon(2)", True),
    ("source.price -> float -> horizon(3)", "source.price -> float -> horizon(1, ahead=3)", True),
    ("source.price -> float -> horizon(3)", "source.price -> float -> horizon(1, ahead=4)", False),
])
def test_a_window_must_not_hold_what_is_forecast(tmp_path: Path, x: str, y: str, leaks: bool) -> None:
    units = "3" if "windows(3, ahead=1)" in y else "2" if "horizon(2)" in y else "1"
    text = FIELDS.format(type="float[3]", layers="", x=x, y=y).replace("Dense(1)", f"Dense({units})")
    assert codes(tmp_path, text) == (["NN641"] if leaks else [])


@pytest.mark.parametrize(("x", "y", "leaks"), [
    ("(source.price, source.volume) -> standardize", "source.price -> float", True),
    ("(source.volume, source.volume) -> float", "source.price -> float", False),
])
def test_the_column_of_a_target_must_not_be_an_input(tmp_path: Path, x: str, y: str, leaks: bool) -> None:
    assert codes(tmp_path, FIELDS.format(type="float[2]", layers="", x=x, y=y)) == (["NN641"] if leaks else [])


def test_what_is_made_again_from_itself_is_no_secret(tmp_path: Path) -> None:
    text = """
network Auto {{ input x: float[2] \n output {name} = x -> Dense(1) -> Dense(2) }}
data D {{
  source = csv("table.csv")
  x = (source.price, source.volume) -> standardize
  z = (source.volume, source.price) -> standardize
  split = order(train=0.5, test=0.5)
}}
train Task {{ model = Auto \n data = D \n loss = mse \n optimizer = Adam(0.01) }}
"""
    assert codes(tmp_path, text.format(name="x")) == []
    assert codes(tmp_path, text.format(name="z")) == ["NN641"]


@pytest.mark.parametrize(("layers", "learns"), [
    ("Dense(2)", True), ("Dense(2, trainable=false)", False), ("relu", False), ("Dense(2, trainable=false) -> Dense(2)", True),
    ("Dense(2, trainable=false, use_bias=false) -> BatchNorm", True), ("Normalization(mean=0, variance=1)", False),
])
def test_a_network_that_cannot_learn_is_refused(tmp_path: Path, layers: str, learns: bool) -> None:
    text = FIELDS.format(type="float[2]", layers="", x="(source.price, source.volume) -> float", y="source.label -> category(a, b)")
    text = text.replace("Dense(1)", layers).replace("mse", "SparseCategoricalCrossentropy(from_logits=true)")
    assert codes(tmp_path, text) == ([] if learns else ["NN642"])


def test_the_mask_of_a_network_begins_also_where_it_is_used_as_a_layer(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE)
    text = """
network Reader { input words: int[T] < 9, padding=0 \n output y = words -> Embedding(9, 4) -> LSTM(4) -> Dense(1) }
network Outer { input words: int[8] < 9 \n output y = words -> Reader }
data D {
  source = csv("table.csv")
  words = source.text -> words(length=8, vocabulary=9)
  price = source.price -> float
  split = order(train=0.5, test=0.5)
}
train Task { data = D \n layer reader = Reader \n minimize mse(words -> reader, price) over reader with Adam(0.01) }
"""
    program, report = check(Source("spec.nn", text, tmp_path / "spec.nn"))
    assert not list(report)
    for graph in (program.networks["Outer"].graph, program.trainings["Task"].objectives[0].graph):
        assert graph.inputs["words"].type.mask
        assert [node.type.mask for node in graph.nodes if type(node.component).__name__ == "Embedding"] == [True]


def test_a_check_holds_at_each_use_of_a_network_whose_weights_are_shared(tmp_path: Path) -> None:
    text = """
network Inner { input x: float[4] \n output y = x -> Dense(4) \n check params == 20 \n check trainable == 20 \n check flops == 36 }
network Outer { input x: float[4] \n layer inner = Inner \n output y = x -> inner -> inner -> Inner \n check params == 40 }
"""
    assert codes(tmp_path, text) == []
    assert codes(tmp_path, text.replace("params == 20", "params == 0")) == ["NN403"]
