"""`weights = npz("file.npz", conv1d="stem/conv", ...)`: what the layers of a network start with, by an explicit map."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl import costs
from nndsl.catalogue.applicable import Layer, Weight
from nndsl.catalogue.component import Component
from nndsl.catalogue.layers.preprocessing import Normalization
from nndsl.data.arrays import Header, archive_headers
from nndsl.data.tables import DataError, find
from nndsl.diagnostics import Diagnostic, Note, did_you_mean, error, warning
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.mistakes import listed, wrong_argument
from nndsl.elaboration.values import FAILED, SharedLayer, describe_value
from nndsl.frozen import Frozen
from nndsl.graph import Owner, Saved
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import shape_text

if TYPE_CHECKING:
    from nndsl.elaboration.bodies import Body

FLOATS = ("float16", "float32", "float64")
MOST_LISTED = 6


class Filled(Frozen):
    """A layer with weights.

    Attributes:
        name: what it is declared as, or else its `listed` name.
        listed: what the summary of the network calls it.
        span: where it is made.
    """

    name: str
    listed: str
    weights: tuple[Weight, ...]
    span: Span


class Entry(Frozen):
    """What one layer gets: what stands before `/kernel` in the file, the name of each array, or None: nothing."""

    names: str | tuple[str, ...] | None
    span: Span


def says_weights(statement: ast.Binding) -> bool:
    """Whether a statement says where weights come from, rather than naming a tensor or a number."""
    match statement:
        case ast.Binding(targets=(ast.Target(name="weights"),), value=ast.String() | ast.Call(callee=ast.Name(text="npz"))):
            return True
    return False


def fill(body: "Body", statement: ast.Binding) -> None:
    """Find what each layer of a body starts with, and prove that it fits.

    Raises:
        Complaint: the file cannot be read, or does not hold what the layers need.
    """
    assert body.builder is not None
    layers = _layers(body)
    file, path = _file(body, statement.value)
    entries = _entries(body, statement.value, layers)
    body.builder.promised |= {owner for owner, one in entries.items() if one.names is not None}
    if path is None or body.session.trained:
        return
    headers = _headers(path, file)
    saved = {owner: _saved(layers[owner], one, headers, path) for owner, one in entries.items() if one.names is not None}
    if len(saved) == len(layers):
        _report_left_over(body, saved.values(), headers, file)
    body.builder.saved.update(saved)


def _layers(body: "Body") -> dict[Owner, Filled]:
    """The layers with weights that a body made."""
    assert body.builder is not None
    graph = body.builder.graph()
    declared = {one.value.owner: name for name, one in body.scope.names.items() if isinstance(one.value, SharedLayer)}
    found: dict[Owner, Filled] = {}
    for node in graph.nodes[body.start :]:
        weights = costs.weights(graph, node)
        if node.owner is not None and weights:
            name = node.name.removeprefix(body.expansion.prefix)
            found.setdefault(node.owner, Filled(declared.get(node.owner, name), name, weights, node.span))
    return found


def array_names(weights: Iterable[Weight]) -> tuple[str, ...]:
    """What the weights of a layer are called in a file: by their names, with numbers where several have the same."""
    seen: dict[str, int] = {}
    found = []
    for one in weights:
        seen[one.name] = seen.get(one.name, -1) + 1
        found.append(f"{one.name}_{seen[one.name]}" if seen[one.name] else one.name)
    return tuple(found)


# What is written ---------------------------------------------------------------------------------


def _file(body: "Body", source: ast.Expression) -> tuple[Span, Path | None]:
    """The file, and where it is named; `npz(none, ...)` names none, and its map waits for one."""
    named = source
    if isinstance(source, ast.Call):
        if len(source.positional) != 1:
            raise Complaint(wrong_argument("`npz` takes one file, and what each layer is called in it", source.span, _EXAMPLE))
        named = source.positional[0]
    path = body.evaluate(named)
    if path is FAILED:
        raise Complaint
    if not isinstance(path, str | None):
        raise Complaint(wrong_argument(f"`npz` takes the path of a file, not {describe_value(path)}", named.span, _EXAMPLE))
    return named.span, None if path is None else named.span.source.folder() / path


def _entries(body: "Body", source: ast.Expression, layers: Mapping[Owner, Filled]) -> dict[Owner, Entry]:
    """What each layer gets; without a map, every layer is called the same in the file."""
    if not isinstance(source, ast.Call) or not source.keywords:
        return {owner: Entry(one.listed, source.span) for owner, one in layers.items()}
    found: dict[Owner, Entry] = {}
    for one in source.keywords:
        owner = _owner(body, one, layers)
        if owner in found:
            left = [layer.name for other, layer in layers.items() if other not in found]
            message = f"`{one.name}` is a second name of a layer that is in the map already"
            raise Complaint(wrong_argument(message, one.name_span, f"still to come: {_some(left)}" if left else None))
        found[owner] = _entry(body, one, layers[owner])
    missing = [layer.name for owner, layer in layers.items() if owner not in found]
    if missing:
        raise Complaint(layers_left_out(missing, source.callee.span))
    return found


def _owner(body: "Body", keyword: ast.Keyword, layers: Mapping[Owner, Filled]) -> Owner:
    """The layer that a keyword names, as it is declared, or as the summary of the network calls it."""
    declared = body.peek(keyword.name)
    if isinstance(declared, SharedLayer) and declared.owner in layers:
        return declared.owner
    for owner, layer in layers.items():
        if layer.listed == keyword.name:
            return owner
    raise Complaint(no_such_layer(keyword, [one.name for one in layers.values()]))


def _entry(body: "Body", keyword: ast.Keyword, layer: Filled) -> Entry:
    value: Any = body.evaluate(keyword.value)
    if value is FAILED:
        raise Complaint
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        if len(value) != len(layer.weights):
            order = listed(one.name for one in layer.weights)
            has, given = _counted(len(layer.weights), "weight"), _counted(len(value), "array")
            message = f"`{layer.name}` has {has}, and is given {given}"
            raise Complaint(wrong_argument(message, keyword.value.span, f"name one for each, in this order: {order}"))
    elif not isinstance(value, str | None):
        message = f"a layer takes the name of what it is called in the file, not {describe_value(value)}"
        raise Complaint(wrong_argument(message, keyword.value.span, _EXAMPLE))
    return Entry(value, keyword.value.span)


_EXAMPLE = 'write it as `npz("file.npz", conv1d="stem/conv", dense="head")`'


# What is in the file -----------------------------------------------------------------------------


def _headers(path: Path, span: Span) -> dict[str, Header]:
    try:
        return archive_headers(find(str(path), Path(), None))
    except DataError as failure:
        raise Complaint(weights_unreadable(failure, span)) from None


def _saved(layer: Filled, entry: Entry, headers: Mapping[str, Header], path: Path) -> Saved:
    """The arrays of a layer, which are there and have the shapes of its weights."""
    assert entry.names is not None
    names = tuple(f"{entry.names}/{one}" for one in array_names(layer.weights)) if isinstance(entry.names, str) else entry.names
    for weight, name in zip(layer.weights, names, strict=True):
        if name not in headers:
            raise Complaint(no_such_array(layer, name, entry, headers, path))
        if headers[name].shape != weight.shape or headers[name].dtype not in FLOATS:
            raise Complaint(array_differs(layer, weight, name, headers[name], entry))
    return Saved(path, names, entry.span)


def _report_left_over(body: "Body", saved: Iterable[Saved], headers: Mapping[str, Header], span: Span) -> None:
    """Report arrays that go nowhere, of the folder of the file that all others are in."""
    used = {name for one in saved for name in one.names}
    folder = _common_folder(used)
    left = [name for name in headers if name.startswith(folder) and name not in used]
    if left and used:
        body.session.report.add(arrays_left_over(left, span))


def _common_folder(names: Iterable[str]) -> str:
    """The longest `a/b/` that all names begin with."""
    first, last = min(names, default=""), max(names, default="")
    same = next((place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), 0)
    return first[: first.rfind("/", 0, same) + 1]


def refuse_unknown_statistics(body: "Body") -> None:
    """Refuse a normalization whose statistics are neither written nor in a file: it would leave everything as it is.

    Raises:
        Complaint: there is one.
    """
    assert body.builder is not None
    for node in body.builder.nodes if not body.session.trained else ():
        if node.owner is not None and node.owner not in body.builder.promised and _lacks_statistics(node.component):
            raise Complaint(no_statistics(node.span))


def _lacks_statistics(component: Component) -> bool:
    """Whether a layer, or one inside of it, normalizes by statistics that are not written."""
    inner = [one for one in component.__dict__.values() if isinstance(one, Layer)]
    return (isinstance(component, Normalization) and component.mean is None) or any(map(_lacks_statistics, inner))


# What can be wrong -------------------------------------------------------------------------------


@error("NN410")
def weights_unreadable(failure: DataError, span: Span) -> Diagnostic:
    """The file that weights come from does not exist, or is not an NPZ file of NumPy.

    Paths are relative to the folder of the `.nn` file that names it.

        weights = "resnet.npz"
    """
    return Diagnostic(span, failure.message, (), failure.repair)


@error("NN859")
def no_statistics(span: Span) -> Diagnostic:
    """A `Normalization` says nothing of its mean and variance, and no file gives them: it would leave all numbers as they are.

        output y = x -> Normalization -> Dense(1)

    Mended, by numbers that are known, or by weights that hold them:

        output y = x -> Normalization(mean=0.5, variance=0.1) -> Dense(1)
        weights = npz("model.npz")
    """
    repair = "write both, or name the file of its weights; statistics of the data are taken by `standardize` in the data block"
    return Diagnostic(span, "Normalization needs its mean and its variance", (), repair)


@error("NN411")
def no_such_layer(keyword: ast.Keyword, layers: list[str]) -> Diagnostic:
    """The map of `npz` speaks of a layer that the network does not have, or that has no weights.

    Layers are called as `nndsl summary` calls them, or by the name of a `layer` declaration.

        layer scan = Conv1D(32, 15)
        output y = x -> scan -> Flatten -> Dense(1)
        weights = npz("file.npz", conv1d_1="motifs", dense="head")

    Mended:

        weights = npz("file.npz", scan="motifs", dense="head")
    """
    repair = did_you_mean(keyword.name, layers) or (f"there are {_some(layers)}" if layers else None)
    return Diagnostic(keyword.name_span, f"the network has no layer `{keyword.name}` with weights", (), repair)


@error("NN412")
def layers_left_out(missing: list[str], span: Span) -> Diagnostic:
    """The map of `npz` leaves layers out, which would start at random while all others are known.

        output y = x -> Conv1D(32, 15) -> Flatten -> Dense(1)
        weights = npz("file.npz", conv1d="motifs")

    Mended, if that is meant:

        weights = npz("file.npz", conv1d="motifs", dense=none)
    """
    verb = "is" if len(missing) == 1 else "are"
    repair = f'add `{missing[0]}="..."`, or `{missing[0]}=none` if it is to start at random'
    return Diagnostic(span, f"{_some(missing)} {verb} not in the map", (), repair)


@error("NN413")
def no_such_array(layer: Filled, name: str, entry: Entry, headers: Mapping[str, Header], path: Path) -> Diagnostic:
    """The file has no array of a name that a layer needs.

    `conv1d="stem/conv"` means the arrays `stem/conv/kernel`, `stem/conv/bias` and so on, as Keras calls the weights of the
    layer; a list names each array by itself: `conv1d=["w1", "b1"]`.
    """
    notes = (Note(f"`{layer.name}` is this layer", layer.span),)
    repair = did_you_mean(name, headers) or f"it has {_some(headers)}"
    return Diagnostic(entry.span, f"{path.name} has no array `{name}`", notes, repair)


@error("NN414")
def array_differs(layer: Filled, weight: Weight, name: str, found: Header, entry: Entry) -> Diagnostic:
    """An array of the file does not have the shape of the weight that it is for, or holds no floating-point numbers.

    Kernels are laid out as Keras has them: `[length, channels, filters]` of a `Conv1D`, `[inputs, outputs]` of a `Dense`.
    """
    notes = (Note(f"`{layer.name}` is this layer", layer.span),)
    held = f"{found.dtype}{shape_text(found.shape)}"
    return Diagnostic(entry.span, f"the array `{name}` is {held}, and the {weight.name} of `{layer.name}` is float{shape_text(weight.shape)}", notes)


@warning("NN415")
def arrays_left_over(names: list[str], span: Span) -> Diagnostic:
    """Arrays of the file go nowhere, though they stand beside others that do: a part of the network may have been forgotten.

    Nothing is said where a layer is to start at random (`dense=none`), since its arrays are left over on purpose.
    """
    verb = "goes" if len(names) == 1 else "go"
    return Diagnostic(span, f"{_some(names)} of this file {verb} nowhere")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _some(names: Iterable[str]) -> str:
    """Names as a message lists them, if there are not too many."""
    every = list(names)
    if len(every) <= MOST_LISTED:
        return listed(every)
    return f"{', '.join(f'`{one}`' for one in every[:MOST_LISTED])} and {len(every) - MOST_LISTED} more"
