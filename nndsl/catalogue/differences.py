"""Where the catalogue differs from Keras on purpose, and why: read by the documentation, and held to by the tests.

What a component takes, Keras takes, with the same result. The other way round it need not be so: some arguments are
left out, some layers too, and some calls are refused that Keras would compute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

OMITTED_ARGUMENTS: dict[str, str] = {
    "data_format": "channels are always last",
    "dtype": "precision is a setting of the training, for the whole network",
    "lora_rank": "adapters are made for trained weights, in Python",
    "lora_alpha": "adapters are made for trained weights, in Python",
    "quantization_config": "quantization is made of trained weights, in Python",
    "gptq_unpacked_column_size": "quantization is made of trained weights, in Python",
    "Embedding.weights": "a file holds no arrays; weights come from a run or a checkpoint",
    "ReversibleEmbedding.reverse_dtype": "precision is a setting of the training, for the whole network",
    "Bidirectional.weights": "a file holds no arrays; weights come from a run or a checkpoint",
    "use_cudnn": "Keras uses the fast kernels of a GPU wherever they can do the work",
    "flash_attention": "Keras uses the fast kernels of a GPU wherever they can do the work",
    "BatchNormalization.renorm": "batch renormalization needs a dictionary of limits",
    "BatchNormalization.renorm_clipping": "batch renormalization needs a dictionary of limits",
    "BatchNormalization.renorm_momentum": "batch renormalization needs a dictionary of limits",
}
"""Arguments that Keras has and the catalogue has not, by name or by `Layer.name`, each with the reason."""

LEFT_OUT: dict[str, str] = {
    "AugMix": "a mixture of other augmentations, which can be written one after the other",
    "AutoContrast": "prepares images for printing rather than for learning",
    "CategoryEncoding": "encoding is the work of the data block: `category`, or the function `one_hot`",
    "ContrastLimitedAdaptiveHistogramEqualization": "prepares images for viewing rather than for learning",
    "CutMix": "mixes the examples of a batch and their labels: an augmentation of data and not of a tensor",
    "Discretization": "encoding is the work of the data block",
    "Equalization": "prepares images for viewing rather than for learning",
    "FlaxLayer": "holds Python code",
    "GRUCell": "cells are parts of the recurrent layers that have their names",
    "HashedCrossing": "takes strings; encoding is the work of the data block",
    "Hashing": "takes strings; encoding is the work of the data block",
    "Input": "an input is declared with `input`",
    "InputLayer": "an input is declared with `input`",
    "IntegerLookup": "encoding is the work of the data block: `category`",
    "JaxLayer": "holds Python code",
    "LSTMCell": "cells are parts of the recurrent layers that have their names",
    "Lambda": "holds Python code",
    "Layer": "is the base of all layers",
    "MaxNumBoundingBoxes": "there are no bounding boxes",
    "MelSpectrogram": "audio is not a source of data yet",
    "MixUp": "mixes the examples of a batch and their labels: an augmentation of data and not of a tensor",
    "Pipeline": "layers follow each other with arrows",
    "RNN": "takes a cell written in Python",
    "RandAugment": "a mixture of other augmentations, which can be written one after the other",
    "RandomColorJitter": "`RandomBrightness`, `RandomContrast`, `RandomSaturation` and `RandomHue`, one after the other",
    "RandomElasticTransform": "not yet tried on real images",
    "RandomErasing": "not yet tried on real images",
    "RandomGaussianBlur": "not yet tried on real images",
    "RandomPerspective": "not yet tried on real images",
    "RandomPosterization": "not yet tried on real images",
    "RandomSharpness": "not yet tried on real images",
    "STFTSpectrogram": "audio is not a source of data yet",
    "SimpleRNNCell": "cells are parts of the recurrent layers that have their names",
    "Solarization": "not yet tried on real images",
    "StackedRNNCells": "recurrent layers follow each other with arrows",
    "StringLookup": "takes strings; encoding is the work of the data block: `category`",
    "TFSMLayer": "holds a TensorFlow graph",
    "TextVectorization": "takes strings; encoding is the work of the data block: `words`, `characters`",
    "TorchModuleWrapper": "holds Python code",
    "Wrapper": "is the base of the wrappers",
}
"""Layers that Keras has and the catalogue has not, each with the reason."""


@dataclass(frozen=True, slots=True)
class Stricter:
    """One thing that is refused though Keras would compute it.

    Attributes:
        words: what every message of this refusal says.
        reason: why it is refused.
        components: where it applies; empty: everywhere.
    """

    words: str
    reason: str
    components: tuple[str, ...] = ()


STRICTER: tuple[Stricter, ...] = (
    Stricter("cannot tell ReversibleEmbedding", "Keras would take the numbers of a vector for ids",
             ("SpectralNormalization", "TimeDistributed")),
    Stricter("computes with float numbers", "ids are not quantities; whoever means quantities says so with one word, `float`"),
    Stricter("needs at least two", "one tensor alone is joined with nothing"),
    Stricter("is a single number, without axes", "Keras would take the batch axis, and mix examples"),
    Stricter("which is the batch axis", "examples stay apart: no layer but BatchNormalization knows of the others in its batch"),
    Stricter("needs a tensor with at least one axis", "Keras would compute along the batch axis, and mix examples"),
    Stricter("needs one for each channel", "Keras stretches other lists over the channels, or the channels over them", ("Rescaling",)),
    Stricter("needs a tensor of shape [height, width, channels]", "Keras takes one image without a batch axis; here batches are batches"),
    Stricter("works along the last axis", "Keras fails once it computes, or stretches the scale over the wrong axis", ("RMSNormalization",)),
    Stricter("takes ids, which are whole numbers", "Keras would cut off what follows the decimal point"),
    Stricter("compares vectors of size", "Keras would take the numbers of a vector for ids", ("ReversibleEmbedding",)),
    Stricter("compares vectors of float32", "Keras promises one dtype here and gives another", ("ReversibleEmbedding",)),
    Stricter("and is given ids up to", "on a CPU a lookup beyond the table fails, and on a GPU it gives zeros", ("Embedding", "ReversibleEmbedding")),
    Stricter("do not have the same axes", "a broadcast that nobody wrote; an axis is added with `expand_dims`"),
    Stricter("needs images with 3 channels", "one channel has no colour that could be taken out", ("RandomGrayscale",)),
    Stricter("with a mask only of shape [length, channels]", "Keras spreads masks over the last axis, as if there were no others"),
    Stricter("counts its axes from 1", "Keras takes an axis that is not there, and shares nothing", ("PReLU",)),
    Stricter("has no such axis", "Keras counts past the end, from the start again", ("Dot",)),
    Stricter("needs a tensor of shape [length, channels]", "attention along one axis; for more there is MultiHeadAttention",
             ("Attention", "AdditiveAttention")),
    Stricter("has a state of shape", "Keras stretches a smaller state over the units"),
    Stricter("cannot keep its state", "examples stay apart, and with them batches"),
    Stricter("cannot use a mask of places", "Keras fails at most of them"),
    Stricter("takes images without a mask", "Keras moves the positions and not their mask, and passes it on in use but not in training"),
    Stricter("would take the mask of positions for one of numbers", "Keras does, where the sizes are alike, and else fails once it computes"),
    Stricter("that no longer fits its result", "Keras passes such a mask on, and the next layer fails", ("TimeDistributed",)),
    Stricter("needs a tensor of shape", "Keras does not check what it gives to the layer inside", ("TimeDistributed",)),
    Stricter("needs a tensor of shape", "Keras does not check how many axes there are, and pools others",
             tuple(f"Adaptive{kind}Pooling{axes}D" for kind in ("Average", "Max") for axes in (1, 2, 3))),
    Stricter("returns scores only where", "Keras promises one shape and gives another", ("MultiHeadAttention",)),
    Stricter("hides positions only along", "Keras hides along the wrong axis", ("MultiHeadAttention",)),
    Stricter("leaves several axes as they are", "Keras confuses their order, or TensorFlow damages its memory and ends the process", ("EinsumDense",)),
    Stricter("computes with numbers", "truth values are not quantities; `float` makes them 0 and 1"),
    Stricter("cannot pool", "TensorFlow ends the whole process: a division by zero in its kernel"),
    Stricter("cannot have an output_padding of 0", "Keras promises a result that TensorFlow fails to compute, or ends the whole process",
             tuple(f"Conv{axes}DTranspose" for axes in (1, 2, 3))),
    Stricter("needs the same dilation_rate", "TensorFlow mistakes one for the other in the gradient, and mostly fails", ("Conv3DTranspose",)),
    Stricter("needs a noise_shape", "Keras fails only once the network is trained"),
    Stricter("has a noise_shape", "Keras fails only once the network is trained"),
)
"""What is refused that Keras would compute, or would fail at only later."""

@dataclass(frozen=True, slots=True)
class Unable:
    """Something that Keras computes on TensorFlow, and not on another backend.

    Attributes:
        component: whose settings they are.
        words: which settings.
        applies: tells whether a component has them, by its arguments.
        reason: why it cannot be computed.
    """

    component: str
    words: str
    applies: Callable[[Mapping[str, Any]], bool]
    reason: str


NOT_ON_JAX: tuple[Unable, ...] = (
    Unable("MultiHeadAttention", "with another `value_dim` than its `key_dim`, and without dropout",
           lambda one: one["value_dim"] not in (None, one["key_dim"]) and not one["dropout"],
           "the attention of JAX takes keys and values of one size"),
)
"""What cannot be computed where `KERAS_BACKEND=jax`: compiling a network that has it is refused."""

OUT_OF_BOUNDS: dict[str, str] = {
    "dropout": "a share that is left out is at least 0, and not all",
    "recurrent_dropout": "a share that is left out is at least 0, and not all",
    "rate": "a share that is left out is not all: nothing would be left to learn from",
    "noise_shape": "sizes are at least 1",
    "factor": "Keras takes the bounds of a share in any order, and shares beyond all",
    "mode": "Keras flips nothing where it does not know the word",
    "epsilon": "below 0 it would not keep what is divided by away from 0",
    "variance": "a variance is not below 0",
    "threshold": "below 0, what is to be 0 would not be",
    "b": "below 0, some results would have no root",
    "logit_soft_cap": "scores are divided by it",
    "height": "an image without rows is a mistake",
    "width": "an image without columns is a mistake",
    "output_shape": "a tensor without numbers is a mistake",
    "repeats": "a tensor without numbers is a mistake",
    "k": "a tensor without numbers is a mistake",
    "num_classes": "a tensor without numbers is a mistake",
    "num_query_heads": "attention without heads is none",
    "indices_or_sections": "a tensor without numbers is a mistake",
    "step": "to go backwards is `flip`",
    "activity_regularizer": "recurrent layers of Keras do not look at it before they are trained",
}
"""Arguments with bounds that Keras does not hold them to, each with the reason."""

TRAINING_OUT_OF_BOUNDS: dict[str, str] = {
    "label_smoothing": "a share of probability is at least nothing and at most all",
    "alpha": "a share or a weight is not below 0, and a share not above all",
    "beta": "a weight is not below 0",
    "gamma": "below 0, what is told apart already would count more; a scale of 0 would tell nothing apart",
    "margin": "a share is at least nothing and at most all",
    "delta": "where squares end and distances begin is above 0",
    "axis": "classes lie on the last axis",
    "thresholds": "what is compared with them lies between 0 and 1",
    "threshold": "what is compared with it lies between 0 and 1",
    "num_labels": "Keras takes 0 labels for a number that was not given",
    "label_weights": "weights of labels want `multi_label`",
    "target_class_ids": "classes count from 0",
    "class_id": "classes count from 0",
    "top_k": "Keras takes the best 0 for a number that was not given",
    "k": "among the best 0 is nothing",
    "learning_rate": "gradients are followed downwards; at 0, nothing is learnt",
    "rho": "a share that is kept is at least nothing, and not all",
    "momentum": "a share that is kept is at least nothing, and not all",
    "beta_1": "a share that is kept is at least nothing, and not all",
    "beta_2": "a share that is kept is at least nothing, and not all",
    "adam_beta_1": "a share that is kept is at least nothing, and not all",
    "adam_beta_2": "a share that is kept is at least nothing, and not all",
    "ema_momentum": "a share that is kept is at least nothing and at most all",
    "epsilon": "below 0 it would not keep what is divided by away from 0",
    "epsilon_1": "below 0 it would not keep what is divided by away from 0",
    "epsilon_2": "below 0 it would not keep steps away from 0",
    "weight_decay": "below 0, weights would grow",
    "adam_weight_decay": "below 0, weights would grow",
    "clipnorm": "gradients cut down to nothing, or turned around, teach nothing",
    "clipvalue": "gradients cut down to nothing, or turned around, teach nothing",
    "global_clipnorm": "gradients cut down to nothing, or turned around, teach nothing",
    "clip_threshold": "gradients cut down to nothing, or turned around, teach nothing",
    "ema_overwrite_frequency": "every 0 steps is never, or always",
    "loss_scale_factor": "a loss of nothing, or turned around, teaches nothing",
    "gradient_accumulation_steps": "Keras takes 0 steps for a number that was not given",
    "beta_2_decay": "at 0 or above, the average would not forget",
    "initial_accumulator_value": "it stands for a sum of squares",
    "adam_lr_ratio": "gradients are followed downwards",
    "ns_steps": "without a step, nothing is made orthogonal",
    "rms_rate": "steps of no size, or turned around, teach nothing",
    "warmup_steps": "there are no fewer than 0 steps",
    "input_axes": "the axes of the inputs and those of the outputs go together",
    "output_axes": "the axes of the inputs and those of the outputs go together",
    "stddev": "a deviation is not below 0",
    "minval": "the least number is not above the greatest",
    "maxval": "the least number is not above the greatest",
    "min_value": "a norm is not below 0, and the least not above the greatest",
    "max_value": "a norm is not below 0, and the least not above the greatest",
    "rate": "a share of the way is at least nothing and at most all",
    "decay_rate": "a rate that falls to 0 at once, or below, teaches nothing",
    "end_learning_rate": "gradients are followed downwards",
    "power": "at 0 or below, the rate would not fall",
    "t_mul": "each descent is at least as long as the one before",
    "m_mul": "a rate of 0, or below, teaches nothing",
    "factor": "a rate that is reduced is less than before, and above 0",
    "mode": "Keras takes a word that it does not know for `auto`",
    "patience": "there are no fewer than 0 epochs",
    "cooldown": "there are no fewer than 0 epochs",
    "min_delta": "worse is not better",
    "min_learning_rate": "gradients are followed downwards",
}
"""The same of losses, metrics, optimizers, schedules, initializers and constraints."""

BEYOND_KERAS: dict[str, str] = {
    "NN1": "Keras reads no text: this is the language's own syntax",
    "NN2": "names, values and arithmetic of a file are worked out before Keras is there; an argument has to be of its kind at once, where "
           "Keras looks at many of them late, or never",
    "NN307": "a shape that is stated is held to",
    "NN308": "one set of weights has one shape",
    "NN309": "a type that is stated is held to",
    "NN310": "a block takes the tensors that it names",
    "NN312": "the names in a shape that is stated are worked out from it",
    "NN4": "what nothing uses, is named twice, reaches no output or is stated and not true is a slip",
    "NN5": "data are read before Keras is there",
    "NN859": "statistics that nobody knows are a slip: Keras leaves all numbers as they are",
    "NN6": "a training fits its network and its data; Keras would stretch targets over outputs, and train on",
}
"""Diagnostics about what Keras has no part in, or lets pass, by their code or how it begins, each with the reason."""
