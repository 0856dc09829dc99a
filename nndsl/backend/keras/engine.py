"""What Keras has no operation for, as its backend computes it."""

import keras

if keras.config.backend() == "jax":
    from nndsl.backend.keras.on_jax import OPTIMIZERS, all_finite, fused_losses, gradient, log_gamma
else:
    from nndsl.backend.keras.on_tensorflow import OPTIMIZERS, all_finite, fused_losses, gradient, log_gamma

__all__ = ["OPTIMIZERS", "all_finite", "fused_losses", "gradient", "log_gamma"]
