"""Recurrent layers: one step for each position of a sequence, with a state that goes from step to step.

All work along the first axis. With `return_sequences` the result has one vector for each position, else the last one; with
`return_state` the states after the last step are further results. States can be given, after the sequence:
`(sequence, h, c) -> LSTM(64)`.
"""

from abc import abstractmethod
from typing import ClassVar, Literal, Protocol

from nndsl.catalogue.activations import Activation, Sigmoid, Tanh
from nndsl.catalogue.applicable import Layer, Types, Weight
from nndsl.catalogue.kinds import Count, DropRate
from nndsl.catalogue.layers.convolution import Extent, Pair, Triple
from nndsl.catalogue.rules import FLOAT, floating, number
from nndsl.catalogue.sight import Sight
from nndsl.catalogue.weights import Constraint, GlorotUniform, Initializer, Orthogonal, Regularizer, Seed, Zeros
from nndsl.catalogue.windows import Padding, Window, along_axes, slide, sliding
from nndsl.types import BadArgument, Shape, Size, SizesDiffer, SizeUnknown, TensorType, elements, shape_text


class Arguments(Protocol):
    """The arguments that all recurrent layers have."""

    @property
    def use_bias(self) -> bool: ...
    @property
    def activation(self) -> Activation | None: ...
    @property
    def return_sequences(self) -> bool: ...
    @property
    def return_state(self) -> bool: ...
    @property
    def go_backwards(self) -> bool: ...
    @property
    def stateful(self) -> bool: ...


class Recurrent(Layer, abstract=True):
    """A layer that runs along a sequence."""

    noun = "a recurrent layer"
    uses_mask = True
    states: ClassVar[int] = 1
    """How many tensors its state is."""

    @property
    def told(self) -> Arguments:
        """Its arguments that all recurrent layers have."""
        return self  # type: ignore[return-value] # every class that is not abstract declares them

    @abstractmethod
    def step(self, sequences: TensorType) -> Shape:
        """The shape of the result of one step, and of each state."""

    def run(self, sequences: TensorType, initial_state: tuple[TensorType, ...]) -> Types:
        """The types of the results.

        Raises:
            BadArgument: the number of states is wrong.
            SizesDiffer: a state has not the shape that the layer makes.
        """
        shape = self.step(sequences)
        if len(initial_state) not in (0, self.states):
            several = f"{self.states} tensors" if self.states > 1 else "one tensor"
            raise BadArgument(f"has a state of {several}, and is given {len(initial_state)}", *initial_state)
        for state in initial_state:
            if floating(state).shape != shape:
                raise SizesDiffer(f"has a state of shape {shape_text(shape)}, and is given {shape_text(state.shape)}", state)
        result = TensorType(FLOAT, (*sequences.shape[: int(self.told.return_sequences)], *shape))
        return (result, *(TensorType(FLOAT, shape),) * self.states) if self.told.return_state else result

    def validate(self) -> None:
        if self.told.stateful:
            raise BadArgument("cannot keep its state from one batch to the next: examples stay apart", argument="stateful",
                              repair="take the state with return_state=true, and give it to the next call")

    def masked(self, *operands: TensorType) -> bool | tuple[bool, ...]:
        kept = self.told.return_sequences and operands[0].mask
        return (kept, *(False,) * self.states) if self.told.return_state else kept

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return None

    def sight(self, result: int, *operands: TensorType) -> tuple[Sight, ...]:
        """A step sees those before it, and the state that it begins with; the last one has seen all."""
        steps = self.told.return_sequences and not result
        backwards = Sight.UNKNOWN if self.told.go_backwards else Sight.PAST
        return (backwards if steps else Sight.BEYOND, *(Sight.BEYOND for _ in operands[1:]))


def _cost(activation: Activation | None, numbers: Size) -> Size:
    """The operations of an activation of so many numbers."""
    if activation is None:
        return 0
    vector = TensorType(FLOAT, (numbers,))
    return activation.flops((vector,), (vector,))


class _Dense(Recurrent, abstract=True):
    """A recurrent layer whose steps are dense maps of a vector and the state."""

    gates: ClassVar[int]
    """How many vectors a step computes from its input and state."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of units."""

    @property
    def unrolled(self) -> bool:
        """Whether it is written out step by step."""
        return bool(self.__dict__["unroll"])

    def step(self, sequences: TensorType) -> Shape:
        length, _ = floating(sequences).expect("length, channels")
        if self.unrolled and not isinstance(length, int):
            raise SizeUnknown(f"can be unrolled only over a known number of steps, not over {length}", sequences, argument="unroll")
        return (self.size,)

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        width = self.gates * self.size
        kernels = Weight("kernel", (operands[0].shape[-1], width)), Weight("recurrent_kernel", (self.size, width))
        return (*kernels, Weight("bias", self.bias)) if self.told.use_bias else kernels

    @property
    def bias(self) -> Shape:
        """The shape of the bias."""
        return (self.gates * self.size,)

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        """For each step: `2 g u (i + u)` for `g` gates of `u` units and `i` inputs, the bias, the activations, the state."""
        length, channels = operands[0].shape
        products = 2 * self.gates * self.size * (channels + self.size)
        return length * (products + elements(self.bias) * int(self.told.use_bias) + self.state_flops())

    @abstractmethod
    def state_flops(self) -> Size:
        """The operations of a step after its dense maps."""


class SimpleRNN(_Dense):
    """A fully connected recurrent layer: `h = tanh(x W + h U + b)` (Elman, 1990).

    Shape: `[length, channels] -> [units]`, or `[length, units]` with `return_sequences`
    """

    gates = 1

    units: Count
    activation: Activation | None = Tanh()
    use_bias: bool = True
    kernel_initializer: Initializer = GlorotUniform()
    recurrent_initializer: Initializer = Orthogonal()
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Regularizer | None = None
    recurrent_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    activity_regularizer: Regularizer | None = None
    kernel_constraint: Constraint | None = None
    recurrent_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None
    dropout: DropRate = 0.0
    recurrent_dropout: DropRate = 0.0
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    seed: Seed = None

    def infer(self, sequences: TensorType, *initial_state: TensorType) -> Types:
        return self.run(sequences, initial_state)

    @property
    def size(self) -> int:
        return self.units

    def state_flops(self) -> Size:
        return _cost(self.activation, self.units)


class LSTM(_Dense):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997), with a forget gate. Its state is `h` and `c`.

    Shape: `[length, channels] -> [units]`, or `[length, units]` with `return_sequences`
    """

    gates = 4
    states = 2

    units: Count
    activation: Activation | None = Tanh()
    recurrent_activation: Activation | None = Sigmoid()
    use_bias: bool = True
    kernel_initializer: Initializer = GlorotUniform()
    recurrent_initializer: Initializer = Orthogonal()
    bias_initializer: Initializer = Zeros()
    unit_forget_bias: bool = True
    kernel_regularizer: Regularizer | None = None
    recurrent_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    activity_regularizer: Regularizer | None = None
    kernel_constraint: Constraint | None = None
    recurrent_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None
    dropout: DropRate = 0.0
    recurrent_dropout: DropRate = 0.0
    seed: Seed = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False

    def infer(self, sequences: TensorType, *initial_state: TensorType) -> Types:
        return self.run(sequences, initial_state)

    @property
    def size(self) -> int:
        return self.units

    def state_flops(self) -> Size:
        """Three gates, the candidate, `c = f * c + i * candidate` and `h = o * activation(c)`."""
        return _cost(self.recurrent_activation, 3 * self.units) + _cost(self.activation, 2 * self.units) + 4 * self.units


class GRU(_Dense):
    """The gated recurrent unit (Cho et al., 2014); `reset_after` is the variant that GPUs compute fast.

    Shape: `[length, channels] -> [units]`, or `[length, units]` with `return_sequences`
    """

    gates = 3

    units: Count
    activation: Activation | None = Tanh()
    recurrent_activation: Activation | None = Sigmoid()
    use_bias: bool = True
    kernel_initializer: Initializer = GlorotUniform()
    recurrent_initializer: Initializer = Orthogonal()
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Regularizer | None = None
    recurrent_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    activity_regularizer: Regularizer | None = None
    kernel_constraint: Constraint | None = None
    recurrent_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None
    dropout: DropRate = 0.0
    recurrent_dropout: DropRate = 0.0
    seed: Seed = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False
    unroll: bool = False
    reset_after: bool = True

    def infer(self, sequences: TensorType, *initial_state: TensorType) -> Types:
        return self.run(sequences, initial_state)

    @property
    def size(self) -> int:
        return self.units

    @property
    def bias(self) -> Shape:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def state_flops(self) -> Size:
        """Two gates, the reset state, the candidate, and `h = z * h + (1 - z) * candidate`."""
        return _cost(self.recurrent_activation, 2 * self.units) + _cost(self.activation, self.units) + 5 * self.units


class _Convolutional(Recurrent, abstract=True):
    """An LSTM whose maps are convolutions, so that its states are images (Shi et al., 2015)."""

    states = 2
    axes: ClassVar[str]

    filters: Count
    kernel_size: Extent
    strides: Extent = 1
    padding: Padding = "valid"
    dilation_rate: Extent = 1
    activation: Activation | None = Tanh()
    recurrent_activation: Activation | None = Sigmoid()
    use_bias: bool = True
    kernel_initializer: Initializer = GlorotUniform()
    recurrent_initializer: Initializer = Orthogonal()
    bias_initializer: Initializer = Zeros()
    unit_forget_bias: bool = True
    kernel_regularizer: Regularizer | None = None
    recurrent_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    activity_regularizer: Regularizer | None = None
    kernel_constraint: Constraint | None = None
    recurrent_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None
    dropout: DropRate = 0.0
    recurrent_dropout: DropRate = 0.0
    seed: Seed = None
    return_sequences: bool = False
    return_state: bool = False
    go_backwards: bool = False
    stateful: bool = False

    @property
    def spatial(self) -> int:
        """How many axes the kernel slides along."""
        return self.axes.count(",") + 1

    @property
    def kernel(self) -> Shape:
        """The kernel's extent along each axis."""
        return along_axes(self.kernel_size, self.spatial)

    def validate(self) -> None:
        super().validate()
        if max(along_axes(self.strides, self.spatial)) > 1 and max(along_axes(self.dilation_rate, self.spatial)) > 1:
            raise BadArgument("takes strides above 1, or a dilation_rate above 1, but not both", argument="dilation_rate")

    def infer(self, sequences: TensorType, *initial_state: TensorType) -> Types:
        return self.run(sequences, initial_state)

    def step(self, sequences: TensorType) -> Shape:
        _, *lengths, _ = floating(sequences).expect(f"time, {self.axes}, channels")
        if sequences.mask:
            raise BadArgument("cannot use a mask of places: it takes or leaves a step as a whole", sequences)
        known = [number(length, "the size of its images", sequences) for length in lengths]
        windows = sliding(self.kernel_size, self.strides, self.dilation_rate, self.spatial)
        return (*slide(windows, known, self.padding, sequences, "kernel"), self.filters)

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        kernels = (
            Weight("kernel", (*self.kernel, operands[0].shape[-1], 4 * self.filters)),
            Weight("recurrent_kernel", (*self.kernel, self.filters, 4 * self.filters)),
        )
        return (*kernels, Weight("bias", (4 * self.filters,))) if self.use_bias else kernels

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        """For each step and place: `8 f k (c + f)` for `f` filters, `c` channels, `k` numbers under the kernel; and as `LSTM`."""
        places = elements(self.step(operands[0])[:-1])
        products = 8 * self.filters * elements(self.kernel) * (operands[0].shape[-1] + self.filters)
        gates = _cost(self.recurrent_activation, 3 * self.filters) + _cost(self.activation, 2 * self.filters)
        bias = 4 * self.filters * int(self.use_bias)
        return operands[0].shape[0] * places * (products + bias + gates + 4 * self.filters)


class ConvLSTM1D(_Convolutional):
    """A convolutional LSTM over sequences of rows.

    Shape: `[time, length, channels] -> [length', filters]`, or `[time, length', filters]` with `return_sequences`
    """

    axes = "length"

    kernel_size: Count | tuple[Count]
    strides: Count | tuple[Count] = 1
    padding: Literal["valid", "same"] = "valid"
    dilation_rate: Count | tuple[Count] = 1


class ConvLSTM2D(_Convolutional):
    """A convolutional LSTM over sequences of images.

    Shape: `[time, height, width, channels] -> [height', width', filters]`, or `[time, height', width', filters]` with
    `return_sequences`
    """

    axes = "height, width"

    kernel_size: Count | Pair
    strides: Count | Pair = 1
    padding: Literal["valid", "same"] = "valid"
    dilation_rate: Count | Pair = 1


class ConvLSTM3D(_Convolutional):
    """A convolutional LSTM over sequences of volumes.

    Shape: `[time, depth, height, width, channels] -> [depth', height', width', filters]`, or
    `[time, depth', height', width', filters]` with `return_sequences`
    """

    axes = "depth, height, width"

    kernel_size: Count | Triple
    strides: Count | Triple = 1
    padding: Literal["valid", "same"] = "valid"
    dilation_rate: Count | Triple = 1
