"""What Keras has no operation for, by JAX.

JAX compiles functions without side effects. So what is compiled here is computed in a scope that holds the values of all variables
that it may change, and gives what they are afterwards; the arrays they had before are given away, and their memory is used again.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, Protocol, TypeVar

import jax
import keras
import numpy as np

from nndsl.backend.keras.lacking import Lack
from nndsl.backend.keras.scope_on_jax import Scope, dressed, scope_here, undressed
from nndsl.types import TensorType

_More = TypeVar("_More")

NEEDS_SIZES = True
"""Whether everything compiled has to know how many examples a batch has."""
ALWAYS_BY_XLA = True
FAILURES: tuple[type[Exception], ...] = (jax.errors.JaxRuntimeError,)
"""What is raised where a computation fails."""
OPTIMIZERS: dict[str, type[keras.Optimizer]] = {}
"""Those that compute what Keras' do, in another way, by its names."""

_EXAMPLES = 2
"""How many examples there are where nothing is computed."""


# Operations --------------------------------------------------------------------------------------


def number(value: int) -> Any:
    """The number of a step, or of a place, as compiled functions take it."""
    return np.int32(value)


def log_gamma(x: Any) -> Any:
    """The logarithm of the gamma function, of each number."""
    return jax.scipy.special.gammaln(x)


def all_finite(tensors: Sequence[Any]) -> Any:
    """Whether tensors have only finite numbers."""
    return jax.numpy.all(jax.numpy.stack([jax.numpy.isfinite(one).all() for one in tensors])) if tensors else jax.numpy.array(True)


def fused_losses() -> AbstractContextManager[None]:
    """Within, losses are compiled as one operation where they can be: here that is up to XLA."""
    return nullcontext()


def dense(gradient: Any) -> Any:
    """A gradient as a tensor, as it always is here."""
    return gradient


# Devices -----------------------------------------------------------------------------------------


def everywhere() -> jax.sharding.Sharding | None:
    """Where an array lies that each of several devices has; None: there is one device."""
    shared = keras.distribution.distribution()
    return None if shared is None else jax.sharding.NamedSharding(shared.device_mesh.backend_mesh, jax.sharding.PartitionSpec())


def placed(array: Any) -> Any:
    """An array where all devices have it that compute together; each machine has brought it along."""
    shared = everywhere()
    if shared is None:
        return array
    here = np.asarray(array)
    return jax.make_array_from_callback(here.shape, shared, lambda part: here[part])


def divided(batch: Any) -> Any:
    """A tensor with an entry for each example, within what is compiled: each of several devices computes as many of them, if they can be divided so."""
    shared = keras.distribution.distribution()
    if shared is None or batch.shape[0] % shared.device_mesh.devices.size:
        return batch
    parts = jax.sharding.PartitionSpec(shared.batch_dim_name)
    return jax.lax.with_sharding_constraint(batch, jax.sharding.NamedSharding(shared.device_mesh.backend_mesh, parts))


# Gradients ---------------------------------------------------------------------------------------


def gradient(compute: Callable[[Any], tuple[Any, _More]], at: Any, layers: Sequence[keras.Layer]) -> tuple[Any, _More]:
    """The gradient of what is computed at a point, summed.

    Args:
        compute: gives the tensor that is looked at, and more.
        layers: those that it may use.

    Returns:
        The gradient, like `at`, and the rest of what was computed.
    """
    outer, inside = scope_here(layers), list[Scope]()

    def stateless(at: Any) -> tuple[Any, Any]:
        with outer.within() as scope:
            found, more = compute(at)
            inside.append(scope)
            return keras.ops.sum(found), (dressed(more), scope.values(), scope.losses)

    found, (more, values, losses) = jax.grad(stateless, has_aux=True)(at)
    for variable, value in zip(outer.variables, values, strict=True):
        variable.assign(value)
    outer.take_losses(inside[0], losses, layers)
    rest: _More = undressed(more)
    return found, rest


def gradients(compute: Callable[[], tuple[Any, _More]], variables: Sequence[keras.Variable]) -> tuple[list[Any], _More]:
    """The gradients of a number with respect to variables; for a compiled function.

    Args:
        compute: gives the number, and more.

    Returns:
        For each variable its gradient, 0 if the number does not depend on it; and the rest of what was computed.
    """
    outer = scope_here()

    def stateless(values: list[Any]) -> tuple[Any, Any]:
        with outer.within(variables, values) as scope:
            found, more = compute()
            return found, (dressed(more), scope.values())

    found, (more, after) = jax.grad(stateless, has_aux=True)([outer.get_current_value(one) for one in variables])
    outer.take(after, but=variables)
    rest: _More = undressed(more)
    return found, rest


def apply(optimizer: keras.Optimizer, found: Sequence[Any], variables: Sequence[keras.Variable]) -> None:
    """Let an optimizer change variables by their gradients."""
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer.apply(found, variables)
        return
    changed, own = optimizer.stateless_apply([one.value for one in optimizer.variables], found, [one.value for one in variables])
    for variable, value in zip([*variables, *optimizer.variables], [*changed, *own], strict=True):
        variable.assign(value)


# Compiled functions ------------------------------------------------------------------------------


class Held(Protocol):
    """What has tensors that a compiled function reads: they are given to it each time."""

    tensors: Any


class _Read:
    """A variable that is only read."""

    def __init__(self, variable: keras.Variable):
        self.variable = variable

    @property
    def tensors(self) -> Any:
        return self.variable._value

    @tensors.setter
    def tensors(self, value: Any) -> None:
        self.variable._value = value


def reads(variables: Iterable[keras.Variable]) -> list[Held]:
    """Variables that a compiled function only reads."""
    return [_Read(one) for one in {id(one): one for one in variables}.values()]


@contextmanager
def _lent(held: Held, tensors: Any) -> Iterator[None]:
    before, held.tensors = held.tensors, tensors
    try:
        yield
    finally:
        held.tensors = before


class _Pure:
    """Something to compute, as a function of the values of variables, of tensors, and of what it is given."""

    def __init__(self, compute: Callable[..., Any], variables: Iterable[keras.Variable], held: Sequence[Held]):
        self._compute, self._held = compute, held
        self._variables = list({id(one): one for one in variables}.values())
        self.compiled = jax.jit(self.__call__, donate_argnums=0, out_shardings=everywhere(), compiler_options=_options())

    def __call__(self, values: list[Any], tensors: list[Any], *given: Any) -> tuple[Any, list[Any]]:
        with ExitStack() as stack:
            for one, lent in zip(self._held, tensors, strict=True):
                stack.enter_context(_lent(one, lent))
            read = [one for one in self._held if isinstance(one, _Read)]
            variables = [*self._variables, *(one.variable for one in read)]
            scope = stack.enter_context(Scope(variables, [*values, *(one.tensors for one in read)]))
            found = self._compute(*given)
            return dressed(found), scope.values()[: len(values)]

    def values(self) -> list[Any]:
        """Those of the variables; an array that several have is copied, since it can be given away but once."""
        found: dict[int, Any] = {}
        return [found.setdefault(id(value), value) if id(value) not in found else value.copy() for value in (one._value for one in self._variables)]

    def tensors(self) -> list[Any]:
        return [one.tensors for one in self._held]

    def assign(self, values: Iterable[Any]) -> None:
        for variable, value in zip(self._variables, values, strict=True):
            variable._value = value


def _options() -> dict[str, bool]:
    """How everything is compiled: so that no operation lets the order in which its threads are done decide about the last bits of a sum."""
    return {"xla_gpu_deterministic_ops": True} if jax.default_backend() == "gpu" else {}


def compiled(compute: Callable[..., Any], variables: Iterable[keras.Variable], held: Sequence[Held]) -> Callable[..., Any]:
    """A function, compiled when it is called for the first time.

    Args:
        variables: those that it may change. Their arrays are given away: no other variable may have them.
        held: what has tensors that it reads.
    """
    pure = _Pure(compute, variables, held)

    def call(*given: Any) -> Any:
        found, values = pure.compiled(pure.values(), pure.tensors(), *given)
        pure.assign(values)
        return undressed(found)

    return call


def asked(compute: Callable[..., Any], types: Mapping[str, TensorType], variables: Iterable[keras.Variable]) -> Callable[[Mapping[str, Any]], Any]:
    """A compiled function of as many examples as there are: it is compiled for 1, 2, 4, ... of them, and given some of zeros beside those that there are.

    Args:
        compute: takes tensors by name, and how many examples there are; what it gives has an entry for each example, or is None.
        types: of these tensors, of one example.
        variables: those that it reads.

    Returns:
        What takes arrays by name, more than are needed, and gives arrays.
    """
    function = compiled(lambda given: compute(given, next(iter(given.values())).shape[0]), (), reads(variables))

    def ask(fields: Mapping[str, Any]) -> Any:
        count = len(next(iter(fields.values())))
        given = {name: np.asarray(fields[name], one.dtype) for name, one in types.items()}
        found = function({name: _filled_up(one) for name, one in given.items()})
        return jax.tree.map(lambda one: np.asarray(one)[:count], found)

    return ask


def _filled_up(examples: Any) -> Any:
    """Some examples, with zeros up to the next power of two."""
    count = len(examples)
    return np.pad(examples, [(0, (1 << (count - 1).bit_length()) - count), *((0, 0) for _ in examples.shape[1:])])


def by_xla(compute: Callable[..., Any]) -> Callable[..., Any]:
    """A part of a compiled function, compiled by XLA, as everything is."""
    return compute


class Loop:
    """Steps that follow each other, compiled together.

    Called with the first number and the one after the last, it computes a step for each, until one of them says that its results are not
    finite; it gives the number that it came to, and whether everything is finite.
    """

    def __init__(
        self, step: Callable[[Any], Any], variables: Iterable[keras.Variable], held: Sequence[Held], *,
        ahead: Callable[[Any, Any], AbstractContextManager[None]] = lambda start, stop: nullcontext(), after: Callable[[], Any] | None = None,
    ):
        """
        Args:
            step: computes the step of a number; whether its results are finite, or None if nobody asks.
            variables: those that it may change. Their arrays are given away: no other variable may have them.
            held: what has tensors that it reads.
            ahead: around all steps from a number to another.
            after: whether everything is finite when all are taken.
        """
        self._step, self._ahead = step, ahead
        self._one, self._many = _Pure(step, variables, held), _Pure(self._steps, variables, held)
        self._after = None if after is None else compiled(after, (), reads(variables))

    def __call__(self, start: int, stop: int) -> tuple[int, bool]:
        reached, finite = self._one_by_one(start, stop) if jax.default_backend() == "cpu" else self._at_once(start, stop)
        return reached, finite and (self._after is None or bool(self._after()))

    def _one_by_one(self, start: int, stop: int) -> tuple[int, bool]:
        """A call for each step: for CPUs, XLA computes the gradients of convolutions in loops ten times as slowly as elsewhere."""
        values, tensors, finite = self._one.values(), self._one.tensors(), True
        while start < stop and finite:
            found, values = self._one.compiled(values, tensors, number(start))
            finite, start = found is None or bool(undressed(found)), start + 1
        self._one.assign(values)
        return start, finite

    def _at_once(self, start: int, stop: int) -> tuple[int, bool]:
        (reached, finite), values = self._many.compiled(self._many.values(), self._many.tensors(), number(start), number(stop))
        self._many.assign(values)
        return int(undressed(reached)), bool(undressed(finite))

    def _steps(self, start: Any, stop: Any) -> tuple[Any, Any]:
        outer = scope_here()

        def body(before: tuple[Any, Any, list[Any]]) -> tuple[Any, Any, list[Any]]:
            step, finite, values = before
            with outer.within(outer.variables, values) as scope:
                found = self._step(step)
                return step + 1, finite if found is None else found, scope.values()

        with self._ahead(start, stop):
            reached, finite, values = jax.lax.while_loop(lambda now: (now[0] < stop) & now[1], body, (start, np.True_, outer.values()))
        outer.take(values)
        return reached, finite


# Before anything is computed ---------------------------------------------------------------------


def sketch(compute: Callable[..., Any], types: Mapping[str, TensorType], shapes: Mapping[str, tuple[int | None, ...]]) -> None:
    """Follow a computation without numbers, so that layers make their weights.

    Args:
        compute: takes tensors by name, and how many examples there are.
        types: of these tensors.
        shapes: their sizes for one example; None: of any length.
    """
    sizes = {name: (_EXAMPLES, *(_EXAMPLES if one is None else one for one in shape)) for name, shape in shapes.items()}
    feeds = {name: jax.ShapeDtypeStruct(sizes[name], type.dtype) for name, type in types.items()}
    with keras.StatelessScope():
        jax.eval_shape(lambda feeds: compute(feeds, _EXAMPLES), feeds)


def build(compute: Callable[[], Any]) -> None:
    """Follow something once, so that what it uses makes its variables."""
    with keras.StatelessScope():
        jax.eval_shape(lambda: dressed(compute()))


# The machine -------------------------------------------------------------------------------------


@contextmanager
def deterministic() -> Iterator[None]:
    """Within, nothing is different: everything is compiled so that its results are always the same."""
    yield


def own_hardware() -> dict[str, Any]:
    """What decides the last bits of a result, of what this engine computes with."""
    return {
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "op_determinism": True,  # as everything is compiled
        "devices": [one.device_kind for one in jax.devices() if one.platform != "cpu"] or ["CPU"],
    }


def limit_threads(count: int) -> None:
    """Let this process compute with so many threads; it must not have computed yet."""
    os.environ["NPROC"] = str(count)  # which XLA takes for the number of cores


def missed(failure: Exception) -> Lack | None:
    """What the machine lacks, if a computation has failed for that reason."""
    return Lack("memory", None) if str(failure).startswith("RESOURCE_EXHAUSTED") else None
