"""The layers, a family a module; importing this package makes all of them known by name."""

from nndsl.catalogue.layers import (
    convolution,
    core,
    normalization,
    pooling,
    preprocessing,
    regularization,
    reshaping,
)

__all__ = ["convolution", "core", "normalization", "pooling", "preprocessing", "regularization", "reshaping"]
