"""What the machine has not, memory or a kernel, told in a sentence where it is missed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import keras

from nndsl.backend.keras.only_tensorflow import tf
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.source import Span

_SHAPE = re.compile(r"shape\[[\d,]*\]")
_WITHOUT_KERNEL = re.compile(r"Could not find device for node|No OpKernel was registered|Current (?:CPU )?implementation|not (?:yet )?support")
_NODE = re.compile(r"Detected at node (?:\S*/)?(\w+) defined")
_BY_XLA = re.compile(r"tf2xla conversion failed|XLA implementation|is not compilable")
_OPERATION = re.compile(r"\[Op:(\w+)\]|support Op '(\w+)'|node: \{\{node (\w+)|\{\{node (?:[^}]*/)?(\w+)\}\}")


@error("NN761")
def out_of_memory(span: Span | None, tensor: str | None) -> Diagnostic:
    """There is not enough memory for a batch, or for the network itself.

    `nndsl check --explain` estimates how much a training needs. What was saved before is whole.

        batch = 65536

    Mended:

        batch = 256
    """
    message = "there is not enough memory" + (f" for a tensor of {tensor}" if tensor else "")
    return Diagnostic(span, message, repair="choose a smaller `batch`, or a smaller network; what was saved before is kept")


@error("NN765")
def no_kernel(span: Span | None, operation: str | None, dtype: str) -> Diagnostic:
    """TensorFlow has nothing for this machine that computes an operation in another precision than float32.

    For CPUs there is less than for GPUs: no pooling over three axes in `float16`, no transposed convolution with a dilation.

        precision = mixed_float16

    Mended:

        precision = mixed_bfloat16
    """
    message = f"TensorFlow cannot compute {operation or 'everything here'} in {dtype} on this machine"
    return Diagnostic(span, message, repair="use `precision = float32`" + " or mixed_bfloat16" * (dtype == "float16"))


@error("NN791")
def not_compiled_by_xla(span: Span | None, operation: str | None) -> Diagnostic:
    """XLA cannot compile a step of this training: it lacks an operation, or a form of it whose results are always the same.

        jit_compile = true

    Mended:

        jit_compile = auto
    """
    return Diagnostic(span, f"XLA cannot compile {operation or 'a step of this training'}", repair="leave out `jit_compile`, or write `jit_compile = false`")


@contextmanager
def shortage_told(span: Span | None = None) -> Iterator[None]:
    """Tell of a shortage of memory, of kernels for a precision, or of what XLA can compile, as of other things that stand in the way.

    Args:
        span: what needs them.

    Raises:
        UserError: there was not enough.
    """
    try:
        yield
    except tf.errors.ResourceExhaustedError as failure:
        found = _SHAPE.search(str(failure))
        raise UserError(out_of_memory(span, found[0] if found else None)) from None
    except MemoryError:
        raise UserError(out_of_memory(span, None)) from None
    except (tf.errors.NotFoundError, tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as failure:
        if _BY_XLA.search(str(failure)):
            place = _NODE.search(str(failure))
            raise UserError(not_compiled_by_xla(span, place and place[1])) from None
        dtype = keras.config.dtype_policy().compute_dtype
        if dtype == "float32" or not _WITHOUT_KERNEL.search(str(failure)):
            raise
        found = _OPERATION.search(str(failure))
        raise UserError(no_kernel(span, found and next(filter(None, found.groups())), dtype)) from None
