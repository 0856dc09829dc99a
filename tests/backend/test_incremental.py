"""Networks that write go step by step as at once. (What is drawn and searched is in `test_decoding`, what is asked in `test_writing`.)"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from nndsl.backend.keras import lower
from nndsl.backend.keras.continuing import Anew, Speaker
from nndsl.backend.keras.incremental import Steps, continuations
from nndsl.driver import check
from nndsl.source import Source

HEAD = """
from "std/transformer.nn" import DecoderLayer, EncoderLayer, PreNormDecoderLayer, PreNormEncoderLayer
from "std/positions.nn" import LearntPositions, SinusoidalPositions
from "std/attention.nn" import BahdanauAttention, LuongAttention, RotaryAttention

network Net {
  input tokens: int[9] < 7
"""
EMBEDDED = "h = tokens -> Embedding(7, 8)"
SAID = "output next = h -> Dense(7)\n}"
STEPWISE = {
    "gpt": """layer embed = ReversibleEmbedding(7, 8)
        h = tokens -> embed -> LearntPositions(9) -> Dropout(0.1)
        h = h -> PreNormEncoderLayer(2, 16, activation=gelu(approximate=true), causal=true) * 2
        output next = h -> LayerNorm -> embed -> softmax\n}""",
    "sinusoidal": f"{EMBEDDED} -> SinusoidalPositions -> PreNormEncoderLayer(2, 16, dropout=0, causal=true)\n{SAID}",
    "gru": f"{EMBEDDED} -> GRU(5, return_sequences=true) -> GRU(6, return_sequences=true, reset_after=false)\n{SAID}",
    "lstm": f"{EMBEDDED}\n(h, a, b) = h -> LSTM(5, return_sequences=true, return_state=true)\nh = h -> SimpleRNN(4, return_sequences=true)\n{SAID}",
    "grouped": f"{EMBEDDED}\nh = (h, h) -> GroupQueryAttention(4, 4, 2, use_causal_mask=true, use_gate=true)\n{SAID}",
    "window": f"{EMBEDDED}\nh = (h, h) -> MultiHeadAttention(2, key_dim=4, value_dim=3, sliding_window=3, use_causal_mask=true)\n{SAID}",
    "plain": f"""{EMBEDDED}
        k = h -> Dense(8)
        h = h + ((h, h, k) -> Attention(use_causal_mask=true, score_mode=concat))
        h = concat(h, ((h, h) -> AdditiveAttention(use_causal_mask=true)))\n{SAID}""",
    "convolutions": f"""{EMBEDDED} -> Conv1D(8, 3, padding=causal, activation=relu) -> Conv1D(8, 2, dilation_rate=3, padding=causal)
        h = h -> BatchNormalization -> TimeDistributed(Dense(6)) -> RMSNormalization\n{SAID}""",
    "one hot": f"h = concat(tokens -> one_hot, tokens -> float -> expand_dims(-1)) * 0.5 -> GRU(4, return_sequences=true)\n{SAID}",
}
"""Networks of one sequence that can go step by step."""
PAIRS = {
    "luong": """input source: int[6] < 5, padding=0
        (memory, h, c) = source -> Embedding(5, 8) -> LSTM(8, return_sequences=true, return_state=true)
        h = (tokens -> Embedding(7, 8), h, c) -> LSTM(8, return_sequences=true) -> Dropout(0.2)
        h = (h, memory) -> LuongAttention\n""" + SAID,
    "bahdanau": """input source: int[6] < 5
        memory = source -> Embedding(5, 8) -> Bidirectional(GRU(4, return_sequences=true))
        h = tokens -> Embedding(7, 8) -> GRU(8, return_sequences=true)
        h = concat(h, (h, memory) -> BahdanauAttention(6))\n""" + SAID,
    "transformer": """input source: int[6] < 5, padding=0
        layer embed = ReversibleEmbedding(7, 8)
        memory = source -> Embedding(5, 8) -> SinusoidalPositions -> EncoderLayer(2, 16) -> PreNormEncoderLayer(2, 16)
        h = (tokens -> embed) * sqrt(8) -> SinusoidalPositions
        h = (h, memory) -> DecoderLayer(2, 16)
        h = (h, memory) -> PreNormDecoderLayer(2, 16)
        output next = h -> embed -> softmax\n}""",
    "pooled": """input source: int[6] < 5, padding=0
        summary: [1, 8] = source -> Embedding(5, 8) -> GlobalAveragePooling1D -> expand_dims(1)
        h = (tokens -> Embedding(7, 8)) + summary -> GRU(8, return_sequences=true)\n""" + SAID,
}
"""Networks of two sequences whose decoder can go step by step."""
MASKED = ("lstm", "plain", "luong", "transformer")
"""Those whose tokens are read with a mask of padding."""
AT_ONCE = {
    "rotary": f"{EMBEDDED} -> RotaryAttention(2)\n{SAID}",
    "running": f"{EMBEDDED} -> cumsum(axis=1)\n{SAID}",
    "bidirectional": f"{EMBEDDED} -> Bidirectional(GRU(4, return_sequences=true))\n{SAID}",
}
"""Networks that cannot."""
CHANCE = np.random.default_rng(2)
START = CHANCE.bit_generator.state
SOURCE = CHANCE.integers(1, 5, (3, 6)) * (np.arange(6) < [[6], [2], [4]])


def speaker(body: str, masked: bool = False) -> Speaker:
    """The network with new weights, none of which are 0."""
    text = HEAD.replace("int[9] < 7", "int[9] < 7, padding=0") if masked else HEAD
    program, report = check(Source("net.nn", f"{text}  {body}"))
    report.raise_errors()
    graph = program.network("Net").graph
    layers = lower.layers_of(graph)
    model = lower.model(program.network("Net"), layers)
    model.set_weights([CHANCE.normal(size=one.shape, scale=0.6).astype("float32") ** (2 if one.ndim == 1 else 1) for one in model.get_weights()])
    return Speaker(graph, layers, "tokens", graph.outputs["next"])


def read_along(kind: Any, sources: Mapping[str, Any], tokens: Any) -> Any:
    """The logits after each token."""
    going = kind.begin(sources, len(tokens))
    return np.stack([going.read(tokens[:, place : place + 1]) for place in range(tokens.shape[1])], axis=1)


@pytest.fixture(autouse=True)
def same_chance() -> None:
    """Each test draws the same, whatever tests come before it."""
    CHANCE.bit_generator.state = START


@pytest.mark.parametrize("name", [*STEPWISE, *PAIRS])
def test_a_network_says_step_by_step_what_it_says_at_once(name: str) -> None:
    one = speaker({**STEPWISE, **PAIRS}[name], masked=name in MASKED)
    sources = {"source": SOURCE} if name in PAIRS else {}
    kind = continuations(one)
    assert isinstance(kind, Steps)
    tokens = CHANCE.integers(1, 7, (3, 9))
    expected = read_along(Anew(one), sources, tokens)
    assert np.abs(expected[:, 0] - expected[:, -1]).max() > 0.01
    np.testing.assert_allclose(read_along(kind, sources, tokens), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", AT_ONCE)
def test_what_needs_the_whole_sequence_is_asked_with_all_of_it(name: str) -> None:
    one = speaker(AT_ONCE[name])
    kind = continuations(one)
    assert isinstance(kind, Anew)
    tokens = CHANCE.integers(1, 7, (2, 9))
    full = Anew(one).ask({"tokens": tokens.astype("int32")}, 4)
    said = read_along(kind, {}, tokens[:, :5])[:, 4]
    assert np.allclose(said, full, atol=1e-5) == (name != "bidirectional")


def test_a_context_that_is_full_goes_on_with_its_second_half() -> None:
    for kind in (continuations(speaker(STEPWISE["gpt"])), Anew(speaker(STEPWISE["gpt"]))):
        tokens = CHANCE.integers(1, 7, (2, 10))
        going, later = kind.begin({}, 2), kind.begin({}, 2)
        first = [going.read(tokens[:, place : place + 1]) for place in range(10)]
        np.testing.assert_allclose(first[-1], later.read(tokens[:, -4:]), rtol=1e-4, atol=1e-5)


def test_a_recurrent_network_has_no_end_of_its_context() -> None:
    kind = continuations(speaker(STEPWISE["gru"]))
    tokens = CHANCE.integers(1, 7, (1, 30))
    whole, part = kind.begin({}, 1), kind.begin({}, 1)
    whole.read(tokens[:, :29])
    part.read(tokens[:, 20:29])
    assert (whole.read(tokens[:, 29:]) != part.read(tokens[:, 29:])).all()


@pytest.mark.parametrize("name", ["gpt", "gru", "transformer", "rotary"])
def test_rows_are_taken_apart_and_doubled_with_all_that_is_kept(name: str) -> None:
    one = speaker({**STEPWISE, **PAIRS, **AT_ONCE}[name])
    sources = {"source": SOURCE} if name in PAIRS else {}
    tokens = CHANCE.integers(1, 7, (3, 6))
    going = continuations(one).begin(sources, 3)
    going.read(tokens[:, :5])
    going.keep(np.array([2, 0, 2, 1]))
    rows = [2, 0, 2, 1]
    expected = read_along(Anew(one), {name: one[rows] for name, one in sources.items()}, tokens[rows])[:, -1]
    np.testing.assert_allclose(going.read(tokens[rows, 5:]), expected, rtol=1e-4, atol=1e-5)
