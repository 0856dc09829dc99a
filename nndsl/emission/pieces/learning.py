# ruff: noqa: F821
"""Batches, learning rates, losses."""


def shuffled(examples, epoch, turn=0):
    """The rows of some examples, in an order that depends on the seed and the epoch alone."""
    count = len(next(iter(examples.values())))
    places = tf.range(count, dtype="int64")
    seed = tf.cast([SEED, epoch, turn], "int64")
    return tf.raw_ops.RandomIndexShuffle(index=places, seed=seed, max_index=count - 1, rounds=4)


def batches(examples, rows):
    """Some examples, batch by batch."""
    tensors = {name: tf.convert_to_tensor(values) for name, values in examples.items()}
    order = tf.data.Dataset.from_tensor_slices(rows).batch(BATCH)
    return order.map(lambda own: {name: tf.gather(one, own) for name, one in tensors.items()})


def every_epoch(examples):
    """The batches of all epochs, one after another."""
    tensors = {name: tf.convert_to_tensor(values) for name, values in examples.items()}

    def batches_of(epoch):
        return tf.data.Dataset.from_tensor_slices(shuffled(tensors, epoch)).batch(BATCH)

    rows = tf.data.Dataset.range(EPOCHS).flat_map(batches_of)
    return rows.map(lambda own: {name: tf.gather(one, own) for name, one in tensors.items()})


def in_order(examples):
    """The batches of examples that nothing is learnt from."""
    return batches(examples, tf.range(len(next(iter(examples.values())))))


def steps_in(examples):
    """How many batches an epoch has."""
    return -(-len(next(iter(examples.values()))) // BATCH)


class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that begins late: up to then, the rate rises from 0 to its first."""

    def __init__(self, then, first, steps):
        self.then, self.first, self.steps = then, first, steps

    def __call__(self, step):
        step = ops.cast(step, "float32")
        after = ops.cast(self.then(ops.maximum(step - self.steps, 0.0)), "float32")
        return ops.where(step < self.steps, self.first * step / self.steps, after)


class Segments(keras.optimizers.schedules.LearningRateSchedule):
    """Rates at some steps, between which the course is linear."""

    def __init__(self, corners):
        self.corners = corners

    def __call__(self, step):
        step = ops.cast(step, "float32")
        rate = ops.full_like(step, self.corners[-1][1])
        pairs = list(zip(self.corners, self.corners[1:], strict=False))
        for (start, first), (end, last) in reversed(pairs):
            share = ops.clip((step - start) / max(end - start, 1e-9), 0.0, 1.0)
            rate = ops.where(step < end, first + (last - first) * share, rate)
        return rate


class InverseRoot(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that rises, and then falls with the root of the step (Vaswani et al., 2017)."""

    def __init__(self, scale, warmup):
        self.scale, self.warmup = scale, max(warmup, 1)

    def __call__(self, step):
        number = ops.cast(step, "float32") + 1.0
        falling = ops.power(number, -0.5)
        return self.scale * ops.minimum(falling, number * self.warmup**-1.5)


def normal_divergence(mean, log_var):
    """The divergence of a normal distribution from the standard one, in nats, for each example."""
    terms = ops.exp(log_var) + ops.square(mean) - 1 - log_var
    return 0.5 * ops.sum(terms, axis=tuple(range(1, len(terms.shape))))


def contrastive_loss(a, b, same, margin=1.0):
    """The contrastive loss of two embeddings (Hadsell et al., 2006), for each example."""
    squared = ops.sum(ops.square(a - b), axis=tuple(range(1, len(a.shape))))
    same = ops.cast(ops.reshape(same, (-1,)), squared.dtype)
    distance = ops.sqrt(ops.maximum(squared, keras.config.epsilon()))
    return same * squared + (1 - same) * ops.square(ops.relu(margin - distance))


def between(one, other, seed):
    """A point between two tensors, at random for each example."""
    part = keras.random.uniform((ops.shape(one)[0], *[1] * (len(one.shape) - 1)), seed=seed)
    return part * one + (1 - part) * other


def penalty_on_gradient(critic, points):
    """How far the norm of a critic's gradient is from 1, squared (Gulrajani et al., 2017)."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        scores = critic(points)
    gradient = tape.gradient(scores, points)
    squares = ops.sum(ops.square(gradient), axis=tuple(range(1, len(points.shape))))
    return ops.square(ops.sqrt(squares + keras.config.epsilon()) - 1)


def smoothed_crossentropy(from_logits, label_smoothing):
    """Cross-entropy of class numbers, with label smoothing."""

    def loss(target, prediction):
        if len(target.shape) == len(prediction.shape):
            target = ops.squeeze(target, axis=-1)
        classes = ops.one_hot(ops.cast(target, "int32"), prediction.shape[-1])
        return keras.losses.categorical_crossentropy(
            classes, prediction, from_logits=from_logits, label_smoothing=label_smoothing
        )

    return loss


def multinomial_loss(axis):
    """The negative log-likelihood of counts along an axis, for each example."""

    def loss(target, prediction):
        total = tf.math.lgamma(ops.sum(target, axis=axis) + 1)
        likelihood = total - ops.sum(tf.math.lgamma(target + 1), axis=axis)
        likelihood += ops.sum(target * ops.log_softmax(prediction, axis=axis), axis=axis)
        return -ops.sum(ops.reshape(likelihood, (ops.shape(prediction)[0], -1)), axis=-1)

    return loss


def wasserstein_loss(target, prediction):
    """The mean of `-target * prediction`."""
    return ops.mean(-target * prediction, axis=-1)


def reverse_complement(probability):
    """A function that reads sequences `[n, length, 4]` on the other strand, with a probability."""

    def vary(x):
        chosen = tf.random.uniform((tf.shape(x)[0], 1, 1)) < probability
        return tf.where(chosen, tf.reverse(x, axis=[-2, -1]), x)

    return vary


def moved(most):
    """A function that moves each sequence by up to `most` places; zeros take those left empty."""

    def vary(x):
        count, length = tf.shape(x)[0], tf.shape(x)[1]
        by = tf.random.uniform((count, 1), -most, most + 1, dtype="int32")
        places = tf.range(length)[None] - by
        there = tf.cast((places >= 0) & (places < length), x.dtype)
        taken = tf.gather(x, tf.clip_by_value(places, 0, length - 1), axis=1, batch_dims=1)
        return taken * tf.reshape(there, (count, length, *[1] * (len(x.shape) - 2)))

    return vary
