"""What cannot be computed on some backends of Keras, refused before it is tried."""

from nndsl.catalogue.differences import NOT_ON_JAX
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.graph import Node
from nndsl.program import Training
from nndsl.source import Span


@error("NN732")
def not_on_jax(span: Span | None, what: str, repair: str) -> Diagnostic:
    """A part of a training needs TensorFlow: data that take more than the memory, and blocks that are computed again (`remat`).

        KERAS_BACKEND=jax nndsl train library.nn --memory 1GB      # and the data take more

    Mended:

        KERAS_BACKEND=tensorflow nndsl train library.nn --memory 1GB
    """
    return Diagnostic(span, f"{what}: this is computed on TensorFlow, and Keras has been told to compute on jax", repair=repair)


@error("NN781")
def needs_tensorflow(backend: str) -> Diagnostic:
    """Texts are written on TensorFlow; on other backends of Keras, networks are trained, evaluated and compiled.

        KERAS_BACKEND=jax nndsl generate runs/names/001

    Mended:

        KERAS_BACKEND=tensorflow nndsl generate runs/names/001
    """
    message = f"this computes on TensorFlow, and Keras has been told to compute on {backend}"
    return Diagnostic(None, message, repair="set KERAS_BACKEND=tensorflow")


@error("NN782")
def not_on_this_backend(span: Span, what: str, backend: str, reason: str) -> Diagnostic:
    """A network has a layer that Keras computes on TensorFlow, and not on the backend that it has been told to take.

        output y = x -> MultiHeadAttention(2, key_dim=8, value_dim=4)       # with KERAS_BACKEND=jax

    Mended:

        output y = x -> MultiHeadAttention(2, key_dim=8)
    """
    return Diagnostic(span, f"{what} cannot be computed on {backend}: {reason}", repair="set KERAS_BACKEND=tensorflow")


def check_able(node: Node, backend: str) -> None:
    """Check that a call can be computed.

    Raises:
        UserError: Keras fails at it on this backend.
    """
    if backend != "jax":
        return
    for one in NOT_ON_JAX:
        if type(node.component).__name__ == one.component and one.applies(node.component.__dict__):
            raise UserError(not_on_this_backend(node.span, f"{one.component} {one.words}", backend, one.reason))
    for one_type in node.types:
        if one_type.dtype.endswith("64"):
            raise UserError(not_on_this_backend(node.span, f"{one_type.dtype} of `{node.name}`", backend, "it has no more than 32 bits"))


def check_trainable(training: Training, backend: str) -> None:
    """Check that a network can be trained on a backend.

    Raises:
        UserError: it has blocks that are to be computed again.
    """
    if backend == "jax" and training.remat:
        raise UserError(not_on_jax(training.span, "`remat`", "leave out `remat`, or set KERAS_BACKEND=tensorflow"))


def check_tensorflow(name: str) -> None:
    """Check that Keras computes on TensorFlow.

    Raises:
        UserError: it computes on something else.
    """
    if name != "tensorflow":
        raise UserError(needs_tensorflow(name))
