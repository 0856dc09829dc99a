"""A network as a function that builds it."""

from collections.abc import Mapping, Sequence

from nndsl.emission.arithmetic import Constants
from nndsl.emission.chapter import Chapter
from nndsl.emission.functions import Author, Library
from nndsl.emission.identifiers import variable
from nndsl.emission.items import Body
from nndsl.emission.reading import Read
from nndsl.emission.writing import Call, Code, Named, Page, dictionary, listed, quoted
from nndsl.graph import Graph
from nndsl.in_keras import keras_name, known_shape, layer_names
from nndsl.program import Network
from nndsl.types import TensorType

PLAIN = (bool, int, float, str)


def building(network: Network, found: Read, library: Library, name: str) -> Page:
    """The function that builds a network, whose items these are."""
    graph = network.graph
    definition = library.manuscript.definition(network.span)
    inputs = {one: variable(one) for one in graph.inputs}
    arguments = _arguments(network)
    constants: Constants = {**library.constants, **{one: (variable(one), value) for one, value in arguments.items()}}
    chapter = Chapter(definition, [found.body.leaves], inputs, constants, frozenset(library.taken | {variable(one) for one in arguments}), False)
    page = Page()
    body = _body(page.inner(), network, chapter, library, [inputs[one] for one in found.inputs], found.body)
    used = [one for one in arguments if _is_mentioned(variable(one), body)]
    page.code("def ", Call(name, tuple(Named(variable(one), _default(arguments[one])) for one in used)), ":")
    with page.inside():
        page.take(body)
    return page


def _body(page: Page, network: Network, chapter: Chapter, library: Library, inputs: Sequence[str], items: Body) -> Page:
    graph = network.graph
    if network.documentation:
        page.documentation(network.documentation)
    for name, node in graph.inputs.items():
        for one in library.manuscript.said_of(node.span):
            page.comment(one)
        page.code(f"{chapter.inputs[name]} = ", input_of(name, node.type))
    author = Author(library, chapter)
    results = author.body(page, items, inputs, 0, kept=frozenset(chapter.inputs.values()))
    outputs = dict(zip(graph.outputs, results, strict=True))
    made = Call("keras.Model", (_alone({one: chapter.inputs[one] for one in graph.inputs}), _alone(outputs), Named("name", quoted(keras_name(network.name)))))
    if not graph.saved:
        page.code("return ", made)
        return page
    page.code("model = ", made)
    _fill(page, graph)
    page.line("return model")
    return page


def _fill(page: Page, graph: Graph) -> None:
    """What weights start with that come from a file."""
    names = layer_names([graph])
    for path in dict.fromkeys(one.path for one in graph.saved.values()):
        page.line(f"with np.load({quoted(str(path))}) as saved:")
        with page.inside():
            for owner, one in graph.saved.items():
                if one.path == path:
                    weights = listed(f"saved[{quoted(array)}]" for array in one.names)
                    page.code(f"model.get_layer({quoted(names[owner])}).set_weights(", weights, ")")


def input_of(name: str, type: TensorType) -> Call:
    """An input of Keras: sizes with names become axes of any length."""
    shape = known_shape(type)
    text = f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
    dtype = () if type.dtype == "float32" else (Named("dtype", quoted(type.dtype)),)
    return Call("keras.Input", (text, *dtype, Named("name", quoted(keras_name(name)))))


def _alone(named: Mapping[str, Code]) -> Code:
    return next(iter(named.values())) if len(named) == 1 else dictionary(named.items())


def _arguments(network: Network) -> dict[str, object]:
    """The parameters of the network whose values can be written in the head of a function."""
    return {name: value for name, value in network.arguments.items() if isinstance(value, PLAIN) and not isinstance(value, bool)}


def _default(value: object) -> Code:
    return quoted(str(value)) if isinstance(value, str) else repr(value)


def _is_mentioned(name: str, page: Page) -> bool:
    from re import escape, search

    return any(search(rf"\b{escape(name)}\b", line.partition("#")[0]) for line in page.lines)


