"""What can be wrong with a model that is to be imported."""

from nndsl.catalogue.component import Component
from nndsl.diagnostics import Diagnostic, did_you_mean, error


@error("NN850")
def unreadable(file: str, reason: str) -> Diagnostic:
    """The file is no model of Keras, or it is damaged.

    A `.keras` file is a ZIP archive with `config.json` and `model.weights.h5` in it, as `model.save("model.keras")` writes it. An
    `.h5` file holds a whole model where `model.save("model.h5")` has written it; weights alone have no layers to import.
    """
    return Diagnostic(None, f"{file} cannot be imported: {reason}")


@error("NN851")
def beyond_limits(file: str, reason: str) -> Diagnostic:
    """The file is not what a model of Keras is like, and reading on could fill the memory or the disk, or reach other files.

    Archives are read within limits: few members, with plain names, that are about as large as what is stored; a description of a
    reasonable size and depth; arrays as large as the layers that they are for.
    """
    return Diagnostic(None, f"{file} is not read any further: {reason}")


@error("NN852")
def not_expressible(layer: str, what: str, reason: str, names: tuple[str, ...] = ()) -> Diagnostic:
    """A layer of the model has no counterpart in the language.

    All such layers are listed in one run, and nothing is written. Replace them in Python, and save the model again.
    """
    kind = next(iter(names), "")
    return Diagnostic(None, f"the layer `{layer}` ({what}) cannot be expressed: {reason}", repair=did_you_mean(kind, names[1:]))


@error("NN853")
def argument_not_expressible(layer: str, component: type[Component] | str, argument: str, value: str, reason: str) -> Diagnostic:
    """A layer of the model has a setting that the language has not, and that changes what the layer computes.

    Settings that change nothing (`use_cudnn`, an empty `quantization_config`) are left out without a word.
    """
    called = component if isinstance(component, str) else component.called()
    return Diagnostic(None, f"the layer `{layer}` ({called}) has {argument}={value}, which cannot be expressed: {reason}")


@error("NN854")
def weights_differ(file: str, reason: str) -> Diagnostic:
    """The numbers in the file are not those of the layers that it describes.

    Each array is compared with the layer that it is for before it is read: its place, its shape, its type. Nothing is written
    where one of them is missing, differs, or holds NaN or infinity. `--without-weights` imports the network alone.
    """
    return Diagnostic(None, f"the weights of {file} cannot be used: {reason}", repair="--without-weights imports the network alone")


@error("NN855")
def no_graph(file: str, reason: str, repair: str | None = None) -> Diagnostic:
    """The model is not a graph of layers: it is neither functional nor sequential, or has never been built.

    A subclass of `keras.Model` computes in Python, which a file does not hold. A `Sequential` model without an input shape gets one
    with `model.build(...)` or its first use.
    """
    return Diagnostic(None, f"{file} is not a graph of layers: {reason}", repair=repair)


@error("NN856")
def own_code(layer: str, what: str) -> Diagnostic:
    """A part of the model is Python code of its author, by name or as bytes. It is never run.

    A `Lambda` layer, a class that is not of Keras, or a function from another module has no counterpart in the language. Express it
    in layers and functions of Keras, and save the model again.
    """
    return Diagnostic(None, f"`{layer}` is {what}: code of a model's author is never run", repair="express it in layers and functions of Keras")


@error("NN857")
def call_refused(layer: str, message: str, repair: str | None = None) -> Diagnostic:
    """A layer is called in a way that the language refuses, though Keras computes it.

    [The language](language.md) is stricter than Keras in some places, each with its reason.
    """
    return Diagnostic(None, f"the layer `{layer}`: {message}", repair=repair)


@error("NN858")
def disagrees(file: str, reason: str) -> Diagnostic:
    """What was written is read again before it is kept, and has to be the graph of the model. Here it was not.

    That is a mistake of nndsl. `--flat` writes the layers one by one, without blocks and loops.
    """
    return Diagnostic(None, f"the text for {file} is not the same network: {reason}", repair="write it with --flat, and report the file")
