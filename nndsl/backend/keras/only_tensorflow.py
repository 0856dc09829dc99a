"""TensorFlow, for what is computed with it alone: writing texts, data from the disk, several devices.

Importing this where Keras computes with another backend is refused, in words.
"""

import keras

from nndsl.backend.keras.unable import check_tensorflow

check_tensorflow(keras.config.backend())

import tensorflow as tf

__all__ = ["tf"]
