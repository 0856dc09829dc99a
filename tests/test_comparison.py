"""Two versions of a network or a file: what counts as a change, what does not, and what is said of it."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings

from nndsl import api
from nndsl.catalogue.applicable import Constant
from nndsl.comparison import report
from nndsl.comparison.alignment import aligned
from nndsl.comparison.changes import Comparison, compared
from nndsl.comparison.files import Files, compare
from nndsl.comparison.settings import Setting
from nndsl.program import Network
from tests.networks import KNOWN, networks

BASE = """\
block Res(n) {
  input x: [C]
  h = x -> Dense(n) -> relu -> Dense(C)
  output y = h + x
}
network Net {
  input x: float[8]
  h = x -> Dense(64, activation=relu) -> Dropout(0.5) -> Res(32) * 2 -> Dense(64)
  output y = h -> Dense(10, activation=softmax)
}
"""


def network(text: str) -> Network:
    return api.loads(text).checked.network()


def between(old: str, new: str) -> Comparison:
    return compared(network(old), network(new))


def edited(*replacements: tuple[str, str]) -> str:
    text = BASE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


def told(comparison: Comparison) -> list[str]:
    """Each change in a line: sign, what it was, what it is."""
    lines = []
    for change in comparison.changes:
        calls = [one.call for one in (change.old, change.new) if one]
        lines.append(" ".join((report.SIGNS[change.kind], " -> ".join(dict.fromkeys(calls)), *change.remarks)))
    return [*lines, *comparison.outputs]


SAME: dict[str, tuple[tuple[str, str], ...]] = {
    "nothing": (),
    "a comment and another layout": (("  h = x -> Dense(64", "  # wide\n  h = x\n    -> Dense(64"),),
    "other names of tensors": (("h = x -> Dense(64, ", "wide = x -> Dense(64, "), ("y = h -> Dense(10", "y = wide -> Dense(10")),
    "another name of a block": (("Res(", "Shortcut("),),
    "the default, written out": (("Dense(64)\n", "Dense(64, use_bias=true)\n"),),
    "a sum the other way around": (("h + x", "x + h"),),
    "layers put into a block": (
        ("h = x -> Dense(64, activation=relu) -> Dropout(0.5)", "h = x -> Head"),
        ("network", "block Head() { Dense(64, activation=relu) -> Dropout(0.5) }\nnetwork"),
    ),
    "a repetition written as a loop": (
        ("-> Res(32) * 2 -> Dense(64)", "\n  for step in [1, 2] { h = h -> Res(32) }\n  h = h -> Dense(64)"),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_the_networks_are_the_same_with(name: str) -> None:
    assert told(between(BASE, edited(*SAME[name]))) == []


BRANCHES = "network Net {\n  input x: float[8]\n  a = x -> Dense(4)\n  b = x -> Dense(5)\n  output y = concat(a, b) -> Dense(2)\n}\n"
SHARED = "network Net {\n  input x: float[8]\n  layer one = Dense(8)\n  output y = x -> one -> one\n}\n"
APART = "network Net {\n  input x: float[8]\n  output y = x -> Dense(8) -> Dense(8)\n}\n"

CHANGED: dict[str, tuple[str, str, Sequence[str]]] = {
    "an argument": (BASE, edited(("Dense(64)\n", "Dense(65)\n")), ["~ Dense(64) -> Dense(65)", "· Dense(10, softmax)"]),
    "a layer in the middle": (BASE, edited(("Dropout(0.5) ->", "Dropout(0.5) -> LayerNorm ->")), ["+ LayerNormalization"]),
    "a layer taken out": (BASE, edited((" -> Dropout(0.5)", "")), ["- Dropout(0.5)"]),
    "a block repeated more often": (BASE, edited(("* 2", "* 3")), ["+ Dense(32)", "+ relu", "+ Dense(64)", "+ add"]),
    "a block repeated less often": (BASE, edited((" * 2", "")), ["- Dense(32)", "- relu", "- Dense(64)", "- add"]),
    "one activation for another, in each repetition": (BASE, edited(("-> relu", "-> gelu")), ["~ relu -> gelu", "~ relu -> gelu"]),
    "one kind of layer for another": (BASE, edited(("-> Dropout(0.5)", "-> LayerNorm")), ["- Dropout(0.5)", "+ LayerNormalization"]),
    "a number": (edited(("h + x", "0.5 * h + x")), edited(("h + x", "0.1 * h + x")), ["~ multiply(0.5, _) -> multiply(0.1, _)"] * 2),
    "a skip over everything": (
        BASE, edited(("y = h ->", "y = h + (x -> Dense(64)) ->")), ["+ Dense(64)", "+ add"],
    ),
    "another skip": (
        BASE, edited(("h = x -> Dense(n) -> relu -> Dense(C)\n", "m = x -> Dense(n)\n  h = m -> relu -> Dense(C)\n"), ("h + x", "h + h")),
        ["~ add takes other tensors", "~ add takes other tensors"],
    ),
    "operands in another order": (BRANCHES, BRANCHES.replace("(a, b)", "(b, a)"), ["~ concatenate takes other tensors"]),
    "one operand more": (BRANCHES, BRANCHES.replace("(a, b)", "(a, b, x)"), ["~ concatenate takes 3 tensors, not 2", "· Dense(2)"]),
    "branches in another order": (BRANCHES, BRANCHES.replace("  a = x -> Dense(4)\n  b = x -> Dense(5)\n", "  b = x -> Dense(5)\n  a = x -> Dense(4)\n"), []),
    "weights no longer shared": (SHARED, APART, ["~ Dense(8) has weights of its own, no longer those of dense"]),
    "weights shared": (APART, SHARED, ["~ Dense(8) has the weights of dense"]),
    "another size of the input": (BASE, edited(("float[8]", "float[9]")), ["~ input x: float[8] -> input x: float[9]", "· Dense(64, relu)"]),
    "another name of the output": (BASE, edited(("output y = h ->", "output z = h ->")), ["- output y", "+ output z: float[10]"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_told_of(name: str) -> None:
    old, new, expected = CHANGED[name]
    assert told(between(old, new)) == expected


@pytest.mark.parametrize("name", KNOWN)
def test_a_network_is_the_same_as_itself(name: str) -> None:
    assert compared(KNOWN[name], KNOWN[name]).is_same


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(networks(), networks())
def test_two_networks_are_told_apart_completely(old: Network, new: Network) -> None:
    """Each call is in a pair or was added or removed, pairs are of one family, and the costs of what changed add up to the difference."""
    comparison = compared(old, new)
    pairs = aligned(old.graph, new.graph)
    assert len(set(pairs.values())) == len(pairs)
    removed = {one.old.node.id for one in comparison.changes if one.kind == "removed" and one.old}
    added = {one.new.node.id for one in comparison.changes if one.kind == "added" and one.new}
    assert removed | set(pairs) == {node.id for node in old.graph.nodes if not isinstance(node.component, Constant)}
    assert added | set(pairs.values()) == {node.id for node in new.graph.nodes if not isinstance(node.component, Constant)}
    before, after = comparison.costs
    differences = [(one.new.cost.params if one.new else 0) - (one.old.cost.params if one.old else 0) for one in comparison.changes]
    assert sum(differences) == after.params - before.params
    assert len(told(compared(new, old))) >= bool(told(comparison))


def test_a_thousand_equal_layers_are_compared_at_once() -> None:
    text = "network Net {{\n  input x: float[8]\n  output y = x -> {}\n}}\n"
    old, new = text.format("relu * 2000"), text.format("relu * 900 -> tanh -> relu * 1100")
    assert told(between(old, new)) == ["+ tanh"]


# Tables ------------------------------------------------------------------------------------------


def lines(old: str, new: str) -> list[str]:
    return report.text(files(old, new)).splitlines()


def files(old: str, new: str, name: str | None = None) -> Files:
    return compare(api.loads(old, name="old.nn").checked, api.loads(new, name="new.nn").checked, name)


def test_equal_files_are_said_to_be_the_same() -> None:
    assert lines(BASE, BASE) == ["Net: the networks are the same"]
    assert files(BASE, BASE).is_same


def test_the_table_tells_arguments_shapes_parameters_and_flops_before_and_after() -> None:
    table = lines(BASE, edited(("Dense(64)\n", "Dense(128)\n")))
    row = next(one for one in table if one.startswith(" ~"))
    assert row.split(maxsplit=2)[2].replace("  ", "|").replace("||", "|").split("|")[0] == "Dense(64) -> Dense(128)"
    assert "float[64] -> float[128]" in row and "4,160 -> 8,320" in row and "8,256 -> 16,512" in row
    assert table[-2:] == ["parameters  13,770 -> 18,570  (+4,800, +34.9 %)", "FLOPs       27,496 -> 37,032  (+9,536, +34.7 %)"]


def test_a_whole_block_is_one_row_and_equal_ones_are_counted() -> None:
    table = lines(BASE, edited(("* 2", "* 4")))
    assert [one.split() for one in table if one.startswith(" +")] == [
        ["+", "Res", "×2", "a", "block", "of", "4", "layers", "float[64]", "+8,384", "+16,768"]
    ]


def test_layers_with_one_name_in_both_versions_have_rows_of_their_own() -> None:
    old = BASE.replace("-> Res(32) * 2 -> Dense(64)", "-> Dense(64)")
    rows = [one.split()[:2] for one in lines(old, old.replace(" -> Dense(64)\n", "\n")) if one.startswith((" -", " ·"))]
    assert ["-", "dense_1"] in rows


def test_open_sizes_are_told_as_they_are() -> None:
    text = "network Net {\n  input x: float[L, 4]\n  output y = x -> Conv1D(8, 3)\n}\n"
    assert "L - 2" in "\n".join(lines(text, text.replace("Conv1D(8", "Conv1D(9")))


# Files -------------------------------------------------------------------------------------------

TRAINED = """\
param width = 4

network Small(classes=10) {
  input image: float[8, 8, 1]
  output label = image -> Flatten -> Dense(width) -> Dense(classes, activation=softmax)
}

data Digits {
  source = dataset(digits)
  image  = source.x -> reshape(8, 8, 1) -> scale(1 / 16)
  label  = source.y -> category
  split  = random(train=0.8, test=0.2)
}

train Baseline {
  model     = Small(classes=Digits.label.classes)
  data      = Digits
  loss      = crossentropy
  optimizer = Adam(1e-2)
  epochs    = 1
}
"""


def test_settings_are_compared_by_what_they_say() -> None:
    new = TRAINED.replace("Adam(1e-2)", "Adam(0.010)  # slow").replace("epochs    = 1", "epochs = 3\n  batch = 16").replace("train=0.8, test=0.2", "train=0.9, test=0.1")
    assert files(TRAINED, new).settings == (
        Setting("data Digits", "split", "random(train=0.8, test=0.2)", "random(train=0.9, test=0.1)"),
        Setting("train Baseline", "epochs", "1", "3"),
        Setting("train Baseline", "batch", None, "16"),
    )


def test_another_value_of_a_param_is_a_setting_and_a_change() -> None:
    found = compare(api.loads(TRAINED).checked, api.loads(TRAINED, width=8).checked)
    assert found.settings == (Setting("param", "width", "4", "8"),)
    assert told(found.comparisons[0]) == ["~ Dense(4) -> Dense(8)", "· Dense(10, softmax)"]


def test_the_steps_of_a_training_are_settings() -> None:
    steps = "train Steps {\n  data = Digits\n  layer net = Small()\n  minimize crossentropy(image -> net, label) over net with Adam(1e-3)\n  epochs = 1\n}\n"
    old = TRAINED.partition("\ntrain ")[0] + "\n" + steps
    found = files(old, old.replace("Adam(1e-3)", "SGD(0.1)"))
    assert [(one.name, one.new) for one in found.settings] == [("minimize", "crossentropy(image -> net, label) over net with SGD(0.1)")]


def test_networks_that_only_one_file_has_are_named() -> None:
    two = BASE + BASE[BASE.index("network") :].replace("Net", "Other")
    three = two + BASE[BASE.index("network") :].replace("Net", "Third")
    assert lines(two, three)[-1] == "+ network Third: only in new.nn"
    assert lines(three, two)[-1] == "- network Third: only in old.nn"
    assert len(files(three, three, "Other").comparisons) == 1


def test_the_only_networks_of_two_files_are_compared_whatever_their_names() -> None:
    assert lines(BASE, BASE.replace("Net", "Model")) == ["Net -> Model: the networks are the same"]


def test_blocks_with_another_name_are_compared_where_they_are_the_only_ones() -> None:
    new = TRAINED.replace("train Baseline", "train Second").replace("epochs    = 1", "epochs    = 2")
    assert files(TRAINED, new).settings == (Setting("train Second", "name", "Baseline", "Second"), Setting("train Second", "epochs", "1", "2"))


def test_files_without_networks_are_said_to_have_none() -> None:
    library = BASE[: BASE.index("network")]
    assert lines(library, library) == ["neither file has a network that can stand alone, and their settings are the same"]
