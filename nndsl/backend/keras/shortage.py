"""What the machine has not, memory or a kernel, told in a sentence where it is missed."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from nndsl.backend.keras import engine
from nndsl.backend.keras.lacking import Lack
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.source import Span


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
    except engine.FAILURES as failure:
        lack = engine.missed(failure)
        if lack is None:
            raise
        raise UserError(_told(lack, span)) from None
    except MemoryError:
        raise UserError(out_of_memory(span, None)) from None


def _told(lack: Lack, span: Span | None) -> Diagnostic:
    match lack.what:
        case "memory":
            return out_of_memory(span, lack.of)
        case "a kernel":
            return no_kernel(span, lack.of, keras.config.dtype_policy().compute_dtype)
        case "a form for XLA":
            return not_compiled_by_xla(span, lack.of)
