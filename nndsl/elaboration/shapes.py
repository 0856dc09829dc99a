"""Written types against the types of tensors: names of sizes are bound, everything else is compared."""

from collections.abc import Callable, Mapping
from typing import Any

from nndsl.diagnostics import Diagnostic, Note, did_you_mean, error
from nndsl.elaboration.arithmetic import Undecided as UndecidedSizes
from nndsl.elaboration.arithmetic import equal, is_number
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.expressions import Evaluator
from nndsl.elaboration.mistakes import Notes
from nndsl.elaboration.values import FAILED, Binding, Tensor, describe_value
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import Size, Symbolic, TensorType, names_in, sign

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
        if isinstance(expression, ast.Name) and self._body.scope.find(expression.text) is None:
            size = given(expression.text)
            self._bind(expression, size)
            return size
        return self._size(expression)

    def _bind(self, name: ast.Name, size: Size) -> None:
        self._body.scope.names[name.text] = Binding(size, name.span, used=True)

    def _size(self, expression: ast.Expression) -> Size:
        """A size that has to be known from what is bound."""
        size = self._body.evaluate(expression)
        if size is FAILED:
            raise Complaint
        if isinstance(size, bool) or not isinstance(size, int | Symbolic) or sign(size) in (-1, 0):
            raise Complaint(wrong_type(f"a size is a whole number of at least 1, not {describe_value(size)}", expression.span))
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
            if self._body.evaluate(option.value) != 0 or not (_dtype(written) or "").startswith("int"):
                message = "padding is the token 0 of an `int` input: that is what Keras masks"
                raise Complaint(wrong_type(message, option.span, "write `int[T] < vocabulary, padding=0`"))
            padded = True
        return padded

    def unify(self, written: ast.Type, tensor: Tensor, what: str) -> TensorType:
        """Check a tensor against a written type, binding the names of sizes that are new.

        Args:
            what: what the type was written for, for messages: "`h`", "the input `x` of `Shortcut`".

        Raises:
            Complaint: they do not agree.
        """
        actual, notes = tensor.type, (Note(f"this is {tensor.type}", tensor.span),)
        if len(written.shape) != actual.rank:
            raise Complaint(stated_differs(f"{what} is stated with {_axes(len(written.shape))}, and has {_axes(actual.rank)}",
                                           written.span, notes))
        dtype = _dtype(written)
        if dtype is not None and not _same_family(written.dtype, dtype, actual.dtype):
            raise Complaint(stated_differs(f"{what} is stated as {written.dtype}, and is {actual.dtype}", written.span, notes))
        for expression, size in zip(written.shape, actual.shape, strict=True):
            self._unify_size(expression, size, what, notes)
        if written.below is not None and actual.below is not None:
            self._unify_size(written.below, actual.below, what, notes)
        return actual

    def _unify_size(self, expression: ast.Expression, actual: Size, what: str, notes: Notes) -> None:
        if isinstance(expression, ast.Name) and self._body.scope.find(expression.text) is None:
            self._bind(expression, actual)
            return
        stated = self._body.evaluate(expression)
        if stated is FAILED:
            raise Complaint
        if not is_number(stated):
            raise Complaint(wrong_type(f"a size is a whole number, not {describe_value(stated)}", expression.span))
        if not _known_equal(stated, actual):
            raise Complaint(stated_differs(f"{what} is stated with the size {_written(expression, stated)}, and has {actual}",
                                           expression.span, (*notes, *self._fixed_here(expression))))

    def _fixed_here(self, expression: ast.Expression) -> Notes:
        """Where the size that a name stands for was fixed."""
        binding = self._body.scope.find(expression.text) if isinstance(expression, ast.Name) else None
        return (Note(f"`{binding.span.text}` is {binding.value} since here", binding.span),) if binding is not None else ()


def _known_equal(stated: Any, actual: Size) -> bool:
    try:
        return equal(stated, actual)
    except UndecidedSizes:
        return False


def _written(expression: ast.Expression, value: Any) -> str:
    text = expression.span.text
    return text if text == str(value) else f"{text} = {value}"


def _axes(count: int) -> str:
    return "1 axis" if count == 1 else f"{count} axes"


def _dtype(written: ast.Type) -> str | None:
    if written.dtype is None:
        return None
    if written.dtype not in DTYPES:
        repair = did_you_mean(written.dtype, DTYPES) or "types are `float`, `int`, `bool`, or a dtype such as `uint8`"
        word = Span(written.span.source, written.span.start, written.span.start + len(written.dtype))
        raise Complaint(wrong_type(f"there is no type `{written.dtype}`", word, repair))
    return DTYPES[written.dtype]


def _same_family(word: str | None, dtype: str, actual: str) -> bool:
    """`float` takes every float, `int` every integer; a dtype with its size only itself."""
    return dtype == actual or (word in ("float", "int") and word in actual)


def open_sizes(types: list[TensorType]) -> tuple[str, ...]:
    """The names of sizes that types depend on, in order of appearance."""
    return tuple(dict.fromkeys(name for type in types for size in type.shape for name in names_in(size)))


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


def input_sizes(definition: ast.Definition, types: Mapping[str, TensorType]) -> dict[str, Size]:
    """What tensors tell of the names in the types of inputs (`L` in `float[L, 4]`), by the names of the inputs."""
    sizes: dict[str, Size] = {}
    for statement in definition.body:
        if isinstance(statement, ast.Input) and statement.target.name in types:
            given = types[statement.target.name]
            for expression, size in zip([*statement.type.shape, statement.type.below], [*given.shape, given.below], strict=False):
                if isinstance(expression, ast.Name) and size is not None:
                    sizes.setdefault(expression.text, size)
    return sizes
