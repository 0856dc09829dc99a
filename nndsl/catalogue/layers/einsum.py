"""A dense map over any axes, written as an einsum."""

import re

from nndsl.catalogue.activations import Activation
from nndsl.catalogue.applicable import Layer, Weight
from nndsl.catalogue.kinds import Count
from nndsl.catalogue.layers.core import added_flops
from nndsl.catalogue.rules import floating
from nndsl.catalogue.weights import Constraint, GlorotUniform, Initializer, Regularizer, Zeros
from nndsl.catalogue.windows import Window
from nndsl.frozen import Frozen
from nndsl.types import BadArgument, Shape, Size, SizesDiffer, TensorType, WrongRank, elements, shape_text

_EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class Equation(Frozen):
    """`ab...,bc->ac...`: letters name the axes of the input, the kernel and the result, dots the axes left as they are.

    Attributes:
        before: the input starts with axes left as they are, the batch axis among them; else its first letter is the batch axis.
        after: it ends with such axes.
    """

    input: str
    kernel: str
    result: str
    before: bool
    after: bool

    @classmethod
    def parse(cls, text: str) -> "Equation":
        """The equation that a text states.

        Raises:
            BadArgument: it is not one that Keras takes.
        """
        found = _EQUATION.fullmatch(text)
        before, operand, after, kernel, *result = found.groups() if found else (None,) * 7
        if operand is None or (before, after) != (result[0], result[2]) or (before and after):
            raise BadArgument("takes an equation such as `abc,cd->abd`, `...ab,bc->...ac` or `ab...,bc->ac...`", argument="equation")
        equation = cls(operand, kernel or "", result[1] or "", bool(before), bool(after))
        equation._check_letters()
        return equation

    def _check_letters(self) -> None:
        for part in (self.input, self.kernel, self.result):
            if len(set(part)) < len(part):
                raise BadArgument(f"names an axis twice in `{part}`", argument="equation")
        if not self.before and (self.input[0] != self.result[0] or self.input[0] in self.kernel):
            raise BadArgument(f"starts with the batch axis `{self.input[0]}`, which has to start the result, too, and not be in the "
                              "kernel", argument="equation")
        for letter in self.result + self.kernel:
            if letter not in self.input + self.kernel or letter not in self.input + self.result:
                raise BadArgument(f"has an axis `{letter}` that only one of its parts names", argument="equation")

    def named(self, letters: str) -> str:
        """The letters of a part that stand for axes of one example."""
        return letters if self.before else letters[1:]


class EinsumDense(Layer):
    """A dense map over any axes: an einsum of the input and a kernel, plus a bias along some axes.

    Shape: as the equation says; `output_shape` has the sizes of the letters of the result, without the batch axis
    """

    equation: str
    output_shape: Count | tuple[Count | None, ...]
    activation: Activation | None = None
    bias_axes: str | None = None
    kernel_initializer: Initializer = GlorotUniform()
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None
    kernel_constraint: Constraint | None = None
    bias_constraint: Constraint | None = None

    def validate(self) -> None:
        equation = Equation.parse(self.equation)
        if self.bias_axes is not None and (not self.bias_axes or not set(self.bias_axes) <= set(equation.named(equation.result))):
            raise BadArgument(f"takes axes of its result, `{equation.named(equation.result)}`, for its bias", argument="bias_axes")
        if len(self._given()) != len(equation.named(equation.result)):
            raise BadArgument(f"needs the sizes of `{equation.named(equation.result)}`", argument="output_shape")

    def _given(self) -> tuple[int | None, ...]:
        return self.output_shape if isinstance(self.output_shape, tuple) else (self.output_shape,)

    def _sizes(self, x: TensorType) -> tuple[dict[str, Size], Shape]:
        """The size of each letter, and of the axes left as they are."""
        equation = Equation.parse(self.equation)
        letters = equation.named(equation.input)
        spare = x.rank - len(letters)
        if spare < 0 or (spare and not equation.before and not equation.after):
            raise WrongRank(f"reads `{equation.input}`, which has {len(letters)} axes besides the batch axis", x)
        cut = spare if equation.before else 0
        sizes = dict(zip(letters, x.shape[cut : cut + len(letters)], strict=True))
        for letter, size in zip(equation.named(equation.result), self._given(), strict=True):
            self._settle(letter, size, sizes, letter in equation.kernel, x)
        left = x.shape[:spare] if equation.before else x.shape[len(letters) :]
        if len(set(left)) > 1 or (equation.after and len(left) > 1):
            # Before the others, Keras promises them in the opposite order; after them, an einsum of TensorFlow writes beyond its memory.
            raise BadArgument(f"leaves several axes as they are, {shape_text(left)}", x, argument="equation", repair="name them: `abcx,xy->abcy`")
        return sizes, left

    def _settle(self, letter: str, size: int | None, sizes: dict[str, Size], in_kernel: bool, x: TensorType) -> None:
        if size is None and (in_kernel or letter not in sizes):
            raise BadArgument(f"needs the size of `{letter}`, which is an axis of its kernel", argument="output_shape")
        if size is not None and sizes.setdefault(letter, size) != size:
            raise SizesDiffer(f"has {size} for `{letter}`, which is {sizes[letter]} in its input", x, argument="output_shape")

    def sizes_of_result(self, x: TensorType) -> Shape:
        """The sizes of the letters of the result, without the batch axis."""
        sizes, _ = self._sizes(x)
        equation = Equation.parse(self.equation)
        return tuple(sizes[letter] for letter in equation.named(equation.result))

    def infer(self, x: TensorType) -> TensorType:
        equation = Equation.parse(self.equation)
        _, spare = self._sizes(x)
        named = self.sizes_of_result(x)
        return floating(x).with_shape(*((*spare, *named) if equation.before else (*named, *spare)))

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return None

    def weights(self, *operands: TensorType) -> tuple[Weight, ...]:
        equation = Equation.parse(self.equation)
        sizes, spare = self._sizes(operands[0])
        kernel = Weight("kernel", tuple(sizes[letter] for letter in equation.kernel))
        if self.bias_axes is None:
            return (kernel,)
        first = min(equation.result.index(letter) for letter in self.bias_axes)
        along = tuple(sizes[letter] if letter in self.bias_axes else 1 for letter in equation.result[first:])
        return (kernel, Weight("bias", along if equation.before else (*along, *(1,) * len(spare))))

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        equation = Equation.parse(self.equation)
        sizes, _ = self._sizes(operands[0])
        summed = elements(tuple(sizes[letter] for letter in equation.kernel if letter not in equation.result))
        return 2 * summed * elements(results[0].shape) + added_flops(self.bias_axes is not None, self.activation, results[0])
