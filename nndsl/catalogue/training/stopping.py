"""When to stop before the last epoch."""

from typing import Annotated, Literal

from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Known, Label, NonNegative


class EarlyStopping(Component):
    """Stop when `monitor` has not become better for `patience` epochs.

    Better is by more than `min_delta`. `mode` says whether lower (`min`) or higher (`max`) is better; `auto` asks the
    metric that is monitored (see `Metric.mode`).
    """

    noun = "settings of early stopping"
    monitor: Label = "val_loss"
    patience: Annotated[int, Known(0)] = 10
    min_delta: NonNegative = 0.0
    mode: Literal["auto", "min", "max"] = "auto"
