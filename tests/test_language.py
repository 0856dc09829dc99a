"""What a file means: which calls, with whose weights, of which sizes. Texts are compared with plainer texts of the same meaning."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nndsl import costs
from nndsl.diagnostics import Diagnostic, render
from nndsl.driver import check
from nndsl.graph import Graph, Node
from nndsl.program import Network, Program
from nndsl.source import Source
from nndsl.types import substitute

BLOCKS = """
block Twice(n) { Dense(n) -> relu -> Dense(n) }
block Residual(n, bias=true) {
  input x: [N]
  main = x -> Dense(n, use_bias=bias) -> relu
  side = x if N == n else (x -> Dense(n))
  output y = main + side
}
network Tower(n=4) {
  input t: float[8]
  output u = t -> Dense(n) -> tanh
}
"""


def program(text: str, path: Path | None = None, **overrides: Any) -> Program:
    """The program of a text without a mistake."""
    found, report = check(Source("text.nn", text, path), overrides=overrides)
    assert not report.errors, "\n".join(render(one) for one in report)
    return found


def mistakes(text: str, path: Path | None = None) -> list[Diagnostic]:
    return [one for one in check(Source("text.nn", text, path))[1] if one.severity == "error"]


def network(body: str, inputs: str = "input x: float[8]", **overrides: Any) -> Network:
    """The network with a body, which may use the blocks above."""
    return program(f"{BLOCKS}\nnetwork Net {{\n{inputs}\n{body}\n}}", **overrides).networks["Net"]


def meaning(graph: Graph) -> tuple[Any, ...]:
    """A graph without the names and places of its calls."""
    owners = {id(owner): number for number, (owner, _) in enumerate(graph.owners())}
    calls = [(one.component, owners.get(id(one.owner)), one.operands, one.types) for one in graph.nodes]
    return calls, list(graph.inputs), dict(graph.outputs)


def same(first: str, second: str, inputs: str = "input x: float[8]") -> bool:
    return meaning(network(first, inputs).graph) == meaning(network(second, inputs).graph)


def layers(graph: Graph) -> list[Node]:
    return [one for one in graph.nodes if one.owner is not None]


def test_a_network_whose_parameters_have_no_values_waits_for_who_uses_it() -> None:
    found = program("network Part(n) {\ninput x: float[4]\noutput y = x -> Dense(n)\n}\nnetwork Net {\ninput x: float[4]\noutput y = x -> Part(3)\n}")
    assert list(found.networks) == ["Net"]


@pytest.mark.parametrize(("name", "repair"), [("widht", "did you mean `width`?"), ("q", "the file has `width` and `depth`")])
def test_a_parameter_that_is_set_is_one_of_the_file(name: str, repair: str) -> None:
    _, report = check(Source("text.nn", "param width = 3\nparam depth = 4\n"), overrides={name: 5})
    found = next(one for one in report if one.code == "NN221")
    assert found.repair == repair


# The same in other words -------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "plain"), [
    ("output y = x -> Dense(4) * 3", "output y = x -> Dense(4) -> Dense(4) -> Dense(4)"),
    ("output y = x -> (Dense(4) -> relu) * 2", "output y = x -> Dense(4) -> relu -> Dense(4) -> relu"),
    ("output y = x -> Dense(4) * 1", "output y = x -> Dense(4)"),
    ("output y = x -> Twice(4)", "output y = x -> Dense(4) -> relu -> Dense(4)"),
    ("output y = x -> Twice(4) * 2", "output y = x -> Dense(4) -> relu -> Dense(4) -> Dense(4) -> relu -> Dense(4)"),
    ("output y = x -> Residual(8)", "output y = (x -> Dense(8) -> relu) + x"),
    ("output y = x -> Residual(4)", "a = x -> Dense(4) -> relu\noutput y = a + (x -> Dense(4))"),
    ("output y = x -> Residual(8, bias=false)", "output y = (x -> Dense(8, use_bias=false) -> relu) + x"),
    ("output y = x -> Tower", "output y = x -> Dense(4) -> tanh"),
    ("output y = x -> Tower(n=3)", "output y = x -> Dense(3) -> tanh"),
    ("h = x\nfor n in [4, 5] { h = h -> Dense(n) }\noutput y = h", "output y = x -> Dense(4) -> Dense(5)"),
    ("h = x\nfor n in range(3) { h = h -> Dense(n + 1) }\noutput y = h", "output y = x -> Dense(1) -> Dense(2) -> Dense(3)"),
    ("h = x\nfor (n, f) in [(4, relu), (5, tanh)] { h = h -> Dense(n, activation=f) }\noutput y = h",
     "output y = x -> Dense(4, activation=relu) -> Dense(5, activation=tanh)"),
    ("h = x\nfor n in [] { h = h -> Dense(n) }\noutput y = h -> relu", "output y = x -> relu"),
    ("h = x\nif 1 < 2 { h = x -> relu } else { h = x -> tanh }\noutput y = h", "output y = x -> relu"),
    ("h = x\nif 1 > 2 { h = x -> relu } else if true { h = x -> tanh }\noutput y = h", "output y = x -> tanh"),
    ("output y = x -> (relu if 1 > 2 else tanh)", "output y = x -> tanh"),
    ("output y = x -> Dense(8 if 2 in [1, 2] else 9)", "output y = x -> Dense(8)"),
    ("output y = x -> Dense(2 ** 3 // 3 * 2 - 1)", "output y = x -> Dense(3)"),
    ("output y = x -> Dense(max([1, 5, 3]) + len([1, 2]) + sum(range(3)))", "output y = x -> Dense(10)"),
    ("output y = x -> Dense(x.shape[0] * x.rank)", "output y = x -> Dense(8)"),
    ("h: [8] = x\noutput y: [4] = h -> Dense(4)", "output y = x -> Dense(4)"),
    ("y = x -> Dense(4)\noutput y", "output y = x -> Dense(4)"),
    ("output y = x -> BatchNorm -> LayerNorm", "output y = x -> BatchNormalization -> LayerNormalization"),
    ("output y = x -> Dense(4, activation=relu)", "output y = x -> Dense(units=4, activation=relu)"),
    ("output y = concat(x, x)", "output y = (x, x) -> concat"),
    ("output y = x + x", "output y = add(x, x)"),
    ("output y = relu(x)", "output y = x -> relu"),
    ("output y = +relu(x)", "output y = x -> relu"),
    ("output y = -x", "output y = negative(x)"),
    ("output y = x * 2 ** -1", "output y = x * 0.5"),
    ("(a, b) = split(x, 2, axis=1)\noutput y = a + b", "parts = split(x, 2, axis=1)\noutput y = add(parts[0], parts[1])"),
])
def test_two_texts_mean_the_same(written: str, plain: str) -> None:
    assert same(written, plain)


@pytest.mark.parametrize(("written", "other"), [
    ("output y = x -> Dense(4) -> Dense(4)", "layer d = Dense(8)\noutput y = x -> d -> d"),
    ("output y = (x -> Dense(8)) + (x -> Dense(8))", "layer d = Dense(8)\noutput y = (x -> d) + (x -> d)"),
    ("output y = x -> Dense(4)", "output y = x -> Dense(4, use_bias=false)"),
    ("output y = x", "output z = x"),
])
def test_two_texts_mean_something_different(written: str, other: str) -> None:
    """So the comparison of meanings can fail."""
    assert not same(written, other)


# Weights -----------------------------------------------------------------------------------------


def owned(body: str) -> tuple[int, int]:
    """How many calls have weights, and how many sets of weights there are."""
    graph = network(body).graph
    return len(layers(graph)), len(list(graph.owners()))


@pytest.mark.parametrize(("body", "calls", "sets"), [
    ("output y = x -> Dense(8) -> Dense(8)", 2, 2),
    ("output y = x -> Dense(8) * 5", 5, 5),
    ("layer d = Dense(8)\noutput y = x -> d -> d -> d", 3, 1),
    ("layer d = Dense(8)\noutput y = x -> d * 3", 3, 1),
    ("layer d = Dense(8)\nh = x\nfor i in range(4) { h = h -> d }\noutput y = h", 4, 1),
    ("layer block_ = Twice(8)\noutput y = x -> block_ -> block_", 4, 2),
    ("layer tower = Tower(8)\noutput y = (x -> tower) + (x -> tower)", 2, 1),
    ("layer t = Residual(8) * 2\noutput y = x -> t -> t", 4, 2),
    ("layer a = Dense(8)\nlayer b = Dense(8)\noutput y = x -> a -> b -> a", 3, 2),
])
def test_weights_are_shared_where_that_is_said_and_nowhere_else(body: str, calls: int, sets: int) -> None:
    assert owned(body) == (calls, sets)


def test_shared_weights_count_once() -> None:
    assert costs.params(network("layer d = Dense(8)\noutput y = x -> d -> d").graph) == 72
    assert costs.params(network("output y = x -> Dense(8) -> Dense(8)").graph) == 144


@given(st.integers(1, 40))
def test_a_repetition_makes_so_many_layers_with_weights_of_their_own(times: int) -> None:
    assert owned(f"output y = x -> Residual(8) * {times}") == (times, times)


def test_every_call_has_a_name_of_its_own_and_knows_the_blocks_it_came_from() -> None:
    graph = network("output y = x -> Twice(8) * 2 -> Dense(1)").graph
    assert len({one.name for one in graph.nodes}) == len(graph.nodes)
    assert [[frame.name for frame in one.scope] for one in layers(graph)] == [["Twice"], ["Twice"], ["Twice"], ["Twice"], []]
    assert len({one.scope[0].key for one in layers(graph)[:-1]}) == 2


# Inputs and outputs ------------------------------------------------------------------------------


def test_inputs_and_outputs_keep_their_names_and_their_order() -> None:
    graph = network("output b = left -> Dense(1)\noutput a = right + left", "input right: float[8]\ninput left: float[8]").graph
    assert list(graph.inputs) == ["right", "left"]
    assert list(graph.outputs) == ["b", "a"]
    assert [str(graph.type_of(ref)) for ref in graph.outputs.values()] == ["float[1]", "float[8]"]


def test_a_network_without_an_output_is_worth_its_last_expression() -> None:
    assert list(network("x -> Dense(2)").graph.outputs) == ["output"]


def test_a_block_takes_and_gives_several_tensors() -> None:
    text = """
block Cross(n) {
  input a: [N]
  input b: [N]
  output left = a + (b -> Dense(n))
  output right = b
}
network Net {
  input x: float[4]
  input z: float[4]
  (p, q) = (x, z) -> Cross(4)
  output y = p * q
}"""
    plain = "network Net { input x: float[4]\ninput z: float[4]\noutput y = (x + (z -> Dense(4))) * z }"
    assert meaning(program(text).networks["Net"].graph) == meaning(program(plain).networks["Net"].graph)


# Named sizes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "shape"), [
    ("output y = seq -> MaxPooling1D(2)", "float[L // 2, 4]"),
    ("output y = seq -> Conv1D(8, 3)", "float[L - 2, 8]"),
    ("output y: [L // 4, 8] = seq -> Conv1D(8, 3, padding=same) -> MaxPooling1D(2) * 2", "float[L // 4, 8]"),
    ("output y = seq -> UpSampling1D(3)", "float[3 * L, 4]"),
    ("output y = concat(seq, seq, axis=1)", "float[2 * L, 4]"),
    ("output y = seq -> GlobalMaxPooling1D -> Dense(2)", "float[2]"),
    ("output y = seq -> LSTM(5, return_sequences=true)", "float[L, 5]"),
])
def test_sizes_with_names_are_computed(body: str, shape: str) -> None:
    found = network(body, "input seq: float[L, 4]")
    assert str(found.graph.type_of(found.graph.outputs["y"])) == shape
    assert found.sizes == ("L",)


steps = st.sampled_from([
    "Conv1D(4, 3)", "Conv1D(4, 5, padding=same)", "Conv1D(4, 4, strides=3)", "MaxPooling1D(2)", "MaxPooling1D(3, strides=2, padding=same)",
    "AveragePooling1D(4)", "UpSampling1D(2)", "ZeroPadding1D(2)", "Cropping1D(1)", "Conv1DTranspose(4, 3, strides=2)", "Conv1D(4, 3, dilation_rate=2)",
])


@given(st.lists(steps, min_size=1, max_size=4), st.integers(400, 600))
def test_a_shape_with_names_is_the_shape_of_every_length(chain: list[str], length: int) -> None:
    body = f"output y = seq -> {' -> '.join(chain)}"
    by_name, by_number = (network(body, f"input seq: float[{size}, 4]").graph for size in ("L", length))
    named, counted = (graph.type_of(graph.outputs["y"]).shape for graph in (by_name, by_number))
    assert tuple(substitute(size, {"L": length}) for size in named) == counted


def test_one_name_is_one_size() -> None:
    assert network("output y = a + b", "input a: float[L]\ninput b: float[L]").sizes == ("L",)
    found = mistakes("network Net { input a: float[L]\ninput b: float[M]\noutput y = a + b }")
    assert [one.code for one in found] == ["NN303"]


def test_a_block_binds_the_sizes_of_each_use_anew() -> None:
    body = "output y = x -> Residual(8) -> Residual(5) -> Residual(5)"
    assert [one.component.units for one in layers(network(body).graph)] == [8, 5, 5, 5]  # type: ignore[attr-defined]


# Parameters --------------------------------------------------------------------------------------

WIDE = "param width = 16 in [16, 32]\nparam act = relu\nnetwork Net(n=2, m=2 * n) { input x: float[4]\nh = x -> Dense(width, activation=act) * n\noutput y = h -> Dense(m) }"


@pytest.mark.parametrize(("overrides", "params"), [({}, 420), ({"width": 32}, 1348), ({"width": 8, "act": "tanh"}, 148)])
def test_parameters_of_the_file_are_set_from_outside(overrides: Mapping[str, Any], params: int) -> None:
    found = program(WIDE, **overrides)
    assert costs.params(found.networks["Net"].graph) == params
    assert found.parameters["width"] == overrides.get("width", 16)


def test_parameters_of_a_file_that_is_imported_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "library.nn").write_text("param width = 3\nblock Wide() { Dense(width) }\n")
    text = 'from "library.nn" import Wide\nparam width = 4\nnetwork Net { input x: float[width]\noutput y = x -> Wide }'
    assert costs.params(program(text, tmp_path / "net.nn", width=5).networks["Net"].graph) == 5 * 3 + 3


def test_parameters_of_a_network_have_defaults_that_see_those_before_them() -> None:
    assert dict(program(WIDE).networks["Net"].arguments) == {"n": 2, "m": 4}


def test_a_default_may_be_an_option_as_an_argument_may() -> None:
    text = """
block Conv(filters, padding=same) { Conv2D(filters, 3, padding=padding) }
network Net(padding=valid) { input x: float[8, 8, 1]
  output y = x -> Conv(2) -> Conv(2, padding=padding) }
"""
    graph = program(text).networks["Net"].graph
    assert str(graph.type_of(graph.outputs["y"])) == "float[6, 6, 2]"


def test_a_default_that_is_no_option_is_told_where_it_is_used() -> None:
    [found] = mistakes("network Net(padding=sane) { input x: float[8, 8, 1]\n output y = x -> Conv2D(2, 3, padding=padding) }")
    assert "sane" in found.message and found.repair == "did you mean `same`?"


# Checks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [
    "check params == 36", "check trainable == params", "check params < 100 and flops > 0", "check y.shape == [4]", "check y.rank == 1",
    'check x.dtype == "float32"', "check params == 1 when 1 == 2", "check not params == 1", "check flops == 68",
])
def test_a_check_that_is_true_says_nothing(line: str) -> None:
    network(f"output y = x -> Dense(4)\n{line}")


@pytest.mark.parametrize("line", ["check params == 35", "check params == 35 when 1 == 1", "check y.shape == [8]", "check params > 36"])
def test_a_check_that_is_not_true_fails(line: str) -> None:
    found = mistakes(f"network Net {{ input x: float[8]\noutput y = x -> Dense(4)\n{line} }}")
    assert [one.code for one in found] == ["NN403"]


def test_a_receptive_field_is_that_of_the_first_axis() -> None:
    network("output y = seq -> Conv1D(4, 3) * 2 -> MaxPooling1D(2) -> Conv1D(4, 5)\ncheck receptive_field == 14", "input seq: float[L, 4]")


# Other files -------------------------------------------------------------------------------------


def test_a_block_of_another_file_means_what_it_means_there(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "more.nn").write_text("param width = 3\nblock Inner(n) { Dense(n * width) }\nblock Outer(n) { Inner(n) -> relu }")
    text = 'from "parts/more.nn" import Outer as Part\nparam width = 100\nnetwork Net { input x: float[4]\noutput y = x -> Part(2) -> Dense(width) }'
    plain = "network Net { input x: float[4]\noutput y = x -> Dense(6) -> relu -> Dense(100) }"
    found = program(text, tmp_path / "net.nn").networks["Net"].graph
    assert meaning(found) == meaning(program(plain).networks["Net"].graph)


def test_the_library_is_there_for_every_file(tmp_path: Path) -> None:
    text = 'from "std/blocks.nn" import Residual\nnetwork Net { input x: float[8, 8, 4]\noutput y = x -> Residual(4) * 2 -> Residual(8, stride=2) }'
    graph = program(text, tmp_path / "net.nn").networks["Net"].graph
    assert str(graph.type_of(graph.outputs["y"])) == "float[4, 4, 8]"


def test_a_mistake_in_an_imported_file_points_into_that_file(tmp_path: Path) -> None:
    (tmp_path / "parts.nn").write_text("block Part(n) {\n  Dens(n)\n}")
    found = mistakes('from "parts.nn" import Part\nnetwork Net { input x: float[4]\noutput y = x -> Part(2) }', tmp_path / "net.nn")
    assert [(one.code, one.span.line if one.span else 0) for one in found] == [("NN201", 2)]
    assert found[0].span is not None and found[0].span.source.name.endswith("parts.nn")
    assert any(note.span is not None and note.span.source.name == "text.nn" for note in found[0].notes)


def test_files_that_import_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.nn").write_text('from "b.nn" import B\nblock A(n) { B(n) }')
    (tmp_path / "b.nn").write_text('from "a.nn" import A\nblock B(n) { A(n) }')
    found = mistakes('from "a.nn" import A\nnetwork Net { input x: float[4]\noutput y = x -> A(2) }', tmp_path / "net.nn")
    assert {one.code for one in found} == {"NN226"}


# Ends --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", [
    "block A(n) { A(n) }", "block A(n) { Dense(n) -> A(n - 1) }", "block A(n) { B(n) }\nblock B(n) { A(n) }", "block A(n) { A(n - 1) if n > 0 else Dense(1) }",
])
def test_recursion_is_refused_once(block: str) -> None:
    found = mistakes(f"{block}\nnetwork Net {{ input x: float[4]\noutput y = x -> A(2) }}")
    assert [one.code for one in found] == ["NN218"]


@pytest.mark.parametrize("body", [
    "for i in range(100000) { for j in range(100000) { h = i * j } }",
    "for i in range(100000) { h = x -> relu }",
    "h = x -> (Dense(4) * 100000) * 100000",
    "h = x -> Twice(4) * 90000",
    "h = x -> ((relu * 1000) * 1000) * 1000",
])
def test_expansion_ends_within_its_budget(body: str) -> None:
    found = mistakes(f"{BLOCKS}\nnetwork Net {{ input x: float[4]\n{body}\noutput y = x }}")
    assert [one.code for one in found] == ["NN211"]


def test_a_deep_network_is_no_trouble() -> None:
    assert owned("output y = x -> Residual(8) * 2000") == (2000, 2000)
    sums = " + ".join(["x"] * 3000)
    assert len(network(f"output y = {sums}").graph.nodes) == 3000


# The first sketch of the language ----------------------------------------------------------------

SAMPLES = Path(__file__).parent / "syntax" / "samples"


def test_the_sample_of_genomes_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "splice.csv").write_text("sequence,class\n" + "ACGT,EI\nCCGT,IE\nGGTA,N\n" * 10)
    (tmp_path / "genome.fa").write_text(f">chr1\n{'ACGT' * 500}\n")
    (tmp_path / "peaks.bed").write_text("chr1\t900\t1100\tpeak\t1\n")
    assert not mistakes((SAMPLES / "genomes.nn").read_text(encoding="utf-8"), tmp_path / "sample.nn")


def test_the_sample_of_all_pieces_is_compiled(tmp_path: Path) -> None:
    for number in range(40):
        folder = tmp_path / "photos" / str(number % 10)
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), (number, 0, 0)).save(folder / f"{number}.png")
    text = (SAMPLES / "pieces.nn").read_text(encoding="utf-8")
    checked, report = check(Source("sample.nn", text, tmp_path / "sample.nn"))
    assert [(one.code, one.span.text) for one in report if one.span] == [("NN401", "Residual")]
    augmented = checked.data["Photos"].augmentation
    assert augmented is not None and list(augmented.outputs) == ["image"]


DIGITS = """
data Digits {
  source = npz("digits.npz")
  image  = source.image
  split  = random(train=0.9, test=0.1)
}
network Generator(latent) { input noise: float[latent]
output image = noise -> Dense(16, activation=sigmoid) }
network Discriminator { input image: float[16]
output real = image -> Dense(1, activation=sigmoid) }
network Encoder(latent) { input image: float[16]
output mean = image -> Dense(latent)
output log_var = image -> Dense(latent) }
network Decoder { input z: float[8]
output image = z -> Dense(16, activation=sigmoid) }
"""


def test_the_sample_of_objectives_is_compiled(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "digits.npz", image=numpy.zeros((20, 16), "float32"))
    text = DIGITS + (SAMPLES / "objectives.nn").read_text(encoding="utf-8")
    checked, report = check(Source("sample.nn", text, tmp_path / "sample.nn"))
    assert not list(report)
    assert [[one.name for one in training.objectives] for training in checked.trainings.values()] == [["discriminator", "generator"], [""]]
    assert list(checked.trainings["VAE"].objectives[0].terms) == ["bce", "kl_normal"]


def test_what_is_wrong_with_a_network_is_said_once_however_many_trainings_use_it(tmp_path: Path) -> None:
    numpy.savez(tmp_path / "digits.npz", image=numpy.zeros((20, 16), "float32"))
    training = "train {} {{ data = Digits\nlayer net = Net\nminimize mse(image -> net, image) over net with Adam(1e-3) }}\n"
    net = "network Net { input image: float[16]\noutput y = image -> Dense(many) }\n"
    checked, report = check(Source("t.nn", DIGITS + net + training.format("One") + training.format("Two"), tmp_path / "t.nn"))
    assert [one.code for one in report] == ["NN201"] and not checked.trainings


def test_both_strands_are_read_with_the_same_weights() -> None:
    graph = network((SAMPLES / "both_strands.nn").read_text(encoding="utf-8") + "\noutput y = hits", "input sequence: float[60, 4]").graph
    assert (len(layers(graph)), len(list(graph.owners()))) == (2, 1)


def test_an_activation_may_have_settings_where_it_is_an_argument() -> None:
    (dense,) = layers(network("output y = x -> Dense(4, activation=leaky_relu(0.1))").graph)
    assert dense.component.__dict__["activation"].changed() == {"negative_slope": 0.1}
    found = mistakes(f"{BLOCKS}\nnetwork Net {{ input x: float[4]\noutput y = x -> Dense(4, activation=leaky_relu(0.1, 3)) }}")
    assert [one.code for one in found] == ["NN203"]
