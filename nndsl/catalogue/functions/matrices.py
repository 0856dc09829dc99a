"""Products of matrices, example by example.

`dot`, `outer` and `tensordot` of Keras would mix the examples of a batch: `matmul`, `einsum` and the layer `Dot` do not.
"""

import re

from nndsl.catalogue.applicable import Function
from nndsl.catalogue.broadcasting import broadcast, result_dtype
from nndsl.catalogue.rules import floating
from nndsl.catalogue.windows import Window
from nndsl.types import BadArgument, Size, SizesDiffer, TensorType, WrongRank, elements, shape_text


class _Product(Function, abstract=True):
    """A sum of products."""

    def windows(self, *operands: TensorType) -> tuple[Window, ...] | None:
        return None


class Matmul(_Product):
    """The product of two matrices, or of a stack of matrices with another.

    Shape: `[..., m, k], [..., k, n] -> [..., m, n]`; `2 m n k` operations each
    """

    def infer(self, x1: TensorType, x2: TensorType) -> TensorType:
        for one in (x1, x2):
            floating(one)
            if one.rank < 2:
                raise WrongRank("needs matrices, of shape [..., rows, columns]", one,
                                repair="make a vector a matrix with expand_dims(axis=-1), or use einsum")
        (*before, rows, inner), (*other, height, columns) = x1.shape, x2.shape
        if inner != height:
            raise SizesDiffer(f"needs as many columns in its first operand as rows in its second, and has {shape_text(x1.shape)} "
                              f"and {shape_text(x2.shape)}", x1, x2)
        dtype = result_dtype((x1, x2))
        stacked = broadcast((TensorType(dtype, tuple(before)), TensorType(dtype, tuple(other))))
        return TensorType(dtype, (*stacked, rows, columns))

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        return 2 * elements(results[0].shape) * operands[0].shape[-1]


class Einsum(_Product):
    """A sum of products in Einstein's notation, as in Keras: `(q, k) -> einsum("bqd,bkd->bqk")`.

    The first letter of each part is the batch axis. Letters that the result does not have are added up. It counts as
    one operation fewer than it has operands for each combination of letters, and one more where there is a sum.
    """

    subscripts: str

    def validate(self) -> None:
        if not re.fullmatch(r"[a-z]+(,[a-z]+)*->[a-z]+", self.subscripts):
            raise BadArgument('takes lower-case letters, such as "bij,bjk->bik"', argument="subscripts")
        parts, result = self._parts()
        for part in (*parts, result):
            if len(set(part)) != len(part):
                raise BadArgument(f"names an axis twice in `{part}`", argument="subscripts")
            if part[0] != result[0]:
                raise BadArgument(f"starts `{part}` and `{result}` with different letters, and the first is the batch axis",
                                  argument="subscripts", repair=f"start each part with `{result[0]}`, or another letter")
        for letter in result:
            if letter not in "".join(parts):
                raise BadArgument(f"has an axis `{letter}` in its result that no operand has", argument="subscripts")

    def _parts(self) -> tuple[list[str], str]:
        operands, _, result = self.subscripts.partition("->")
        return operands.split(","), result

    def _sizes(self, operands: tuple[TensorType, ...]) -> dict[str, Size]:
        """The size of each letter but that of the batch axis."""
        parts, _ = self._parts()
        if len(parts) != len(operands):
            raise BadArgument(f"names the axes of {len(parts)} operands, and has {len(operands)}", *operands, argument="subscripts")
        sizes: dict[str, Size] = {}
        for part, one in zip(parts, operands, strict=True):
            floating(one)
            if len(part) != one.rank + 1:
                raise WrongRank(f"reads `{part}`, a batch axis and {len(part) - 1} more", one)
            for letter, size in zip(part[1:], one.shape, strict=True):
                if sizes.setdefault(letter, size) != size:
                    raise SizesDiffer(f"has two sizes for `{letter}`: {sizes[letter]} and {size}", *operands)
        return sizes

    def infer(self, *operands: TensorType) -> TensorType:
        sizes = self._sizes(operands)
        return TensorType(result_dtype(operands), tuple(sizes[letter] for letter in self._parts()[1][1:]))

    def flops(self, operands: tuple[TensorType, ...], results: tuple[TensorType, ...]) -> Size:
        sizes = self._sizes(operands)
        summed = len(sizes) > results[0].rank
        return (len(operands) - 1 + int(summed)) * elements(tuple(sizes.values()))
