"""A model of Keras as a `.nn` file, from one end to the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nndsl import costs
from nndsl.diagnostics import UserError
from nndsl.driver import check, uninterrupted
from nndsl.files import replaced, write_text
from nndsl.graph import Graph
from nndsl.importing.archive import Saved, read_model
from nndsl.importing.entries import was_named
from nndsl.importing.folding import fold
from nndsl.importing.layers import settings_of
from nndsl.importing.matching import Flat, Match, flattened, matched
from nndsl.importing.mistakes import disagrees
from nndsl.importing.naming import Names
from nndsl.importing.network import read_network
from nndsl.importing.weights import Wanted, copy_weights, wanted, write_statistics
from nndsl.importing.writing import Head, file_text
from nndsl.progress import Progress
from nndsl.source import Source
from nndsl.syntax.formatting import formatted

MOST_FOLDED = 4_000
"""Networks with more calls are written without blocks and loops, which would take minutes to find."""


@dataclass(frozen=True)
class Options:
    """How a model is to be written.

    Attributes:
        flat: one layer after the other, without blocks and loops.
        names: each layer by its name, which takes that nothing is folded.
        weights: whether they are to come along.
    """

    flat: bool = False
    names: bool = False
    weights: bool = True


@dataclass(frozen=True)
class Imported:
    """A model in the language.

    Attributes:
        text: of the file, without the line that names its weights.
        graph: what the file means.
        arrays: the weights, and where they are in the model.
    """

    saved: Saved
    text: str
    graph: Graph
    arrays: Sequence[Wanted]

    @property
    def params(self) -> int:
        """How many numbers its weights hold."""
        return int(costs.params(self.graph))  # type: ignore[arg-type]

    def text_with(self, weights: str) -> str:
        """The text of the file, with weights beside it."""
        return _with_weights(self.text, f'"{weights}"')


def import_model(path: Path, options: Options) -> Imported:
    """Read a model, and write it in the language; nothing is kept on the disk.

    Raises:
        UserError: the file cannot be read, or holds what cannot be expressed.
    """
    saved = read_model(path)
    with uninterrupted():
        if options.flat or options.names:
            return _written(saved, options)
        try:
            return _written(saved, options)
        except UserError as failure:
            if failure.diagnostics[0].code != "NN858":
                raise
            return _written(saved, Options(flat=True, weights=options.weights))


def _written(saved: Saved, options: Options) -> Imported:
    network = read_network(saved.path.name, saved.config, saved.legacy)
    if not options.weights:
        write_statistics(network, saved)
    flat = flattened(network)
    names = Names()
    head = Head(names.of_network(_name(saved)), f"{_name(saved)}, from {saved.path.name}".replace('"', "'"), names=options.names)
    if not (options.flat or options.names) and flat.calls <= MOST_FOLDED:
        fold(network, names)
    text = file_text(network, head)
    graph, match = _read_again(saved, text, flat)
    count = f"  check params == {costs.params(graph):_}\n"
    text = formatted(Source(saved.path.name, f"{text.rstrip()[:-1]}{count}}}\n"))
    return Imported(saved, _with_allowances(saved, text), graph, wanted(graph, match, saved))


def _name(saved: Saved) -> str:
    """What a model is called, by its author or by its file."""
    name = settings_of(saved.config).get("name")
    return name if isinstance(name, str) and was_named(name, "") else saved.path.stem


def _read_again(saved: Saved, text: str, flat: Flat) -> tuple[Graph, Match]:
    """The graph that a text means, which is that of the model."""
    program, report = check(Source(saved.path.name, _with_weights(text, "none")))
    wrong = [one for one in report if one.severity == "error"]
    if wrong:
        raise UserError(disagrees(saved.path.name, wrong[0].message))
    network = program.network()
    match = matched(flat, network.graph)
    if match.difference is not None:
        raise UserError(disagrees(saved.path.name, match.difference))
    return network.graph, match


def _with_allowances(saved: Saved, text: str) -> str:
    """The text with what `nndsl check` advises against silenced, since the model is as it is."""
    _, report = check(Source(saved.path.name, _with_weights(text, "none")))
    lines = text.splitlines()
    codes: dict[int, set[str]] = {}
    for one in report:
        if one.severity == "warning" and one.span is not None:
            place = one.span.source.text.count("\n", 0, one.span.start)
            begin = max(number for number in range(place + 1) if lines[number].startswith(("block ", "network ")))
            codes.setdefault(begin, set()).add(one.code)
    for place in sorted(codes, reverse=True):
        lines.insert(place, f"# allow {', '.join(sorted(codes[place]))}: so it is in the model")
    return "\n".join(lines) + "\n"


def _with_weights(text: str, file: str) -> str:
    """The text of a network with the file of its weights."""
    end = text.rstrip().rindex("}")
    return f"{text[:end]}  weights = npz({file})\n}}\n"


def write_files(imported: Imported, path: Path, weights: Path | None, progress: Progress) -> int:
    """Write the file of a network, and its weights beside it; how many bytes of numbers there are.

    Args:
        progress: is told how far the weights are.

    Raises:
        UserError: the weights are not those of the network, or a file cannot be written.
    """
    if weights is None:
        write_text(path, imported.text)
        return 0
    with replaced(weights) as beside:
        size = copy_weights(imported.saved, imported.arrays, beside, progress)
        write_text(path, imported.text_with(weights.name))  # and if it cannot be written, the weights are not kept either
    return size
