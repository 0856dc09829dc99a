"""From the description of a model to a body of typed steps: inputs, calls in the order of the data, outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nndsl.catalogue.applicable import Applicable, Constant, Function, Layer, infer
from nndsl.catalogue.functions import arithmetic, arranging
from nndsl.catalogue.layers import merging
from nndsl.catalogue.layers.core import Embedding, ReversibleEmbedding
from nndsl.diagnostics import Diagnostic, UserError
from nndsl.importing.body import Block, Body, Operand, Step
from nndsl.importing.entries import MODELS, Entry, entries_of, was_named
from nndsl.importing.layers import Config, NotExpressible, as_written, is_of_keras, kind_of, layer_of, settings_of
from nndsl.importing.mistakes import argument_not_expressible, beyond_limits, call_refused, no_graph, not_expressible, own_code
from nndsl.importing.operations import OTHER_NAMES, function_of, is_operation
from nndsl.importing.references import Address, Reference, addresses_of, flat_arguments, references
from nndsl.importing.wording import collapsed
from nndsl.types import Mismatch, Size, TensorType, named

MOST_CALLS = 20_000
"""How many calls a model may make: those of `keras.applications` make up to about a thousand."""
_AXES = {1: ("L",), 2: ("L", "C"), 3: ("H", "W", "C"), 4: ("D", "H", "W", "C")}


def read_network(file: str, config: Config, legacy: bool = False) -> Body:
    """The body of a model.

    Args:
        legacy: whether its weights are in the file by the names of its layers.

    Raises:
        UserError: it is no graph of layers, or has parts that cannot be expressed, all of which are named.
    """
    if not is_of_keras(config) and kind_of(config) not in MODELS:
        raise UserError(own_code(str(settings_of(config).get("name", file)), f"a model of the class {kind_of(config)}, which is not one of Keras"))
    if kind_of(config) not in MODELS:
        raise UserError(no_graph(file, f"it is of the class {kind_of(config) or 'without a name'}"))
    try:
        return _read(file, config, legacy, same_lengths=False)
    except UserError as refused:
        if not any(one.code == "NN857" for one in refused.diagnostics):
            raise
        return _read(file, config, legacy, same_lengths=True)


def _read(file: str, config: Config, legacy: bool, same_lengths: bool) -> Body:
    model = _Model(_Reading(file, legacy, same_lengths), config)
    body = model.body(None)
    if model.problems:
        raise UserError(*model.problems)
    if body is None:
        raise UserError(no_graph(file, "its layers do not lead from its inputs to its outputs"))
    return body


@dataclass
class _Reading:
    """What all models in one file have in common.

    Attributes:
        same_lengths: whether open sizes of several inputs at the same place are one size.
        problems: what cannot be expressed.
        calls: how many there are so far, those in models that are used several times as often as they are.
    """

    file: str
    legacy: bool
    same_lengths: bool
    problems: list[Diagnostic] = field(default_factory=list)
    calls: int = 0

    def count(self) -> None:
        """Count one more call.

        Raises:
            UserError: there are too many.
        """
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise UserError(beyond_limits(self.file, f"it makes more than {MOST_CALLS:,} calls of layers"))


@dataclass
class _Model:
    """One model of a description, the whole or a part of another."""

    reading: _Reading
    config: Config
    inside: str = ""
    tensors: dict[Address, Operand] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file, self.problems = self.reading.file, self.reading.problems
        self.settings = settings_of(self.config)
        self.name = str(self.settings.get("name") or "model")
        self.entries = entries_of(self.config, self.reading.legacy)
        self._kinds = {one.name: one.kind for one in self.entries}
        self.blocks: dict[str, Block] = {}

    # What there is -------------------------------------------------------------------------------

    def _is_functional(self, name: str) -> bool:
        return self._kinds.get(name) in ("Functional", "Model")

    def body(self, given: Sequence[TensorType] | None) -> Body | None:
        """The steps of the model.

        Args:
            given: the types of what it is called with, as a part of another model.
        """
        for entry in self.entries:
            self._look_up(entry)
        inputs = self._inputs(given)
        if self.problems or inputs is None:
            return None
        self._run_calls()
        outputs = self._outputs()
        if self.problems or outputs is None:
            return None
        return _needed(Body(self.name, inputs, self.steps, outputs))

    def _look_up(self, entry: Entry) -> None:
        """Find what a layer is, and note it where it is nothing that can be expressed."""
        if entry.kind == "InputLayer" or is_operation(entry.config) or entry.kind == "CustomScaleLayer":
            return
        if "shared_object_id" in entry.config:
            what = "it is a part of two models at once, which share its weights"
            self.problems.append(not_expressible(self.inside + entry.name, entry.kind, what))
            return
        if entry.is_model:
            inner = _Model(self.reading, entry.config, f"{self.inside}{entry.name}/")
            for one in inner.entries:
                inner._look_up(one)
            return
        try:
            entry.made = layer_of(self.inside + entry.name, entry.config)
        except NotExpressible as failure:
            self.problems.append(failure.diagnostic)

    # Inputs and outputs --------------------------------------------------------------------------

    def _inputs(self, given: Sequence[TensorType] | None) -> dict[str, Step] | None:
        addresses = addresses_of(self.settings.get("input_layers")) or self._input_of_chain()
        if not addresses:
            built = "it has never been built; give it an input shape: model.build(...), or keras.Input(...) as its first layer"
            self.problems.append(no_graph(self.inside.rstrip("/") or self.file, built))
            return None
        types = [self._input_type(one.layer, place) for place, one in enumerate(addresses)] if given is None else list(given)
        if len(types) != len(addresses):
            self.problems.append(call_refused(self.inside.rstrip("/"), f"it has {len(addresses)} inputs, and is given {len(types)} tensors"))
            return None
        found: dict[str, Step] = {}
        for address, type in zip(addresses, types, strict=True):
            step = Step(None, {}, [], (type,), address.layer if was_named(address.layer, "InputLayer") else None)
            found[address.layer] = step
            self.tensors[address] = Operand(step)
        return found

    def _input_of_chain(self) -> list[Address]:
        """The input of a sequential model, which it need not have written."""
        if kind_of(self.config) != "Sequential" or not self.entries:
            return []
        first = self.entries[0]
        if first.kind == "InputLayer":
            return [Address(first.name, 0, 0)]
        shape = self.settings.get("build_input_shape") or settings_of(first.config).get("batch_input_shape") or settings_of(first.config).get("batch_shape")
        if not isinstance(shape, list) or (shape and isinstance(shape[0], list)):
            return [] if not self.inside else self._begin(first, [])
        return self._begin(first, shape)

    def _begin(self, first: Entry, shape: list[Any]) -> list[Address]:
        first.calls = [([Reference("input_layer", 0, 0)], {})]
        self.entries.insert(0, Entry("input_layer", {"class_name": "InputLayer", "config": {"batch_shape": shape}}, [], ""))
        return [Address("input_layer", 0, 0)]

    def _input_type(self, name: str, place: int) -> TensorType:
        entry = next((one for one in self.entries if one.name == name), None)
        settings = {} if entry is None else settings_of(entry.config)
        shape = settings.get("batch_shape") or settings.get("batch_input_shape") or []
        dtype = settings.get("dtype")
        if not isinstance(dtype, str):
            dtype = settings_of(dtype).get("name", "float32") if isinstance(dtype, Mapping) else "float32"
        sizes = list(shape[1:]) if isinstance(shape, list) else []
        if settings.get("sparse") or settings.get("ragged") or settings.get("optional"):
            what = next(one for one in ("sparse", "ragged", "optional") if settings.get(one))
            self.problems.append(argument_not_expressible(name, "Input", what, "true", "an input is a dense tensor, and always there"))
        if shape and shape[0] is not None:
            self.problems.append(argument_not_expressible(name, "Input", "batch_size", str(shape[0]), "the batch axis has any length"))
        letters = _AXES.get(len(sizes), tuple(f"D{axis}" for axis in range(len(sizes))))
        suffix = "" if not place or self.reading.same_lengths else str(place + 1)
        return TensorType(str(dtype), tuple(_size(one, letter + suffix) for one, letter in zip(sizes, letters, strict=True)))

    def _outputs(self) -> dict[str, Operand] | None:
        told = self.settings.get("output_layers")
        names: list[str] | None = list(told) if isinstance(told, Mapping) else None
        addresses = addresses_of(told)
        if not addresses and self.entries:
            last = self.entries[-1]
            addresses = [Address(last.name, 0, 0)]
        else:  # Keras counts the calls of a model from 1 here
            addresses = [one._replace(call=one.call - int(self._is_functional(one.layer))) for one in addresses]
        if any(one not in self.tensors for one in addresses):
            return None
        found: dict[str, Operand] = {}
        for place, one in enumerate(addresses):
            kind = self._kinds.get(one.layer, "")
            plain = "y" if len(addresses) == 1 else f"y{place + 1}"
            name = names[place] if names else one.layer if was_named(one.layer, kind) else plain
            found[name if name not in found else f"{name}_{place + 1}"] = self.tensors[one]
        return found

    # Calls ---------------------------------------------------------------------------------------

    def _run_calls(self) -> None:
        """Make every call whose operands are there, until there is none left."""
        waiting = [(entry, number) for entry in self.entries for number in range(len(entry.calls))]
        while waiting and not self.problems:
            left = [one for one in waiting if not self._call(*one)]
            if len(left) == len(waiting):
                break
            waiting = left

    def _call(self, entry: Entry, number: int) -> bool:
        """One call; whether its operands are there."""
        arguments, keywords = entry.calls[number]
        if any(one.address not in self.tensors for one in references((arguments, keywords))):
            return False
        try:
            results = self._results(entry, arguments, keywords)
        except NotExpressible as failure:
            self.problems.append(failure.diagnostic)
            return True
        except Mismatch as wrong:
            self.problems.append(call_refused(self.inside + entry.name, f"{entry.kind} {wrong.message}", wrong.repair))
            return True
        for output, one in enumerate(results):
            self.tensors[Address(entry.name, number, output)] = one
        return True

    def _results(self, entry: Entry, arguments: Any, keywords: Any) -> list[Operand]:
        if entry.is_model:
            return self._use(entry, [self.tensors[one.address] for one in references((arguments, keywords))])
        if is_operation(entry.config):
            return self._apply_function(entry, [*flat_arguments(arguments), *keywords.values()])
        if entry.kind == "CustomScaleLayer":
            return self._scaled_sum(entry, [self.tensors[one.address] for one in references(arguments)])
        return self._apply_layer(entry, arguments, dict(keywords))

    def _use(self, entry: Entry, operands: list[Operand]) -> list[Operand]:
        """A model as a part of this one: a block, which is made at its first call."""
        inner = _Model(self.reading, entry.config, f"{self.inside}{entry.name}/")
        body = inner.body([one.type for one in operands])
        if body is None:
            if not self.problems:
                self.problems.append(no_graph(self.inside + entry.name, "its layers do not lead from its inputs to its outputs"))
            return []
        block = self.blocks.setdefault(entry.name, Block(entry.name, body, model=True))
        return self._add(block, {}, list(operands), tuple(one.type for one in body.outputs.values()), entry)

    def _add(self, kind: Any, values: dict[Any, Any], operands: list[Operand | None], types: tuple[TensorType, ...], entry: Entry) -> list[Operand]:
        shared = entry if len(entry.calls) > 1 and (isinstance(kind, Block) or (isinstance(kind, type) and issubclass(kind, Layer))) else None
        name = entry.name if was_named(entry.name, entry.kind) or shared else None
        self.reading.count()
        step = Step(kind, values, operands, types, name, shared, entry.place)
        self.steps.append(step)
        return [Operand(step, output) for output in range(len(types))]

    def _apply(self, component: Applicable, operands: list[Operand | None], values: Mapping[Any, Any], entry: Entry) -> list[Operand]:
        """Add a call of a layer or function, with the types of its results."""
        types = tuple(Constant(values[place]).infer() if one is None else one.type for place, one in enumerate(operands))
        arguments = {name: collapsed(name, value) for name, value in component.__dict__.items()}
        return self._add(type(component), {**arguments, **values}, operands, infer(component, types), entry)

    def _apply_layer(self, entry: Entry, arguments: Any, keywords: dict[str, Any]) -> list[Operand]:
        layer = entry.made
        assert layer is not None
        operands = [self.tensors[one.address] for one in references(arguments)]
        if any(value is not None for value in flat_arguments(arguments) if not isinstance(value, Reference | list)):
            raise NotExpressible(not_expressible(self.inside + entry.name, entry.kind, "it is called with something that is no tensor"))
        told = self._call_options(entry, layer, operands, keywords)
        for operand in layer.operands():
            operands += [self.tensors[one.address] for one in references(keywords.pop(operand.name, None))]
        self._refuse_keywords(entry, layer, operands, keywords)
        if isinstance(layer, Embedding | ReversibleEmbedding) and operands and operands[0].step.kind is None and not told.get("reverse"):
            _make_ids(operands[0], layer.input_dim)
        types = [one.type for one in operands]
        if told:
            layer = type(layer)(**{**layer.__dict__, **told})
        infer(layer, tuple(types))
        if not layer.trainable and not layer.weights(*types):
            layer = type(layer)(**{**layer.__dict__, "trainable": True})
        written = self._as_function(entry, layer, types)
        return self._apply(written, list(operands), {}, entry)

    def _call_options(self, entry: Entry, layer: Layer, operands: list[Operand], keywords: dict[str, Any]) -> dict[str, Any]:
        """Arguments of the call that the catalogue takes for those of the layer."""
        told = {name: keywords.pop(name) for name in layer.call_options if name in keywords}
        keywords.pop("training", None) if keywords.get("training") in (None, False) else None
        if keywords.get("reverse") is not None:
            keywords.pop("reverse")
        return {name: value for name, value in told.items() if value is not None}

    def _refuse_keywords(self, entry: Entry, layer: Layer, operands: list[Operand], keywords: Mapping[str, Any]) -> None:
        for name, value in keywords.items():
            if value is None or value is False or (isinstance(value, list) and not any(value)):
                continue
            masked = name.endswith("mask") and name != "attention_mask" and any(one.type.mask for one in operands)
            if not masked:
                told = "a tensor" if isinstance(value, Reference) else str(value)
                reason = "masks travel with the tensors that they are of" if name.endswith("mask") else "the language has no such argument of a call"
                raise NotExpressible(argument_not_expressible(self.inside + entry.name, type(layer), name, told, reason))

    def _as_function(self, entry: Entry, layer: Layer, types: list[TensorType]) -> Applicable:
        """The layer, or an operator or function that stands for it."""
        if len(entry.calls) == 1 and layer.trainable and len(types) == 2 and type(layer) in _OPERATORS:
            form: Applicable = _OPERATORS[type(layer)]()
        elif len(entry.calls) == 1 and layer.trainable and isinstance(layer, merging.Concatenate):
            form = arranging.Concatenate(-1 if layer.axis == types[0].rank else layer.axis)
        else:
            return as_written(layer, types) if types else layer
        assert isinstance(form, Function)
        return form if form.as_layer(*types) is not None else layer

    def _apply_function(self, entry: Entry, arguments: list[Any]) -> list[Operand]:
        tensors = [one for one in arguments if isinstance(one, Reference)]
        for one in (part for part in arguments if isinstance(part, list) and list(references(part))):
            tensors += references(one)
        extra = [one for one in arguments if one is not None and not list(references(one))]
        if any(kind_of(one) in ("__tensor__", "__numpy__") for one in extra):
            raise NotExpressible(not_expressible(self.inside + entry.name, entry.kind, "it takes an array that is a part of the model, and the language has numbers alone"))
        operands: list[Operand | None] = [self.tensors[one.address] for one in tensors]
        values: dict[Any, Any] = {}
        if OTHER_NAMES.get(entry.kind, entry.kind) in _OF_NUMBERS and len(operands) == 1 and len(arguments) == 2 and isinstance(extra[0] if extra else None, int | float):
            place = 0 if isinstance(arguments[1], Reference) else 1
            operands.insert(place, None)
            values[place], extra = extra[0], []
        types = [one.type for one in operands if one is not None]
        results: list[Operand] = [one for one in operands if one is not None]
        for function in function_of(self.inside + entry.name, entry.config, extra, types):
            results = self._apply(function, operands, values, entry)
            operands, values = list(results), {}
        return results

    def _scaled_sum(self, entry: Entry, operands: list[Operand]) -> list[Operand]:
        """`one + scale * other`, as the residual blocks of Inception-ResNet have it in a layer of their own."""
        scale = settings_of(entry.config).get("scale")
        if entry.config.get("module") != "keras.src.applications.inception_resnet_v2" or len(operands) != 2 or not isinstance(scale, float):
            raise NotExpressible(own_code(self.inside + entry.name, "of the class CustomScaleLayer, which is not one of Keras"))
        scaled = self._apply(arithmetic.Multiply(), [None, operands[1]], {0: scale}, entry)
        return self._apply(arithmetic.Add(), [operands[0], scaled[0]], {}, entry)


_OPERATORS: Mapping[type[Layer], type[Function]] = {
    merging.Add: arithmetic.Add, merging.Multiply: arithmetic.Multiply, merging.Subtract: arithmetic.Subtract,
}
_OF_NUMBERS = frozenset(one.__name__ for one in Function.registered() if one.takes_numbers)


def _size(size: Any, letter: str) -> Size:
    return size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else named(letter)


def _make_ids(operand: Operand, count: int) -> None:
    """Numbers that are looked up are ids, whatever the model calls them; each has a vector."""
    type = operand.type
    below = count if type.below is None else min(count, type.below)  # type: ignore[type-var]
    operand.step.types = (replace(type, dtype=type.dtype if type.is_integer else "int32", below=below),)


def _needed(body: Body) -> Body:
    """The body without steps that its outputs do not depend on, such as those that compute masks."""
    needed = {id(one.step) for one in body.outputs.values()}
    for step in reversed(body.steps):
        if id(step) in needed:
            needed |= {id(one.step) for one in step.takes}
    return Body(body.name, body.inputs, [step for step in body.steps if id(step) in needed], body.outputs)
