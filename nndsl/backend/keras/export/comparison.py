"""Examples that a file and its network are both asked about, and how far apart their answers are."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nndsl.backend.keras import lower
from nndsl.backend.keras.evaluate import data_of
from nndsl.backend.keras.export.carried import Carried
from nndsl.backend.keras.export.preparation import Entrance, Exit
from nndsl.backend.keras.export.runtime import Array, Runtime
from nndsl.data.dataset import Examples
from nndsl.data.dividing import readable
from nndsl.data.encoders import chain
from nndsl.data.encoders.frames import Frame
from nndsl.data.encoders.numbers import Minmax, Scale, Standardize, as_numbers
from nndsl.data.encoding import raw_values
from nndsl.data.plan import DataPlan
from nndsl.data.rows import Rows, bytes_of_example
from nndsl.diagnostics import UserError
from nndsl.frozen import Frozen
from nndsl.program import Training
from nndsl.progress import Progress
from nndsl.run import Run
from nndsl.types import TensorType

_MOST, _LEAST, _BYTES = 256, 4, 32 * 2**20
_OPEN_SIZE = 64
"""What a size is taken to be that has a name, and no data to say it; architectures halve it a few times."""


class Asked(Frozen, eq=False):
    """Examples, as a file takes them and as the network does.

    Attributes:
        taken, fed: by the names of the network's inputs, `[n, ...]`.
        words: what they are: "256 test examples".
    """

    taken: Mapping[str, Array]
    fed: Mapping[str, Array]
    words: str

    def __len__(self) -> int:
        return len(next(iter(self.fed.values())))


class Difference(Frozen):
    """How far a file is from its network.

    Attributes:
        largest: of any number of an output.
        greatest: the greatest number that the network gives there, without its sign.
    """

    largest: float
    greatest: float

    @property
    def relative(self) -> float:
        return self.largest / max(1.0, self.greatest)


def examples_of(run: Run, training: Training, state: Mapping[str, Any], one: Carried, progress: Progress) -> Asked:
    """Real examples, those of the test if there are any; where the data are gone, or some input is of no field, made-up ones."""
    if all(each.field is None for each in one.entrances.values()):
        return made_up(one, "")
    try:
        dataset = data_of(run, training, state, progress)
    except UserError as failure:
        return made_up(one, f", as the data cannot be read ({failure.diagnostics[0].message})")
    split = dataset.shown
    size = bytes_of_example(training.data.fields.values())
    count = min(len(dataset[split]), max(_LEAST, min(_MOST, _BYTES // max(1, size))))
    invented = made_up(one, "", count)
    taken, fed = dict(invented.taken), dict(invented.fed)
    for name, each in one.entrances.items():
        if each.field is not None:
            fed[name] = np.asarray(dataset[split].fields[name][:count])
            taken[name] = _raw(each, training.data, dataset[split], count) if each.inside else fed[name]
    return Asked(taken, fed, f"{count} {split} example{'s' * (count > 1)}")


def _raw(one: Entrance, plan: DataPlan, examples: Examples, count: int) -> Array:
    """The values of a field as the file takes them, of the first examples."""
    assert one.field is not None
    anchors = np.asarray(examples.rows[:count])
    frame = next((each for each, _ in one.outside if isinstance(each, Frame)), None)
    wanted = anchors[:, None] + np.array([0] if frame is None else frame.offsets())
    rows = np.unique(wanted)
    with readable(plan):
        values: Any = raw_values(one.field, Rows(examples.table).at(one.field.columns, rows), np.arange(len(rows)))
    for encoder, state in one.outside:
        values = _numbers(values)[np.searchsorted(rows, wanted)] if encoder is frame else chain.encode([encoder], values, [state])
    return np.ascontiguousarray(_numbers(values), one.type.dtype)


def _numbers(values: Any) -> Array:
    return as_numbers(values) if isinstance(values, tuple) else np.asarray(values)


def made_up(one: Carried, why: str, count: int = 16, size: int = _OPEN_SIZE) -> Asked:
    """Examples of random numbers like those of the data.

    Args:
        why: they are made up, as the end of a sentence.
        size: what is taken for sizes with names that no field says.
    """
    chance = np.random.default_rng(0)
    taken, fed = {}, {}
    for name, each in one.entrances.items():
        taken[name] = _drawn(each, chance, count, size)
        fed[name] = _encoded(each, taken[name])
    return Asked(taken, fed, f"{count} made-up examples{why}")


def _drawn(one: Entrance, chance: np.random.Generator, count: int, size: int) -> Array:
    """Numbers that are usual for an entrance: around the mean that the data had, or below the number of classes or tokens."""
    type = one.type
    known = type if one.field is None or one.inside else one.field.type
    shape = (count, *(each if isinstance(each, int) else size for each in known.shape))
    if type.dtype == "bool":
        return chance.random(shape) < 0.5
    if not type.is_float:
        return _ended(chance.integers(1 if type.mask else 0, type.below if isinstance(type.below, int) else 2, shape), type).astype(type.dtype)
    numbers = chance.normal(size=shape)
    for encoder, state in reversed(one.inside):
        if isinstance(encoder, Scale | Standardize | Minmax):
            decoded = encoder.decode(numbers, state)
            numbers = numbers if decoded is None or decoded.shape != shape else decoded
    return numbers.astype(type.dtype)


def _ended(ids: Array, type: TensorType) -> Array:
    """Token ids of which the last ones are padding, where a mask is made of that."""
    if type.mask and type.rank == 1:
        ids[: len(ids) // 2, ids.shape[1] // 2 :] = 0
    return ids


def _encoded(one: Entrance, values: Array) -> Array:
    encoders, states = [each for each, _ in one.inside], [state for _, state in one.inside]
    return np.asarray(chain.encode(encoders, values, states)).astype(_dtype_fed(one))


def _dtype_fed(one: Entrance) -> str:
    return one.type.dtype if one.field is None else one.field.type.dtype


# Comparing ---------------------------------------------------------------------------------------


def expected(one: Carried, asked: Asked) -> dict[str, Array]:
    """What the network says, by the names of its outputs, in the units of the data where the file gives these."""
    with lower.deep_enough(len(one.bare.operations)):
        said = one.bare(lower.alone(asked.fed), training=False)
    named = dict(said) if isinstance(said, Mapping) else {next(iter(one.exits)): said}
    return {name: _in_units(one.exits[name], np.asarray(value)) for name, value in named.items()}


def _in_units(end: Exit, said: Array) -> Array:
    if not end.undone or end.field is None:
        return said
    encoders, states = [encoder for encoder, _ in end.learnt], [state for _, state in end.learnt]
    decoded = chain.decode(encoders, said.reshape(len(said), *end.field.type.shape), states)
    return np.asarray(said if decoded is None else decoded).reshape(said.shape)


def differences(one: Carried, runtime: Runtime, asked: Asked, wanted: Mapping[str, Array]) -> Difference:
    """The difference that is the largest in proportion to the numbers of its output.

    The first example is asked about alone, too: a batch may have any size.
    """
    found = []
    for part in (slice(0, 1), slice(0, len(asked))):
        given = runtime({end.name: asked.taken[name][part] for name, end in one.entrances.items()})
        for name, end in one.exits.items():
            sizes = np.abs(wanted[name].astype("float64"))
            greatest = float(sizes[np.isfinite(sizes)].max(initial=0))
            found.append(Difference(_difference(wanted[name][part], np.asarray(given[end.name])), greatest))
    return max(found, key=lambda each: each.relative)


def _difference(wanted: Array, found: Array) -> float:
    """Infinite where shapes are different, or one is a number where the other is none."""
    if wanted.shape != found.shape:
        return float("inf")
    one, other = wanted.astype("float64"), found.astype("float64")
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    distances = np.where(same, 0, np.abs(one - other))
    return float(np.nan_to_num(distances, nan=np.inf, posinf=np.inf).max(initial=0))
