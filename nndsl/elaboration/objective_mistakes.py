"""What can be wrong with objectives that are written out."""

from collections.abc import Sequence

from nndsl.catalogue.component import Component
from nndsl.diagnostics import Diagnostic, Note, error
from nndsl.elaboration.mistakes import there_are
from nndsl.elaboration.values import Tensor
from nndsl.source import Span
from nndsl.syntax import ast
from nndsl.types import Mismatch, TensorType


@error("NN637")
def short_form(name: str, span: Span) -> Diagnostic:
    """`model`, `loss`, `optimizer` and `class_weights` are the short form of one `minimize`; a training has one form or the other.

        loss = mse
        minimize mse(image -> net, image) over net with Adam(1e-3)

    Mended:

        minimize mse(image -> net, image) over net with Adam(1e-3)
    """
    return Diagnostic(span, f"`{name}` does not go with `minimize`", (), "delete it: `minimize` says it all")


@error("NN638")
def no_samples(name: str, span: Span) -> Diagnostic:
    """`samples` shows tensors of objectives that are written out; a network by itself predicts.

        loss    = mse
        samples = image

    Mended:

        minimize mse(image -> net, image) over net with Adam(1e-3)
        samples = [image, image -> net]
    """
    return Diagnostic(span, f"`{name}` goes with `minimize`", (), "write the objective out, or delete it: `nndsl predict` shows what a network says")


WEIGHED = "weigh losses where they are summed: `minimize 0.5 * mse(x -> net, y) + mae(x -> net, y) over net with Adam(1e-3)`"


@error("NN640")
def several_losses(expression: ast.Expression) -> Diagnostic:
    """The setting `loss` is one loss, or one for each output by name. Sums of losses are written out.

        model     = Net
        loss      = 0.5 * mse + mae
        optimizer = Adam(1e-3)

    Mended:

        layer net = Net
        minimize 0.5 * mse(x -> net, y) + mae(x -> net, y) over net with Adam(1e-3)

    Outputs that are learnt together are taken apart, and each loss has its weight:

        (label, box) = image -> net
        minimize crossentropy(label, kind) + 0.1 * huber(box, place) over net with Adam(1e-3)
    """
    return Diagnostic(expression.span, "`loss` is a single loss", (), WEIGHED)


@error("NN630")
def incomplete_objective(clause: str, span: Span, declared: Sequence[str]) -> Diagnostic:
    """A `minimize` says whose weights it changes, and by which optimizer.

        minimize mse(image -> net, image)

    Mended:

        minimize mse(image -> net, image) over net with Adam(1e-3)
    """
    layers = ", ".join(declared) or "net"
    example = f"over {layers if len(declared) < 2 else f'({layers})'}" if clause == "over" else "with Adam(1e-3)"
    return Diagnostic(span, f"this `minimize` has no `{clause}`", (), f"add it: `{example}`")


@error("NN650")
def no_objective(definition: ast.Definition, layer: Span) -> Diagnostic:
    """A training that declares layers says what they learn by `minimize`.

        layer net = Net()
        loss = mse

    Mended:

        layer net = Net()
        minimize mse(x -> net, y) over net with Adam(1e-3)
    """
    repair = "write `minimize mse(x -> net, y) over net with Adam(1e-3)`; or, for one network, `model`, `loss` and `optimizer`"
    return Diagnostic(definition.head, f"the training `{definition.name}` declares layers, and has no `minimize`",
                      (Note("this is declared", layer),), repair)


@error("NN631")
def not_learnable(found: str, span: Span, declared: Sequence[str]) -> Diagnostic:
    """`over` names layers that the `train` block declares, so that it is clear whose weights they are.

        fake = normal(64) -> Generator(64)
        minimize bce(fake -> critic, 1) over Generator with Adam(2e-4)

    Mended:

        layer generator = Generator(64)
        fake = normal(64) -> generator
        minimize bce(fake -> critic, 1) over generator with Adam(2e-4)
    """
    known = there_are(declared) if declared else "declare it: `layer net = Net()`"
    return Diagnostic(span, f"`over` takes declared layers, not {found}", (), known)


@error("NN632")
def not_reached(name: str, span: Span, loss: Span) -> Diagnostic:
    """An objective is to change weights that its loss does not depend on: there would be no gradient.

        minimize mse(image -> encoder -> decoder, image) over critic with Adam(1e-3)

    Mended:

        minimize mse(image -> encoder -> decoder, image) over (encoder, decoder) with Adam(1e-3)
    """
    return Diagnostic(span, f"the loss does not depend on weights of `{name}`", (Note("this is the loss", loss),),
                      f"use `{name}` in the loss, or leave it out here")


@error("NN633")
def not_one_number(type: TensorType, span: Span) -> Diagnostic:
    """A term of a loss is one number for each example. What has more is to be averaged or summed.

        minimize (image - x) ** 2 over net with Adam(1e-3)

    Mended:

        minimize mean((image - x) ** 2, axis=-1) over net with Adam(1e-3)
    """
    if not type.is_float:
        return Diagnostic(span, f"a loss is one real number for each example, and this is {type}", (),
                          "minimize what it is made of: whole numbers and truth values have no gradient")
    axes = "axis=-1" if type.rank == 1 else f"axis=[{', '.join(str(one + 1) for one in range(type.rank))}]"
    return Diagnostic(span, f"a loss is one number for each example, and this is {type}", (), f"take the mean of it: `mean(..., {axes})`")


@error("NN634")
def cannot_compare(
    component: Component, mismatch: Mismatch, prediction: Tensor, target: Tensor, span: Span
) -> Diagnostic:
    """A loss or metric cannot compare these two: a prediction, and what it should be.

        minimize crossentropy(image -> net, image) over net with Adam(1e-3)

    Mended:

        minimize crossentropy(image -> net, label) over net with Adam(1e-3)
    """
    notes = (Note(f"the prediction is {prediction.type}", prediction.span), Note(f"the target is {target.type}", target.span))
    return Diagnostic(span, f"{component.called()} {mismatch.message}", notes, mismatch.repair)


@error("NN635")
def nothing_to_compare(name: str, span: Span) -> Diagnostic:
    """In an objective, a loss or metric takes the prediction and the target: `mse(x -> net, y)`."""
    return Diagnostic(span, f"`{name}` takes a prediction and a target", (), f"write `{name}(prediction, target)`")


@error("NN636")
def wrong_penalty(span: Span) -> Diagnostic:
    """`gradient_penalty` takes a critic and the two kinds of examples between which its gradient is looked at."""
    return Diagnostic(span, "gradient_penalty takes a critic and two tensors", (), "write `gradient_penalty(critic, real, fake)`")


@error("NN616")
def class_weights_differ(message: str, span: Span, repair: str | None = None) -> Diagnostic:
    """Class weights are one number for each class of the target, in the order of the classes, or `balanced`.

        class_weights = [1, 5]                        # the target has three classes

    Mended:

        class_weights = [1, 5, 5]

    `balanced` counts the classes among the training examples, so its target is a field of the data.
    """
    return Diagnostic(span, message, (), repair)
