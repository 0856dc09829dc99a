"""When to stop before the last epoch."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from nndsl.catalogue.component import Component
from nndsl.catalogue.kinds import Known, Label, NonNegative
from nndsl.types import BadArgument

Mode: TypeAlias = Literal["min", "max"]


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


def better(monitor: str, mode: Literal["auto", "min", "max"], modes: Mapping[str, Mode | None]) -> Mode:
    """Whether lower or higher is better of a figure that is monitored.

    Args:
        monitor: its name: `loss`, `val_loss`, or that of a metric, with `val_` before it for the validation split.
        mode: what the file says.
        modes: for each metric by name, its `Metric.mode`, where the metrics are known.

    Raises:
        BadArgument: it is not known which is better.
    """
    if mode != "auto":
        return mode
    name = monitor.removeprefix("val_")
    found = "min" if name == "loss" or name.endswith("_loss") else modes.get(name)
    if found is None:
        raise BadArgument(f"cannot tell whether less or more of `{monitor}` is better", argument="mode",
                          repair="write mode=min or mode=max")
    return found
