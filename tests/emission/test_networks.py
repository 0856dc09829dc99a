"""Networks as programs: what they build is what nndsl builds, and they read as a person writes."""

import ast
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nndsl.emission.program import network_program, written_program
from nndsl.program import Network
from tests.emission.programs import EXAMPLES, ROOT, SPECS, built, networks_of, program_of

HANDFUL = ("resnet20", "vae", "transformer", "spliceai_10k", "bpnet", "conditional_gan")
LARGEST_RUN = 3_000_000
"""Networks of more parameters are built, and not run."""


def cases(paths: list[Path]) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in paths]


@pytest.mark.parametrize("path", cases([one for one in SPECS if one.stem in HANDFUL]))
def test_a_program_is_python_and_imports_nothing_of_nndsl(path: Path) -> None:
    program = program_of(path)
    for network in networks_of(program).values():
        tree = ast.parse(network_program(program, network))
        imported = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
        imported += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not [name for name in imported if name.startswith("nndsl")]
        assert ast.get_docstring(tree)


def agree(network: Network, mine: Any, theirs: Any) -> None:
    """Whether two models have the same layers with the same initial weights, and give the same."""
    assert mine.count_params() == theirs.count_params()
    assert sorted(one.name for one in mine.layers if one.weights) == sorted(one.name for one in theirs.layers if one.weights)
    for one, other in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    if mine.count_params() < LARGEST_RUN and network.name != "SpliceAI10k":  # which needs 10,001 letters
        given = examples_for(network)
        for one, other in zip(_flat(mine(given)), _flat(theirs(given)), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


def examples_for(network: Network) -> Any:
    """Two examples for a network; ids that may be padding end in some."""
    from nndsl.in_keras import known_shape

    chance = np.random.default_rng(0)
    found = {}
    for name, node in network.graph.inputs.items():
        shape = (2, *(13 if size is None else size for size in known_shape(node.type)))
        below = node.type.below if isinstance(node.type.below, int) else 2
        values = chance.normal(size=shape).astype("float32") if node.type.is_float else chance.integers(1, below, shape).astype("int32")
        if node.type.mask and len(shape) > 1:
            values[1, 5:] = 0
        found[name] = values
    return found if len(found) > 1 else next(iter(found.values()))


def _flat(result: Any) -> list[Any]:
    return list(result.values()) if isinstance(result, dict) else [result]


def compare_all(path: Path) -> None:
    import keras

    from nndsl.backend.keras import lower

    program = program_of(path)
    for network in networks_of(program).values():
        keras.utils.set_random_seed(3)
        mine = built(program, network)
        keras.utils.set_random_seed(3)
        agree(network, mine, lower.model(network))


@pytest.mark.parametrize("name", ["vae", "simple_rnn"])
def test_a_program_builds_the_same_network_with_the_same_weights(name: str) -> None:
    compare_all(ROOT / "specs" / f"{name}.nn")


@pytest.mark.slow
@pytest.mark.parametrize("path", cases([*SPECS, *EXAMPLES]))
def test_every_program_builds_the_same_network_with_the_same_weights(path: Path) -> None:
    compare_all(path)


RUFF = shutil.which("ruff")


def looked_at(paths: list[Path], folder: Path) -> None:
    """Write the programs of some files, and ask ruff whether they are laid out as it would, without unused names."""
    for path in paths:
        program = program_of(path)
        for network in networks_of(program).values():
            (folder / f"{path.stem}_{network.name}.py").write_text(network_program(program, network), encoding="utf-8")
        if program.trainings:
            (folder / f"{path.stem}.py").write_text(written_program(program, None, folder), encoding="utf-8")
    for rules in (["format", "--diff"], ["check", "--select", "F,E4,E7,E9,B,I"]):
        command = [str(RUFF), rules[0], "--isolated", "--line-length", "100", *rules[1:], str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.skipif(RUFF is None, reason="ruff is not installed")
def test_programs_are_laid_out_as_a_person_lays_them_out(tmp_path: Path) -> None:
    looked_at([one for one in SPECS if one.stem in HANDFUL] + [one for one in EXAMPLES if one.stem in ("digits", "vae", "dna_gan", "births")], tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(RUFF is None, reason="ruff is not installed")
def test_every_program_is_laid_out_as_a_person_lays_it_out(tmp_path: Path) -> None:
    looked_at([*SPECS, *EXAMPLES], tmp_path)


def test_what_is_repeated_is_a_function_or_a_loop() -> None:
    """A hundred and more layers in a few dozen lines."""
    for name, most in (("densenet121", 90), ("transformer", 140), ("resnet50", 90), ("gpt2_small", 75)):
        program = program_of(ROOT / "specs" / f"{name}.nn")
        network = list(networks_of(program).values())[-1]
        text = network_program(program, network)
        assert len(text.splitlines()) < most, text
        assert "for i in range(" in text and "def " in text


def test_params_have_their_names_at_the_top() -> None:
    program = program_of(ROOT / "examples" / "digits" / "digits.nn")
    text = network_program(program, networks_of(program)["DigitNet"])
    assert "\nWIDTH = 32\n" in text and "h = conv_bn(h, 2 * WIDTH, name=\"conv_bn_2\")" in text


def test_comments_and_documentation_come_along() -> None:
    program = program_of(ROOT / "examples" / "peptides" / "peptides.nn")
    text = network_program(program, networks_of(program)["PeptideNet"])
    assert text.startswith('"""Does this peptide kill microbes?')
    assert "# beyond the end of a peptide all 20 numbers are 0" in text and '"""LSTM (Hochreiter' in text
