"""The values of variables while JAX follows a computation, which has no side effects: they are held in a scope, and so is what Keras lets travel with tensors."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import jax
import keras
from keras.src.backend.common.stateless_scope import get_stateless_scope  # which alone tells of the scope that one is in

from nndsl.backend.keras.lower import mask_of, set_mask


class Scope(keras.StatelessScope):
    """Within, variables have other values, and changes go to these."""

    def __init__(self, variables: Iterable[keras.Variable], values: Iterable[Any]):
        self.variables = list(variables)
        super().__init__(list(zip(self.variables, values, strict=True)), collect_losses=True)

    def within(self, variables: Sequence[keras.Variable] = (), values: Sequence[Any] = ()) -> "Scope":
        """A scope inside, which begins with the values of this one, but for some."""
        scope = Scope(self.variables, self.values())
        for variable, value in zip(variables, values, strict=True):
            scope.add_update((variable, value))
        return scope

    def values(self) -> list[Any]:
        """The values now."""
        return [self.get_current_value(one) for one in self.variables]

    def take(self, values: Sequence[Any], but: Sequence[keras.Variable] = ()) -> None:
        """Have other values; some are kept."""
        kept = {id(one) for one in but}
        for variable, value in zip(self.variables, values, strict=True):
            if id(variable) not in kept:
                self.add_update((variable, value))

    def take_losses(self, inner: "Scope", values: Sequence[Any], layers: Iterable[keras.Layer]) -> None:
        """Have the losses that layers have added in a scope inside, by their values here."""
        for before, value in zip(inner.losses, values, strict=True):
            self.add_loss(value)
            for layer in layers:
                for one in (layer, *layer._flatten_layers(include_self=False)):
                    if id(before) in one._loss_ids:
                        one._loss_ids.add(id(value))


def scope_here(layers: Iterable[keras.Layer] = ()) -> Scope:
    """The scope that this is computed in; else one with the variables of layers."""
    found = get_stateless_scope()
    if isinstance(found, Scope):
        return found
    variables = list({id(one): one for layer in layers for one in layer.variables}.values())
    return Scope(variables, [one.value for one in variables])


class Dressed(NamedTuple):
    """A tensor with what Keras lets travel with it, which JAX would lose."""

    tensor: Any
    mask: Any
    logits: Any


def dressed(found: Any) -> Any:
    """Tensors with what travels with them."""
    return jax.tree.map(lambda one: Dressed(one, mask_of(one), getattr(one, "_keras_logits", None)), found)


def undressed(found: Any) -> Any:
    """The tensors again, with what travels with them put on."""

    def put_on(one: Dressed) -> Any:
        if one.mask is not None:
            set_mask(one.tensor, one.mask)
        if one.logits is not None:
            with suppress(AttributeError):  # of an array, which is no longer computed with
                one.tensor._keras_logits = one.logits
        return one.tensor

    return jax.tree.map(put_on, found, is_leaf=lambda one: isinstance(one, Dressed))
