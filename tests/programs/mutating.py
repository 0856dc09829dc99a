"""Small changes to programs: another number, an argument more or less, another layer, operator, axis, type; a line gone."""

import re
from collections.abc import Callable

from hypothesis import strategies as st

from tests.programs.growing import FUNCTIONS, LAYERS

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
_ARGUMENT = re.compile(r"(?<=[(,])\s*(?:\w+=)?[\w.\"-]+(?=[,)])")
_KEYWORD = re.compile(r"\b(\w+)=[\w.\"-]+")
_LAYER = re.compile(r"(?<=-> )[A-Z]\w+")
_FUNCTION = re.compile(r"(?<=-> )[a-z]\w+")
_TENSOR = re.compile(r"\b[hx]\d+\b")
_OPERATOR = re.compile(r"(?<= )(?:\+|-|\*|/|<|>=|==)(?= )")
_TYPE = re.compile(r"(?<=: )(?:float|int|bool|float16|bfloat16|uint8|int64)(?=\[)")
_AXES = re.compile(r"(?<=: )[a-z]+\d*\[[^\]]*\]")
_WORD = re.compile(r"(?<==)(?:true|false|none|[a-z_]+)\b")

_NUMBERS = ("0", "1", "2", "3", "4", "5", "7", "-1", "-2", "0.5", "[1, 2]", "none", "100")
_WORDS = ("true", "false", "none", "same", "valid", "causal", "relu", "softmax", "sum", "L2", "Zeros", "float16")
_ADDED = (
    "axis=1", "axis=-1", "axis=2", "keepdims=true", "padding=same", "strides=2", "dilation_rate=2", "use_bias=false", "groups=2",
    "return_sequences=true", "return_state=true", "units=3", "activation=softmax", "kernel_regularizer=L2", "seed=1", "dtype=int32",
    "noise_shape=[2, 1]", "go_backwards=true", "mask_zero=true", "data_format=channels_first", "trainable=false",
)


def _replacing(pattern: re.Pattern[str], *texts: str) -> Callable[[str, st.DrawFn], str]:
    """Something that matches, replaced by another text."""

    def mutate(text: str, draw: st.DrawFn) -> str:
        places = list(pattern.finditer(text))
        if not places:
            return text
        found = draw(st.sampled_from(places))
        return text[: found.start()] + draw(st.sampled_from(texts)) + text[found.end() :]

    return mutate


def _with_argument(text: str, draw: st.DrawFn) -> str:
    """An argument more."""
    return _replacing(re.compile(r"(?<=[a-zA-Z0-9])\((?=[^)\n]*\))"), *(f"({one}, " for one in _ADDED))(text, draw)


def _without_line(text: str, draw: st.DrawFn) -> str:
    lines = text.splitlines(keepends=True)
    place = draw(st.integers(0, len(lines) - 1))
    return "".join(lines[:place] + lines[place + 1 :])


def _other_tensor(text: str, draw: st.DrawFn) -> str:
    return _replacing(_TENSOR, *dict.fromkeys(_TENSOR.findall(text)))(text, draw)


def _other_axes(text: str, draw: st.DrawFn) -> str:
    """An input of another shape."""
    return _replacing(_AXES, "float[4]", "float[5, 4]", "float[6, 6, 2]", "float[L, 3]", "float[]", "int[5] < 7", "int[5] < 7, padding=0")(text, draw)


_MUTATIONS = (
    _replacing(_NUMBER, *_NUMBERS), _replacing(_NUMBER, *_NUMBERS), _replacing(_ARGUMENT, ""), _replacing(_WORD, *_WORDS),
    _replacing(_KEYWORD, *_ADDED), _with_argument, _without_line, _other_tensor, _other_axes,
    _replacing(_LAYER, *(one.called() for one in LAYERS)), _replacing(_FUNCTION, *(one.called() for one in FUNCTIONS)),
    _replacing(_OPERATOR, "+", "-", "*", "/", "**", "<", "//", "%"),
    _replacing(_TYPE, "float", "int", "bool", "float16", "uint8", "int64"),
)


@st.composite
def mutants(draw: st.DrawFn, text: str) -> str:
    """The text after one or two changes."""
    for _ in range(draw(st.sampled_from([1, 1, 1, 2]))):
        text = draw(st.sampled_from(_MUTATIONS))(text, draw)
    return text
