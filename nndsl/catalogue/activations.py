"""Activations: the functions of `keras.activations`."""

from nndsl.catalogue.component import Function


class Activation(Function, abstract=True):
    """A function of each number on its own, or along the last axis; named as in `keras.activations`."""

    noun = "an activation"
