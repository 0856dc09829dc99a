"""Names for blocks, from what they do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from nndsl.catalogue.activations import Activation
from nndsl.catalogue.applicable import Layer
from nndsl.catalogue.component import Component
from nndsl.catalogue.functions import arithmetic, arranging
from nndsl.catalogue.layers import merging
from nndsl.importing.body import Block, Step

_WORDS = ("Depthwise", "Separable", "Conv", "Norm", "Dense", "Pool", "Pad", "Dropout", "Attention", "LSTM", "GRU", "Embedding")
LONGEST_NAME = 20


@dataclass
class Names:
    """Gives each block a name that nothing else has."""

    taken: set[str] = field(default_factory=lambda: {name for family in Component.families for name in family.members})

    def of_network(self, name: str) -> str:
        """The name of the network, from what the model is called."""
        return self._new(camel_case(name))

    def of_block(self, block: Block) -> str:
        """The name of a block that was found."""
        return self._new(_description(block))

    def of_model(self, alike: Sequence[Block]) -> str:
        """The name of a model that another uses, or of several that are alike: what their names have in common."""
        first = alike[0].name
        common = next((first[:end] for end in range(len(first), 0, -1) if all(one.name.startswith(first[:end]) for one in alike)), first)
        return self._new(camel_case(first if len(alike) == 1 else re.sub(r"[_\d]+$", "", common) or first))

    def _new(self, name: str) -> str:
        chosen, number = name, 1
        while chosen in self.taken:
            number += 1
            chosen = f"{name}{number}"
        self.taken.add(chosen)
        return chosen


def camel_case(name: str) -> str:
    """`convnext_tiny stem` as `ConvnextTinyStem`."""
    words = [one for one in re.split(r"[^A-Za-z0-9]+", name) if one]
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return joined if joined[:1].isalpha() else f"Model{joined}"


def snake_name(name: str, fallback: str) -> str:
    """A name of a model as one of the language."""
    found = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return found if found and not found[0].isdigit() else fallback


def _description(block: Block) -> str:
    steps = block.body.steps
    last = next((step for step in reversed(steps) if len(step.takes) > 1), None)
    if last is None:
        return _words(steps)
    source = next(iter(block.body.inputs.values()))
    through = any(one.step is source for one in last.takes)
    match last.kind:
        case arithmetic.Add | merging.Add:
            return "Residual"
        case arithmetic.Multiply | merging.Multiply:
            return "SqueezeExcite" if _pools(steps) else "Gate"
        case arranging.Concatenate | merging.Concatenate:
            return "DenseLayer" if through else "Branches"
    return "Unit"


def _pools(steps: Sequence[Step]) -> bool:
    """Whether something takes the mean of all places."""
    return any(
        _pools(step.kind.body.steps) if isinstance(step.kind, Block) else "Pool" in getattr(step.kind, "__name__", "") for step in steps
    )


def _words(steps: Sequence[Step]) -> str:
    words: list[str] = []
    for step in steps:
        if isinstance(step.kind, Block):
            words += [step.kind.name.rstrip("0123456789")]
        elif step.kind is not None:
            words += [_word(step.kind)]
    if all(word == "Dense" for word in words):
        return "FeedForward"
    found = "".join(word for place, word in enumerate(words) if word and word != (words[place - 1] if place else ""))
    return found if 0 < len(found) <= LONGEST_NAME else f"{words[0]}Unit" if len(words[0]) <= LONGEST_NAME else "Unit"


def _word(kind: type[Component]) -> str:
    name = kind.__name__
    found = "".join(word for word in _WORDS if word in name)
    if found or issubclass(kind, Layer):
        return found or re.sub(r"\d?D?$", "", name)
    return "Scale" if issubclass(kind, arithmetic.Multiply) else "Act" if issubclass(kind, Activation) else kind.__name__
