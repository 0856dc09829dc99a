# ruff: noqa: F821
"""Masks, names."""


def numbered(name, number):
    """The name of a layer with its number, which the first has not: `dense`, `dense_1`, `dense_2`."""
    return f"{name}_{number}" if number else name


@keras.saving.register_keras_serializable("masks")
class MaskOf(layers.Layer):
    """A tensor with the mask that travels with others, `MaskOf()([x, other])`: functions lose it."""

    def call(self, tensors):
        return tensors[0]

    def compute_mask(self, tensors, mask=None):
        known = [one for one in mask[1:] if one is not None]
        for one in known[1:]:
            known[0] = ops.logical_or(known[0], one)
        return known[0] if known else None
