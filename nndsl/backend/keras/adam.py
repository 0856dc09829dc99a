"""Adam as Keras computes it, to the last bit, in fewer operations: what is the same for all weights is computed once a step.

Keras computes the length of a step anew for each weight, and reads again what it has just written. Of a network of many small
weights that is most of what is compiled before the first step, and of what each step waits for.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from nndsl.backend.keras.only_tensorflow import tf


class Adam(keras.optimizers.Adam):
    """Adam on one device."""

    def _backend_update_step(self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any) -> None:
        """Change weights by their gradients; what is seldom asked for is left to Keras, and what devices exchange."""
        if self.amsgrad or tf.distribute.has_strategy() or any(isinstance(one, tf.IndexedSlices) for one in grads):
            super()._backend_update_step(grads, trainable_variables, learning_rate)
            return
        variables = [one.value if isinstance(one, keras.Variable) else one for one in trainable_variables]
        shared = {dtype: self._shared(dtype, learning_rate) for dtype in dict.fromkeys(one.dtype for one in variables)}
        for gradient, variable in zip(grads, variables, strict=True):
            self._change(variable, tf.cast(gradient, variable.dtype), *shared[variable.dtype])

    def _shared(self, dtype: tf.DType, learning_rate: Any) -> tuple[tf.Tensor, ...]:
        """What all weights of a type are changed by.

        Returns:
            How much a gradient counts in the mean, and its square in the mean of these; how far a step goes where the one is the
            root of the other, which makes up for their beginning at 0; and what divisors are never less than.
        """
        step = ops.cast(self.iterations + 1, dtype.name)
        mean, square = (ops.power(ops.cast(one, dtype.name), step) for one in (self.beta_1, self.beta_2))
        length = ops.cast(learning_rate, dtype.name) * ops.sqrt(1 - square) / (1 - mean)
        return tf.constant(1 - self.beta_1, dtype), tf.constant(1 - self.beta_2, dtype), length, tf.constant(self.epsilon, dtype)

    def _change(
        self, variable: tf.Variable, gradient: tf.Tensor, in_mean: tf.Tensor, in_square: tf.Tensor, length: tf.Tensor, least: tf.Tensor
    ) -> None:
        place = self._get_variable_index(variable)
        mean, square = self._momentums[place].value, self._velocities[place].value
        means, squares = mean.value(), square.value()
        means += (gradient - means) * in_mean
        squares += (tf.square(gradient) - squares) * in_square
        mean.assign(means, read_value=False)
        square.assign(squares, read_value=False)
        variable.assign_sub(means * length / (tf.sqrt(squares) + least), read_value=False)


class AdamW(Adam, keras.optimizers.AdamW):
    """Adam with weight decay, on one device."""
