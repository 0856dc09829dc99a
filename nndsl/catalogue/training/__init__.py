"""What a network learns with: losses, metrics, optimizers, schedules."""

from nndsl.catalogue.training import counts
from nndsl.catalogue.training.losses import Loss
from nndsl.catalogue.training.metrics import Metric, Prepared
from nndsl.catalogue.training.optimizers import Optimizer
from nndsl.catalogue.training.schedules import Schedule

__all__ = ["Loss", "Metric", "Optimizer", "Prepared", "Schedule", "counts"]
