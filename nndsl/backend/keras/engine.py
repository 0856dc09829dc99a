"""What Keras has no operation for, as its backend computes it: the one place that asks which backend that is.

What is compiled here reads and changes variables as if it were run by Python. TensorFlow finds them itself. JAX is told which they
are: it computes what they are afterwards from what they were before.
"""

from typing import TYPE_CHECKING

import keras

IS_JAX: bool = keras.config.backend() == "jax"

if TYPE_CHECKING or not IS_JAX:
    from nndsl.backend.keras.on_tensorflow import (
        ALWAYS_BY_XLA,
        FAILURES,
        NEEDS_SIZES,
        OPTIMIZERS,
        Loop,
        all_finite,
        apply,
        asked,
        build,
        by_xla,
        compiled,
        dense,
        deterministic,
        fused_losses,
        gradient,
        gradients,
        limit_threads,
        log_gamma,
        missed,
        number,
        own_hardware,
        placed,
        reads,
        sketch,
    )
else:
    from nndsl.backend.keras.on_jax import (
        ALWAYS_BY_XLA,
        FAILURES,
        NEEDS_SIZES,
        OPTIMIZERS,
        Loop,
        all_finite,
        apply,
        asked,
        build,
        by_xla,
        compiled,
        dense,
        deterministic,
        fused_losses,
        gradient,
        gradients,
        limit_threads,
        log_gamma,
        missed,
        number,
        own_hardware,
        placed,
        reads,
        sketch,
    )

__all__ = [
    "ALWAYS_BY_XLA",
    "FAILURES",
    "IS_JAX",
    "NEEDS_SIZES",
    "OPTIMIZERS",
    "Loop",
    "all_finite",
    "apply",
    "asked",
    "build",
    "by_xla",
    "compiled",
    "dense",
    "deterministic",
    "fused_losses",
    "gradient",
    "gradients",
    "limit_threads",
    "log_gamma",
    "missed",
    "number",
    "own_hardware",
    "placed",
    "reads",
    "sketch",
]
