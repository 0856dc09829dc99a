# ruff: noqa: F821
"""Masks, names."""


def numbered(name, number):
    """The name of a layer with its number, which the first has not: `dense`, `dense_1`, `dense_2`."""
    return f"{name}_{number}" if number else name


def masked_as(x, *others):
    """A tensor with the mask that travels with others, which functions lose."""
    mask = others[0]._keras_mask
    for one in others[1:]:
        mask = ops.logical_or(mask, one._keras_mask)
    x._keras_mask = mask
    return x
