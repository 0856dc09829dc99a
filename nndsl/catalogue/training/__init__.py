"""What a network learns with: losses, metrics, optimizers, schedules."""

from nndsl.catalogue.training import counts
from nndsl.catalogue.training.losses import Loss
from nndsl.catalogue.training.metrics import Metric, Prepared
from nndsl.catalogue.training.optimizers import Optimizer
from nndsl.catalogue.training.schedules import Schedule
from nndsl.catalogue.training.stopping import EarlyStopping

__all__ = ["EarlyStopping", "Loss", "Metric", "Optimizer", "Prepared", "Schedule", "counts"]
