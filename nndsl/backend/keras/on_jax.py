"""What Keras has no operation for, by JAX."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import jax
import keras

OPTIMIZERS: dict[str, type[keras.Optimizer]] = {}
"""Those that compute what Keras' do, in another way, by its names."""
_More = TypeVar("_More")


def log_gamma(x: Any) -> Any:
    """The logarithm of the gamma function, of each number."""
    return jax.scipy.special.gammaln(x)


def all_finite(tensors: Sequence[Any]) -> Any:
    """Whether tensors have no number that is infinite, or none at all."""
    return jax.numpy.all(jax.numpy.stack([jax.numpy.isfinite(one).all() for one in tensors])) if tensors else jax.numpy.array(True)


def fused_losses() -> AbstractContextManager[None]:
    """Within, losses are compiled as on TensorFlow: here they are as they are."""
    return nullcontext()


def gradient(compute: Callable[[Any], tuple[Any, _More]], at: Any, variables: Sequence[keras.Variable]) -> tuple[Any, _More]:
    """The gradient of what is computed at a point, summed.

    Args:
        compute: gives the tensor that is looked at, and more.
        variables: what it may change.

    Returns:
        The gradient, like `at`, and the rest of what was computed.
    """

    def stateless(at: Any) -> tuple[Any, Any]:
        with keras.StatelessScope([(one, one.value) for one in variables]) as scope:
            found, more = compute(at)
        return keras.ops.sum(found), (more, [scope.get_current_value(one) for one in variables])

    found, (more, values) = jax.grad(stateless, has_aux=True)(at)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return found, more
