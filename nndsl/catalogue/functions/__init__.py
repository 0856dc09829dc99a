"""Functions of tensors: those of `keras.ops` that keep examples apart.

They own no weights. Operands and arguments are named as in Keras, with Keras' defaults; where a default of Keras would
run over the batch axis (`mean` without `axis`, `concatenate` along axis 0), the axis has to be named, or is the last.
"""

from nndsl.catalogue.functions import arithmetic, arranging, comparisons, matrices, reductions, reshaping

__all__ = ["arithmetic", "arranging", "comparisons", "matrices", "reductions", "reshaping"]
