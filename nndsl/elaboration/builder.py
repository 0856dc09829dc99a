"""Graphs under construction: every call is typed as it is made, or complained about."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from nndsl.catalogue.applicable import Applicable, Constant, Input, Layer, Weight, infer
from nndsl.catalogue.component import Component, snake_case
from nndsl.catalogue.functions.arranging import Positions
from nndsl.catalogue.layers.core import Embedding
from nndsl.diagnostics import Diagnostic, Note, Report, error
from nndsl.elaboration.values import Tensor
from nndsl.frozen import Frozen
from nndsl.graph import Expanded, Frame, Graph, Node, Owner, Ref, Saved
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import (
    BadArgument,
    Mismatch,
    SizesDiffer,
    SizeUnknown,
    TensorType,
    TooSmall,
    WrongDtype,
    WrongRank,
    quotients,
    shape_text,
)


class Complaint(Exception):
    """A diagnostic on its way to the report; none where the reason has been reported already."""

    def __init__(self, diagnostic: Diagnostic | None = None):
        super().__init__(diagnostic.message if diagnostic is not None else "reported already")
        self.diagnostic = diagnostic

    def report_to(self, report: Report) -> None:
        if self.diagnostic is not None:
            report.add(self.diagnostic)


class Place(Frozen):
    """Where something is applied: what is told as its place, the call that says its arguments, and the expansions around it."""

    span: Span
    call: ast.Call | ast.Name | None = None
    frames: tuple[Frame, ...] = ()


class Expansion(Frozen):
    """The expansion that a call belongs to, and how the nodes in it are called."""

    frames: tuple[Frame, ...] = ()
    prefix: str = ""


class Builder:
    """Makes one graph.

    Attributes:
        promised: the layers whose weights come from a file, though it may not be named yet.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.inputs: dict[str, Node] = {}
        self.outputs: dict[str, Ref] = {}
        self.saved: dict[Owner, Saved] = {}
        self.promised: set[Owner] = set()
        self._taken: dict[str, int] = {}
        self._frames: dict[str, int] = {}
        self._first_use: dict[int, tuple[tuple[TensorType, ...], Span]] = {}
        self._blamed: dict[type[Mismatch], set[Ref]] = {WrongDtype: set(), WrongRank: set()}

    def graph(self, before: int | None = None) -> Graph:
        """The graph as it is, or as it was when it had so many nodes."""
        return Graph(tuple(self.nodes[:before]), dict(self.inputs), dict(self.outputs), dict(self.saved))

    def frame(self, made_of: Expanded, around: Expansion, span: Span) -> Expansion:
        """A new expansion of a block inside another."""
        name = made_of.definition.name
        key = _numbered(self._frames, around.prefix + snake_case(name))
        return Expansion((*around.frames, Frame(name, key, span, made_of)), key + "_")

    def input(self, name: str, type: TensorType, span: Span, blamed: bool = False) -> Tensor:
        """A tensor that comes from outside; `blamed`: whether its type has been complained of already."""
        node = self._add(_numbered(self._taken, name), Input(type), None, (), Expansion(), span, (type,), name)
        self.inputs[name] = node
        for known in self._blamed.values() if blamed else ():
            known.add(Ref(node.id))
        return Tensor(Ref(node.id), type, span)

    def masked(self, ids: Tensor) -> Tensor:
        """Token ids among which, as it turns out, 0 is padding, for all that is computed of them."""
        node, type = self.nodes[ids.ref.node], replace(ids.type, mask=True)
        types = tuple(type if place == ids.ref.output else one for place, one in enumerate(node.types))
        component = Input(type) if isinstance(node.component, Input) else node.component
        self.nodes[node.id] = known = replace(node, component=component, types=types)
        self.inputs = {name: known if one is node else one for name, one in self.inputs.items()}
        return Tensor(ids.ref, type, ids.span)

    def constant(self, value: object, span: Span, expansion: Expansion) -> Tensor:
        """A number as an operand."""
        component = Constant(value)
        node = self._add(_numbered(self._taken, "constant"), component, None, (), expansion, span, infer(component, ()))
        return Tensor(Ref(node.id), node.type, span)

    def apply(
        self, component: Applicable, owner: Owner | None, operands: Sequence[Tensor], span: Span, call: ast.Call | ast.Name | None,
        expansion: Expansion,
    ) -> tuple[Tensor, ...]:
        """One call, with the types of its results.

        Args:
            span: what is told as its place.
            call: what says its arguments.

        Raises:
            Complaint: the component cannot take these operands, or its weights do not fit them.
        """
        types = tuple([one.type for one in operands])
        try:
            results = infer(component, types)
        except Mismatch as mismatch:
            if self._is_known(mismatch, operands):
                raise Complaint from None
            encodes = isinstance(component, Embedding) and isinstance(self.nodes[operands[0].ref.node].component, Positions)
            refuse = beyond_positions if encodes and mismatch.argument == "input_dim" else _BY_CLASS.get(type(mismatch), bad_argument)
            raise Complaint(refuse(RefusedCall(component, mismatch, operands, Place(span, call, expansion.frames)))) from None
        if owner is not None:
            self._check_weights(component, owner, types, span)
        refs = tuple([one.ref for one in operands])
        node = self._add(self._name(component, expansion), component, owner, refs, expansion, span, results)
        return tuple([Tensor(Ref(node.id, index), one, span) for index, one in enumerate(results)])

    def _is_known(self, mismatch: Mismatch, operands: Sequence[Tensor]) -> bool:
        """Whether the type of an input has been complained of so before: it is one mistake, wherever the input is used."""
        blamed = {one.ref for one in operands if one.type in mismatch.types and isinstance(self.nodes[one.ref.node].component, Input)}
        known = self._blamed.get(type(mismatch))
        if known is None or not blamed:
            return False
        again = blamed <= known
        known |= blamed
        return again

    def _add(
        self,
        name: str,
        component: Applicable,
        owner: Owner | None,
        operands: tuple[Ref, ...],
        expansion: Expansion,
        span: Span,
        types: tuple[TensorType, ...],
        label: str | None = None,
    ) -> Node:
        node = Node(len(self.nodes), name, component, owner, operands, expansion.frames, span, types, label)
        self.nodes.append(node)
        return node

    def _name(self, component: Applicable, expansion: Expansion) -> str:
        chosen = component.name if isinstance(component, Layer) and component.name else snake_case(type(component).__name__)
        return _numbered(self._taken, expansion.prefix + chosen)

    def _check_weights(self, component: Applicable, owner: Owner, types: tuple[TensorType, ...], span: Span) -> None:
        first, where = self._first_use.setdefault(id(owner), (types, span))
        if first == types:
            return
        for made, needed in zip(component.weights(*first), component.weights(*types), strict=True):
            if made.shape != needed.shape:
                raise Complaint(weights_differ(component, made, needed, span, where))


def _numbered(taken: dict[str, int], name: str) -> str:
    """The name, made unique as Keras does: `dense`, `dense_1`, `dense_2`."""
    count = taken.get(name, 0)
    taken[name] = count + 1
    if count == 0:
        return name
    return _numbered(taken, f"{name}_{count}")


# What can be wrong with a call -------------------------------------------------------------------


@error("NN301")
def wrong_rank(call: "RefusedCall") -> Diagnostic:
    """A layer or function was given a tensor with too many or too few axes.

    Every layer takes tensors of a certain rank: `Conv1D` takes `[length, channels]`, `Dense` anything with at
    least one axis. The batch axis is never written and does not count.

        input image: float[28, 28]
        h = image -> Conv2D(32, 3)                    # Conv2D needs [height, width, channels]

    Mended:

        h = image -> expand_dims(axis=-1) -> Conv2D(32, 3)
    """
    return call.diagnostic()


@error("NN302")
def wrong_dtype(call: "RefusedCall") -> Diagnostic:
    """A layer or function was given another type of number than it takes.

    Token ids are not quantities: they go into `Embedding` or `one_hot`, or are turned into numbers by `cast`.

        input tokens: int[T] < 1000
        h = tokens -> Dense(64)

    Mended:

        h = tokens -> Embedding(1000, 64) -> Dense(64)
    """
    return call.diagnostic()


@error("NN303")
def sizes_differ(call: "RefusedCall") -> Diagnostic:
    """Two sizes that have to be equal are not, or are not known to be.

    Tensors are added and multiplied number by number, so their shapes must be the same. An axis is stretched
    only where that is written: with a size of 1 (`expand_dims`, `keepdims=true`). A size with a name is equal
    only to itself.

        y = image -> Conv2D(64, 3) -> add(image)      # [26, 26, 64] and [28, 28, 64]

    Mended:

        y = image -> Conv2D(64, 3, padding=same) -> add(image)
    """
    return call.diagnostic()


@error("NN304")
def too_small(call: "RefusedCall") -> Diagnostic:
    """An axis is too small: a kernel larger than its input, or a size that becomes zero or negative.

        input seq: float[10, 4]
        h = seq -> MaxPooling1D(4) -> Conv1D(8, 5)    # only 2 positions are left

    Mended, by less pooling, a smaller kernel, or `padding=same`:

        h = seq -> MaxPooling1D(4) -> Conv1D(8, 5, padding=same)
    """
    return call.diagnostic()


@error("NN305")
def size_unknown(call: "RefusedCall") -> Diagnostic:
    """A size has to be a number here, and it is still a name.

    The shape of a weight cannot depend on a length that differs from one example to the next. A `Dense` after
    `Flatten`, for example, has one row of weights for each position.

        input seq: float[L, 4]
        y = seq -> Flatten -> Dense(1)

    Mended, by a fixed length (`float[100, 4]`) or by a layer that does not mind the length:

        y = seq -> GlobalMaxPooling1D -> Dense(1)
    """
    return call.diagnostic()


@error("NN306")
def bad_argument(call: "RefusedCall") -> Diagnostic:
    """Arguments that are each fine on their own do not go together, or do not go with the operand.

        h = image -> Conv2D(30, 3, groups=4)          # 30 filters cannot be shared out among 4 groups

    Mended:

        h = image -> Conv2D(32, 3, groups=4)
    """
    return call.diagnostic()


@error("NN311")
def beyond_positions(call: "RefusedCall") -> Diagnostic:
    """A sequence is longer than its positional encoding: learnt vectors are there for so many positions only.

        input tokens: int[600] < 5000
        h = tokens -> Embedding(5000, 64) -> LearntPositions(512)

    Mended, by enough of them, or by shorter sequences:

        h = tokens -> Embedding(5000, 64) -> LearntPositions(600)
    """
    frames = call.place.frames
    span = frames[-1].span if frames else call.place.span
    known, length = call.component.__dict__["input_dim"], call.operands[0].type.below
    message = f"the sequence has {length} positions, and its positional encoding only {known}"
    return Diagnostic(span, message, expansion_notes(frames[:-1]), f"encode {length} positions, or shorten the sequence")


_BY_CLASS = {
    WrongRank: wrong_rank,
    WrongDtype: wrong_dtype,
    SizesDiffer: sizes_differ,
    TooSmall: too_small,
    SizeUnknown: size_unknown,
    BadArgument: bad_argument,
}


class RefusedCall(Frozen):
    """A call that a rule of the catalogue refused."""

    component: Applicable
    mismatch: Mismatch
    operands: Sequence[Tensor]
    place: Place

    def diagnostic(self) -> Diagnostic:
        """The rule's sentence, at the argument to blame or else at the call, with the operands it speaks of."""
        mismatch = self.mismatch
        message = f"{type(self.component).called()} {mismatch.message}"
        if isinstance(mismatch, WrongRank) and len(mismatch.types) == 1:
            message += f", not {mismatch.types[0]}"
        arguments = {} if self.place.call is None else argument_spans(self.place.call, type(self.component))
        span = arguments.get(mismatch.argument or "", self.place.span)
        blamed = [one for one in self.operands if one.type in mismatch.types]
        notes = tuple(Note(f"this is {one.type}", one.span) for one in blamed)
        return Diagnostic(span, message, notes + expansion_notes(self.place.frames), mismatch.repair or _rounding(mismatch.types))


def argument_spans(call: ast.Call | ast.Name | ast.Record, component: type[Component]) -> dict[str, Span]:
    """Where the arguments of a call stand, by the names of the fields they fill."""
    if isinstance(call, ast.Name):
        return {}
    if isinstance(call, ast.Record):
        return {one.name: one.value.span for one in call.keywords}
    spans = dict(zip(component.fields(), (one.span for one in call.positional), strict=False))
    return spans | {one.name: one.value.span for one in call.keywords}


def _rounding(types: Sequence[TensorType]) -> str | None:
    """What to do where two sizes differ only if one of them is no multiple of a number: `2 * (h // 2)` and `h`."""
    for one, other in combinations(types, 2):
        for pair in zip(one.shape, other.shape, strict=False):
            for rounded, whole in (pair, pair[::-1]):
                for quotient in quotients(rounded):
                    if quotient.numerator == whole and rounded == quotient.denominator * (whole // quotient.denominator):
                        return f"they are equal where {whole} is a multiple of {quotient.denominator}: state that, such as `input x: [{quotient.denominator} * n]`"
    return None


def expansion_notes(frames: tuple[Frame, ...]) -> tuple[Note, ...]:
    """Which expansion of which blocks is meant: the innermost, and the place where the file asked for it."""
    if not frames:
        return ()
    notes = [Note(f"in this use of `{frames[-1].name}`", frames[-1].span)]
    if len(frames) > 1:
        between = f", {len(frames) - 2} more in between" if len(frames) > 2 else ""
        notes.append(Note(f"inside this use of `{frames[0].name}`{between}", frames[0].span))
    return tuple(notes)


@error("NN308")
def weights_differ(component: Applicable, made: Weight, needed: Weight, span: Span, first: Span) -> Diagnostic:
    """A shared layer has one set of weights, and they do not fit all of its uses.

        layer shared = Dense(8)
        a = x -> shared                               # x: float[16]
        b = y -> shared                               # y: float[32]

    Mended, by bringing both to the same size first, or by two layers:

        b = y -> Dense(16) -> shared
    """
    return Diagnostic(
        span,
        f"the weights of this shared {type(component).called()} do not fit: "
        f"`{made.name}` is {shape_text(made.shape)}, and {shape_text(needed.shape)} is needed here",
        notes=(Note("its weights were shaped by this use", first),),
        repair="use a layer of its own here, or bring both inputs to the same size",
    )
