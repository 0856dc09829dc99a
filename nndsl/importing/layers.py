"""What each layer of a model is in the catalogue: its class by name, its arguments one by one.

Nothing is looked up in Keras, so that no class of a stranger is ever imported: a name is one of the catalogue, or it is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from struct import pack, unpack
from typing import Any

from nndsl.catalogue.activations import Activation, Linear, Relu, Relu6
from nndsl.catalogue.activations import Softmax as SoftmaxFunction
from nndsl.catalogue.applicable import Applicable, Layer
from nndsl.catalogue.component import ArgumentError, Component, describe, snake_case
from nndsl.catalogue.differences import LEFT_OUT, OMITTED_ARGUMENTS
from nndsl.catalogue.kinds import Kind
from nndsl.catalogue.layers.activation import ReLU, Softmax
from nndsl.catalogue.layers.convolution import DepthwiseConv2D
from nndsl.catalogue.layers.core import Activation as ActivationLayer
from nndsl.catalogue.layers.regularization import Dropout
from nndsl.catalogue.layers.wrappers import Bidirectional
from nndsl.catalogue.weights import Constant, Constraint, Initializer, Regularizer
from nndsl.diagnostics import Diagnostic
from nndsl.importing.mistakes import argument_not_expressible, call_refused, not_expressible, own_code
from nndsl.importing.wording import WINDOWS
from nndsl.types import Mismatch, TensorType

Config = Mapping[str, Any]

_NOT_ARGUMENTS = frozenset(("name", "dtype", "trainable", "batch_shape", "batch_input_shape", "build_config", "shared_object_id"))
_WITHOUT_EFFECT = frozenset(("use_cudnn", "flash_attention", "renorm_momentum", "implementation", "time_major", "gptq_unpacked_column_size"))
"""Arguments that do not change what is computed, or only together with one that is refused."""
_OLD_NAMES = {"alpha": "negative_slope", "batch_normalization_v1": "BatchNormalization"}
_FLOAT_POLICIES = ("float32",)


MOST_SAID = 300
"""How much is repeated of what a file says."""


class NotExpressible(Exception):
    """A part of a model that the language does not have, with what to say about it."""

    def __init__(self, diagnostic: Diagnostic):
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def kind_of(config: Any) -> str:
    """The name of the class that a part of a description is."""
    name = config.get("class_name") if isinstance(config, Mapping) else None
    return name if isinstance(name, str) else ""


def settings_of(config: Config) -> Config:
    """The arguments of a part of a description."""
    settings = config.get("config")
    return settings if isinstance(settings, Mapping) else {}


def is_of_keras(config: Config) -> bool:
    """Whether a part of a description says that it is a class of Keras itself."""
    module, registered = config.get("module"), config.get("registered_name")
    own = isinstance(registered, str) and ">" in registered
    return not own and (module is None or (isinstance(module, str) and module.split(".")[0] == "keras"))


# Layers ------------------------------------------------------------------------------------------


def layer_of(name: str, config: Config) -> Layer:
    """The layer of the catalogue that a layer of the model is, without its name.

    Raises:
        NotExpressible: there is none, or it lacks an argument.
    """
    kind = kind_of(config)
    if kind in _OF_APPLICATIONS and config.get("module") in (_OF_APPLICATIONS[kind], None):
        return _of_applications(name, kind, settings_of(config))
    if kind in ("Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"):
        raise NotExpressible(own_code(name, f"a {kind}, which {LEFT_OUT[kind]}"))
    found = Layer.find(kind) if is_of_keras(config) else None
    if found is None:
        raise NotExpressible(_unknown(name, kind, config))
    return _built(name, found, dict(_arguments(name, found, settings_of(config))))


def _unknown(name: str, kind: str, config: Config) -> Diagnostic:
    if not is_of_keras(config):
        return own_code(name, f"of the class {_told(kind)}, which is not one of Keras")
    reason = LEFT_OUT.get(kind, "the catalogue has no such layer")
    return not_expressible(name, kind or "without a class", reason, (kind, *Layer.names()))


def _built(name: str, found: type[Layer], arguments: dict[str, Any]) -> Layer:
    try:
        return _without_repetition(found.build(**_plain(found, arguments)))
    except ArgumentError as wrong:
        raise NotExpressible(call_refused(name, f"{wrong.message[:MOST_SAID]}")) from None
    except Mismatch as wrong:
        raise NotExpressible(call_refused(name, f"{found.called()} {wrong.message}", wrong.repair)) from None


def _without_repetition(layer: Layer) -> Layer:
    """A Bidirectional whose second layer is the first one the other way round, as it is where only the first is told."""
    if isinstance(layer, Bidirectional) and layer.backward_layer is not None:
        shorter = Bidirectional(**{**layer.__dict__, "backward_layer": None})
        return shorter if shorter.backward == layer.backward_layer else layer
    return layer


def _arguments(name: str, found: type[Layer], settings: Config) -> Iterator[tuple[str, Any]]:
    """The arguments by the names of the catalogue; what it has not and what changes nothing is left out."""
    _check_policy(name, found, settings)
    fields = found.fields()
    if settings.get("trainable") is False:
        yield "trainable", False
    for argument, value in settings.items():
        known = argument if argument in fields else _OLD_NAMES.get(argument, argument)
        if argument in _NOT_ARGUMENTS:
            continue
        if known in fields:
            yield known, value_of(name, found, known, value)
        elif not _is_neutral(argument, value):
            reason = OMITTED_ARGUMENTS.get(f"{found.called()}.{argument}") or OMITTED_ARGUMENTS.get(argument) or "the catalogue has no such argument"
            raise NotExpressible(argument_not_expressible(name, found, argument, _told(value), reason))


def _is_neutral(argument: str, value: Any) -> bool:
    return argument in _WITHOUT_EFFECT or value in (None, False, "channels_last", [], {}) or (argument == "reverse_dtype")


def _check_policy(name: str, found: type[Component], settings: Config) -> None:
    """Refuse another precision than that of the catalogue."""
    policy: Any = settings.get("dtype")
    if isinstance(policy, Mapping):
        policy = settings_of(policy).get("name")
    if policy not in (None, *_FLOAT_POLICIES) and found.called() != "Input":
        raise NotExpressible(argument_not_expressible(name, found, "dtype", _told(policy), OMITTED_ARGUMENTS["dtype"]))


def _told(value: Any) -> str:
    text = describe(value) if not isinstance(value, Mapping) else kind_of(value) or "{...}"
    return text if len(text) <= 60 else f"{text[:57]}..."


# Values ------------------------------------------------------------------------------------------


def value_of(name: str, owner: type[Component], argument: str, value: Any) -> Any:
    """A value of a description as the catalogue has it.

    Raises:
        NotExpressible: there is none.
    """
    if isinstance(value, Mapping):
        return _component(name, owner, argument, value)
    if isinstance(value, list):
        return tuple(value_of(name, owner, argument, one) for one in value)
    families = owner.fields()[argument].kind.families() if argument in owner.fields() else ()
    if isinstance(value, str) and families:
        return _by_name(name, owner, argument, value, families[0])
    return value


def _by_name(name: str, owner: type[Component], argument: str, value: str, family: type[Component]) -> Any:
    found = family.find(value)
    if found is None or found.required():
        raise NotExpressible(argument_not_expressible(name, owner, argument, _told(value), f"it is not {family.noun} of the catalogue"))
    optional = owner.fields()[argument].default is None
    return None if optional and value == "linear" else found.by_default()


def _component(name: str, owner: type[Component], argument: str, config: Config) -> Any:
    """A part of a description that is a thing of its own: an initializer, a layer inside of a layer, an activation."""
    kind, settings = kind_of(config), config.get("config")
    if kind == "function" or config.get("module") == "builtins":
        if isinstance(settings, str) and Activation.find(settings) and config.get("registered_name") in ("function", None):
            return _by_name(name, owner, argument, settings, Activation)
        raise NotExpressible(own_code(name, f"told {argument}={_told(settings)}, a function of its author"))
    if kind == "__tuple__" or (isinstance(settings, Mapping) and kind == "__numpy__"):
        return tuple(value_of(name, owner, argument, one) for one in config.get("items", ()))
    if not is_of_keras(config):
        raise NotExpressible(own_code(name, f"told {argument}={kind}, which is not of Keras"))
    return _inner(name, owner, argument, config)


def _inner(name: str, owner: type[Component], argument: str, config: Config) -> Any:
    kind, families = kind_of(config), owner.fields()[argument].kind.families()
    if Activation in families and (form := _activation_of(name, config)) is not None:
        return form
    for family in families:
        if issubclass(family, Layer):
            return layer_of(f"{name}.{argument}", _without_settings_of(owner, config))
        if family in (Initializer, Regularizer, Constraint) and (found := family.find(kind)) is not None:
            settings = settings_of(config) if family is not Regularizer else _as_told(settings_of(config))
            arguments = {one: value_of(name, found, one, value) for one, value in settings.items() if one in found.fields()}
            return found.build(**arguments)
    raise NotExpressible(argument_not_expressible(name, owner, argument, kind, "it is not one of the catalogue"))


def _as_told(settings: Config) -> Config:
    """The factors of a regularizer as a person told them: Keras keeps them in float32, and `1e-5` as 9.999999747378752e-6."""
    return {name: _shortest(value) if isinstance(value, float) else value for name, value in settings.items()}


def _shortest(value: float) -> float:
    """The number with the fewest digits that float32 makes this one of."""
    return next((short for digits in range(1, 9) if _single(short := float(f"{value:.{digits}g}")) == value), value)


def _single(value: float) -> float | None:
    """A number in float32; None beyond what that holds."""
    try:
        return float(*unpack("f", pack("f", value)))
    except OverflowError:
        return None


def _without_settings_of(owner: type[Component], config: Config) -> Config:
    """A layer without what the layer around it has told it."""
    told = "zero_output_for_mask" if owner is Bidirectional else ""
    return {**config, "config": {name: value for name, value in settings_of(config).items() if name != told}}


def _activation_of(name: str, config: Config) -> Activation | None:
    """The activation that a layer of Keras is, where it is told as one."""
    found = Layer.find(kind_of(config))
    if found is None:
        return None
    layer = layer_of(name, config)
    plain = next((form for one, form in _PLAIN_FORMS if one == layer), None)
    return plain or next((one for one in _as_activations(layer) if one.as_layer() == layer), None)


def _as_activations(layer: Layer) -> Iterator[Activation]:
    """Activations that may be the same as a layer."""
    inner = layer.__dict__.get("activation")
    if isinstance(inner, Activation):
        yield inner
    found = Activation.find({"re_lu": "relu", "leaky_re_lu": "leaky_relu"}.get(snake_case(layer.called()), snake_case(layer.called())))
    if found is not None:
        yield found(**{name: value for name, value in layer.__dict__.items() if name in found.fields()})


# One way to write a layer ------------------------------------------------------------------------


def _plain(found: type[Component], arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments as a person would write them: one number for the same along each axis, and no stride that is the default."""
    plain = {name: _alike(found.fields()[name].kind, value) if name in WINDOWS else value for name, value in arguments.items()}
    if isinstance(plain.get("axis"), tuple) and len(plain["axis"]) == 1:
        plain["axis"] = plain["axis"][0]
    if "value_dim" in plain and plain["value_dim"] == plain.get("key_dim"):
        plain["value_dim"] = None
    if "pool_size" in plain and plain.get("strides") == plain["pool_size"]:
        plain["strides"] = None
    return plain


def _alike(kind: Kind, value: Any) -> Any:
    """One number, where a kind of argument takes one for several that are alike."""
    if not isinstance(value, tuple) or not value:
        return value
    inner = tuple(_alike(kind, one) for one in value)
    if any(isinstance(one, tuple) for one in inner):
        return inner if kind.takes(inner) else value
    shorter = inner[0] if all(one == inner[0] for one in inner) else inner
    return next((one for one in (shorter, inner) if kind.takes(one)), value)


def as_written(layer: Layer, operands: Sequence[TensorType]) -> Applicable:
    """The layer as a person would write it: with the last axis as -1, and as the function that does the same, if there is one."""
    fields = layer.fields()
    if "axis" in fields and fields["axis"].default == -1 and layer.__dict__["axis"] in (operands[0].rank, (operands[0].rank,), (-1,)):
        layer = type(layer)(**{**layer.__dict__, "axis": -1})
    if fields.get("attention_axes") and layer.__dict__["attention_axes"] == tuple(range(1, operands[0].rank)):
        layer = type(layer)(**{**layer.__dict__, "attention_axes": None})  # which Keras has worked out
    if not layer.trainable or any(one.mask for one in operands):
        return layer
    if isinstance(layer, ActivationLayer):
        return layer.activation
    return next((form for plain, form in _PLAIN_FORMS if plain == layer), layer)


_PLAIN_FORMS: tuple[tuple[Layer, Activation], ...] = (
    (ReLU(), Relu()), (ReLU(max_value=6.0), Relu6()), (Softmax(), SoftmaxFunction()), (ActivationLayer(Linear()), Linear()),
)
"""Layers of Keras that functions of the language stand for."""


# Layers that keras.applications has for itself ---------------------------------------------------

_OF_APPLICATIONS = {
    "LayerScale": "keras.src.applications.convnext",
    "StochasticDepth": "keras.src.applications.convnext",
    "CustomScaleLayer": "keras.src.applications.inception_resnet_v2",
}


def _of_applications(name: str, kind: str, settings: Config) -> Layer:
    """Layers of `keras.applications`, by layers that do the same."""
    try:
        if kind == "LayerScale":
            return DepthwiseConv2D.build(kernel_size=1, use_bias=False, depthwise_initializer=Constant(value=float(settings["init_values"])))
        if kind == "StochasticDepth":
            return Dropout.build(rate=settings["drop_path_rate"], noise_shape=(None, 1, 1, 1))
    except (KeyError, TypeError, ValueError, ArgumentError):
        pass
    raise NotExpressible(not_expressible(name, kind, "its settings are not those that keras.applications gives it"))
