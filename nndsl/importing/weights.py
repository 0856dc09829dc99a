"""The numbers of a model: from its HDF5 file into an NPZ archive, array by array and piece by piece.

What a stranger's file says of itself is not believed: an array is looked for at the place where Keras keeps it, and has to have the
shape of the weight that it is for before any of it is read. Links to other files are not followed.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile

from nndsl import costs
from nndsl.catalogue.applicable import Layer, Weight
from nndsl.catalogue.layers.attention import GroupQueryAttention, MultiHeadAttention
from nndsl.catalogue.layers.convolution import DepthwiseConv2D
from nndsl.catalogue.layers.normalization import SpectralNormalization
from nndsl.catalogue.layers.preprocessing import Normalization
from nndsl.catalogue.layers.recurrent import Recurrent
from nndsl.catalogue.layers.wrappers import Bidirectional, TimeDistributed
from nndsl.diagnostics import UserError
from nndsl.elaboration.filling import array_names
from nndsl.graph import Graph, Node
from nndsl.importing.archive import Saved
from nndsl.importing.body import Block, Body, Step
from nndsl.importing.entries import places_in_lists
from nndsl.importing.layers import Config
from nndsl.importing.matching import Match
from nndsl.importing.mistakes import beyond_limits, unreadable, weights_differ
from nndsl.progress import Progress
from nndsl.types import TensorType

PIECE = 16 * 2**20
"""At most about so many bytes of an array are in the memory at once."""
_BROKEN = (OSError, RuntimeError, ValueError, KeyError, TypeError, NotImplementedError)
_MOST_LISTS = 8
"""In how many lists the names of the weights of one layer may stand."""
_FILTERS = (None, "gzip", "lzf")
"""How HDF5 packs arrays by itself, without a library that a file could name."""


@dataclass(frozen=True)
class Wanted:
    """One array: where it may be in the file, and what it is to be called.

    Attributes:
        places: of which the first that there is counts.
        shape: what it has to have.
        name: in the archive that is written.
        layer: what the layer is called.
        flat: whether an axis of it may stand for all.
        trainable: whether it is learnt.
        group, number: where its layer is and, where that has a list of its weights, which of these it is.
    """

    places: Sequence[str]
    shape: tuple[int, ...]
    name: str
    layer: str
    flat: bool = False
    trainable: bool = True
    group: str = ""
    number: int = 0


def wanted(graph: Graph, match: Match, saved: Saved) -> list[Wanted]:
    """The arrays of a network, each with its place in the file of the model, in the order of the data."""
    found = list(_wanted(graph, match))
    return _in_lists(found, saved.config) if saved.legacy else found


def _wanted(graph: Graph, match: Match) -> Iterator[Wanted]:
    for owner, node in graph.owners():
        owned = costs.weights(graph, node)
        call = match.owners.get(owner)
        if not owned or call is None or not isinstance(node.component, Layer):
            continue
        places = list(_places(node.component, graph.operand_types(node), call.place))
        for weight, place, name in zip(owned, places, array_names(owned), strict=True):
            yield Wanted(place, _known(weight), f"{node.name}/{name}", node.name, _is_layer_scale(node), weight.trainable, call.place)


def _in_lists(arrays: Sequence[Wanted], config: Config) -> list[Wanted]:
    """The arrays with their numbers in the lists that a whole model in HDF5 has of the weights of each layer, those first that are learnt.

    A model in the model is such a layer, whose list goes through its own layers in turn.
    """
    around = dict(places_in_lists(config))
    order = {place: number for number, place in enumerate(around)}
    counts: Counter[str] = Counter()
    numbered: dict[str, Wanted] = {}
    for one in sorted(arrays, key=lambda one: (not one.trainable, order.get(one.group, 0))):
        group = around.get(one.group, one.group)
        numbered[one.name] = replace(one, group=group, number=counts[group])
        counts[group] += 1
    return [numbered[one.name] for one in arrays]


def _is_layer_scale(node: Node) -> bool:
    return isinstance(node.component, DepthwiseConv2D) and node.component.kernel_size == 1


def _known(weight: Weight) -> tuple[int, ...]:
    return tuple(size for size in weight.shape if isinstance(size, int))


def _places(layer: Layer, operands: Sequence[TensorType], place: str) -> Iterator[tuple[str, ...]]:
    """Where Keras keeps the weights of a layer, in the order of the catalogue."""
    if isinstance(layer, MultiHeadAttention | GroupQueryAttention):
        parts = ("query", "key", *(("gate",) if layer.use_gate else ()), "value", "output")
        for part in parts:
            for number in range(1 + int(layer.use_bias)):
                yield tuple(f"{place}/{name}/vars/{number}" for name in (f"{part}_dense", f"_{part}_dense"))
    elif isinstance(layer, Bidirectional):
        yield from _places(layer.layer, operands, f"{place}/forward_layer")
        yield from _places(layer.backward, operands, f"{place}/backward_layer")
    elif isinstance(layer, TimeDistributed):
        yield from _places(layer.layer, [layer._inside(operands[0])], f"{place}/layer")
    elif isinstance(layer, SpectralNormalization):
        yield from _with_vector(layer, operands, place)
    else:
        inner = "cell/" if isinstance(layer, Recurrent) or type(layer).__name__.startswith("ConvLSTM") else ""
        yield from ((f"{place}/{inner}vars/{number}",) for number in range(len(layer.weights(*operands))))


def _with_vector(layer: SpectralNormalization, operands: Sequence[TensorType], place: str) -> Iterator[tuple[str, ...]]:
    """Of a layer whose kernel has a norm of 1: its own weights, and the vector among them."""
    inner = list(_places(layer.layer, operands, f"{place}/layer"))
    names = [one.name for one in layer.weights(*operands)]
    for name in names:
        yield (f"{place}/vars/1",) if name == "vector_u" else inner.pop(0)


def write_statistics(network: Body, saved: Saved, inside: str = "") -> None:
    """Write the means and variances that a model has as weights into the arguments of its layers.

    Raises:
        UserError: they are not in the file.
    """
    for step in network.steps:
        if isinstance(step.kind, Block):
            write_statistics(step.kind.body, saved, f"{inside}{step.place}/")
        elif step.kind is Normalization and step.values["mean"] is None:
            arrays = [_numbers(saved, step, f"{inside}{step.place}/vars/{number}") for number in range(2)]
            step.values.update(zip(("mean", "variance"), arrays, strict=True))


def _numbers(saved: Saved, step: Step, place: str) -> tuple[float, ...] | float:
    """A few numbers of a file, each as the shortest text that is read as it."""
    layer = Normalization(**step.values)
    weight, *_ = layer.weights(*(one.type for one in step.takes))
    with _opened(saved) as file:
        found = _found(saved, file, Wanted((place,), _known(weight), place, "normalization"))[()]
    numbers = [float(str(one)) for one in found.reshape(-1)]
    return tuple(numbers) if weight.shape else numbers[0]


# Reading and writing -----------------------------------------------------------------------------


def copy_weights(saved: Saved, arrays: Sequence[Wanted], path: Path, progress: Progress) -> int:
    """Write the arrays of a model to an NPZ archive; how many bytes they have.

    Args:
        progress: is told how many numbers have been copied.

    Raises:
        UserError: one of them is missing, differs from its layer, or holds numbers that are not finite.
    """
    done, copied, total = 0, 0, sum(prod(one.shape) for one in arrays)
    with _opened(saved) as file, ZipFile(path, "w", ZIP_STORED, allowZip64=True) as archive:
        for one in arrays:
            progress.busy("copying the weights", copied, total)
            found = _found(saved, file, one)
            with archive.open(f"{one.name}.npy", "w", force_zip64=True) as stream:
                done += _copy(saved, found, one, stream)
            copied += prod(one.shape)
    return done


@contextmanager
def _opened(saved: Saved) -> Iterator[Any]:
    import h5py

    with saved.weights() as stream:
        try:
            with h5py.File(stream, "r") as file:
                yield file
        except _BROKEN as failure:
            raise UserError(unreadable(saved.path.name, f"the file of its weights is damaged ({failure})")) from None


def _found(saved: Saved, file: Any, one: Wanted) -> Any:
    """The array of a weight, which is what it should be."""
    import h5py

    places = [_old_place(saved, file, one)] if saved.legacy else one.places
    found = next((member for place in places if (member := _member(saved, file, place)) is not None), None)
    if not isinstance(found, h5py.Dataset):
        raise UserError(weights_differ(saved.path.name, f"there is no array {one.places[0]}, for the layer `{one.layer}`"))
    shape = tuple(found.shape or ())
    if shape != one.shape and not (one.flat and prod(shape) == prod(one.shape) and len(shape) == 1):
        raise UserError(weights_differ(saved.path.name, f"{one.places[0]} is {list(shape)}, and the layer `{one.layer}` needs {list(one.shape)}"))
    if found.dtype.kind not in "fiu" or found.dtype.itemsize > 8:
        raise UserError(weights_differ(saved.path.name, f"{one.places[0]} holds {found.dtype}, and not numbers"))
    _refuse_tricks(saved, found, one)
    return found


def _old_place(saved: Saved, file: Any, one: Wanted) -> str:
    """Where a whole model in HDF5 has a weight: in the group of its layer, which lists its weights by their names."""
    group = _member(saved, file, one.group)
    names = [] if group is None else [name for number in range(_MOST_LISTS) for name in group.attrs.get(f"weight_names{number or ''}", ())]
    if one.number >= len(names):
        raise UserError(weights_differ(saved.path.name, f"there is no array {one.number + 1} for the layer `{one.layer}`"))
    name = names[one.number]
    return f"{one.group}/{name.decode() if isinstance(name, bytes) else name}"


def _refuse_tricks(saved: Saved, found: Any, one: Wanted) -> None:
    """Refuse what would read other files, load other libraries, or take more memory than the array has."""
    if found.is_virtual or found.external:
        raise UserError(beyond_limits(saved.path.name, f"{one.places[0]} lies in another file"))
    if found.compression not in _FILTERS or found.id.get_create_plist().get_nfilters() > 3:
        raise UserError(beyond_limits(saved.path.name, f"{one.places[0]} is packed in a way that Keras does not use"))
    if found.chunks is not None and prod(found.chunks) > max(2**20, 2 * prod(one.shape)):
        raise UserError(beyond_limits(saved.path.name, f"{one.places[0]} is packed in pieces that are larger than the array"))


def _member(saved: Saved, file: Any, place: str) -> Any:
    """What is at a place, without following links to other places or files."""
    import h5py

    found = file
    for part in place.split("/"):
        if not isinstance(found, h5py.Group) or part not in found:
            return None
        if not isinstance(found.get(part, getlink=True), h5py.HardLink):
            raise UserError(beyond_limits(saved.path.name, f"{place} is a link to another place"))
        found = found[part]
    return found


def _copy(saved: Saved, found: Any, one: Wanted, stream: IO[bytes]) -> int:
    """Copy an array, some rows at a time."""
    from numpy import dtype as dtype_of
    from numpy import isfinite
    from numpy.lib import format as npy

    dtype = found.dtype if found.dtype.kind == "f" else dtype_of("float64")
    npy.write_array_header_1_0(stream, {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": one.shape})
    for piece in _pieces(found):
        if not isfinite(piece).all():
            raise UserError(weights_differ(saved.path.name, f"{one.places[0]}, of the layer `{one.layer}`, holds NaN or infinity"))
        stream.write(piece.astype(dtype, copy=False).tobytes())
    return int(prod(one.shape)) * int(dtype.itemsize)


def _pieces(found: Any) -> Iterator[Any]:
    if not found.shape:
        yield found[()]
        return
    rows = max(1, PIECE // max(1, found.dtype.itemsize * prod(found.shape[1:])))
    for start in range(0, found.shape[0], rows):
        yield found[start : start + rows]


