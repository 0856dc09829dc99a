"""Written types against the types of tensors: names of sizes are bound, everything else is compared."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from nndsl.diagnostics import Diagnostic, Note, Report, did_you_mean, error
from nndsl.elaboration.arithmetic import Undecided as UndecidedSizes
from nndsl.elaboration.arithmetic import equal, is_number
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.expressions import Evaluator
from nndsl.elaboration.mistakes import Notes
from nndsl.elaboration.session import OutOfBudget
from nndsl.elaboration.values import FAILED, Binding, Scope, Tensor, describe_value
from nndsl.equations import solve
from nndsl.frozen import Frozen
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import Size, Symbolic, TensorType, named, names_in, sign

_UNKNOWN = "?"
"""Before the names that are looked for, to tell them from the names of other bodies."""

DTYPES = {
    "float": "float32", "int": "int32", "bool": "bool", "float16": "float16", "bfloat16": "bfloat16", "float32": "float32",
    "float64": "float64", "int8": "int8", "int16": "int16", "int32": "int32", "int64": "int64", "uint8": "uint8",
    "uint16": "uint16", "uint32": "uint32", "uint64": "uint64",
}


class TypeReader:
    """Reads the types written in one body, whose scope holds the sizes."""

    def __init__(self, body: Evaluator):
        self._body = body

    def declared(self, written: ast.Type, given: Callable[[str], Size]) -> TensorType:
        """The type of a new input; a name that is not bound yet becomes the size `given(name)`.

        Raises:
            Complaint: the type cannot be what an input has.
        """
        shape = tuple(self._declared_size(one, given) for one in written.shape)
        dtype = _dtype(written) or "float32"
        type = TensorType(dtype, shape, self._below(written, given), self.padded(written))
        if type.below is not None and not type.is_integer:
            raise Complaint(wrong_type("only `int` has a limit", written.span))
        return type

    def _declared_size(self, expression: ast.Expression, given: Callable[[str], Size]) -> Size:
        for name in self._new_names(expression):
            self._bind(name, given(name.text))
        return self._size(expression)

    def _new_names(self, expression: ast.Expression) -> list[ast.Name]:
        """The names in a size that stand for nothing yet, each once."""
        if isinstance(expression, ast.Number):
            return []
        if isinstance(expression, ast.Name):
            return [expression] if self._body.scope.find(expression.text) is None else []
        named = {one.text: one for one in reversed([*_names(expression)]) if self._body.scope.find(one.text) is None}
        return list(named.values())[::-1]

    # Equations ---------------------------------------------------------------

    def solved(self, pairs: Iterable[tuple[ast.Type, TensorType]]) -> dict[str, Size]:
        """What types, held against what is given for them, tell of the new names in them, in whatever order they are written."""
        sizes = [(expression, size) for written, given in pairs
                 for expression, size in zip([*written.shape, written.below], [*given.shape, given.below], strict=False)
                 if expression is not None and size is not None]
        alone: dict[str, Size] = {}
        new = set[str]()
        for expression, size in sizes:
            names = [name.text for name in self._new_names(expression)]
            if isinstance(expression, ast.Name) and names:
                alone.setdefault(expression.text, size)
            else:
                new.update(names)
        if not new:
            return alone
        new.update(alone)
        equations = [(value, size) for expression, size in sizes if (value := self._value(expression, new)) is not None]
        return {name.removeprefix(_UNKNOWN): size for name, size in solve(equations, {_UNKNOWN + name for name in new}).items()}

    def _value(self, expression: ast.Expression, new: Collection[str]) -> Size | None:
        """A size in which new names stand for themselves, apart from all others; None if it is none. Nothing is reported."""
        body = self._body
        scope, session = body.scope, body.session
        unknown = {name: Binding(named(_UNKNOWN + name), expression.span) for name in new}
        body.scope, body.session = Scope(unknown, scope), replace(session, report=Report(), trace=None)
        try:
            value = body.evaluate(expression)
        except OutOfBudget:
            return None
        finally:
            body.scope, body.session = scope, session
        return value if isinstance(value, int | Symbolic) and not isinstance(value, bool) else None

    def _bind(self, name: ast.Name, size: Size) -> None:
        self._body.scope.names[name.text] = Binding(size, name.span)
        self._body.session.saw(name.span, size)

    def _size(self, expression: ast.Expression) -> Size:
        """A size that has to be known from what is bound."""
        size = self._body.evaluate(expression)
        if size is FAILED:
            raise Complaint
        if isinstance(size, bool) or not isinstance(size, int | Symbolic) or sign(size) in (-1, 0):
            raise Complaint(no_whole_number(size, expression.span))
        return size

    def _below(self, written: ast.Type, given: Callable[[str], Size]) -> Size | None:
        return None if written.below is None else self._declared_size(written.below, given)

    def padded(self, written: ast.Type) -> bool:
        """Whether `padding=0` says that zeros are no tokens, so that a mask travels with the tensor."""
        padded = False
        for option in written.options:
            if option.name != "padding":
                repair = did_you_mean(option.name, ["padding"]) or "an input takes `padding=0`"
                raise Complaint(wrong_type(f"an input has no setting `{option.name}`", option.name_span, repair))
            token = self._body.evaluate(option.value)
            if token is FAILED:
                raise Complaint
            if type(token) is not int or token != 0 or not (_dtype(written) or "").startswith("int"):
                message = "padding is the token 0 of an `int` input: that is what Keras masks"
                raise Complaint(wrong_type(message, option.span, "write `int[T] < vocabulary, padding=0`"))
            padded = True
        return padded

    def unify(self, written: ast.Type, tensor: Tensor, what: str, known: Mapping[str, Size] | None = None) -> TensorType:
        """Check a tensor against a written type, binding the names of sizes that are new.

        Args:
            what: what the type was written for, for messages: "`h`", "the input `x` of `Shortcut`".
            known: what other types tell of names that are new in this one.

        Raises:
            Complaint: they do not agree.
        """
        actual = tensor.type
        if len(written.shape) != actual.rank:
            raise Complaint(stated_differs(f"{what} is stated with {_axes(len(written.shape))}, and has {_axes(actual.rank)}",
                                           written.span, _said_of(tensor)))
        dtype = _dtype(written)
        if dtype is not None and not _same_family(written.dtype, dtype, actual.dtype):
            raise Complaint(stated_differs(f"{what} is stated as {written.dtype}, and is {actual.dtype}", written.span, _said_of(tensor)))
        if known is None and any(not isinstance(one, ast.Name) and self._new_names(one) for one in written.shape):
            known = self.solved([(written, actual)])
        for expression, size in zip(written.shape, actual.shape, strict=True):
            self._unify_size(expression, size, what, tensor, known or {})
        if written.below is not None and actual.below is not None:
            self._unify_size(written.below, actual.below, what, tensor, known or {})
        return actual

    def _unify_size(self, expression: ast.Expression, actual: Size, what: str, tensor: Tensor, known: Mapping[str, Size]) -> None:
        new = self._new_names(expression)
        if isinstance(expression, ast.Name) and new:
            self._bind(expression, actual)
            return
        unsolved = [name for name in new if name.text not in known]
        if unsolved:
            self._refuse_no_size(expression, new)
            raise Complaint(no_size(unsolved[0].text, expression, actual, what, len(new) > 1, _said_of(tensor)))
        for name in new:
            self._bind(name, known[name.text])
        stated = self._size(expression)
        if not _known_equal(stated, actual):
            raise Complaint(stated_differs(f"{what} is stated with the size {_written(expression, stated)}, and has {actual}",
                                           expression.span, (*_said_of(tensor), *self._fixed_here(expression))))

    def _refuse_no_size(self, expression: ast.Expression, new: Iterable[ast.Name]) -> None:
        """Complain of what is no size whatever its new names are; nothing more is said of these."""
        try:
            self._declared_size(expression, named)
        finally:
            self._silence(new)

    def silence(self, written: ast.Type) -> None:
        """Nothing is said of the names that are new in a type: what it was held against is not known."""
        for expression in (*written.shape, written.below):
            if expression is not None:
                self._silence(self._new_names(expression))

    def _silence(self, names: Iterable[ast.Name]) -> None:
        for name in names:
            self._body.scope.names[name.text] = Binding(FAILED, name.span)

    def _fixed_here(self, expression: ast.Expression) -> Notes:
        """Where the size that a name stands for was fixed."""
        binding = self._body.scope.find(expression.text) if isinstance(expression, ast.Name) else None
        return (Note(f"`{binding.span.text}` is {binding.value} since here", binding.span),) if binding is not None else ()


def _said_of(tensor: Tensor) -> Notes:
    return (Note(f"this is {tensor.type}", tensor.span),)


def _known_equal(stated: Size, actual: Size) -> bool:
    try:
        return equal(stated, actual)
    except UndecidedSizes:
        return False


def _written(expression: ast.Expression, value: Size) -> str:
    text = expression.span.text
    return text if text == str(value) else f"{text} = {value}"


def _axes(count: int) -> str:
    return "1 axis" if count == 1 else f"{count} axes"


_WRITTEN_AS = {
    ("dna", "rna", "sequence"): "letters are one-hot vectors: DNA is `float[L, 4]`, protein `float[L, 20]`",
    ("protein", "peptide", "aminoacids"): "letters are one-hot vectors: protein is `float[L, 20]`, DNA `float[L, 4]`",
    ("text", "str", "string", "token", "tokens", "word", "words"): "words are numbers below the size of a vocabulary: `int[T] < 5000`",
    ("image", "picture"): "an image is `float[H, W, C]`: its height, its width, and 3 channels or 1",
    ("category", "class", "label"): "a class is a number: `int[] < 10`, for 10 classes",
    ("tensor", "number", "real", "double"): "types are `float`, `int`, `bool`, or a dtype such as `float64`",
}
"""How to write what others have names for, by these names in small letters."""


def _dtype(written: ast.Type) -> str | None:
    if written.dtype is None:
        return None
    if written.dtype not in DTYPES:
        known = next((said for names, said in _WRITTEN_AS.items() if written.dtype.lower() in names), None)
        repair = known or did_you_mean(written.dtype, DTYPES) or "types are `float`, `int`, `bool`, or a dtype such as `uint8`"
        word = Span(written.span.source, written.span.start, written.span.start + len(written.dtype))
        raise Complaint(wrong_type(f"there is no type `{written.dtype}`", word, repair))
    return DTYPES[written.dtype]


def _same_family(word: str | None, dtype: str, actual: str) -> bool:
    """`float` takes every float, `int` every integer; a dtype with its size only itself."""
    return dtype == actual or (word in ("float", "int") and word in actual)


def open_sizes(types: list[TensorType]) -> tuple[str, ...]:
    """The names of sizes that types depend on, in order of appearance."""
    return tuple(dict.fromkeys(name for type in types for size in type.shape for name in names_in(size)))


def _names(node: Any) -> Iterator[ast.Name]:
    """The names in an expression that stand for values; those of functions are called."""
    match node:
        case ast.Name():
            yield node
        case ast.Call(callee=callee):
            yield from _names((() if isinstance(callee, ast.Name) else callee, node.positional, node.keywords))
        case Frozen():
            for field in node.__match_args__:
                yield from _names(getattr(node, field))
        case tuple() if not isinstance(node, Span):
            for one in node:
                yield from _names(one)


@error("NN312")
def no_size(name: str, expression: ast.Expression, actual: Size, what: str, several: bool, notes: Notes) -> Diagnostic:
    """What is stated does not tell the size that a name stands for: no whole number fits, or more than one.

        block Halves {
          input x: [2 * n, 4]                         # of a tensor [7, 4]
          ...

    Names are found from all inputs together, in any order. A quotient alone does not tell: `n // 2` is 4 for 8 and for 9. State
    the name by itself, in another input or as a parameter:

        block Halves(n) {
          input x: [n // 2, 4]
    """
    written = expression.span.text
    message = f"{what} is stated with the size {written}, and has {actual}: that does not tell what `{name}` is"
    if not several and "//" not in written:
        message = f"{what} is stated with the size {written}, and has {actual}: `{name}` would be no whole number"
    return Diagnostic(expression.span, message, notes, f"take a size that fits, or state `{name}` by itself in another input")


@error("NN307")
def stated_differs(message: str, span: Span, notes: Notes = ()) -> Diagnostic:
    """A tensor does not have the shape that is stated for it.

    A shape may be stated with any name; a name in it that is new is bound, everything else is checked.

        h: [L // 4, 64] = seq -> Conv1D(64, 3, padding=same) -> MaxPooling1D(2)

    Mended:

        h: [L // 2, 64] = seq -> Conv1D(64, 3, padding=same) -> MaxPooling1D(2)
    """
    return Diagnostic(span, message, notes)


@error("NN309")
def wrong_type(message: str, span: Span, repair: str | None = None) -> Diagnostic:
    """A type is written in a way that no tensor can have.

        input tokens: flaot[0, 4]

    Mended:

        input tokens: float[T, 4]
    """
    return Diagnostic(span, message, (), repair)


def no_whole_number(found: Any, span: Span) -> Diagnostic:
    """What other libraries write for any length, `None` or -1, is told its name."""
    any_length = found is None or (is_number(found) and sign(found) == -1)
    repair = "an axis of any length has a name: `float[L, 4]`" if any_length else None
    return wrong_type(f"a size is a whole number of at least 1, not {describe_value(found)}", span, repair)
