"""The layers, a family a module; importing this package makes all of them known by name."""

from nndsl.catalogue.layers import (
    activation,
    attention,
    convolution,
    core,
    einsum,
    merging,
    normalization,
    pooling,
    preprocessing,
    recurrent,
    regularization,
    reshaping,
    wrappers,
)

__all__ = [
    "activation", "attention", "convolution", "core", "einsum", "merging", "normalization", "pooling", "preprocessing",
    "recurrent", "regularization", "reshaping", "wrappers",
]
