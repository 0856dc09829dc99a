"""When a training ends before its last epoch."""

from typing import Literal

from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Count, Label, NonNegative


class EarlyStopping(Component):
    """Stop when a figure has not become better for some epochs; the best weights are kept.

    The settings of `keras.callbacks.EarlyStopping`: `monitor` is `loss`, a metric, or one of them on the validation
    examples (`val_loss`), and `mode` says what better means, where that is not known from the metric.
    """

    noun = "settings of early stopping"

    patience: Count
    monitor: Label = "val_loss"
    min_delta: NonNegative = 0.0
    mode: Literal["auto", "min", "max"] = "auto"
