"""What a network learns with: losses, metrics, optimizers, schedules."""

from nndsl.catalogue.training import counts, losses, metrics
from nndsl.catalogue.training.loss import Loss
from nndsl.catalogue.training.metric import Metric, Prepared
from nndsl.catalogue.training.optimizers import Optimizer
from nndsl.catalogue.training.schedules import Schedule

__all__ = ["Loss", "Metric", "Optimizer", "Prepared", "Schedule", "counts", "losses", "metrics"]
