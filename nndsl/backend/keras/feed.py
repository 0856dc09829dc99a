"""Examples as the engine that is computed with takes them."""

from typing import TYPE_CHECKING

from nndsl.backend.keras import engine

if TYPE_CHECKING or not engine.IS_JAX:
    from nndsl.backend.keras.feed_on_tensorflow import Feed
else:
    from nndsl.backend.keras.feed_on_jax import Feed

__all__ = ["Feed"]
