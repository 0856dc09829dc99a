"""Sizes and tensor types: what is known of every tensor before it exists.

A size is a whole number, or a polynomial over named sizes and floor divisions of such polynomials
(`L // 2 + 1`). Sizes are kept in one normal form, so that equal sizes compare equal:
`(L - 2) // 2 + 1` *is* `L // 2`. Every name stands for a whole number of at least 1.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from math import gcd, isfinite, prod
from operator import mul
from typing import Literal, TypeAlias

_Monomial: TypeAlias = tuple["Atom", ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    """The floor division of a symbolic size, where it cannot be simplified."""

    numerator: "Size"
    denominator: "Size"

    def __str__(self) -> str:
        return f"{_bracketed(self.numerator)} // {_bracketed(self.denominator)}"


Atom: TypeAlias = str | Quotient


@dataclass(frozen=True, slots=True)
class Symbolic:
    """A sum of products of names and quotients, never a constant: `terms` is sorted and holds no zero."""

    terms: tuple[tuple[_Monomial, int], ...]

    def __add__(self, other: "Size") -> "Size":
        return _sum([self, other])

    def __radd__(self, other: int) -> "Size":
        return _sum([self, other])

    def __sub__(self, other: "Size") -> "Size":
        return _sum([self, other * -1])

    def __rsub__(self, other: int) -> "Size":
        return _sum([self * -1, other])

    def __neg__(self) -> "Size":
        return self * -1

    def __mul__(self, other: "Size") -> "Size":
        return _collect(
            (tuple(sorted((*left, *right), key=str)), a * b)
            for left, a in self.terms
            for right, b in _terms(other)
        )

    __rmul__ = __mul__

    def __floordiv__(self, other: "Size") -> "Size":
        return floor_divide(self, other)

    def __rfloordiv__(self, other: int) -> "Size":
        return floor_divide(other, self)

    def __mod__(self, other: "Size") -> "Size":
        return self - self // other * other

    def __str__(self) -> str:
        text = " + ".join(_term_text(atoms, factor) for atoms, factor in sorted(self.terms, key=_print_order))
        return text.replace("+ -", "- ")

    __repr__ = __str__


Size: TypeAlias = int | Symbolic
Shape: TypeAlias = tuple[Size, ...]
Dtype: TypeAlias = str


def named(name: str) -> Symbolic:
    """The size that a name stands for."""
    return Symbolic((((name,), 1),))


def _terms(size: Size) -> tuple[tuple[_Monomial, int], ...]:
    if isinstance(size, Symbolic):
        return size.terms
    return (((), size),) if size else ()


def _collect(terms: Iterable[tuple[_Monomial, int]]) -> Size:
    total: dict[_Monomial, int] = {}
    for atoms, factor in terms:
        total[atoms] = total.get(atoms, 0) + factor
    kept = {atoms: factor for atoms, factor in total.items() if factor}
    if not any(kept):
        return kept.get((), 0)
    return Symbolic(tuple(sorted(kept.items(), key=lambda term: (len(term[0]), str(term[0])))))


def _sum(sizes: Iterable[Size]) -> Size:
    return _collect(term for size in sizes for term in _terms(size))


def floor_divide(numerator: Size, denominator: Size) -> Size:
    """`numerator // denominator` in normal form.

    Raises:
        ZeroDivisionError: the denominator is the number 0.
    """
    if isinstance(numerator, int) and isinstance(denominator, int):
        return numerator // denominator
    if isinstance(denominator, Symbolic):
        return _symbolic_quotient(numerator, denominator)
    if denominator == 0:
        raise ZeroDivisionError
    if denominator < 0:
        return floor_divide(numerator * -1, -denominator)
    whole = _collect((atoms, factor // denominator) for atoms, factor in _terms(numerator))
    rest = _collect((atoms, factor % denominator) for atoms, factor in _terms(numerator))
    return whole + _proper_quotient(rest, denominator)


def _symbolic_quotient(numerator: Size, denominator: Symbolic) -> Size:
    if numerator == denominator:
        return 1
    divided = _exact_quotient(numerator, denominator)
    if divided is not None:
        return divided
    return 0 if numerator == 0 else _quotient(numerator, denominator)


def _quotient(numerator: Size, denominator: Size) -> Symbolic:
    return Symbolic((((Quotient(numerator, denominator),), 1),))


def _exact_quotient(numerator: Size, denominator: Symbolic) -> Size | None:
    """`numerator / denominator` where the denominator is one product that divides every term."""
    if len(denominator.terms) != 1:
        return None
    (atoms, factor), quotient = denominator.terms[0], []
    for numerator_atoms, numerator_factor in _terms(numerator):
        left = list(numerator_atoms)
        for atom in atoms:
            if atom not in left:
                return None
            left.remove(atom)
        if numerator_factor % factor:
            return None
        quotient.append((tuple(left), numerator_factor // factor))
    return _collect(quotient)


def _proper_quotient(rest: Size, denominator: int) -> Size:
    """The floor division of a size all of whose factors lie in `[0, denominator)`."""
    if isinstance(rest, int):
        return rest // denominator
    constant = dict(rest.terms).get((), 0)
    varying = [(atoms, factor) for atoms, factor in rest.terms if atoms]
    common = gcd(denominator, *(factor for _, factor in varying))
    if common > 1:
        reduced = _collect([*((atoms, factor // common) for atoms, factor in varying), ((), constant // common)])
        return floor_divide(reduced, denominator // common)
    (atoms, factor), *others = varying
    if not others and factor == 1 and len(atoms) == 1 and isinstance(atoms[0], Quotient):
        inner = atoms[0]
        if isinstance(inner.denominator, int):
            return floor_divide(inner.numerator + constant * inner.denominator, inner.denominator * denominator)
    return _quotient(rest, denominator)


def substitute(size: Size, values: Mapping[str, Size]) -> Size:
    """The size with names replaced by sizes, in normal form."""
    if isinstance(size, int):
        return size
    total: Size = 0
    for atoms, factor in size.terms:
        product: Size = factor
        for atom in atoms:
            product = product * _substitute_atom(atom, values)
        total = total + product
    return total


def _substitute_atom(atom: Atom, values: Mapping[str, Size]) -> Size:
    if isinstance(atom, str):
        return values.get(atom, named(atom))
    return floor_divide(substitute(atom.numerator, values), substitute(atom.denominator, values))


def divided(size: Size, divisor: int) -> Size | None:
    """The size over a number that is not 0, where every term can be divided; None where that is not certain."""
    if any(factor % divisor for _, factor in _terms(size)):
        return None
    return _collect((atoms, factor // divisor) for atoms, factor in _terms(size))


def without(size: Size, names: Collection[str]) -> tuple[dict[str, int], Size]:
    """The factors of those terms that are one of some names by itself, and the rest of the size."""
    alone = {atoms[0]: factor for atoms, factor in _terms(size) if len(atoms) == 1 and isinstance(atoms[0], str) and atoms[0] in names}
    return alone, _collect((atoms, factor) for atoms, factor in _terms(size) if not (len(atoms) == 1 and atoms[0] in alone))


def names_in(size: Size) -> Iterator[str]:
    """The names that a size depends on, in order of appearance, with repetitions."""
    for atoms, _ in _terms(size):
        for atom in atoms:
            if isinstance(atom, str):
                yield atom
            else:
                yield from names_in(atom.numerator)
                yield from names_in(atom.denominator)


def quotients(size: Size) -> Iterator[Quotient]:
    """The quotients that a size is made of, but for those within others."""
    yield from (atom for atoms, _ in _terms(size) for atom in atoms if isinstance(atom, Quotient))


MOST_MENTIONS = 24
"""How often the sizes of one shape may mention names: products of sums grow out of all bounds."""


def mentions(*sizes: Size) -> int:
    """How often sizes mention names."""
    return sum(1 for size in sizes for _ in names_in(size))


def sign(size: Size) -> Literal[-1, 0, 1] | None:
    """Whether a size is negative, zero or positive for all values of its names; None: it depends, or is not known."""
    if isinstance(size, int):
        return 0 if size == 0 else 1 if size > 0 else -1
    if _lower_bound(size) > 0:
        return 1
    if _lower_bound(-size) > 0:
        return -1
    return None


def _lower_bound(size: Size) -> float:
    """A number that the size never falls below."""
    return sum(_term_bound(atoms, factor) for atoms, factor in _terms(size))


def _term_bound(atoms: _Monomial, factor: int) -> float:
    if not atoms:
        return factor
    bounds = [_atom_bound(atom) for atom in atoms]
    if factor < 0 or (len(bounds) > 1 and min(bounds) < 0):  # what it is multiplied by may be as large as you like
        return float("-inf")
    return factor * prod(bounds)


def _atom_bound(atom: Atom) -> float:
    if not isinstance(atom, Quotient):
        return 1
    bound = _lower_bound(atom.numerator)
    if isinstance(atom.denominator, int) and isfinite(bound):
        return bound // atom.denominator
    return 0 if bound >= 0 else float("-inf")


def _print_order(term: tuple[_Monomial, int]) -> tuple[bool, bool, int]:
    atoms, factor = term
    return (not atoms, factor < 0, -len(atoms))


def _term_text(atoms: _Monomial, factor: int) -> str:
    if not atoms:
        return str(factor)
    texts = [f"({atom})" if isinstance(atom, Quotient) and (len(atoms) > 1 or factor != 1) else str(atom) for atom in atoms]
    if factor == -1:
        return "-" + " * ".join(texts)
    return " * ".join(texts if factor == 1 else [str(factor), *texts])


def _bracketed(size: Size) -> str:
    simple = isinstance(size, int) or (len(size.terms) == 1 and size.terms[0][1] == 1 and len(size.terms[0][0]) == 1
                                       and isinstance(size.terms[0][0][0], str))
    return str(size) if simple else f"({size})"


def shape_text(shape: Shape) -> str:
    """A shape as it is written in a `.nn` file: `[L // 2, 64]`."""
    return f"[{', '.join(map(str, shape))}]"


def elements(shape: Shape) -> Size:
    """How many numbers a tensor of this shape holds."""
    return reduce(mul, shape, 1)


@dataclass(frozen=True, slots=True)
class TensorType:
    """What is known of a tensor: dtype, shape without the batch axis, and what its numbers mean.

    Attributes:
        dtype: a Keras dtype: `float32`, `int32`, `bool`, ...
        shape: the sizes of all axes but the batch axis.
        below: for token ids and categories, every value is at least 0 and less than this.
        mask: whether a mask of the positions that count travels with the tensor.
        constant: a number written in the file, the same for all examples: it has no batch axis, and takes the
            dtype of the tensor that it meets, as Python's numbers do in Keras.
    """

    dtype: Dtype
    shape: Shape
    below: Size | None = None
    mask: bool = False
    constant: bool = False

    @property
    def rank(self) -> int:
        """The number of axes, without the batch axis."""
        return len(self.shape)

    @property
    def is_float(self) -> bool:
        return "float" in self.dtype

    @property
    def is_integer(self) -> bool:
        return "int" in self.dtype

    def with_shape(self, *shape: Size) -> "TensorType":
        """The same kind of tensor with another shape; a range of values does not survive."""
        return replace(self, shape=shape, below=None)

    def with_dtype(self, dtype: Dtype) -> "TensorType":
        return replace(self, dtype=dtype, below=None)

    def expect(self, axes: str) -> Shape:
        """The shape, if it has just the axes that are named: `x.expect("length, channels")`.

        Raises:
            WrongRank: it has more or fewer.
        """
        if len(self.shape) != axes.count(",") + 1:
            raise WrongRank(f"needs a tensor of shape [{axes}]", self)
        return self.shape

    def __str__(self) -> str:
        if self.constant:
            return "a number"
        word = {"float32": "float", "int32": "int"}.get(self.dtype, self.dtype)
        limit = "" if self.below is None else f" < {self.below}"
        return f"{word}{shape_text(self.shape)}{limit}"


class Mismatch(Exception):
    """A component cannot take these operands or these arguments.

    Raised by the rules of the catalogue, which know nothing of places; turned into a diagnostic where the
    component is applied. The message completes a sentence that starts with the component's name:
    "needs a tensor of shape [length, channels]".

    Attributes:
        message: what was expected, as the end of a sentence.
        types: the operands involved (the very objects that the rule received).
        argument: the name of the argument that does not fit, if one is to blame.
        repair: what the user can do, if that is known.
    """

    def __init__(self, message: str, *types: TensorType, argument: str | None = None, repair: str | None = None):
        super().__init__(message)
        self.message = message
        self.types = types
        self.argument = argument
        self.repair = repair


class WrongRank(Mismatch):
    """An operand has too many or too few axes."""


class WrongDtype(Mismatch):
    """An operand holds another type of number than the component takes."""


class SizesDiffer(Mismatch):
    """Two sizes that have to be equal are not, or are not known to be."""


class TooSmall(Mismatch):
    """An axis is too small: a kernel larger than its input, or a size that becomes zero or negative."""


class SizeUnknown(Mismatch):
    """A size has to be a known number here, and it is still a name."""


class BadArgument(Mismatch):
    """Arguments that are each fine on their own do not go together, or do not go with the operand."""
