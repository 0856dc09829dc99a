"""One mistake gives one message, however many places feel it; two mistakes give two."""

from pathlib import Path

import pytest

from nndsl.driver import check
from nndsl.source import Source

TABLE = """data Table {
  source = csv("table.csv")
  x      = (source.a, source.b) -> float
  y      = source.a -> float
  split  = order(train=0.5, validation=0.25, test=0.25)
}
"""
ONE_MISTAKE = {
    "a name that nothing has": (["NN201"], "h = x -> Dense(4)\n g = nothing + h\n k = nothing + g\n output y = nothing + k"),
    "a layer that there is not": (["NN201"], "h = x -> Nothing(4)\n g = h -> relu -> Nothing(4)\n output y = x -> Nothing(5)"),
    "a name that is used too early": (["NN201"], "h = later -> Dense(4)\n g = later + h\n later = x -> Dense(4)\n output y = g + later"),
    "an input of another type": (["NN302"], "input t: int[4] < 9\n h = t -> Dense(4)\n g = t -> relu\n output y = x + h + g + (t -> Dense(4))"),
    "a number that nothing has": (["NN201"], "h = x -> Dense(nothing)\n output y = h + (x -> Dense(nothing))"),
    "a loop over nothing": (["NN201"], "for i in range(nothing) { g = x -> Dense(4)\n x = g }\n output y = g + x"),
    "a condition on nothing": (["NN201"], "if nothing > 3 { g = x -> Dense(4) } else { g = x -> Dense(5) }\n output y = g + x"),
    "an input with an axis too few": (["NN301"], "h = x -> Conv1D(4, 3)\n g = x -> MaxPool1D(2)\n output y = h + g"),
}
TWO_MISTAKES = {
    "two names": (["NN201", "NN201"], "h = nothing -> Dense(4)\n output y = h + nowhere + x"),
    "two slips": (["NN201", "NN201"], "hidden = x -> Dense(4)\n g = hiden -> relu\n output y = hiden + g"),
    "a loop over nothing, and a layer in it": (["NN201", "NN203"], "for i in range(nothing) { x = x -> Dense(4, activation=rleu) }\n output y = x"),
    "two inputs": (["NN302", "NN302"], "input t: int[4] < 9\n input u: int[4] < 9\n output y = (t -> Dense(4)) + (u -> Dense(4)) + x"),
    "two sorts of mistakes with one input": (["NN301", "NN302"], "output y = (x -> Conv1D(4, 3)) + (x -> Embedding(9, 4))"),
}


def errors(text: str, path: Path | None = None) -> list[str]:
    _, report = check(Source("net.nn", text, path))
    return [one.code for one in report if one.severity == "error"]


@pytest.mark.parametrize(("codes", "lines"), [*ONE_MISTAKE.values(), *TWO_MISTAKES.values()], ids=[*ONE_MISTAKE, *TWO_MISTAKES])
def test_a_mistake_is_told_once(codes: list[str], lines: str) -> None:
    assert sorted(errors(f"network Net {{\n input x: float[4]\n {lines}\n}}\n")) == codes


@pytest.mark.parametrize(("text", "codes"), [
    ("network Net(classes) {\n input x: float[4]\n output y = x -> Dense(8, activation=rleu) -> Dense(classes)\n}", ["NN203"]),
    ("block B(width) {\n input x: [n]\n x -> Dense(width) -> Nothing(3)\n}", ["NN201"]),
    ("block B(depth) {\n input x: [n]\n h = x\n for i in range(depth) { h = h -> Dense(i) }\n if depth > 2 { k = h } else { k = x }\n h + k + missing\n}", ["NN201"]),
    ("network Net(classes) {\n input x: float[L]\n h = x -> Dense(3)\n if L > 3 { h = h -> relu }\n output y = h -> Dense(classes)\n check L == classes\n}", []),
    (("network Net(classes) {\n input x: float[4]\n output y = x -> Dense(8, activation=rleu) -> Dense(classes)\n}\n"
     "network Other {\n input x: float[4]\n output y = x -> Net(classes=nothing)\n}"), ["NN201", "NN203"]),
])
def test_what_is_made_nowhere_is_read_all_the_same(text: str, codes: list[str]) -> None:
    """And what only a caller can tell is left open."""
    assert sorted(errors(text)) == codes


@pytest.mark.parametrize(("lines", "codes"), [
    ("h = x -> Dense(3) -> relu -> Dense(2)", ["NN408"]),
    ("h = x -> Dense(3) -> relu", ["NN408"]),
    ("h = x -> relu", ["NN401"]),
    ("h = x -> Dense(3)\n g = h -> Dense(2) -> relu\n k = h -> Dense(2)", ["NN408", "NN408"]),
])
def test_of_layers_that_reach_no_output_the_last_is_told(lines: str, codes: list[str]) -> None:
    _, report = check(Source("net.nn", f"network Net {{\n input x: float[4]\n {lines}\n output y = x -> Dense(1)\n}}\n"))
    assert [one.code for one in report] == codes


def training(network: str, task: str, folder: Path) -> list[str]:
    (folder / "table.csv").write_text("a,b\n" + "1,2\n" * 8)
    return errors(f"{network}\n{TABLE}\n{task}", folder / "net.nn")


SHORT = "train T {\n model = Net\n data = Table\n loss = mse\n optimizer = Adam(1e-3)\n}\n"


def test_an_input_that_does_not_fit_its_data_is_told_of_once(tmp_path: Path) -> None:
    """The training finds it, and the network by itself finds that its layers take no such input."""
    network = "network Net {\n input x: float[2, 3, 4]\n output y = x -> Conv1D(1, 1) -> GlobalMaxPool1D\n}"
    assert len(training(network, SHORT, tmp_path)) == 1


def test_a_network_whose_sizes_wait_for_its_data_is_silent_where_its_training_is_wrong(tmp_path: Path) -> None:
    network = "network Net {\n input x: float[L]\n output y = x -> Dense(1)\n check L == 2\n}"
    assert training(network, SHORT, tmp_path) == []
    assert training(network, SHORT.replace("mse", "msee"), tmp_path) == ["NN203"]
    assert training(network, SHORT.replace("Adam(1e-3)", "Adamm"), tmp_path) == ["NN203"]


def test_an_output_that_does_not_fit_its_target_is_told_of_once(tmp_path: Path) -> None:
    """Both the loss and the metric compare them."""
    network = "network Net {\n input x: float[2]\n output y = x -> Dense(7)\n}"
    task = "train T {\n data = Table\n layer net = Net()\n h = x -> net\n minimize mse(h, y) over net with Adam(1e-3)\n metrics = [mae(h, y)]\n}\n"
    assert training(network, task, tmp_path) == ["NN634"]


def test_statements_without_a_body_around_them_are_told_of_once() -> None:
    inside = "input x: float[4]\nh = x -> Dense(4)\noutput y = h\n"
    assert errors(inside) == ["NN214"]
    assert errors(f"{inside}\nparam n = 3\n\n{inside}") == ["NN214", "NN214"]


@pytest.mark.parametrize("lines", ["  input x: float[4]\n  output y = x -> Dense(3)", "output y = x\n  -> Dense(3)", "check 1 == 1", "x -> relu"])
def test_a_network_whose_first_line_is_missing_is_told_of_once(lines: str) -> None:
    assert errors(f"{lines}\n}}\n") == ["NN214"]
    assert errors(f"param width = 3\n\n{lines}\n}}\nblock B {{\n  input x: [4]\n  output y = x -> relu\n}}\n") == ["NN214"]


@pytest.mark.parametrize("text", ["}\n", "param width = 3\n}\n", "network N {\n  input x: float[4]\n  output y = x -> relu\n}\n}\n", 'from "std/resnet.nn" import ResNet50\n}\n'])
def test_a_brace_that_closes_nothing_is_told_of(text: str) -> None:
    assert "NN122" in errors(text)
