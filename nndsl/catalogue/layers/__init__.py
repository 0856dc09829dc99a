"""The layers, a family a module; importing this package makes all of them known by name."""

from nndsl.catalogue.layers import (
    activation,
    convolution,
    core,
    einsum,
    merging,
    normalization,
    pooling,
    preprocessing,
    regularization,
    reshaping,
)

__all__ = [
    "activation", "convolution", "core", "einsum", "merging", "normalization", "pooling", "preprocessing", "regularization",
    "reshaping",
]
