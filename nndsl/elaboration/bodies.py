"""The bodies of networks and blocks: their statements, in order, become calls in a graph."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar

from nndsl.catalogue.component import Component
from nndsl.diagnostics import Diagnostic, Note, error
from nndsl.elaboration.applying import Applier, bare
from nndsl.elaboration.builder import Complaint
from nndsl.elaboration.checks import prove_checks
from nndsl.elaboration.expressions import Evaluator
from nndsl.elaboration.filling import fill, says_weights
from nndsl.elaboration.mistakes import (
    nested_too_deeply,
    not_a_list,
    not_a_tensor,
    out_of_place,
    recursive,
    setting_twice,
    too_many_blocks_inside,
    used_too_early,
    wrong_unpacking,
)
from nndsl.elaboration.session import OutOfBudget
from nndsl.elaboration.shapes import TypeReader
from nndsl.elaboration.values import CALLED, FAILED, Binding, Closure, Scope, Tensor, describe_value
from nndsl.graph import Expanded
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import Size, Symbolic, TensorType, named

DEEPEST_EXPANSION = 60


class Body(Evaluator):
    """One expansion of a definition.

    Attributes:
        operands: the tensors that the `input` statements name, in order; None in a network that stands alone,
            whose inputs come from outside.
        sizes: the sizes that the data give to the names in the types of inputs.
        start: how many nodes the graph had before this expansion.
    """

    definition: ast.Definition
    operands: Sequence[Tensor] | None = None
    sizes: dict[str, Size]
    start: int

    def __init__(self, definition: ast.Definition, **context: Any):
        super().__init__(expand=expand, **context)
        self.definition = definition
        self.sizes = {}
        self.start = len(self.builder.nodes) if self.builder is not None else 0
        self.outputs: dict[str, tuple[Tensor | None, Span]] = {}
        self.inputs: list[ast.Input] = []
        self.checks: list[ast.Check] = []
        self.weights: ast.Binding | None = None
        self.result: Any = None
        self._result_span: Span | None = None
        self._types = TypeReader(self)

    def unknown(self, name: str, span: Span) -> Diagnostic:
        later = next((one for one in bound_in(self.definition.body, name) if one.start > span.end), None)
        return super().unknown(name, span) if later is None else used_too_early(name, span, later, self.frames_notes())

    # Statements --------------------------------------------------------------

    def run(self, statements: Sequence[ast.Statement]) -> None:
        """Elaborate statements in order; what is wrong with one does not keep the others from being looked at."""
        for statement in statements:
            self.session.count_mistakes(statement.span)
            try:
                self._rules_of_statements[type(statement)](self, statement)
            except OutOfBudget:
                raise
            except Complaint as complaint:
                complaint.report_to(self.session.report)
                self._give_up(statement)
            except RecursionError:
                self.session.report.add(nested_too_deeply(statement.span))
                self._give_up(statement)

    def _give_up(self, statement: ast.Statement) -> None:
        """The names that a wrong statement was to bind are known, and silent."""
        for one in ast.every([statement]):
            self._silence(_targets(one))
            match one:
                case ast.Input(type=written) | ast.Binding(type=written) | ast.Output(type=written) if written is not None:
                    self._types.silence(written)
            if isinstance(one, ast.Output):
                self.outputs.setdefault(one.target.name, (None, one.span))

    def _silence(self, targets: Iterable[ast.Target]) -> None:
        for target in targets:
            self.scope.names[target.name] = Binding(FAILED, target.span)

    def bind(self, target: ast.Target, value: Any) -> None:
        self.session.bound.setdefault(target.span, (target.name, False))
        self.scope.names[target.name] = Binding(value, target.span)
        self.session.saw(target.span, value)

    def _input(self, statement: ast.Input) -> None:
        self.inputs.append(statement)
        target = statement.target
        assert self.builder is not None
        if self.operands is None:
            type = self._types.declared(statement.type, lambda name: self.sizes.get(name, named(name)))
            if target.name in self.builder.inputs:
                raise Complaint(bound_twice("input", target, self.builder.inputs[target.name].span))
            self.bind(target, self.builder.input(target.name, type, statement.span, statement.span in self.session.misfits))
        elif len(self.inputs) <= len(self.operands):
            tensor = self.operands[len(self.inputs) - 1]
            if len(self.inputs) == 1:
                self.sizes |= self.told_by([one.type for one in self.operands])
            try:
                self._types.unify(statement.type, tensor, f"the input `{target.name}` of `{self.definition.name}`", self.sizes)
            except Complaint:
                self.session.misfits.add(statement.span)
                raise
            self.bind(target, self.builder.masked(tensor) if self._types.padded(statement.type) else tensor)
        else:
            self._give_up(statement)

    def told_by(self, types: Sequence[TensorType | None]) -> dict[str, Size]:
        """What tensors that go into the inputs tell of the names in these, by name; None where there is none for an input."""
        inputs = [one for one in self.definition.body if isinstance(one, ast.Input)]
        return self._types.solved((one.type, given) for one, given in zip(inputs, types, strict=False) if given is not None)

    def _output(self, statement: ast.Output) -> None:
        target = statement.target
        value = self._existing(target) if statement.value is None else self.evaluate(statement.value)
        if target.name in self.outputs:
            raise Complaint(bound_twice("output", target, self.outputs[target.name][1]))
        self.outputs[target.name] = (None, statement.span)
        if value is FAILED:
            raise Complaint
        if not isinstance(value, Tensor):
            raise Complaint(not_a_tensor(describe_value(value), (statement.value or statement).span))
        if statement.type is not None:
            self._types.unify(statement.type, value, f"`{target.name}`")
        self.outputs[target.name] = (value, target.span)
        self.scope.names[target.name] = Binding(value, target.span)
        self.session.saw(target.span, value)

    def _existing(self, target: ast.Target) -> Any:
        return self.evaluate(ast.Name(target.span, target.name))

    def _binding(self, statement: ast.Binding) -> None:
        if says_weights(statement):
            return self._weights(statement)
        value = self.evaluate(statement.value)
        if value is FAILED:
            raise Complaint
        if statement.type is not None:
            if not isinstance(value, Tensor):
                raise Complaint(not_a_tensor(f"{describe_value(value)} (only tensors have a shape)", statement.value.span))
            self._types.unify(statement.type, value, f"`{statement.targets[0].name}`")
        self.unpack(statement.targets, value, statement.value.span)

    def _weights(self, statement: ast.Binding) -> None:
        if self.definition.kind != "network":
            raise Complaint(out_of_place("`weights`", f"in a {self.definition.kind}", statement.span, "it stands in a network"))
        if self.weights is not None:
            raise Complaint(setting_twice("weights", statement.targets[0].span, self.weights.targets[0].span))
        self.weights = statement

    def unpack(self, targets: Sequence[ast.Target], value: Any, span: Span) -> None:
        """Bind one name to a value, or several to the elements of a tuple."""
        if len(targets) == 1:
            self.bind(targets[0], value)
            return
        if not isinstance(value, tuple) or len(value) != len(targets):
            raise Complaint(wrong_unpacking(len(targets), len(value) if isinstance(value, tuple) else None, describe_value(value), span))
        for target, element in zip(targets, value, strict=True):
            self.bind(target, element)

    def _layer(self, statement: ast.LayerDeclaration) -> None:
        value = self.evaluate(statement.value)
        if value is FAILED:
            raise Complaint
        self.bind(statement.target, self.share(value, statement.target.name, statement.value.span))

    def _for(self, statement: ast.For) -> None:
        values = self.evaluate(statement.values)
        if values is FAILED:
            self._silence(statement.targets)
            self.run(statement.body)
            raise Complaint
        if not isinstance(values, tuple):
            raise Complaint(not_a_list(describe_value(values), statement.values.span))
        try:
            for value in values:
                self.session.count_step(statement.span)
                self.unpack(statement.targets, value, statement.values.span)
                for target in statement.targets:
                    self.session.bound[target.span] = (target.name, True)
                self.run(statement.body)
        except OutOfBudget as reached:
            raise reached.within(statement.values.span, f"in a loop over {len(values):,} values") from None

    def _if(self, statement: ast.If) -> None:
        for condition, body in statement.branches:
            value = self.evaluate(condition)
            if value is FAILED:
                raise Complaint
            if self.truth(value, condition.span):
                self.run(body)
                return
        self.run(statement.otherwise)

    def _check(self, statement: ast.Check) -> None:
        self.checks.append(statement)

    def _evaluate(self, statement: ast.Evaluate) -> None:
        self.refuse_unused_result()
        self._result_span = statement.span
        self.result = self.evaluate(statement.value)

    def _minimize(self, statement: ast.Minimize) -> None:
        raise Complaint(out_of_place("`minimize`", f"in a {self.definition.kind}", statement.span, "it stands in a `train` block"))

    def _misplaced(self, statement: Any) -> None:
        kinds: dict[type, str] = {ast.Import: "an import", ast.Param: "`param`"}
        what = kinds.get(type(statement)) or f"the {statement.kind} `{statement.name}`"
        span = statement.head if isinstance(statement, ast.Definition) else statement.span
        raise Complaint(out_of_place(what, f"in a {self.definition.kind}", span, "move it to the top of the file"))

    def numbers(self) -> dict[str, Any]:
        """The sizes and plain values that the body has names for, as they are now."""
        bound = {name: bare(one.value) for name, one in self.scope.names.items()}
        return {**self.sizes, **{name: value for name, value in bound.items() if isinstance(value, _PLAIN)}}

    # Results -----------------------------------------------------------------

    def fill(self) -> None:
        """Find what layers start with, if a file is to tell; where there are mistakes, layers may be missing."""
        if self.weights is not None and not self.session.report.errors:
            fill(self, self.weights)

    def refuse_unused_result(self) -> None:
        """Report an expression that stands alone where there are outputs, or other expressions after it."""
        if self._result_span is not None:
            self.session.report.add(unused_result(self._result_span))

    def results(self, span: Span) -> tuple[Tensor, ...]:
        """What an expansion is worth: its outputs, or its last expression, applied to the operands if it is a layer.

        Raises:
            Complaint: there are none, or their reason to be missing was reported.
        """
        if self.outputs:
            found = [tensor for tensor, _ in self.outputs.values()]
            self.refuse_unused_result()
        elif self.result is FAILED:
            raise Complaint
        elif isinstance(self.result, CALLED) and not self.inputs:
            assert self._result_span is not None and self.operands is not None
            return self.apply(self.appliable(self.result, self._result_span), self.operands, self._result_span)
        elif self._result_span is None:
            raise Complaint(no_result(self.definition, span))
        else:
            found = [*self.tensors(self.result, self._result_span)]
        if None in found:
            raise Complaint
        return tuple(one for one in found if one is not None)

    _rules_of_statements: ClassVar[dict[type, Callable[..., None]]] = {
        ast.Input: _input,
        ast.Output: _output,
        ast.Binding: _binding,
        ast.LayerDeclaration: _layer,
        ast.For: _for,
        ast.If: _if,
        ast.Check: _check,
        ast.Evaluate: _evaluate,
        ast.Minimize: _minimize,
        ast.Import: _misplaced,
        ast.Param: _misplaced,
        ast.Definition: _misplaced,
    }


_PLAIN = (bool, int, float, str, type(None), Symbolic, Component)
"""What a block, written as a function, can be told by its caller."""


def expand(caller: Applier, closure: Closure, operands: Sequence[Tensor], span: Span) -> tuple[Tensor, ...]:
    """Expand a block, or a network used as a layer, where it is applied."""
    definition, session = closure.definition, caller.session
    if definition in session.expanding:
        start = session.expanding.index(definition)
        raise Complaint(recursive([*session.expanding[start:], definition], span))
    if len(session.expanding) >= DEEPEST_EXPANSION:
        raise Complaint(too_many_blocks_inside(span, DEEPEST_EXPANSION))
    if caller.builder is None:
        raise Complaint(not_a_tensor("a call", span))
    made_of = Expanded(definition, tuple([one.ref for one in operands]), {})
    body = Body(
        definition,
        session=session,
        scope=Scope(outer=closure.scope),
        builder=caller.builder,
        expansion=caller.builder.frame(made_of, caller.expansion, closure.span),
        owners=caller.owners,
    )
    body.operands = operands
    session.enter(definition)
    try:
        bind_parameters(body, closure.arguments)
        body.run(definition.body)
        _check_inputs(body, operands, span)
        made_of.numbers.update(body.numbers())
        body.fill()
        prove_checks(body)
        return body.results(span)
    finally:
        session.expanding.pop()


def bind_parameters(body: Body, arguments: dict[str, Any]) -> None:
    """Give the parameters of a definition their values; defaults see the parameters before them."""
    for parameter in body.definition.parameters or ():
        if parameter.name in arguments:
            value = arguments[parameter.name]
        elif parameter.default is not None:
            value = body.argument(parameter.default)
        else:
            value = FAILED
        body.bind(parameter.target, value)


def bound_in(statements: Sequence[ast.Statement], name: str) -> Iterator[Span]:
    """The places where statements give a name a value, in order; those of loops that count are none."""
    for statement in ast.every(statements):
        if not isinstance(statement, ast.For):
            yield from (one.span for one in _targets(statement) if one.name == name)


def _targets(statement: ast.Statement) -> tuple[ast.Target, ...]:
    """What a statement gives a value."""
    match statement:
        case ast.Binding(targets=targets) | ast.For(targets=targets):
            return targets
        case ast.Input(target=target) | ast.Output(target=target) | ast.LayerDeclaration(target=target):
            return (target,)
    return ()


def _check_inputs(body: Body, operands: Sequence[Tensor], span: Span) -> None:
    if body.inputs and len(body.inputs) != len(operands):
        raise Complaint(wrong_input_count(body.definition, len(body.inputs), len(operands), span))


# What can be wrong -------------------------------------------------------------------------------


@error("NN310")
def wrong_input_count(definition: ast.Definition, inputs: int, operands: int, span: Span) -> Diagnostic:
    """A block or network has other inputs than the tensors it is applied to.

        block Join() {
          input a: [N]
          input b: [N]
          a + b
        }
        y = x -> Join()

    Mended:

        y = (x, z) -> Join()
    """
    named_inputs = "1 input" if inputs == 1 else f"{inputs} inputs"
    tensors = "1 tensor" if operands == 1 else f"{operands} tensors"
    return Diagnostic(
        span,
        f"the {definition.kind} `{definition.name}` has {named_inputs}, and is applied to {tensors}",
        (Note("it is defined here", definition.head),),
    )


@error("NN402")
def no_result(definition: ast.Definition, span: Span) -> Diagnostic:
    """A block or network has no result: no `output`, and no expression at its end.

        block Stem(n) {
          h = Conv2D(n, 3)
        }

    Mended:

        block Stem(n) {
          Conv2D(n, 3)
        }
    """
    return Diagnostic(
        definition.head, f"the {definition.kind} `{definition.name}` has no result", (Note("it is used here", span),) if span != definition.head else (),
        "add an `output`, or end the block with the layers it stands for",
    )


@error("NN405")
def bound_twice(what: str, target: ast.Target, first: Span) -> Diagnostic:
    """Two inputs, or two outputs, of one network have the same name.

    Data and losses meet a network by these names, so each names one tensor.
    """
    return Diagnostic(target.span, f"there are two {what}s named `{target.name}`", (Note("this is the first", first),), "rename one of them")


@error("NN404")
def unused_result(span: Span) -> Diagnostic:
    """The result of an expression is neither bound to a name nor an output.

        image -> Conv2D(32, 3)
        output y = image -> Flatten -> Dense(10)

    Mended:

        h = image -> Conv2D(32, 3)
        output y = h -> Flatten -> Dense(10)
    """
    return Diagnostic(span, "nothing uses the result of this expression", (), "bind it to a name, or delete it")
